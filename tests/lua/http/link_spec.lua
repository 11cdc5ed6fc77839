local link = require "perilune.http.link"

describe("the header Link", function()
  for header, target in pairs {
    ['<https://h/2>; rel="next"'] = "https://h/2", ["</2>;rel=next"] = "/2", ['<a>; rel="prev", <b>; rel="next"'] = "b", ['<a>; title="x, y; rel=next"; rel="prev"'] = false,
    ['<b>; title="z"; REL="last Next"'] = "b", ["<b>"] = false, [""] = false, ["b; rel=next"] = false, ['<a?x=1,2>; rel="next"'] = "a?x=1,2", ['<a>; rel="first"; rel="next"'] = false,
    ['<a>; rel=nextish'] = false,
  } do
    it("names the next page: " .. header, function() assert.equal(target, link.target(header, "next") or false) end)
  end
  it("may be missing", function() assert.is_nil((link.target(nil, "next"))) end)
end)

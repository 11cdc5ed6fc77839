local support = require "lua.support"
local words = require "perilune.words"

describe("annotations of what a virtual user has", function()
  local user
  setup(function() user = support.annotations "user" end)

  it("have every word", function()
    assert.same({}, user:missing(words.user, "User"))
    assert.same({}, user:missing(words.user_fields))
  end)
  it("have every word on user.cookies, and its options", function()
    assert.same({}, user:missing(words.cookies, "Cookies"))
    assert.same({}, user:missing(words.cookie))
  end)
  it("have every option of a request, and all that an answer has", function()
    assert.same({}, user:missing(words.request))
    assert.same({}, user:missing(words.answer, "Answer"))
  end)
end)

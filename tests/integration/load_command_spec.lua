local json = require "perilune.core.json"
local support = require "integration.support"

describe("perilune load", function()
  local shop
  setup(function() shop = support.shop() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  it("takes the short options of hey and oha; -q is the rate of all users together", function()
    local code, r, err = support.load(shop.url .. "/checkout -n 20 -c 3 -q 40 -m POST -d item=7 -H 'X-Test: 1' -k")
    assert.equal(0, code, err)
    assert.equal("open", r.model)
    assert.equal(40, r.rate_per_s.planned)
    assert.equal(20, r.status["201"])
    assert.equal(3, r.connections.planned)
    code, r, err = support.load(shop.url .. "/ -z 1s -q 20/s")
    assert.equal(0, code, err)
    assert.equal(20, r.requests.total)
    assert.is_truthy(err:find("perilune", 1, true) or err ~= "", "-q is no --quiet here")
    _, r = support.load(shop.url .. "/ -n 10 -c 2")
    assert.equal("closed", r.model)
    assert.equal(2, r.users.planned)
  end)

  it("is used wrongly where the machine has too few descriptors for it", function()
    local code, out, err = support.shell(("ulimit -n 80; %s load %s/ --users 200 --duration 1s --db %s/t.db"):format(support.perilune, shop.url, support.folder()))
    assert.equal(2, code, err)
    assert.matches("ulimit -n is 80", out, 1, true)
    for _, few in ipairs { 10, 20, 30, 40 } do -- none is left for the loops, or for what is sampled
      code, out, err = support.shell(("ulimit -n %d; %s load %s/ --users 2 --duration 1s --db %s/t.db"):format(few, support.perilune, shop.url, support.folder()))
      assert.not_equal(0, code)
      assert.matches(("ulimit -n is %d: raise it (ulimit -n 1024)"):format(few), out .. err, 1, true)
    end
  end)

  it("sends a pasted cURL command", function()
    local folder = support.folder()
    local code, out, err = support.run(("load -n 5 --users 1 --db %s/t.db --json - -- curl '%s/cart' -X POST -H 'Content-Type: application/json' --data-raw '{\"item\":7}' --compressed -u me:secret"):format(folder, shop.url))
    assert.equal(0, code, err)
    local r = json.decode(out)
    assert.equal(5, r.requests.ok)
    assert.equal(shop.url .. "/cart", r.url)
    local _, stored = support.run(("sql 'select args from runs' --db %s/t.db"):format(folder))
    assert.is_nil(stored:find("bWU6c2VjcmV0", 1, true), stored)
    for words, message in pairs { ["-- curl"] = "the URL is missing", [shop.url .. " -- curl " .. shop.url] = "two URLs", ["-- wget x"] = 'not "wget"', [""] = "the URL is missing" } do
      code, _, err = support.run("load " .. words)
      assert.equal(2, code)
      assert.is_truthy(err:find(message, 1, true), err)
    end
  end)

  it("names what was typed when it is no URL it can send to", function()
    local code, _, err = support.run("load ftp://127.0.0.1/")
    assert.equal(2, code)
    assert.is_truthy(err:find("the URL ftp://127.0.0.1/", 1, true), err)
    assert.is_nil(err:find("argument", 1, true), err)
  end)
end)

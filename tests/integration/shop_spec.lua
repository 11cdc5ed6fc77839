--- The demo shop: what it refuses, and what stays as it was then.
local support = require "integration.support"

describe("the shop", function()
  local shop
  setup(function() shop = support.shop() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function trouble(switch)
    local _, status = support.shell(("curl -s -m 20 -o /dev/null -w '%%{http_code}' -d %s %s/trouble"):format(support.quote(switch), shop.url))
    return status
  end

  it("refuses options that say nothing", function()
    for option, why in pairs { ["--port 80x"] = "a number from 0 to 65535", ["--port 65536"] = "a number from 0 to 65535", ["--seed x"] = "a whole number",
      ["--cap many"] = "a whole number", ["--delay soon"] = "constant:20ms", [("--errors 0 "):rep(17)] = "more trouble than 16 options" } do
      local code, _, err = support.shell(("%s/examples/shop/shop --port 0 %s"):format(support.build, option), 10)
      assert.equal(2, code, option)
      assert.matches(why, err, 1, true)
    end
  end)
  it("is as it was after a switch that it refused", function()
    for _, switch in ipairs { "delay=lognormal:1000s,0.5x", "delay=bimodal:1000s,1000s,x", "delay=bimodal:1000s,1s", "stall=1000s:soon", "cap=one" } do assert.equal("400", trouble(switch), switch) end
    assert.equal(0, (support.shell("curl -s -m 20 -o /dev/null " .. shop.url)))
    assert.equal("204", trouble "delay=bimodal:1ms,2ms,0.5")
  end)
  it("is called failing where it cuts connections, and nobody the limit", function()
    for _, switch in ipairs { "truncate", "reset" } do
      assert.equal("204", trouble(switch .. "=0.2"))
      local _, r, err = support.load(shop.url .. "/ --stages 2s@200/s,1s@0/s") -- a quiet end: no answer comes too late for it
      assert.equal("204", trouble(switch .. "=0"))
      assert.equal("failing", r.target.verdict, err)
      assert.same({ ("%d of 400 requests failed"):format(r.requests.failed) }, r.target.reasons)
      assert.is_nil(err:find("the limit", 1, true), err)
    end
  end)
  it("gives as many bytes as it is asked for, in chunks or not", function()
    for _, page in ipairs { "bytes", "chunked" } do
      for n, bytes in pairs { ["5000"] = "5000", ["0"] = "0", ["-1"] = "0" } do
        local code, out = support.shell(("curl -s -m 20 --max-filesize 10000 -o /dev/null -w '%%{size_download}' '%s/%s?n=%s'"):format(shop.url, page, n))
        assert.same({ 0, bytes }, { code, out }, page .. n)
      end
    end
  end)
end)

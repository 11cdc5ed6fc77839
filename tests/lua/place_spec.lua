local core = require "perilune.core.target"
local place = require "perilune.place"
local support = require "lua.support"

describe("the place of a target", function()
  --- fn while these addresses have these listeners: { listener, why, hidden } each.
  local function with(listeners, fn, ...)
    return support.with(core, { listener = function(url) return table.unpack(listeners[url] or { nil, "nobody" }, 1, 3) end }, fn, ...)
  end
  local HERE = { { name = "nginx" } }

  it("is here where somebody listens, a tunnel apart", function()
    assert.is_true(with({ u = HERE }, place.is_here, "u"))
    assert.is_false(with({ u = { { name = "ssh", tunnel = true } } }, place.is_here, "u"))
    assert.is_false(with({}, place.is_here, "u"))
    assert.is_true(with({ u = { nil, "not ours to see", true } }, place.is_here, "u"), "a listener whose process is hidden")
  end)
  it("gives this machine its role, asked once", function()
    local function role(fields)
      local run = support.run()
      for k, v in pairs(fields) do run.prepared[k] = v end
      return with({ ["http://here"] = HERE }, place.role, run), run
    end
    assert.equal("generator", role { plans = { { url = "http://there" } } })
    assert.equal("both", role { plans = { { url = "http://there" }, { base = "http://here" } } })
    local by_argument, run = role { args = { target = "http://here" }, book = { args = { target = { kind = "url" }, other = { kind = "string" } } } }
    assert.equal("both", by_argument)
    assert.equal("both", place.role(run))
  end)
end)

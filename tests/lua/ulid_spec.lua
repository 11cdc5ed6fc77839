local ulid = require "perilune.ulid"

describe("ids of runs", function()
  it("are 26 characters, sorted by time, none twice", function()
    local seen, before = {}, ""
    for i = 1, 200 do
      local id = ulid.new(1700000000000 * 1000000 + i * 1000000)
      assert.matches("^[0-9A-HJKMNP-TV-Z]+$", id)
      assert.equal(26, #id)
      assert.is_true(id > before)
      before = id
    end
    for _ = 1, 200 do
      local id = ulid.new(1700000000000 * 1000000)
      assert.is_nil(seen[id])
      seen[id] = true
      -- 1,700,000,000,000 ms in Crockford's base 32.
      assert.equal("01HF7YAT00", id:sub(1, 10))
    end
  end)
end)

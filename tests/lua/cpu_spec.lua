local cpu = require "perilune.cpu"

describe("the machine's CPUs", function()
  it("are read from their counters", function()
    local before = cpu.parse "cpu  100 0 50 800 50 0 0 0 9 9\ncpu0 1 2\ncpu1 1 2\nintr 5\n"
    assert.same({ busy = 150, total = 1000, cpus = 2 }, before)
    local after = cpu.parse "cpu  160 0 90 850 100 0 0 0 9 9\ncpu0 1 2\ncpu1 1 2\nintr 5\n"
    assert.same({ cpus = 2, busy = 1.0 }, cpu.between(before, after))
    assert.is_nil(cpu.between(nil, after))
    assert.is_true(cpu.now().cpus >= 1)
  end)
end)

local doctor = require "perilune.cmd.doctor"
local file = require "perilune.core.file"
local support = require "lua.support"

describe("perilune doctor", function()
  teardown(support.clean)

  --- The checks of a machine whose files say this.
  local function checks_of(files)
    local facts = support.with(file, { read = function(path) return files[path] end, exists = function(path) return files[path] and "file" end },
      support.json_of, doctor.main, { db = support.folder() .. "/x.db" })
    return facts.checks, facts.machine
  end

  it("finds a machine that can send load good", function()
    local checks = checks_of { ["/proc/self/limits"] = "Max open files            65536                65536                files",
      ["/proc/sys/net/ipv4/ip_local_port_range"] = "32768\t60999\n", ["/proc/sys/net/core/somaxconn"] = "4096\n", ["/proc/pressure/cpu"] = "" }
    for _, c in ipairs(checks) do assert.is_true(c.ok, c.text) end
    assert.matches("local ports: 28", checks[2].text, 1, true)
  end)
  it("tells what is too little, and what is not known", function()
    local checks = checks_of { ["/proc/self/limits"] = "Max open files            256                4096                files", ["/proc/sys/net/core/somaxconn"] = "128" }
    assert.same({ false, false, false, false }, { checks[1].ok, checks[2].ok, checks[3].ok, checks[4].ok })
    assert.matches("open files: 256 (ulimit -n)", checks[1].text, 1, true)
    assert.matches("this kernel offers none", checks[4].text, 1, true)
    assert.matches("open files: unknown", checks_of({})[1].text, 1, true)
  end)
  it("names the machine and marks each line", function()
    local text = support.output(doctor.main, { db = support.folder() .. "/x.db" })
    assert.matches("^%S+: .- CPUs, ", text)
    assert.matches("\n[✓~]+ database: .-%(option%)\n$", text)
  end)
end)

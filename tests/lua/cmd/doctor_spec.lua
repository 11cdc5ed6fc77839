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
  it("warns of CPUs that others use", function()
    local function of(used, waited)
      local reads = 0
      local function read(path)
        if path == "/proc/stat" then
          reads = reads + 1
          return reads == 1 and "cpu 0 0 0 0 0 0 0 0\ncpu0 0\ncpu1 0\n" or ("cpu %d 0 0 %d 0 0 0 0\ncpu0 0\ncpu1 0\n"):format(used, 100 - used)
        end
        if path == "/proc/pressure/cpu" then return ("some avg10=%s avg60=0 avg300=0 total=1\n"):format(waited) end
        if path == "/proc/1/stat" then return ("1 (cc1) R 0 0 0 0 0 0 0 0 0 0 %d 0 0"):format(reads == 1 and 0 or used) end
      end
      local facts = support.with(file, { read = read, exists = function() end }, support.json_of, doctor.main, { db = support.folder() .. "/x.db" })
      return facts.checks[5]
    end
    assert.same({ ok = true, text = "CPUs: 0.2 of 2 busy" }, of(10, "0.00"))
    local warned = of(95, "99.00")
    assert.is_false(warned.ok)
    assert.matches("CPUs: 1.9 of 2 busy, by cc1 (pid 1) 1.9; in 99 % of the last 10 s somebody waited for one. A load beside that", warned.text, 1, true)
    assert.is_false(of(10, "50.00").ok)
  end)
  it("names the machine and marks each line", function()
    local text = support.output(doctor.main, { db = support.folder() .. "/x.db" })
    assert.matches("^%S+: .- CPUs, ", text)
    assert.matches("\n[✓~]+ database: .-%(option%)\n$", text)
  end)
end)

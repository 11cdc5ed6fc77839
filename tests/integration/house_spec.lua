local support = require "integration.support"

-- The check of the rooms finds what climbs: each row is one file of a house, and what is said of it.
describe("tests/house.lua", function()
  teardown(support.clean)

  -- files: path -> text.
  local function check(files)
    local folder = support.folder()
    support.shell(("mkdir -p %s/core %s/include %s/lua"):format(folder, folder, folder))
    for path, text in pairs(files) do
      support.shell(("mkdir -p %s/%s"):format(folder, path:match("^(.*)/")))
      support.write(folder .. "/" .. path, text)
    end
    local code, out = support.shell("lua5.4 tests/house.lua " .. folder)
    return code, out
  end

  local function refuses(what, files, wanted)
    it("refuses " .. what, function()
      local code, out = check(files)
      assert.equal(1, code)
      assert.is_truthy(out:find(wanted, 1, true), out)
    end)
  end

  refuses("a room above", { ["core/store/a.c"] = '#include "query/a.h"\n' }, 'room store may not include "query/a.h"')
  refuses("a room beside", { ["core/load/a.c"] = '#include "sample/a.h"\n' }, 'room load may not include "sample/a.h"')
  refuses("the inside of the library in the command line", { ["core/cli/a.c"] = '#include "engine/run.h"\n' }, "perilune/*.h only")
  for header, room in pairs {
    ["uv.h"] = "store", ["lua.h"] = "load", ["sqlite3.h"] = "query", ["curl/curl.h"] = "io", ["openssl/ssl.h"] = "bind", ["nghttp2/nghttp2.h"] = "engine",
    ["ares.h"] = "io", ["zlib.h"] = "load", ["yajl/yajl_parse.h"] = "bind",
  } do
    refuses(("<%s> in %s"):format(header, room), { [("core/%s/a.c"):format(room)] = ("#include <%s>\n"):format(header) }, ("%s does not know <%s>"):format(room, header))
  end
  refuses("a command in the vocabulary", { ["lua/perilune/sla.lua"] = 'local c = require "perilune.cmd.load"\n' }, "perilune.cmd.load stands above it")
  refuses("the vocabulary in a word of it", { ["lua/perilune/load.lua"] = 'local pl = require("perilune")\n' }, "perilune stands above it")
  refuses("a report that knows a run", { ["lua/perilune/report/html.lua"] = 'local r = require "perilune.run"\n' }, "report knows its own modules, not perilune.run")
  refuses("a connector that knows an importer", { ["lua/perilune/connector/a.lua"] = 'local b = require "perilune.import.b"\n' }, "the inside of another family")
  refuses("modules that require each other", { ["lua/perilune/a.lua"] = 'local b = require "perilune.b"\n', ["lua/perilune/b.lua"] = 'local a = require "perilune.a"\n' },
    "perilune.a -> perilune.b -> perilune.a")
  refuses("a library of somebody else", { ["lua/perilune/a.lua"] = 'local b = require "socket"\n' }, "requires socket, which is not ours")

  it("lets pass what goes downwards", function()
    local code, out = check {
      ["core/load/a.c"] = '#include <uv.h>\n#include "io/loop.h"\n#include "load/a.h"\n#include "perilune/error.h"\n', ["core/load/modules/tls.c"] = "#include <openssl/ssl.h>\n#include <zlib.h>\n",
      ["lua/perilune/cmd/a.lua"] = 'local r = require "perilune.report"\n-- require "perilune.nothing"\n', ["lua/perilune/report/init.lua"] = 'local h = require "perilune.report.html"\n',
    }
    assert.equal(0, code, out)
    assert.equal("", out)
  end)
end)

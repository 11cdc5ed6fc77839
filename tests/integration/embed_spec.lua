local json = require "perilune.core.json"
local support = require "integration.support"

local SOURCE = [[
#include <perilune/perilune.h>
#include <stdio.h>

int main(void)
{
  pl_options options;
  pl_engine *engine;
  pl_run *run;
  pl_error err = {0};
  pl_options_init(&options, sizeof options);
  if (pl_engine_new(&options, &engine, &err))
    return 1;
  pl_run_spec spec = {.playbook = "p.lua", .quiet = true,
                      .text = "local pl = require 'perilune' return pl.playbook { name = 'p', run = function(run) run:sleep '10ms' end }"};
  if (pl_run_start(engine, &spec, &run, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  int code = pl_run_wait(run, &err) || pl_run_verdict(run) != PL_PASS;
  printf("%s %s\n", pl_version(), pl_run_id(run));
  pl_run_free(run);
  pl_engine_free(engine);
  return code;
}
]]

describe("embedding", function()
  local shop
  setup(function() shop = support.shop() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  it("a host that blocks", function()
    local code, out, err = support.shell(support.build .. "/examples/embed/embed_blocking " .. shop.url)
    assert.equal(0, code, err)
    local r = json.decode(out)
    assert.equal("pass", r.verdict)
    assert.equal(200, r.loads[1].requests.ok)
  end)

  it("a host with its own loop and two engines", function()
    local code, out, err = support.shell(support.build .. "/examples/embed/embed_own_loop " .. shop.url)
    assert.equal(0, code, out .. err)
    local _, n = out:gsub("pass, exit 0\n", "")
    assert.equal(2, n)
  end)

  it("headers alone, as C11 and as C++17", function()
    for _, header in ipairs { "perilune", "error", "exit", "version" } do
      for _, compiler in ipairs { "cc -std=c11 -x c", "c++ -std=c++17 -x c++" } do
        local code, _, err = support.shell(("echo '#include <perilune/%s.h>' | %s -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -"):format(header, compiler))
        assert.equal(0, code, header .. " " .. compiler .. "\n" .. err)
      end
    end
  end)

  it("the library exports its public names only, and has no writable globals of its own", function()
    local code, out = support.shell(("nm -D --defined-only %s/lib/libperilune.so | awk '{print $3}'"):format(support.build))
    assert.equal(0, code)
    for name in out:gmatch("%S+") do
      assert.is_truthy(name:match("^pl_") or name:match("^_") or name:match("^__"), name)
    end
  end)

  it("an installed tree builds a program, shared and static", function()
    local folder = support.folder()
    -- The first review's build, without sanitizers, which is often there; to another place than it was configured for.
    local code, out, err = support.shell(("cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null && cmake --build build/release >/dev/null && cmake --install build/release --prefix %s/tree >/dev/null"):format(
      folder), 300)
    assert.equal(0, code, out .. err)
    support.write(folder .. "/p.c", SOURCE)
    local libdir = select(2, support.shell(("dirname $(find %s/tree -name libperilune.a)"):format(folder))):gsub("%s", "")
    local pkg = ("PKG_CONFIG_PATH=%s/pkgconfig pkg-config"):format(libdir)
    code, out, err = support.shell(pkg .. " --cflags perilune")
    assert.same({ 0, 1 }, { code, select(2, out:gsub("%-I%S+", "")) }, out .. err) -- its own headers, none of what it is made of
    code, out, err = support.shell(("cc %s/p.c $(%s --cflags --libs perilune) -o %s/shared && LD_LIBRARY_PATH=%s %s/shared"):format(folder, pkg, folder, libdir, folder))
    assert.equal(0, code, out .. err)
    local line = support.read("README.md"):match "\n    (cc service%.c [^\n]+)" -- starts as it was built, without LD_LIBRARY_PATH
    code, out, err = support.shell(("cp %s/p.c %s/service.c && cd %s && export PKG_CONFIG_PATH=%s/pkgconfig && %s && ./a.out"):format(folder, folder, folder, libdir, line))
    assert.equal(0, code, out .. err)
    code, out, err = support.shell(("cc %s/p.c $(%s --cflags perilune) %s/libperilune.a $(%s --static --libs perilune | sed 's/-lperilune//') -o %s/static && %s/static"):format(folder, pkg, libdir, pkg, folder, folder))
    assert.equal(0, code, out .. err)
    support.write(folder .. "/CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(p C)\nfind_package(perilune CONFIG REQUIRED)\nadd_executable(a p.c)\ntarget_link_libraries(a perilune::perilune)\nadd_executable(b p.c)\ntarget_link_libraries(b perilune::perilune_static)\n")
    code, out, err = support.shell(("cmake -S %s -B %s/cm -G Ninja -DCMAKE_PREFIX_PATH=%s/tree >/dev/null && cmake --build %s/cm >/dev/null && %s/cm/a && %s/cm/b"):format(folder, folder, folder, folder, folder, folder), 120)
    assert.equal(0, code, out .. err)
    assert.equal(0, (support.shell(folder .. "/tree/bin/perilune version")))
  end)
end)

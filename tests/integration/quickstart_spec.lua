local support = require "integration.support"

-- The first review's script, with the tests' build in the place of the one that it would make.
describe("quickstart", function()
  local folder
  setup(function()
    folder = support.folder()
    assert.equal(0, (support.shell(([[top=$PWD build=$(realpath %s) && mkdir -p %s/build %s/bin && cd %s &&
      ln -s $top/examples $top/playbooks . && ln -s $build build/release &&
      for tool in sh cat dirname mkdir rm sleep grep env; do ln -s $(command -v $tool) bin/; done]]):format(support.build, folder, folder, folder))))
  end)
  teardown(support.clean)

  -- A program before all others: its name, its shell text.
  local function stub(name, text)
    support.write(folder .. "/bin/" .. name, "#!/bin/sh\n" .. text .. "\n")
    assert.equal(0, (support.shell(("chmod +x %s/bin/%s"):format(folder, name))))
  end

  -- PATH holds the stubs and the few tools that the script needs before it builds.
  local function without_packages()
    stub("dpkg-query", 'case "$*" in *libuv1-dev) exit 1;; esac; echo "install ok installed"')
    return support.shell(("PATH=%s/bin sh %s/examples/quickstart.sh"):format(folder, folder))
  end

  it("says what is missing where there is no apt-get", function()
    local code, _, err = without_packages()
    assert.equal(1, code, err)
    assert.is_truthy(err:find("Missing: libuv1-dev\n", 1, true), err)
    assert.is_truthy(err:find("There is no apt-get here", 1, true), err)
  end)

  it("says so to one who may not install and has no sudo", function()
    stub("apt-get", "exit 1")
    stub("id", "echo 1000")
    local code, _, err = without_packages()
    assert.equal(1, code, err)
    assert.equal("Missing: libuv1-dev (not root, and there is no sudo)\n", err)
  end)

  it("installs as root, and says what could not be installed", function()
    stub("apt-get", ('echo "$@" >>%s/apt.log; [ $1 = update ]'):format(folder))
    stub("id", "echo 0")
    local code, out, err = without_packages()
    assert.equal(1, code, err)
    assert.equal("installing: libuv1-dev\n", out)
    assert.is_truthy(err:find("could not install: libuv1-dev", 1, true), err)
    assert.is_truthy(support.read(folder .. "/apt.log"):find("install .* libuv1%-dev\n"))
  end)

  -- How many processes work in the folder.
  local function living()
    local _, out = support.shell(("for p in /proc/[0-9]*; do readlink $p/cwd; done 2>/dev/null | grep -c '^%s'"):format(folder))
    return tonumber(out)
  end

  it("keeps its shop through a Ctrl-C, so that what is in flight is answered", function()
    local shop = support.shop("--delay constant:1s")
    local load = support.start(("%s load %s/ --requests 1 --users 1 --db %s/c.db --json %s/c.json"):format(support.perilune, shop.url, folder, folder))
    support.wait_for(function() return support.has_connection(shop.port) end, 5, "a connection")
    assert.equal(0, (support.shell(("kill -INT %d"):format(shop.pid))))
    support.wait_for(function() return support.exists(folder .. "/c.json") end, 10, "the end of the load")
    load:stop()
    shop:stop()
    assert.equal(1, #support.journal(shop.journal))
    assert.equal(200, support.journal(shop.journal)[1].status)
  end)

  it("stops what it started on Ctrl-C, and still reports", function()
    stub("dpkg-query", 'echo "install ok installed"')
    stub("cmake", "exit 0")
    -- A session of its own, as a terminal's; a shell gives its children in the background an ignored SIGINT, env takes that back.
    local process = support.start(("PATH=%s/bin:$PATH env --default-signal=INT setsid sh -c 'trap : INT; sh %s/examples/quickstart.sh >%s/out 2>&1; echo $? >%s/code'"):format(
      folder, folder, folder, folder))
    support.wait_for(function() return support.exists(folder .. "/build/quickstart/perilune.db") end, 20, "the first review")
    assert.is_true(living() >= 3, "script, shop and perilune")
    assert.equal(0, (support.shell(("kill -INT -%d"):format(process.pid))))
    support.wait_for(function() return support.exists(folder .. "/code") end, 20, "the end of the script")
    assert.equal("130\n", support.read(folder .. "/code"), support.read(folder .. "/out"))
    assert.equal(0, living())
    assert.is_truthy(support.read(folder .. "/build/quickstart/report.html"):find("cancelled"))
  end)
end)

local json = require "perilune.core.json"
local support = require "integration.support"

describe("reports of a load", function()
  local shop, folder
  setup(function() shop, folder = support.shop(), support.folder() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function load(options) return support.run(("load %s/ --requests 50 --users 2 --db %s/t.db %s"):format(shop.url, folder, options)) end

  it("go to standard output, with the summary beside", function()
    for format, sign in pairs { html = "<!doctype html>", junit = "<?xml", markdown = "## " } do
      local code, out, err = load(("--%s -"):format(format))
      assert.equal(0, code, err)
      assert.equal(sign, out:sub(1, #sign))
      assert.is_truthy(err:find("load: pass (exit 0)", 1, true), err)
      code, out = support.run(("report last --%s - --db %s/t.db"):format(format, folder))
      assert.equal(0, code)
      assert.equal(sign, out:sub(1, #sign))
    end
    local code, _, err = load("--html - --json -")
    assert.equal(2, code)
    assert.is_truthy(err:find("--html - and --json - both want standard output", 1, true), err)
  end)

  it("name test cases in words", function()
    local _, out = load("--junit -")
    assert.is_nil(out:find("userdata", 1, true), out)
    assert.is_truthy(out:find('name="error_ratio &lt; 1%"', 1, true), out)
  end)

  it("that have no place end with 8 and the reason, before anything is sent", function()
    local code, out, err = load("--html /nonexistent/r.html")
    assert.equal(8, code, out .. err)
    assert.is_truthy(err:find("--html: ", 1, true) and err:find("/nonexistent/r.html", 1, true), err)
    code, _, err = support.run(("report last --html /nonexistent/r.html --db %s/t.db"):format(folder))
    assert.equal(8, code)
    assert.is_truthy(err:find("/nonexistent/r.html", 1, true), err)
  end)

  it("whose place is gone at the end end with 8; the run is kept, and other reports are written", function()
    support.shell(("mkdir %s/gone"):format(folder))
    local code, _, err = support.shell(("%s load %s/ --duration 2s --users 1 --db %s/gone.db --html %s/gone/r.html --markdown %s/r.md & pid=$!; sleep 1; rm -rf %s/gone; wait $pid"):format(
      support.perilune, shop.url, folder, folder, folder, folder))
    assert.equal(8, code, err)
    assert.is_truthy(err:find("gone/r.html", 1, true), err)
    assert.is_truthy(support.read(folder .. "/r.md"):find("load", 1, true))
    local _, runs = support.run(("runs --db %s/gone.db --json -"):format(folder))
    assert.equal("pass", json.decode(runs).runs[1].verdict)
  end)

  it("as JSON are the same object in a file and on standard output", function()
    local code = load(("--json %s/l.json"):format(folder))
    assert.equal(0, code)
    assert.equal("perilune.load/1", json.decode(support.read(folder .. "/l.json")).schema)
  end)
end)

describe("perilune compare", function()
  local folder
  setup(function()
    folder = support.folder()
    support.write(folder .. "/a", "100\n101\n99\n100.5\n99.5\n")
    support.write(folder .. "/b", "120\n121\n119\n120.5\n119.5\n")
    support.write(folder .. "/few", "1\n2\n")
  end)
  teardown(support.clean)

  local function compare(words) return support.shell(("cd %s && %s compare %s"):format(folder, support.perilune, words)) end

  it("gives 3 on a regression, 0 otherwise, 4 where it cannot tell", function()
    assert.equal(3, (compare "a b"))
    assert.equal(0, (compare "a b --better higher"))
    assert.equal(0, (compare "b a"))
    assert.equal(0, (compare "a a"))
    assert.equal(4, (compare "a few"))
    local code, out = compare "a b --json -"
    assert.equal(3, code)
    assert.equal("regression", json.decode(out).verdict)
    assert.equal(100, json.decode(out).comparisons[1].baseline)
  end)
  it("names the file that is missing", function()
    local code, _, err = compare "a nofile.txt"
    assert.equal(8, code)
    assert.is_truthy(err:find("nofile.txt", 1, true), err)
    code, _, err = compare "no.txt a"
    assert.equal(8, code)
    assert.is_truthy(err:find("no.txt", 1, true), err)
  end)
  it("reads standard input", function()
    assert.equal(3, (support.shell(("cd %s && cat a | %s compare - b"):format(folder, support.perilune))))
  end)
end)

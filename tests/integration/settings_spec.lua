local json = require "perilune.core.json"
local support = require "integration.support"

describe("settings beside the command line", function()
  local folder
  before_each(function()
    folder = support.folder()
    support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "p", args = { peak = pl.arg.rate { "1/s" }, target = pl.arg.url { optional = true } }, errors = "ignore",
        scenarios = function(args) return args.target and { a = { iterations = 1, users = 1, request = { url = args.target } } } or {} end,
        run = function(run) run:record("peak", run.args.peak) end }]])
  end)
  teardown(support.clean)

  local function at(words, environment) return support.shell(("cd %s && %s %s %s"):format(folder, environment or "", support.perilune, words)) end
  local function peak(db)
    local _, out = at(("sql \"select value from sample_list where name = 'peak' order by ts desc limit 1\" --json --db %s"):format(db))
    return json.decode(out).rows[1].value
  end

  it("come from perilune.yml, the environment and options, the later over the earlier", function()
    support.write(folder .. "/perilune.yml", "db: file.db\nseed: 7\nlabel: {team: shop, a: file}\nargs: {peak: 5/s, other: x}\nenv:\n  big: {args: {peak: 50/s}}\n")
    assert.equal(0, (at "run p.lua -q"))
    assert.equal(5, peak "file.db")
    assert.equal(0, (at "run p.lua -q --env big"))
    assert.equal(50, peak "file.db")
    assert.equal(0, (at("run p.lua -q --peak 9/s --label a=option", "PERILUNE_DB=environment.db PERILUNE_SEED=8 PERILUNE_LABEL=b=1,c=2")))
    assert.equal(9, peak "environment.db")
    local _, out = at "sql 'select seed, labels from runs' --json --db environment.db"
    local row = json.decode(out).rows[1]
    assert.equal(8, row.seed)
    local labels = json.decode(row.labels)
    assert.same({ "shop", "option", "1", "2" }, { labels.team, labels.a, labels.b, labels.c })
    assert.equal(0, (at("run p.lua -q --db option.db", "PERILUNE_DB=environment.db")))
    assert.equal(5, peak "option.db")
  end)

  it("are shown with where they come from", function()
    support.write(folder .. "/perilune.yml", "db: file.db\nargs: {peak: 5/s}\n")
    local code, out, err = at("config --show-origin", "PERILUNE_SEED=8")
    assert.equal(0, code, err)
    assert.is_truthy(out:find("db +" .. folder .. "/file.db +%(" .. folder .. "/perilune.yml%)"), out)
    assert.is_truthy(out:find("seed +8 +%(environment%)"), out)
    assert.is_truthy(out:find("args.peak +5/s"), out)
    _, out = at("config --json --db x.db", "PERILUNE_DB=y.db")
    assert.same({ name = "db", value = folder .. "/x.db", origin = "option" }, json.decode(out).settings[2])
  end)

  it("end with 8 when the file is bad, and grant no host", function()
    support.write(folder .. "/perilune.yml", "sede: 1\n")
    local code, _, err = at "runs"
    assert.equal(8, code)
    assert.is_truthy(err:find('perilune.yml: unknown setting "sede"', 1, true), err)
    support.write(folder .. "/perilune.yml", "seed: many\n")
    code, _, err = at "run p.lua"
    assert.equal(8, code)
    assert.is_truthy(err:find("perilune.yml: --seed", 1, true), err)
    support.write(folder .. "/perilune.yml", "args: {target: 'http://192.0.2.1/'}\n")
    code, _, err = at "run p.lua --db t.db"
    assert.equal(7, code)
    assert.is_truthy(err:find("192.0.2.1 is not granted", 1, true), err)
  end)
end)

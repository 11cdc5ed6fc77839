local json = require "perilune.core.json"
local support = require "integration.support"

-- What user:feed gives, whole runs against the shop: rows are seen as names of requests.
describe("user:feed", function()
  local shop, folder
  setup(function()
    shop, folder = support.shop(""), support.folder()
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  --- Runs a scenario that names its request after a row; gives code, how often each name was asked for, texts.
  local function run(feeder, scenario, options, body)
    local path = support.write(folder .. "/f.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "f", args = { target = pl.arg.url {} }, objectives = { "error_ratio < 100%%" }, feeders = { people = %s },
  scenarios = function(args) return { s = { base = args.target, %s, user = function(user)
    %s
  end } } end,
  run = function(run) run:load "s" end }
]]):format(feeder, scenario, body or 'local row = user:feed "people"; user:get("/", { name = row and row.name or "none" })'))
    local code, out, err = support.run(("run %s --target %s --db %s/f.db --json - %s"):format(path, shop.url, folder, options or "--workers 2"))
    local _, rows = support.run(("sql \"select json_extract(labels, '$.name') name, sum(count) value from distributions where name = 'load_latency_seconds' "
      .. "and run = (select ulid from runs order by id desc limit 1) group by 1\" --json - --db %s/f.db"):format(folder))
    local counts = {}
    for _, row in ipairs(code == 0 and json.decode(rows).rows or {}) do counts[row.name] = row.value end
    return code, counts, out .. err
  end

  local function names(n)
    local out = {}
    for i = 1, n do out[i] = ("r%03d"):format(i) end
    return out
  end

  it("gives each person of several scenarios a row of its own", function()
    support.write(folder .. "/u.csv", "name\n" .. table.concat(names(12), "\n") .. "\n")
    local path = support.write(folder .. "/u.lua", [[
      local pl = require "perilune"
      local function feed(user) user:get("/", { name = user:feed("people").name }) end
      return pl.playbook { name = "u", args = { target = pl.arg.url {} }, objectives = { "error_ratio < 100%" }, feeders = { people = pl.csv("u.csv", { order = "unique" }) },
        scenarios = function(args)
          local function of(n) return { base = args.target, users = n, iterations_each = 2, user = feed } end
          return { a = of(6), plain = { users = 1, iterations = 1, request = { url = args.target .. "/" } }, b = of(6) }
        end,
        run = function(run) run:load { "a", "plain", "b" } end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/u.db --json - --workers 2"):format(path, shop.url, folder))
    assert.equal(0, code, out .. err)
    local seen = {}
    for _, r in ipairs(json.decode(out).loads[1].names) do
      if r.name:find "^r" then seen[#seen + 1] = r.name .. r.requests end
    end
    table.sort(seen)
    local wanted = names(12)
    for i, name in ipairs(wanted) do wanted[i] = name .. 2 end
    assert.same(wanted, seen)
  end)

  it("reads every format", function()
    support.write(folder .. "/p.csv", "id,name\n1,\"a \"\"b\"\"\"\n")
    support.write(folder .. "/p.ndjson", '{"name":"ndjson","deep":{"list":[1,2]}}\n')
    support.write(folder .. "/p.json", '[{"name":"json"}]')
    os.execute(("sqlite3 %s/p.db \"create table people (id integer, name text); insert into people values (7, 'sqlite')\""):format(folder))
    for feeder, name in pairs { ['pl.csv "p.csv"'] = 'a "b"', ['pl.ndjson "p.ndjson"'] = "ndjson", ['pl.json_file "p.json"'] = "json",
      ['pl.sqlite("p.db", "select * from people where id = 7")'] = "sqlite", ['pl.generated(function(i, random) return { name = "made" .. i * 0 + random(1) } end)'] = "made1" } do
      local code, counts, text = run(feeder, "users = 2, iterations = 4")
      assert.equal(0, code, text)
      assert.same({ [name] = 4 }, counts, feeder)
    end
  end)

  it("gives each row of a queue once, whoever takes it", function()
    support.write(folder .. "/q.csv", "name\n" .. table.concat(names(100), "\n") .. "\n")
    local code, counts, text = run('pl.csv("q.csv", { order = "queue" })', "users = 8, iterations = 130")
    assert.equal(0, code, text)
    assert.equal(30, counts.none)
    for _, name in ipairs(names(100)) do assert.equal(1, counts[name], name) end
  end)

  it("gives the same rows for the same seed, with any number of workers", function()
    support.write(folder .. "/s.csv", "name\n" .. table.concat(names(50), "\n") .. "\n")
    for _, order in ipairs { "random", "shuffled" } do
      local feeder, seen = ('pl.csv("s.csv", { order = %q })'):format(order), {}
      for i, options in ipairs { "--workers 1", "--workers 2", "--workers 1 --seed 2" } do
        local code, counts, text = run(feeder, "users = 4, iterations = 25", options)
        assert.equal(0, code, text)
        seen[i] = counts
      end
      assert.same(seen[1], seen[2], order)
      assert.is_not.same(seen[1], seen[3], order)
    end
  end)

  it("draws what a function makes from the row's own seed", function()
    local feeder, seen = "pl.generated(function(i, random) return { name = i .. '-' .. random(1000) .. '-' .. random(1000) } end, { rows = 20 })", {}
    for i, options in ipairs { "--workers 1", "--workers 2" } do
      local code, counts, text = run(feeder, "users = 4, iterations = 40", options)
      assert.equal(0, code, text)
      for _, count in pairs(counts) do assert.equal(2, count) end
      seen[i] = counts
    end
    assert.same(seen[1], seen[2])
  end)

  it("says what is wrong, and where", function()
    support.write(folder .. "/w.ndjson", '{"name":"a"}\n{"name":\n')
    local code, _, text = run('pl.ndjson "w.ndjson"', "users = 1, iterations = 1")
    assert.equal(5, code, text)
    assert.matches("feeder w.ndjson, line 2", text, 1, true)
    support.write(folder .. "/w.csv", "name\na\n")
    local _, _, unknown = run('pl.csv "w.csv"', "users = 1, iterations = 1", "", 'user:feed "peple"')
    assert.matches('there is no feeder "peple"; did you mean "people"?', unknown, 1, true)
    local _, _, blob = run('pl.sqlite("p.db", "select x\'00\' name")', "users = 1, iterations = 1")
    assert.matches("column name holds a blob", blob, 1, true)
    local _, _, number = run("pl.generated(function(i) return i end)", "users = 1, iterations = 1")
    assert.matches("user:feed: the function of people gave a number for row 1; a row is a table", number, 1, true)
  end)
end)

local json = require "perilune.core.json"
local support = require "integration.support"

describe("comparisons", function()
  local folder, shop, db
  setup(function()
    folder, shop = support.folder(), support.shop()
    db = folder .. "/t.db"
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local PLAYBOOK = [[
    local pl = require "perilune"
    return pl.playbook { name = "cmp", args = { target = pl.arg.url {}, path = pl.arg.string { "/" }, with = pl.arg.string { "recent" }, pin = pl.arg.boolean { "no" } },
      scenarios = function(args) return { a = { iterations = 60, users = 2, request = { url = args.target .. args.path } } } end,
      run = function(run)
        run:load "a"
        if run.args.pin then run:pin_baseline "gold" end
        run:compare { with = run.args.with }
      end }]]

  local function run(more)
    support.write(folder .. "/p.lua", PLAYBOOK)
    local code, out, err = support.run(("run %s/p.lua --target %s --db %s --json - %s"):format(folder, shop.url, db, more or ""))
    local ok, result = pcall(json.decode, out)
    return code, ok and result or {}, err .. out
  end

  it("of a run say what earlier runs lack", function()
    local _, r, text = run("--path /status/404")
    assert.matches("nothing to compare with yet: this is the first run of this playbook", text, 1, true)
    _, _, text = run()
    assert.matches("no earlier run of this playbook has passed (1 failed)", text, 1, true)
    _, r, text = run()
    assert.equal(3, #r.comparisons)
    _, _, text = run("--path /products/3")
    assert.matches("arguments: path /products/3, was /", text, 1, true)
    _, _, text = run("--label env=blue")
    assert.matches("env blue, was none", text, 1, true)
    PLAYBOOK = PLAYBOOK .. "\n-- changed\n"
    _, _, text = run()
    assert.matches("the script's text has changed", text, 1, true)
  end)

  it("of a run take every name of a run", function()
    local _, first, text = run("--pin yes --label commit=aaa")
    assert.matches('pinned as the baseline "gold"', text, 1, true)
    for _, with in ipairs { "last", "last~1", "cmp@last", "label:commit=aaa", "gold", first.run_id, first.run_id:sub(1, 20):lower() } do
      local code, r, err = run("--with " .. with)
      assert.equal(0, code, with)
      assert.equal(3, #r.comparisons, with)
      local own = with == "last" or with == "cmp@last" or with == "last~1"
      assert.is_true(r.comparisons[1].with ~= r.run_id and (own or r.comparisons[1].with == first.run_id), with)
    end
    local _, _, err = run("--with " .. first.run_id .. " --path /products/3")
    assert.matches("although they differ: arguments: path /products/3, was /", err, 1, true)
  end)

  it("of labels fail on a regression, and end with 4 where single runs cannot tell", function()
    for _, commit in ipairs { "old", "new" } do
      support.shell(("curl -s -d delay=constant:%s %s/trouble"):format(commit == "old" and "4ms" or "12ms", shop.url))
      for _ = 1, 3 do support.run(("load %s/ -n 60 -c 2 --db %s --label commit=%s"):format(shop.url, db, commit)) end
    end
    support.shell(("curl -s -d delay=none %s/trouble"):format(shop.url))
    local code, out = support.run(("compare label:commit=old label:commit=new --db %s --json -"):format(db))
    assert.equal(3, code, out)
    assert.same({ 3, 3 }, json.decode(out).comparisons[1].n)
    assert.equal(0, (support.run(("compare label:commit=new label:commit=new --db %s"):format(db))))
    assert.equal(4, (support.run(("compare last~5 last --db %s"):format(db))))
    code, out = support.run(("compare cmp@last last --db %s"):format(db))
    assert.is_true(code == 4 or code == 0)
    assert.matches("they differ: playbook load, was cmp", out, 1, true)
  end)
end)

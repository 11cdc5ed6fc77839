local capacity = require "perilune.cmd.capacity"
local json = require "perilune.core.json"
local support = require "lua.support"

local REFERENCE = os.getenv "PERILUNE_REFERENCE"

describe("perilune capacity", function()
  teardown(support.clean)

  local function ask(kind, text, name)
    local out, code = support.output(capacity.main, { kind, support.file(name or "f", text), json = "-" })
    return json.decode(out), code
  end
  local function refusal(kind, text) return support.message(capacity.main, { kind, support.file("f", text), json = "-" }) end

  it("fits the law to a CSV", function()
    local u, code = ask("usl", "n,throughput\n1,1\n2,1.886792453\n4,3.076923077\n6,3.529411765\n8,3.539823009\n10,3.355704698\n")
    assert.equal(0, code)
    assert.is_true(math.abs(u.alpha.value - 0.02) < 1e-4 and math.abs(u.beta.value - 0.02) < 1e-4 and math.abs(u.gamma.value - 1) < 1e-4)
    assert.equal(2, #u.alpha.ci)
    assert.equal(7, math.floor(u.peak.n + 0.5))
    assert.same({}, u.warnings)
    assert.same(u.gamma, ask("usl", "throughput,n\n1,1\n1.886792453,2\n3.076923077,4\n3.529411765,6\n3.539823009,8\n3.355704698,10\n").gamma)
    assert.matches("Throughput is highest", (support.shown(capacity.main, { "usl", support.file("g", '"load","rate"\n1,1\n2,1.9\n4,3\n8,2.9\n') })), 1, true)
  end)
  it("has no answer for two points, and says so", function()
    local u, code = ask("usl", "n,throughput\n1,10\n2,19\n")
    assert.equal(4, code)
    assert.is_false(u.known)
    assert.same({ json.null, json.null }, { u.alpha, u.peak })
    assert.matches("2 different loads", u.warnings[1], 1, true)
  end)
  it("names what is wrong with a file", function()
    assert.matches("line 1: the header", (refusal("usl", "1,2\n3,4\n")), 1, true)
    assert.matches("line 3", (refusal("usl", "n,throughput\n1,2\nx,4\n")), 1, true)
    local message, code = refusal("usl", "n,throughput\n0,2\n2,4\n3,5\n")
    assert.matches("point 1: a load of 0", message, 1, true)
    assert.equal("corrupt", code)
    assert.matches("there is no number in it", (refusal("usl", "n,throughput\n")), 1, true)
    assert.matches("f: case 1: lam is missing", (refusal("queue", '[{"model":"M/M/c"}]')), 1, true)
    assert.matches("no array", (refusal("queue", '{"model":"M/M/c"}')), 1, true)
    assert.matches("case 1 is no object", (refusal("knee", "[3]")), 1, true)
    assert.equal("usage", select(2, refusal("uls", "")))
  end)
  it("keeps the good cases beside bad ones, which it names", function()
    local text, code, told = support.output(capacity.main, { "queue", support.file("q", '[{"model":"M/M/c","lam":1,"mu":2,"c":1},{"model":"M/M/c","W":7},3,{"model":"x"}]'), json = "-" })
    local list = json.decode(text)
    assert.same({ 8, 4 }, { code, #list })
    assert.equal(1, list[1].W)
    assert.equal(json.null, list[2].W)
    assert.matches("case 2: lam is missing", list[2].why, 1, true)
    assert.matches("case 3 is no object", list[3].why, 1, true)
    for _, what in ipairs { "case 2: lam is missing", "case 3 is no object", "case 4: x is no model" } do assert.matches(what, told, 1, true) end
    text, code, told = support.output(capacity.main, { "knee", support.file("k", '[{"x":[1],"y":[1,2]},{"x":[0,1,2,3],"y":[0,8,9,10],"S":0},{"same_data_as":"b"}]'), json = "-" })
    list = json.decode(text)
    assert.same({ json.null, 1, json.null, 8 }, { list[1].knee, list[2].knee, list[3].knee, code })
    assert.matches("case 1: 1 x and 2 y", told, 1, true)
    assert.matches('case 3: there is no case "b" before it', list[3].why, 1, true)
  end)
  it("ends as inconclusive where no case has an answer, and well where one has", function()
    local function code(kind, text) return (select(2, ask(kind, text))) end
    assert.equal(4, code("queue", '[{"model":"M/M/c","lam":3,"mu":1,"c":2}]'))
    assert.equal(0, code("queue", '[{"model":"M/M/c","lam":3,"mu":1,"c":2},{"model":"M/M/c","lam":3,"mu":1,"c":4}]'))
    assert.equal(0, code("queue", '[{"model":"MVA","demands":[1,2],"servers":[2,3],"N":1000000}]'), "approximated")
    assert.equal(4, code("knee", '[{"x":[1,2,3],"y":[1,1,1],"curve":"concave","direction":"increasing"}]'))
    assert.equal(0, code("queue", "[]"))
  end)
  it("fills cases in, whatever others computed", function()
    local list = ask("queue", '[{"model":"M/M/c","lam":9,"mu":10,"c":1,"W":77,"name":"a"},{"model":"M/M/c","lam":3,"mu":1,"c":2}]')
    assert.is_true(math.abs(list[1].W - 1) < 1e-12)
    assert.equal("a", list[1].name)
    assert.equal(json.null, list[2].W)
    assert.matches("grows for ever", list[2].why, 1, true)
    list = ask("knee", '[{"name":"a","x":[0,1,2,3],"y":[0,8,9,10],"S":0,"knee":9},{"same_data_as":"a","S":0},{"x":[1,2,3],"y":[1,1,1],"curve":"convex","direction":"decreasing"}]')
    assert.same({ 1, 8, 1, json.null }, { list[1].knee, list[1].knee_y, list[2].knee, list[3].knee })
    assert.same({}, ask("queue", "[]"))
  end)
  it("says what would be with the changes of what_if", function()
    local list = ask("queue", '[{"model":"MVA","demands":[0.05,0.08],"think":1,"N":500,"what_if":{"station":2,"speed":2}},{"model":"MVA","demands":[1],"N":1,"what_if":null}]')
    assert.is_true(math.abs(list[1].X - 12.5) < 1e-6 and math.abs(list[1].after.X - 20) < 1e-6)
    assert.same({ 2, 1 }, { list[1].bottleneck, list[1].after.bottleneck })
    assert.is_nil(list[2].after)
    assert.matches("disk changes nothing", (refusal("queue", '[{"model":"MVA","demands":[1],"N":1,"what_if":{"disk":2}}]')), 1, true)
  end)
  it("fits Amdahl's law", function()
    local u, code = ask("amdahl", "n,throughput\n1,100\n2,181.818182\n4,307.692308\n8,470.588235\n")
    assert.equal(0, code)
    assert.is_true(math.abs(u.alpha.value - 0.1) < 1e-6 and u.beta.value == 0)
    assert.equal(json.null, u.peak)
    assert.matches("By Amdahl's law", (support.shown(capacity.main, { "amdahl", support.file("a", "n,throughput\n1,100\n2,180\n4,300\n8,470\n") })), 1, true)
  end)

  --- Reads a file of the reference data, or skips the test.
  local function reference(name)
    if not REFERENCE then
      pending "skipped: no reference data"
      return nil
    end
    return REFERENCE .. "/data/capacity/" .. name
  end
  local function close(expected, got, tolerance, what)
    if type(expected) == "table" then
      for i, v in ipairs(expected) do close(v, got[i], tolerance, what) end
    elseif type(expected) == "number" then
      assert.is_true(type(got) == "number" and math.abs(got - expected) <= tolerance * math.abs(expected), ("%s: %s, not %s"):format(what, tostring(got), expected))
    end
  end
  it("solves all cases of queues of the reference", function()
    local path = reference "queue_cases.json"
    if not path then return end
    local cases, checked = json.decode(support.read(path)), 0
    local got = json.decode((support.output(capacity.main, { "queue", path, json = "-" })))
    for i, case in ipairs(cases) do
      for key, v in pairs(case) do close(v, got[i][key], 1e-9, ("case %d %s"):format(i, key)) end
      checked = checked + 1
    end
    assert.equal(25, checked)
  end)
  it("finds all knees of the reference", function()
    local path = reference "kneedle_cases.json"
    if not path then return end
    local cases = json.decode(support.read(path))
    local got = json.decode((support.output(capacity.main, { "knee", path, json = "-" })))
    for i, case in ipairs(cases) do
      if case.knee == json.null then assert.equal(json.null, got[i].knee, case.name) else assert.is_true(math.abs(got[i].knee - case.knee) <= (case.tol or 1e-9), case.name) end
      if case.knee_y then assert.is_true(math.abs(got[i].knee_y - case.knee_y) <= case.tol_y, case.name) end
      if case.all_knees_online then assert.same(case.all_knees_online, got[i].all_knees_online) end
    end
    assert.equal(13, #cases)
  end)
  it("fits the published parameters of the reference", function()
    local path = reference "usl_specsdm91.csv"
    if not path then return end
    local u = json.decode((support.output(capacity.main, { "usl", path, json = "-" })))
    close({ 0.02773, 1.0437e-4, 90.00, 96.52, 1884, 3245.6 }, { u.alpha.value, u.beta.value, u.gamma.value, u.peak.n, u.peak.throughput, u.limit }, 2e-4, "specsdm91")
    u = json.decode((support.output(capacity.main, { "usl", reference "usl_raytracer.csv", json = "-" })))
    close({ 0.05777, 21.849 }, { u.alpha.value, u.gamma.value }, 1e-4, "raytracer")
    assert.equal(0, u.beta.value)
  end)
end)

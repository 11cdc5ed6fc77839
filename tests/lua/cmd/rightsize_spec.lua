local json = require "perilune.core.json"
local rightsize = require "perilune.cmd.rightsize"
local support = require "lua.support"

describe("perilune rightsize", function()
  teardown(support.clean)

  local function run(rule, text, o)
    o = o or {}
    o[1], o[2] = rule, support.file("f", text)
    return support.output(rightsize.main, o)
  end
  local function refused(rule, text, o)
    return (support.message(run, rule, text, o))
  end

  describe("hpa", function()
    local CASE = '{"kind":"resource_utilisation_percent","current":3,"target":30,"requests_m":[1000,1000,1000],"usage_m":[300,500,700]}'
    it("answers in the order of the cases", function()
      local text, code = run("hpa", ('{"tolerance":0.1,"cases":[%s,{"kind":"object_per_pod","current":3,"target_milli":5000,"values_milli":[20000]},%s]}')
        :format(CASE, '{"kind":"resource_utilisation_percent","current":4,"target":100,"requests_m":[1000],"usage_m":[]}'))
      assert.same({ { replicas = 5, utilisation = 50, error = json.null }, { replicas = 4, utilisation = 6667, error = json.null },
        { replicas = json.null, utilisation = json.null, error = "no metrics" } }, json.decode(text))
      assert.equal(0, code, "no metrics is Kubernetes' own answer")
    end)
    it("says which case is wrong", function()
      assert.matches("case 1: the kind x is none of external, ", refused("hpa", '[{"kind":"x"}]'), 1, true)
      local text, code, told = run("hpa", ('[{"name":"b","kind":"pods"},%s]'):format(CASE))
      local why = "case 1 (b): current must be a whole number of 0 or more, not missing"
      assert.same({ { replicas = json.null, utilisation = json.null, error = why }, { replicas = 5, utilisation = 50, error = json.null } }, json.decode(text))
      assert.matches(why .. "; left without an answer", told, 1, true)
      assert.equal(8, code)
      assert.matches("there is no array of cases", refused("hpa", '{"a":1}'), 1, true)
      assert.matches("f: ", refused("hpa", "{"), 1, true)
    end)
    it("gives an empty array for no case", function() assert.equal("[]\n", (run("hpa", '{"cases":[]}'))) end)
  end)

  describe("vpa", function()
    it("recommends for each line; one core for an hour ends in the bucket up to 1.0224 cores", function()
      local values = {}
      for i = 1, 13 do values[i] = "100" end
      local line = table.concat(values, ",")
      local text = run("vpa", ('a,%s\n"b,c",%s\n'):format(line, line))
      local target = text:match "^a,(%d+),%d+,%d+\n"
      assert.is_true(tonumber(target) >= 1150 and tonumber(target) <= 1150 * 1.05)
      assert.matches('\n"b,c",' .. target .. ",", text, 1, true)
    end)
    it("takes a column beside a time as a trace", function()
      local rows, values = { "time,cpu" }, {}
      for i = 1, 200 do
        values[i] = tostring(20 + i * 37 % 60)
        rows[i + 1] = ("%d,%s"):format(1780000000 + i * 60, values[i])
      end
      local text, code, told = run("vpa", table.concat(rows, "\n") .. "\n")
      assert.same({ run("vpa", "cpu," .. table.concat(values, ",") .. "\n", { step = "60s" }), 0 }, { text, code })
      assert.matches("it has a column of time: a trace of a value each 60 s, where id,v1,v2,... has a trace a line", told, 1, true)
      assert.matches("^cpu,", (run("predictive", table.concat(rows, "\n"))))
      assert.matches("there is no series in it", refused("vpa", "time,cpu\n"), 1, true)
    end)
    it("knows units and steps", function()
      local percent = run("vpa", "a,50,50,50\n")
      assert.equal(percent, (run("vpa", "a,0.5,0.5,0.5\n", { unit = "cores" })))
      assert.equal(percent, (run("vpa", "a,500,500,500\n", { unit = "millicores", step = "300s" })))
      assert.not_equal(percent, (run("vpa", "a,50,50,50\n", { step = "1s" })))
      assert.matches("--step", refused("vpa", "a,1\n", { step = "x" }), 1, true)
    end)
    it("has no upper bound for one sample, and the least for zeros", function()
      assert.equal("a,25,25,100000000000000\n", (run("vpa", "a,0\n")))
    end)
    it("says what it left out, and where nothing is known", function()
      local text, _, progress = run("vpa", "a,NaN,-5,50,50\nb,NaN\n")
      assert.matches("^a,%d+,%d+,%d+\nb,,,\n$", text)
      assert.matches("a: 2 of 4 values are missing or below zero", progress, 1, true)
      assert.matches("line 2: b has no value", progress, 1, true)
    end)
    it("names the line that is wrong", function()
      local text, code, told = run("vpa", "a,1,2\nb,1,x\nc,1,2\n")
      assert.matches("^a,%d+,%d+,%d+\nb,,,\nc,%d+,%d+,%d+\n$", text)
      assert.equal(8, code)
      assert.matches('line 2, field 3: "x" is no number', told, 1, true)
      assert.matches("no series", refused("vpa", ""), 1, true)
    end)
    it("ends as inconclusive where no line has a value", function()
      local text, code = run("vpa", "a,\nb,NaN\n")
      assert.same({ "a,,,\nb,,,\n", 4 }, { text, code })
    end)
    it("writes JSON", function()
      local path = support.file("f", "a,50,50\n")
      local list = support.json_of(rightsize.main, { "vpa", path })
      assert.equal("a", list[1].id)
      assert.is_true(list[1].lower_m <= list[1].target_m)
    end)
  end)

  describe("predictive", function()
    it("covers what is steady and leaves what is rare", function()
      local steady, rare = {}, {}
      for i = 1, 100 do steady[i], rare[i] = 90 + i % 10, i % 50 == 0 and 1000 or 1 end
      local text = run("predictive", ("a,%s\nb,%s\n"):format(table.concat(steady, ","), table.concat(rare, ",")), { violations = "3%" })
      assert.matches("^a,99,", text)
      assert.matches("\nb,1,0.0000,0.0200\n", text, 1, true)
    end)
    it("refuses a share that is none, and series too short to try a rule on", function()
      assert.matches("--violations", refused("predictive", "a,1,2,3,4\n", { violations = "100%" }), 1, true)
      local message, code = support.message(run, "predictive", "a,1,2\n")
      assert.matches("no series has 4 values", message, 1, true)
      assert.equal("too_few", code)
      local text, ended, told = run("predictive", "a,1,2,3,4,5\nb,x\n")
      assert.matches("^a,[%d.]+,[%d.]+,[%d.]+\nb,,,\n$", text)
      assert.equal(8, ended)
      assert.matches('line 2, field 2: "x" is no number', told, 1, true)
      assert.matches('line 2, field 2: "x" is no number', refused("predictive", "a,\nb,x\n"), 1, true)
      assert.matches("there is no series in it", refused("predictive", "\n"), 1, true)
    end)
  end)

  it("refuses a file without a series, a header alone too, by either rule of series", function()
    for _, rule in ipairs { "vpa", "predictive" } do
      for _, text in ipairs { "", "\n \n", "id,v1,v2,v3\n" } do
        local message, code = support.message(run, rule, text)
        assert.same({ "corrupt", true }, { code, message:find("there is no series in it", 1, true) ~= nil }, rule)
      end
    end
  end)

  it("refuses another rule", function() assert.matches('no rule "x"', refused("x", ""), 1, true) end)

  describe("on reference data", function()
    local folder = os.getenv "PERILUNE_REFERENCE"
    local function path(name) return folder .. "/data/" .. name end
    it("answers every published case of the replica calculator", function()
      if not folder then return pending "skipped: no reference data" end
      local cases = json.decode(support.read(path "capacity/hpa_cases.json")).cases
      local answers = support.json_of(rightsize.main, { "hpa", path "capacity/hpa_cases.json" })
      assert.is_true(#cases > 0)
      for i, case in ipairs(cases) do
        local used = case.expect_utilisation_milli or case.expect_utilisation
        assert.same({ case.expect_replicas, used, case.expect_error or json.null }, { answers[i].replicas, answers[i].utilisation, answers[i].error }, case.name)
      end
    end)
    it("recommends what the recommender does, to the milli-core", function()
      if not folder then return pending "skipped: no reference data" end
      local found, checked = {}, 0
      for _, row in ipairs((support.json_of(rightsize.main, { "vpa", path "traces/planetlab-cpu-5min.csv.gz" }))) do
        found[row.id] = ("%d,%d,%d"):format(row.target_m, row.lower_m, row.upper_m)
      end
      for id, amounts in support.read(path "capacity/vpa_expected_cpu.csv"):gmatch "([^\n,]+),(%d+,%d+,%d+)" do
        assert.equal(amounts, found[id], id)
        checked = checked + 1
      end
      assert.is_true(checked > 0)
    end)
  end)
end)

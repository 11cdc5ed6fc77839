local forecast = require "perilune.cmd.forecast"
local support = require "lua.support"

describe("perilune forecast of one series", function()
  teardown(support.clean)

  --- Six weeks of hours that fall by 0.1 each, with a tenth missing, two rows bad and one twice.
  local function hours()
    local lines = { "timestamp,value" }
    for i = 0, 24 * 42 - 1 do
      if i % 10 ~= 3 then lines[#lines + 1] = ("%d,%.3f"):format(1780000000 + i * 3600, 500 - 0.1 * i + 20 * math.sin(i * math.pi / 12) + (i * 7919 % 101 - 50) / 25) end
    end
    lines[20] = "1780000000,many"
    lines[30] = "yesterday,5"
    lines[#lines + 1] = lines[2]
    return support.file("h.csv", table.concat(lines, "\n") .. "\n")
  end

  it("tells, in a table and in words, when the floor is reached", function()
    local text, code, told = support.output(forecast.main, { hours(), horizon = "30d", floor = "350" })
    assert.equal(0, code)
    assert.matches("Seasons: 24 h", text, 1, true)
    assert.matches("time +mean +lo 95 %% +hi 95 %%", text)
    assert.matches("It falls to 350, p10 2026%-0%d", text)
    assert.matches("\n15 of 720 steps, too far apart to show each season; --json - has all.\n", text, 1, true)
    assert.is_nil((support.output(forecast.main, { hours(), horizon = "15h" })):find "steps;")
    assert.is_nil(text:find "nan")
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
    assert.matches("line 20: ", told, 1, true)
  end)
  it("shows sizes in the unit of the limit, and not what is 0 behind the end", function()
    local rows = { "timestamp,value" }
    for i = 1, 60 do rows[#rows + 1] = ("%d,%.0f"):format(1780000000 + i * 86400, (60 - 0.9 * i + (i * 7919 % 101 - 50) / 500) * 2 ^ 30) end
    local text = support.output(forecast.main, { support.file("d.csv", table.concat(rows, "\n") .. "\n"), horizon = "90d", floor = "2GiB" })
    assert.matches("It falls to 2 GiB, p10", text, 1, true)
    assert.matches("Its trend: %-0%.[89]%d* GiB a day", text)
    assert.is_nil(text:find "e%+")
    assert.matches("From 20[^ ]+ to the end, 20[^ ]+, all is 0.\n", text)
    assert.equal(1, select(2, text:gsub("\n[^\n]* +0 GiB +0 GiB +0 GiB\n", "")))
  end)
  it("tells of several values at one moment, and refuses several series", function()
    local twice, hosts = { "timestamp,value" }, { "timestamp,metric,value,host" }
    for i = 0, 39 do
      for k, v in ipairs { 1, 100 } do
        twice[#twice + 1] = ("%d,%d"):format(1780000000 + i * 60, v)
        hosts[#hosts + 1] = ("%d,cpu,%d,web%d"):format(1780000000 + i * 60, v, k)
      end
    end
    local _, _, told = support.output(forecast.main, { support.file("twice.csv", table.concat(twice, "\n")), horizon = "10min" })
    assert.matches("note: at 40 moments there are several values that differ; their mean is taken", told, 1, true)
    local message, code = support.message(forecast.main, { support.file("hosts.csv", table.concat(hosts, "\n")), horizon = "10min" })
    assert.matches("its rows are of 2 series, which metric and host tell apart (cpu, web1; cpu, web2)", message, 1, true)
    assert.equal("corrupt", code)
    _, _, told = support.output(forecast.main, { hours(), horizon = "1h" })
    assert.is_nil(told:find "several values")
  end)
  it("writes JSON with intervals, crossing, model, back-test and refused rows", function()
    local facts, code = support.json_of(forecast.main, { hours(), horizon = "40d", floor = "350", level = "80,95" })
    assert.same({ 0, "perilune.forecast/1", 960, 905, 103, 960, 2, "floor", 2 }, { code, facts.schema, #facts.mean, facts.n, facts.missing, #facts.hi, #facts.intervals, facts.crossing.kind, facts.refused_count })
    assert.same({ 20, 30 }, { facts.refused[1].line, facts.refused[2].line })
    -- the line reaches 350 with the day's lowest hours 20 below it: 500 - 0.1 i - 20 = 350 after 1,300 hours, 12 days after the last
    assert.is_true(math.abs(facts.crossing.days.p50 - 12) < 2, tostring(facts.crossing.days.p50))
    assert.is_true(facts.back_test.mase < facts.back_test.naive_mase and facts.back_test.coverage > 0.8)
  end)
  it("takes wide capacities, seasons and days", function()
    local facts = support.json_of(forecast.main, { hours(), horizon = "20d", capacity = "900..1100", season = "1d", of = "daily_mean" })
    assert.same({ 20, 86400, 0 }, { #facts.mean, facts.step_s, #facts.seasons_s })
    assert.same({ 900, 1100 }, { facts.crossing.limit.lo, facts.crossing.limit.hi })
    assert.is_false(facts.crossing.within_horizon)
  end)
  it("takes percent of data in percent, and says where a series is beyond its limit already", function()
    local lines = { "timestamp,value" }
    for i = 1, 60 do lines[#lines + 1] = ("%d,%d"):format(1780000000 + i * 86400, 20 + i) end
    local path = support.file("p.csv", table.concat(lines, "\n") .. "\n")
    local facts = support.json_of(forecast.main, { path, horizon = "30d", capacity = "90%" })
    assert.equal(90, facts.crossing.limit.lo)
    assert.is_true(math.abs(facts.crossing.days.p50 - 10) < 2)
    local above = support.json_of(forecast.main, { path, horizon = "30d", capacity = "50%" })
    assert.same({ true, 0, 0, 1 }, { above.crossing.already, above.crossing.days.p10, above.crossing.days.p90, above.crossing.chance })
    assert.matches("the ceiling 60 is below 80", (support.message(forecast.main, { path, horizon = "30d", ceiling = "60%" })), 1, true)
  end)
  it("follows a series that is shifted or scaled: seasons, a trend, growth, counts, gaps", function()
    local noise, state = {}, 7
    for i = 0, 499 do
      state = (state * 1103515245 + 12345) % 0x80000000
      noise[i] = (state >> 8) / 0x800000
    end
    local function u(i) return noise[i] end
    local kinds = {
      season = function(i) return 400 + 20 * math.sin(i * 2 * math.pi / 7) + 6 * u(i) end,
      trend = function(i) return 400 + 0.7 * i + 8 * u(i) end,
      growth = function(i) return 400 + 40 * math.exp(0.015 * i) + 8 * u(i) end,
      counts = function(i) return u(i) < 0.7 and 0 or math.floor(10 * u(i)) end,
      gaps = function(i) return u(i + 300) > 0.1 and 400 + 0.3 * i + 20 * math.sin(i * 2 * math.pi / 7) + 6 * u(i) or nil end,
    }
    local function look(kind, scale, shift)
      local rows = { "timestamp,value" }
      for i = 0, 139 do
        local value = kinds[kind](i)
        if value then rows[#rows + 1] = ("%d,%.14g"):format(1780000000 + i * 86400, scale * math.floor(value * 1000 + 0.5) / 1000 + shift) end
      end
      return support.json_of(forecast.main, { support.file("f.csv", table.concat(rows, "\n") .. "\n"), horizon = "14d" })
    end
    for kind in pairs(kinds) do
      local as_is = look(kind, 1, 0)
      for _, to in ipairs { { 1, 10000 }, { 1, -10000 }, { 1e-6, 0 }, { 1e9, 0 } } do
        local moved = look(kind, to[1], to[2])
        for i = 1, 14 do
          local half = (as_is.hi[i] - as_is.lo[i]) / 2
          for _, name in ipairs { "mean", "lo", "hi" } do
            assert.is_true(math.abs((moved[name][i] - to[2]) / to[1] - as_is[name][i]) < 1e-3 * half, ("%s * %g + %g: %s of step %d"):format(kind, to[1], to[2], name, i))
          end
        end
      end
    end
  end)
  it("counts what came before a step in the level as if it had been at the new level", function()
    local rows, state = { "timestamp,value" }, 11
    for i = 0, 199 do
      state = (state * 1103515245 + 12345) % 0x80000000
      rows[#rows + 1] = ("%d,%.3f"):format(1780000000 + i * 86400, (i < 150 and 100 or 160) + 6 * (state >> 8) / 0x800000)
    end
    local path = support.file("step.csv", table.concat(rows, "\n") .. "\n")
    local facts = support.json_of(forecast.main, { path, horizon = "30d" })
    assert.equal(1, #facts.level_changes)
    assert.equal("2026-10-25T20:26:40Z", facts.level_changes[1].time)
    assert.is_true(math.abs(facts.level_changes[1].change - 60) < 1)
    for i = 1, 30 do assert.is_true(facts.lo[i] > 155 and facts.hi[i] < 171 and facts.lo[i] < 161 and facts.hi[i] > 165, ("step %d: %g to %g"):format(i, facts.lo[i], facts.hi[i])) end
    local out = support.output(forecast.main, { path, horizon = "30d" })
    assert.matches("Its level changed by %+%S+ at 2026%-10%-25T20:26:40Z: what came before counts as%s+if it had been at the new level%.", out)
    assert.same({}, support.json_of(forecast.main, { hours(), horizon = "1d" }).level_changes)
  end)
  it("says what is wrong", function()
    local path = hours()
    local function refused(o) return (support.message(forecast.main, o)) end
    assert.matches("give --horizon", refused { path }, 1, true)
    assert.matches("--capacity 1..x: write a number", refused { path, horizon = "1d", capacity = "1..x" }, 1, true)
    assert.matches("give one of them", refused { path, horizon = "1d", capacity = "1", floor = "1" }, 1, true)
    assert.matches("--season 24: of one series write durations", refused { path, horizon = "1d", season = "24" }, 1, true)
    assert.matches("--level 100", refused { path, horizon = "1d", level = "100" }, 1, true)
    assert.matches("--workers goes with --batch", refused { path, horizon = "1d", workers = 2 }, 1, true)
    assert.matches("stands beside --batch", refused { path, batch = path, horizon = "4" }, 1, true)
    assert.matches("--floor is of one series", refused { batch = path, horizon = "4", floor = "1" }, 1, true)
    for _, rows in ipairs { "1780000000,5\n", "1780000000,5\n1780000000,6\n", "1780000000,5\n1780000060,\n" } do
      local message, code = support.message(forecast.main, { support.file("o.csv", "timestamp,value\n" .. rows), horizon = "1d" })
      assert.matches("a forecast needs two at different times", message, 1, true)
      assert.equal("too_few", code)
    end
    assert.matches("has no times", refused { support.file("n.txt", "1\n2\n3\n"), horizon = "1d" }, 1, true)
  end)
end)

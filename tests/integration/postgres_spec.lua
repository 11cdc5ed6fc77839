--- user:sql against a real PostgreSQL.
local json = require "perilune.core.json"
local support = require "integration.support"

local SELF_SIGNED = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
  .. " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s/server.key -out %s/server.crt"

describe("postgres", function()
  local folder, port, server, as_owner, bin

  local function psql(statement)
    local code, out, err = support.shell(("psql -h 127.0.0.1 -p %d -U me -d postgres -Atc %s"):format(port, support.quote(statement)))
    return code == 0 and out:gsub("\n$", "") or nil, err
  end

  --- The server refuses to run as root: somebody else owns its folder.
  local function start()
    server = support.start(("%s %s/postgres -D %s/data -p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c ssl=on")
      :format(as_owner, bin, folder, port, folder))
    support.wait_for(function() return psql "select 1" == "1" end, 30, "postgres")
  end

  setup(function()
    local _, user = support.shell "id -un"
    as_owner = user:match "^root" and "setpriv --reuid=postgres --regid=postgres --clear-groups --" or ""
    bin = select(2, support.shell "ls -d /usr/lib/postgresql/*/bin | tail -1"):gsub("%s+$", "")
    folder, port = support.folder(), support.free_port()
    support.shell("chmod 777 " .. folder)
    local code, _, err = support.shell(("%s %s/initdb -D %s/data -U me -A trust --no-sync"):format(as_owner, bin, folder))
    assert(code == 0, err)
    code, _, err = support.shell(("%s sh -c %s"):format(as_owner, support.quote(SELF_SIGNED:format(folder .. "/data", folder .. "/data"))))
    assert(code == 0, err)
    local rules = support.read(folder .. "/data/pg_hba.conf")
    support.write(folder .. "/data/pg_hba.conf", "host all guarded 127.0.0.1/32 scram-sha-256\n" .. rules)
    start()
    assert(psql "create role guarded login password 'sesame'")
    assert(psql "create table stock (id int primary key, name text, price float8, exact numeric, raw bytea, sold bool)")
  end)

  teardown(function()
    server:stop "INT"
    support.clean()
  end)

  --- Runs a playbook whose one user runs `body` with db; gives its only load, and what it printed.
  local function load_of(body, url, options)
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore", args = { key = pl.arg.secret {} },
  scenarios = function(args) return { s = { users = 1, iterations_each = %d, base = "http://127.0.0.1:%d",
    user = function(user)
      local db = user.vars.db or user:sql(%s)
      user.vars.db = db
      local ok, why = pcall(function() %s end)
      if not ok then print("FAILED " .. why) end
    end } } end,
  run = function(run) run:load "s" end }]]):format(options and options.iterations or 1, port, url or ('"postgresql://me@127.0.0.1:%d/postgres"'):format(port), body))
    local code, out, err = support.run(("run %s --db %s/p.db --json %s/out.json --key sesame"):format(path, folder, folder))
    assert(code == 0 or code == 6, ("exit %s: %s%s"):format(code, out, err))
    assert.is_nil((out .. err):match("FAILED [^\n]*"))
    return json.decode(support.read(folder .. "/out.json")).loads[1], out .. err
  end

  --- How often the table of requests says that this one was sent.
  local function count(shown, name) return tonumber(shown:match("\n  " .. name .. " +(%d+)")) end

  it("sends parameters and reads rows as values of Lua", function()
    local l, shown = load_of [[
      assert(db:query("delete from stock") == 0)
      assert(db:query("insert into stock values ($1, $2, $3, $4, $5, $6)", 1, "o'clock", 1.5, "12345678901234567890.25", { bytes = "a\0\xff" }, true) == 1)
      assert(db:query("insert into stock (id, name) values ($1, $2), ($3, null)", 2, "", 3) == 2)
      local rows = db:query("select * from stock order by id")
      assert(#rows == 3 and math.type(rows[1].id) == "integer" and rows[1].name == "o'clock" and rows[1].price == 1.5)
      assert(rows[1].exact == "12345678901234567890.25" and rows[1].raw == "a\0\xff" and rows[1].sold == true)
      assert(rows[2].name == "" and rows[2].sold == nil and rows[3].name == nil)
      assert(#db:query("select 1 where $1::int is null", nil) == 1)
      assert(db:query("select 'NaN'::float8 as x")[1].x ~= db:query("select 'NaN'::float8 as x")[1].x)
      assert(#db:query("select g, repeat('x', 100) as x from generate_series(1, 20000) g") == 20000)
      assert(#db:query { "select id from stock where id > $1", 1, name = "ids", timeout = "5s" } == 2)
    ]]
    assert.equal(9, l.requests.ok)
    assert.equal(1, l.connections.opened)
    assert.equal(5, count(shown, "sql SELECT"))
    assert.equal(2, count(shown, "sql INSERT"))
    assert.equal(1, count(shown, "ids"))
    assert.is_true(l.bytes.received > 20000 * 100)
  end)

  it("refuses rows beyond 64 MiB, and goes on", function()
    local l = load_of [[
      local rows, why, class = db:query("select repeat('x', 10000) as x from generate_series(1, 10000)")
      assert(rows == nil and why:find("64 MiB") and class == "protocol")
      assert(db:query("select 1 as x")[1].x == 1)
    ]]
    assert.equal(1, l.errors.protocol)
    assert.equal(2, l.connections.opened)
  end)

  it("classes errors with their SQLSTATE", function()
    local l, shown = load_of [[
      local rows, why, class, report = db:query("select 1/$1::int", 0)
      assert(rows == nil and why == "22012: division by zero" and class == "status")
      assert(report.sqlstate == "22012" and report.severity == "ERROR")
      rows, why, class, report = db:query("insert into stock (id) values (1), (1)")
      assert(report.sqlstate == "23505" and report.constraint == "stock_pkey" and report.table == "stock")
      rows, why, class, report = db:query("selec 1")
      assert(report.sqlstate == "42601")
      rows, why, class = db:query("copy stock to stdout")
      assert(rows == nil and class == "protocol" and why:find("COPY"))
      assert(#db:query("select 1") == 1)
    ]]
    assert.equal(3, l.errors.status)
    assert.equal(1, l.errors.protocol)
    assert.is_truthy(shown:find("3 × status (", 1, true), shown)
  end)

  it("prepares once a connection, and again after a loss", function()
    local l = load_of([[
      if user.vars.n == nil then assert(db:prepare("twice", "select $1::int * 2 as x")) end
      user.vars.n = (user.vars.n or 0) + 1
      assert(db:execute("twice", 21)[1].x == 42)
      local value, why, class = db:query("select pg_terminate_backend(pg_backend_pid())")
      assert(value == nil and class == "status" and why:find("57P01"), why)
      assert(db:execute("twice", 4)[1].x == 8)
    ]], nil, { iterations = 3 })
    assert.equal(4, l.connections.opened)
    assert.equal(7, l.requests.ok)
    assert.equal(3, l.errors.status)
  end)

  it("sends many statements in one round trip", function()
    local l, shown = load_of [[
      local r = db:pipeline { { "delete from stock" }, { "insert into stock (id) values ($1), ($2)", 1, 2 }, { "select id from stock order by id" } }
      assert(#r == 3 and r[2] == 2 and r[3][2].id == 2)
      local why, class, report
      r, why, class, report = db:pipeline { { "insert into stock (id) values (3)" }, { "insert into stock (id) values (1)" }, { "select 1" } }
      assert(r[1] == 1 and r[2].sqlstate == "23505" and r[3].error:find("not run"))
      assert(why:find("^23505: duplicate key") and class == "status" and report == nil)
      assert(db:query("select count(*) as n from stock")[1].n == 2) -- the pipeline is one transaction
    ]]
    assert.equal(2, l.requests.ok)
    assert.equal(1, l.errors.status)
    assert.equal(2, count(shown, "sql pipeline"))
  end)

  it("keeps transactions, and says when one went with its connection", function()
    load_of [[
      db:query("delete from stock")
      assert(db:begin { isolation = "serializable" } and db:query("insert into stock (id) values (1)") == 1 and db:rollback())
      assert(db:query("select count(*) as n from stock")[1].n == 0)
      assert(db:begin() and db:query("insert into stock (id) values (1)") == 1 and db:commit())
      assert(db:begin { read_only = true })
      local _, _, _, report = db:query("insert into stock (id) values (2)")
      assert(report.sqlstate == "25006")
      local ok, why = db:commit()
      assert(ok == nil and why:find("rolled back"))
      assert(db:begin() and db:query("insert into stock (id) values (2)") == 1)
      db:query("select pg_terminate_backend(pg_backend_pid())")
      local value, lost = db:query("insert into stock (id) values (3)")
      assert(value == nil and lost:find("ended with its connection"))
      assert(db:rollback() == true)
      assert(db:query("select count(*) as n from stock")[1].n == 1)
    ]]
  end)

  it("cancels on the server what runs into a timeout", function()
    local l = load_of [[
      local rows, why, class = db:query { "select pg_sleep(600)", timeout = "50ms" }
      assert(rows == nil and class == "timeout")
      assert(#db:query("select 1") == 1)
    ]]
    assert.equal(1, l.errors.timeout)
    support.wait_for(function() return psql "select count(*) from pg_stat_activity where query like '%sleep(600)' and state = 'active'" == "0" end, 10, "the cancel")
  end)

  it("connects by name, by socket, with TLS and a password", function()
    local secured = [[
      local rows, why = db:query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
      assert(rows, why)
      assert(rows[1].ssl == %s)
    ]]
    local l = load_of(secured:format "true", ('"postgresql://me@localhost:%d/postgres?sslmode=verify-full&sslrootcert=%s/data/server.crt"'):format(port, folder))
    for _, phase in ipairs { "dns", "connect", "tls", "wait" } do assert.equal(1, l.phases_s[phase].count) end
    load_of(secured:format "false", ('"postgresql://me@127.0.0.1:%d/postgres", { sslmode = "disable" }'):format(port))
    load_of(secured:format "false", ('"postgresql://me@x:%d/postgres?host=%s"'):format(port, folder))
    load_of(secured:format "true", ('"postgresql://guarded:" .. args.key .. "@127.0.0.1:%d/postgres"'):format(port))
    local _, shown = load_of(secured:format "true", ('"postgresql://guarded@127.0.0.1:%d/postgres", { password = args.key }'):format(port))
    assert.is_nil(shown:find("sesame", 1, true))
  end)

  it("classes what keeps a connection from being made", function()
    local function class_of(expected, url)
      load_of(([[
        local rows, why, class = db:query("select 1")
        assert(rows == nil and class == "%s", why)]]):format(expected), url)
    end
    class_of("connect", '"postgresql://me@127.0.0.1:1/postgres"')
    class_of("dns", '"postgresql://me@nosuch.invalid/postgres"')
    class_of("protocol", ('"postgresql://guarded:wrong@127.0.0.1:%d/postgres"'):format(port))
    class_of("protocol", ('"postgresql://me@127.0.0.1:%d/nosuch"'):format(port))
    class_of("tls", ('"postgresql://me@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt"'):format(port))
  end)

  it("counts a restart in mid-run and goes on", function()
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore",
  scenarios = function() return { s = { arrivals = pl.even "50/s", duration = "6s", base = "http://127.0.0.1:%d", state = "user",
    user = function(user)
      user.vars.db = user.vars.db or user:sql("postgresql://me@127.0.0.1:%d/postgres")
      user.vars.db:query("select 1")
    end } } end,
  run = function(run) run:load "s" end }]]):format(port, port))
    local out = folder .. "/out.json"
    local run = support.start(("sh -c '%s run %s --db %s/p.db --json %s --quiet'"):format(support.perilune, path, folder, out))
    support.wait_for(function() return tonumber((psql "select count(*) from pg_stat_activity where application_name = 'perilune'")) > 0 end, 10, "the load")
    server:stop "INT"
    start()
    support.wait_for(function() return not run:alive() end, 30, "the end of the load")
    local l = json.decode(support.read(out)).loads[1]
    assert.is_true(l.errors.connect + l.errors.status + l.errors.reset + l.errors.protocol > 0)
    assert.equal(0, l.errors.script)
    assert.is_true(l.requests.ok > 0)
    assert.equal(300, l.requests.total)
  end)
end)

local json = require "perilune.core.json"
local support = require "integration.support"

-- Bodies of requests and answers, against an nginx that compresses, and keeps what it is sent in files.
describe("a body", function()
  local nginx, folder
  setup(function()
    folder = support.folder()
    nginx = support.nginx [[
      gzip on; gzip_types *; gzip_min_length 1; default_type text/plain;
      location = /plain { return 200 "hello hello hello\n"; }
      location = /br { add_header Content-Encoding br; try_files /hello.br =404; }
      location = /zstd { add_header Content-Encoding zstd; try_files /hello.zst =404; }
      location = /broken { add_header Content-Encoding gzip; gzip off; return 200 "no gzip"; }
      location = /ok { return 200 "ok"; }
      location /keep { client_body_in_file_only on; proxy_pass http://unix:%s:/ok; }]]
    support.write(nginx.folder .. "/hello.br", "\x13\x11\x00\x00\xa4\x14\x40\x72\x10\x45\x90\xa9\xc3\x73\xfa\x05")
    support.write(nginx.folder .. "/hello.zst", "\x28\xb5\x2f\xfd\x04\x58\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20\x0a\x01\x00\x31\x4a\x11\xa3\xaa\x74\xce")
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  --- Runs a user's function, whose `hold` fails the iteration with a text.
  local function run(user, iterations)
    support.shell(("rm -rf %s/body/*"):format(nginx.folder))
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "b", args = { target = pl.arg.string {} },
  scenarios = function(args) return { a = { base = args.target, users = 1, iterations = %d, user = function(user)
    local function hold(what, ok) if not ok then user:fail(tostring(what)) end end
    %s
  end } } end,
  run = function(run) run:load "a" end }
]]):format(iterations or 1, user))
    local code, out, err = support.run(("run %s --target %s --db %s/p.db --json %s/p.json --workers 1"):format(path, nginx.url, folder, folder))
    local ok, r = pcall(json.decode, support.read(folder .. "/p.json"))
    return code, ok and r.loads[1] or nil, out .. err
  end

  local function holds(user, iterations)
    local code, l, text = run(user, iterations)
    assert.equal(0, code, text)
    return l
  end

  --- The one body that nginx was sent.
  local function kept()
    local _, paths = support.shell(("find %s/body -type f"):format(nginx.folder))
    local path, more = paths:match("^(%S+)\n(.*)$")
    assert.equal("", more)
    return support.read(path), path
  end

  it("of an answer is decoded when the script reads it", function()
    holds [[
      for _, coding in ipairs { "gzip", "identity" } do
        local r = user:get("/plain", { headers = { ["accept-encoding"] = coding } })
        hold(coding, r.text == "hello hello hello\n" and r:find("(h%a+o)\n") == "hello")
        hold("raw " .. coding, (r.raw == r.text) == (coding == "identity"))
        hold("header", r:header("content-encoding") == (coding == "gzip" and "gzip" or nil))
      end
      for _, coding in ipairs { "br", "zstd" } do
        local r = user:get("/" .. coding)
        hold(coding .. ": " .. r.text, r.text == "hello hello hello\n")
      end]]
  end)

  it("that is broken fails its request where it is read, and nowhere else", function()
    local l = holds [[
      local r = user:get("/broken")
      hold("ok", r.ok)]]
    assert.equal(0, l.requests.failed)
    local _, text
    _, l, text = run [[
      local r = user:get("/broken")
      local v, because = r:json("a")
      hold(because, v == nil and because:find("no whole gzip", 1, true))
      hold(r.why, r.text == "" and r.error == "protocol" and r.why == because)]]
    assert.same({ 1, 1, 0 }, { l.requests.failed, l.errors.protocol, l.errors.script }, text)
    assert.truthy(text:find("1 × protocol (the body is no whole gzip)", 1, true), text)
  end)

  it("has several parts in a fixed order, files among them", function()
    support.write(folder .. "/photo.jpg", "\xff\xd8\0binary\r\n--")
    holds [[ user:post("/keep", { multipart = {
        zeta = "last", ["na\"me"] = { value = "{}", type = "application/json" }, photo = { file = "photo.jpg", type = "image/jpeg" } } }) ]]
    local body = kept()
    local boundary = body:match("^%-%-([%w-]+)\r\n")
    assert.equal(table.concat({
      '--B\r\nContent-Disposition: form-data; name="na%22me"\r\nContent-Type: application/json\r\n\r\n{}\r\n',
      '--B\r\nContent-Disposition: form-data; name="photo"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\0binary\r\n--\r\n',
      '--B\r\nContent-Disposition: form-data; name="zeta"\r\n\r\nlast\r\n--B--\r\n' }), (body:gsub("%-%-" .. boundary:gsub("%-", "%%-"), "--B")))
    holds [[ user:post("/keep", { multipart = { { name = "a", value = "1" }, { name = "a", value = "2" } } }) ]]
    assert.truthy(kept():find('name="a"\r\n\r\n1\r\n.*name="a"\r\n\r\n2\r\n'))
  end)

  it("is compressed on the way out", function()
    holds [[ user:post("/keep", { json = { item = ("x"):rep(1000) }, compress = "gzip" }) ]]
    local body, path = kept()
    assert.is_true(#body < 100)
    local _, plain = support.shell("gzip -dc < " .. path)
    assert.equal('{"item":"' .. ("x"):rep(1000) .. '"}', plain)
    for coding, file in pairs { br = "hello.br", zstd = "hello.zst" } do
      local at = nginx.folder .. "/" .. file
      local before = support.read(at)
      holds(([[ user:post("/keep", { body = ("x"):rep(1000), compress = %q }) ]]):format(coding))
      body = kept()
      assert.is_true(#body < 100)
      support.write(at, body)
      holds(([[ hold("the same again", user:get("/%s").text == ("x"):rep(1000)) ]]):format(coding))
      support.write(at, before)
    end
  end)

  it("may be a file, whole or in chunks, with or without waiting for 100", function()
    support.shell(("head -c 5000000 /dev/urandom > %s/big.bin"):format(folder))
    for _, more in ipairs { "", ", chunked = true", ", expect100 = true", ", chunked = true, expect100 = true" } do
      local l = holds(([[ hold("status", user:put("/keep", { body_file = "big.bin"%s }).status == 200) ]]):format(more))
      assert.is_true(l.bytes.sent > 5000000)
      local _, path = kept()
      assert.equal(0, (support.shell(("cmp %s/big.bin %s"):format(folder, path))), more)
    end
    assert.is_true(holds([[ user:put("/keep", { body = "hello", chunked = true }) ]]).requests.ok == 1)
    assert.equal("hello", (kept()))
  end)

  it("of a request without a script goes out in the same ways", function()
    support.shell(("head -c 300000 /dev/urandom > %s/big.bin"):format(folder))
    local function request(fields)
      support.shell(("rm -rf %s/body/*"):format(nginx.folder))
      local path = support.write(folder .. "/r.lua", ([[ local pl = require "perilune"
        return pl.playbook { name = "r", args = { target = pl.arg.string {} }, run = function(run) run:load "r" end,
          scenarios = function(args) return { r = { users = 1, iterations = 1, base = args.target, request = { url = "/keep", method = "PUT", %s } } } end } ]]):format(fields))
      local code, out, err = support.run(("run %s --target %s --db %s/p.db --workers 1"):format(path, nginx.url, folder))
      assert.equal(0, code, out .. err)
      return kept()
    end
    for _, more in ipairs { "", ", chunked = true, expect100 = true" } do
      request('body_file = "big.bin"' .. more)
      local _, path = kept()
      assert.equal(0, (support.shell(("cmp %s/big.bin %s"):format(folder, path))), more)
    end
    request 'body = ("x"):rep(1000), compress = "gzip"'
    local _, path = kept()
    assert.equal(("x"):rep(1000), (select(2, support.shell("gzip -dc < " .. path))))
    request 'body = ("x"):rep(1000), compress = "zstd"'
    assert.equal("\x28\xb5\x2f\xfd", kept():sub(1, 4))
  end)

  it("is taken from the command line's file as it is", function()
    local path = support.write(folder .. "/bytes.bin", "a\0b\xff\r\nc")
    for _, command in ipairs { "", "cd " .. folder .. " && " } do
      support.shell(("rm -rf %s/body/*"):format(nginx.folder))
      local code, _, err = support.shell(("%s%s load '%s/keep' --body-file %s -n 1 -c 1 --db %s/p.db"):format(command, support.perilune, nginx.url, command == "" and path or "bytes.bin", folder))
      assert.equal(0, code, err)
      assert.equal("a\0b\xff\r\nc", (kept()))
    end
  end)

  it("is told of by --once", function()
    local path = support.write(folder .. "/o.lua", [[ local pl = require "perilune"
      return pl.playbook { name = "o", args = { target = pl.arg.string {} }, run = function(run) end, scenarios = function(args) return {
        s = { users = 1, iterations = 1, base = args.target, defaults = { auth = { bearer = "geheim" } }, user = function(user)
          user:post("/keep", { json = { 1 }, compress = "gzip", headers = { ["X-A"] = { "1", "2" } } })
          user:get("/broken")
        end },
        r = { users = 1, iterations = 1, base = args.target, request = { url = "/keep", method = "PUT", body_file = "o.lua", expect = "200", timeout = "5s" } } } end } ]])
    local code, out, err = support.run(("run %s --target %s --once s"):format(path, nginx.url))
    assert.equal(0, code, out .. err)
    local all = out .. err
    for _, line in ipairs { "x-a: 1, 2", "compress: gzip", "auth: bearer", "a body that cannot be decoded" } do assert.truthy(all:find(line, 1, true), all) end
    assert.falsy(all:find("geheim", 1, true), all)
    code, out, err = support.run(("run %s --target %s --once r"):format(path, nginx.url))
    assert.equal(0, code, out .. err)
    assert.truthy((out .. err):find("body_file: o.lua", 1, true), out .. err)
  end)

  it("says what it cannot be", function()
    for user, why in pairs {
      [ [[user:post("/keep", { multipart = { a = { file = "../../etc/passwd" } } })]] ] = "outside the playbook's folder",
      [ [[user:post("/keep", { multipart = { a = { fiel = "x" } } })]] ] = 'not "fiel"',
      [ [[user:post("/keep", { multipart = { { value = "x" } } })]] ] = "has a name",
      [ [[user:post("/keep", { body = "x", compress = "lzw" })]] ] = "gzip, deflate, br or zstd",
      [ [[user:post("/keep", { body = "x", body_file = "p.lua" })]] ] = "not from both",
    } do
      local _, _, text = run(user)
      assert.truthy(text:find(why, 1, true), text)
    end
  end)
end)

local json = require "perilune.core.json"
local support = require "integration.support"

-- auth of defaults and of requests, against an nginx that shows what came.
describe("auth", function()
  local nginx, folder
  setup(function()
    folder = support.folder()
    nginx = support.nginx [[
      location /shown { return 200 "$http_authorization"; }
      location /amz { return 200 "$http_x_amz_date|$http_x_amz_content_sha256|$http_authorization"; }
      location /digest {
        if ($http_authorization = "") { add_header WWW-Authenticate 'Digest realm="r", nonce="abc", qop="auth"' always; return 401; }
        return 200 "$http_authorization";
      }]]
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  --- Runs a scenario whose user fails with the text of what does not hold.
  local function run(scenario, iterations)
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
local function hold(user, what, ok) if not ok then user:fail(tostring(what)) end end
return pl.playbook { name = "a", args = { target = pl.arg.string {}, token = pl.arg.secret { optional = true } },
  scenarios = function(args) return { a = { base = args.target, users = 1, iterations = %d, %s } } end,
  run = function(run) run:load "a" end }
]]):format(iterations or 1, scenario))
    local code, out, err = support.run(("run %s --target %s --token t0ken --db %s/p.db --json %s/p.json --workers 1"):format(path, nginx.url, folder, folder))
    local ok, r = pcall(json.decode, support.read(folder .. "/p.json"))
    return code, ok and r.loads[1] or nil, out .. err
  end

  it("of the defaults goes with every request, unless one has its own", function()
    local code, _, text = run [[ defaults = { auth = { bearer = args.token } }, user = function(user)
      hold(user, "bearer", user:get("/shown").text == "Bearer t0" .. "ken")
      hold(user, "with options", user:get("/shown", { name = "x" }).text == "Bearer t0" .. "ken")
      local r = user:get("/shown", { auth = { basic = { user = "Aladdin", password = "open sesame" } } })
      hold(user, r.text, r.text == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
      hold(user, "none", user:get("/shown", { auth = false }).text == "")
      hold(user, "header wins", user:get("/shown", { headers = { Authorization = "mine" } }).text == "mine")
    end ]]
    assert.equal(0, code, text)
    assert.equal("", select(2, support.shell(("grep -l t0ken %s/p.db*"):format(folder))))
  end)

  it("of a static request does, too", function()
    local code, _, text = run [[ defaults = { auth = { basic = { user = "a", password = args.token } } }, request = { url = "/shown" } ]]
    assert.equal(0, code, text)
  end)

  it("answers a Digest challenge, in advance from the second request on", function()
    local code, l, text = run([[ defaults = { auth = { digest = { user = "Mufasa", password = "x" } } }, user = function(user)
      local r = user:get("/digest")
      hold(user, r.text, r.status == 200 and r.text:find('uri="/digest"', 1, true) and r.text:find("qop=auth, nc=0000000", 1, true))
    end ]], 3)
    assert.equal(0, code, text)
    assert.equal(3, l.requests.ok)
    code, l, text = run([[ defaults = { auth = { digest = { user = "Mufasa", password = "x" } } }, request = { url = "/digest" } ]], 3)
    assert.equal(0, code, text)
    assert.equal(3, l.status["200"])
  end)

  it("signs for AWS", function()
    local code, _, text = run [[ user = function(user)
      local r = user:post("/amz?b=2&a=1", { body = "hello", auth = { sigv4 = { key = "AKIDEXAMPLE", secret = args.token, region = "eu-central-1", service = "s3" } } })
      local date, hash, auth = r.text:match("^(%d+T%d+Z)|(%x+)|(.*)$")
      hold(user, r.text, date and hash == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
      hold(user, auth, auth:find("^AWS4%-HMAC%-SHA256 Credential=AKIDEXAMPLE/" .. date:sub(1, 8) .. "/eu%-central%-1/s3/aws4_request, SignedHeaders=host;x%-amz%-content%-sha256;x%-amz%-date, Signature=%x+$"))
    end ]]
    assert.equal(0, code, text)
  end)

  it("signs static requests, each at its time, so that a server takes them", function()
    local aws = support.python_server "aws"
    support.write(folder .. "/body.bin", ("x"):rep(100000))
    local function load(service, request, secret)
      local code, l, text = run(([[ base = "http://127.0.0.1:%d", pace = "400ms", users = 2, defaults = { auth = { sigv4 = { key = "AKIDEXAMPLE", secret = %s,
        region = "eu-central-1", service = "%s" } } }, request = %s ]]):format(aws.port, secret or "args.token", service, request), 8)
      assert(l, text)
      return l, code
    end
    assert.equal(8, load("execute-api", '{ url = "/a?b=2&a=1", method = "POST", body = "hello" }').status["200"])
    assert.equal(8, load("s3", '{ url = "/a", headers = { ["X-Own"] = "1" } }').status["200"])
    assert.equal(8, load("s3", '{ url = "/a", method = "POST", body_file = "body.bin" }').status["200"])
    assert.equal(8, load("s3", '{ url = "/a" }', '"wrong"').status["403"])
    aws:stop()
  end)

  it("says what is wrong with it", function()
    for scenario, why in pairs {
      [ [[ user = function(user) user:get("/", { auth = { bearer = "a\r\nX-Own: 1" } }) end ]] ] = "the credentials hold a line end",
      [ [[ defaults = { auth = { bearer = "a\n" } }, request = { url = "/" } ]] ] = "has no line end",
      [ [[ user = function(user) user:get("/", { follow = 51 }) end ]] ] = "follow is a whole number of redirects, from 0 to 50",
      [ [[ user = function(user) user:get("/", { follow = "x" }) end ]] ] = "follow is a whole number of redirects, from 0 to 50",
      [ [[ defaults = { auth = { beaver = "x" } }, request = { url = "/" } ]] ] = "give one of basic, bearer, digest, sigv4",
      [ [[ user = function(user) user:get("/", { auth = { basic = { user = "a", pass = "b" } } }) end ]] ] = 'basic has no field "pass"',
    } do
      local _, _, text = run(scenario)
      assert.truthy(text:find(why, 1, true), text)
    end
  end)
end)

--- perilune.oauth: what is asked of a token endpoint, and what its answers mean.
local oauth = require "perilune.oauth"

local CLIENT = { token_url = "http://h/token", client_id = "shop", client_secret = "s" }

local function with(more)
  local o = {}
  for k, v in pairs(CLIENT) do o[k] = v end
  for k, v in pairs(more) do o[k] = v end
  return o
end

local function complaint(o)
  local _, message = pcall(oauth.check, o, function(text) error(text, 0) end)
  return message
end

describe("perilune.oauth", function()
  it("checks its fields", function()
    assert.is_nil(complaint(with { scope = "a b", client_auth = "body" }))
    assert.equal('auth: oauth2 has no field "scop"; did you mean "scope"?', complaint(with { scop = "a" }))
    assert.equal("auth: oauth2.client_id is missing", complaint { token_url = "x", client_secret = "s" })
    assert.is_truthy(complaint(with { client_auth = "jwt" }):find("client_auth", 1, true))
  end)

  it("builds requests", function()
    local r = oauth.build_request(with { scope = "a b", audience = "api", client_secret = "s" }, nil, function(text) return text .. " encoded" end)
    assert.same({ grant_type = "client_credentials", scope = "a b", audience = "api" }, r.form)
    assert.equal("http://h/token", r.url)
    assert.same({ user = "shop encoded", password = "s encoded" }, r.auth.basic)
    r = oauth.build_request(with { client_auth = "body" }, { insecure = true })
    assert.same({ grant_type = "client_credentials", client_id = "shop", client_secret = "s" }, r.form)
    assert.is_nil(r.auth)
    assert.same({ insecure = true }, r.tls)
  end)

  it("reads answers", function()
    local function parsed(status, text) return oauth.parse_response { status = status, text = text } end
    assert.same({ "abc", 60 }, { parsed(200, '{"access_token":"abc","token_type":"bearer","expires_in":60}') })
    assert.same({ "abc", 60 }, { parsed(200, '{"access_token":"abc","expires_in":"60"}') })
    assert.same({ "abc" }, { parsed(200, '{"access_token":"abc"}') })
    assert.same({ nil, "status 502 without a JSON object", false }, { parsed(502, "<html>") })
    assert.same({ nil, "status 401, invalid_client: who?", true }, { parsed(401, '{"error":"invalid_client","error_description":"who?"}') })
    assert.same({ nil, "status 500, no error named", false }, { parsed(500, "{}") })
    assert.same({ nil, "status 404 without a JSON object", true }, { parsed(404, "") })
    assert.same({ nil, "status 429, slow_down", false }, { parsed(429, '{"error":"slow_down"}') })
    assert.is_nil((parsed(200, '{"access_token":"a\\r\\nX: y"}')))
    assert.is_nil((parsed(200, '{"access_token":5}')))
    assert.same({ nil, "a token that is no bearer token" }, { parsed(200, '{"access_token":"a","token_type":"mac"}') })
  end)
end)

--- A pasted cURL command as a request: what a browser's "copy as cURL" gives, and what people keep in their notes.
local file = require "perilune.core.file"

local M = {}

local function fail(message)
  error({ code = "usage", message = "curl: " .. message }, 0)
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
  local out = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local n = (a << 16) | ((b or 0) << 8) | (c or 0)
    for k = 0, 3 do
      local d = (n >> (18 - 6 * k)) & 63
      out[#out + 1] = (k == 2 and not b or k == 3 and not c) and "=" or DIGITS:sub(d + 1, d + 1)
    end
  end
  return table.concat(out)
end

local function encoded(text)
  return (text:gsub("[^%w%-_.~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function content_of(path)
  local text, err = file.read(path)
  if not text then error({ code = "not_found", message = "curl: " .. err.message }, 0) end
  return text
end

--- Data of -d: a text, or @FILE without its line breaks.
local function data(text)
  if text:sub(1, 1) ~= "@" then return text end
  return (content_of(text:sub(2)):gsub("[\r\n]", ""))
end

--- Data of --data-binary and --json: a text, or @FILE as it is.
local function bytes(text)
  return text:sub(1, 1) == "@" and content_of(text:sub(2)) or text
end

--- Data of --data-urlencode: "text", "=text", "name=text", "@FILE", "name@FILE"; where there is a = no @ is looked for.
local function url_encoded(text)
  local name, value = text:match("^([^=]*)=(.*)$")
  if not name then
    local path
    name, path = text:match("^([^@]*)@(.*)$")
    value = path and content_of(path) or text
  end
  return (name and name ~= "" and name .. "=" or "") .. encoded(value)
end

local function add_data(r, text) r.data[#r.data + 1] = text end
local function add_header(r, text)
  if text:match("^[^:]+:%s*$") then return end -- "Name:" takes a header of curl's own away
  r.headers[#r.headers + 1] = (text:gsub(";$", ":"))
end
local function nothing() end

--- Options with a value.
local VALUED = {
  request = function(r, v) r.method = v end, header = add_header, url = function(r, v) r.url = v end,
  data = function(r, v) add_data(r, data(v)) end, ["data-raw"] = add_data,
  ["data-binary"] = function(r, v) add_data(r, bytes(v)) end,
  ["data-urlencode"] = function(r, v) add_data(r, url_encoded(v)) end,
  json = function(r, v)
    add_data(r, bytes(v))
    r.json = true
  end,
  user = function(r, v) r.user = v end, ["oauth2-bearer"] = function(r, v) r.bearer = v end,
  ["user-agent"] = function(r, v) add_header(r, "User-Agent: " .. v) end, referer = function(r, v) add_header(r, "Referer: " .. v) end,
  cookie = function(r, v)
    if not v:find("=", 1, true) then fail("-b: a file of cookies is not in this version; write name=value") end
    add_header(r, "Cookie: " .. v)
  end,
  ["max-time"] = function(r, v) r.timeout = tonumber(v) or fail(("--max-time: %q is no number of seconds"):format(v)) end,
  ["connect-to"] = function(r, v) r.connect_to[#r.connect_to + 1] = v end,
  proxy = function(r, v) r.proxy = v end, ["proxy-user"] = function(r, v) r.proxy_user = v end,
  resolve = function(r, v)
    local host, port, address = v:match("^%+?([^:]+):(%d+):%[?([^,%]]+)")
    if not host then fail(("--resolve: %q: write HOST:PORT:ADDRESS"):format(v)) end
    r.connect_to[#r.connect_to + 1] = ("%s:%s:%s:"):format(host, port, address:find(":", 1, true) and "[" .. address .. "]" or address)
  end,
  cacert = function(r, v) r.ca = v end, key = function(r, v) r.key = v end, ciphers = function(r, v) r.ciphers = v end, curves = function(r, v) r.groups = v end,
  cert = function(r, v)
    if v:find(":", 2, true) then fail("--cert: a password is not in this version; write a file whose key has none") end
    r.cert = v
  end,
  ["unix-socket"] = function(r, v) r.unix = v end,
  ["tls-max"] = function(r, v) r.tls_max = v end,
  output = nothing, ["write-out"] = nothing, ["connect-timeout"] = nothing, ["max-redirs"] = nothing, retry = nothing,
}
VALUED["data-ascii"] = VALUED.data

--- Options without one.
local FLAGS = {
  get = function(r) r.get = true end, head = function(r) r.method = "HEAD" end, insecure = function(r) r.insecure = true end,
  compressed = function(r) add_header(r, "Accept-Encoding: deflate, gzip, br, zstd") end,
  http2 = function(r) r.http2 = "asked" end, ["http2-prior-knowledge"] = function(r) r.http2 = true end,
  ["tlsv1.2"] = function(r) r.tls_min = "1.2" end, ["tlsv1.3"] = function(r) r.tls_min = "1.3" end,
  digest = function(r) r.digest = true end, basic = function(r) r.digest = nil end,
  location = nothing, silent = nothing, ["show-error"] = nothing, verbose = nothing, include = nothing, fail = nothing, globoff = nothing,
  ["no-buffer"] = nothing, ["progress-bar"] = nothing, ["http1.1"] = nothing, ["path-as-is"] = nothing, ipv4 = nothing, ["no-keepalive"] = nothing,
}

local SHORT = {
  X = "request", H = "header", d = "data", u = "user", A = "user-agent", e = "referer", b = "cookie", m = "max-time", x = "proxy", U = "proxy-user", E = "cert", o = "output", w = "write-out",
  G = "get", I = "head", k = "insecure", L = "location", s = "silent", S = "show-error", v = "verbose", i = "include", f = "fail", g = "globoff",
  N = "no-buffer", ["#"] = "progress-bar", ["4"] = "ipv4",
}

local function unknown(word)
  fail(("%s is not understood here; leave it out, or write the request with perilune's own options"):format(word))
end

--- Takes the options of a word such as -sSXPOST; gives the index of the last word used.
local function take_short(r, words, i)
  local word, at = words[i], 2
  while at <= #word do
    local name = SHORT[word:sub(at, at)] or unknown("-" .. word:sub(at, at))
    if FLAGS[name] then
      FLAGS[name](r)
      at = at + 1
    else
      local value = word:sub(at + 1)
      if value == "" then
        i = i + 1
        value = words[i] or fail(("-%s needs a value"):format(word:sub(at, at)))
      end
      VALUED[name](r, value)
      break
    end
  end
  return i
end

local function take_long(r, words, i)
  local name, inline = words[i]:match("^%-%-([%w%-.]+)=?(.*)$")
  if name and FLAGS[name] then
    FLAGS[name](r)
    return i
  end
  if not name or not VALUED[name] then unknown(words[i]) end
  if words[i]:find("=", 1, true) then
    VALUED[name](r, inline)
    return i
  end
  VALUED[name](r, words[i + 1] or fail(("--%s needs a value"):format(name)))
  return i + 1
end

local function has_header(r, name)
  for _, header in ipairs(r.headers) do
    if header:lower():match("^" .. name .. "%s*:") then return true end
  end
  return false
end

--- The URL of what goes to a socket, with the Host that cURL sends there.
local function to_socket(r)
  local scheme, host, path = r.url:match("^(%a+)://([^/?#]*)(.*)$")
  if scheme ~= "http" then fail("--unix-socket: only http:// goes to a socket here") end
  if r.unix:find(":", 1, true) then fail(("--unix-socket: %q: the path of a socket has no colon here"):format(r.unix)) end
  if not has_header(r, "host") then add_header(r, "Host: " .. host) end
  r.url = ("unix:%s:%s%s"):format(r.unix, path:sub(1, 1) == "/" and "" or "/", path)
end

--- HTTP/2, as far as the URL lets cURL ask for it.
local function http2_of(r)
  if r.http2 == "asked" and not r.url:match("^https:") then fail("--http2 of http:// begins with HTTP/1.1, which is not spoken here; --http2-prior-knowledge begins with HTTP/2") end
  return r.http2 and true or nil
end

--- Credentials: those of Digest are answers to what the server asks, name:password here; others are a header.
local function digest_of(r)
  if r.bearer then
    table.insert(r.headers, 1, "Authorization: Bearer " .. r.bearer)
  elseif r.user and not r.digest then
    table.insert(r.headers, 1, "Authorization: Basic " .. base64(r.user))
  elseif r.digest and not (r.user and r.user:find(":", 1, true)) then
    fail("--digest: write -u NAME:PASSWORD beside it")
  else
    return r.digest and r.user
  end
end

--- The body or the query that the data make, and the headers that curl adds for it.
local function finish(r)
  if not r.url then fail("the URL is missing") end
  if not r.url:match("^%a[%w+.-]*:") then r.url = "http://" .. r.url end
  local text = #r.data > 0 and table.concat(r.data, r.json and "" or "&") or nil
  if r.get and text then
    r.url = r.url .. (r.url:find("?", 1, true) and "&" or "?") .. text
  elseif text then
    if text:find("\0", 1, true) then fail("the body has a byte 0: give it beside the cURL command, as --body-file FILE") end
    r.body = text
    if not has_header(r, "content%-type") then add_header(r, "Content-Type: " .. (r.json and "application/json" or "application/x-www-form-urlencoded")) end
    if r.json and not has_header(r, "accept") then add_header(r, "Accept: application/json") end
  end
  r.method = r.method or (r.body and "POST" or "GET")
  if r.unix then to_socket(r) end
  local digest = digest_of(r)
  return { url = r.url, method = r.method, headers = r.headers, digest = digest, body = r.body, timeout = r.timeout, insecure = r.insecure, ca = r.ca, cert = r.cert, key = r.key, tls_min = r.tls_min, tls_max = r.tls_max, ciphers = r.ciphers, groups = r.groups, http2 = http2_of(r), connect_to = #r.connect_to > 0 and r.connect_to or nil, proxy = r.proxy, proxy_user = r.proxy_user }
end

--- Reads the words of a cURL command, the first of which is curl.
---@param words string[]
---@return table { url, method, headers = lines, digest = "name:password" or nil, body, timeout = seconds or nil, insecure, ca, cert, key, tls_min, tls_max, ciphers, groups, http2, connect_to = texts, proxy, proxy_user }
function M.read(words)
  if words[1] ~= "curl" then error({ code = "usage", message = ("after -- comes a cURL command: -- curl URL ..., not %q"):format(tostring(words[1])) }, 0) end
  local r, i = { headers = {}, data = {}, connect_to = {} }, 2
  while i <= #words do
    local word = words[i]
    if word:match("^%-%-") then
      i = take_long(r, words, i)
    elseif word:match("^%-.") then
      i = take_short(r, words, i)
    elseif word:match("%S") then
      if r.url then fail(("two URLs, %s and %s: one request is sent"):format(r.url, word)) end
      r.url = word
    end
    i = i + 1
  end
  return finish(r)
end

return M

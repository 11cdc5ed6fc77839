/* perilune.core.http: requests of the control state to other systems, one exchange each; a task waits for it.
 * open(hosts) -> client | nil, err: a client that may ask these hosts (bind/grant.h) and loopback, with connections of its own.
 * client:send { method, url, headers = { "Name: value" ... }, body, repeatable, timeout, connect_timeout, tls_timeout, first_byte_timeout (seconds),
 *   max_body, max_headers (bytes), tls = { insecure, ca, cert, key, min = "1.3" }, proxy, proxy_user }
 *   -> { status, version, head, text, address, total, phases = { connect = seconds ... } } | nil, err with err.phase. Texts may be secrets.
 * parse(url) -> { scheme, host, port, target, user } | nil, err · join(base, reference) -> url | nil, err
 * encode(text) -> as a value of a query or a form · base64(text) -> text · json(value) -> secret, with those within in clear | nil, err
 * date(text) -> seconds since 1970 | nil: of an HTTP-date · fraction() -> 0 to 1, of no seed. */
#include <lauxlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/grant.h"
#include "bind/host.h"
#include "bind/json.h"
#include "bind/modules.h"
#include "load/cookie.h"
#include "net/http.h"
#include "net/url.h"
#include "script/guard.h"
#include "script/task.h"

enum { HEADERS_MAX = 128, URL_MAX = 64 << 10, TEXT_MAX = 64 << 20 };

static const char client_name[] = "perilune.http", call_name[] = "perilune.http.call";

typedef struct client {
  pl_http *http;
  pl_grants grants;
} client;

/* A userdata, whose user value keeps the options that the request points into. */
typedef struct call {
  pl_http_call *call;
  pl_task *task; /* who waits; NULL: nobody */
  pl_http_request request;
  pl_str headers[HEADERS_MAX];
} call;

/* ---- Reading ------------------------------------------------------------------------------------------ */

/* The text or secret on top, which what it came from keeps; nil is empty. */
static pl_str text_on_top(lua_State *L, const char *what)
{
  pl_str text = {"", 0};
  if (lua_isnil(L, -1))
    return text;
  if (lua_type(L, -1) != LUA_TSTRING && !pl_secret_is(L, -1))
    luaL_error(L, "http: %s is text or a secret, not a %s", what, luaL_typename(L, -1));
  (void)pl_secret_text(L, -1, &text);
  return text;
}

/* A field of the table on top. */
static pl_str text_field(lua_State *L, const char *name)
{
  lua_getfield(L, -1, name);
  pl_str text = text_on_top(L, name);
  lua_pop(L, 1);
  return text;
}

static double number_field(lua_State *L, const char *name)
{
  lua_getfield(L, -1, name);
  double v = luaL_optnumber(L, -1, 0);
  lua_pop(L, 1);
  return v;
}

static uint64_t ns_field(lua_State *L, const char *name)
{
  double s = number_field(L, name);
  return s <= 0 ? 0 : s >= 9e9 ? UINT64_MAX / 4 : (uint64_t)(s * 1e9 + 0.5);
}

static void read_headers(lua_State *L, call *c)
{
  lua_getfield(L, -1, "headers");
  lua_Integer n = lua_istable(L, -1) ? luaL_len(L, -1) : 0;
  if (n > HEADERS_MAX)
    luaL_error(L, "http: %d headers, at most %d are taken", (int)n, HEADERS_MAX);
  for (lua_Integer i = 0; i < n; i++) {
    lua_rawgeti(L, -1, i + 1);
    c->headers[i] = text_on_top(L, "a header");
    lua_pop(L, 1);
  }
  c->request.headers = c->headers;
  c->request.n_headers = (size_t)n;
  lua_pop(L, 1);
}

static void read_tls(lua_State *L, pl_http_tls *tls)
{
  if (lua_getfield(L, -1, "tls") == LUA_TTABLE) {
    lua_getfield(L, -1, "insecure");
    tls->insecure = lua_toboolean(L, -1);
    lua_pop(L, 1);
    tls->ca = text_field(L, "ca");
    tls->cert = text_field(L, "cert");
    tls->key = text_field(L, "key");
    tls->min = pl_str_eqc(text_field(L, "min"), "1.3") ? 13 : 12;
  }
  lua_pop(L, 1);
}

/* The options are on top. */
static void read_request(lua_State *L, call *c)
{
  pl_http_request *r = &c->request;
  r->method = text_field(L, "method");
  r->url = text_field(L, "url");
  r->body = text_field(L, "body");
  lua_getfield(L, -1, "repeatable");
  r->repeatable = lua_toboolean(L, -1);
  lua_pop(L, 1);
  r->proxy = text_field(L, "proxy");
  r->proxy_user = text_field(L, "proxy_user");
  r->timeout_ns = ns_field(L, "timeout");
  r->limit_ns[PL_HTTP_CONNECT] = ns_field(L, "connect_timeout");
  r->limit_ns[PL_HTTP_TLS] = ns_field(L, "tls_timeout");
  r->limit_ns[PL_HTTP_WAIT] = ns_field(L, "first_byte_timeout");
  r->head_max = (size_t)number_field(L, "max_headers");
  r->body_max = (size_t)number_field(L, "max_body");
  read_headers(L, c);
  read_tls(L, &r->tls);
}

/* ---- A call ------------------------------------------------------------------------------------------- */

static int call_gc(lua_State *L)
{
  call *c = lua_touserdata(L, 1);
  pl_http_free(c->call);
  c->call = NULL;
  return 0;
}

static void on_done(void *user)
{
  call *c = user;
  pl_task *task = c->task;
  c->task = NULL;
  if (task)
    pl_task_ready(task, 0);
}

/* The task was cancelled. */
static void give_up(void *op)
{
  call *c = op;
  c->task = NULL;
  pl_http_free(c->call);
  c->call = NULL;
}

static int push_failure(lua_State *L, const pl_error *err, enum pl_http_phase phase)
{
  (void)pl_push_failure(L, err);
  pl_set_text(L, "phase", pl_http_phase_name(phase));
  return 2;
}

static int push_answer(lua_State *L, const pl_http_answer *a)
{
  lua_createtable(L, 0, 8);
  pl_set_integer(L, "status", a->status);
  pl_set_number(L, "version", a->version / 10.0);
  pl_set_str(L, "head", a->head);
  pl_set_str(L, "text", a->body);
  pl_set_text(L, "address", a->address[0] ? a->address : NULL);
  pl_set_number(L, "total", (double)a->total_ns / 1e9);
  lua_createtable(L, 0, PL_HTTP_PHASES);
  for (int i = 0; i < PL_HTTP_PHASES; i++)
    pl_set_number(L, pl_http_phase_name((enum pl_http_phase)i), (double)a->phase_ns[i] / 1e9);
  lua_setfield(L, -2, "phases");
  return 1;
}

static int sent_k(lua_State *L, int status, lua_KContext context)
{
  call *c = (call *)context;
  const pl_http_answer *answer;
  enum pl_http_phase phase;
  pl_error err = {0};
  (void)status;
  (void)pl_task_woken(L);
  int n = pl_http_end(c->call, &answer, &phase, &err) ? push_failure(L, &err, phase) : push_answer(L, answer);
  pl_http_free(c->call);
  c->call = NULL;
  return n;
}

static int client_send(lua_State *L)
{
  pl_error err = {0};
  client *self = luaL_checkudata(L, 1, client_name);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  pl_task *task = pl_task_check(L, "http");
  call *c = lua_newuserdatauv(L, sizeof *c, 1);
  memset(c, 0, sizeof *c);
  luaL_setmetatable(L, call_name);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, 3, 1);
  lua_pushvalue(L, 2);
  read_request(L, c);
  lua_settop(L, 3);
  if (pl_http_send(self->http, &c->request, on_done, c, &c->call, &err))
    return push_failure(L, &err, PL_HTTP_CONNECT);
  c->task = task;
  pl_task_waits(task, give_up, c);
  return pl_fiber_wait(L, sent_k, (lua_KContext)c);
}

/* ---- Clients ------------------------------------------------------------------------------------------ */

static bool granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  return pl_grants_allow(&((const client *)user)->grants, host, port, address);
}

static int client_gc(lua_State *L)
{
  client *c = lua_touserdata(L, 1);
  if (c->http)
    pl_http_close(c->http);
  pl_grants_free(&c->grants);
  c->http = NULL;
  return 0;
}

static int http_open(lua_State *L)
{
  pl_host *host = pl_state_host(L);
  pl_error err = {0};
  client *c = lua_newuserdatauv(L, sizeof *c, 0);
  memset(c, 0, sizeof *c);
  luaL_setmetatable(L, client_name);
  pl_grants_read(L, 1, host->alloc, &c->grants);
  pl_http_options o = {.alloc = host->alloc, .loop = host->loop, .module_dir = host->options->module_dir, .granted = granted, .user = c};
  return pl_http_new(&o, &c->http, &err) ? pl_push_failure(L, &err) : 1;
}

/* ---- Texts -------------------------------------------------------------------------------------------- */

static int push_text(lua_State *L, const pl_buf *b)
{
  if (b->bad)
    return luaL_error(L, "http: the text is too long, or out of memory");
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  return 1;
}

static int http_parse(lua_State *L)
{
  pl_url u;
  pl_error err = {0};
  if (pl_url_parse(pl_check_text(L, 1), &u, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 5);
  pl_set_str(L, "scheme", u.scheme);
  pl_set_str(L, "host", u.host);
  pl_set_integer(L, "port", u.port);
  pl_set_str(L, "target", u.target);
  if (u.user.len)
    pl_set_str(L, "user", u.user);
  return 1;
}

static int http_join(lua_State *L)
{
  pl_url base;
  pl_error err = {0};
  pl_buf *out = pl_push_buf(L, URL_MAX);
  if (pl_url_parse(pl_check_text(L, 1), &base, &err) || pl_url_join(&base, pl_check_text(L, 2), out, &err))
    return pl_push_failure(L, &err);
  return push_text(L, out);
}

static int http_encode(lua_State *L)
{
  pl_buf *out = pl_push_buf(L, TEXT_MAX);
  (void)pl_url_encode(out, pl_check_text(L, 1), false);
  return push_text(L, out);
}

static int http_base64(lua_State *L)
{
  pl_buf *out = pl_push_buf(L, TEXT_MAX);
  (void)pl_base64(out, pl_check_text(L, 1));
  return push_text(L, out);
}

static int http_json(lua_State *L)
{
  pl_error err = {0};
  luaL_checkany(L, 1);
  pl_buf *out = pl_push_buf(L, TEXT_MAX);
  if (pl_json_encode(L, 1, true, out, &err))
    return pl_push_failure(L, &err);
  pl_secret_push(L, (pl_str){out->data, out->len});
  return 1;
}

static int http_date(lua_State *L)
{
  int64_t seconds;
  if (!pl_cookie_date(pl_check_text(L, 1), &seconds))
    return 0;
  lua_pushinteger(L, seconds);
  return 1;
}

static int http_fraction(lua_State *L)
{
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) < 0)
    bits = pl_now(((pl_host *)pl_state_host(L))->clock) * UINT64_C(0x9E3779B97F4A7C15);
  lua_pushnumber(L, (double)(bits >> 11) * 0x1p-53);
  return 1;
}

static void make_metatable(lua_State *L, const char *name, lua_CFunction gc, const luaL_Reg *methods)
{
  if (luaL_newmetatable(L, name)) {
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

int pl_open_http(lua_State *L)
{
  static const luaL_Reg none[] = {{NULL, NULL}}, methods[] = {{"send", client_send}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", http_open},     {"parse", http_parse}, {"join", http_join}, {"encode", http_encode},
                                       {"base64", http_base64}, {"json", http_json},   {"date", http_date}, {"fraction", http_fraction},
                                       {NULL, NULL}};
  make_metatable(L, client_name, client_gc, methods);
  make_metatable(L, call_name, call_gc, none);
  luaL_newlib(L, functions);
  return 1;
}

/* user:get, post, put, patch, delete, head, options, request: from a URL and an option table to the user's exchange. A plain
 * request (no options, or only a name) has its head built once and found again by the URL's text. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "bind/option.h"

enum { URL_MAX = 64 << 10, HEAD_MAX = 256 << 10, BODY_MAX = 64 << 20, PREPARED_MAX = 10000 };

static const char prepared_name[] = "perilune.prepared";

/* A request without options, kept by scenario and URL text in a table of the closure. */
typedef struct prepared {
  pl_endpoint *endpoint;
  uint32_t slot;
  bool head_only;
  pl_url url;
  pl_request_parts parts;
  pl_buf head;
  char *text;
  size_t text_len;
  const pl_allocator *alloc;
} prepared;

static int prepared_gc(lua_State *L)
{
  prepared *p = lua_touserdata(L, 1);
  pl_buf_fini(&p->head);
  pl_free(p->alloc, p->text, p->text_len + 1);
  p->text = NULL;
  return 0;
}

/* ---- Pieces of a request ------------------------------------------------------------------------ */

/* The whole URL of a word's first argument: itself, or below the scenario's base. Into su->url. Whether it is below the base. */
static bool full_url(lua_State *L, pl_script_user *su, pl_str text)
{
  const pl_url *base = &su->user->scenario->base;
  pl_error err = {0};
  pl_buf_clear(&su->url);
  bool relative = !pl_str_starts(text, PL_STR("http://")) && !pl_str_starts(text, PL_STR("https://")) &&
                  !pl_str_starts(text, PL_STR("unix:"));
  if (relative && !base->host.data)
    luaL_error(L, "\"%s\" is relative and the scenario has no base", text.data);
  int code = relative ? pl_url_join(base, text, &su->url, &err) : pl_buf_add(&su->url, text.data, text.len);
  if (code) {
    (void)pl_fail(&err, code, "out of memory for a URL");
    pl_raise(L, "url", &err);
  }
  return relative;
}

/* Takes the URL apart; what is below the base has its user, too. */
static void parse_url(lua_State *L, const pl_script_user *su, pl_str text, bool relative, pl_url *out)
{
  pl_error err = {0};
  if (pl_url_parse(text, out, &err))
    pl_raise(L, "url", &err);
  if (relative && !out->user.len)
    out->user = su->user->scenario->base.user;
}

/* The slot of a name with the user's tags, and those that the request adds. */
static uint32_t tagged_slot(pl_script_user *su, pl_str name, pl_str method, const char *tags, uint32_t n)
{
  char full[256 + PL_TAGS_SIZE];
  size_t len = name.len < 256 ? name.len : 256;
  memcpy(full, name.data, len);
  memcpy(full + len, tags, n);
  return pl_worker_slot(su->user->worker, su->user->scenario, (pl_str){full, len + n}, method);
}

/* "GET /path", without the query: the default name. */
static pl_str default_name(pl_str method, const pl_url *url, char *out, size_t size)
{
  pl_str target = url->target, path = pl_str_cut(&target, '?');
  int n = snprintf(out, size, "%.*s %.*s", (int)method.len, method.data, (int)(path.len < 200 ? path.len : 200), path.data);
  return (pl_str){out, (size_t)n};
}

/* ---- Sending -------------------------------------------------------------------------------------- */

static int answer_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  const pl_script_user *su = (const pl_script_user *)context;
  pl_push_answer(L, su->user);
  return 1;
}

static pl_cookie_jar *need_jar(pl_script_user *su)
{
  if (!su->user->jar)
    su->user->jar = pl_cookie_jar_new(su->cell->world->source->alloc, pl_worker_clock(su->user->worker));
  return su->user->jar;
}

static int send_request(lua_State *L, pl_script_user *su, uint32_t slot)
{
  pl_exchange *x = &su->user->exchange;
  x->jar = need_jar(su);
  x->want_body = true;
  pl_user_send(su->user, slot);
  return pl_fiber_wait(L, answer_k, (lua_KContext)su);
}

static void set_defaults(pl_script_user *su)
{
  const pl_scenario *s = su->user->scenario;
  pl_exchange *x = &su->user->exchange;
  x->timeout_ns = s->timeout_ns;
  x->connect_timeout_ns = s->connect_timeout_ns;
  x->first_byte_timeout_ns = s->first_byte_timeout_ns;
  x->follow = s->follow;
  su->user->n_expected = 0;
  x->digest = NULL;
  x->file = NULL;
  x->chunked = x->expect_continue = false;
  su->auth = s->auth.kind ? &s->auth : NULL;
}

/* Pushes the scenario's table of prepared requests, kept in upvalue 2; [1] of it counts them. */
static void push_requests_of(lua_State *L, const pl_scenario *s)
{
  if (lua_rawgetp(L, lua_upvalueindex(2), s) == LUA_TTABLE)
    return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, lua_upvalueindex(2), s);
}

/* Keeps the value on top under the URL at index 2 in the table at `requests`. Not without limit: a script that makes its URLs
 * would fill the memory. */
static void keep_prepared(lua_State *L, int requests)
{
  lua_rawgeti(L, requests, 1);
  lua_Integer n = lua_tointeger(L, -1);
  lua_pop(L, 1);
  if (n >= PREPARED_MAX)
    return;
  lua_pushinteger(L, n + 1);
  lua_rawseti(L, requests, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, requests);
}

/* Pushes the prepared request of the URL at index 2, made when new. */
static prepared *find_prepared(lua_State *L, pl_script_user *su, pl_str method)
{
  push_requests_of(L, su->user->scenario);
  int requests = lua_gettop(L);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, requests) == LUA_TUSERDATA)
    return lua_touserdata(L, -1);
  lua_pop(L, 1);
  pl_error err = {0};
  pl_str text;
  char name[256];
  text.data = lua_tolstring(L, 2, &text.len);
  bool relative = full_url(L, su, text);
  prepared *p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = (prepared){.alloc = su->cell->world->source->alloc};
  pl_buf_init(&p->head, p->alloc, HEAD_MAX);
  luaL_setmetatable(L, prepared_name);
  p->text = pl_strndup(p->alloc, su->url.data, su->url.len);
  p->text_len = su->url.len;
  if (!p->text)
    luaL_error(L, "out of memory for a request");
  parse_url(L, su, (pl_str){p->text, p->text_len}, relative, &p->url);
  const pl_scenario *scenario = su->user->scenario;
  p->parts = (pl_request_parts){.method = method, .url = &p->url, .headers = scenario->headers, .n_headers = scenario->n_headers};
  if (pl_request_head(&p->head, &p->parts, NULL, &err))
    pl_raise(L, "request", &err);
  p->endpoint = pl_client_endpoint(pl_worker_client(su->user->worker), &p->url, su->user->scenario->tls);
  if (!p->endpoint)
    luaL_error(L, "out of memory for a request");
  p->head_only = pl_str_eqc(method, "HEAD");
  p->slot = pl_worker_slot(su->user->worker, scenario, default_name(method, &p->url, name, sizeof name), method);
  keep_prepared(L, requests);
  return p;
}

static int send_plain(lua_State *L, pl_script_user *su, pl_str method)
{
  const prepared *p = find_prepared(L, su, method); /* stays on the stack while the request is in flight */
  pl_exchange *x = &su->user->exchange;
  set_defaults(su);
  x->endpoint = p->endpoint;
  x->parts = &p->parts;
  x->head = (pl_str){p->head.data, p->head.len};
  x->body = (pl_str){"", 0};
  x->head_only = p->head_only;
  if (!pl_cookie_jar_empty(su->user->jar)) {
    pl_error err = {0};
    pl_buf_clear(&su->head);
    if (pl_request_head(&su->head, &p->parts, su->user->jar, &err))
      return pl_raise(L, "request", &err);
    x->head = (pl_str){su->head.data, su->head.len};
  }
  if (su->n_tags == 0)
    return send_request(L, su, p->slot);
  char name[256];
  return send_request(L, su, tagged_slot(su, default_name(method, &p->url, name, sizeof name), method, su->tags, su->n_tags));
}

static uint32_t slot_of(lua_State *L, pl_script_user *su, pl_str method)
{
  char buffer[256];
  pl_str name;
  lua_getfield(L, 3, "name");
  if (lua_isnil(L, -1))
    name = default_name(method, &su->parsed, buffer, sizeof buffer);
  else
    name.data = luaL_checklstring(L, -1, &name.len);
  char tags[PL_TAGS_SIZE];
  uint32_t n = su->n_tags;
  memcpy(tags, su->tags, n);
  if (lua_getfield(L, 3, "tags") == LUA_TTABLE) {
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      pl_tag_add(L, tags, &n, lua_gettop(L) - 1, lua_gettop(L));
      lua_pop(L, 1);
    }
  }
  return tagged_slot(su, name, method, tags, n);
}

static int send_with_options(lua_State *L, pl_script_user *su, pl_str method)
{
  pl_exchange *x = &su->user->exchange;
  pl_error err = {0};
  pl_str text;
  text.data = lua_tolstring(L, 2, &text.len);
  set_defaults(su);
  pl_default_headers(L, su);
  pl_buf_clear(&su->body);
  bool relative = full_url(L, su, text);
  pl_read_options(L, su);
  if (su->body.bad || su->url.bad)
    return luaL_error(L, "the request is too large, or out of memory");
  parse_url(L, su, (pl_str){su->url.data, su->url.len}, relative, &su->parsed);
  su->parts = (pl_request_parts){.method = method, .url = &su->parsed, .headers = su->headers, .n_headers = su->n_headers,
                                 .body = {su->body.data, su->body.len}, .file = x->file, .chunked = x->chunked,
                                 .expect_continue = x->expect_continue};
  pl_authorize(L, su);
  pl_buf_clear(&su->head);
  if (pl_request_head(&su->head, &su->parts, su->user->jar, &err))
    return pl_raise(L, "request", &err);
  x->endpoint = pl_client_endpoint(pl_worker_client(su->user->worker), &su->parsed, su->user->scenario->tls);
  if (!x->endpoint)
    return luaL_error(L, "out of memory for a request");
  x->parts = &su->parts;
  x->head = (pl_str){su->head.data, su->head.len};
  x->body = su->parts.body;
  x->head_only = pl_str_eqc(method, "HEAD");
  return send_request(L, su, slot_of(L, su, method));
}

/* Upvalue 1: the method. (user, url [, options]) */
static int user_method(lua_State *L)
{
  pl_str method;
  method.data = lua_tolstring(L, lua_upvalueindex(1), &method.len);
  pl_script_user *su = pl_script_user_check(L, method.data);
  luaL_checkstring(L, 2);
  lua_settop(L, 3);
  (void)pl_fiber_check(L, "a request");
  if (lua_isnil(L, 3) && !su->user->scenario->auth.kind)
    return send_plain(L, su, method);
  if (lua_isnil(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  return send_with_options(L, su, method);
}

/* user:request(url, { method = "PURGE", ... }) */
static int user_request(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "request");
  luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  (void)pl_fiber_check(L, "a request");
  pl_str method;
  lua_getfield(L, 3, "method");
  method.data = luaL_optlstring(L, -1, "GET", &method.len);
  luaL_argcheck(L, method.len < sizeof su->method, 3, "the method is too long");
  memcpy(su->method, method.data, method.len);
  return send_with_options(L, su, (pl_str){su->method, method.len});
}

void pl_push_requests(lua_State *L)
{
  static const char *const methods[][2] = {{"get", "GET"},       {"post", "POST"}, {"put", "PUT"},        {"patch", "PATCH"},
                                           {"delete", "DELETE"}, {"head", "HEAD"}, {"options", "OPTIONS"}};
  luaL_newmetatable(L, prepared_name);
  lua_pushcfunction(L, prepared_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    lua_pushstring(L, methods[i][1]);
    lua_newtable(L);
    lua_pushcclosure(L, user_method, 2);
    lua_setfield(L, -2, methods[i][0]);
  }
  lua_pushcfunction(L, user_request);
  lua_setfield(L, -2, "request");
}

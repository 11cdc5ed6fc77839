/* user:get, post, put, patch, delete, head, options, request: from a URL and an option table to the user's exchange. A request whose
 * options change nothing of its bytes has them made once a cell, and found again by the URL's text. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "bind/option.h"
#include "load/cookie.h"

enum { NAME_SIZE = 256 };

typedef struct known_method {
  const char *word;
  pl_str name;
} known_method;

static const known_method methods[] = {{"get", {"GET", 3}},       {"post", {"POST", 4}}, {"put", {"PUT", 3}},        {"patch", {"PATCH", 5}},
                                       {"delete", {"DELETE", 6}}, {"head", {"HEAD", 4}}, {"options", {"OPTIONS", 7}}};

enum { METHODS = sizeof methods / sizeof *methods, METHOD_HEAD = 5 };

/* The bytes of a request with everything that they stand for. The cell's, as long as it lives. */
typedef struct pl_prepared {
  pl_endpoint *endpoint;
  uint32_t slot;           /* of its default name without tags */
  pl_url url;
  pl_request_parts parts;
  pl_str head;
  size_t size;             /* of this struct with its bytes */
  char bytes[];            /* the URL's text, the head */
} pl_prepared;

void pl_free_prepared(pl_cell *cell)
{
  const pl_allocator *a = cell->world->source->alloc;
  uint32_t n = cell->urls ? pl_intern_count(cell->urls) : 0;
  for (uint32_t i = 0; i < n && i < cell->cap_prepared; i++) {
    if (cell->prepared[i])
      pl_free(a, cell->prepared[i], cell->prepared[i]->size);
  }
  pl_free(a, cell->prepared, cell->cap_prepared * sizeof *cell->prepared);
  pl_intern_free(cell->urls);
}

/* ---- Pieces of a request ------------------------------------------------------------------------ */

/* The whole URL of a word's first argument: itself, or below the scenario's base. Into su->draft->url. Whether it is below the base. */
static bool full_url(lua_State *L, pl_script_user *su, pl_str text)
{
  const pl_url *base = &su->user->scenario->base;
  pl_error err = {0};
  pl_buf_clear(&su->draft->url);
  bool relative = !pl_str_starts(text, PL_STR("http://")) && !pl_str_starts(text, PL_STR("https://")) &&
                  !pl_str_starts(text, PL_STR("unix:"));
  if (relative && !base->host.data)
    luaL_error(L, "\"%s\" is relative and the scenario has no base", text.data);
  int code = relative ? pl_url_join(base, text, &su->draft->url, &err) : pl_buf_add(&su->draft->url, text.data, text.len);
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

bool pl_script_url(lua_State *L, pl_script_user *su, pl_str text, pl_url *out)
{
  bool relative = full_url(L, su, text);
  parse_url(L, su, (pl_str){su->draft->url.data, su->draft->url.len}, relative, out);
  return relative;
}

/* The slot of a name with tags behind it. */
static uint32_t tagged_slot(const pl_script_user *su, pl_str name, pl_str method, pl_str tags)
{
  char full[NAME_SIZE + PL_TAGS_SIZE];
  size_t len = name.len < NAME_SIZE ? name.len : NAME_SIZE;
  memcpy(full, name.data, len);
  memcpy(full + len, tags.data, tags.len);
  return pl_worker_slot(su->user->worker, su->user->scenario, (pl_str){full, len + tags.len}, method);
}

/* "GET /path", without the query: the default name. */
static pl_str default_name(pl_str method, const pl_url *url, char *out, size_t size)
{
  pl_str target = url->target, path = pl_str_cut(&target, '?');
  int n = snprintf(out, size, "%.*s %.*s", (int)method.len, method.data, (int)(path.len < 200 ? path.len : 200), path.data);
  return (pl_str){out, (size_t)n};
}

/* The iteration's tags and those of the option table. */
static void add_tags(lua_State *L, pl_cell *cell, pl_tagset *set)
{
  if (lua_getfield(L, 3, "tags") == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
      pl_tagset_add(L, cell, set, lua_gettop(L) - 1, lua_gettop(L));
  }
  lua_pop(L, 1);
}

/* The slot of a request by what is said of it, found by the addresses of the texts. m: METHODS for another method than ours. p:
 * NULL when it is not prepared. */
static uint32_t slot_of(lua_State *L, pl_script_user *su, unsigned m, const pl_request_parts *parts, const pl_prepared *p,
                        const pl_plain_options *o)
{
  pl_cell *cell = su->cell;
  const pl_tagset *set = &su->tags;
  pl_tagset own;
  char buffer[NAME_SIZE];
  if (o->tags) {
    own = su->tags;
    add_tags(L, cell, &own);
    set = &own;
  }
  if (p && !o->name.data && set->id == PL_TAGS_NONE)
    return p->slot;
  const void *address = o->name.data ? (const void *)o->name.data : p;
  bool keyed = address && m < METHODS && set->id <= PL_CACHE_TAGS;
  uint64_t key = pl_cache_key(PL_CACHE_SLOT, su->scenario, m, set->id);
  const uint64_t *known = keyed ? pl_cache_find(&cell->cache, address, key) : NULL;
  if (known)
    return (uint32_t)*known;
  pl_str name = o->name.data ? o->name : default_name(parts->method, parts->url, buffer, sizeof buffer);
  uint32_t slot = tagged_slot(su, name, parts->method, pl_tagset_text(cell, set));
  if (keyed && !o->name.data)
    pl_cache_set(&cell->cache, address, key, slot);
  if (keyed && o->name.data) {
    lua_getfield(L, 3, "name");
    pl_cache_put(L, &cell->cache, -1, key, slot);
    lua_pop(L, 1);
  }
  return slot;
}

/* ---- Sending -------------------------------------------------------------------------------------- */

static int answer_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  const pl_script_user *su = (const pl_script_user *)context;
  pl_push_answer(L, su->cell, &su->user->exchange, pl_user_answered(su->user));
  return 1;
}

pl_cookie_jar *pl_script_jar(const pl_script_user *su)
{
  pl_user *u = su->user;
  if (!u->jar)
    u->jar = pl_cookie_jar_new(su->cell->world->source->alloc, pl_worker_clock(u->worker));
  return u->jar;
}

static int send_and_wait(lua_State *L, pl_script_user *su, uint32_t slot)
{
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
  x->digest = NULL;
  x->file = NULL;
  x->chunked = x->expect_continue = false;
  x->jar = pl_script_jar(su);
  x->want_body = true;
  su->user->n_expected = 0;
  su->draft->auth = s->auth.kind ? &s->auth : NULL;
}

/* ---- Prepared requests ---------------------------------------------------------------------------- */

/* The number of the URL at index 2 for its scenario and method, or -1: there are too many. Its key stays in su->draft->url. */
static int64_t url_number(pl_script_user *su, unsigned m, pl_str text)
{
  pl_buf *key = &su->draft->url;
  pl_buf_clear(key);
  (void)pl_buf_add(key, &su->scenario, sizeof su->scenario);
  (void)pl_buf_addc(key, (char)m);
  if (pl_buf_add(key, text.data, text.len))
    return -1;
  int64_t id = pl_intern_find(su->cell->urls, (pl_str){key->data, key->len});
  return id >= 0 ? id : pl_intern_id(su->cell->urls, (pl_str){key->data, key->len});
}

/* Makes the request of a URL; raises for a wrong one. NULL without memory. */
static pl_prepared *make_prepared(lua_State *L, pl_script_user *su, unsigned m, pl_str text)
{
  const pl_scenario *scenario = su->user->scenario;
  char name[NAME_SIZE];
  pl_error err = {0};
  pl_url url;
  bool relative = pl_script_url(L, su, text, &url);
  pl_request_parts parts = {.method = methods[m].name, .url = &url, .headers = scenario->headers, .n_headers = scenario->n_headers,
                            .route = scenario->route};
  pl_buf_clear(&su->draft->head);
  if (pl_request_head(&su->draft->head, &parts, NULL, &err))
    pl_raise(L, "request", &err);
  size_t size = sizeof(pl_prepared) + su->draft->url.len + su->draft->head.len;
  pl_endpoint *endpoint = pl_client_endpoint(pl_worker_client(su->user->worker), &url, scenario->route);
  pl_prepared *p = endpoint ? pl_alloc(su->cell->world->source->alloc, size) : NULL;
  if (!p)
    return NULL;
  *p = (pl_prepared){.endpoint = endpoint, .size = size, .parts = parts, .head = {p->bytes + su->draft->url.len, su->draft->head.len}};
  memcpy(p->bytes, su->draft->url.data, su->draft->url.len);
  memcpy(p->bytes + su->draft->url.len, su->draft->head.data, su->draft->head.len);
  parse_url(L, su, (pl_str){p->bytes, su->draft->url.len}, relative, &p->url); /* again, of the text that stays: it cannot fail */
  p->parts.url = &p->url;
  p->slot = pl_worker_slot(su->user->worker, scenario, default_name(methods[m].name, &p->url, name, sizeof name), methods[m].name);
  return p;
}

/* The prepared request of the URL at index 2, which is text; NULL when there are too many, or no memory. */
static const pl_prepared *find_prepared(lua_State *L, pl_script_user *su, unsigned m, pl_str text)
{
  pl_cell *cell = su->cell;
  uint64_t key = pl_cache_key(PL_CACHE_URL, su->scenario, m, 0);
  const uint64_t *known = pl_cache_find(&cell->cache, text.data, key);
  if (known)
    return (const pl_prepared *)(uintptr_t)*known;
  int64_t number = url_number(su, m, text);
  if (number < 0 || !pl_reach(cell->world->source->alloc, (void **)&cell->prepared, &cell->cap_prepared, (size_t)number, sizeof *cell->prepared))
    return NULL;
  if (!cell->prepared[number])
    cell->prepared[number] = make_prepared(L, su, m, text);
  if (cell->prepared[number])
    pl_cache_put(L, &cell->cache, 2, key, (uintptr_t)cell->prepared[number]);
  return cell->prepared[number];
}

/* The prepared bytes with the user's cookies before the blank line that ends them. */
static void add_cookies(lua_State *L, pl_script_user *su, const pl_prepared *p)
{
  pl_buf *head = &su->draft->head;
  pl_buf_clear(head);
  (void)pl_buf_add(head, p->head.data, p->head.len - 2);
  (void)pl_cookie_jar_header(su->user->jar, &p->url, head);
  if (pl_buf_add(head, "\r\n", 2))
    luaL_error(L, "a request head is too long, or out of memory");
  su->user->exchange.head = (pl_str){head->data, head->len};
}

static int send_prepared(lua_State *L, pl_script_user *su, unsigned m, const pl_prepared *p, const pl_plain_options *o)
{
  pl_exchange *x = &su->user->exchange;
  x->endpoint = p->endpoint;
  x->parts = &p->parts;
  x->head = p->head;
  x->body = (pl_str){"", 0};
  x->head_only = m == METHOD_HEAD;
  if (!pl_cookie_jar_empty(su->user->jar))
    add_cookies(L, su, p);
  return send_and_wait(L, su, slot_of(L, su, m, &p->parts, p, o));
}

/* ---- Requests of their own -------------------------------------------------------------------------- */

/* Its slot. m: METHODS for another method than ours. */
static uint32_t compose(lua_State *L, pl_script_user *su, unsigned m, pl_str method)
{
  const pl_route *route = su->user->scenario->route;
  pl_exchange *x = &su->user->exchange;
  pl_draft *d = su->draft;
  pl_error err = {0};
  pl_plain_options o = {0};
  pl_str text;
  text.data = lua_tolstring(L, 2, &text.len);
  set_defaults(su);
  pl_default_headers(L, su);
  pl_buf_clear(&d->body);
  bool relative = full_url(L, su, text);
  if (lua_istable(L, 3))
    pl_read_options(L, su, &o);
  if (d->body.bad || d->url.bad)
    luaL_error(L, "the request is too large, or out of memory");
  parse_url(L, su, (pl_str){d->url.data, d->url.len}, relative, &d->parsed);
  d->parts = (pl_request_parts){.method = method, .url = &d->parsed, .headers = d->headers, .n_headers = d->n_headers,
                                .body = {d->body.data, d->body.len}, .file = x->file, .chunked = x->chunked,
                                .expect_continue = x->expect_continue, .route = route};
  pl_authorize(L, su);
  pl_buf_clear(&d->head);
  if (pl_request_head(&d->head, &d->parts, x->jar, &err))
    pl_raise(L, "request", &err);
  x->endpoint = pl_client_endpoint(pl_worker_client(su->user->worker), &d->parsed, route);
  if (!x->endpoint)
    luaL_error(L, "out of memory for a request");
  x->parts = &d->parts;
  x->head = (pl_str){d->head.data, d->head.len};
  x->body = d->parts.body;
  x->head_only = pl_str_eqc(method, "HEAD");
  return slot_of(L, su, m, &d->parts, NULL, &o);
}

/* The method that the options at 3 name, if they do: kept in the draft. */
static pl_str named_method(lua_State *L, pl_draft *d)
{
  pl_str method = PL_STR("GET");
  if (lua_istable(L, 3) && lua_getfield(L, 3, "method") != LUA_TNIL)
    method.data = luaL_checklstring(L, -1, &method.len);
  luaL_argcheck(L, method.len < sizeof d->method, 3, "the method is too long");
  memcpy(d->method, method.data, method.len);
  lua_settop(L, 3);
  return (pl_str){d->method, method.len};
}

uint32_t pl_compose_request(lua_State *L, pl_script_user *su)
{
  return compose(L, su, METHODS, named_method(L, su->draft));
}

/* A word that is a method takes no other: user:get(url, { method = "POST" }) would send a GET without a word. */
static void refuse_method(lua_State *L, pl_script_user *su, unsigned m)
{
  if (lua_istable(L, 3) && lua_getfield(L, 3, "method") != LUA_TNIL) {
    su->user->script_fault = true;
    luaL_error(L, "user:%s has its method already; write user:request(url, { method = ... })", methods[m].word);
  }
  lua_settop(L, 3);
}

/* Upvalue 1: the number of the method. (user, url [, options]) */
static int user_method(lua_State *L)
{
  unsigned m = (unsigned)lua_tointeger(L, lua_upvalueindex(1));
  pl_script_user *su = pl_script_user_check(L, methods[m].word);
  pl_plain_options o = {0};
  pl_str url = pl_check_text(L, 2);
  lua_settop(L, 3);
  (void)pl_fiber_check(L, "a request");
  set_defaults(su);
  bool plain = !su->draft->auth && (lua_isnil(L, 3) || pl_read_plain_options(L, su, &o));
  const pl_prepared *p = plain ? find_prepared(L, su, m, url) : NULL;
  if (p)
    return send_prepared(L, su, m, p, &o);
  refuse_method(L, su, m);
  return send_and_wait(L, su, compose(L, su, m, methods[m].name));
}

/* user:request(url, { method = "PURGE", ... }) */
static int user_request(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "request");
  luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  (void)pl_fiber_check(L, "a request");
  return send_and_wait(L, su, pl_compose_request(L, su));
}

void pl_push_requests(lua_State *L)
{
  pl_open_options(L, pl_state_host(L));
  for (int i = 0; i < METHODS; i++) {
    lua_pushinteger(L, i);
    lua_pushcclosure(L, user_method, 1);
    lua_setfield(L, -2, methods[i].word);
  }
  lua_pushcfunction(L, user_request);
  lua_setfield(L, -2, "request");
}

/* user:batch(requests [, { parallel = 6 }]): requests in flight at the same time. A request is a URL (GET) or a table of a URL and
 * the options of requests, { "/cart", method = "POST", json = {...} }; the list may be named, { cart = "/cart" }. Gives a table of
 * answers with the same keys. */
#include <lauxlib.h>
#include <string.h>

#include "bind/cell.h"
#include "load/batch.h"

enum { PARALLEL = 6, KEPT_MAX = (16 << 20) + (64 << 10) };

static const char batch_name[] = "perilune.batch";

/* What a batch keeps, until the collector takes it. */
typedef struct batch_box {
  const pl_allocator *alloc;
  pl_batch batch;
  pl_part *parts;   /* n */
  pl_draft *drafts; /* n */
  size_t n;
} batch_box;

static void empty_box(batch_box *b)
{
  for (size_t i = 0; i < b->n; i++) {
    pl_part_fini(&b->parts[i]);
    pl_draft_fini(&b->drafts[i], b->alloc);
  }
  pl_free(b->alloc, b->parts, b->n * sizeof *b->parts);
  pl_free(b->alloc, b->drafts, b->n * sizeof *b->drafts);
  b->n = 0;
  b->parts = NULL;
  b->drafts = NULL;
}

static int box_gc(lua_State *L)
{
  empty_box(luaL_checkudata(L, 1, batch_name));
  return 0;
}

/* Pushes the box. */
static batch_box *push_box(lua_State *L, const pl_script_user *su, size_t n)
{
  batch_box *b = lua_newuserdatauv(L, sizeof *b, 0);
  const pl_allocator *a = su->cell->world->source->alloc;
  memset(b, 0, sizeof *b);
  b->alloc = a;
  luaL_setmetatable(L, batch_name);
  b->parts = pl_alloc_zero(a, n, sizeof *b->parts);
  b->drafts = pl_alloc_zero(a, n, sizeof *b->drafts);
  if (!b->parts || !b->drafts) {
    pl_free(a, b->parts, n * sizeof *b->parts);
    pl_free(a, b->drafts, n * sizeof *b->drafts);
    luaL_error(L, "batch: out of memory for %d requests", (int)n);
  }
  b->n = n;
  for (size_t i = 0; i < n; i++) {
    pl_part_init(&b->parts[i], a, KEPT_MAX);
    pl_draft_init(&b->drafts[i], a);
  }
  return b;
}

/* Pushes the list of the keys of the table at 2: numbers in order, then names in theirs, so that a seed gives one order. Returns how
 * many there are; beyond what a batch may have, only that there are more. */
static lua_Integer push_keys(lua_State *L)
{
  lua_Integer listed = luaL_len(L, 2), n = 0;
  lua_newtable(L);
  for (lua_Integer i = 1; i <= listed && n <= PL_BATCH_MAX; i++) {
    lua_pushinteger(L, i);
    lua_rawseti(L, -2, ++n);
  }
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || n > PL_BATCH_MAX)
      continue;
    const char *key = lua_tostring(L, -2);
    lua_Integer at = ++n;
    for (; at > listed + 1; at--) {
      lua_rawgeti(L, -3, at - 1);
      if (strcmp(lua_tostring(L, -1), key) <= 0) {
        lua_pop(L, 1);
        break;
      }
      lua_rawseti(L, -4, at);
    }
    lua_pushvalue(L, -2);
    lua_rawseti(L, -4, at);
  }
  return n;
}

/* ---- One request ------------------------------------------------------------------------------------ */

/* (user, URL, options or nil, part): makes it in the user's draft and exchange. */
static int make_part(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "batch");
  pl_part *p = lua_touserdata(L, 4);
  lua_settop(L, 3);
  luaL_checkstring(L, 2);
  p->slot = pl_compose_request(L, su);
  pl_exchange *x = &su->user->exchange;
  memcpy(&p->exchange, x, offsetof(pl_exchange, sending));
  p->exchange.trace = (pl_str){0};
  x->parts = NULL;
  p->expected = su->user->expected;
  p->n_expected = su->user->n_expected;
  su->user->n_expected = 0;
  return 0;
}

/* Pushes URL and options of the request on top: a text, or a table that holds the URL at 1. */
static void push_request(lua_State *L)
{
  int request = lua_gettop(L);
  if (!lua_istable(L, request)) {
    lua_pushvalue(L, request);
    lua_pushnil(L);
    return;
  }
  lua_rawgeti(L, request, 1);
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, request); lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1)
      continue;
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
  }
}

/* Makes part i of the request on top, which is popped. The user's own draft is its draft again whatever happens. */
static void add_part(lua_State *L, pl_script_user *su, batch_box *b, size_t i)
{
  int base = lua_gettop(L);
  lua_pushcfunction(L, make_part);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, base);
  push_request(L);
  lua_remove(L, -3);
  lua_pushlightuserdata(L, &b->parts[i]);
  su->draft = &b->drafts[i];
  int status = lua_pcall(L, 4, 0, 0);
  su->draft = &su->own;
  if (status != LUA_OK)
    lua_error(L);
  lua_settop(L, base - 1);
}

/* ---- The word --------------------------------------------------------------------------------------- */

/* user, requests, keys, box */
static int answers_k(lua_State *L, int status, lua_KContext context)
{
  const pl_script_user *su = (const pl_script_user *)context;
  (void)status;
  batch_box *b = luaL_checkudata(L, 4, batch_name);
  lua_createtable(L, (int)b->n, 0);
  for (size_t i = 0; i < b->n; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    pl_push_answer(L, su->cell, &b->parts[i].exchange, b->parts[i].answered);
    lua_rawset(L, 5);
  }
  empty_box(b);
  return 1;
}

static size_t parallel_of(lua_State *L)
{
  if (lua_isnil(L, 3))
    return PARALLEL;
  luaL_checktype(L, 3, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "parallel") != 0)
      luaL_error(L, "batch: its one option is parallel, the requests in flight at a time");
  }
  lua_getfield(L, 3, "parallel");
  lua_Integer n = luaL_optinteger(L, -1, PARALLEL);
  luaL_argcheck(L, n >= 1 && n <= PL_BATCH_MAX, 3, "parallel is a number from 1 to 1000");
  lua_pop(L, 1);
  return (size_t)n;
}

int pl_user_word_batch(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "batch");
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  (void)pl_fiber_check(L, "batch");
  size_t parallel = parallel_of(L);
  lua_settop(L, 2);
  lua_Integer n = push_keys(L);
  luaL_argcheck(L, n <= PL_BATCH_MAX, 2, "a batch has at most 1000 requests");
  if (n == 0) {
    lua_newtable(L);
    return 1;
  }
  batch_box *b = push_box(L, su, (size_t)n);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, 3, i);
    lua_gettable(L, 2);
    add_part(L, su, b, (size_t)i - 1);
  }
  b->batch = (pl_batch){.user = su->user, .parts = b->parts, .n = b->n, .parallel = parallel};
  pl_batch_start(&b->batch);
  return pl_fiber_wait(L, answers_k, (lua_KContext)su);
}

void pl_open_batch(lua_State *L)
{
  luaL_newmetatable(L, batch_name);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

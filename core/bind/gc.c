/* perilune.core.gc: begin(path, now_ms, dry) -> collector | nil, err · rebuild(path) -> true | nil, err. collector:step() -> whether there is
 * more | nil, err · :counts() -> { samples, samples_left, dists, dists_left, spans, logs, events, artifacts, damaged, named, bytes, bytes_left, gives_back } · :close(). */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "bind/timeline.h"
#include "script/state.h"

static const char collector_name[] = "perilune.collector";

typedef struct collector {
  pl_store *store;
  pl_gc *gc;
} collector;

static int collector_close(lua_State *L)
{
  collector *c = luaL_checkudata(L, 1, collector_name);
  pl_gc_free(c->gc);
  pl_store_close(c->store);
  *c = (collector){0};
  return 0;
}

static collector *check(lua_State *L)
{
  collector *c = luaL_checkudata(L, 1, collector_name);
  if (!c->gc)
    luaL_error(L, "closed collector");
  return c;
}

static int collector_step(lua_State *L)
{
  collector *c = check(L);
  const pl_host *host = pl_state_host(L);
  pl_error err = {0};
  int code = host->is_left && host->is_left(host) ? pl_fail(&err, PL_ECANCELED, "db gc was cancelled; what was done stays done") : pl_gc_step(c->gc, &err);
  if (!code) /* it was the last one; those before need not be durable: they were in order */
    code = pl_store_sync(c->store, &err);
  if (code < 0)
    return pl_push_failure(L, &err);
  lua_pushboolean(L, code);
  return 1;
}

static int collector_counts(lua_State *L)
{
  const pl_gc_counts *n = pl_gc_count(check(L)->gc);
  const struct {
    const char *name;
    int64_t n;
  } all[] = {{"samples", n->samples}, {"samples_left", n->samples_left}, {"dists", n->dists}, {"dists_left", n->dists_left},
             {"spans", n->records[PL_GC_SPANS]}, {"logs", n->records[PL_GC_LOGS]}, {"events", n->records[PL_GC_EVENTS]}, {"artifacts", n->records[PL_GC_ARTIFACTS]},
             {"damaged", n->damaged}, {"named", n->named},               {"bytes", n->bytes}, {"bytes_left", n->bytes_left}};
  lua_createtable(L, 0, sizeof all / sizeof *all + 1);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    lua_pushinteger(L, (lua_Integer)all[i].n);
    lua_setfield(L, -2, all[i].name);
  }
  lua_pushboolean(L, n->gives_back);
  lua_setfield(L, -2, "gives_back");
  return 1;
}

static void push_metatable(lua_State *L)
{
  static const luaL_Reg methods[] = {{"step", collector_step}, {"counts", collector_counts}, {"close", collector_close}, {NULL, NULL}};
  pl_push_class(L, collector_name, methods, collector_close);
}

static int gc_begin(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  lua_Number now_ms = luaL_checknumber(L, 2);
  bool dry = lua_toboolean(L, 3);
  luaL_argcheck(L, now_ms >= 0 && now_ms < 9e12, 2, "no moment");
  pl_error err = {0};
  collector *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = (collector){0};
  push_metatable(L);
  lua_setmetatable(L, -2);
  int code = pl_timeline_open_store(L, path, &c->store, &err);
  if (!code)
    code = pl_gc_new(c->store, (int64_t)now_ms * (int64_t)PL_MS_NS, dry, &c->gc, &err);
  return code ? pl_push_failure(L, &err) : 1;
}

static int rebuild(lua_State *L, const char *path, pl_error *err)
{
  pl_store *store = NULL;
  int code = pl_timeline_open_store(L, path, &store, err);
  if (!code)
    code = pl_store_rebuild(store, err);
  pl_store_close(store);
  return code;
}

static int gc_rebuild(lua_State *L)
{
  pl_error err = {0};
  if (rebuild(L, luaL_checkstring(L, 1), &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

int pl_open_gc(lua_State *L)
{
  static const luaL_Reg functions[] = {{"begin", gc_begin}, {"rebuild", gc_rebuild}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

/* h:quantile(p), :count(), :mean(), :min(), :max(), :stddev(), :at_most(seconds), :add(other), :record(seconds [, n]), :cells() -> {lo,
 * hi, count} arrays; hist.new(). Durations are seconds. */
#include "bind/hist.h"

#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "script/state.h"

static const char hist_name[] = "perilune.hist";

static void push_metatable(lua_State *L);

pl_hist *pl_push_hist(lua_State *L)
{
  pl_hist *h = lua_newuserdatauv(L, sizeof *h, 0);
  pl_hist_init(h, pl_state_alloc(L));
  push_metatable(L);
  lua_setmetatable(L, -2);
  return h;
}

pl_hist *pl_check_hist(lua_State *L, int index)
{
  return luaL_checkudata(L, index, hist_name);
}

static int hist_gc(lua_State *L)
{
  pl_hist_fini(lua_touserdata(L, 1));
  return 0;
}

static int push_seconds(lua_State *L, const pl_hist *h, double ns)
{
  if (!h->count)
    return 0;
  lua_pushnumber(L, ns / 1e9);
  return 1;
}

static int hist_quantile(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  double p = luaL_checknumber(L, 2);
  luaL_argcheck(L, p >= 0 && p <= 1, 2, "between 0 and 1");
  return push_seconds(L, h, (double)pl_hist_quantile(h, p));
}

static int hist_count(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)pl_check_hist(L, 1)->count);
  return 1;
}

static int hist_mean(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  return push_seconds(L, h, pl_hist_mean(h));
}

static int hist_min(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  return push_seconds(L, h, (double)h->min);
}

static int hist_max(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  return push_seconds(L, h, (double)h->max);
}

static int hist_stddev(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  return push_seconds(L, h, pl_hist_stddev(h));
}

static uint64_t nanoseconds(lua_State *L, int index)
{
  double s = luaL_checknumber(L, index);
  luaL_argcheck(L, s >= 0 && s < 1e9, index, "seconds");
  return (uint64_t)(s * 1e9 + 0.5);
}

static int hist_at_most(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  lua_pushinteger(L, (lua_Integer)pl_hist_count_at_most(h, nanoseconds(L, 2)));
  return 1;
}

static int hist_add(lua_State *L)
{
  if (pl_hist_add(pl_check_hist(L, 1), pl_check_hist(L, 2)))
    return luaL_error(L, "out of memory for a histogram");
  lua_settop(L, 1);
  return 1;
}

static int hist_record(lua_State *L)
{
  pl_hist *h = pl_check_hist(L, 1);
  lua_Integer n = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, n >= 0, 3, "a count");
  pl_hist_record_n(h, nanoseconds(L, 2), (uint64_t)n);
  return 0;
}

/* The counters that are not zero, upwards: three arrays. */
static int hist_cells(lua_State *L)
{
  const pl_hist *h = pl_check_hist(L, 1);
  uint32_t index = 0;
  uint64_t low, high, count;
  lua_settop(L, 1);
  lua_newtable(L);
  lua_newtable(L);
  lua_newtable(L);
  for (lua_Integer i = 1; pl_hist_next(h, &index, &low, &high, &count); i++) {
    lua_pushnumber(L, (double)low / 1e9);
    lua_rawseti(L, 2, i);
    lua_pushnumber(L, (double)high / 1e9);
    lua_rawseti(L, 3, i);
    lua_pushinteger(L, (lua_Integer)count);
    lua_rawseti(L, 4, i);
  }
  return 3;
}

/* Made at first use: other modules push histograms too. */
static void push_metatable(lua_State *L)
{
  static const luaL_Reg methods[] = {{"quantile", hist_quantile}, {"count", hist_count},     {"mean", hist_mean}, {"min", hist_min},
                                     {"max", hist_max},           {"stddev", hist_stddev},   {"add", hist_add},   {"record", hist_record},
                                     {"at_most", hist_at_most},   {"cells", hist_cells},     {NULL, NULL}};
  pl_push_class(L, hist_name, methods, hist_gc);
}

static int hist_new(lua_State *L)
{
  (void)pl_push_hist(L);
  return 1;
}

int pl_open_hist(lua_State *L)
{
  static const luaL_Reg functions[] = {{"new", hist_new}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

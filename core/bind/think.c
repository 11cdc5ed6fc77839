/* user:think(duration or law) and user:pace(duration): waits of a virtual user that belong to nobody's latency. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "bind/cell.h"

#define LONGEST_S 1e7

static int nothing_k(lua_State *L, int status, lua_KContext context)
{
  (void)L;
  (void)status;
  (void)context;
  return 0;
}

static double field(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  double v = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return v;
}

static double draw_empirical(lua_State *L, int index, pl_rng *rng)
{
  lua_getfield(L, index, "values");
  size_t n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  luaL_argcheck(L, n > 0, index, "a law with values");
  lua_rawgeti(L, -1, (lua_Integer)pl_rng_below(rng, n) + 1);
  double v = lua_tonumber(L, -1);
  lua_pop(L, 2);
  return v;
}

/* One draw of a law of perilune.law, in seconds. */
static double draw(lua_State *L, int index, pl_rng *rng)
{
  static const char *const laws[] = {"uniform", "exponential", "lognormal", "empirical", NULL};
  lua_getfield(L, index, "law");
  int law = luaL_checkoption(L, -1, "?", laws);
  lua_pop(L, 1);
  double a = field(L, index, "a"), b = field(L, index, "b");
  switch (law) {
  case 0:
    return a + (b - a) * pl_rng_unit(rng);
  case 1:
    return a > 0 ? pl_rng_exponential(rng, a) : 0;
  case 2:
    return exp(pl_rng_normal(rng, a, b));
  default:
    return draw_empirical(L, index, rng);
  }
}

static int wait_for(lua_State *L, pl_script_user *su, double seconds)
{
  pl_user_think(su->user, (uint64_t)((seconds < LONGEST_S ? seconds : LONGEST_S) * 1e9));
  return pl_fiber_wait(L, nothing_k, 0);
}

int pl_user_word_think(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "think");
  double seconds = lua_istable(L, 2) ? draw(L, 2, pl_user_rng(su->user)) : pl_script_duration(L, 2, "think");
  luaL_argcheck(L, seconds >= 0 && (seconds < LONGEST_S || lua_istable(L, 2)), 2, "a duration");
  (void)pl_fiber_check(L, "think");
  return wait_for(L, su, seconds);
}

/* Until this long after the pace before, or after the iteration's begin; at once when that is over. */
int pl_user_word_pace(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "pace");
  double seconds = pl_script_duration(L, 2, "pace");
  luaL_argcheck(L, seconds > 0 && seconds < LONGEST_S, 2, "a duration longer than 0");
  (void)pl_fiber_check(L, "pace");
  uint64_t now = pl_now(pl_worker_clock(su->user->worker)), from = su->paced_ns ? su->paced_ns : su->begun_ns;
  uint64_t due = from + (uint64_t)(seconds * 1e9);
  su->paced_ns = due > now ? due : now;
  return wait_for(L, su, due > now ? (double)(due - now) * 1e-9 : 0);
}

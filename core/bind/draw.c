/* Random numbers of a virtual user's functions: user:random, and math.random, which draws from the same stream. Which user a worker
 * runs, and beside whom, changes neither. */
#include <lauxlib.h>

#include "bind/cell.h"

int pl_user_word_random(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "random");
  lua_Integer n = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, n >= 0, 2, "a positive number");
  if (n == 0)
    lua_pushnumber(L, pl_rng_unit(pl_user_rng(su->user)));
  else
    lua_pushinteger(L, (lua_Integer)pl_rng_below(pl_user_rng(su->user), (uint64_t)n) + 1);
  return 1;
}

/* An integer from lo to hi; from 1 to 0 it is any. */
static lua_Integer between(pl_rng *rng, lua_Integer lo, lua_Integer hi)
{
  uint64_t span = (uint64_t)hi - (uint64_t)lo + 1;
  return (lua_Integer)(span ? (uint64_t)lo + pl_rng_below(rng, span) : pl_rng_u64(rng));
}

/* Lua's own, which is upvalue 1. */
static int own_random(lua_State *L)
{
  int n = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, 1);
  return 1;
}

int pl_math_random(lua_State *L)
{
  const pl_fiber *f = pl_fiber_of(L);
  if (!f || f->kind != pl_user_kind)
    return own_random(L);
  pl_rng *rng = pl_user_rng(((pl_script_user *)f->owner)->user);
  int n = lua_gettop(L);
  if (n == 0) {
    lua_pushnumber(L, pl_rng_unit(rng));
    return 1;
  }
  if (n > 2)
    return luaL_error(L, "wrong number of arguments");
  lua_Integer lo = n == 2 ? luaL_checkinteger(L, 1) : 1, hi = luaL_checkinteger(L, n);
  luaL_argcheck(L, lo <= hi || (n == 1 && hi == 0), n, "interval is empty");
  lua_pushinteger(L, between(rng, lo, hi));
  return 1;
}

/* perilune.core.clock: now() -> seconds (monotonic) · wall() -> nanoseconds since 1970 · iso(wall ns) -> "2026-11-22T18:00:00.000Z". */
#include <lauxlib.h>

#include "base/clock.h"
#include "bind/modules.h"
#include "script/state.h"

static const pl_clock *clock_of(lua_State *L)
{
  return pl_state_clock(pl_state_of(L));
}

static int clock_now(lua_State *L)
{
  lua_pushnumber(L, (double)pl_now(clock_of(L)) / 1e9);
  return 1;
}

static int clock_wall(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)pl_wall(clock_of(L)));
  return 1;
}

static int clock_iso(lua_State *L)
{
  char text[32];
  pl_wall_text((int64_t)luaL_checknumber(L, 1), text);
  lua_pushstring(L, text);
  return 1;
}

int pl_open_clock(lua_State *L)
{
  static const luaL_Reg functions[] = {{"now", clock_now}, {"wall", clock_wall}, {"iso", clock_iso}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

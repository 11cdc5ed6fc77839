/* perilune.core.sketch: new(accuracy) -> sketch with :add(number or array of numbers) -> itself, :merge(other) -> itself, :quantile(p) ->
 * number or nil where it is empty, :count(). Relative errors; see analysis/ddsketch.h. */
#include "analysis/ddsketch.h"

#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "script/state.h"

enum { VALUES_MAX = 1000000 /* of one call */ };

static const char sketch_name[] = "perilune.sketch";

static pl_ddsketch *check_sketch(lua_State *L, int index)
{
  return luaL_checkudata(L, index, sketch_name);
}

static int sketch_add(lua_State *L)
{
  pl_ddsketch *s = check_sketch(L, 1);
  size_t n = 1, added = 0;
  double one;
  const double *x = &one;
  if (lua_type(L, 2) == LUA_TNUMBER)
    one = lua_tonumber(L, 2);
  else
    x = pl_check_numbers(L, 2, 0, VALUES_MAX, &n);
  int code = pl_ddsketch_add(s, x, n, &added);
  if (code == PL_ENOMEM)
    return luaL_error(L, "sketch: out of memory");
  if (code)
    pl_raise_invalid(L, "sketch: value %d is not finite; the values before it were added", (int)added + 1);
  lua_settop(L, 1);
  return 1;
}

static int sketch_merge(lua_State *L)
{
  pl_ddsketch *s = check_sketch(L, 1);
  const pl_ddsketch *other = check_sketch(L, 2);
  if (other->accuracy != s->accuracy)
    pl_raise_invalid(L, "sketch: only sketches of one accuracy can be merged; these have %g and %g", s->accuracy, other->accuracy);
  if (s == other)
    pl_raise_invalid(L, "sketch: a sketch cannot be merged with itself");
  if (pl_ddsketch_merge(s, other))
    return luaL_error(L, "sketch: out of memory");
  lua_settop(L, 1);
  return 1;
}

static int sketch_quantile(lua_State *L)
{
  const pl_ddsketch *s = check_sketch(L, 1);
  double p = luaL_checknumber(L, 2);
  if (!(p >= 0 && p <= 1))
    pl_raise_invalid(L, "sketch: %g is no quantile; write a number from 0 to 1, such as 0.99", p);
  if (!s->count)
    return 0;
  lua_pushnumber(L, pl_ddsketch_quantile(s, p));
  return 1;
}

static int sketch_count(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)check_sketch(L, 1)->count);
  return 1;
}

static int sketch_gc(lua_State *L)
{
  pl_ddsketch_fini(lua_touserdata(L, 1));
  return 0;
}

static int sketch_new(lua_State *L)
{
  static const luaL_Reg methods[] = {{"add", sketch_add}, {"merge", sketch_merge}, {"quantile", sketch_quantile}, {"count", sketch_count}, {NULL, NULL}};
  double accuracy = luaL_checknumber(L, 1);
  pl_ddsketch *s = lua_newuserdatauv(L, sizeof *s, 0);
  if (pl_ddsketch_init(s, accuracy, pl_state_alloc(L)))
    pl_raise_invalid(L, "sketch: the accuracy is %g; it is a share from 0.001 to 0.5", accuracy);
  pl_push_class(L, sketch_name, methods, sketch_gc);
  lua_setmetatable(L, -2);
  return 1;
}

int pl_open_sketch(lua_State *L)
{
  static const luaL_Reg functions[] = {{"new", sketch_new}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

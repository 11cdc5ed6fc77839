/* perilune.core.units: parse(unit, text) -> number | nil, err · format(unit, number) -> text.
 * unit: "number", "duration" (seconds), "size" (bytes), "rate" (per second), "ratio". */
#include "base/units.h"

#include <lauxlib.h>
#include <math.h>

#include "bind/bind.h"
#include "bind/modules.h"

static const char *const names[] = {"number", "duration", "size", "rate", "ratio", NULL};

static int units_parse(lua_State *L)
{
  enum pl_unit unit = (enum pl_unit)luaL_checkoption(L, 1, NULL, names);
  pl_str text = pl_check_text(L, 2);
  double value;
  pl_error err = {0};
  if (pl_unit_parse(unit, text, &value, &err))
    return pl_push_failure(L, &err);
  lua_pushnumber(L, value);
  return 1;
}

static int units_format(lua_State *L)
{
  enum pl_unit unit = (enum pl_unit)luaL_checkoption(L, 1, NULL, names);
  double value = lua_isnil(L, 2) ? (double)NAN : luaL_checknumber(L, 2);
  char text[48];
  lua_pushlstring(L, text, pl_unit_text(unit, value, text));
  return 1;
}

int pl_open_units(lua_State *L)
{
  static const luaL_Reg functions[] = {{"parse", units_parse}, {"format", units_format}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

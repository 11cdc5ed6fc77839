/* See known.h. */
#include "bind/known.h"

#include <lauxlib.h>

static bool is_among(pl_str name, const char *const *list)
{
  while (list && *list && !pl_str_eqc(name, *list))
    list++;
  return list && *list;
}

/* Adds a list to what is known, with commas; keeps the name nearest to the one that was meant. */
static void add_known(luaL_Buffer *known, pl_str name, const char *const *list, const char **near, size_t *best)
{
  for (; list && *list; list++) {
    size_t distance = pl_edit_distance(name, pl_str_of(*list));
    if (distance < *best) {
      *best = distance;
      *near = *list;
    }
    if (luaL_bufflen(known))
      luaL_addstring(known, ", ");
    luaL_addstring(known, *list);
  }
}

void pl_check_known(lua_State *L, const char *what, pl_str name, const char *const *list, const char *const *more, const char *hint)
{
  const char *near = "";
  size_t best = SIZE_MAX;
  luaL_Buffer known;
  if (is_among(name, list) || is_among(name, more))
    return;
  lua_pushlstring(L, name.data, name.len);
  int at = lua_gettop(L);
  luaL_buffinit(L, &known);
  add_known(&known, name, list, &near, &best);
  add_known(&known, name, more, &near, &best);
  luaL_pushresult(&known);
  if (best <= 2)
    luaL_error(L, "%s \"%s\"; did you mean \"%s\"?", what, lua_tostring(L, at), near);
  luaL_error(L, "%s \"%s\"; known: %s%s%s", what, lua_tostring(L, at), lua_rawlen(L, -1) ? lua_tostring(L, -1) : "none", hint ? "; " : "",
             hint ? hint : "");
}

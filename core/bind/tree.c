/* A table with anything under 1 is a list of as many values as its border says; other tables are maps. */
#include "bind/tree.h"

#include <lauxlib.h>

#include "script/guard.h"

enum { DEPTH_MAX = 64 };

static void read_value(lua_State *L, int index, pl_arena *a, pl_tree *out, int depth);

static void no_memory(lua_State *L, bool fits)
{
  if (!fits)
    luaL_error(L, "the value is too large, or out of memory");
}

static pl_str text_at(lua_State *L, int index)
{
  pl_str text;
  text.data = lua_tolstring(L, index, &text.len);
  return text;
}

static void read_list(lua_State *L, int index, pl_arena *a, pl_tree *out, int depth)
{
  size_t n = lua_rawlen(L, index);
  no_memory(L, pl_tree_list(a, out, n));
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    read_value(L, lua_gettop(L), a, &out->as.items[i], depth + 1);
    lua_pop(L, 1);
  }
}

static size_t count_names(lua_State *L, int index)
{
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    n += lua_type(L, -2) == LUA_TSTRING;
  return n;
}

static void read_map(lua_State *L, int index, pl_arena *a, pl_tree *out, int depth)
{
  size_t n = count_names(L, index), i = 0;
  no_memory(L, pl_tree_map(a, out, n));
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || i == n)
      continue;
    no_memory(L, pl_tree_string(a, &out->as.items[2 * i], text_at(L, -2)));
    read_value(L, lua_gettop(L), a, &out->as.items[2 * i + 1], depth + 1);
    i++;
  }
}

static void read_value(lua_State *L, int index, pl_arena *a, pl_tree *out, int depth)
{
  luaL_checkstack(L, 8, "the value is nested too deep");
  *out = (pl_tree){0};
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    return;
  case LUA_TBOOLEAN:
    *out = pl_tree_boolean(lua_toboolean(L, index));
    return;
  case LUA_TNUMBER:
    *out = lua_isinteger(L, index) ? pl_tree_integer(lua_tointeger(L, index)) : pl_tree_number(lua_tonumber(L, index));
    return;
  case LUA_TSTRING:
    no_memory(L, pl_tree_string(a, out, text_at(L, index)));
    return;
  case LUA_TTABLE:
    if (depth == DEPTH_MAX)
      luaL_error(L, "the value is nested deeper than %d tables", DEPTH_MAX);
    if (lua_rawgeti(L, index, 1) != LUA_TNIL) {
      lua_pop(L, 1);
      read_list(L, index, a, out, depth);
    } else {
      lua_pop(L, 1);
      read_map(L, index, a, out, depth);
    }
    return;
  case LUA_TUSERDATA: {
    pl_str text;
    if (pl_secret_text(L, index, &text)) {
      no_memory(L, pl_tree_string(a, out, text));
      return;
    }
  } /* fall through */
  default:
    luaL_error(L, "a %s cannot be sent", luaL_typename(L, index));
  }
}

void pl_tree_read(lua_State *L, int index, pl_arena *a, pl_tree *out)
{
  read_value(L, lua_absindex(L, index), a, out, 0);
}

void pl_tree_read_parts(lua_State *L, int index, pl_arena *a, pl_tree *list, pl_tree *named)
{
  index = lua_absindex(L, index);
  read_list(L, index, a, list, 0);
  read_map(L, index, a, named, 0);
}

void pl_tree_push(lua_State *L, const pl_tree *tree)
{
  luaL_checkstack(L, 8, "the value is nested too deep");
  switch (tree->kind) {
  case PL_TREE_NIL:
    lua_pushnil(L);
    return;
  case PL_TREE_BOOLEAN:
    lua_pushboolean(L, tree->boolean);
    return;
  case PL_TREE_INTEGER:
    lua_pushinteger(L, (lua_Integer)tree->as.integer);
    return;
  case PL_TREE_NUMBER:
    lua_pushnumber(L, tree->as.number);
    return;
  case PL_TREE_STRING:
    lua_pushlstring(L, tree->as.string.data, tree->as.string.len);
    return;
  case PL_TREE_LIST:
    lua_createtable(L, (int)(tree->n < 1 << 20 ? tree->n : 1 << 20), 0);
    for (size_t i = 0; i < tree->n; i++) {
      pl_tree_push(L, &tree->as.items[i]);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return;
  case PL_TREE_MAP:
    lua_createtable(L, 0, (int)(tree->n < 1 << 20 ? tree->n : 1 << 20));
    for (size_t i = 0; i < tree->n; i++) {
      if (tree->as.items[2 * i].kind == PL_TREE_NIL)
        continue;
      pl_tree_push(L, &tree->as.items[2 * i]);
      pl_tree_push(L, &tree->as.items[2 * i + 1]);
      lua_rawset(L, -3);
    }
    return;
  }
}

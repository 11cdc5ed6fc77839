/* Tables to lists and maps: tree.h says which is which. */
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

/* Whether the key at -2 is one of a map: a text; with others a number or a boolean, too. */
static bool is_map_key(lua_State *L, bool others)
{
  int type = lua_type(L, -2);
  return type == LUA_TSTRING || (others && (type == LUA_TNUMBER || type == LUA_TBOOLEAN));
}

static size_t count_keys(lua_State *L, int index, bool others)
{
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    n += is_map_key(L, others);
  return n;
}

/* others: also what stands under numbers and booleans. */
static void read_map(lua_State *L, int index, pl_arena *a, pl_tree *out, int depth, bool others)
{
  size_t n = count_keys(L, index, others), i = 0;
  no_memory(L, pl_tree_map(a, out, n));
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (!is_map_key(L, others) || i == n)
      continue;
    read_value(L, lua_gettop(L) - 1, a, &out->as.items[2 * i], depth + 1);
    read_value(L, lua_gettop(L), a, &out->as.items[2 * i + 1], depth + 1);
    i++;
  }
}

/* Whether the table at index has something under 1, and nothing under a whole number that is not of its list. */
static bool is_list(lua_State *L, int index)
{
  lua_Integer n = (lua_Integer)lua_rawlen(L, index);
  bool list = lua_rawgeti(L, index, 1) != LUA_TNIL;
  lua_pop(L, 1);
  if (!list)
    return false;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) && (lua_tointeger(L, -2) < 1 || lua_tointeger(L, -2) > n)) {
      lua_pop(L, 2);
      return false;
    }
  }
  return true;
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
    if (is_list(L, index))
      read_list(L, index, a, out, depth);
    else
      read_map(L, index, a, out, depth, true);
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
  read_map(L, index, a, named, 0, false);
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

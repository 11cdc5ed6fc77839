/* Views are empty tables whose metatable reads the real one; objects and secrets are userdata, which rawset does not take. Every
 * metatable here is locked. */
#include "script/guard.h"

#include <lauxlib.h>
#include <string.h>

static const char view_mark = 0; /* key in a view's metatable */
static const char secret_name[] = "perilune.secret";

static void lock(lua_State *L)
{
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

/* ---- Views ----------------------------------------------------------------------------------------- */

/* Upvalue 1: what it is. */
static int refuse_change(lua_State *L)
{
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
  return luaL_error(L, "\"%s\" of %s cannot be changed: it is read-only here; use a local of your own", name, lua_tostring(L, lua_upvalueindex(1)));
}

static int view_next(lua_State *L)
{
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_next(L, lua_upvalueindex(1)))
    return 2;
  lua_pushnil(L);
  return 1;
}

/* Upvalue 1: the table behind. */
static int view_pairs(lua_State *L)
{
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, view_next, 1);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

static int view_len(lua_State *L)
{
  lua_pushinteger(L, luaL_len(L, lua_upvalueindex(1)));
  return 1;
}

void pl_guard_read_only(lua_State *L, const char *what)
{
  int at = lua_gettop(L);
  lua_newtable(L);
  lua_createtable(L, 0, 6);
  lua_pushvalue(L, at);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, what);
  lua_pushcclosure(L, refuse_change, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushvalue(L, at);
  lua_pushcclosure(L, view_pairs, 1);
  lua_setfield(L, -2, "__pairs");
  lua_pushvalue(L, at);
  lua_pushcclosure(L, view_len, 1);
  lua_setfield(L, -2, "__len");
  pl_guard_mark(L);
  lock(L);
  lua_setmetatable(L, -2);
  lua_replace(L, at);
}

void pl_guard_mark(lua_State *L)
{
  lua_pushboolean(L, 1);
  lua_rawsetp(L, -2, &view_mark);
}

bool pl_guard_is_view(lua_State *L, int index)
{
  if (!lua_getmetatable(L, index))
    return false;
  bool marked = lua_rawgetp(L, -1, &view_mark) != LUA_TNIL;
  lua_pop(L, 2);
  return marked;
}

static int guard_read_only(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *what = luaL_checkstring(L, 2);
  lua_pushvalue(L, 1);
  pl_guard_read_only(L, what);
  return 1;
}

/* ---- Objects --------------------------------------------------------------------------------------- */

static int object_tostring(lua_State *L)
{
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}

static int guard_object(lua_State *L)
{
  const char *what = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_newuserdatauv(L, 0, 0);
  lua_createtable(L, 0, 5);
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, "__index");
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, refuse_change, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushstring(L, what);
  lua_pushcclosure(L, object_tostring, 1);
  lua_setfield(L, -2, "__tostring");
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "__name");
  lock(L);
  lua_setmetatable(L, -2);
  return 1;
}

/* ---- Secrets --------------------------------------------------------------------------------------- */

static int secret_tostring(lua_State *L)
{
  lua_pushliteral(L, "***");
  return 1;
}

static int secret_concat(lua_State *L)
{
  pl_str a, b;
  for (int i = 1; i <= 2; i++)
    luaL_argcheck(L, pl_secret_text(L, i, &a), i, "only text can be joined to a secret");
  (void)pl_secret_text(L, 1, &a);
  (void)pl_secret_text(L, 2, &b);
  luaL_Buffer joined;
  luaL_buffinit(L, &joined);
  luaL_addlstring(&joined, a.data, a.len);
  luaL_addlstring(&joined, b.data, b.len);
  luaL_pushresult(&joined);
  pl_str text;
  text.data = lua_tolstring(L, -1, &text.len);
  pl_secret_push(L, text);
  return 1;
}

static int secret_index(lua_State *L)
{
  return luaL_error(L, "a secret cannot be looked into: pass it on as a header, a body or a field of a form");
}

static int secret_eq(lua_State *L)
{
  lua_pushboolean(L, lua_rawequal(L, 1, 2));
  return 1;
}

void pl_secret_push(lua_State *L, pl_str text)
{
  static const luaL_Reg methods[] = {{"__tostring", secret_tostring}, {"__concat", secret_concat}, {"__index", secret_index},
                                     {"__newindex", secret_index},    {"__eq", secret_eq},         {NULL, NULL}};
  char *bytes = lua_newuserdatauv(L, text.len + 1, 0);
  if (text.len)
    memcpy(bytes, text.data, text.len);
  bytes[text.len] = '\0';
  if (luaL_newmetatable(L, secret_name)) {
    luaL_setfuncs(L, methods, 0);
    lock(L);
  }
  lua_setmetatable(L, -2);
}

bool pl_secret_is(lua_State *L, int index)
{
  return luaL_testudata(L, index, secret_name) != NULL;
}

bool pl_secret_text(lua_State *L, int index, pl_str *text)
{
  if (lua_isstring(L, index)) {
    text->data = lua_tolstring(L, index, &text->len);
    return true;
  }
  text->data = luaL_testudata(L, index, secret_name);
  if (!text->data)
    return false;
  text->len = lua_rawlen(L, index) - 1;
  return true;
}

static int guard_secret(lua_State *L)
{
  pl_str text;
  text.data = luaL_checklstring(L, 1, &text.len);
  pl_secret_push(L, text);
  return 1;
}

static int guard_reveal(lua_State *L)
{
  pl_str text;
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (pl_secret_is(L, 1) && pl_secret_text(L, 1, &text))
    lua_pushlstring(L, text.data, text.len);
  return 1;
}

static int guard_is_secret(lua_State *L)
{
  lua_pushboolean(L, pl_secret_is(L, 1));
  return 1;
}

/* ---- Upvalues --------------------------------------------------------------------------------------- */

static int guard_upvalues(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_newtable(L);
  const char *name;
  lua_Debug ar;
  lua_pushvalue(L, 1);
  lua_getinfo(L, ">S", &ar);
  for (int i = 1; ar.source[0] == '@' && (name = lua_getupvalue(L, 1, i)) != NULL; i++) {
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "value");
    lua_pushlightuserdata(L, lua_upvalueid(L, 1, i));
    lua_setfield(L, -2, "id");
    lua_setfield(L, 2, name);
  }
  return 1;
}

/* guard.place(fn) -> "file.lua:12": where a function's text begins. */
static int guard_place(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_Debug ar;
  lua_pushvalue(L, 1);
  lua_getinfo(L, ">S", &ar);
  lua_pushfstring(L, "%s:%d", ar.short_src, ar.linedefined);
  return 1;
}

int pl_open_guard(lua_State *L)
{
  static const luaL_Reg functions[] = {{"read_only", guard_read_only}, {"object", guard_object},       {"secret", guard_secret},
                                       {"reveal", guard_reveal},       {"is_secret", guard_is_secret}, {"upvalues", guard_upvalues},
                                       {"place", guard_place},         {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

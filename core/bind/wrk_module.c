/* perilune.core.wrk: what wrk's scripts are built from. sandbox() -> the globals of a playbook · lookup(host, service) -> { address } |
 * nil, err · connect(address) -> boolean · read(folder, path) -> text | nil, err · methods(table): what strings of this state have as methods. */
#include <lauxlib.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "io/file.h"
#include "net/reach.h"
#include "script/sandbox.h"

static const char address_name[] = "perilune.address";

enum { FILE_MAX = 256 << 20 };

static int wrk_sandbox(lua_State *L)
{
  pl_sandbox_push(L);
  return 1;
}

static int wrk_methods(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushliteral(L, "");
  if (!lua_getmetatable(L, -1))
    return luaL_error(L, "strings have no methods");
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "__index");
  return 0;
}

static int wrk_lookup(lua_State *L)
{
  pl_addresses found = {0};
  pl_error err = {0};
  if (pl_reach_look_up(luaL_checkstring(L, 1), luaL_checkstring(L, 2), &found, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, (int)found.n, 0);
  for (unsigned i = 0; i < found.n; i++) {
    pl_address *a = lua_newuserdatauv(L, sizeof *a, 0);
    *a = found.list[i];
    luaL_setmetatable(L, address_name);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int address_text(lua_State *L)
{
  char text[PL_ADDRESS_TEXT];
  pl_address_text(luaL_checkudata(L, 1, address_name), text, sizeof text);
  lua_pushstring(L, text);
  return 1;
}

static int wrk_connect(lua_State *L)
{
  lua_pushboolean(L, pl_reach_connect(luaL_checkudata(L, 1, address_name)));
  return 1;
}

static int wrk_read(lua_State *L)
{
  const char *folder = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
  pl_error err = {0};
  char full[PATH_MAX];
  pl_buf *text = pl_push_buf(L, FILE_MAX);
  int code = pl_file_within(folder, path, full, &err);
  if (!code)
    code = pl_file_read(full, text, &err);
  if (code)
    return pl_push_failure(L, &err);
  lua_pushlstring(L, text->data ? text->data : "", text->len);
  return 1;
}

int pl_open_wrk(lua_State *L)
{
  static const luaL_Reg functions[] = {{"sandbox", wrk_sandbox}, {"methods", wrk_methods}, {"lookup", wrk_lookup}, {"connect", wrk_connect}, {"read", wrk_read}, {NULL, NULL}};
  luaL_newmetatable(L, address_name);
  lua_pushcfunction(L, address_text);
  lua_setfield(L, -2, "__tostring");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

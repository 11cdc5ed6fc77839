/* perilune.core.token: new() -> token; token:set(text or secret) · token:refused() -> boolean: a server did not take it. */
#include "bind/token.h"

#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "script/guard.h"

static const char token_name[] = "perilune.token";

pl_token *pl_token_at(lua_State *L, int index)
{
  pl_token **box = luaL_testudata(L, index, token_name);
  return box ? *box : NULL;
}

static pl_token *check_token(lua_State *L)
{
  return *(pl_token **)luaL_checkudata(L, 1, token_name);
}

static int token_set(lua_State *L)
{
  pl_str text;
  pl_token *t = check_token(L);
  luaL_argcheck(L, pl_secret_text(L, 2, &text), 2, "text or a secret");
  if (pl_token_set(t, text))
    return luaL_error(L, "token: longer than 64 KiB, or out of memory");
  return 0;
}

static int token_refused(lua_State *L)
{
  lua_pushboolean(L, pl_token_is_refused(check_token(L)));
  return 1;
}

static int token_gc(lua_State *L)
{
  pl_token **box = luaL_checkudata(L, 1, token_name);
  pl_token_drop(*box);
  *box = NULL;
  return 0;
}

static int token_new(lua_State *L)
{
  pl_host *host = pl_state_host(L);
  pl_token **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, token_name);
  *box = pl_token_new(host->alloc);
  return *box ? 1 : luaL_error(L, "token: out of memory");
}

int pl_open_token(lua_State *L)
{
  static const luaL_Reg methods[] = {{"set", token_set}, {"refused", token_refused}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"new", token_new}, {NULL, NULL}};
  pl_push_class(L, token_name, methods, token_gc);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

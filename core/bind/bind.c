/* See bind.h. */
#include "bind/bind.h"

#include <lauxlib.h>

#include "script/fiber.h"

void pl_push_error(lua_State *L, const pl_error *err)
{
  lua_createtable(L, 0, 3);
  lua_pushstring(L, pl_code_name(err->code));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, err->message[0] ? err->message : pl_code_text(err->code));
  lua_setfield(L, -2, "message");
  lua_pushboolean(L, err->code == PL_EBUSY || err->code == PL_EAGAIN || err->code == PL_ETIMEDOUT || err->code == PL_ECONNECT);
  lua_setfield(L, -2, "retryable");
  pl_error_mark(L);
}

int pl_push_failure(lua_State *L, const pl_error *err)
{
  lua_pushnil(L);
  pl_push_error(L, err);
  return 2;
}

static int buf_gc(lua_State *L)
{
  pl_buf_fini(lua_touserdata(L, 1));
  return 0;
}

pl_buf *pl_push_buf(lua_State *L, size_t max)
{
  pl_buf *b = lua_newuserdatauv(L, sizeof *b, 0);
  pl_buf_init(b, pl_state_alloc(L), max);
  if (luaL_newmetatable(L, "perilune.buf")) {
    lua_pushcfunction(L, buf_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return b;
}

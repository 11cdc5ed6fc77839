/* See bind.h. */
#include "bind/bind.h"

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

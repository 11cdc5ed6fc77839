/* See bind.h. */
#include "bind/bind.h"

#include <lauxlib.h>
#include <math.h>

#include "script/error.h"
#include "script/state.h"

void pl_push_error(lua_State *L, const pl_error *err)
{
  lua_createtable(L, 0, 3);
  pl_set_text(L, "code", pl_code_name(err->code));
  pl_set_text(L, "message", err->message[0] ? err->message : pl_code_text(err->code));
  pl_set_boolean(L, "retryable", err->code == PL_EBUSY || err->code == PL_EAGAIN || err->code == PL_ETIMEDOUT || err->code == PL_ECONNECT);
  pl_error_mark(L);
}

int pl_push_failure(lua_State *L, const pl_error *err)
{
  lua_pushnil(L);
  pl_push_error(L, err);
  return 2;
}

void pl_set_integer(lua_State *L, const char *name, int64_t value)
{
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

void pl_set_count(lua_State *L, const char *name, uint64_t value)
{
  pl_set_integer(L, name, (int64_t)value);
}

void pl_set_number(lua_State *L, const char *name, double value)
{
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

void pl_set_known(lua_State *L, const char *name, double value)
{
  if (!isnan(value))
    pl_set_number(L, name, value);
}

void pl_set_boolean(lua_State *L, const char *name, bool value)
{
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

void pl_set_str(lua_State *L, const char *name, pl_str value)
{
  lua_pushlstring(L, value.data, value.len);
  lua_setfield(L, -2, name);
}

void pl_set_text(lua_State *L, const char *name, const char *value)
{
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
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

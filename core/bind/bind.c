/* See bind.h. */
#include "bind/bind.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

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

void pl_raise_invalid(lua_State *L, const char *format, ...)
{
  pl_error err = {.code = PL_EINVAL};
  va_list args;
  va_start(args, format);
  (void)vsnprintf(err.message, sizeof err.message, format, args);
  va_end(args);
  pl_push_error(L, &err);
  (void)lua_error(L);
  __builtin_unreachable();
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

pl_str pl_check_text(lua_State *L, int index)
{
  pl_str text;
  text.data = luaL_checklstring(L, index, &text.len);
  return text;
}

const char *pl_get_text(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  const char *text = luaL_optstring(L, -1, NULL);
  lua_pop(L, 1);
  return text;
}

void pl_get_copy(lua_State *L, int index, const char *what, const char *name, char *out, size_t size)
{
  if (!pl_copy(out, size, pl_str_of(pl_get_text(L, index, name))))
    pl_raise_invalid(L, "%s: %s is longer than %d bytes", what, name, (int)size - 1);
}

bool pl_get_boolean(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static double *numbers_at(lua_State *L, int index, size_t least, size_t most, bool gaps, size_t *n)
{
  luaL_checktype(L, index, LUA_TTABLE);
  index = lua_absindex(L, index);
  *n = lua_rawlen(L, index);
  if (*n < least || *n > most)
    luaL_argerror(L, index, lua_pushfstring(L, "%I to %I numbers", (LUAI_UACINT)least, (LUAI_UACINT)most));
  double *values = lua_newuserdatauv(L, (*n + 1) * sizeof *values, 0);
  for (size_t i = 0; i < *n; i++) {
    bool is_number = lua_rawgeti(L, index, (lua_Integer)i + 1) == LUA_TNUMBER;
    luaL_argcheck(L, is_number || gaps, index, "a value is no number");
    values[i] = is_number ? lua_tonumber(L, -1) : (double)NAN;
    lua_pop(L, 1);
  }
  return values;
}

double *pl_check_numbers(lua_State *L, int index, size_t least, size_t most, size_t *n)
{
  return numbers_at(L, index, least, most, false, n);
}

double *pl_check_numbers_with_gaps(lua_State *L, int index, size_t most, size_t *n)
{
  return numbers_at(L, index, 0, most, true, n);
}

void pl_push_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc)
{
  if (!luaL_newmetatable(L, name))
    return;
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, gc);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
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

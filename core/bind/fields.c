/* Table <-> fields. Texts are copied into one buffer; pointers are set once it has stopped growing. */
#include "bind/fields.h"

#include <lauxlib.h>

#include "script/state.h"

enum { FIELD_BYTES_MAX = 64 << 20 };

static void read_value(lua_State *L, pl_fields *f, pl_field *field)
{
  switch (lua_type(L, -1)) {
  case LUA_TBOOLEAN:
    field->type = PL_FIELD_INT;
    field->integer = lua_toboolean(L, -1);
    return;
  case LUA_TNUMBER:
    if (lua_isinteger(L, -1)) {
      field->type = PL_FIELD_INT;
      field->integer = lua_tointeger(L, -1);
    } else {
      field->type = PL_FIELD_DOUBLE;
      field->number = lua_tonumber(L, -1);
    }
    return;
  case LUA_TSTRING: {
    size_t len;
    const char *s = lua_tolstring(L, -1, &len);
    field->type = PL_FIELD_TEXT;
    field->integer = (int64_t)f->bytes.len;
    field->bytes.len = len;
    if (pl_buf_add(&f->bytes, s, len))
      luaL_error(L, "field %s: longer than %d bytes in all, or out of memory", lua_tostring(L, -2), FIELD_BYTES_MAX);
    return;
  }
  default:
    luaL_error(L, "field %s: a %s cannot be stored", lua_tostring(L, -2), luaL_typename(L, -1));
  }
}

void pl_fields_read(lua_State *L, int index, pl_fields *f, const pl_allocator *a)
{
  size_t names[PL_FIELDS_MAX];
  f->n = 0;
  pl_buf_init(&f->bytes, a, FIELD_BYTES_MAX);
  if (lua_isnoneornil(L, index))
    return;
  luaL_checktype(L, index, LUA_TTABLE);
  index = lua_absindex(L, index);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "names of fields are strings");
    if (f->n == PL_FIELDS_MAX)
      luaL_error(L, "more than %d fields", PL_FIELDS_MAX);
    size_t len;
    const char *name = lua_tolstring(L, -2, &len);
    names[f->n] = f->bytes.len;
    if (pl_buf_add(&f->bytes, name, len + 1))
      luaL_error(L, "field %s: out of memory", name);
    f->field[f->n] = (pl_field){0};
    read_value(L, f, &f->field[f->n++]);
    lua_pop(L, 1);
  }
  for (size_t i = 0; i < f->n; i++) {
    pl_field *field = &f->field[i];
    field->name = f->bytes.data + names[i];
    if (field->type == PL_FIELD_TEXT)
      field->bytes.data = f->bytes.data + field->integer;
  }
}

void pl_fields_free(pl_fields *f)
{
  if (f->bytes.alloc)
    pl_buf_fini(&f->bytes);
  f->n = 0;
}

static int fields_gc(lua_State *L)
{
  pl_fields_free(lua_touserdata(L, 1));
  return 0;
}

pl_fields *pl_push_fields(lua_State *L, int index)
{
  index = lua_absindex(L, index);
  pl_fields *f = lua_newuserdatauv(L, sizeof *f, 0);
  f->bytes.alloc = NULL;
  if (luaL_newmetatable(L, "perilune.fields")) {
    lua_pushcfunction(L, fields_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  pl_fields_read(L, index, f, pl_state_alloc(L));
  return f;
}

void pl_field_push(lua_State *L, const pl_field *field)
{
  switch (field->type) {
  case PL_FIELD_NULL:
    lua_pushnil(L);
    return;
  case PL_FIELD_INT:
    lua_pushinteger(L, (lua_Integer)field->integer);
    return;
  case PL_FIELD_DOUBLE:
    lua_pushnumber(L, field->number);
    return;
  case PL_FIELD_TEXT:
  case PL_FIELD_BLOB:
    lua_pushlstring(L, field->bytes.data ? field->bytes.data : "", field->bytes.len);
    return;
  }
}

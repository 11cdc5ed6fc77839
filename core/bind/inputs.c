/* perilune.core.inputs: what the commands of analysis read, whole. read(path, "-" for standard input) -> text | nil, err: as it is, or what gzip
 * made smaller · numbers(text, { columns = { name ... }, missing, lenient, ordered, spelled }) -> { n, name, again, refused = { { line, why } ... },
 * refused_count, columns = { { number ... } ... }, times = { ns ... } or nil, spelled = { text ... } or nil } | nil, err (format/number_table.h). */
#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "format/deflate.h"
#include "format/number_table.h"
#include "io/file.h"
#include "script/state.h"

enum { BYTES_MAX = 256 << 20 };

static const char numbers_name[] = "perilune.numbers";

static int inputs_read(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  pl_error err = {0};
  pl_buf *raw = pl_push_buf(L, BYTES_MAX), *text = pl_push_buf(L, BYTES_MAX);
  if (pl_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, raw, &err))
    return pl_push_failure(L, &err);
  if (raw->len >= 2 && memcmp(raw->data, "\x1f\x8b", 2) == 0) {
    int code = pl_inflate(PL_DEFLATE_GZIP, (pl_str){raw->data, raw->len}, text);
    if (code) {
      (void)pl_fail(&err, code == PL_EPROTO ? PL_ECORRUPT : code, code == PL_ELIMIT ? "%s: more than 256 MiB when unpacked" : "%s: broken gzip, or cut off", path);
      return pl_push_failure(L, &err);
    }
    pl_buf_fini(raw);
    raw = text;
  }
  lua_pushlstring(L, raw->data ? raw->data : "", raw->len);
  pl_buf_fini(raw);
  return 1;
}

static int numbers_gc(lua_State *L)
{
  pl_numbers_fini(lua_touserdata(L, 1));
  return 0;
}

/* The names of t.columns, texts that the table keeps. */
static size_t names_at(lua_State *L, int index, pl_str *names)
{
  size_t n = 0;
  if (lua_getfield(L, index, "columns") == LUA_TTABLE) {
    n = lua_rawlen(L, -1);
    luaL_argcheck(L, n <= PL_NUMBERS_WIDTH, index, "at most 16 columns");
    for (size_t i = 0; i < n; i++) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, index, "columns are names");
      names[i].data = lua_tolstring(L, -1, &names[i].len);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  return n;
}

static void push_columns(lua_State *L, const pl_numbers *t)
{
  lua_createtable(L, (int)t->width, 0);
  for (size_t c = 0; c < t->width; c++) {
    lua_createtable(L, (int)t->n, 0);
    for (size_t i = 0; i < t->n; i++) {
      lua_pushnumber(L, t->values[i * t->width + c]);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)c + 1);
  }
  lua_setfield(L, -2, "columns");
  if (!t->times)
    return;
  lua_createtable(L, (int)t->n, 0);
  for (size_t i = 0; i < t->n; i++) {
    lua_pushinteger(L, t->times[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "times");
  if (!t->spelled)
    return;
  lua_createtable(L, (int)t->n, 0);
  for (size_t i = 0; i < t->n; i++) {
    lua_pushlstring(L, t->spelled[i].data, t->spelled[i].len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "spelled");
}

static void push_refused(lua_State *L, const pl_numbers *t)
{
  size_t told = t->n_bad < PL_NUMBERS_REFUSED ? t->n_bad : PL_NUMBERS_REFUSED;
  lua_createtable(L, (int)told, 0);
  for (size_t i = 0; i < told; i++) {
    lua_createtable(L, 0, 2);
    pl_set_count(L, "line", t->bad[i].line);
    pl_set_text(L, "why", t->bad[i].why);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "refused");
  pl_set_count(L, "refused_count", t->n_bad);
}

static int inputs_numbers(lua_State *L)
{
  pl_str names[PL_NUMBERS_WIDTH], text = pl_check_text(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  pl_numbers_want want = {.columns = names, .n = names_at(L, 2, names), .missing = pl_get_boolean(L, 2, "missing"),
                          .lenient = pl_get_boolean(L, 2, "lenient"), .spelled = pl_get_boolean(L, 2, "spelled"),
                          .ordered = pl_get_boolean(L, 2, "ordered")};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  pl_error err = {0};
  pl_numbers *t = lua_newuserdatauv(L, sizeof *t, 0);
  *t = (pl_numbers){0};
  pl_push_class(L, numbers_name, no_methods, numbers_gc);
  lua_setmetatable(L, -2);
  if (pl_numbers_read(pl_state_alloc(L), text, &want, t, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 8);
  pl_set_count(L, "n", t->n);
  pl_set_text(L, "name", t->name[0] ? t->name : NULL);
  pl_set_count(L, "again", t->again);
  push_columns(L, t);
  push_refused(L, t);
  pl_numbers_fini(t);
  return 1;
}

int pl_open_inputs(lua_State *L)
{
  static const luaL_Reg functions[] = {{"read", inputs_read}, {"numbers", inputs_numbers}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

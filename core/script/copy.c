/* Values as bytes: a kind, then the payload. Tables are a count of pairs, then the pairs. */
#include "script/copy.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "script/guard.h"

enum { DEPTH_MAX = 64, PATH_SIZE = 160 };

enum kind { KIND_NIL, KIND_FALSE, KIND_TRUE, KIND_INTEGER, KIND_NUMBER, KIND_STRING, KIND_TABLE, KIND_SECRET };

/* Where in the value we are, for messages. */
typedef struct writer {
  lua_State *L;
  pl_buf *out;
  pl_error *err;
  char path[PATH_SIZE];
  size_t path_len;
} writer;

static int copy_value(writer *w, int index, int depth);

static int put(writer *w, enum kind kind, const void *data, size_t len)
{
  char byte = (char)kind;
  if (w->out->len + len + 1 > PL_COPY_MAX)
    return pl_fail(w->err, PL_ELIMIT, "the value is larger than 16 MiB");
  (void)pl_buf_add(w->out, &byte, 1);
  return pl_buf_add(w->out, data, len) ? pl_fail(w->err, w->out->bad, "the value is too large, or out of memory") : PL_OK;
}

/* Extends the path by the key at index; returns the old length. */
static size_t enter(writer *w, int index)
{
  size_t old = w->path_len;
  int n;
  if (lua_type(w->L, index) == LUA_TSTRING)
    n = snprintf(w->path + old, PATH_SIZE - old, "%s%s", old ? "." : "", lua_tostring(w->L, index));
  else
    n = snprintf(w->path + old, PATH_SIZE - old, "[%g]", lua_isnumber(w->L, index) ? lua_tonumber(w->L, index) : 0);
  w->path_len = n > 0 && old + (size_t)n < PATH_SIZE ? old + (size_t)n : PATH_SIZE - 1;
  return old;
}

static void leave(writer *w, size_t old)
{
  w->path_len = old;
  w->path[old] = '\0';
}

static int copy_table(writer *w, int index, int depth)
{
  lua_State *L = w->L;
  uint32_t pairs = 0;
  if (depth == DEPTH_MAX)
    return pl_fail(w->err, PL_EINVAL, "%s is nested deeper than %d, or holds itself", w->path[0] ? w->path : "the value", DEPTH_MAX);
  int code = put(w, KIND_TABLE, &pairs, sizeof pairs);
  size_t count_at = w->out->len - sizeof pairs;
  if (!lua_checkstack(L, 4))
    return pl_fail(w->err, PL_ENOMEM, "out of memory for a copy");
  lua_pushnil(L);
  while (!code && lua_next(L, index)) {
    int key = lua_gettop(L) - 1;
    size_t old = enter(w, key);
    code = copy_value(w, key, depth + 1);
    if (!code)
      code = copy_value(w, key + 1, depth + 1);
    leave(w, old);
    lua_pop(L, 1);
    pairs++;
  }
  if (code) {
    lua_settop(L, lua_gettop(L) - 1);
    return code;
  }
  memcpy(w->out->data + count_at, &pairs, sizeof pairs);
  return PL_OK;
}

static int copy_string(writer *w, int index, enum kind kind)
{
  pl_str s = {NULL, 0};
  (void)pl_secret_text(w->L, index, &s);
  uint32_t size = (uint32_t)s.len;
  if (s.len > PL_COPY_MAX)
    return pl_fail(w->err, PL_ELIMIT, "the value is larger than 16 MiB");
  int code = put(w, kind, &size, sizeof size);
  if (!code && (w->out->len + s.len > PL_COPY_MAX || pl_buf_add(w->out, s.data, s.len)))
    code = pl_fail(w->err, PL_ELIMIT, "the value is larger than 16 MiB");
  return code;
}

static int copy_value(writer *w, int index, int depth)
{
  lua_State *L = w->L;
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    return put(w, KIND_NIL, NULL, 0);
  case LUA_TBOOLEAN:
    return put(w, lua_toboolean(L, index) ? KIND_TRUE : KIND_FALSE, NULL, 0);
  case LUA_TNUMBER: {
    if (lua_isinteger(L, index)) {
      lua_Integer v = lua_tointeger(L, index);
      return put(w, KIND_INTEGER, &v, sizeof v);
    }
    lua_Number v = lua_tonumber(L, index);
    return put(w, KIND_NUMBER, &v, sizeof v);
  }
  case LUA_TSTRING:
    return copy_string(w, index, KIND_STRING);
  case LUA_TTABLE:
    return copy_table(w, index, depth);
  default:
    if (pl_secret_is(L, index))
      return copy_string(w, index, KIND_SECRET);
    return pl_fail(w->err, PL_EINVAL, "%s is a %s: only nil, booleans, numbers, strings and tables of those are copied",
                   w->path[0] ? w->path : "the value", luaL_typename(L, index));
  }
}

int pl_copy_out(lua_State *L, int index, pl_buf *out, pl_error *err)
{
  writer w = {.L = L, .out = out, .err = err};
  return copy_value(&w, lua_absindex(L, index), 0);
}

static bool take(pl_str *in, void *out, size_t n)
{
  if (in->len < n)
    return false;
  memcpy(out, in->data, n);
  in->data += n;
  in->len -= n;
  return true;
}

static bool push(lua_State *L, pl_str *in, int depth);

static bool push_text(lua_State *L, pl_str *in, bool secret)
{
  uint32_t n;
  if (!take(in, &n, sizeof n) || in->len < n)
    return false;
  if (secret)
    pl_secret_push(L, (pl_str){in->data, n});
  else
    lua_pushlstring(L, in->data, n);
  *in = (pl_str){in->data + n, in->len - n};
  return true;
}

/* Whether the value on top can be a key. */
static bool is_key(lua_State *L)
{
  return !lua_isnil(L, -1) && (lua_type(L, -1) != LUA_TNUMBER || lua_tonumber(L, -1) == lua_tonumber(L, -1));
}

static bool push_table(lua_State *L, pl_str *in, int depth)
{
  uint32_t n;
  if (!take(in, &n, sizeof n))
    return false;
  lua_newtable(L);
  for (uint32_t i = 0; i < n; i++) {
    if (!push(L, in, depth + 1) || !is_key(L) || !push(L, in, depth + 1))
      return false;
    lua_rawset(L, -3);
  }
  return true;
}

/* Pushes one value; false leaves rubbish above the caller's top. */
static bool push(lua_State *L, pl_str *in, int depth)
{
  unsigned char kind;
  lua_Integer integer;
  lua_Number number;
  if (depth > DEPTH_MAX + 1 || !lua_checkstack(L, 4) || !take(in, &kind, 1))
    return false;
  switch (kind) {
  case KIND_NIL:
    lua_pushnil(L);
    return true;
  case KIND_FALSE:
  case KIND_TRUE:
    lua_pushboolean(L, kind == KIND_TRUE);
    return true;
  case KIND_INTEGER:
    if (!take(in, &integer, sizeof integer))
      return false;
    lua_pushinteger(L, integer);
    return true;
  case KIND_NUMBER:
    if (!take(in, &number, sizeof number))
      return false;
    lua_pushnumber(L, number);
    return true;
  case KIND_STRING:
  case KIND_SECRET:
    return push_text(L, in, kind == KIND_SECRET);
  case KIND_TABLE:
    return push_table(L, in, depth);
  default:
    return false;
  }
}

int pl_copy_in(lua_State *L, pl_str bytes, pl_error *err)
{
  int top = lua_gettop(L);
  if (bytes.len == 0) {
    lua_pushnil(L);
    return PL_OK;
  }
  if (push(L, &bytes, 0) && bytes.len == 0)
    return PL_OK;
  lua_settop(L, top);
  return pl_fail(err, PL_ECORRUPT, "a copied value is damaged");
}

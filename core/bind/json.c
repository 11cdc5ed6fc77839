/* perilune.core.json: encode(value) -> text · decode(text) -> value | nil, err · from_yaml(text) -> text of JSON | nil, err · null · array(t), object(t) mark empty tables. */
#include "bind/json.h"

#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/yaml.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "script/guard.h"
#include "script/state.h"

enum { DEPTH_MAX = 64, TEXT_MAX = 256 << 20 };

static const char array_name[] = "perilune.json.array";
static const char null_value = 0;

static void push_null(lua_State *L)
{
  union {
    const char *read_only;
    void *pointer;
  } u = {&null_value};
  lua_pushlightuserdata(L, u.pointer);
}

bool pl_json_is_null(lua_State *L, int index)
{
  return lua_touserdata(L, index) == &null_value;
}

/* ---- Decoding: events are written down first, so that no Lua error jumps through the parser. ------------------- */

typedef struct event_head {
  char kind;
  bool boolean;
  int64_t integer;
  double number;
  size_t len;
} event_head;

static int write_event(void *user, const pl_json_event *event)
{
  pl_buf *b = user;
  event_head head = {(char)event->kind, event->boolean, event->integer, event->number, event->string.len};
  (void)pl_buf_add(b, &head, sizeof head);
  return pl_buf_add(b, event->string.data, event->string.len);
}

/* Stores the finished value on top into its container below: an array counts, an object has its key below the value. */
static void store(lua_State *L, const char *kinds, lua_Integer *counts, int depth)
{
  if (depth == 0)
    return;
  if (kinds[depth - 1] == PL_JSON_ARRAY)
    lua_rawseti(L, -2, ++counts[depth - 1]);
  else
    lua_rawset(L, -3);
}

static void replay(lua_State *L, const pl_buf *b)
{
  char kinds[DEPTH_MAX];
  lua_Integer counts[DEPTH_MAX];
  int depth = 0;
  for (size_t at = 0; at < b->len;) {
    event_head e;
    memcpy(&e, b->data + at, sizeof e);
    at += sizeof e;
    luaL_checkstack(L, 8, "JSON is nested too deep");
    switch ((enum pl_json_kind)e.kind) {
    case PL_JSON_OBJECT:
    case PL_JSON_ARRAY:
      lua_newtable(L);
      if (e.kind == PL_JSON_ARRAY)
        luaL_setmetatable(L, array_name);
      kinds[depth] = e.kind;
      counts[depth++] = 0;
      continue;
    case PL_JSON_OBJECT_END:
    case PL_JSON_ARRAY_END:
      depth--;
      break;
    case PL_JSON_KEY:
      lua_pushlstring(L, b->data + at, e.len);
      at += e.len;
      continue;
    case PL_JSON_NULL:
      push_null(L);
      break;
    case PL_JSON_BOOL:
      lua_pushboolean(L, e.boolean);
      break;
    case PL_JSON_INT:
      lua_pushinteger(L, (lua_Integer)e.integer);
      break;
    case PL_JSON_DOUBLE:
      lua_pushnumber(L, e.number);
      break;
    case PL_JSON_STRING:
      lua_pushlstring(L, b->data + at, e.len);
      at += e.len;
      break;
    }
    store(L, kinds, counts, depth);
  }
}

static int replay_protected(lua_State *L)
{
  const pl_buf *b = lua_touserdata(L, 1);
  lua_settop(L, 0);
  replay(L, b);
  return 1;
}

int pl_json_push(lua_State *L, pl_str text, pl_error *err)
{
  const pl_allocator *a = pl_state_alloc(L);
  pl_buf events;
  pl_buf_init(&events, a, TEXT_MAX);
  int code = pl_json_parse(a, text, DEPTH_MAX, write_event, &events, err);
  if (code) {
    pl_buf_fini(&events);
    return pl_fail(err, code, "out of memory for JSON");
  }
  lua_pushcfunction(L, replay_protected);
  lua_pushlightuserdata(L, &events);
  int status = lua_pcall(L, 1, 1, 0);
  pl_buf_fini(&events);
  if (status == LUA_OK)
    return PL_OK;
  lua_pop(L, 1);
  return pl_fail(err, PL_ENOMEM, "out of memory for JSON");
}

/* ---- Encoding -------------------------------------------------------------------------------------------- */

static int encode(lua_State *L, int index, pl_json_out *out, int depth, bool reveal, pl_error *err);

/* Whether the table is an array: marked, or keys 1..n and n > 0. */
static bool is_array(lua_State *L, int index)
{
  if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
    bool marked = strcmp(lua_tostring(L, -1), array_name) == 0;
    lua_pop(L, 1);
    if (marked)
      return true;
  }
  lua_Integer n = (lua_Integer)lua_rawlen(L, index), keys = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    keys++;
    lua_pop(L, 1);
    if (keys > n) {
      lua_pop(L, 1);
      return false;
    }
  }
  return n > 0 && keys == n;
}

static int encode_array(lua_State *L, int index, pl_json_out *out, int depth, bool reveal, pl_error *err)
{
  int code = PL_OK;
  lua_Integer n = (lua_Integer)lua_rawlen(L, index);
  pl_json_begin_array(out);
  for (lua_Integer i = 1; i <= n && !code; i++) {
    lua_rawgeti(L, index, i);
    code = encode(L, lua_gettop(L), out, depth + 1, reveal, err);
    lua_pop(L, 1);
  }
  pl_json_end_array(out);
  return code;
}

/* Keys in order, so that the same value gives the same text. */
static int encode_object(lua_State *L, int index, pl_json_out *out, int depth, bool reveal, pl_error *err)
{
  int code = PL_OK, keys = lua_gettop(L) + 1;
  lua_Integer n = 0;
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) {
      lua_settop(L, keys - 1);
      return pl_fail(err, PL_EINVAL, "JSON: a table mixes names and numbers as keys");
    }
    lua_pushvalue(L, -1);
    lua_rawseti(L, keys, ++n);
  }
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "sort");
  lua_pushvalue(L, keys);
  lua_call(L, 1, 0);
  pl_json_begin_object(out);
  for (lua_Integer i = 1; i <= n && !code; i++) {
    pl_str name;
    lua_rawgeti(L, keys, i);
    name.data = lua_tolstring(L, -1, &name.len);
    pl_json_key(out, name);
    lua_rawget(L, index);
    code = encode(L, lua_gettop(L), out, depth + 1, reveal, err);
    lua_pop(L, 1);
  }
  pl_json_end_object(out);
  lua_settop(L, keys - 1);
  return code;
}

static int encode(lua_State *L, int index, pl_json_out *out, int depth, bool reveal, pl_error *err)
{
  if (depth > DEPTH_MAX - 2 || !lua_checkstack(L, 8))
    return pl_fail(err, PL_EINVAL, "JSON: nested deeper than %d, or the value holds itself", DEPTH_MAX - 2);
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    pl_json_null(out);
    return PL_OK;
  case LUA_TBOOLEAN:
    pl_json_bool(out, lua_toboolean(L, index));
    return PL_OK;
  case LUA_TNUMBER:
    if (lua_isinteger(L, index))
      pl_json_int(out, lua_tointeger(L, index));
    else
      pl_json_double(out, lua_tonumber(L, index));
    return PL_OK;
  case LUA_TSTRING: {
    pl_str s;
    s.data = lua_tolstring(L, index, &s.len);
    pl_json_string(out, s);
    return PL_OK;
  }
  case LUA_TTABLE:
    return is_array(L, index) ? encode_array(L, index, out, depth, reveal, err) : encode_object(L, index, out, depth, reveal, err);
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, index) == &null_value) {
      pl_json_null(out);
      return PL_OK;
    }
    break;
  case LUA_TUSERDATA:
    if (pl_secret_is(L, index)) {
      pl_str s = PL_STR("***");
      if (reveal)
        (void)pl_secret_text(L, index, &s);
      pl_json_string(out, s);
      return PL_OK;
    }
    break;
  default:
    break;
  }
  return pl_fail(err, PL_EINVAL, "JSON: a %s cannot be encoded", luaL_typename(L, index));
}

int pl_json_encode(lua_State *L, int index, bool reveal, pl_buf *out, pl_error *err)
{
  pl_json_out json;
  pl_json_out_init(&json, out);
  int code = encode(L, lua_absindex(L, index), &json, 0, reveal, err);
  return code ? code : out->bad ? pl_fail(err, out->bad, "JSON: too large, or out of memory") : PL_OK;
}

/* ---- The module --------------------------------------------------------------------------------------------- */

static int json_encode(lua_State *L)
{
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  pl_buf *b = pl_push_buf(L, TEXT_MAX);
  pl_error err = {0};
  if (pl_json_encode(L, 1, false, b, &err))
    return luaL_error(L, "%s", err.message);
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  pl_buf_fini(b);
  return 1;
}

static int json_decode(lua_State *L)
{
  pl_str text = pl_check_text(L, 1);
  pl_error err = {0};
  return pl_json_push(L, text, &err) ? pl_push_failure(L, &err) : 1;
}

static int json_from_yaml(lua_State *L)
{
  pl_str text = pl_check_text(L, 1);
  pl_buf *b = pl_push_buf(L, TEXT_MAX);
  pl_error err = {0};
  if (pl_yaml_to_json(text, b, &err)) {
    pl_buf_fini(b);
    return pl_push_failure(L, &err);
  }
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  pl_buf_fini(b);
  return 1;
}

static int json_array(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, array_name);
  return 1;
}

static int json_object(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  return 1;
}

int pl_open_json(lua_State *L)
{
  static const luaL_Reg functions[] = {{"encode", json_encode}, {"decode", json_decode}, {"array", json_array}, {"object", json_object},
                                      {"from_yaml", json_from_yaml}, {NULL, NULL}};
  luaL_newmetatable(L, array_name);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  push_null(L);
  lua_setfield(L, -2, "null");
  return 1;
}

/* Answers as scripts see them: one userdata with the raw bytes, parsed only as far as it is read. */
#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "bind/json.h"
#include "load/coding.h"
#include "load/example.h"
#include "script/match.h"

enum { DECODED_MAX = 64 << 20 }; /* bytes of a body that was coded */
enum { DECODED = 2 };            /* user value of an answer: its decoded body, or { why } where that cannot be; nil until it is looked for */

static const char answer_name[] = "perilune.answer";

typedef struct answer {
  pl_answered request; /* its outcome is also what ok and error tell */
  bool cut, coded;
  const char *module_dir;
  pl_times times;
  size_t head_len, body_len;
  char bytes[]; /* head, body, why it failed and a NUL */
} answer;

static const char *why_of(const answer *a)
{
  return a->bytes + a->head_len + a->body_len;
}

/* Copies head and body; they mostly lie in a row where they were read. */
static char *copy_bytes(char *to, pl_str head, pl_str body)
{
  if (body.len && head.data + head.len == body.data)
    return mempcpy(to, head.data, head.len + body.len);
  if (head.len)
    to = mempcpy(to, head.data, head.len);
  return body.len ? mempcpy(to, body.data, body.len) : to;
}

void pl_push_answer(lua_State *L, const pl_cell *cell, const pl_exchange *x, pl_answered request)
{
  const pl_answer *from = &x->answer;
  size_t why = from->failure != PL_FAIL_NONE ? strnlen(from->why, sizeof from->why - 1) : 0;
  answer *a = lua_newuserdatauv(L, sizeof *a + from->head.len + from->body.len + why + 1, 2); /* decoded JSON; DECODED */
  a->request = request;
  a->cut = from->body_cut;
  a->coded = from->coded;
  a->module_dir = cell->world->source->module_dir;
  a->times = x->times;
  a->head_len = from->head.len;
  a->body_len = from->body.len;
  char *end = copy_bytes(a->bytes, from->head, from->body);
  if (why)
    end = mempcpy(end, from->why, why);
  *end = '\0';
  lua_rawgeti(L, LUA_REGISTRYINDEX, cell->answer_meta);
  lua_setmetatable(L, -2);
}

/* NULL: another value. */
static answer *find(lua_State *L, const pl_cell *cell, int index)
{
  void *a = lua_touserdata(L, index);
  if (!a || !lua_getmetatable(L, index))
    return NULL;
  const void *meta = lua_topointer(L, -1);
  lua_pop(L, 1);
  return meta == cell->answer_meta_at ? a : NULL;
}

static answer *check(lua_State *L, const pl_cell *cell, int index)
{
  answer *a = find(L, cell, index);
  return a ? a : luaL_checkudata(L, index, answer_name);
}

/* The answer that a method is called on: all of them have the cell as upvalue 1. */
static answer *check_self(lua_State *L)
{
  return check(L, lua_touserdata(L, lua_upvalueindex(1)), 1);
}

pl_answered *pl_find_answered(lua_State *L, const pl_cell *cell, int index)
{
  answer *a = find(L, cell, index);
  return a ? &a->request : NULL;
}

static pl_str sent_body(const answer *a)
{
  return (pl_str){a->bytes + a->head_len, a->body_len};
}

/* Takes the last coding of a list off. */
static pl_str last_coding(pl_str *list)
{
  size_t n = list->len;
  while (n && list->data[n - 1] != ',')
    n--;
  pl_str last = {list->data + n, list->len - n};
  list->len = n ? n - 1 : 0;
  return last;
}

/* Decodes body by all codings of the list, the last one first; the text is pushed. */
static int push_decoded(lua_State *L, const answer *a, pl_str codings, pl_error *err)
{
  pl_str body = sent_body(a);
  int base = lua_gettop(L);
  while (codings.len) {
    pl_buf *out = pl_push_buf(L, DECODED_MAX);
    int code = pl_coding_decode(pl_coding_of(last_coding(&codings)), body, a->module_dir, out, err);
    if (code)
      return code;
    lua_pushlstring(L, out->data ? out->data : "", out->len);
    pl_buf_fini(out);
    lua_replace(L, base + 1);
    lua_settop(L, base + 1);
    body.data = lua_tolstring(L, base + 1, &body.len);
  }
  if (lua_gettop(L) == base) /* a header that names none */
    lua_pushlstring(L, body.data, body.len);
  return PL_OK;
}

static bool is_coded(const answer *a)
{
  return a->coded && a->body_len;
}

/* Whether it is the answer that is at fault, not this machine. */
static bool is_undecodable(int code)
{
  return code == PL_EPROTO || code == PL_ELIMIT || code == PL_ENOSYS;
}

/* Decodes the body; pushes the text, or { why }. Raises where something is missing on this machine. */
static void push_looked_for(lua_State *L, const answer *a)
{
  pl_str codings = pl_answer_header((pl_str){a->bytes, a->head_len}, PL_STR("content-encoding"));
  pl_error err = {0};
  int base = lua_gettop(L);
  int code = a->cut ? pl_fail(&err, PL_ELIMIT, "the body is longer than what is kept of it, and coded") : push_decoded(L, a, codings, &err);
  if (!code)
    return;
  if (!is_undecodable(code))
    luaL_error(L, "answer: %s", err.message);
  lua_settop(L, base);
  lua_createtable(L, 1, 0);
  lua_pushstring(L, err.message);
  lua_rawseti(L, -2, 1);
}

/* The body as it was meant, decoded at the first look: NULL, and why, where it cannot be decoded. Both live as long as the answer. */
static const char *decoded_of(lua_State *L, int index, const answer *a, size_t *len, const char **why)
{
  if (lua_getiuservalue(L, index, DECODED) == LUA_TNIL) {
    lua_pop(L, 1);
    push_looked_for(L, a);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, index, DECODED);
  }
  const char *text = lua_tolstring(L, -1, len);
  if (!text) {
    lua_rawgeti(L, -1, 1);
    *why = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return text;
}

/* The user that runs; NULL: none does. */
static pl_user *running_user(lua_State *L)
{
  pl_fiber *f = pl_fiber_of(L);
  return f && f->kind == pl_user_kind ? ((pl_script_user *)f->owner)->user : NULL;
}

/* What a script reads: the body as it was meant, or nothing and why. Where the answer is at fault, its request has failed. */
static pl_str read_body(lua_State *L, int index, answer *a, const char **why)
{
  pl_str body = sent_body(a);
  if (!is_coded(a))
    return body;
  body.data = decoded_of(L, index, a, &body.len, why);
  if (body.data)
    return body;
  pl_user *u = a->cut ? NULL : running_user(L); /* that too little is kept of a body is no fault of its sender's */
  if (u)
    pl_user_undecodable(u, &a->request, *why);
  return (pl_str){"", 0};
}

/* One step of a path ("items[0].id"): a name or an index from 0. Returns false at the end; raises for what is no path. */
static bool next_step(lua_State *L, pl_str *path, pl_str *name, lua_Integer *index)
{
  if (path->len && path->data[0] == '.')
    *path = (pl_str){path->data + 1, path->len - 1};
  if (path->len == 0)
    return false;
  if (path->data[0] == '[') {
    pl_str rest = {path->data + 1, path->len - 1}, digits = pl_str_cut(&rest, ']');
    uint64_t v;
    luaL_argcheck(L, rest.data && pl_str_u64(digits, &v) && v < INT64_MAX, 2, "a path such as \"items[0].id\"");
    *index = (lua_Integer)v;
    *name = (pl_str){NULL, 0};
    *path = rest;
    return true;
  }
  size_t n = 0;
  while (n < path->len && path->data[n] != '.' && path->data[n] != '[')
    n++;
  *name = (pl_str){path->data, n};
  *path = (pl_str){path->data + n, path->len - n};
  return true;
}

/* Replaces the value on top by the one that path leads to, nil when it leads nowhere. */
static void walk(lua_State *L, pl_str path)
{
  pl_str name;
  lua_Integer index;
  while (next_step(L, &path, &name, &index)) {
    if (!lua_istable(L, -1)) {
      lua_pop(L, 1);
      lua_pushnil(L);
      continue;
    }
    if (name.data) {
      lua_pushlstring(L, name.data, name.len);
      lua_rawget(L, -2);
    } else {
      lua_rawgeti(L, -1, index + 1);
    }
    lua_remove(L, -2);
  }
}

/* nil and why there is no value, which is on top. */
static int no_value(lua_State *L, const char *path)
{
  bool null = !lua_isnil(L, -1);
  lua_pushnil(L);
  if (path[0])
    lua_pushfstring(L, null ? "\"%s\" is null in the answer" : "no \"%s\" in the answer", path);
  else
    lua_pushliteral(L, "the answer is null");
  return 2;
}

/* answer:json([path]) -> value, or nil and why; null is nil there. Tables have perilune.core.json.null where the answer had
 * null. The decoded body is kept: a second path costs no second parse. */
static int answer_json(lua_State *L)
{
  answer *a = check_self(L);
  pl_str path = {"", 0};
  path.data = luaL_optlstring(L, 2, "", &path.len);
  if (lua_getiuservalue(L, 1, 1) == LUA_TNIL) {
    pl_error err = {0};
    lua_pop(L, 1);
    const char *why = a->request.status ? NULL : "there is no answer";
    pl_str body = read_body(L, 1, a, &why);
    if (why || pl_json_push(L, body, &err)) {
      lua_pushnil(L);
      lua_pushstring(L, why ? why : err.message);
      return 2;
    }
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
  }
  walk(L, path);
  return lua_isnil(L, -1) || pl_json_is_null(L, -1) ? no_value(L, path.data) : 1;
}

static int answer_header(lua_State *L)
{
  const answer *a = check_self(L);
  pl_str name = pl_check_text(L, 2);
  pl_str value = pl_answer_header((pl_str){a->bytes, a->head_len}, name);
  if (!value.data)
    return 0;
  lua_pushlstring(L, value.data, value.len);
  return 1;
}

/* answer:find(pattern) -> what string.match finds in the body */
static int answer_find(lua_State *L)
{
  const char *why;
  return pl_match(L, read_body(L, 1, check_self(L), &why), 2);
}

static void set_seconds(lua_State *L, const char *name, uint64_t from, uint64_t to)
{
  if (!from || to < from)
    return;
  lua_pushnumber(L, (double)(to - from) / 1e9);
  lua_setfield(L, -2, name);
}

/* The phases by their names, as far as there were such, beside the whole. */
static int push_timings(lua_State *L, answer *a)
{
  const pl_times *t = &a->times;
  uint64_t phases_ns[PL_PHASES];
  pl_phases_of(t, phases_ns);
  lua_createtable(L, 0, PL_PHASES + 2);
  set_seconds(L, "total", t->begin, t->end);
  set_seconds(L, "service", t->send, t->end);
  for (int i = 0; i < PL_PHASES; i++) {
    if (phases_ns[i] == PL_NO_PHASE)
      continue;
    lua_pushnumber(L, (double)phases_ns[i] / 1e9);
    lua_setfield(L, -2, pl_phase_name((enum pl_phase)i));
  }
  return 1;
}

static int push_error(lua_State *L, answer *a)
{
  if (a->request.outcome == PL_FAIL_NONE)
    lua_pushnil(L);
  else
    lua_pushstring(L, pl_failure_name(a->request.outcome));
  return 1;
}

/* ---- Fields ------------------------------------------------------------------------------------------ */

static int push_status(lua_State *L, answer *a)
{
  lua_pushinteger(L, a->request.status);
  return 1;
}

static int push_ok(lua_State *L, answer *a)
{
  lua_pushboolean(L, a->request.outcome == PL_FAIL_NONE);
  return 1;
}

static int push_text(lua_State *L, answer *a)
{
  const char *why;
  pl_str body = read_body(L, 1, a, &why);
  lua_pushlstring(L, body.data, body.len);
  return 1;
}

static int push_raw(lua_State *L, answer *a)
{
  lua_pushlstring(L, sent_body(a).data, a->body_len);
  return 1;
}

static int push_cut(lua_State *L, answer *a)
{
  lua_pushboolean(L, a->cut);
  return 1;
}

static int push_head(lua_State *L, answer *a)
{
  lua_pushlstring(L, a->bytes, a->head_len);
  return 1;
}

/* Why it failed, or why its body, which was read, is none. */
static int push_why(lua_State *L, answer *a)
{
  if (lua_getiuservalue(L, 1, DECODED) == LUA_TTABLE)
    lua_rawgeti(L, -1, 1);
  else
    lua_pushstring(L, why_of(a));
  return 1;
}

/* Looks whether the body can be decoded, which is in no figure. */
static int push_readable(lua_State *L, answer *a)
{
  size_t len;
  const char *why;
  lua_pushboolean(L, !is_coded(a) || decoded_of(L, 1, a, &len, &why));
  return 1;
}

static const struct {
  const char *name;
  int (*push)(lua_State *L, answer *a);
} fields[] = {{"status", push_status}, {"ok", push_ok},           {"text", push_text}, {"error", push_error},
              {"why", push_why},       {"timings", push_timings}, {"raw", push_raw},   {"head", push_head},
              {"cut", push_cut},       {"readable", push_readable}};

enum { FIELDS = sizeof fields / sizeof *fields };

/* Upvalue 1: methods, and the numbers of fields, by name. The key is on top. */
static int answer_index(lua_State *L)
{
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNUMBER)
    return fields[lua_tointeger(L, -1)].push(L, lua_touserdata(L, 1));
  return 1;
}

static int answer_tostring(lua_State *L)
{
  const answer *a = check_self(L);
  if (a->request.status == 0)
    lua_pushfstring(L, "answer: %s (%s)", pl_failure_name(a->request.outcome), why_of(a));
  else
    lua_pushfstring(L, "answer: status %d, %d bytes", a->request.status, (int)a->body_len);
  return 1;
}

void pl_open_answer(lua_State *L)
{
  static const luaL_Reg methods[] = {{"json", answer_json}, {"header", answer_header}, {"find", answer_find}, {NULL, NULL}};
  pl_cell *cell = pl_state_host(L);
  luaL_newmetatable(L, answer_name);
  lua_newtable(L);
  lua_pushlightuserdata(L, cell);
  luaL_setfuncs(L, methods, 1);
  for (int i = 0; i < FIELDS; i++) {
    lua_pushinteger(L, i);
    lua_setfield(L, -2, fields[i].name);
  }
  lua_pushcclosure(L, answer_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushlightuserdata(L, cell);
  lua_pushcclosure(L, answer_tostring, 1);
  lua_setfield(L, -2, "__tostring");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  cell->answer_meta_at = lua_topointer(L, -1);
  cell->answer_meta = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* perilune.core.import: open{ format, path, metric, unit_ns, time_ns, instance, role, origin } -> import | nil, err. import:step() -> "more",
 * "later" (standard input has nothing now), false | nil, err takes the next piece of the file into the run, and waits for that. import:told() ->
 * { taken, refused, series, first_ns, last_ns, bytes, size, reasons = { name = number }, examples = { { line, reason, text } } }. import:close(). */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "ingest/import.h"
#include "script/state.h"

static const char import_name[] = "perilune.import";

/* Shared with the job that works on it, which may outlive the Lua side. Control thread. */
typedef struct box {
  const pl_allocator *alloc;
  pl_import *import;
  unsigned refs;
} box;

static void release(box *b)
{
  if (!b || --b->refs)
    return;
  pl_import_close(b->import);
  pl_free(b->alloc, b, sizeof *b);
}

static int import_close(lua_State *L)
{
  box **at = luaL_checkudata(L, 1, import_name);
  release(*at);
  *at = NULL;
  return 0;
}

static box *check_import(lua_State *L)
{
  box **at = luaL_checkudata(L, 1, import_name);
  if (!*at)
    luaL_error(L, "closed import");
  return *at;
}

/* ---- Pieces ---------------------------------------------------------------------------------------- */

typedef struct step_call {
  pl_call call;
  box *box;
  int more; /* enum pl_input_more */
} step_call;

static int step_work(pl_call *call, pl_desk *desk)
{
  step_call *s = (step_call *)call;
  s->more = pl_import_step(s->box->import, desk->store, desk->run, &call->err);
  return s->more < 0 ? s->more : PL_OK;
}

static int step_push(lua_State *L, pl_call *call)
{
  static const char *const names[] = {[PL_INPUT_MORE] = "more", [PL_INPUT_LATER] = "later"};
  const step_call *s = (step_call *)call;
  if (s->more == PL_INPUT_ENDED)
    lua_pushboolean(L, false);
  else
    lua_pushstring(L, names[s->more]);
  return 1;
}

static void step_release(pl_call *call)
{
  release(((step_call *)call)->box);
}

static int import_step(lua_State *L)
{
  box *b = check_import(L);
  step_call *s = pl_call_new(L, "import", sizeof *s, step_work);
  s->call.push = step_push;
  s->call.release = step_release;
  s->box = b;
  b->refs++;
  return pl_call_wait(L, &s->call);
}

/* ---- Counts ---------------------------------------------------------------------------------------- */

static void push_reasons(lua_State *L, const pl_import_counts *c)
{
  lua_newtable(L);
  for (int r = 1; r < PL_REFUSALS; r++) {
    if (c->refused[r])
      pl_set_count(L, pl_refusal_name((enum pl_refusal)r), c->refused[r]);
  }
}

static void push_examples(lua_State *L, const pl_import_counts *c)
{
  lua_newtable(L);
  for (uint64_t n = 0; n < c->n_refused && n < PL_IMPORT_EXAMPLES; n++) {
    lua_newtable(L);
    pl_set_count(L, "line", c->example[n].line);
    pl_set_text(L, "reason", pl_refusal_name(c->example[n].reason));
    pl_set_text(L, "text", pl_refusal_text(c->example[n].reason));
    lua_rawseti(L, -2, (lua_Integer)n + 1);
  }
}

static int import_told(lua_State *L)
{
  const pl_import_counts *c = pl_import_told(check_import(L)->import);
  lua_newtable(L);
  pl_set_count(L, "taken", c->taken);
  pl_set_count(L, "replaced", c->replaced);
  pl_set_count(L, "refused", c->n_refused);
  pl_set_count(L, "series", c->series);
  pl_set_count(L, "bytes", c->bytes);
  pl_set_count(L, "size", c->size);
  if (c->taken) {
    pl_set_integer(L, "first_ns", c->first_ns);
    pl_set_integer(L, "last_ns", c->last_ns);
  }
  push_reasons(L, c);
  lua_setfield(L, -2, "reasons");
  push_examples(L, c);
  lua_setfield(L, -2, "examples");
  return 1;
}

/* ---- Opening --------------------------------------------------------------------------------------- */

static lua_Integer integer_field(lua_State *L, const char *name, bool *there)
{
  lua_getfield(L, 1, name);
  *there = !lua_isnil(L, -1);
  lua_Integer v = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return v;
}

static int import_open(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  bool has_unit;
  pl_import_options o = {.format = pl_get_text(L, 1, "format"), .path = pl_get_text(L, 1, "path"), .metric = pl_str_of(pl_get_text(L, 1, "metric")),
                         .instance = pl_str_of(pl_get_text(L, 1, "instance")), .role = pl_str_of(pl_get_text(L, 1, "role")), .origin = pl_str_of(pl_get_text(L, 1, "origin"))};
  luaL_argcheck(L, o.format && o.path, 1, "format and path");
  lua_Integer unit_ns = integer_field(L, "unit_ns", &has_unit);
  luaL_argcheck(L, !has_unit || unit_ns > 0, 1, "unit_ns is more than 0");
  o.unit_ns = (uint64_t)unit_ns;
  o.time_ns = integer_field(L, "time_ns", &o.has_time);
  box **at = lua_newuserdatauv(L, sizeof *at, 0);
  *at = NULL;
  luaL_setmetatable(L, import_name);
  const pl_allocator *a = pl_state_alloc(L);
  box *b = pl_alloc_zero(a, 1, sizeof *b);
  if (!b)
    return luaL_error(L, "import: out of memory");
  *b = (box){.alloc = a, .refs = 1};
  *at = b;
  pl_error err = {0};
  return pl_import_open(a, &o, &b->import, &err) ? pl_push_failure(L, &err) : 1;
}

int pl_open_import(lua_State *L)
{
  static const luaL_Reg methods[] = {{"step", import_step}, {"told", import_told}, {"close", import_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", import_open}, {NULL, NULL}};
  pl_push_class(L, import_name, methods, import_close);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

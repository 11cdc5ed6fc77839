/* perilune.core.watch: live objectives on the collector's side. add(text, options) -> number | nil, err · part(scenario,
 * { from_ms, to_ms, drained_ms }): a measured part, as planned or as it was · broken() -> { [number] = boolean }, the last second that ended | nil, err, cheaper
 * than states() -> { [number] = { broken, value, verdict, text } } | nil, err. */
#include <lauxlib.h>
#include <stdio.h>

#include "base/error.h"
#include "base/units.h"
#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "bind/query.h"

typedef struct add_call {
  pl_call call;
  pl_watch *watch; /* until the feed owns it */
  uint32_t number;
} add_call;

static int add_work(pl_call *call, pl_desk *desk)
{
  add_call *a = (add_call *)call;
  pl_watch *w = a->watch;
  a->watch = NULL;
  return pl_feed_watch(desk->feed, w, &a->number, &call->err);
}

static int add_push(lua_State *L, pl_call *call)
{
  lua_pushinteger(L, (lua_Integer)((add_call *)call)->number + 1);
  return 1;
}

static void add_release(pl_call *call)
{
  pl_watch_free(((add_call *)call)->watch);
}

static int watch_add(lua_State *L)
{
  pl_str text = pl_check_text(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  pl_watch_options options = pl_watch_options_at(L, 2);
  add_call *a = pl_call_new(L, "watch.add", sizeof *a, add_work);
  a->call.push = add_push;
  a->call.release = add_release;
  pl_objective *o;
  pl_error err = {0};
  const pl_allocator *alloc = a->call.host->alloc;
  lua_getfield(L, 2, "expression");
  bool expression = lua_toboolean(L, -1);
  lua_pop(L, 1);
  if ((expression ? pl_expression_parse : pl_objective_parse)(alloc, text, &o, &err) || pl_watch_new(alloc, o, &options, &a->watch, &err))
    return pl_push_failure(L, &err);
  return pl_call_wait(L, &a->call);
}

typedef struct part_call {
  pl_call call;
  pl_part part;
} part_call;

static int part_work(pl_call *call, pl_desk *desk)
{
  return pl_feed_part(desk->feed, &((const part_call *)call)->part, &call->err);
}

/* An integer field of the table at 2, or a default. */
static int64_t field(lua_State *L, const char *name, int64_t otherwise)
{
  lua_getfield(L, 2, name);
  int64_t v = lua_isnil(L, -1) ? otherwise : (int64_t)luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return v;
}

static int watch_part(lua_State *L)
{
  pl_str scenario = pl_check_text(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  part_call *p = pl_call_new(L, "watch.part", sizeof *p, part_work);
  p->part.from_ms = field(L, "from_ms", 0);
  p->part.to_ms = field(L, "to_ms", INT64_MAX);
  p->part.drained_ms = field(L, "drained_ms", INT64_MAX);
  (void)pl_copy(p->part.scenario, sizeof p->part.scenario, scenario);
  return pl_call_wait(L, &p->call);
}

typedef struct broken_call {
  pl_call call;
  uint32_t n;
  int64_t second;
  bool broken[PL_FEED_WATCHES];
} broken_call;

static int broken_work(pl_call *call, pl_desk *desk)
{
  broken_call *b = (broken_call *)call;
  b->n = pl_feed_watches(desk->feed);
  b->second = pl_feed_last_second(desk->feed);
  for (uint32_t i = 0; i < b->n; i++)
    b->broken[i] = pl_feed_watch_broken(desk->feed, i);
  return PL_OK;
}

static int broken_push(lua_State *L, pl_call *call)
{
  const broken_call *b = (const broken_call *)call;
  lua_createtable(L, (int)b->n, 0);
  for (uint32_t i = 0; i < b->n; i++) {
    lua_pushboolean(L, b->broken[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushinteger(L, (lua_Integer)b->second);
  return 2;
}

static int watch_broken(lua_State *L)
{
  broken_call *b = pl_call_new(L, "watch.broken", sizeof *b, broken_work);
  b->call.push = broken_push;
  return pl_call_wait(L, &b->call);
}

typedef struct state {
  pl_watch_result result;
  enum pl_unit unit;
  bool broken;
} state;

typedef struct states_call {
  pl_call call;
  uint32_t n;
  state *states;
} states_call;

static int states_work(pl_call *call, pl_desk *desk)
{
  states_call *s = (states_call *)call;
  uint32_t n = pl_feed_watches(desk->feed);
  s->states = n ? pl_alloc(call->host->alloc, n * sizeof *s->states) : NULL;
  if (n && !s->states)
    return pl_fail(&call->err, PL_ENOMEM, "out of memory for the states of %u objectives", n);
  s->n = n;
  for (uint32_t i = 0; i < s->n; i++) {
    const pl_watch *w = pl_feed_watch_at(desk->feed, i);
    pl_watch_judge(w, &s->states[i].result);
    s->states[i].unit = pl_expr_unit(&pl_watch_objective(w)->condition.expr);
    s->states[i].broken = pl_feed_watch_broken(desk->feed, i);
  }
  return PL_OK;
}

static int states_push(lua_State *L, pl_call *call)
{
  static const char *const verdicts[] = {"pass", "fail", "inconclusive"};
  const states_call *s = (const states_call *)call;
  lua_createtable(L, (int)s->n, 0);
  for (uint32_t i = 0; i < s->n; i++) {
    const state *from = &s->states[i];
    lua_createtable(L, 0, 4);
    pl_set_boolean(L, "broken", from->broken);
    pl_set_text(L, "verdict", verdicts[from->result.verdict]);
    if (from->result.known) {
      char text[48];
      (void)pl_unit_text(from->unit, from->result.value, text);
      pl_set_number(L, "value", from->result.value);
      pl_set_text(L, "text", text);
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static void states_release(pl_call *call)
{
  states_call *s = (states_call *)call;
  pl_free(call->host->alloc, s->states, s->n * sizeof *s->states);
}

static int watch_states(lua_State *L)
{
  states_call *s = pl_call_new(L, "watch.states", sizeof *s, states_work);
  s->call.push = states_push;
  s->call.release = states_release;
  return pl_call_wait(L, &s->call);
}

int pl_open_watch(lua_State *L)
{
  static const luaL_Reg functions[] = {{"add", watch_add}, {"part", watch_part}, {"states", watch_states}, {"broken", watch_broken}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

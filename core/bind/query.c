/* perilune.core.query: parse(objective), expression(text) -> facts | nil, err; facts: metric, unit, of_load, window, compare, limit, uses = { { name, metric,
 * short, of_load, column, matchers = { { label, value, equal } }, by } } · names() -> { short name = metric } · watch(text, options) -> watch | nil, err · eval(reader, run, expression, parts)
 * -> list of one, { value, unit, samples }, the worst scope | nil, err · scopes(reader, run, expression, parts | from_ms, to_ms) -> list of
 * { scope, value, unit, samples }, over the measured parts or a stretch of wall time | nil, err. watch:replay(reader, run, parts, alone) -> true | nil, err;
 * parts: { scenario = { from_ms, to_ms, drained_ms } }, besides those that are stored, or alone · watch:result() -> verdict row.
 * spread(reader, run, metric, scenarios, range, hist, quantiles) -> { seconds, lag1, kpss, warmup, unsettled, change, change_p, [i] = { lo, hi, few_seconds } or false }. */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/hist.h"
#include "bind/modules.h"
#include "bind/query.h"
#include "bind/timeline.h"
#include "query/replay.h"
#include "query/spread.h"
#include "script/state.h"

static const char watch_name[] = "perilune.watch";
static const char *const unit_names[] = {"number", "duration", "size", "rate", "ratio"};

/* Appends what an expression uses to the table at the top. */
static void push_use(lua_State *L, const pl_expr *e)
{
  lua_createtable(L, 0, 7);
  pl_set_text(L, "name", e->metric.name);
  pl_set_text(L, "metric", e->metric.metric);
  pl_set_boolean(L, "short", !e->metric_text[0]);
  pl_set_boolean(L, "of_load", e->metric.of_load);
  pl_set_count(L, "column", e->at + 1);
  lua_createtable(L, (int)e->n_matchers, 0);
  for (size_t i = 0; i < e->n_matchers; i++) {
    lua_createtable(L, 0, 3);
    pl_set_str(L, "label", e->matchers[i].label);
    pl_set_str(L, "value", e->matchers[i].value);
    pl_set_boolean(L, "equal", e->matchers[i].op == PL_MATCH_EQ);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "matchers");
  lua_createtable(L, (int)e->n_by, 0);
  for (size_t i = 0; i < e->n_by; i++) {
    lua_pushlstring(L, e->by[i].data, e->by[i].len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "by");
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void push_facts(lua_State *L, const pl_objective *o)
{
  const pl_expr *e = &o->condition.expr;
  lua_createtable(L, 0, 6);
  pl_set_text(L, "metric", e->metric.name);
  pl_set_text(L, "unit", unit_names[pl_expr_unit(e)]);
  pl_set_boolean(L, "of_load", e->metric.of_load || (o->has_when && o->when.expr.metric.of_load));
  if (o->window_s)
    pl_set_number(L, "window", (double)o->window_s);
  if (o->has_condition) {
    pl_set_text(L, "compare", pl_compare_text(o->condition.compare));
    pl_set_number(L, "limit", o->condition.limit);
  }
  lua_createtable(L, 2, 0);
  push_use(L, e);
  if (o->has_when)
    push_use(L, &o->when.expr);
  lua_setfield(L, -2, "uses");
}

/* A Lua error (no memory) must not lose the objective. */
static int push_facts_protected(lua_State *L)
{
  push_facts(L, lua_touserdata(L, 1));
  return 1;
}

static int parse_with(lua_State *L, int (*parse)(const pl_allocator *, pl_str, pl_objective **, pl_error *))
{
  pl_objective *o;
  pl_error err = {0};
  if (parse(pl_state_alloc(L), pl_check_text(L, 1), &o, &err))
    return pl_push_failure(L, &err);
  lua_pushcfunction(L, push_facts_protected);
  lua_pushlightuserdata(L, o);
  int code = lua_pcall(L, 1, 1, 0);
  pl_objective_free(o);
  return code ? lua_error(L) : 1;
}

static int query_parse(lua_State *L)
{
  return parse_with(L, pl_objective_parse);
}

static int query_expression(lua_State *L)
{
  return parse_with(L, pl_expression_parse);
}

static int query_names(lua_State *L)
{
  const pl_metric_name *m;
  lua_newtable(L);
  for (size_t i = 0; (m = pl_metric_at(i)) != NULL; i++) {
    lua_pushstring(L, m->metric);
    lua_setfield(L, -2, m->name);
  }
  return 1;
}

static pl_watch *check_watch(lua_State *L)
{
  pl_watch **box = luaL_checkudata(L, 1, watch_name);
  if (!*box)
    luaL_error(L, "closed watch");
  return *box;
}

pl_watch_options pl_watch_options_at(lua_State *L, int index)
{
  pl_watch_options o = {0};
  if (!lua_istable(L, index))
    return o;
  lua_getfield(L, index, "min_samples");
  o.min_samples = (uint64_t)lua_tointeger(L, -1);
  lua_getfield(L, index, "strict");
  o.strict = lua_toboolean(L, -1);
  lua_getfield(L, index, "stops");
  o.stops = lua_toboolean(L, -1);
  lua_pop(L, 3);
  return o;
}

static int query_watch(lua_State *L)
{
  pl_watch_options options = pl_watch_options_at(L, 2);
  pl_str text = pl_check_text(L, 1);
  pl_objective *o;
  pl_error err = {0};
  pl_watch **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, watch_name);
  if (pl_objective_parse(pl_state_alloc(L), text, &o, &err) || pl_watch_new(pl_state_alloc(L), o, &options, box, &err))
    return pl_push_failure(L, &err);
  return 1;
}

static int watch_gc(lua_State *L)
{
  pl_watch **box = lua_touserdata(L, 1);
  pl_watch_free(*box);
  *box = NULL;
  return 0;
}

static int64_t ms_field(lua_State *L, const char *name)
{
  lua_getfield(L, -1, name);
  int64_t ms = lua_isnil(L, -1) ? INT64_MAX : (int64_t)luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return ms;
}

/* Parts at `index`: { scenario = { from_ms, to_ms, drained_ms } } or nothing. */
static void read_parts(lua_State *L, int index, pl_parts *out)
{
  out->n = 0;
  if (lua_isnoneornil(L, index))
    return;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    pl_part part = {.from_ms = ms_field(L, "from_ms"), .to_ms = ms_field(L, "to_ms"), .drained_ms = ms_field(L, "drained_ms")};
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, index, "keys are names of scenarios");
    (void)pl_copy(part.scenario, sizeof part.scenario, pl_check_text(L, -2));
    pl_error err = {0};
    if (pl_parts_add(out, &part, &err))
      luaL_error(L, "%s", err.message);
    lua_pop(L, 1);
  }
}

static int watch_replay(lua_State *L)
{
  pl_error err = {0};
  pl_parts parts;
  pl_watch *w = check_watch(L);
  read_parts(L, 4, &parts);
  if (pl_replay(pl_state_alloc(L), pl_check_reader(L, 2), (int64_t)luaL_checkinteger(L, 3), &parts, lua_toboolean(L, 5), w, &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

void pl_push_verdict(lua_State *L, const pl_watch *w)
{
  static const char *const verdicts[] = {"pass", "fail", "inconclusive"};
  const pl_objective *o = pl_watch_objective(w);
  pl_watch_result r;
  pl_watch_judge(w, &r);
  lua_createtable(L, 0, 13);
  pl_set_text(L, "verdict", verdicts[r.verdict]);
  pl_set_text(L, "unit", unit_names[pl_expr_unit(&o->condition.expr)]);
  pl_set_number(L, "limit", o->condition.limit);
  pl_set_count(L, "samples", r.samples);
  pl_set_count(L, "needed", pl_watch_needed(w));
  pl_set_boolean(L, "marginal", r.marginal);
  pl_set_boolean(L, "beyond", r.beyond);
  pl_set_boolean(L, "few_seconds", r.few_seconds);
  if (r.known)
    pl_set_number(L, "value", r.value);
  if (r.has_interval) {
    lua_createtable(L, 2, 0);
    lua_pushnumber(L, r.lo);
    lua_rawseti(L, -2, 1);
    lua_pushnumber(L, r.hi);
    lua_rawseti(L, -2, 2);
    lua_setfield(L, -2, "ci");
  }
  if (r.scope[0])
    pl_set_text(L, "scope", r.scope);
  if (r.why[0])
    pl_set_text(L, "reason", r.why);
  if (r.broken_at_ms)
    pl_set_integer(L, "broken_at_ms", r.broken_at_ms);
}

static int watch_result(lua_State *L)
{
  pl_push_verdict(L, check_watch(L));
  return 1;
}

/* One value over the whole run: { { value, unit, samples } } */
static int query_eval(lua_State *L)
{
  pl_reader *reader = pl_check_reader(L, 1);
  int64_t run = (int64_t)luaL_checkinteger(L, 2);
  pl_str text = pl_check_text(L, 3);
  pl_objective *o;
  pl_error err = {0};
  pl_parts parts;
  read_parts(L, 4, &parts);
  pl_watch **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, watch_name);
  if (pl_expression_parse(pl_state_alloc(L), text, &o, &err) || pl_watch_new(pl_state_alloc(L), o, NULL, box, &err) ||
      pl_replay(pl_state_alloc(L), reader, run, &parts, false, *box, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 1, 0);
  pl_push_verdict(L, *box);
  lua_rawseti(L, -2, 1);
  return 1;
}

enum { SPREAD_QUANTILES = 8, SPREAD_SCENARIOS = 256 };

/* The names at index, borrowed as long as the table lives. */
static size_t read_scenarios(lua_State *L, int index, pl_str out[SPREAD_SCENARIOS])
{
  luaL_checktype(L, index, LUA_TTABLE);
  size_t n = lua_rawlen(L, index);
  luaL_argcheck(L, n <= SPREAD_SCENARIOS, index, "too many scenarios");
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, index, "scenarios are strings");
    out[i].data = lua_tolstring(L, -1, &out[i].len);
    lua_pop(L, 1);
  }
  return n;
}

static size_t read_quantiles(lua_State *L, int index, pl_spread_quantile out[SPREAD_QUANTILES])
{
  luaL_checktype(L, index, LUA_TTABLE);
  size_t n = lua_rawlen(L, index);
  luaL_argcheck(L, n <= SPREAD_QUANTILES, index, "too many quantiles");
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    out[i].p = luaL_checknumber(L, -1);
    lua_pop(L, 1);
  }
  return n;
}

static void push_spread(lua_State *L, const pl_spread *s, const pl_spread_quantile *q, size_t n)
{
  lua_createtable(L, (int)n, 3);
  pl_set_count(L, "seconds", s->seconds);
  pl_set_known(L, "lag1", s->lag1);
  pl_set_known(L, "kpss", s->kpss);
  pl_set_count(L, "warmup", s->warmup);
  pl_set_boolean(L, "unsettled", s->unsettled);
  pl_set_known(L, "change", s->change);
  pl_set_known(L, "change_p", s->change_p);
  for (size_t i = 0; i < n; i++) {
    if (q[i].known) {
      lua_createtable(L, 2, 0);
      lua_pushnumber(L, (double)q[i].lo / 1e9);
      lua_rawseti(L, -2, 1);
      lua_pushnumber(L, (double)q[i].hi / 1e9);
      lua_rawseti(L, -2, 2);
      pl_set_boolean(L, "few_seconds", q[i].few_seconds);
    } else {
      lua_pushboolean(L, 0);
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* spread(reader, run, metric, scenarios, { start_ms, from_ms, to_ms }, hist, { p, ... }): see query/spread.h */
static int query_spread(lua_State *L)
{
  pl_str scenarios[SPREAD_SCENARIOS];
  pl_spread_quantile q[SPREAD_QUANTILES];
  pl_spread s;
  pl_error err = {0};
  pl_spread_range range = {.metric = pl_check_text(L, 3), .scenarios = scenarios, .n_scenarios = read_scenarios(L, 4, scenarios)};
  const pl_hist *whole = pl_check_hist(L, 6);
  size_t n = read_quantiles(L, 7, q);
  lua_pushvalue(L, 5);
  range.start_ms = ms_field(L, "start_ms");
  range.from_ms = ms_field(L, "from_ms");
  range.to_ms = ms_field(L, "to_ms");
  if (pl_spread_read(pl_state_alloc(L), pl_check_reader(L, 1), (int64_t)luaL_checkinteger(L, 2), &range, whole, q, n, &s, &err))
    return pl_push_failure(L, &err);
  push_spread(L, &s, q, n);
  return 1;
}

static void push_scope(lua_State *L, const pl_watch *w, const pl_watch_result *r)
{
  lua_createtable(L, 0, 4);
  pl_set_text(L, "scope", r->scope);
  pl_set_number(L, "value", r->value);
  pl_set_text(L, "unit", unit_names[pl_expr_unit(&pl_watch_objective(w)->condition.expr)]);
  pl_set_count(L, "samples", r->samples);
}

static int push_scopes(lua_State *L, const pl_watch *w)
{
  lua_Integer n = 0;
  lua_newtable(L);
  for (size_t i = 0; i < pl_watch_scopes(w); i++) {
    pl_watch_result r;
    pl_watch_judge_scope(w, i, &r);
    if (!r.known)
      continue;
    push_scope(L, w, &r);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/* A value for each scope that has one. */
static int query_scopes(lua_State *L)
{
  pl_reader *reader = pl_check_reader(L, 1);
  int64_t run = (int64_t)luaL_checkinteger(L, 2);
  pl_str text = pl_check_text(L, 3);
  bool ranged = lua_isnumber(L, 4);
  int64_t from_ms = ranged ? (int64_t)luaL_checkinteger(L, 4) : 0, to_ms = ranged ? (int64_t)luaL_checkinteger(L, 5) : 0;
  const pl_allocator *a = pl_state_alloc(L);
  pl_objective *o;
  pl_error err = {0};
  pl_parts parts = {.n = 0};
  if (!ranged)
    read_parts(L, 4, &parts);
  pl_watch **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, watch_name);
  if (pl_expression_parse(a, text, &o, &err) || pl_watch_new(a, o, NULL, box, &err) ||
      (ranged ? pl_replay_range(a, reader, run, from_ms, to_ms, *box, &err) : pl_replay(a, reader, run, &parts, false, *box, &err)))
    return pl_push_failure(L, &err);
  return push_scopes(L, *box);
}

int pl_open_query(lua_State *L)
{
  static const luaL_Reg methods[] = {{"replay", watch_replay}, {"result", watch_result}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"parse", query_parse}, {"expression", query_expression}, {"names", query_names}, {"watch", query_watch}, {"eval", query_eval}, {"scopes", query_scopes}, {"spread", query_spread}, {NULL, NULL}};
  luaL_newmetatable(L, watch_name);
  lua_pushcfunction(L, watch_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

/* perilune.core.stats: compare(base values, candidate values, { limit, better = "lower" | "higher", noise = values of earlier runs in
 * their order }) -> { baseline, candidate, effect, noise_known, lo, hi, p, more, verdict = "same" | "improved" | "regressed" |
 * "inconclusive" } · false_discoveries(p-values) -> the q of each · ranks(base values, candidate values) -> { u, p, exact, shift, lo, hi } ·
 * course(values in their order) -> { warmup = values, unsettled, slope, change, p }, nil for fewer than 4 ·
 * two_samples(base values, candidate values, "mean" | "p99") -> { baseline, candidate, difference, noise_known, lo, hi, p } ·
 * trace_times(starts, ends, parents: places, 0 for a root) -> self times, times on the critical path, of each span, and the paths: three numbers a
 * stretch, the span's place, from, to; all in nanoseconds. */
#include <lauxlib.h>
#include <string.h>

#include "analysis/benjamini_hochberg.h"
#include "analysis/compare.h"
#include "analysis/error_ratios.h"
#include "analysis/mann_whitney.h"
#include "analysis/trace_times.h"
#include "analysis/two_samples.h"
#include "analysis/warmup.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "script/state.h"

enum { VALUES_MAX = 1000000 };

/* What the field `noise` of the table at index tells of noise; false where there is none, or too little. */
static bool noise_at(lua_State *L, int index, pl_noise *out)
{
  size_t n;
  if (lua_getfield(L, index, "noise") == LUA_TNIL || lua_rawlen(L, -1) == 0)
    return false;
  const double *values = pl_check_numbers(L, lua_gettop(L), 1, VALUES_MAX, &n);
  return pl_run_noise(values, n, out);
}

static lua_Integer integer_of(lua_State *L, int index, size_t i)
{
  lua_rawgeti(L, index, (lua_Integer)i + 1);
  luaL_argcheck(L, lua_isinteger(L, -1), index, "a value is no whole number");
  lua_Integer v = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return v;
}

/* What a comparison says, as a table. */
static void push_comparison(lua_State *L, const pl_comparison *c)
{
  static const char *const verdicts[] = {"same", "improved", "regressed", "inconclusive"};
  lua_createtable(L, 0, 12);
  pl_set_number(L, "baseline", c->baseline);
  pl_set_number(L, "candidate", c->candidate);
  pl_set_number(L, "effect", c->effect);
  pl_set_boolean(L, "noise_known", c->noise_known);
  if (c->noise_known) {
    pl_set_number(L, "lo", c->lo);
    pl_set_number(L, "hi", c->hi);
    pl_set_number(L, "p", c->p);
  }
  pl_set_known(L, "difference", c->difference);
  pl_set_known(L, "error", c->error);
  if (c->more)
    pl_set_number(L, "more", (double)c->more);
  pl_set_text(L, "verdict", verdicts[c->verdict]);
}

static int stats_compare(lua_State *L)
{
  size_t n_base, n_candidate;
  luaL_checktype(L, 3, LUA_TTABLE);
  const double *base = pl_check_numbers(L, 1, 1, VALUES_MAX, &n_base), *candidate = pl_check_numbers(L, 2, 1, VALUES_MAX, &n_candidate);
  lua_getfield(L, 3, "limit");
  double limit = luaL_checknumber(L, -1);
  lua_getfield(L, 3, "better");
  bool lower = strcmp(luaL_checkstring(L, -1), "lower") == 0;
  pl_noise noise;
  bool has_noise = noise_at(L, 3, &noise);
  pl_comparison c;
  if (!pl_compare_with_noise(base, n_base, candidate, n_candidate, has_noise ? &noise : NULL, limit, lower, &c))
    return luaL_error(L, "compare: a value is not finite");
  push_comparison(L, &c);
  return 1;
}

/* The tallies of an array of failed, total, failed, total, ... */
static pl_tally *check_tallies(lua_State *L, int index, size_t *n)
{
  luaL_checktype(L, index, LUA_TTABLE);
  *n = lua_rawlen(L, index) / 2;
  luaL_argcheck(L, *n <= VALUES_MAX, index, "at most 1,000,000 runs");
  pl_tally *tallies = lua_newuserdatauv(L, (*n + 1) * sizeof *tallies, 0);
  for (size_t i = 0; i < *n; i++) {
    lua_Integer failed = integer_of(L, index, 2 * i), total = integer_of(L, index, 2 * i + 1);
    luaL_argcheck(L, failed >= 0 && total >= failed && total < (lua_Integer)1 << 53, index, "failures lie between 0 and their total");
    tallies[i] = (pl_tally){(uint64_t)failed, (uint64_t)total};
  }
  return tallies;
}

static int stats_error_ratios(lua_State *L)
{
  size_t n_base, n_candidate, n_history = 0;
  pl_comparison c;
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  lua_getfield(L, 3, "limit");
  double limit = luaL_checknumber(L, -1);
  const pl_tally *base = check_tallies(L, 1, &n_base), *candidate = check_tallies(L, 2, &n_candidate), *history = NULL;
  if (lua_getfield(L, 3, "history") != LUA_TNIL)
    history = check_tallies(L, lua_gettop(L), &n_history);
  if (!pl_compare_error_ratios(base, n_base, candidate, n_candidate, history, n_history, limit, &c))
    return luaL_error(L, "error_ratios: a side has no request");
  push_comparison(L, &c);
  return 1;
}

static int stats_runs_needed(lua_State *L)
{
  lua_Integer n = luaL_checkinteger(L, 1), m = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n > 0 && m > 0, 1, "at least one run a side");
  size_t more = pl_runs_needed((size_t)n, (size_t)m, luaL_checknumber(L, 3), luaL_checknumber(L, 4), luaL_checknumber(L, 5));
  if (!more)
    return 0;
  lua_pushinteger(L, (lua_Integer)more);
  return 1;
}

static int stats_two_samples(lua_State *L)
{
  static const char *const statistics[] = {"mean", "p99", NULL};
  size_t n_base, n_candidate;
  enum pl_statistic statistic = (enum pl_statistic)luaL_checkoption(L, 3, "mean", statistics);
  const double *base = pl_check_numbers(L, 1, 1, VALUES_MAX, &n_base), *candidate = pl_check_numbers(L, 2, 1, VALUES_MAX, &n_candidate);
  pl_two_samples r;
  int code = pl_compare_two_samples(pl_state_alloc(L), base, n_base, candidate, n_candidate, statistic, &r);
  if (code)
    return luaL_error(L, code == PL_ENOMEM ? "two_samples: out of memory" : "two_samples: a value is not finite");
  lua_createtable(L, 0, 8);
  pl_set_number(L, "baseline", r.baseline);
  pl_set_number(L, "candidate", r.candidate);
  pl_set_number(L, "difference", r.difference);
  pl_set_boolean(L, "noise_known", r.noise_known);
  if (r.noise_known) {
    pl_set_number(L, "lo", r.lo);
    pl_set_number(L, "hi", r.hi);
    pl_set_number(L, "p", r.p);
  }
  return 1;
}

static int stats_false_discoveries(lua_State *L)
{
  size_t n;
  const double *p = pl_check_numbers(L, 1, 1, VALUES_MAX, &n);
  luaL_argcheck(L, n <= 10000, 1, "at most 10,000 p-values");
  double *q = lua_newuserdatauv(L, n * sizeof *q, 0);
  pl_benjamini_hochberg(p, n, q);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushnumber(L, q[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int stats_ranks(lua_State *L)
{
  size_t n, m;
  const double *a = pl_check_numbers(L, 1, 1, VALUES_MAX, &n), *b = pl_check_numbers(L, 2, 1, VALUES_MAX, &m);
  pl_mann_whitney r;
  int code = pl_mann_whitney_test(pl_state_alloc(L), a, n, b, m, &r);
  if (code)
    return luaL_error(L, code == PL_ENOMEM ? "ranks: out of memory" : "ranks: a value is not finite");
  lua_createtable(L, 0, 6);
  pl_set_number(L, "u", r.u);
  pl_set_number(L, "p", r.p);
  pl_set_boolean(L, "exact", r.exact);
  pl_set_number(L, "shift", r.shift);
  pl_set_number(L, "lo", r.lo);
  pl_set_number(L, "hi", r.hi);
  return 1;
}

static int stats_course(lua_State *L)
{
  size_t n;
  bool unsettled;
  pl_trend trend;
  const double *x = pl_check_numbers(L, 1, 1, VALUES_MAX, &n);
  int code = pl_trend_of(pl_state_alloc(L), x, n, &trend);
  if (code == PL_EINVAL)
    return 0;
  if (code)
    return luaL_error(L, "course: out of memory");
  lua_createtable(L, 0, 5);
  pl_set_number(L, "warmup", (double)pl_warmup(x, n, &unsettled));
  pl_set_boolean(L, "unsettled", unsettled);
  pl_set_number(L, "slope", trend.slope);
  pl_set_number(L, "change", trend.change);
  pl_set_number(L, "p", trend.p);
  return 1;
}

/* Arrays of self times, times on the path, and stretches of the path. */
static void push_times(lua_State *L, const pl_span_times *times, size_t n, const pl_trace_path *path)
{
  lua_createtable(L, (int)n, 0);
  lua_createtable(L, (int)n, 0);
  lua_createtable(L, (int)(3 * path->n), 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushinteger(L, times[i].self_ns);
    lua_rawseti(L, -4, (lua_Integer)i + 1);
    lua_pushinteger(L, times[i].critical_ns);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
  }
  for (size_t i = 0; i < path->n; i++) {
    const pl_path_part *p = &path->parts[i];
    const lua_Integer numbers[] = {(lua_Integer)p->place + 1, p->from_ns, p->to_ns};
    for (size_t k = 0; k < 3; k++) {
      lua_pushinteger(L, numbers[k]);
      lua_rawseti(L, -2, (lua_Integer)(3 * i + k) + 1);
    }
  }
}

static int stats_trace_times(lua_State *L)
{
  for (int i = 1; i <= 3; i++)
    luaL_checktype(L, i, LUA_TTABLE);
  size_t n = lua_rawlen(L, 1);
  luaL_argcheck(L, n <= VALUES_MAX && lua_rawlen(L, 2) == n && lua_rawlen(L, 3) == n, 1, "three arrays of at most 1,000,000 numbers");
  pl_timed_span *spans = lua_newuserdatauv(L, (n + 1) * sizeof *spans, 0);
  pl_span_times *times = lua_newuserdatauv(L, (n + 1) * sizeof *times, 0);
  pl_trace_path path = {.parts = lua_newuserdatauv(L, (2 * n + 1) * sizeof *path.parts, 0)};
  for (size_t i = 0; i < n; i++) {
    spans[i] = (pl_timed_span){integer_of(L, 1, i), integer_of(L, 2, i), integer_of(L, 3, i) - 1};
    luaL_argcheck(L, spans[i].end_ns >= spans[i].start_ns, 2, "a span ends before it begins");
  }
  int code = pl_trace_times(pl_state_alloc(L), spans, n, times, &path);
  if (code)
    return luaL_error(L, code == PL_ENOMEM ? "trace_times: out of memory" : "trace_times: a parent is none of the spans");
  push_times(L, times, n, &path);
  return 3;
}

int pl_open_stats(lua_State *L)
{
  static const luaL_Reg functions[] = {{"compare", stats_compare}, {"error_ratios", stats_error_ratios}, {"runs_needed", stats_runs_needed}, {"two_samples", stats_two_samples}, {"trace_times", stats_trace_times},
                                       {"false_discoveries", stats_false_discoveries}, {"ranks", stats_ranks}, {"course", stats_course}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

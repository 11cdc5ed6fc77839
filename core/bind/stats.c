/* perilune.core.stats: compare(base values, candidate values, { limit, better = "lower" | "higher" }) -> { baseline,
 * candidate, effect, noise_known, lo, hi, p, verdict = "same" | "improved" | "regressed" | "inconclusive" } ·
 * two_samples(base values, candidate values, "mean" | "p99") -> { baseline, candidate, difference, noise_known, lo, hi, p }. */
#include <lauxlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/two_samples.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "script/state.h"

/* The numbers of the array at index, in memory of the state (left on the stack). */
static const double *numbers_at(lua_State *L, int index, size_t *n)
{
  luaL_checktype(L, index, LUA_TTABLE);
  *n = lua_rawlen(L, index);
  luaL_argcheck(L, *n > 0 && *n <= 1000000, index, "1 to 1,000,000 numbers");
  double *values = lua_newuserdatauv(L, *n * sizeof *values, 0);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    luaL_argcheck(L, lua_isnumber(L, -1), index, "a value is no number");
    values[i] = lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return values;
}

static int stats_compare(lua_State *L)
{
  static const char *const verdicts[] = {"same", "improved", "regressed", "inconclusive"};
  size_t n_base, n_candidate;
  luaL_checktype(L, 3, LUA_TTABLE);
  const double *base = numbers_at(L, 1, &n_base), *candidate = numbers_at(L, 2, &n_candidate);
  lua_getfield(L, 3, "limit");
  double limit = luaL_checknumber(L, -1);
  lua_getfield(L, 3, "better");
  bool lower = strcmp(luaL_checkstring(L, -1), "lower") == 0;
  pl_comparison c;
  if (!pl_compare(base, n_base, candidate, n_candidate, limit, lower, &c))
    return luaL_error(L, "compare: a value is not finite");
  lua_createtable(L, 0, 8);
  pl_set_number(L, "baseline", c.baseline);
  pl_set_number(L, "candidate", c.candidate);
  pl_set_number(L, "effect", c.effect);
  pl_set_boolean(L, "noise_known", c.noise_known);
  if (c.noise_known) {
    pl_set_number(L, "lo", c.lo);
    pl_set_number(L, "hi", c.hi);
    pl_set_number(L, "p", c.p);
  }
  pl_set_text(L, "verdict", verdicts[c.verdict]);
  return 1;
}

static int stats_two_samples(lua_State *L)
{
  static const char *const statistics[] = {"mean", "p99", NULL};
  size_t n_base, n_candidate;
  enum pl_statistic statistic = (enum pl_statistic)luaL_checkoption(L, 3, "mean", statistics);
  const double *base = numbers_at(L, 1, &n_base), *candidate = numbers_at(L, 2, &n_candidate);
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

int pl_open_stats(lua_State *L)
{
  static const luaL_Reg functions[] = {{"compare", stats_compare}, {"two_samples", stats_two_samples}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

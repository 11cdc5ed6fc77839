/* perilune.core.samples: what single samples and pairs of them say. Arrays of finite numbers in, tables out; the Lua above has checked them.
 * describe(x) -> { n, mean, deviation, min, max, median, qn, lag1, effective } · quantile(x, p, level) -> { value, lo, hi, covered,
 * open_below, open_above } · welch(a, b) -> { difference, t, freedom, p, lo, hi } · kolmogorov_smirnov(a, b) -> { d, p, exact } ·
 * anderson_darling(a, b) -> { statistic, p, at_most, at_least }, nil where all values are equal · permutation(a, b, rounds, seed) -> p ·
 * proportions(hits of a, n, hits of b, m) -> { difference, lo, hi, p, exact } · bootstrap(x, "mean" | "median" | p, { rounds, level, seed,
 * block = nil: of independent values; 0: found }) -> { value, lo, hi, error } · quantile_ratio(values, lengths of runs, values, lengths, p,
 * { rounds, level, seed }) -> the same. */
#include <lauxlib.h>
#include <string.h>

#include "analysis/anderson_darling.h"
#include "analysis/bootstrap.h"
#include "analysis/effective_size.h"
#include "analysis/kolmogorov_smirnov.h"
#include "analysis/moments.h"
#include "analysis/order.h"
#include "analysis/proportions.h"
#include "analysis/quantile_ratio.h"
#include "analysis/resample.h"
#include "analysis/scale.h"
#include "analysis/welch.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "script/state.h"

enum { VALUES_MAX = 1000000 };

static int describe(lua_State *L)
{
  size_t n;
  double *x = pl_check_numbers(L, 1, 1, VALUES_MAX, &n);
  pl_moments m = {0};
  for (size_t i = 0; i < n; i++)
    (void)pl_moments_add(&m, x[i]);
  lua_createtable(L, 0, 9);
  pl_set_count(L, "n", n);
  pl_set_number(L, "mean", m.mean);
  pl_set_number(L, "deviation", pl_deviation(x, n));
  pl_set_number(L, "min", m.lo);
  pl_set_number(L, "max", m.hi);
  pl_set_number(L, "lag1", pl_autocorrelation(x, n, 1));
  pl_set_number(L, "effective", pl_effective_size(x, n));
  pl_sort(x, n);
  pl_set_number(L, "median", pl_median_sorted(x, n));
  pl_set_number(L, "qn", pl_qn(x, n));
  return 1;
}

static int quantile(lua_State *L)
{
  size_t n;
  double *x = pl_check_numbers(L, 1, 1, VALUES_MAX, &n), p = luaL_checknumber(L, 2), level = luaL_checknumber(L, 3);
  pl_order_interval q;
  pl_sort(x, n);
  if (!pl_order_quantile(x, n, p, level, &q))
    return luaL_error(L, "quantile: p or level is out of range");
  lua_createtable(L, 0, 6);
  pl_set_number(L, "value", q.value);
  pl_set_number(L, "lo", q.lo);
  pl_set_number(L, "hi", q.hi);
  pl_set_number(L, "covered", q.covered);
  pl_set_boolean(L, "open_below", q.open_below);
  pl_set_boolean(L, "open_above", q.open_above);
  return 1;
}

static int welch(lua_State *L)
{
  size_t n, m;
  const double *a = pl_check_numbers(L, 1, 2, VALUES_MAX, &n), *b = pl_check_numbers(L, 2, 2, VALUES_MAX, &m);
  pl_welch w;
  if (!pl_welch_test(a, n, b, m, &w))
    return luaL_error(L, "welch: a value is not finite");
  lua_createtable(L, 0, 6);
  pl_set_number(L, "difference", w.difference);
  pl_set_number(L, "t", w.t);
  pl_set_number(L, "freedom", w.freedom);
  pl_set_number(L, "p", w.p);
  pl_set_number(L, "lo", w.lo);
  pl_set_number(L, "hi", w.hi);
  return 1;
}

static int kolmogorov_smirnov(lua_State *L)
{
  size_t n, m;
  double *a = pl_check_numbers(L, 1, 1, VALUES_MAX, &n), *b = pl_check_numbers(L, 2, 1, VALUES_MAX, &m);
  pl_kolmogorov_smirnov ks;
  pl_sort(a, n);
  pl_sort(b, m);
  int code = pl_kolmogorov_smirnov_test(pl_state_alloc(L), a, n, b, m, &ks);
  if (code)
    return luaL_error(L, code == PL_ENOMEM ? "kolmogorov_smirnov: out of memory" : "kolmogorov_smirnov: a value is no number");
  lua_createtable(L, 0, 3);
  pl_set_number(L, "d", ks.d);
  pl_set_number(L, "p", ks.p);
  pl_set_boolean(L, "exact", ks.exact);
  return 1;
}

static int anderson_darling(lua_State *L)
{
  size_t n, m;
  double *a = pl_check_numbers(L, 1, 2, VALUES_MAX, &n), *b = pl_check_numbers(L, 2, 2, VALUES_MAX, &m);
  pl_anderson_darling ad;
  pl_sort(a, n);
  pl_sort(b, m);
  if (!pl_anderson_darling_test(a, n, b, m, &ad))
    return 0;
  lua_createtable(L, 0, 4);
  pl_set_number(L, "statistic", ad.statistic);
  pl_set_number(L, "p", ad.p);
  pl_set_boolean(L, "at_most", ad.at_most);
  pl_set_boolean(L, "at_least", ad.at_least);
  return 1;
}

static int permutation(lua_State *L)
{
  size_t n, m;
  const double *a = pl_check_numbers(L, 1, 1, VALUES_MAX, &n), *b = pl_check_numbers(L, 2, 1, VALUES_MAX, &m);
  lua_Integer rounds = luaL_checkinteger(L, 3), seed = luaL_checkinteger(L, 4);
  double p;
  int code = pl_permutation_p(pl_state_alloc(L), a, n, b, m, (size_t)rounds, (uint64_t)seed, &p);
  if (code)
    return luaL_error(L, code == PL_ENOMEM ? "permutation: out of memory" : "permutation: a value is not finite, or rounds are out of range");
  lua_pushnumber(L, p);
  return 1;
}

static int proportions(lua_State *L)
{
  lua_Integer v[4];
  pl_proportions r;
  for (int i = 0; i < 4; i++) {
    v[i] = luaL_checkinteger(L, i + 1);
    luaL_argcheck(L, v[i] >= 0 && v[i] < (lua_Integer)1 << 53, i + 1, "a count from 0 to 2^53");
  }
  if (!pl_proportions_test((uint64_t)v[0], (uint64_t)v[1], (uint64_t)v[2], (uint64_t)v[3], &r))
    return luaL_error(L, "proportions: hits are at most their tries, of which there is one at least");
  lua_createtable(L, 0, 5);
  pl_set_number(L, "difference", r.difference);
  pl_set_number(L, "lo", r.lo);
  pl_set_number(L, "hi", r.hi);
  pl_set_number(L, "p", r.p);
  pl_set_boolean(L, "exact", r.exact);
  return 1;
}

/* { rounds, level, seed } at index. */
static pl_resample_options check_options(lua_State *L, int index)
{
  pl_resample_options o;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_getfield(L, index, "rounds");
  lua_getfield(L, index, "level");
  lua_getfield(L, index, "seed");
  o = (pl_resample_options){.rounds = (size_t)luaL_checkinteger(L, -3), .level = luaL_checknumber(L, -2), .seed = (uint64_t)luaL_checkinteger(L, -1)};
  lua_pop(L, 3);
  return o;
}

/* The result of what drew again, or an error. */
static int push_resampled(lua_State *L, int code, const pl_resampled *r)
{
  if (code)
    return luaL_error(L, code == PL_ENOMEM ? "resampling: out of memory" : "resampling: a value or an option is out of range");
  lua_createtable(L, 0, 4);
  pl_set_number(L, "value", r->value);
  pl_set_number(L, "lo", r->lo);
  pl_set_number(L, "hi", r->hi);
  pl_set_number(L, "error", r->error);
  return 1;
}

static int bootstrap(lua_State *L)
{
  size_t n;
  const double *x = pl_check_numbers(L, 1, 1, VALUES_MAX, &n);
  double p = 0.5;
  pl_statistic_fn statistic = pl_statistic_quantile;
  if (lua_type(L, 2) == LUA_TNUMBER)
    p = lua_tonumber(L, 2);
  else
    statistic = strcmp(luaL_checkstring(L, 2), "mean") == 0 ? pl_statistic_mean : pl_statistic_median;
  luaL_argcheck(L, p >= 0 && p <= 1, 2, "between 0 and 1");
  pl_resample_options o = check_options(L, 3);
  pl_resampled r;
  if (lua_getfield(L, 3, "block") == LUA_TNIL)
    return push_resampled(L, pl_bootstrap_bca(pl_state_alloc(L), x, n, statistic, &p, &o, &r), &r);
  size_t block = (size_t)luaL_checkinteger(L, -1);
  return push_resampled(L, pl_bootstrap_blocks(pl_state_alloc(L), x, n, block, statistic, &p, &o, &r), &r);
}

/* The runs whose values stand at index, and whose lengths at index + 1. */
static pl_run_values check_runs(lua_State *L, int index)
{
  size_t n, runs, sum = 0;
  const double *x = pl_check_numbers(L, index, 1, VALUES_MAX, &n), *lengths = pl_check_numbers(L, index + 1, 1, VALUES_MAX, &runs);
  size_t *length = lua_newuserdatauv(L, runs * sizeof *length, 0);
  for (size_t i = 0; i < runs; i++) {
    luaL_argcheck(L, lengths[i] >= 1 && lengths[i] <= (double)n, index + 1, "a run's length is out of range");
    length[i] = (size_t)lengths[i];
    sum += length[i];
  }
  luaL_argcheck(L, sum == n, index + 1, "the runs' lengths add up to another number of values");
  return (pl_run_values){x, length, runs};
}

static int quantile_ratio(lua_State *L)
{
  double p = luaL_checknumber(L, 5);
  pl_resample_options o = check_options(L, 6);
  pl_run_values base = check_runs(L, 1), candidate = check_runs(L, 3);
  pl_resampled r;
  return push_resampled(L, pl_quantile_ratio(pl_state_alloc(L), &base, &candidate, p, &o, &r), &r);
}

int pl_open_samples(lua_State *L)
{
  static const luaL_Reg functions[] = {{"describe", describe}, {"quantile", quantile}, {"welch", welch}, {"kolmogorov_smirnov", kolmogorov_smirnov},
                                       {"anderson_darling", anderson_darling}, {"permutation", permutation}, {"proportions", proportions},
                                       {"bootstrap", bootstrap}, {"quantile_ratio", quantile_ratio}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

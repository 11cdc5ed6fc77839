/* perilune.core.experience: what users met (analysis/experience). apdex(latencies, t, tolerating | nil) · apdex_of(satisfied, tolerating, frustrated) ->
 * { score, lo, hi, rating, samples, few } · budget(totals, bads, objective) -> { total, bad, attained, used, left, rate, met } ·
 * burn_rates(totals, bads, step seconds, objective) -> { { long_s, short_s, limit, severity, long_rate, short_rate, whole, firing } ... } ·
 * lasts(left, rate, period seconds) -> seconds · affected(bads, least) -> { users, affected, share, lo, hi }. Intervals are of 95 %. Numbers that are
 * not known are left out; nil, err for what has no answer. */
#include <lauxlib.h>

#include "analysis/experience/affected.h"
#include "analysis/experience/apdex.h"
#include "analysis/experience/budget.h"
#include "bind/bind.h"
#include "bind/modules.h"

enum { VALUES_MAX = 10000000 };

static const double z_95 = 1.959963984540054;

static int push_apdex(lua_State *L, const uint64_t counts[3])
{
  pl_apdex a;
  pl_apdex_of(counts[0], counts[1], counts[2], z_95, &a);
  lua_createtable(L, 0, 6);
  pl_set_known(L, "score", a.score);
  pl_set_known(L, "lo", a.lo);
  pl_set_known(L, "hi", a.hi);
  pl_set_text(L, "rating", a.rating);
  pl_set_count(L, "samples", a.samples);
  pl_set_boolean(L, "few", a.few);
  return 1;
}

static int experience_apdex(lua_State *L)
{
  size_t n;
  uint64_t counts[3];
  pl_error err = {0};
  double t = luaL_checknumber(L, 2), tolerating = luaL_optnumber(L, 3, 0);
  const double *latencies = pl_check_numbers(L, 1, 0, VALUES_MAX, &n);
  if (pl_apdex_count(latencies, n, t, tolerating, counts, &err))
    return pl_push_failure(L, &err);
  return push_apdex(L, counts);
}

static int experience_apdex_of(lua_State *L)
{
  uint64_t counts[3];
  for (int i = 0; i < 3; i++) {
    lua_Integer v = luaL_checkinteger(L, i + 1);
    luaL_argcheck(L, v >= 0 && v <= (lua_Integer)1 << 53, i + 1, "a count");
    counts[i] = (uint64_t)v;
  }
  return push_apdex(L, counts);
}

static int experience_budget(lua_State *L)
{
  size_t n, n_bad;
  pl_error err = {0};
  pl_budget b;
  double objective = luaL_checknumber(L, 3);
  const double *total = pl_check_numbers(L, 1, 0, VALUES_MAX, &n), *bad = pl_check_numbers(L, 2, 0, VALUES_MAX, &n_bad);
  luaL_argcheck(L, n == n_bad, 2, "as many steps as totals");
  if (pl_budget_of(total, bad, n, objective, &b, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 7);
  pl_set_number(L, "total", b.total);
  pl_set_number(L, "bad", b.bad);
  pl_set_known(L, "attained", b.attained);
  pl_set_number(L, "used", b.used);
  pl_set_number(L, "left", b.left);
  pl_set_known(L, "rate", b.rate);
  pl_set_boolean(L, "met", b.met);
  return 1;
}

static int experience_burn_rates(lua_State *L)
{
  enum { RULES = sizeof pl_burn_rules / sizeof *pl_burn_rules };
  size_t n, n_bad;
  pl_error err = {0};
  pl_burn burns[RULES];
  double step_s = luaL_checknumber(L, 3), objective = luaL_checknumber(L, 4);
  const double *total = pl_check_numbers(L, 1, 0, VALUES_MAX, &n), *bad = pl_check_numbers(L, 2, 0, VALUES_MAX, &n_bad);
  luaL_argcheck(L, n == n_bad, 2, "as many steps as totals");
  if (pl_burn_rates(total, bad, n, step_s, objective, pl_burn_rules, RULES, burns, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, RULES, 0);
  for (int i = 0; i < RULES; i++) {
    lua_createtable(L, 0, 8);
    pl_set_number(L, "long_s", pl_burn_rules[i].long_s);
    pl_set_number(L, "short_s", pl_burn_rules[i].short_s);
    pl_set_number(L, "limit", pl_burn_rules[i].rate);
    pl_set_text(L, "severity", pl_burn_rules[i].severity);
    pl_set_known(L, "long_rate", burns[i].long_rate);
    pl_set_known(L, "short_rate", burns[i].short_rate);
    pl_set_boolean(L, "whole", burns[i].whole);
    pl_set_boolean(L, "firing", burns[i].firing);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static int experience_lasts(lua_State *L)
{
  lua_pushnumber(L, pl_budget_lasts(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checknumber(L, 3)));
  return 1;
}

static int experience_affected(lua_State *L)
{
  size_t n;
  pl_error err = {0};
  pl_affected a;
  double least = luaL_optnumber(L, 2, 1);
  const double *bad = pl_check_numbers(L, 1, 0, VALUES_MAX, &n);
  if (pl_affected_users(bad, n, least, z_95, &a, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 5);
  pl_set_count(L, "users", a.users);
  pl_set_count(L, "affected", a.affected);
  pl_set_known(L, "share", a.share);
  pl_set_known(L, "lo", a.lo);
  pl_set_known(L, "hi", a.hi);
  return 1;
}

int pl_open_experience(lua_State *L)
{
  static const luaL_Reg functions[] = {{"apdex", experience_apdex}, {"apdex_of", experience_apdex_of}, {"budget", experience_budget}, {"burn_rates", experience_burn_rates},
                                       {"lasts", experience_lasts}, {"affected", experience_affected}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

/* perilune.core.capacity: models of capacity (analysis/capacity). Each gives a table, or nil, err for what has no answer; numbers that are not known
 * are left out. usl(loads, throughputs, { amdahl, level }) · mmc(lambda, mu, c) · mmck(lambda, mu, c, k) · mg1(lambda, service, cs2) ·
 * ggc(lambda, mu, c, ca2, cs2) · mva(demands, think, users, { servers = { ... }, curve }) · staffing(lambda, mu, level, t, whole) ·
 * quantile(lambda, mu, c, p, whole) -> time · knee(x, y, { convex, decreasing, s }) · demand(throughputs, utilisations, { level, ceiling }) ·
 * first_to_end(x_maxes) -> index | nil: which ends at the least throughput, infinite ones never ·
 * little(inside, throughput, time, tolerance) · what_if(demands, servers, think, users, changes) -> demands, servers, think, users */
#include <lauxlib.h>
#include <math.h>

#include "analysis/capacity/demand.h"
#include "analysis/capacity/ggc.h"
#include "analysis/capacity/kneedle.h"
#include "analysis/capacity/mmck.h"
#include "analysis/capacity/operational.h"
#include "analysis/capacity/staffing.h"
#include "analysis/capacity/usl.h"
#include "analysis/capacity/what_if.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "script/state.h"

enum { VALUES_MAX = 1000000 };

static double number_field(lua_State *L, int index, const char *name, double otherwise)
{
  if (lua_isnoneornil(L, index))
    return otherwise;
  lua_getfield(L, index, name);
  double v = luaL_optnumber(L, -1, otherwise);
  lua_pop(L, 1);
  return v;
}

static bool boolean_field(lua_State *L, int index, const char *name)
{
  return !lua_isnoneornil(L, index) && pl_get_boolean(L, index, name);
}

static void set_estimate(lua_State *L, const char *name, const pl_estimate *e)
{
  if (isnan(e->value))
    return;
  lua_createtable(L, 0, 4);
  pl_set_number(L, "value", e->value);
  pl_set_known(L, "se", e->se);
  pl_set_known(L, "lo", e->lo);
  pl_set_known(L, "hi", e->hi);
  lua_setfield(L, -2, name);
}

static int capacity_usl(lua_State *L)
{
  size_t n, n_x;
  pl_error err = {0};
  pl_usl u;
  lua_settop(L, 3); /* options stay where they are */
  const double *loads = pl_check_numbers(L, 1, 0, VALUES_MAX, &n), *x = pl_check_numbers(L, 2, 0, VALUES_MAX, &n_x);
  luaL_argcheck(L, n == n_x, 2, "as many throughputs as loads");
  if (pl_usl_fit(loads, x, n, boolean_field(L, 3, "amdahl"), number_field(L, 3, "level", 0.95), &u, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 14);
  set_estimate(L, "alpha", &u.alpha);
  set_estimate(L, "beta", &u.beta);
  set_estimate(L, "gamma", &u.gamma);
  set_estimate(L, "peak_n", &u.peak_n);
  set_estimate(L, "peak_x", &u.peak_x);
  set_estimate(L, "limit", &u.limit);
  pl_set_number(L, "rss", u.rss);
  pl_set_known(L, "sigma", u.sigma);
  pl_set_known(L, "t_one_sided", u.t_one_sided);
  pl_set_count(L, "n", u.n);
  pl_set_count(L, "distinct", u.distinct);
  pl_set_count(L, "freedom", u.freedom);
  pl_set_known(L, "superlinear", u.superlinear < 0 ? u.superlinear : NAN);
  pl_set_boolean(L, "alpha_at_bound", u.alpha_at_bound);
  pl_set_boolean(L, "beta_at_bound", u.beta_at_bound);
  return 1;
}

static int push_queue(lua_State *L, const pl_queue *q)
{
  lua_createtable(L, 0, 8);
  pl_set_number(L, "rho", q->rho);
  pl_set_number(L, "erlang_b", q->erlang_b);
  pl_set_number(L, "erlang_c", q->erlang_c);
  pl_set_boolean(L, "stable", q->stable);
  pl_set_number(L, "lq", q->lq);
  pl_set_number(L, "l", q->l);
  pl_set_number(L, "wq", q->wq);
  pl_set_number(L, "w", q->w);
  return 1;
}

static int capacity_mmc(lua_State *L)
{
  pl_error err = {0};
  pl_queue q;
  if (pl_mmc(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checkinteger(L, 3), &q, &err))
    return pl_push_failure(L, &err);
  return push_queue(L, &q);
}

static int capacity_mg1(lua_State *L)
{
  pl_error err = {0};
  pl_queue q;
  if (pl_mg1(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checknumber(L, 3), &q, &err))
    return pl_push_failure(L, &err);
  return push_queue(L, &q);
}

static int capacity_ggc(lua_State *L)
{
  pl_error err = {0};
  pl_queue q;
  if (pl_ggc(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checkinteger(L, 3), luaL_checknumber(L, 4), luaL_checknumber(L, 5), &q, &err))
    return pl_push_failure(L, &err);
  return push_queue(L, &q);
}

static int capacity_quantile(lua_State *L)
{
  double lambda = luaL_checknumber(L, 1), mu = luaL_checknumber(L, 2), p = luaL_checknumber(L, 4);
  lua_Integer c = luaL_checkinteger(L, 3);
  pl_error err = {0};
  pl_queue q;
  luaL_argcheck(L, p > 0 && p < 1, 4, "between 0 and 1");
  if (pl_mmc(lambda, mu, c, &q, &err))
    return pl_push_failure(L, &err);
  lua_pushnumber(L, pl_mmc_quantile(&q, lambda, mu, c, p, lua_toboolean(L, 5)));
  return 1;
}

static int capacity_mmck(lua_State *L)
{
  pl_error err = {0};
  pl_bounded_queue q;
  if (pl_mmck(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checkinteger(L, 3), luaL_checkinteger(L, 4), &q, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 7);
  pl_set_number(L, "rho", q.rho);
  pl_set_number(L, "p_block", q.p_block);
  pl_set_number(L, "throughput", q.throughput);
  pl_set_number(L, "lq", q.lq);
  pl_set_number(L, "l", q.l);
  pl_set_number(L, "wq", q.wq);
  pl_set_number(L, "w", q.w);
  return 1;
}

static void set_numbers(lua_State *L, const char *name, const double *values, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushnumber(L, values[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

/* Stations of the demands at index, with the servers of the array at servers (0: there is none; one each). */
static pl_station *stations_at(lua_State *L, int index, int servers, size_t *n)
{
  const double *demands = pl_check_numbers(L, index, 0, VALUES_MAX, n);
  size_t n_servers = servers ? lua_rawlen(L, servers) : 0;
  luaL_argcheck(L, !servers || n_servers == *n, index, "as many servers as demands");
  pl_station *s = lua_newuserdatauv(L, (*n + 1) * sizeof *s, 0);
  for (size_t i = 0; i < *n; i++) {
    s[i] = (pl_station){demands[i], 1};
    if (!servers)
      continue;
    lua_rawgeti(L, servers, (lua_Integer)i + 1);
    s[i].servers = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
  }
  return s;
}

static int capacity_mva(lua_State *L)
{
  double think = luaL_checknumber(L, 2), *curve = NULL;
  lua_Integer users = luaL_checkinteger(L, 3);
  size_t n;
  pl_error err = {0};
  pl_network net;
  lua_settop(L, 4);
  int servers = lua_isnil(L, 4) || lua_getfield(L, 4, "servers") != LUA_TTABLE ? 0 : lua_gettop(L);
  const pl_station *s = stations_at(L, 1, servers, &n);
  double *numbers = lua_newuserdatauv(L, (2 * n + 1) * sizeof *numbers, 0);
  if (boolean_field(L, 4, "curve")) {
    luaL_argcheck(L, users >= 0 && users <= VALUES_MAX, 3, "a curve of at most 1,000,000 users");
    curve = lua_newuserdatauv(L, (2 * (size_t)users + 1) * sizeof *curve, 0);
  }
  if (pl_mva(pl_state_alloc(L), s, n, think, users, &net, numbers, numbers + n, curve, curve ? curve + users : NULL, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 10);
  pl_set_number(L, "x", net.x);
  pl_set_number(L, "r", net.r);
  pl_set_number(L, "x_max", net.x_max);
  pl_set_number(L, "n_star", net.n_star);
  pl_set_count(L, "bottleneck", net.bottleneck + 1);
  pl_set_boolean(L, "exact", net.exact);
  set_numbers(L, "utilisation", numbers, n);
  set_numbers(L, "queue", numbers + n, n);
  if (curve) {
    set_numbers(L, "xs", curve, (size_t)users);
    set_numbers(L, "rs", curve + users, (size_t)users);
  }
  return 1;
}

static int capacity_staffing(lua_State *L)
{
  pl_error err = {0};
  int64_t servers;
  double p;
  if (pl_staffing(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checknumber(L, 3), luaL_checknumber(L, 4), lua_toboolean(L, 5), &servers, &p, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 2);
  pl_set_integer(L, "c", servers);
  pl_set_number(L, "p", p);
  return 1;
}

static int capacity_knee(lua_State *L)
{
  size_t n, n_y;
  pl_error err = {0};
  pl_knee knee;
  lua_settop(L, 3);
  const double *x = pl_check_numbers(L, 1, 0, VALUES_MAX, &n), *y = pl_check_numbers(L, 2, 0, VALUES_MAX, &n_y);
  luaL_argcheck(L, n == n_y, 2, "as many y as x");
  double *all = lua_newuserdatauv(L, (n + 1) * sizeof *all, 0);
  pl_curve curve = {x, y, n, boolean_field(L, 3, "convex"), boolean_field(L, 3, "decreasing"), number_field(L, 3, "s", 1)};
  if (pl_kneedle(pl_state_alloc(L), &curve, &knee, all, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 5);
  pl_set_boolean(L, "found", knee.found);
  pl_set_known(L, "x", knee.x);
  pl_set_known(L, "y", knee.y);
  pl_set_text(L, "why", knee.why);
  set_numbers(L, "all", all, knee.n_all);
  return 1;
}

static int capacity_demand(lua_State *L)
{
  size_t n, n_u;
  pl_error err = {0};
  pl_demand d;
  lua_settop(L, 3);
  const double *x = pl_check_numbers(L, 1, 0, VALUES_MAX, &n), *u = pl_check_numbers(L, 2, 0, VALUES_MAX, &n_u);
  luaL_argcheck(L, n == n_u, 2, "as many utilisations as throughputs");
  if (pl_demand_fit(x, u, n, number_field(L, 3, "level", 0.95), number_field(L, 3, "ceiling", 1), &d, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 9);
  pl_set_number(L, "demand", d.demand);
  pl_set_known(L, "demand_lo", d.demand_lo);
  pl_set_known(L, "demand_hi", d.demand_hi);
  pl_set_number(L, "idle", d.idle);
  pl_set_known(L, "r2", d.r2);
  pl_set_number(L, "x_max", d.x_max);
  pl_set_known(L, "x_max_lo", d.x_max_lo);
  pl_set_known(L, "x_max_hi", d.x_max_hi);
  pl_set_boolean(L, "varied", d.varied);
  return 1;
}

/* Which of the resources, told by the throughputs at which they end, is the first. */
static int capacity_first_to_end(lua_State *L)
{
  size_t n;
  const double *x = pl_check_numbers(L, 1, 0, VALUES_MAX, &n);
  pl_demand *demands = lua_newuserdatauv(L, (n + 1) * sizeof *demands, 0);
  for (size_t i = 0; i < n; i++)
    demands[i] = (pl_demand){.x_max = x[i]};
  size_t first = pl_first_to_end(demands, n);
  if (first == n)
    return 0;
  lua_pushinteger(L, (lua_Integer)first + 1);
  return 1;
}

static int capacity_little(lua_State *L)
{
  pl_little_check c = pl_check_littles_law(luaL_checknumber(L, 1), luaL_checknumber(L, 2), luaL_checknumber(L, 3), luaL_checknumber(L, 4));
  lua_createtable(L, 0, 4);
  pl_set_boolean(L, "known", c.known);
  pl_set_boolean(L, "holds", c.holds);
  pl_set_known(L, "expected", c.expected);
  pl_set_known(L, "off", c.off);
  return 1;
}

/* One of the changes at the top: { users, think, station, servers, speed }. */
static pl_network_change change_at(lua_State *L)
{
  int at = lua_gettop(L);
  luaL_checktype(L, at, LUA_TTABLE);
  double users = number_field(L, at, "users", -1), station = number_field(L, at, "station", 1), servers = number_field(L, at, "servers", 0);
  if (!(users >= -1 && users <= PL_USERS_MAX && station >= 1 && station <= PL_STATIONS_MAX && servers >= 0 && servers <= PL_USERS_MAX))
    luaL_error(L, "what_if: users, station and servers are counts within their limits");
  return (pl_network_change){(int64_t)users, number_field(L, at, "think", NAN), (size_t)station - 1, (int64_t)servers, number_field(L, at, "speed", 0)};
}

static int capacity_what_if(lua_State *L)
{
  double think = luaL_checknumber(L, 3);
  int64_t users = luaL_checkinteger(L, 4);
  size_t n;
  pl_error err = {0};
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 5, LUA_TTABLE);
  pl_station *s = stations_at(L, 1, 2, &n);
  lua_Integer n_changes = (lua_Integer)lua_rawlen(L, 5);
  for (lua_Integer i = 1; i <= n_changes; i++) {
    lua_rawgeti(L, 5, i);
    pl_network_change c = change_at(L);
    if (pl_what_if(s, n, &think, &users, &c, 1, &err))
      return pl_push_failure(L, &err);
    lua_pop(L, 1);
  }
  lua_createtable(L, (int)n, 0);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushnumber(L, s[i].demand);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    lua_pushinteger(L, s[i].servers);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushnumber(L, think);
  lua_pushinteger(L, users);
  return 4;
}

int pl_open_capacity(lua_State *L)
{
  static const luaL_Reg functions[] = {{"usl", capacity_usl},           {"mmc", capacity_mmc},       {"mmck", capacity_mmck},     {"mg1", capacity_mg1},
                                       {"ggc", capacity_ggc},           {"quantile", capacity_quantile}, {"mva", capacity_mva},   {"staffing", capacity_staffing},
                                       {"knee", capacity_knee},         {"demand", capacity_demand}, {"first_to_end", capacity_first_to_end}, {"little", capacity_little}, {"what_if", capacity_what_if},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

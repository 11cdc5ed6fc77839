/* perilune.core.outlook: grid(times: s, values, step or nil) -> grid | nil, err. grid:facts() -> { n, start, step, missing, repeated, ignored, last,
 * last_time } · :values() -> list, false for a gap · :daily("mean" | "max" | "min" | "p95", offset: s) -> grid | nil, err ·
 * :periods(columns: what is in their steps is no season's | nil) -> list of steps ·
 * :look{ horizon, level, seasons, found = whether they are those of :periods(), ceiling, columns = lists of steps from 1 at which each regressor is 1 } -> outlook | nil, err.
 * outlook:facts() -> { model, weights, slope, shares, origins, tested, mase, naive_mase, coverage, steps = list of { index: of a value from 0, size } } · :values() -> mean, lo, hi · :interval(level) -> lo, hi ·
 * :crosses(lo, hi, falls) -> crossing. crossing:facts() -> { p10, p50, p90: steps, nil: not within the horizon; chance } · :within(steps) -> chance. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "analysis/forecast/crossing.h"
#include "analysis/forecast/daily.h"
#include "analysis/forecast/grid.h"
#include "analysis/forecast/outlook.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "script/state.h"

enum { VALUES_MAX = 16777216 };

static const char grid_name[] = "perilune.grid", outlook_name[] = "perilune.outlook", crossing_name[] = "perilune.crossing";

/* What is looked ahead of, with the value that the series had last. */
typedef struct outlook {
  pl_outlook o;
  double last;
} outlook;

static int grid_gc(lua_State *L)
{
  pl_grid_free(pl_state_alloc(L), luaL_checkudata(L, 1, grid_name));
  return 0;
}

static int outlook_gc(lua_State *L)
{
  pl_outlook_free(pl_state_alloc(L), &((outlook *)luaL_checkudata(L, 1, outlook_name))->o);
  return 0;
}

static int crossing_gc(lua_State *L)
{
  pl_crossing_free(pl_state_alloc(L), luaL_checkudata(L, 1, crossing_name));
  return 0;
}

static void push_list(lua_State *L, const double *values, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    if (isnan(values[i]))
      lua_pushboolean(L, 0);
    else
      lua_pushnumber(L, values[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_grid_class(lua_State *L);

/* A grid of the state, empty. */
static pl_grid *push_grid(lua_State *L)
{
  pl_grid *g = lua_newuserdatauv(L, sizeof *g, 0);
  *g = (pl_grid){0};
  push_grid_class(L);
  lua_setmetatable(L, -2);
  return g;
}

static int fail(lua_State *L, int code, const char *why)
{
  pl_error err = {0};
  pl_fail(&err, code, "%s", code == PL_ENOMEM ? "out of memory" : why);
  return pl_push_failure(L, &err);
}

static int open_grid(lua_State *L)
{
  size_t n, n_values;
  double step = luaL_optnumber(L, 3, 0);
  lua_settop(L, 2);
  const double *time = pl_check_numbers(L, 1, 1, VALUES_MAX, &n), *value = pl_check_numbers(L, 2, 1, VALUES_MAX, &n_values);
  luaL_argcheck(L, n == n_values, 2, "as many values as times");
  luaL_argcheck(L, step >= 0 && isfinite(step), 3, "no step");
  pl_grid *g = push_grid(L);
  int code = pl_grid_of(pl_state_alloc(L), time, value, n, step, g);
  if (code)
    return fail(L, code, code == PL_ELIMIT ? "the values span more than 4,000,000 of their steps: is a time wrong?" : "two values at different times are needed");
  return 1;
}

static int grid_facts(lua_State *L)
{
  const pl_grid *g = luaL_checkudata(L, 1, grid_name);
  size_t last = g->n;
  while (last > 0 && isnan(g->y[last - 1]))
    last--;
  lua_createtable(L, 0, 8);
  pl_set_count(L, "n", g->n);
  pl_set_number(L, "start", g->start);
  pl_set_number(L, "step", g->step);
  pl_set_count(L, "missing", g->missing);
  pl_set_count(L, "repeated", g->repeated);
  pl_set_count(L, "ignored", g->ignored);
  pl_set_known(L, "last", last ? g->y[last - 1] : (double)NAN);
  pl_set_number(L, "last_time", g->start + (double)(last ? last - 1 : 0) * g->step);
  return 1;
}

static int grid_values(lua_State *L)
{
  const pl_grid *g = luaL_checkudata(L, 1, grid_name);
  push_list(L, g->y, g->n);
  return 1;
}

static int grid_daily(lua_State *L)
{
  static const char *const kinds[] = {"mean", "max", "min", "p95", NULL};
  const pl_grid *g = luaL_checkudata(L, 1, grid_name);
  pl_daily_kind kind = (pl_daily_kind)luaL_checkoption(L, 2, NULL, kinds);
  double offset = luaL_optnumber(L, 3, 0);
  pl_grid *out = push_grid(L);
  int code = pl_daily(pl_state_alloc(L), g, kind, offset, out);
  return code ? fail(L, code, g->step > 86400 ? "its values are more than a day apart" : "no day has values for half of it") : 1;
}

/* The grid's values, without those of the steps that the columns at `index` name, which may be none: a copy is left on the stack. */
static const double *without(lua_State *L, const pl_grid *g, int index)
{
  if (lua_isnoneornil(L, index))
    return g->y;
  luaL_checktype(L, index, LUA_TTABLE);
  double *y = lua_newuserdatauv(L, g->n * sizeof *y, 0);
  memcpy(y, g->y, g->n * sizeof *y);
  for (lua_Integer j = 1; lua_rawgeti(L, index, j) == LUA_TTABLE; j++) {
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TNUMBER; i++) {
      lua_Integer at = lua_tointeger(L, -1);
      if (at >= 1 && (size_t)at <= g->n)
        y[at - 1] = NAN;
      lua_pop(L, 1);
    }
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  return y;
}

static int grid_periods(lua_State *L)
{
  const pl_grid *g = luaL_checkudata(L, 1, grid_name);
  size_t periods[PL_SEASONS_MAX], n;
  if (pl_outlook_periods(pl_state_alloc(L), without(L, g, 2), g->n, g->step, periods, &n))
    return fail(L, PL_ENOMEM, "");
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushinteger(L, (lua_Integer)periods[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static bool is_left(void *of)
{
  const pl_host *host = of;
  return host->is_left && host->is_left(host);
}

static void read_seasons(lua_State *L, pl_outlook_spec *spec)
{
  lua_getfield(L, 2, "seasons");
  if (!lua_isnil(L, -1)) {
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t n = lua_rawlen(L, -1);
    luaL_argcheck(L, n <= PL_SEASONS_MAX, 2, "at most four seasons");
    for (size_t i = 0; i < n; i++) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      lua_Integer p = luaL_checkinteger(L, -1);
      luaL_argcheck(L, p >= 2 && p <= PL_GRID_MAX, 2, "a season has two steps or more");
      spec->seasons[spec->n_seasons++] = (size_t)p;
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

/* Regressors of n + horizon rows, left on the stack. */
static void read_columns(lua_State *L, size_t n, pl_outlook_spec *spec)
{
  lua_getfield(L, 2, "columns");
  if (lua_isnil(L, -1))
    return;
  luaL_checktype(L, -1, LUA_TTABLE);
  size_t rows = n + spec->horizon;
  spec->k = lua_rawlen(L, -1);
  luaL_argcheck(L, spec->k <= PL_OUTLOOK_REGRESSORS, 2, "at most 12 columns");
  if (spec->k == 0)
    return;
  double *x = lua_newuserdatauv(L, rows * spec->k * sizeof *x, 0);
  memset(x, 0, rows * spec->k * sizeof *x);
  for (size_t j = 0; j < spec->k; j++) {
    lua_rawgeti(L, -2, (lua_Integer)j + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TNUMBER; i++) {
      lua_Integer at = lua_tointeger(L, -1);
      luaL_argcheck(L, at >= 1 && (size_t)at <= rows, 2, "a step of a column is beyond the horizon");
      x[(size_t)(at - 1) * spec->k + j] = 1;
      lua_pop(L, 1);
    }
    lua_pop(L, 2);
  }
  spec->x = x;
}

static void push_outlook_class(lua_State *L);

static int grid_look(lua_State *L)
{
  const pl_grid *g = luaL_checkudata(L, 1, grid_name);
  luaL_checktype(L, 2, LUA_TTABLE);
  pl_outlook_spec spec = {.stopped = is_left, .of = pl_state_host(L)};
  lua_getfield(L, 2, "horizon");
  lua_Integer horizon = luaL_checkinteger(L, -1);
  luaL_argcheck(L, horizon >= 1 && horizon <= PL_OUTLOOK_HORIZON, 2, "a horizon of 1 to 20,000 steps");
  spec.horizon = (size_t)horizon;
  lua_getfield(L, 2, "level");
  spec.level = luaL_checknumber(L, -1);
  luaL_argcheck(L, spec.level > 0 && spec.level < 1, 2, "a level between 0 and 1");
  lua_getfield(L, 2, "ceiling");
  spec.ceiling = luaL_optnumber(L, -1, 0);
  read_seasons(L, &spec);
  lua_getfield(L, 2, "found");
  spec.found = lua_toboolean(L, -1);
  read_columns(L, g->n, &spec);
  outlook *out = lua_newuserdatauv(L, sizeof *out, 0);
  *out = (outlook){.last = NAN};
  push_outlook_class(L);
  lua_setmetatable(L, -2);
  for (size_t i = g->n; i-- > 0 && isnan(out->last);)
    out->last = g->y[i];
  int code = pl_outlook_of(pl_state_alloc(L), g->y, g->n, &spec, &out->o);
  return code ? fail(L, code, code == PL_ECANCELED ? "the forecast was cancelled" : "too few values to look ahead from: there is one at least, and one more for each kind of event") : 1;
}

static void set_steps(lua_State *L, const pl_level_steps *s)
{
  lua_createtable(L, (int)s->n, 0);
  for (size_t k = 0; k < s->n; k++) {
    lua_createtable(L, 0, 2);
    pl_set_count(L, "index", s->index[k]);
    pl_set_number(L, "size", s->size[k]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  lua_setfield(L, -2, "steps");
}

static int outlook_facts(lua_State *L)
{
  const pl_outlook *o = &((outlook *)luaL_checkudata(L, 1, outlook_name))->o;
  lua_createtable(L, 0, 10);
  set_steps(L, &o->steps);
  pl_set_number(L, "slope", o->slope);
  lua_pushboolean(L, o->shares);
  lua_setfield(L, -2, "shares");
  pl_set_count(L, "origins", o->origins);
  pl_set_count(L, "tested", o->tested);
  pl_set_known(L, "mase", o->mase);
  pl_set_known(L, "naive_mase", o->naive_mase);
  pl_set_known(L, "coverage", o->coverage);
  lua_createtable(L, 0, PL_OUTLOOK_MODELS);
  int best = 0;
  for (int m = 0; m < PL_OUTLOOK_MODELS; m++) {
    if (o->weight[m] > 0)
      pl_set_number(L, pl_outlook_name((pl_outlook_model)m), o->weight[m]);
    best = o->weight[m] > o->weight[best] ? m : best;
  }
  lua_setfield(L, -2, "weights");
  pl_set_text(L, "model", pl_outlook_name((pl_outlook_model)best));
  return 1;
}

static int outlook_values(lua_State *L)
{
  const pl_outlook *o = &((outlook *)luaL_checkudata(L, 1, outlook_name))->o;
  push_list(L, o->mean, o->horizon);
  push_list(L, o->lo, o->horizon);
  push_list(L, o->hi, o->horizon);
  return 3;
}

static int outlook_interval(lua_State *L)
{
  const pl_outlook *o = &((outlook *)luaL_checkudata(L, 1, outlook_name))->o;
  double level = luaL_checknumber(L, 2);
  luaL_argcheck(L, level > 0 && level < 1, 2, "a level between 0 and 1");
  double *lo = lua_newuserdatauv(L, 2 * o->horizon * sizeof *lo, 0), *hi = lo + o->horizon;
  if (pl_outlook_interval(pl_state_alloc(L), o, level, lo, hi))
    return fail(L, PL_ENOMEM, "");
  push_list(L, lo, o->horizon);
  push_list(L, hi, o->horizon);
  return 2;
}

static void push_crossing_class(lua_State *L);

static int outlook_crosses(lua_State *L)
{
  const outlook *o = luaL_checkudata(L, 1, outlook_name);
  double lo = luaL_checknumber(L, 2), hi = luaL_checknumber(L, 3);
  bool falls = lua_toboolean(L, 4);
  luaL_argcheck(L, isfinite(lo) && isfinite(hi), 2, "a limit is no number");
  pl_crossing *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = (pl_crossing){0};
  push_crossing_class(L);
  lua_setmetatable(L, -2);
  if (pl_crossing_of(pl_state_alloc(L), o->o.paths, o->o.n_paths, o->o.horizon, o->last, lo, hi, falls, c))
    return fail(L, PL_ENOMEM, "");
  return 1;
}

static int crossing_facts(lua_State *L)
{
  const pl_crossing *c = luaL_checkudata(L, 1, crossing_name);
  lua_createtable(L, 0, 4);
  pl_set_known(L, "p10", isfinite(c->p10) ? c->p10 : (double)NAN);
  pl_set_known(L, "p50", isfinite(c->p50) ? c->p50 : (double)NAN);
  pl_set_known(L, "p90", isfinite(c->p90) ? c->p90 : (double)NAN);
  pl_set_number(L, "chance", c->chance);
  return 1;
}

static int crossing_within(lua_State *L)
{
  lua_pushnumber(L, pl_crossing_within(luaL_checkudata(L, 1, crossing_name), luaL_checknumber(L, 2)));
  return 1;
}

static void push_grid_class(lua_State *L)
{
  static const luaL_Reg methods[] = {{"facts", grid_facts}, {"values", grid_values}, {"daily", grid_daily}, {"periods", grid_periods}, {"look", grid_look}, {NULL, NULL}};
  pl_push_class(L, grid_name, methods, grid_gc);
}

static void push_outlook_class(lua_State *L)
{
  static const luaL_Reg methods[] = {{"facts", outlook_facts}, {"values", outlook_values}, {"interval", outlook_interval}, {"crosses", outlook_crosses}, {NULL, NULL}};
  pl_push_class(L, outlook_name, methods, outlook_gc);
}

static void push_crossing_class(lua_State *L)
{
  static const luaL_Reg methods[] = {{"facts", crossing_facts}, {"within", crossing_within}, {NULL, NULL}};
  pl_push_class(L, crossing_name, methods, crossing_gc);
}

int pl_open_outlook(lua_State *L)
{
  static const luaL_Reg functions[] = {{"grid", open_grid}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

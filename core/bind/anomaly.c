/* perilune.core.anomaly: detectors of anomalies (analysis/anomaly/detector.h). detector() -> d; d:add(ns, value) -> score, kind or nil, rarity,
 * kind by now of an alert before or nil, how many rows before · d:name() -> the kind of the alert in force by the rows so far, how many rows before the last
 * | nil · scores({ ns ... } or nil, { value ... }) -> { score ... }, { [row] = kind ... } | nil, err: of rows in their order; without stamps a row is a second.
 * Kinds are of the rows where an alert begins, as the rows after it tell them. A value that is no number is a missing one. group(n) -> g of n series;
 * g:join() -> how many they then are: one more, or nothing where they are 64; g:add(ns, { value or NaN ... }) -> score, kind or nil, series from 1, share, kind
 * by now or nil, how many rows before | nil, err; g:name() as of a detector (analysis/anomaly/group.h). correlate({ value ... }, first row, last row of a
 * window, most rows of lag) -> { d, p, before, during, correlation, lag } | nil, err (analysis/anomaly/correlate.h). Scores end early where nobody wants them. */
#include <lauxlib.h>
#include <math.h>

#include "analysis/anomaly/correlate.h"
#include "analysis/anomaly/detector.h"
#include "analysis/anomaly/group.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "script/state.h"

static const char detector_name[] = "perilune.detector", group_name[] = "perilune.detectors";

enum { NS_PER_S = 1000000000, VALUES_MAX = 1 << 24, KEPT = 2 * PL_NAMING_AFTER, LOOK = 4096 /* rows between looks whether an answer is wanted */ };

/* Whether nobody wants the answer any more, asked now and then; then err says so. */
static bool is_left(lua_State *L, uint64_t row, pl_error *err)
{
  const pl_host *host = pl_state_host(L);
  if (row % LOOK || !host || !host->is_left || !host->is_left(host))
    return false;
  (void)pl_fail(err, PL_ECANCELED, "the search for anomalies was cancelled");
  return true;
}

static void push_kind(lua_State *L, pl_anomaly_kind kind)
{
  if (kind)
    lua_pushstring(L, pl_anomaly_kind_name(kind));
  else
    lua_pushnil(L);
}

/* What an alert is called and how many rows ago it was raised; nil where nothing is called anything. */
static int push_name(lua_State *L, pl_anomaly_kind kind, uint64_t ago)
{
  push_kind(L, kind);
  if (!kind)
    return 1;
  lua_pushinteger(L, (lua_Integer)ago);
  return 2;
}

static int detector_add(lua_State *L)
{
  pl_detector *d = luaL_checkudata(L, 1, detector_name);
  pl_anomaly a = pl_detector_add(d, luaL_checkinteger(L, 2), luaL_checknumber(L, 3));
  lua_pushnumber(L, a.score);
  push_kind(L, a.kind);
  lua_pushnumber(L, a.rarity);
  push_kind(L, a.named);
  lua_pushinteger(L, (lua_Integer)a.ago);
  return 5;
}

static int detector_name_of(lua_State *L)
{
  uint64_t ago = 0;
  pl_anomaly_kind kind = pl_detector_name(luaL_checkudata(L, 1, detector_name), &ago);
  return push_name(L, kind, ago);
}

/* A detector is all in its userdata: there is nothing to free. */
static int detector_gc(lua_State *L)
{
  (void)L;
  return 0;
}

static pl_detector *push_detector(lua_State *L)
{
  static const luaL_Reg methods[] = {{"add", detector_add}, {"name", detector_name_of}, {NULL, NULL}};
  pl_detector *d = lua_newuserdatauv(L, sizeof *d, 0);
  pl_detector_init(d);
  pl_push_class(L, detector_name, methods, detector_gc);
  lua_setmetatable(L, -2);
  return d;
}

static int anomaly_detector(lua_State *L)
{
  (void)push_detector(L);
  return 1;
}

/* A group of series and how many they are. */
typedef struct bound_group {
  pl_group *group;
  size_t n;
  uint64_t rows; /* judged */
} bound_group;

static int group_add(lua_State *L)
{
  bound_group *b = luaL_checkudata(L, 1, group_name);
  int64_t at = luaL_checkinteger(L, 2);
  double values[PL_GROUP_MOST];
  pl_error err = {0};
  luaL_checktype(L, 3, LUA_TTABLE);
  if (is_left(L, b->rows++, &err))
    return pl_push_failure(L, &err);
  for (size_t i = 0; i < b->n; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    values[i] = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : (double)NAN;
    lua_pop(L, 1);
  }
  pl_group_row r;
  pl_group_add(b->group, at, values, &r);
  lua_pushnumber(L, r.score);
  push_kind(L, r.kind);
  lua_pushinteger(L, (lua_Integer)r.series + 1);
  lua_pushnumber(L, r.share);
  push_kind(L, r.named);
  lua_pushinteger(L, (lua_Integer)r.ago);
  return 6;
}

static int group_join(lua_State *L)
{
  bound_group *b = luaL_checkudata(L, 1, group_name);
  if (b->n == PL_GROUP_MOST)
    return 0;
  if (!pl_group_join(&b->group))
    return luaL_error(L, "no memory for %I series", (lua_Integer)b->n + 1);
  lua_pushinteger(L, (lua_Integer)++b->n);
  return 1;
}

static int group_name_of(lua_State *L)
{
  uint64_t ago = 0;
  pl_anomaly_kind kind = pl_group_name(((bound_group *)luaL_checkudata(L, 1, group_name))->group, &ago);
  return push_name(L, kind, ago);
}

static int group_gc(lua_State *L)
{
  bound_group *b = luaL_checkudata(L, 1, group_name);
  pl_group_free(b->group);
  b->group = NULL;
  return 0;
}

static int anomaly_group(lua_State *L)
{
  static const luaL_Reg methods[] = {{"add", group_add}, {"join", group_join}, {"name", group_name_of}, {NULL, NULL}};
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, n >= 1 && n <= PL_GROUP_MOST, 1, "1 to 64 series");
  bound_group *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (bound_group){.n = (size_t)n};
  pl_push_class(L, group_name, methods, group_gc);
  lua_setmetatable(L, -2);
  b->group = pl_group_new(pl_state_alloc(L), (size_t)n);
  return b->group ? 1 : luaL_error(L, "no memory for %I series", n);
}

static int64_t time_at(lua_State *L, lua_Integer row)
{
  if (lua_isnil(L, 1))
    return row * NS_PER_S;
  lua_rawgeti(L, 1, row);
  int is_integer;
  lua_Integer at = lua_tointegerx(L, -1, &is_integer);
  luaL_argcheck(L, is_integer, 1, "a stamp is an integer, one for each value");
  lua_pop(L, 1);
  return at;
}

/* Sets the kind of the alert at the row that was the at-th with a value; alerts are named within PL_NAMING_AFTER rows. */
static void set_kind(lua_State *L, const lua_Integer *rows, uint64_t at, pl_anomaly_kind kind)
{
  push_kind(L, kind);
  lua_rawseti(L, 5, rows[at % KEPT]);
}

static int anomaly_scores(lua_State *L)
{
  luaL_checktype(L, 2, LUA_TTABLE);
  if (!lua_isnil(L, 1))
    luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 2), rows[KEPT];
  luaL_argcheck(L, n <= VALUES_MAX, 2, "at most 16,777,216 values");
  pl_detector *d = push_detector(L);
  uint64_t seen = 0, ago = 0;
  pl_error err = {0};
  lua_createtable(L, (int)n, 0);
  lua_newtable(L);
  for (lua_Integer row = 1; row <= n; row++) {
    if (is_left(L, (uint64_t)row, &err))
      return pl_push_failure(L, &err);
    lua_rawgeti(L, 2, row);
    double value = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : (double)NAN;
    lua_pop(L, 1);
    pl_anomaly a = pl_detector_add(d, time_at(L, row), value);
    lua_pushnumber(L, a.score);
    lua_rawseti(L, 4, row);
    if (!isfinite(value))
      continue;
    rows[seen % KEPT] = row;
    if (a.named)
      set_kind(L, rows, seen - a.ago, a.named);
    if (a.kind)
      set_kind(L, rows, seen, a.kind);
    seen++;
  }
  pl_anomaly_kind last = pl_detector_name(d, &ago);
  if (last)
    set_kind(L, rows, seen - 1 - ago, last);
  return 2;
}

static int anomaly_correlate(lua_State *L)
{
  size_t n;
  const double *values = pl_check_numbers_with_gaps(L, 1, VALUES_MAX, &n);
  lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), lag = luaL_checkinteger(L, 4);
  luaL_argcheck(L, first >= 1, 2, "a row");
  luaL_argcheck(L, last >= first && (size_t)last <= n, 3, "a row, not before the first");
  luaL_argcheck(L, lag >= 0, 4, "not negative");
  pl_correlation c;
  pl_error err = {0};
  int code = pl_correlate(pl_state_alloc(L), values, n, (size_t)first - 1, (size_t)last, (size_t)lag, &c);
  if (code) {
    (void)pl_fail(&err, code, code == PL_ENOMEM ? "no memory" : "there are fewer than 4 values in the window, or before it");
    return pl_push_failure(L, &err);
  }
  lua_createtable(L, 0, 6);
  pl_set_number(L, "d", c.d);
  pl_set_number(L, "p", c.p);
  pl_set_number(L, "before", c.before);
  pl_set_number(L, "during", c.during);
  pl_set_number(L, "correlation", c.correlation);
  pl_set_integer(L, "lag", c.lag);
  return 1;
}

int pl_open_anomaly(lua_State *L)
{
  static const luaL_Reg functions[] = {{"detector", anomaly_detector}, {"scores", anomaly_scores}, {"group", anomaly_group}, {"correlate", anomaly_correlate}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

/* perilune.core.rightsize: what to request and how many there must be. Shares are fractions of 1, times seconds.
 * vpa_lines(text of `id,v1,v2,...`, step, units a core) -> array of { id, line, n, left_out, known, target, lower, upper, fault = which field of a line without
 * values is no number } | nil, err · vpa(values, step, units a core) -> the same for one series · memory(values, step, array of { time since the first value, request } when it ran out
 * of memory, in their order, or nil) -> the same in bytes ·
 * hpa(kind, { current, target, down, up, ready, value, pods = array of { state, value, request } }) -> replicas, utilisation | nil, why ·
 * need(values, { cost, half_life, least, most }) -> { known, size, idle, violations, n } | nil, err ·
 * need_alone(values, budget, the same) -> the same, kept | nil, err · need_lines(text, budget, the same) -> array of the same with id, line and fault, cost, kept | nil, err ·
 * need_cost(array of values, budget, the same) -> cost, kept | nil, err ·
 * play(demand, { step, per_replica, utilisation, ready, start, fixed, ahead, down, up, least, most, down_window, up_window, down_policies, up_policies = array of { percent,
 * value, period }, down_select, up_select = "max" | "min" | "disabled" }) -> { replica_hours, violations, unserved, idle, most, least, changes, replicas } | nil, err ·
 * replicas({ demand = { value, lo, hi, level }, per_replica = the same, headroom, survive, chance }) -> { known, replicas, needed, demand, capacity,
 * chance }. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "analysis/rightsize/predictive.h"
#include "analysis/rightsize/replicas.h"
#include "analysis/rightsize/scaling_trace.h"
#include "analysis/rightsize/vpa.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "format/series_lines.h"
#include "script/state.h"

enum { VALUES_MAX = 1 << 24, GROUP_MAX = 1 << 20, OOMS_MAX = 100000 };

static const char lines_name[] = "perilune.rightsize.lines";

/* t.name of the table at index, or what stands for it. */
static double number_of(lua_State *L, int index, const char *name, double otherwise)
{
  lua_getfield(L, index, name);
  double v = luaL_optnumber(L, -1, otherwise);
  lua_pop(L, 1);
  return v;
}

static int64_t integer_of(lua_State *L, int index, const char *name, int64_t otherwise)
{
  lua_getfield(L, index, name);
  int64_t v = luaL_optinteger(L, -1, (lua_Integer)otherwise);
  lua_pop(L, 1);
  return v;
}

static int32_t count_of(lua_State *L, int index, const char *name, int32_t otherwise)
{
  int64_t v = integer_of(L, index, name, otherwise);
  if (v < 0 || v > INT32_MAX)
    pl_raise_invalid(L, "%s: %lld is no number of replicas", name, (long long)v);
  return (int32_t)v;
}

/* What the recommender says, into the table on top. */
static void set_amounts(lua_State *L, pl_vpa_amounts a, size_t n, size_t left_out)
{
  pl_set_boolean(L, "known", a.known);
  pl_set_count(L, "n", n);
  pl_set_count(L, "left_out", left_out);
  if (!a.known)
    return;
  pl_set_integer(L, "target", a.target);
  pl_set_integer(L, "lower", a.lower);
  pl_set_integer(L, "upper", a.upper);
}

typedef bool (*add_sample)(pl_vpa *v, double time_s, double value);

/* Feeds a container with a series whose values are so many a unit (percent: divided by 100, for times 0.01 is another number); gives how
 * many samples were no use. */
static size_t feed(pl_vpa *v, add_sample add, const double *values, size_t n, double step_s, double per_unit)
{
  size_t left_out = 0;
  pl_vpa_init(v, NULL);
  for (size_t i = 0; i < n; i++)
    left_out += !add(v, (double)i * step_s, values[i] / per_unit);
  return left_out;
}

static double step_at(lua_State *L, int index)
{
  double step_s = luaL_checknumber(L, index);
  luaL_argcheck(L, step_s > 0 && step_s <= 1e9, index, "a step above zero, in seconds");
  return step_s;
}

static int vpa(lua_State *L)
{
  size_t n;
  double step_s = step_at(L, 2), per_core = luaL_checknumber(L, 3);
  const double *values = pl_check_numbers_with_gaps(L, 1, VALUES_MAX, &n);
  pl_vpa *v = lua_newuserdatauv(L, sizeof *v, 0);
  size_t left_out = feed(v, pl_vpa_add_cpu, values, n, step_s, per_core);
  lua_createtable(L, 0, 6);
  set_amounts(L, pl_vpa_cpu(v), n, left_out);
  return 1;
}

/* When a container ran out of memory. */
typedef struct oom {
  double time_s, request; /* since the first value; bytes that it requested then */
} oom;

/* Those of the array at index, in memory of the state; they stand in their order. */
static const oom *ooms_at(lua_State *L, int index, size_t *n)
{
  *n = 0;
  if (lua_isnoneornil(L, index))
    return NULL;
  luaL_checktype(L, index, LUA_TTABLE);
  *n = lua_rawlen(L, index);
  luaL_argcheck(L, *n <= OOMS_MAX, index, "at most 100,000 times out of memory");
  oom *list = lua_newuserdatauv(L, (*n + 1) * sizeof *list, 0);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    list[i] = (oom){number_of(L, lua_gettop(L), "time", NAN), number_of(L, lua_gettop(L), "request", NAN)};
    lua_pop(L, 1);
  }
  return list;
}

/* Feeds a container its memory, and between two samples when it ran out of it; gives how many samples were no use. */
static size_t feed_memory(pl_vpa *v, const double *values, size_t n, double step_s, const oom *ooms, size_t n_ooms)
{
  size_t left_out = 0, next = 0;
  pl_vpa_init(v, NULL);
  for (size_t i = 0; i < n; i++) {
    for (; next < n_ooms && ooms[next].time_s < (double)i * step_s; next++)
      (void)pl_vpa_add_oom(v, ooms[next].time_s, ooms[next].request);
    left_out += !pl_vpa_add_memory(v, (double)i * step_s, values[i]);
  }
  for (; next < n_ooms; next++)
    (void)pl_vpa_add_oom(v, ooms[next].time_s, ooms[next].request);
  for (size_t i = 0; i < n; i++) /* confidence counts the samples that there are of the container */
    (void)pl_vpa_add_cpu(v, (double)i * step_s, isfinite(values[i]) ? 0 : NAN);
  return left_out;
}

static int memory(lua_State *L)
{
  size_t n, n_ooms;
  double step_s = step_at(L, 2);
  const double *values = pl_check_numbers_with_gaps(L, 1, VALUES_MAX, &n);
  const oom *ooms = ooms_at(L, 3, &n_ooms);
  pl_vpa *v = lua_newuserdatauv(L, sizeof *v, 0);
  size_t left_out = feed_memory(v, values, n, step_s, ooms, n_ooms);
  lua_createtable(L, 0, 6);
  set_amounts(L, pl_vpa_memory(v), n, left_out);
  return 1;
}

static int lines_gc(lua_State *L)
{
  pl_series_lines_fini(lua_touserdata(L, 1));
  return 0;
}

/* The row's field `fault`: which field of its line is no number. */
static void set_fault(lua_State *L, const pl_series_line *line)
{
  pl_error fault = {0};
  if (line->bad && pl_series_lines_fault(line, &fault))
    pl_set_text(L, "fault", fault.message);
}

static void push_line(lua_State *L, const pl_series_line *line, pl_vpa *v, double step_s, double per_core)
{
  size_t left_out = feed(v, pl_vpa_add_cpu, line->values, line->n, step_s, per_core);
  lua_createtable(L, 0, 8);
  pl_set_str(L, "id", line->id);
  pl_set_count(L, "line", line->line);
  set_fault(L, line);
  set_amounts(L, pl_vpa_cpu(v), line->n, left_out);
}

/* Pushes the series of the text at index 1, freed with the userdata; NULL: err says why there are none. */
static pl_series_lines *read_lines(lua_State *L, pl_error *err)
{
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  pl_str text = pl_check_text(L, 1);
  pl_series_lines *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (pl_series_lines){0};
  pl_push_class(L, lines_name, no_methods, lines_gc);
  lua_setmetatable(L, -2);
  return pl_series_lines_read_each(pl_state_alloc(L), text, s, err) ? NULL : s;
}

static int vpa_lines(lua_State *L)
{
  double step_s = step_at(L, 2), per_core = luaL_checknumber(L, 3);
  pl_error err = {0};
  pl_series_lines *s = read_lines(L, &err);
  if (!s)
    return pl_push_failure(L, &err);
  pl_vpa *v = lua_newuserdatauv(L, sizeof *v, 0);
  lua_createtable(L, (int)s->n, 0);
  for (size_t i = 0; i < s->n; i++) {
    push_line(L, &s->list[i], v, step_s, per_core);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  pl_series_lines_fini(s);
  return 1;
}

/* The pods of t.pods, in memory of the state. */
static pl_hpa_pod *pods_at(lua_State *L, int index, size_t *n)
{
  static const char *const states[] = {"ready", "unready", "gone", "unknown", NULL};
  lua_getfield(L, index, "pods");
  luaL_checktype(L, -1, LUA_TTABLE);
  int list = lua_gettop(L);
  *n = lua_rawlen(L, list);
  luaL_argcheck(L, *n <= PL_HPA_PODS_MAX, index, "at most 1,000,000 pods");
  pl_hpa_pod *pods = lua_newuserdatauv(L, (*n + 1) * sizeof *pods, 0);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    int pod = lua_gettop(L);
    luaL_checktype(L, pod, LUA_TTABLE);
    lua_getfield(L, pod, "state");
    int64_t value = integer_of(L, pod, "value", -1), request = integer_of(L, pod, "request", -1);
    if (value > PL_HPA_VALUE_MAX || request > PL_HPA_VALUE_MAX)
      pl_raise_invalid(L, "pod %zu: at most %lld milli-units", i + 1, (long long)PL_HPA_VALUE_MAX);
    pods[i] = (pl_hpa_pod){.state = (enum pl_hpa_pod_state)luaL_checkoption(L, -1, "ready", states),
                           .has_value = value >= 0, .value = value >= 0 ? value : 0, .has_request = request >= 0, .request = request >= 0 ? request : 0};
    lua_settop(L, pod - 1);
  }
  return pods;
}

static int hpa(lua_State *L)
{
  static const char *const kinds[] = {"utilisation", "pods", "value", "value_per_pod", NULL};
  int kind = luaL_checkoption(L, 1, NULL, kinds);
  luaL_checktype(L, 2, LUA_TTABLE);
  pl_hpa_tolerance t = {.down = number_of(L, 2, "down", 0.1), .up = number_of(L, 2, "up", 0.1)};
  int32_t current = count_of(L, 2, "current", 0);
  int64_t target = integer_of(L, 2, "target", 0), value = integer_of(L, 2, "value", 0);
  pl_hpa_answer a = {0};
  enum pl_hpa_failure failure;
  size_t n = 0;
  if (target > PL_HPA_VALUE_MAX || (kind == 0 && target > INT32_MAX))
    pl_raise_invalid(L, "target: %lld is too large", (long long)target);
  if (kind < 2) {
    const pl_hpa_pod *pods = pods_at(L, 2, &n);
    failure = kind == 0 ? pl_hpa_of_utilisation(pods, n, current, target, t, &a) : pl_hpa_of_pods(pods, n, current, target, t, &a);
  } else {
    failure = kind == 2 ? pl_hpa_of_value(value, integer_of(L, 2, "ready", current), current, target, t, &a)
                        : pl_hpa_of_value_per_pod(value, current, target, t, &a);
  }
  if (failure) {
    lua_pushnil(L);
    lua_pushstring(L, pl_hpa_failure_text(failure));
    return 2;
  }
  lua_pushinteger(L, a.replicas);
  lua_pushinteger(L, a.utilisation);
  return 2;
}

/* Whether nobody waits for the answer any more. */
static bool is_left(void *of)
{
  const pl_host *host = of;
  return host->is_left && host->is_left(host);
}

static pl_need_options need_options_at(lua_State *L, int index)
{
  pl_need_options o = pl_need_defaults();
  luaL_checktype(L, index, LUA_TTABLE);
  o.violation_cost = number_of(L, index, "cost", o.violation_cost);
  o.half_life = number_of(L, index, "half_life", o.half_life);
  o.least = number_of(L, index, "least", o.least);
  o.most = number_of(L, index, "most", o.most);
  return o;
}

static void push_need(lua_State *L, const pl_need *d)
{
  lua_createtable(L, 0, 7);
  pl_set_boolean(L, "known", d->known);
  pl_set_number(L, "size", d->size);
  pl_set_number(L, "idle", d->idle);
  pl_set_number(L, "violations", d->violations);
  pl_set_count(L, "n", d->n);
}

static int need(lua_State *L)
{
  size_t n;
  pl_error err = {0};
  pl_need_options o = need_options_at(L, 2);
  const double *values = pl_check_numbers_with_gaps(L, 1, VALUES_MAX, &n);
  pl_need d;
  if (pl_need_of(pl_state_alloc(L), values, n, &o, &d, &err))
    return pl_push_failure(L, &err);
  push_need(L, &d);
  return 1;
}

static int need_alone(lua_State *L)
{
  size_t n;
  pl_error err = {0};
  double budget = luaL_checknumber(L, 2);
  pl_need_options o = need_options_at(L, 3);
  const double *values = pl_check_numbers_with_gaps(L, 1, VALUES_MAX, &n);
  pl_need d;
  bool kept;
  if (pl_need_alone(pl_state_alloc(L), values, n, budget, &o, &d, &kept, &err))
    return pl_push_failure(L, &err);
  push_need(L, &d);
  lua_pushboolean(L, kept);
  return 2;
}

/* nil and why there are too few values: the first bad line, if there is one. */
static int push_first_fault(lua_State *L, const pl_series_lines *s, pl_error *err)
{
  for (size_t i = 0; i < s->n; i++) {
    pl_error fault = {0};
    if (s->list[i].bad && pl_series_lines_fault(&s->list[i], &fault))
      return pl_push_failure(L, &fault);
  }
  return pl_push_failure(L, err);
}

/* All series of a text, sized together for a budget of violations. */
static int need_lines(lua_State *L)
{
  double budget = luaL_checknumber(L, 2), cost;
  pl_need_options o = need_options_at(L, 3);
  pl_error err = {0};
  bool kept;
  pl_series_lines *s = read_lines(L, &err);
  if (!s)
    return pl_push_failure(L, &err);
  pl_use *group = lua_newuserdatauv(L, (s->n + 1) * sizeof *group, 0);
  for (size_t i = 0; i < s->n; i++)
    group[i] = (pl_use){.values = s->list[i].values, .n = s->list[i].n};
  if (s->n == 0) { /* no series is no question to the rule */
    lua_createtable(L, 0, 0);
    return 1;
  }
  int code = pl_need_cost_for(pl_state_alloc(L), group, s->n, budget, &o, is_left, pl_state_host(L), &cost, &kept, &err);
  if (code)
    return code == PL_EINVAL ? push_first_fault(L, s, &err) : pl_push_failure(L, &err);
  o.violation_cost = cost;
  lua_createtable(L, (int)s->n, 0);
  for (size_t i = 0; i < s->n; i++) {
    pl_need d;
    if (pl_need_of(pl_state_alloc(L), group[i].values, group[i].n, &o, &d, &err))
      return pl_push_failure(L, &err);
    push_need(L, &d);
    pl_set_str(L, "id", s->list[i].id);
    pl_set_count(L, "line", s->list[i].line);
    set_fault(L, &s->list[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushnumber(L, cost);
  lua_pushboolean(L, kept);
  return 3;
}

static int need_cost(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  double budget = luaL_checknumber(L, 2), cost;
  pl_need_options o = need_options_at(L, 3);
  size_t n = lua_rawlen(L, 1);
  luaL_argcheck(L, n <= GROUP_MAX, 1, "at most 1,048,576 series");
  pl_error err = {0};
  bool kept;
  lua_settop(L, 3);
  lua_createtable(L, (int)n, 0); /* keeps the memory of the series */
  pl_use *group = lua_newuserdatauv(L, (n + 1) * sizeof *group, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    group[i].values = pl_check_numbers_with_gaps(L, -1, VALUES_MAX, &group[i].n);
    lua_rawseti(L, 4, (lua_Integer)i + 1);
    lua_pop(L, 1);
  }
  if (pl_need_cost_for(pl_state_alloc(L), group, n, budget, &o, is_left, pl_state_host(L), &cost, &kept, &err))
    return pl_push_failure(L, &err);
  lua_pushnumber(L, cost);
  lua_pushboolean(L, kept);
  return 2;
}

static void push_played(lua_State *L, const pl_scaling_result *r, const int32_t *replicas, size_t n)
{
  lua_createtable(L, 0, 8);
  pl_set_number(L, "replica_hours", r->replica_hours);
  pl_set_number(L, "violations", r->violations);
  pl_set_number(L, "unserved", r->unserved);
  pl_set_number(L, "idle", r->idle);
  pl_set_integer(L, "most", r->most);
  pl_set_integer(L, "least", r->least);
  pl_set_count(L, "changes", r->changes);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushinteger(L, replicas[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "replicas");
}

/* t[policies], in place of Kubernetes' own, and t[select]: how fast replicas may change. */
static void direction_at(lua_State *L, int index, const char *policies, const char *select, pl_hpa_direction *d)
{
  static const char *const names[] = {"max", "min", "disabled", NULL};
  lua_getfield(L, index, select);
  d->select = (enum pl_hpa_select)luaL_checkoption(L, -1, "max", names);
  lua_pop(L, 1);
  if (lua_getfield(L, index, policies) == LUA_TTABLE) {
    size_t n = lua_rawlen(L, -1);
    if (n > PL_HPA_POLICIES)
      pl_raise_invalid(L, "%s: %zu of them; at most %d", policies, n, PL_HPA_POLICIES);
    d->n = n;
    for (size_t i = 0; i < n; i++) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      luaL_argexpected(L, lua_istable(L, -1), index, "policies");
      d->policies[i] = (pl_hpa_policy){.percent = pl_get_boolean(L, -1, "percent"), .value = count_of(L, -1, "value", 0), .period_s = number_of(L, -1, "period", 0)};
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static int play(lua_State *L)
{
  size_t n, n_ahead = 0;
  pl_error err = {0};
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  pl_scaling_policy p = {.step_s = number_of(L, 2, "step", 0), .per_replica = number_of(L, 2, "per_replica", 0),
                         .utilisation = number_of(L, 2, "utilisation", 0.7), .ready_s = number_of(L, 2, "ready", 0),
                         .start = count_of(L, 2, "start", 1), .fixed = pl_get_boolean(L, 2, "fixed"),
                         .tolerance = {.down = number_of(L, 2, "down", 0.1), .up = number_of(L, 2, "up", 0.1)},
                         .stop = is_left, .stop_arg = pl_state_host(L)};
  p.behaviour = pl_hpa_behaviour_default(count_of(L, 2, "least", 1), count_of(L, 2, "most", INT32_MAX));
  p.behaviour.down.window_s = number_of(L, 2, "down_window", p.behaviour.down.window_s);
  p.behaviour.up.window_s = number_of(L, 2, "up_window", p.behaviour.up.window_s);
  direction_at(L, 2, "down_policies", "down_select", &p.behaviour.down);
  direction_at(L, 2, "up_policies", "up_select", &p.behaviour.up);
  const double *demand = pl_check_numbers_with_gaps(L, 1, VALUES_MAX, &n);
  if (lua_getfield(L, 2, "ahead") != LUA_TNIL)
    p.ahead = pl_check_numbers_with_gaps(L, -1, VALUES_MAX, &n_ahead);
  if (p.ahead && n_ahead != n)
    pl_raise_invalid(L, "ahead: %zu values for %zu of demand", n_ahead, n);
  int32_t *replicas = lua_newuserdatauv(L, (n + 1) * sizeof *replicas, 0);
  pl_scaling_result r;
  if (pl_scaling_play(pl_state_alloc(L), demand, n, &p, replicas, &r, &err))
    return pl_push_failure(L, &err);
  push_played(L, &r, replicas, n);
  return 1;
}

/* t.name, { value, lo, hi, level }. */
static pl_bounded bounded_at(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  luaL_checktype(L, -1, LUA_TTABLE);
  int at = lua_gettop(L);
  pl_bounded b = {.value = number_of(L, at, "value", NAN), .level = number_of(L, at, "level", 0.95)};
  b.lo = number_of(L, at, "lo", b.value);
  b.hi = number_of(L, at, "hi", b.value);
  lua_settop(L, at - 1);
  return b;
}

static int replicas(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  pl_replicas r = pl_replicas_for(bounded_at(L, 1, "demand"), bounded_at(L, 1, "per_replica"), number_of(L, 1, "headroom", 0), count_of(L, 1, "survive", 0),
                                  number_of(L, 1, "chance", 0.95));
  lua_createtable(L, 0, 6);
  pl_set_boolean(L, "known", r.known);
  pl_set_integer(L, "replicas", r.replicas);
  pl_set_integer(L, "needed", r.needed);
  pl_set_number(L, "demand", r.demand);
  pl_set_number(L, "capacity", r.capacity);
  pl_set_number(L, "chance", r.chance);
  return 1;
}

int pl_open_rightsize(lua_State *L)
{
  static const luaL_Reg functions[] = {{"vpa_lines", vpa_lines}, {"vpa", vpa},   {"memory", memory}, {"hpa", hpa},           {"need", need},
                                       {"need_alone", need_alone}, {"need_lines", need_lines}, {"need_cost", need_cost}, {"play", play}, {"replicas", replicas}, {NULL, NULL}};
  luaL_newlib(L, functions);
  pl_set_integer(L, "POLICIES_MAX", PL_HPA_POLICIES);
  return 1;
}

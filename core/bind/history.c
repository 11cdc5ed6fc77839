/* perilune.core.history: put{ system, instance, role, origin, name, body, covered = { query, step, from, seconds, most, nothing } } -> { series, samples | traces,
 * spans, refused, why, warning } | nil, err. body is an answer of the system ("prometheus", "jaeger"); its samples or spans become history of the
 * source, which belongs to no run, and covered, when it is given, a sample of fetched_seconds: how long from its time on what was asked for is
 * there; not where the answer has `most` traces: there may be more; nor, unless `nothing` is true, where it has no series: a name without series holds
 * no question. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "ingest/jaeger.h"
#include "ingest/prometheus.h"

enum { SERIES_MAX = 10000, LABEL_BYTES = 4096, TEXT_MAX = 256, BODY_MAX = 256 << 20 };
#define ANY_RATE 1e12

typedef struct put_call {
  pl_call call;
  char system[32], instance[TEXT_MAX], role[32], origin[32], name[LABEL_BYTES], step[32], query[LABEL_BYTES];
  bool covers, covers_nothing;
  double from_s, seconds, most;
  pl_buf body;
  pl_prometheus_taking taken;
  pl_jaeger_taking traces;
  uint64_t refused;
  const char *why; /* of the first reason */
} put_call;

static int put_covered(const put_call *p, pl_intake *in, pl_error *err)
{
  pl_label labels[] = {{PL_STR("metric"), pl_str_of(p->name)}, {PL_STR("query"), pl_str_of(p->query)}, {PL_STR("step"), pl_str_of(p->step)}};
  const pl_intake_series s = {.source = pl_str_of(p->system), .name = PL_STR("fetched_seconds"), .labels = labels, .n_labels = 3,
                              .unit = PL_STR("seconds"), .help = PL_STR("How long from here on what was asked for was fetched")};
  int64_t series = pl_intake_find(in, &s);
  if (series < 0)
    return pl_fail(err, PL_ELIMIT, "what was fetched cannot be noted: %s", pl_reason_text(pl_intake_reason(series)));
  pl_intake_sample(in, (uint32_t)series, (int64_t)(p->from_s * 1e3 + 0.5) * 1000000, p->seconds);
  return PL_OK;
}

static void count_refused(put_call *p, const pl_intake *in)
{
  const pl_intake_counts *c = pl_intake_counts_of(in);
  for (int i = 0; i < PL_REASONS; i++) {
    if (c->refused[i] && !p->refused)
      p->why = pl_reason_text((enum pl_reason)i);
    p->refused += c->refused[i];
  }
}

static bool has_traces(const put_call *p)
{
  return strcmp(p->system, "jaeger") == 0;
}

static int take(put_call *p, pl_intake *in, const pl_allocator *a)
{
  pl_str body = {p->body.data ? p->body.data : "", p->body.len};
  p->traces.body = p->taken.body = body;
  p->taken.name = pl_str_of(p->name);
  return has_traces(p) ? pl_jaeger_take(in, a, &p->traces, &p->call.err) : pl_prometheus_take(in, a, &p->taken, &p->call.err);
}

/* Whether the answer has all of what was asked for. */
static bool is_whole(const put_call *p)
{
  return has_traces(p) ? (double)p->traces.traces < p->most : p->taken.series > 0 || p->covers_nothing;
}

static int put_work(pl_call *call, pl_desk *desk)
{
  put_call *p = (put_call *)call;
  pl_intake *in;
  const pl_intake_options o = {.alloc = desk->alloc, .clock = desk->clock, .feed = desk->feed, .run = 0, .instance = pl_str_of(p->instance),
                               .role = pl_str_of(p->role), .origin = pl_str_of(p->origin),
                               .limits = {.series = SERIES_MAX, .labels = PL_INTAKE_LABELS, .label_bytes = LABEL_BYTES,
                                          .events = {[PL_EVENT_SPAN] = SIZE_MAX / 2}, .samples_per_s = ANY_RATE}};
  int code = pl_intake_new(&o, &in, &call->err);
  if (code)
    return code;
  code = take(p, in, desk->alloc);
  if (!code && p->covers && is_whole(p))
    code = put_covered(p, in, &call->err);
  count_refused(p, in);
  pl_intake_free(in);
  return code ? code : pl_store_commit(desk->store, &call->err);
}

static int put_push(lua_State *L, pl_call *call)
{
  const put_call *p = (const put_call *)call;
  const char *warning = has_traces(p) ? p->traces.warning : p->taken.warning;
  lua_createtable(L, 0, 5);
  pl_set_count(L, has_traces(p) ? "traces" : "series", has_traces(p) ? p->traces.traces : p->taken.series);
  pl_set_count(L, has_traces(p) ? "spans" : "samples", has_traces(p) ? p->traces.spans : p->taken.samples);
  pl_set_count(L, "refused", p->refused);
  pl_set_text(L, "why", p->why);
  pl_set_text(L, "warning", warning[0] ? warning : NULL);
  return 1;
}

static void put_release(pl_call *call)
{
  pl_buf_fini(&((put_call *)call)->body);
}

static double number_field(lua_State *L, const char *name)
{
  lua_getfield(L, -1, name);
  double v = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return v;
}

static int history_put(lua_State *L)
{
  pl_str body;
  luaL_checktype(L, 1, LUA_TTABLE);
  put_call *p = pl_call_new(L, "fetch", sizeof *p, put_work);
  pl_buf_init(&p->body, p->call.host->alloc, BODY_MAX);
  p->call.push = put_push;
  p->call.release = put_release;
  lua_pushvalue(L, 1);
  pl_get_copy(L, -1, "fetch", "system", p->system, sizeof p->system);
  pl_get_copy(L, -1, "fetch", "instance", p->instance, sizeof p->instance);
  pl_get_copy(L, -1, "fetch", "role", p->role, sizeof p->role);
  pl_get_copy(L, -1, "fetch", "origin", p->origin, sizeof p->origin);
  pl_get_copy(L, -1, "fetch", "name", p->name, sizeof p->name);
  lua_getfield(L, -1, "body");
  body.data = luaL_checklstring(L, -1, &body.len);
  if (pl_buf_add(&p->body, body.data, body.len))
    return luaL_error(L, "fetch: the answer is too long, or out of memory");
  lua_pop(L, 1);
  p->covers = lua_getfield(L, -1, "covered") == LUA_TTABLE;
  if (p->covers) {
    pl_get_copy(L, -1, "fetch", "query", p->query, sizeof p->query);
    pl_get_copy(L, -1, "fetch", "step", p->step, sizeof p->step);
    p->from_s = number_field(L, "from");
    p->seconds = number_field(L, "seconds");
    p->most = lua_getfield(L, -1, "most") == LUA_TNIL ? HUGE_VAL : luaL_checknumber(L, -1);
    lua_getfield(L, -2, "nothing");
    p->covers_nothing = lua_toboolean(L, -1);
    lua_pop(L, 2);
  }
  lua_pop(L, 2);
  return pl_call_wait(L, &p->call);
}

int pl_open_history(lua_State *L)
{
  static const luaL_Reg functions[] = {{"put", history_put}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

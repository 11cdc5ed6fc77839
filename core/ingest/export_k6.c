/* A row of `metrics` says which series is which metric of k6's; one series may be several. The part of a line that is the same for all points of
 * a series is made once. */
#include "ingest/export_k6.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

enum { LINE_ROOM = 1 << 20 };

/* What a series' samples become. */
enum point {
  VALUES,    /* of a distribution: a point each, in milliseconds */
  COUNT,     /* of a distribution: a point a second, how many there were */
  LEVEL,     /* of a gauge: a point a sample */
  INCREASE,  /* of a counter: a point a sample, by how much it grew */
  YES, NO,   /* of a counter: a point with 1 or 0 for each one by which it grew */
};

typedef struct metric {
  const char *series, *label, *value; /* those with this label, where there is one; "!ok": with another value */
  const char *name, *type, *contains;
  enum point point;
} metric;

static const metric metrics[] = {
    {"load_service_seconds", NULL, NULL, "http_req_duration", "trend", "time", VALUES},
    {"load_phase_seconds", "phase", "connect", "http_req_connecting", "trend", "time", VALUES},
    {"load_phase_seconds", "phase", "tls", "http_req_tls_handshaking", "trend", "time", VALUES},
    {"load_phase_seconds", "phase", "send", "http_req_sending", "trend", "time", VALUES},
    {"load_phase_seconds", "phase", "wait", "http_req_waiting", "trend", "time", VALUES},
    {"load_phase_seconds", "phase", "receive", "http_req_receiving", "trend", "time", VALUES},
    {"load_iteration_seconds", NULL, NULL, "iteration_duration", "trend", "time", VALUES},
    {"load_iteration_seconds", NULL, NULL, "iterations", "counter", "default", COUNT},
    {"load_group_seconds", NULL, NULL, "group_duration", "trend", "time", VALUES},
    {"load_requests_total", NULL, NULL, "http_reqs", "counter", "default", INCREASE},
    {"load_requests_total", "outcome", "ok", "http_req_failed", "rate", "default", NO},
    {"load_requests_total", "outcome", "!ok", "http_req_failed", "rate", "default", YES},
    {"load_starts_total", "outcome", "dropped", "dropped_iterations", "counter", "default", INCREASE},
    {"load_bytes_total", "direction", "sent", "data_sent", "counter", "data", INCREASE},
    {"load_bytes_total", "direction", "received", "data_received", "counter", "data", INCREASE},
    {"load_checks_total", "ok", "true", "checks", "rate", "default", YES},
    {"load_checks_total", "ok", "false", "checks", "rate", "default", NO},
    {"load_users", NULL, NULL, "vus", "gauge", "default", LEVEL},
};
enum { METRICS = sizeof metrics / sizeof *metrics };

/* Labels that say what k6 has metrics for, or that it has not. */
static const char *const untold[] = {"phase", "outcome", "direction", "ok", "source", "instance", "role", "origin"};

typedef struct k6 {
  pl_reader *reader;
  const pl_export_options *o;
  pl_export_fn fn;
  void *user;
  pl_export_counts *counts;
  pl_error *err;
  pl_buf out, tail; /* tail: behind the value of a line */
  bool declared[METRICS];
  const metric *now;
  double before;    /* of a counter */
} k6;

static int flush(k6 *k, size_t least)
{
  if (k->out.bad || k->tail.bad)
    return pl_fail(k->err, k->out.bad ? k->out.bad : k->tail.bad, "export: out of memory, or a line is too long");
  if (k->out.len < least || k->out.len == 0)
    return PL_OK;
  int code = k->fn(k->user, (pl_str){k->out.data, k->out.len});
  pl_buf_clear(&k->out);
  return code ? pl_fail(k->err, code, "export: %s", pl_code_text(code)) : PL_OK;
}

/* ---- Series ------------------------------------------------------------------------------------------ */

static pl_str label_of(const pl_series_info *info, const char *name)
{
  for (size_t i = 0; i < info->n_labels; i++) {
    if (pl_str_eqc(info->labels[i].name, name))
      return info->labels[i].value;
  }
  return (pl_str){"", 0};
}

static bool is_metric(const metric *m, const pl_series_info *info)
{
  bool dist = m->point <= COUNT;
  if (dist != (info->kind == PL_SERIES_DIST) || !pl_str_eqc(info->name, m->series))
    return false;
  if (!m->label)
    return true;
  bool other = m->value[0] == '!';
  return pl_str_eqc(label_of(info, m->label), m->value + other) != other;
}

static bool is_told(const pl_series_info *info, size_t i)
{
  for (size_t k = 0; k < sizeof untold / sizeof *untold; k++) {
    if (pl_str_eqc(info->labels[i].name, untold[k]))
      return false;
  }
  bool again = i > 0 && pl_str_eq(info->labels[i - 1].name, info->labels[i].name);
  return info->labels[i].value.len && !again;
}

static void put_tags(k6 *k, const pl_series_info *info)
{
  pl_json_out j;
  pl_str outcome = label_of(info, "outcome");
  pl_buf_clear(&k->tail);
  (void)pl_buf_adds(&k->tail, ",\"tags\":");
  pl_json_out_init(&j, &k->tail);
  pl_json_begin_object(&j);
  for (size_t i = 0; i < info->n_labels; i++) {
    if (!is_told(info, i))
      continue;
    pl_json_key(&j, info->labels[i].name);
    pl_json_string(&j, info->labels[i].value);
  }
  if (outcome.len && pl_str_eqc(info->name, "load_requests_total")) {
    pl_json_key(&j, PL_STR("expected_response"));
    pl_json_string(&j, pl_str_eqc(outcome, "ok") ? PL_STR("true") : PL_STR("false"));
  }
  pl_json_end_object(&j);
  (void)pl_buf_addf(&k->tail, "},\"metric\":\"%s\"}\n", k->now->name);
}

/* k6 declares a metric before its first point. */
static void declare(k6 *k)
{
  const metric *m = k->now;
  for (size_t i = 0; i < METRICS; i++) {
    if (k->declared[i] && strcmp(metrics[i].name, m->name) == 0)
      return;
  }
  k->declared[m - metrics] = true;
  (void)pl_buf_addf(&k->out, "{\"type\":\"Metric\",\"data\":{\"name\":\"%s\",\"type\":\"%s\",\"contains\":\"%s\",\"thresholds\":[],\"submetrics\":null},\"metric\":\"%s\"}\n",
                    m->name, m->type, m->contains, m->name);
}

/* ---- Points ------------------------------------------------------------------------------------------ */

static int put_point(k6 *k, int64_t ts_ns, double value)
{
  char time[32], number[32];
  declare(k);
  pl_wall_text(ts_ns, time);
  size_t n = pl_double_text(value, number);
  (void)pl_buf_addf(&k->out, "{\"type\":\"Point\",\"data\":{\"time\":\"%s\",\"value\":%.*s", time, (int)n, number);
  (void)pl_buf_add(&k->out, k->tail.data, k->tail.len);
  k->counts->samples++;
  return flush(k, PL_EXPORT_PIECE);
}

static int put_points(k6 *k, int64_t ts_ns, double value, double n)
{
  int code = PL_OK;
  for (double i = 0; !code && i < n; i++)
    code = put_point(k, ts_ns, value);
  return code;
}

static int on_sample(void *user, int64_t ts_ns, double value)
{
  k6 *k = user;
  double grown = value < k->before ? value : value - k->before;
  if (k->now->point == LEVEL)
    return put_point(k, ts_ns, value);
  k->before = value;
  if (k->now->point == INCREASE)
    return grown > 0 ? put_point(k, ts_ns, grown) : PL_OK;
  return put_points(k, ts_ns, k->now->point == YES ? 1 : 0, grown);
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  k6 *k = user;
  int64_t end_ns = (ts_ms + 1000) * (int64_t)PL_MS_NS;
  uint32_t index = 0;
  uint64_t lowest, highest, count;
  int code = PL_OK;
  if (k->now->point == COUNT)
    return put_point(k, end_ns, (double)h->count);
  while (!code && pl_hist_next(h, &index, &lowest, &highest, &count))
    code = put_points(k, end_ns, (double)(highest < h->max ? highest : h->max) / 1e6, (double)count);
  return code;
}

static int put_series(k6 *k, const pl_series_info *info, const metric *m)
{
  const pl_export_options *o = k->o;
  int64_t ms = (int64_t)PL_MS_NS;
  k->now = m;
  k->before = 0;
  put_tags(k, info);
  if (info->kind == PL_SERIES_DIST)
    return pl_reader_dists(k->reader, info->id, o->run, 1, o->from_ns / ms, o->to_ns / ms, on_dist, k, k->err);
  return pl_reader_samples(k->reader, info->id, o->run, o->from_ns, o->to_ns, on_sample, k, k->err);
}

static int on_series(void *user, const pl_series_info *info)
{
  k6 *k = user;
  bool found = false;
  int code = PL_OK;
  for (size_t i = 0; !code && i < METRICS; i++) {
    if (!is_metric(&metrics[i], info))
      continue;
    found = true;
    code = put_series(k, info, &metrics[i]);
  }
  k->counts->series += found;
  k->counts->other += !found;
  return code;
}

int pl_export_k6(const pl_allocator *a, pl_reader *r, const pl_export_options *o, pl_export_fn fn, void *user, pl_export_counts *counts, pl_error *err)
{
  k6 k = {.reader = r, .o = o, .fn = fn, .user = user, .counts = counts, .err = err};
  pl_buf_init(&k.out, a, PL_EXPORT_PIECE + LINE_ROOM);
  pl_buf_init(&k.tail, a, LINE_ROOM);
  int code = pl_reader_series(r, o->metric, NULL, 0, o->run, on_series, &k, err);
  if (!code)
    code = flush(&k, 0);
  pl_buf_fini(&k.out);
  pl_buf_fini(&k.tail);
  return code;
}

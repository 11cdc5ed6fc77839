/* See prometheus_answer.h. A walk over the events of the JSON text: what a value means follows from the keys above it, by depth.
 *
 *     { "status": "success", "data": { "resultType": "matrix", "result": [ { "metric": { name: value }, "values": [ [ time, "value" ] ] } ] } }
 */
#include "format/prometheus_answer.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

enum { DEPTH_MAX = 32, TEXTS_MAX = 1 << 20, KEYS = 5 };

enum key { OTHER, STATUS, ERROR, WARNINGS, DATA, RESULT, METRIC, VALUE, VALUES, HISTOGRAM };

typedef struct reading {
  const pl_prometheus_events *events;
  pl_error *err;
  enum key keys[KEYS];  /* the last one at each depth */
  pl_buf texts;         /* names and values of labels */
  size_t ends[2 * PL_PROMETHEUS_LABELS]; /* of each text */
  size_t n_texts;
  bool in_series;       /* it was told */
  bool has_time;
  int64_t ts_ms;
  bool succeeded;
  char why[300];        /* the server's error */
} reading;

static enum key key_of(pl_str name)
{
  static const struct {
    const char *name;
    enum key key;
  } names[] = {{"status", STATUS}, {"error", ERROR},   {"warnings", WARNINGS}, {"infos", WARNINGS},         {"data", DATA}, {"result", RESULT},
               {"metric", METRIC}, {"value", VALUE}, {"values", VALUES},     {"histogram", HISTOGRAM}, {"histograms", HISTOGRAM}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (pl_str_eqc(name, names[i].name))
      return names[i].key;
  }
  return OTHER;
}

static int add_text(reading *r, pl_str s)
{
  if (r->n_texts == sizeof r->ends / sizeof *r->ends)
    return pl_fail(r->err, PL_ELIMIT, "a series has more than %d labels", PL_PROMETHEUS_LABELS);
  int code = pl_buf_add(&r->texts, s.data, s.len);
  r->ends[r->n_texts++] = r->texts.len;
  return code ? pl_fail(r->err, code, "the labels of a series are too long, or out of memory") : PL_OK;
}

static int tell_series(reading *r)
{
  pl_tag labels[PL_PROMETHEUS_LABELS];
  size_t n = r->n_texts / 2, from = 0;
  for (size_t i = 0; i < n; i++) {
    size_t middle = r->ends[2 * i], to = r->ends[2 * i + 1];
    labels[i].name = (pl_str){r->texts.data + from, middle - from};
    labels[i].value = (pl_str){r->texts.data + middle, to - middle};
    from = to;
  }
  r->in_series = true;
  return r->events->series(r->events->user, labels, n);
}

/* As Go writes them: "NaN", "+Inf", "-Inf", or a number. */
static bool read_value(pl_str text, double *out)
{
  if (pl_str_eqc(text, "NaN"))
    *out = NAN;
  else if (pl_str_eqc(text, "+Inf") || pl_str_eqc(text, "Inf"))
    *out = INFINITY;
  else if (pl_str_eqc(text, "-Inf"))
    *out = -INFINITY;
  else
    return pl_str_double(text, out);
  return true;
}

/* A time or a value of a sample. */
static int take_point(reading *r, const pl_json_event *e)
{
  double value;
  if (e->kind == PL_JSON_INT || e->kind == PL_JSON_DOUBLE) {
    r->has_time = fabs(e->number) < 9e12;
    r->ts_ms = r->has_time ? (int64_t)llround(e->number * 1000) : 0;
    return r->has_time ? PL_OK : pl_fail(r->err, PL_EPROTO, "a sample's time is none");
  }
  if (e->kind != PL_JSON_STRING || !r->has_time || !r->in_series || !read_value(e->string, &value))
    return pl_fail(r->err, PL_EPROTO, "a sample is no pair of a time and a value of a series that was named before");
  r->has_time = false;
  return r->events->sample(r->events->user, r->ts_ms, value);
}

/* Within the array `result`, or within the pair that it is of a scalar. */
static int on_result(reading *r, const pl_json_event *e)
{
  bool scalar = e->kind == PL_JSON_INT || e->kind == PL_JSON_DOUBLE || e->kind == PL_JSON_STRING;
  enum key key = r->keys[4];
  if (e->depth == 3 && e->kind == PL_JSON_OBJECT) {
    r->in_series = r->has_time = false;
    r->n_texts = 0;
    pl_buf_clear(&r->texts);
  }
  if (e->depth == 3 && scalar) {
    int code = r->in_series ? PL_OK : tell_series(r);
    return code ? code : take_point(r, e);
  }
  if (e->depth == 5 && key == METRIC)
    return e->kind == PL_JSON_KEY || e->kind == PL_JSON_STRING ? add_text(r, e->string) : pl_fail(r->err, PL_EPROTO, "a label's value is no text");
  if (e->depth == 4 && key == METRIC && e->kind == PL_JSON_OBJECT_END)
    return tell_series(r);
  if (scalar && ((e->depth == 5 && key == VALUE) || (e->depth == 6 && key == VALUES)))
    return take_point(r, e);
  if (e->kind == PL_JSON_KEY && e->depth == 4 && key == HISTOGRAM)
    r->events->histogram(r->events->user);
  return PL_OK;
}

static int on_event(void *user, const pl_json_event *e)
{
  reading *r = user;
  if (e->kind == PL_JSON_KEY && e->depth < KEYS)
    r->keys[e->depth] = key_of(e->string);
  if (e->kind == PL_JSON_STRING && e->depth == 1 && r->keys[1] == STATUS)
    r->succeeded = pl_str_eqc(e->string, "success");
  else if (e->kind == PL_JSON_STRING && e->depth == 1 && r->keys[1] == ERROR)
    (void)pl_copy(r->why, sizeof r->why, e->string);
  else if (e->kind == PL_JSON_STRING && e->depth == 2 && r->keys[1] == WARNINGS)
    r->events->warning(r->events->user, e->string);
  if (e->depth > 2 && r->keys[1] == DATA && r->keys[2] == RESULT)
    return on_result(r, e);
  return PL_OK;
}

int pl_prometheus_answer_read(const pl_allocator *a, pl_str text, const pl_prometheus_events *events, pl_error *err)
{
  reading r = {.events = events, .err = err};
  pl_buf_init(&r.texts, a, TEXTS_MAX);
  int code = pl_json_parse(a, text, DEPTH_MAX, on_event, &r, err);
  pl_buf_fini(&r.texts);
  if (!code && !r.succeeded)
    code = pl_fail(err, PL_EPROTO, "%s", r.why[0] ? r.why : "this is no answer of Prometheus' API");
  return code;
}

/* See prometheus.h. */
#include "ingest/prometheus.h"

#include "base/error.h"
#include "format/prometheus_answer.h"

typedef struct run {
  pl_intake *in;
  pl_prometheus_taking *t;
  int64_t series; /* of the feed; below 0: refused */
  pl_error *err;
} run;

static int on_series(void *user, const pl_tag *tags, size_t n)
{
  run *r = user;
  pl_label labels[PL_PROMETHEUS_LABELS];
  pl_intake_series s = {.source = PL_STR("prometheus"), .name = r->t->name, .labels = labels};
  for (size_t i = 0; i < n; i++) {
    if (!pl_str_eqc(tags[i].name, "__name__"))
      labels[s.n_labels++] = (pl_label){tags[i].name, tags[i].value};
    else if (!s.name.len)
      s.name = tags[i].value;
  }
  if (!s.name.len)
    return pl_fail(r->err, PL_EPROTO, "the query's series have no name: give them one by as");
  r->series = pl_intake_find(r->in, &s);
  r->t->series++;
  return PL_OK;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  run *r = user;
  r->t->samples++;
  if (r->series < 0)
    pl_intake_refuse(r->in, pl_intake_reason(r->series), 1);
  else if (!pl_intake_sample_ms(r->in, (uint32_t)r->series, ts_ms, value))
    pl_intake_refuse(r->in, PL_REASON_TIME, 1);
  return PL_OK;
}

static void on_histogram(void *user)
{
  run *r = user;
  r->t->histograms++;
  pl_intake_refuse(r->in, PL_REASON_HISTOGRAM, 1);
}

static void on_warning(void *user, pl_str text)
{
  pl_prometheus_taking *t = ((run *)user)->t;
  if (!t->warning[0])
    (void)pl_copy(t->warning, sizeof t->warning, text);
}

int pl_prometheus_take(pl_intake *in, const pl_allocator *a, pl_prometheus_taking *t, pl_error *err)
{
  run r = {.in = in, .t = t, .series = pl_intake_refusal(PL_REASON_NAME), .err = err};
  const pl_prometheus_events events = {on_series, on_sample, on_histogram, on_warning, &r};
  return pl_prometheus_answer_read(a, t->body, &events, err);
}

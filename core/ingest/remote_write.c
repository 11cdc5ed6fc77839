/* See remote_write.h. Markers of staleness go onto the timeline as they are: NaNs of their own. */
#include "ingest/remote_write.h"

#include <string.h>

#include "format/remote_write.h"
#include "format/snappy.h"

static const int64_t NS_OF_MS = 1000000;

/* A message while it is taken. */
typedef struct taking {
  pl_intake *in;
  uint32_t series;
  uint64_t refused;     /* samples and histograms of it */
  enum pl_reason why;   /* the first reason */
} taking;

static void refuse(taking *t, enum pl_reason why, uint64_t n)
{
  if (!n)
    return;
  if (!t->refused)
    t->why = why;
  t->refused += n;
  pl_intake_refuse(t->in, why, n);
}

static bool ends(pl_str s, const char *suffix)
{
  size_t n = strlen(suffix);
  return s.len > n && memcmp(s.data + s.len - n, suffix, n) == 0;
}

/* By the endings that Prometheus' naming gives to what only grows. */
static bool is_counter(pl_str name)
{
  return ends(name, "_total") || ends(name, "_count") || ends(name, "_sum") || ends(name, "_bucket");
}

/* What is known of a metric: what the sender said of its family, else what its name shows. */
static void describe(taking *t, pl_intake_series *s)
{
  pl_family family = {is_counter(s->name) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, {"", 0}, {"", 0}};
  (void)pl_families_find(pl_intake_families(t->in), s->name, &family);
  s->kind = family.kind;
  s->unit = family.unit;
  s->help = family.help;
}

static bool on_series(void *user, const pl_remote_series *s)
{
  taking *t = user;
  pl_label labels[PL_REMOTE_LABELS];
  pl_intake_series series = {.source = PL_STR("remote_write"), .name = {"", 0}, .labels = labels};
  pl_intake_refuse(t->in, PL_REASON_EXEMPLAR, s->exemplars);
  refuse(t, PL_REASON_HISTOGRAM, s->histograms);
  if (s->n_labels > PL_REMOTE_LABELS) {
    refuse(t, PL_REASON_LABELS, s->samples);
    return false;
  }
  for (size_t i = 0; i < s->n_labels; i++) {
    if (pl_str_eqc(s->labels[i].name, "__name__"))
      series.name = s->labels[i].value;
    else
      labels[series.n_labels++] = (pl_label){s->labels[i].name, s->labels[i].value};
  }
  describe(t, &series);
  int64_t found = s->samples ? pl_intake_find(t->in, &series) : 0;
  if (found < 0)
    refuse(t, (enum pl_reason)(-1 - found), s->samples);
  t->series = found < 0 ? 0 : (uint32_t)found;
  return s->samples > 0 && found >= 0;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  taking *t = user;
  if (ts_ms > INT64_MAX / NS_OF_MS || ts_ms < INT64_MIN / NS_OF_MS)
    refuse(t, PL_REASON_TIME, 1);
  else
    pl_intake_sample(t->in, t->series, ts_ms * NS_OF_MS, value);
  return PL_OK;
}

static int on_metadata(void *user, const pl_remote_metadata *m)
{
  taking *t = user;
  bool counts = m->type == PL_REMOTE_COUNTER || m->type == PL_REMOTE_HISTOGRAM || m->type == PL_REMOTE_SUMMARY;
  pl_families_add(pl_intake_families(t->in), m->family, &(pl_family){counts ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, m->unit, m->help});
  return PL_OK;
}

static void read_message(pl_intake *in, pl_str message, pl_reply *reply)
{
  taking t = {.in = in};
  const pl_remote_events events = {on_series, on_sample, on_metadata, &t};
  if (pl_remote_write_read(message, &events))
    pl_reply_refuse_code(in, reply, PL_EPROTO);
  else if (t.refused)
    pl_reply_text(reply, 400, "%llu refused, the rest is kept: %s\n", (unsigned long long)t.refused, pl_reason_text(t.why));
  else
    reply->status = 204;
}

/* The Content-Type of version 1; of version 2, another message, it has a parameter. */
static bool is_version_1(pl_str type)
{
  return pl_type_is(type, "application/x-protobuf") && !memmem(type.data, type.len, "write.v2", 8);
}

void pl_remote_write_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  bool ours = is_version_1(m->type) && pl_str_ieq(m->encoding, PL_STR("snappy"));
  int code = ours ? pl_snappy_expand(m->body, m->scratch) : PL_EINVAL;
  if (code)
    pl_reply_refuse_code(in, reply, code);
  else
    read_message(in, (pl_str){m->scratch->data ? m->scratch->data : "", m->scratch->len}, reply);
}

/* See remote_write.h. Both versions of the protocol come by one path; the parameter of their type tells them apart. Markers
 * of staleness go onto the timeline as they are: NaNs of their own. */
#include "ingest/remote_write.h"

#include "format/remote_write.h"
#include "format/snappy.h"

/* A message while it is taken. */
typedef struct taking {
  pl_intake *in;
  int64_t now_ns;
  uint32_t series;
  uint64_t samples, exemplars; /* what was taken of it */
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

static bool counts(enum pl_remote_type type)
{
  return type == PL_REMOTE_COUNTER || type == PL_REMOTE_HISTOGRAM || type == PL_REMOTE_SUMMARY;
}

/* What is known of a metric: what the sender said of it or of its family, else what its name shows. */
static void describe(taking *t, const pl_remote_metadata *m, pl_intake_series *s)
{
  bool ends = pl_family_ending(s->name);
  pl_family family = {.kind = ends ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, .unit = m->unit, .help = m->help};
  if (m->type)
    family.kind = m->type == PL_REMOTE_COUNTER || (counts(m->type) && ends) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE;
  else
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
  refuse(t, PL_REASON_HISTOGRAM, s->histograms);
  if (s->n_labels > PL_REMOTE_LABELS) {
    refuse(t, PL_REASON_LABELS, s->samples);
    pl_intake_refuse(t->in, PL_REASON_EXEMPLAR, s->exemplars);
    return false;
  }
  for (size_t i = 0; i < s->n_labels; i++) {
    if (pl_str_eqc(s->labels[i].name, "__name__"))
      series.name = s->labels[i].value;
    else
      labels[series.n_labels++] = (pl_label){s->labels[i].name, s->labels[i].value};
  }
  describe(t, &s->metadata, &series);
  bool wanted = s->samples || s->exemplars;
  int64_t found = wanted ? pl_intake_find(t->in, &series) : 0;
  if (found < 0) {
    refuse(t, pl_intake_reason(found), s->samples);
    pl_intake_refuse(t->in, PL_REASON_EXEMPLAR, s->exemplars);
  }
  t->series = found < 0 ? 0 : (uint32_t)found;
  return wanted && found >= 0;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  taking *t = user;
  if (pl_intake_sample_ms(t->in, t->series, ts_ms, value))
    t->samples++;
  else
    refuse(t, PL_REASON_TIME, 1);
  return PL_OK;
}

static int on_exemplar(void *user, const pl_exemplar *e)
{
  taking *t = user;
  t->exemplars += pl_intake_exemplar(t->in, t->series, t->now_ns, e);
  return PL_OK;
}

static int on_metadata(void *user, const pl_remote_metadata *m)
{
  taking *t = user;
  const pl_family family = {.kind = counts(m->type) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, .parts = m->type != PL_REMOTE_COUNTER, .unit = m->unit, .help = m->help};
  pl_families_add(pl_intake_families(t->in), m->family, &family);
  return PL_OK;
}

/* What a sender of 2.0 is told, whatever the status: how much of its message is kept. */
static void tell_written(const taking *t, pl_reply *reply)
{
  reply->counts[0] = (pl_http_count){"X-Prometheus-Remote-Write-Samples-Written", t->samples};
  reply->counts[1] = (pl_http_count){"X-Prometheus-Remote-Write-Histograms-Written", 0};
  reply->counts[2] = (pl_http_count){"X-Prometheus-Remote-Write-Exemplars-Written", t->exemplars};
  reply->n_counts = 3;
}

static void read_message(pl_intake *in, const pl_message *m, bool v2, pl_reply *reply)
{
  taking t = {.in = in, .now_ns = m->now_ns};
  const pl_remote_events events = {on_series, on_sample, on_metadata, &t, on_exemplar};
  const pl_str message = {m->scratch->data ? m->scratch->data : "", m->scratch->len};
  int code = v2 ? pl_remote_write_read_v2(message, m->spare, &events) : pl_remote_write_read(message, &events);
  if (code)
    pl_reply_refuse_code(in, reply, code);
  else if (t.refused)
    pl_reply_text(reply, 400, "%llu refused, the rest is kept: %s\n", (unsigned long long)t.refused, pl_reason_text(t.why));
  else
    reply->status = 204;
  if (v2)
    tell_written(&t, reply);
}

/* Which message a Content-Type is of, by its parameter: 1 (where there is none), 2, or 0 for another one. */
static int version_of(pl_str type)
{
  if (!pl_type_is(type, "application/x-protobuf"))
    return 0;
  (void)pl_str_cut(&type, ';');
  while (type.len) {
    pl_str parameter = pl_str_trim(pl_str_cut(&type, ';'));
    if (!pl_str_starts(parameter, PL_STR("proto=")))
      continue;
    return pl_str_eqc(parameter, "proto=prometheus.WriteRequest") ? 1 : pl_str_eqc(parameter, "proto=io.prometheus.write.v2.Request") ? 2 : 0;
  }
  return 1;
}

static void refuse_type(pl_intake *in, pl_reply *reply)
{
  pl_intake_refuse(in, PL_REASON_TYPE, 1);
  pl_reply_text(reply, 415, "%s: send application/x-protobuf of prometheus.WriteRequest or io.prometheus.write.v2.Request, in snappy\n", pl_reason_text(PL_REASON_TYPE));
}

void pl_remote_write_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  int version = pl_str_ieq(m->encoding, PL_STR("snappy")) ? version_of(m->type) : 0;
  int code = version ? pl_snappy_expand(m->body, m->scratch) : PL_OK;
  if (!version)
    refuse_type(in, reply);
  else if (code)
    pl_reply_refuse_code(in, reply, code);
  else
    read_message(in, m, version == 2, reply);
}

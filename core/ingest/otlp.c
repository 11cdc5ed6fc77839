/* See otlp.h. A point becomes one series or, of histograms and summaries, several; where one of them is refused, the point is. Of deltas
 * the sums since the receiver began are stored. */
#include "ingest/otlp.h"

#include <stdio.h>
#include <string.h>

#include "base/piece.h"
#include "format/otlp_name.h"
#include "format/stale.h"
#include "ingest/otlp_message.h"

enum { NAMES_MAX = 16 << 10, LABELS_MAX = PL_OTLP_TAGS + 3, TEXT_SIZE = 32, JOB_SIZE = 1024, NAME_SIZE = 512 };

/* A message while it is taken. */
typedef struct taking {
  pl_intake *in;
  int64_t now_ns;
  const pl_tag *resource;
  size_t n_resource;
  bool told_target;      /* the resource's target_info was put */
  pl_label labels[LABELS_MAX]; /* of the point, then one for its part */
  size_t n_labels;
  pl_buf names;          /* of the point: its name, its labels' names */
  bool kept;             /* the point was */
  char job[JOB_SIZE];
  pl_str instance;
  uint64_t refused;
  enum pl_reason why;    /* the first */
} taking;

static pl_str attribute(const taking *t, const char *name)
{
  for (size_t i = 0; i < t->n_resource && i < PL_OTLP_TAGS; i++) {
    if (pl_str_eqc(t->resource[i].name, name))
      return t->resource[i].value;
  }
  return (pl_str){"", 0};
}

/* ---- Series -------------------------------------------------------------------------------------------- */

/* Whether the resource has this name for its target: an attribute of a point that is called so keeps its value as exported_NAME, as a
 * scraped label does. */
static bool is_of_target(const taking *t, pl_str name)
{
  return (t->job[0] && pl_str_eqc(name, "job")) || (t->instance.len && pl_str_eqc(name, "instance"));
}

/* The labels of n tags behind those of the target; false: too many. */
static bool set_labels(taking *t, const pl_tag *tags, size_t n)
{
  pl_piece pieces[PL_OTLP_TAGS];
  if (n > PL_OTLP_TAGS)
    return false;
  for (size_t i = 0; i < n; i++) {
    pieces[i].at = t->names.len;
    if (is_of_target(t, tags[i].name))
      (void)pl_buf_adds(&t->names, "exported_");
    (void)pl_otlp_label_name(tags[i].name, &t->names);
    pieces[i].len = t->names.len - pieces[i].at;
  }
  t->n_labels = 0;
  if (t->names.bad)
    return false;
  t->labels[t->n_labels++] = (pl_label){PL_STR("job"), pl_str_of(t->job)};
  t->labels[t->n_labels++] = (pl_label){PL_STR("instance"), t->instance};
  for (size_t i = 0; i < n; i++)
    t->labels[t->n_labels++] = (pl_label){pl_piece_text(&t->names, pieces[i]), tags[i].value};
  return true;
}

/* What a part of a point is: a suffix to the metric's name, a label of its own. */
typedef struct part {
  const char *suffix, *label;
  const char *value;
  bool counts;
} part;

static int64_t find(taking *t, const pl_otlp_metric *m, pl_str name, const part *p)
{
  pl_label labels[LABELS_MAX];
  char whole[NAME_SIZE];
  size_t n = t->n_labels, suffix_len = strlen(p->suffix), len = name.len + suffix_len;
  if (len >= sizeof whole)
    return pl_intake_refusal(PL_REASON_NAME);
  memcpy(whole, name.data, name.len);
  memcpy(whole + name.len, p->suffix, suffix_len);
  memcpy(labels, t->labels, n * sizeof *labels);
  if (p->label)
    labels[n++] = (pl_label){pl_str_of(p->label), pl_str_of(p->value)};
  pl_intake_series s = {.source = PL_STR("otlp"), .name = {whole, len}, .labels = labels, .n_labels = n,
                        .kind = p->counts ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, .unit = m->unit, .help = m->description};
  return pl_intake_find(t->in, &s);
}

/* One value of a point. Returns 0, or a pl_intake_refusal. */
static int put(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_str name, const part *which, double value)
{
  int64_t ts_ns = p->time_ns ? p->time_ns : t->now_ns, series = find(t, m, name, which);
  if (series < 0)
    return (int)series;
  if (p->no_value)
    value = pl_stale();
  if (m->delta && !p->no_value)
    pl_intake_add(t->in, (uint32_t)series, ts_ns, value);
  else
    pl_intake_sample(t->in, (uint32_t)series, ts_ns, value);
  return 0;
}

/* ---- Points -------------------------------------------------------------------------------------------- */

static int put_totals(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_str name)
{
  int code = p->has_sum ? put(t, m, p, name, &(part){.suffix = "_sum", .counts = true}, p->sum) : 0;
  return code ? code : put(t, m, p, name, &(part){.suffix = "_count", .counts = true}, (double)p->count);
}

static int put_bucket(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_str name, const char *bound, uint64_t count)
{
  return put(t, m, p, name, &(part){"_bucket", "le", bound, true}, (double)count);
}

static int put_histogram(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_str name)
{
  char text[TEXT_SIZE];
  uint64_t below = 0;
  int code = put_totals(t, m, p, name);
  for (size_t i = 0; i < p->n_bounds && !code && !p->no_value; i++) {
    below += p->counts[i];
    text[pl_double_text(p->bounds[i], text)] = '\0';
    code = put_bucket(t, m, p, name, text, below);
  }
  return code ? code : put_bucket(t, m, p, name, "+Inf", p->count);
}

static int put_summary(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_str name)
{
  char text[TEXT_SIZE];
  int code = put_totals(t, m, p, name);
  for (size_t i = 0; i < p->n_quantiles && !code; i++) {
    text[pl_double_text(p->quantiles[i].quantile, text)] = '\0';
    code = put(t, m, p, name, &(part){"", "quantile", text, false}, p->quantiles[i].value);
  }
  return code;
}

/* The name of a point's series, before their parts' suffixes, and its labels; false: too many. */
static bool name_point(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_piece *name)
{
  pl_buf_clear(&t->names);
  (void)pl_otlp_metric_name(m, &t->names);
  *name = (pl_piece){.len = t->names.len};
  return set_labels(t, p->tags, p->n_tags);
}

static int put_point(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p)
{
  pl_piece name;
  if (!p->good)
    return pl_intake_refusal(PL_REASON_BUCKETS);
  if (p->time_ns < 0) /* it has no sign on the wire */
    return pl_intake_refusal(PL_REASON_TIME);
  if (!name_point(t, m, p, &name))
    return pl_intake_refusal(PL_REASON_LABELS);
  if (m->kind == PL_OTLP_GAUGE || m->kind == PL_OTLP_SUM)
    return put(t, m, p, pl_piece_text(&t->names, name), &(part){.suffix = "", .counts = m->kind == PL_OTLP_SUM && m->monotonic}, p->value);
  return m->kind == PL_OTLP_SUMMARY ? put_summary(t, m, p, pl_piece_text(&t->names, name)) : put_histogram(t, m, p, pl_piece_text(&t->names, name));
}

/* ---- Exemplars ------------------------------------------------------------------------------------------- */

/* The part of a point that counts a value: of a histogram the bucket. text is room for its bound. */
static part part_of(const pl_otlp_metric *m, const pl_otlp_point *p, double value, char text[TEXT_SIZE])
{
  size_t i = 0;
  if (m->kind == PL_OTLP_GAUGE || m->kind == PL_OTLP_SUM)
    return (part){.suffix = "", .counts = m->kind == PL_OTLP_SUM && m->monotonic};
  while (i < p->n_bounds && value > p->bounds[i])
    i++;
  if (i < p->n_bounds)
    text[pl_double_text(p->bounds[i], text)] = '\0';
  else
    (void)pl_copy(text, TEXT_SIZE, PL_STR("+Inf"));
  return (part){"_bucket", "le", text, true};
}

static int on_exemplar(void *user, const pl_otlp_metric *m, const pl_otlp_point *p, const pl_exemplar *e)
{
  taking *t = user;
  char text[TEXT_SIZE];
  const part which = part_of(m, p, e->value, text);
  pl_piece name;
  int64_t series = t->kept && name_point(t, m, p, &name) ? find(t, m, pl_piece_text(&t->names, name), &which) : -1;
  if (series < 0)
    pl_intake_refuse(t->in, PL_REASON_EXEMPLAR, 1);
  else
    (void)pl_intake_exemplar(t->in, (uint32_t)series, p->time_ns ? p->time_ns : t->now_ns, e);
  return PL_OK;
}

static bool names_target(pl_str name)
{
  return pl_str_eqc(name, "service.name") || pl_str_eqc(name, "service.namespace") || pl_str_eqc(name, "service.instance.id");
}

/* The series target_info: what is known of the resource beside its job and instance; at the time of its first point. */
static void put_target_info(taking *t, int64_t time_ns)
{
  pl_tag tags[PL_OTLP_TAGS];
  size_t n = 0;
  for (size_t i = 0; i < t->n_resource && i < PL_OTLP_TAGS; i++) {
    if (!names_target(t->resource[i].name))
      tags[n++] = t->resource[i];
  }
  pl_buf_clear(&t->names);
  t->told_target = true;
  if (!n || (!t->job[0] && !t->instance.len) || !set_labels(t, tags, n))
    return;
  const pl_otlp_metric info = {.name = {"", 0}, .unit = {"", 0}, .description = PL_STR("Target metadata")};
  const pl_otlp_point p = {.time_ns = time_ns};
  (void)put(t, &info, &p, PL_STR("target_info"), &(part){.suffix = ""}, 1);
}

static int on_point(void *user, const pl_otlp_metric *m, const pl_otlp_point *p)
{
  taking *t = user;
  int code = put_point(t, m, p);
  t->kept = !code;
  if (code) {
    enum pl_reason why = pl_intake_reason(code);
    pl_intake_refuse(t->in, why, 1);
    t->why = t->refused++ ? t->why : why;
  } else if (!t->told_target) {
    put_target_info(t, p->time_ns);
  }
  return PL_OK;
}

static void on_resource(void *user, const pl_tag *tags, size_t n)
{
  taking *t = user;
  t->resource = tags;
  t->n_resource = n;
  t->told_target = false;
  pl_str space = attribute(t, "service.namespace"), name = attribute(t, "service.name");
  (void)snprintf(t->job, sizeof t->job, "%.*s%s%.*s", (int)(name.len ? space.len : 0), space.data, name.len && space.len ? "/" : "", (int)name.len,
                 name.data);
  t->instance = attribute(t, "service.instance.id");
}

/* ---- Messages -------------------------------------------------------------------------------------------- */

void pl_otlp_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  taking t = {.in = in, .now_ns = m->now_ns};
  const pl_otlp_events events = {on_resource, on_point, &t, on_exemplar};
  pl_otlp_request r;
  pl_buf_init(&t.names, m->scratch->alloc, NAMES_MAX);
  int code = pl_otlp_begin(in, m, PL_OTLP_METRICS, &r);
  if (!code)
    code = pl_otlp_read(m->scratch->alloc, r.body, &events);
  if (code)
    pl_otlp_fail(&r, reply, code);
  else
    pl_otlp_answer(&r, reply, "rejectedDataPoints", t.refused, t.why);
  pl_buf_fini(&t.names);
}

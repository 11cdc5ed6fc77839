/* See otlp.h. A point becomes one series or, of histograms and summaries, several; where one of them is refused, the point is. Of deltas
 * the sums since the receiver began are stored. */
#include "ingest/otlp.h"

#include <stdio.h>
#include <string.h>

#include "format/otlp_name.h"
#include "format/protobuf_wire.h"
#include "format/remote_write.h"

enum { NAMES_MAX = 16 << 10, LABELS_MAX = PL_OTLP_TAGS + 3, TEXT_SIZE = 32, JOB_SIZE = 1024, NAME_SIZE = 512, ANSWER_MAX = 400 };

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
  char job[JOB_SIZE];
  pl_str instance;
  uint64_t refused;
  enum pl_reason why;    /* the first */
} taking;

/* A piece of `names` while it may still move. */
typedef struct piece {
  size_t at, len;
} piece;

static pl_str text_of(const taking *t, piece p)
{
  return (pl_str){t->names.data ? t->names.data + p.at : "", p.len};
}

static pl_str attribute(const taking *t, const char *name)
{
  for (size_t i = 0; i < t->n_resource && i < PL_OTLP_TAGS; i++) {
    if (pl_str_eqc(t->resource[i].name, name))
      return t->resource[i].value;
  }
  return (pl_str){"", 0};
}

/* ---- Series -------------------------------------------------------------------------------------------- */

/* The labels of n tags behind those of the target; false: too many. */
static bool set_labels(taking *t, const pl_tag *tags, size_t n)
{
  piece pieces[PL_OTLP_TAGS];
  if (n > PL_OTLP_TAGS)
    return false;
  for (size_t i = 0; i < n; i++) {
    pieces[i].at = t->names.len;
    (void)pl_otlp_label_name(tags[i].name, &t->names);
    pieces[i].len = t->names.len - pieces[i].at;
  }
  t->n_labels = 0;
  if (t->names.bad)
    return false;
  t->labels[t->n_labels++] = (pl_label){PL_STR("job"), pl_str_of(t->job)};
  t->labels[t->n_labels++] = (pl_label){PL_STR("instance"), t->instance};
  for (size_t i = 0; i < n; i++)
    t->labels[t->n_labels++] = (pl_label){text_of(t, pieces[i]), tags[i].value};
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
    return -1 - PL_REASON_NAME;
  memcpy(whole, name.data, name.len);
  memcpy(whole + name.len, p->suffix, suffix_len);
  memcpy(labels, t->labels, n * sizeof *labels);
  if (p->label)
    labels[n++] = (pl_label){pl_str_of(p->label), pl_str_of(p->value)};
  pl_intake_series s = {.source = PL_STR("otlp"), .name = {whole, len}, .labels = labels, .n_labels = n,
                        .kind = p->counts ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, .unit = m->unit, .help = m->description};
  return pl_intake_find(t->in, &s);
}

/* One value of a point. Returns 0, or -1 - the reason. */
static int put(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p, pl_str name, const part *which, double value)
{
  int64_t ts_ns = p->time_ns ? p->time_ns : t->now_ns, series = find(t, m, name, which);
  uint64_t stale = PL_REMOTE_STALE;
  if (series < 0)
    return (int)series;
  if (p->no_value)
    memcpy(&value, &stale, sizeof value);
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

static int put_point(taking *t, const pl_otlp_metric *m, const pl_otlp_point *p)
{
  pl_buf_clear(&t->names);
  (void)pl_otlp_metric_name(m, &t->names);
  piece name = {.len = t->names.len};
  if (!p->good)
    return -1 - PL_REASON_BUCKETS;
  if (!set_labels(t, p->tags, p->n_tags))
    return -1 - PL_REASON_LABELS;
  if (m->kind == PL_OTLP_GAUGE || m->kind == PL_OTLP_SUM)
    return put(t, m, p, text_of(t, name), &(part){.suffix = "", .counts = m->kind == PL_OTLP_SUM && m->monotonic}, p->value);
  return m->kind == PL_OTLP_SUMMARY ? put_summary(t, m, p, text_of(t, name)) : put_histogram(t, m, p, text_of(t, name));
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
  if (code) {
    enum pl_reason why = (enum pl_reason)(-1 - code);
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

static const char JSON[] = "application/json", PROTOBUF[] = "application/x-protobuf";

static bool is_json(const pl_message *m)
{
  return pl_type_is(m->type, JSON);
}

static void put_string(pl_buf *out, uint32_t number, const char *text)
{
  pl_wire_put_tag(out, number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, strlen(text));
  (void)pl_buf_adds(out, text);
}

/* Answers with a google.rpc.Status. */
static void fail(pl_intake *in, const pl_message *m, pl_reply *reply, int code)
{
  pl_buf out;
  unsigned status;
  enum pl_reason why = pl_message_reason(code, &status);
  pl_intake_refuse(in, why, 1);
  pl_buf_init(&out, m->scratch->alloc, ANSWER_MAX);
  if (is_json(m))
    (void)pl_buf_addf(&out, "{\"message\":\"%s\"}", pl_reason_text(why));
  else
    put_string(&out, 2, pl_reason_text(why));
  pl_reply_bytes(reply, status, is_json(m) ? JSON : PROTOBUF, (pl_str){out.data, out.len});
  pl_buf_fini(&out);
}

/* An ExportMetricsServiceResponse; one in which nothing was refused is empty. */
static void write_answer(const taking *t, bool json, pl_buf *out)
{
  const char *text = pl_reason_text(t->why);
  if (json && t->refused)
    (void)pl_buf_addf(out, "{\"partialSuccess\":{\"rejectedDataPoints\":\"%llu\",\"errorMessage\":\"%s\"}}", (unsigned long long)t->refused, text);
  else if (json)
    (void)pl_buf_adds(out, "{}");
  if (json || !t->refused)
    return;
  pl_wire_put_tag(out, 1, PL_WIRE_BYTES);
  size_t from = out->len;
  pl_wire_put_tag(out, 1, PL_WIRE_VARINT);
  pl_wire_put_varint(out, t->refused);
  put_string(out, 2, text);
  pl_wire_put_length(out, from);
}

static void answer(const taking *t, const pl_message *m, pl_reply *reply)
{
  pl_buf out;
  pl_buf_init(&out, m->scratch->alloc, ANSWER_MAX);
  write_answer(t, is_json(m), &out);
  pl_reply_bytes(reply, 200, is_json(m) ? JSON : PROTOBUF, (pl_str){out.data ? out.data : "", out.len});
  pl_buf_fini(&out);
}

static int read_message(taking *t, const pl_message *m)
{
  const pl_otlp_events events = {on_resource, on_point, t};
  const pl_allocator *a = m->scratch->alloc;
  pl_str body;
  int code = pl_message_body(m, &body);
  if (!code && is_json(m))
    code = pl_otlp_from_json(a, body, m->spare, NULL);
  if (is_json(m))
    body = (pl_str){m->spare->data ? m->spare->data : "", m->spare->len};
  return code ? code : pl_otlp_read(a, body, &events);
}

void pl_otlp_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  taking t = {.in = in, .now_ns = m->now_ns};
  pl_buf_init(&t.names, m->scratch->alloc, NAMES_MAX);
  int code = is_json(m) || pl_type_is(m->type, PROTOBUF) ? read_message(&t, m) : PL_EINVAL;
  if (code)
    fail(in, m, reply, code);
  else
    answer(&t, m, reply);
  pl_buf_fini(&t.names);
}

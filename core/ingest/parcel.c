/* A format is a row of `formats`, with what it does for a series, a sample and the whole. */
#include "ingest/parcel.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "format/otlp_write.h"
#include "format/snappy.h"
#include "store/labels.h"

/* ---- Remote write ------------------------------------------------------------------------------------ */

static void remote_series(pl_parcel *p, const pl_parcel_series *s)
{
  const pl_remote_metadata about = {.type = s->type, .family = s->family, .help = {"", 0}, .unit = s->unit};
  pl_label labels[PL_PARCEL_LABELS + 1];
  memcpy(labels, s->labels, s->n_labels * sizeof *labels);
  labels[s->n_labels] = (pl_label){PL_STR("__name__"), s->name};
  pl_labels_sort(labels, s->n_labels + 1);
  if (s->first)
    pl_remote_put_metadata(&p->message, &about);
  for (size_t i = 0; i <= s->n_labels; i++)
    pl_remote_put_label(&p->series, labels[i].name, labels[i].value);
}

static void remote_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  pl_remote_put_sample(&p->series, ts_ns / (int64_t)PL_MS_NS, value);
}

static void remote_end(pl_parcel *p)
{
  pl_remote_put_series(&p->message, &p->series);
}

static void remote_seal(pl_parcel *p)
{
  int code = p->message.bad ? p->message.bad : pl_snappy_shorten((pl_str){p->message.data ? p->message.data : "", p->message.len}, &p->body);
  if (code && !p->body.bad)
    p->body.bad = code;
}

/* ---- Lines ------------------------------------------------------------------------------------------- */

static void no_end(pl_parcel *p)
{
  (void)p;
}

/* The series' part of its lines. */
static void line_series(pl_parcel *p, const pl_parcel_series *s)
{
  pl_tag tags[PL_PARCEL_LABELS];
  for (size_t i = 0; i < s->n_labels; i++)
    tags[i] = (pl_tag){s->labels[i].name, s->labels[i].value};
  if (pl_sample_text_series(&p->text, s->name, tags, s->n_labels) && !p->body.bad)
    p->body.bad = PL_ENOMEM;
}

static void put_number(pl_buf *out, double value)
{
  char number[32];
  size_t n = pl_double_text(value, number);
  (void)pl_buf_add(out, number, n);
}

static void influx_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  if (pl_sample_text_line(&p->text, ts_ns, value, &p->body) && !p->body.bad)
    p->body.bad = PL_ENOMEM;
}

/* Prometheus text; a type stands before the first series of its family. */
static void push_series(pl_parcel *p, const pl_parcel_series *s)
{
  const char *type = s->type == PL_REMOTE_COUNTER ? "counter" : s->type == PL_REMOTE_SUMMARY ? "summary" : "gauge";
  if (s->first)
    (void)pl_buf_addf(&p->body, "# TYPE %.*s %s\n", (int)s->family.len, s->family.data, type);
  line_series(p, s);
}

static void push_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  (void)ts_ns;
  (void)pl_buf_add(&p->body, p->text.before.data, p->text.before.len);
  put_number(&p->body, value);
  (void)pl_buf_addc(&p->body, '\n');
}

/* A text without the bytes that mean something in a line. */
static void put_plain(pl_buf *out, pl_str text, const char *special)
{
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    (void)pl_buf_addc(out, c <= ' ' || c == 0x7f || strchr(special, c) ? '_' : text.data[i]);
  }
}

/* name;tag=value; a tag's value does not begin with ~. */
static void graphite_series(pl_parcel *p, const pl_parcel_series *s)
{
  pl_buf_clear(&p->series);
  put_plain(&p->series, s->name, ";");
  for (size_t i = 0; i < s->n_labels; i++) {
    pl_str value = s->labels[i].value;
    (void)pl_buf_addf(&p->series, ";%.*s=", (int)s->labels[i].name.len, s->labels[i].name.data);
    put_plain(&p->series, value, value.data[0] == '~' ? ";~" : ";");
  }
}

static void graphite_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  (void)pl_buf_add(&p->body, p->series.data, p->series.len);
  (void)pl_buf_addc(&p->body, ' ');
  put_number(&p->body, value);
  (void)pl_buf_addf(&p->body, " %lld\n", (long long)(ts_ns / (int64_t)PL_S_NS));
}

/* p->series is the name, p->message what stands behind the value. */
static void statsd_series(pl_parcel *p, const pl_parcel_series *s)
{
  pl_buf_clear(&p->series);
  pl_buf_clear(&p->message);
  put_plain(&p->series, s->name, ":|@#");
  (void)pl_buf_adds(&p->message, "|g");
  for (size_t i = 0; i < s->n_labels; i++) {
    (void)pl_buf_addf(&p->message, "%s%.*s:", i ? "," : "|#", (int)s->labels[i].name.len, s->labels[i].name.data);
    put_plain(&p->message, s->labels[i].value, ",|#");
  }
  (void)pl_buf_addc(&p->message, '\n');
}

static void put_gauge(pl_parcel *p, double value)
{
  (void)pl_buf_add(&p->body, p->series.data, p->series.len);
  (void)pl_buf_addc(&p->body, ':');
  put_number(&p->body, value);
  (void)pl_buf_add(&p->body, p->message.data, p->message.len);
}

/* A sign, that of -0 too, would change the value before: what is negative is set from 0 on. */
static void statsd_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  (void)ts_ns;
  if (signbit(value))
    put_gauge(p, 0);
  put_gauge(p, value);
}

/* ---- OTLP -------------------------------------------------------------------------------------------- */

/* Units as UCUM writes them, which OpenTelemetry asks for. */
static pl_str ucum(pl_str unit)
{
  return pl_str_eqc(unit, "seconds") ? PL_STR("s") : pl_str_eqc(unit, "bytes") ? PL_STR("By") : pl_str_eqc(unit, "ratio") ? PL_STR("1") : unit;
}

static pl_str text_of(const pl_buf *b)
{
  return (pl_str){b->data ? b->data : "", b->len};
}

static const pl_str ours = PL_STR("perilune");

/* The label job of a series, which receivers make of its service's name. */
static pl_str service_of(const pl_parcel_series *s)
{
  for (size_t i = 0; i < s->n_labels; i++) {
    if (pl_str_eqc(s->labels[i].name, "job"))
      return s->labels[i].value;
  }
  return ours;
}

/* Closes the service p->group: its metrics become a part of the body. */
static void otlp_seal(pl_parcel *p)
{
  if (p->message.len || !p->body.len)
    pl_otlp_put_request(&p->body, text_of(&p->group), ours, &p->message);
  pl_buf_clear(&p->message);
}

static void otlp_series(pl_parcel *p, const pl_parcel_series *s)
{
  pl_str service = service_of(s);
  if (p->message.len && !pl_str_eq(text_of(&p->group), service))
    otlp_seal(p);
  pl_buf_clear(&p->group);
  (void)pl_buf_add(&p->group, service.data, service.len);
  pl_buf_clear(&p->head);
  for (size_t i = 0; i < s->n_labels; i++) {
    if (!pl_str_eqc(s->labels[i].name, "job"))
      pl_otlp_put_attribute(&p->head, s->labels[i].name, s->labels[i].value);
  }
}

static void otlp_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  pl_otlp_put_number(&p->series, text_of(&p->head), p->begin_ns, ts_ns, value);
}

static void otlp_second(pl_parcel *p, const pl_parcel_second *s)
{
  const pl_otlp_totals t = {(uint64_t)s->part[PL_PARCEL_COUNT], s->part[PL_PARCEL_SUM], pl_parcel_quantiles, s->part, PL_PARCEL_QUANTILES};
  pl_otlp_put_summary(&p->series, text_of(&p->head), p->begin_ns, s->ts_ns, &t);
}

static void otlp_end(pl_parcel *p)
{
  enum pl_otlp_kind kind = p->now.type == PL_REMOTE_SUMMARY ? PL_OTLP_SUMMARY : p->now.monotonic ? PL_OTLP_SUM : PL_OTLP_GAUGE;
  pl_otlp_put_metric(&p->message, p->now.name, ucum(p->now.unit), kind, &p->series);
}

/* ---- Parcels ----------------------------------------------------------------------------------------- */

const double pl_parcel_quantiles[PL_PARCEL_QUANTILES] = {0.5, 0.9, 0.95, 0.99, 0.999, 1};
static const char *const quantile_texts[PL_PARCEL_QUANTILES] = {"0.5", "0.9", "0.95", "0.99", "0.999", "1"};

static const pl_parcel_format formats[] = {
    {.name = "remote_write", .step_ns = (int64_t)PL_MS_NS, .series = remote_series, .sample = remote_sample, .end = remote_end, .seal = remote_seal},
    {.name = "influx", .step_ns = 1, .finite = true, .text = PL_SAMPLE_INFLUX, .series = line_series, .sample = influx_sample, .end = no_end, .seal = no_end},
    {.name = "push", .step_ns = 1, .state = true, .text = PL_SAMPLE_OPENMETRICS, .series = push_series, .sample = push_sample, .end = no_end, .seal = no_end},
    {.name = "graphite", .step_ns = (int64_t)PL_S_NS, .finite = true, .series = graphite_series, .sample = graphite_sample, .end = no_end, .seal = no_end},
    {.name = "statsd", .step_ns = 1, .finite = true, .state = true, .series = statsd_series, .sample = statsd_sample, .end = no_end, .seal = no_end},
    {.name = "otlp", .step_ns = 1, .series = otlp_series, .sample = otlp_sample, .end = otlp_end, .second = otlp_second, .seal = otlp_seal},
};

const pl_parcel_format *pl_parcel_format_of(const char *name)
{
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (strcmp(formats[i].name, name) == 0)
      return &formats[i];
  }
  return NULL;
}

const char *pl_parcel_formats(void)
{
  return "remote_write, influx, push, graphite, statsd, otlp";
}

void pl_parcel_init(pl_parcel *p, const pl_allocator *a, const pl_parcel_format *format, size_t body_max)
{
  *p = (pl_parcel){.format = format};
  pl_buf_init(&p->body, a, body_max);
  pl_buf_init(&p->message, a, body_max);
  pl_buf_init(&p->series, a, body_max);
  pl_buf_init(&p->head, a, body_max);
  pl_buf_init(&p->group, a, body_max);
  pl_sample_text_init(&p->text, a, format->text, NULL, 0);
}

void pl_parcel_fini(pl_parcel *p)
{
  pl_buf_fini(&p->body);
  pl_buf_fini(&p->message);
  pl_buf_fini(&p->series);
  pl_buf_fini(&p->head);
  pl_buf_fini(&p->group);
  pl_sample_text_fini(&p->text);
}

void pl_parcel_clear(pl_parcel *p)
{
  pl_buf_clear(&p->body);
  pl_buf_clear(&p->message);
  pl_buf_clear(&p->series);
  p->samples = p->n_series = p->left_out = 0;
  p->open = false;
}

void pl_parcel_series_begin(pl_parcel *p, const pl_parcel_series *s)
{
  pl_parcel_series_end(p);
  p->format->series(p, s);
  p->now = *s;
  p->open = true;
  p->n_series++;
}

static void count(pl_parcel *p, int64_t ts_ns, size_t samples)
{
  p->first_ns = p->samples && p->first_ns < ts_ns ? p->first_ns : ts_ns;
  p->last_ns = p->samples && p->last_ns > ts_ns ? p->last_ns : ts_ns;
  p->samples += samples;
}

void pl_parcel_sample(pl_parcel *p, int64_t ts_ns, double value)
{
  if (p->format->finite && !isfinite(value)) {
    p->left_out++;
    return;
  }
  p->format->sample(p, ts_ns, value);
  count(p, ts_ns, 1);
}

/* One of the series that a summary is where the format has none. */
static void put_part(pl_parcel *p, const pl_parcel_series *s, size_t part, const pl_parcel_second *seconds, size_t n)
{
  static const char *const suffixes[] = {"_sum", "_count"};
  pl_label labels[PL_PARCEL_LABELS];
  pl_parcel_series own = *s;
  own.labels = labels;
  memcpy(labels, s->labels, s->n_labels * sizeof *labels);
  pl_buf_clear(&p->head);
  (void)pl_buf_add(&p->head, s->name.data, s->name.len);
  if (part < PL_PARCEL_QUANTILES) {
    labels[own.n_labels++] = (pl_label){PL_STR("quantile"), pl_str_of(quantile_texts[part])};
    pl_labels_sort(labels, own.n_labels);
  } else {
    (void)pl_buf_adds(&p->head, suffixes[part - PL_PARCEL_SUM]);
    own.monotonic = true;
  }
  own.first = s->first && part == 0;
  own.name = (pl_str){p->head.data, p->head.len};
  pl_parcel_series_begin(p, &own);
  for (size_t i = 0; i < n; i++)
    pl_parcel_sample(p, seconds[i].ts_ns, seconds[i].part[part]);
}

void pl_parcel_summary(pl_parcel *p, const pl_parcel_series *s, const pl_parcel_second *seconds, size_t n)
{
  if (!p->format->second) {
    for (size_t part = 0; part < PL_PARCEL_PARTS; part++)
      put_part(p, s, part, seconds, n);
    return;
  }
  pl_parcel_series_begin(p, s);
  for (size_t i = 0; i < n; i++) {
    p->format->second(p, &seconds[i]);
    count(p, seconds[i].ts_ns, PL_PARCEL_PARTS);
  }
}

void pl_parcel_series_end(pl_parcel *p)
{
  if (p->open)
    p->format->end(p);
  p->open = false;
}

int pl_parcel_seal(pl_parcel *p)
{
  pl_parcel_series_end(p);
  p->format->seal(p);
  return p->body.bad;
}

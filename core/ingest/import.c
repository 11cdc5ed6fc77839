/* A file is read in pieces; its format's reader tells what is in them; what it tells goes to the store. */
#include "ingest/import.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "format/graphite_line.h"
#include "format/hdr_log.h"
#include "format/influx_line.h"
#include "format/prometheus_text.h"
#include "format/sample_table.h"
#include "format/sysstat.h"
#include "ingest/import_series.h"

/* How a format is read. */
typedef struct reader {
  const char *name;
  int (*open)(pl_import *i, void **reader);
  int (*read)(void *reader, pl_str *text, bool last, pl_error *err);
  void (*close)(void *reader);
} reader;

struct pl_import {
  const pl_allocator *alloc;
  const reader *format;
  void *reader;
  pl_input input;
  pl_buf text;     /* what is read and not yet taken */
  pl_lines lines;  /* Graphite */
  pl_import_series series;
  pl_import_counts counts;
  uint64_t unit_ns;
  bool has_time;
  int64_t time_ns;
  char metric[PL_IMPORT_NAME];
  int64_t run; /* during a step */
};

/* ---- What readers tell ----------------------------------------------------------------------------- */

static int on_refused(void *user, const pl_refused *r)
{
  pl_import_counts *c = &((pl_import *)user)->counts;
  if (c->n_refused < PL_IMPORT_EXAMPLES)
    c->example[c->n_refused] = (pl_import_refusal){r->line, r->reason};
  c->n_refused++;
  c->refused[r->reason]++;
  return PL_OK;
}

static void count_taken(pl_import *i, int64_t ns)
{
  pl_import_counts *c = &i->counts;
  c->first_ns = c->taken == 0 || ns < c->first_ns ? ns : c->first_ns;
  c->last_ns = c->taken == 0 || ns > c->last_ns ? ns : c->last_ns;
  c->taken++;
}

/* Ends a row by its code: what is refused is counted. */
static int end_row(pl_import *i, int code, uint64_t line)
{
  return code > 0 ? on_refused(i, &(pl_refused){.line = line, .reason = (enum pl_refusal)code}) : code;
}

static int take_sample(pl_import *i, int64_t series, bool has_time, int64_t ns, double value)
{
  if (!has_time && !i->has_time)
    return PL_REFUSED_TIME;
  ns = has_time ? ns : i->time_ns;
  count_taken(i, ns);
  i->counts.replaced += pl_import_series_again(&i->series, ns);
  int code = pl_store_sample(i->series.store, series, i->run, ns, value);
  pl_error *err = i->series.err;
  if (code && err && !err->code)
    *err = *pl_store_error(i->series.store);
  return code;
}

static int on_point(void *user, const pl_text_sample *p)
{
  pl_import *i = user;
  int64_t series;
  bool counter = pl_str_ends(p->name, PL_STR("_total"));
  const pl_import_facts f = {.name = p->name, .kind = counter ? PL_SERIES_COUNTER : PL_SERIES_GAUGE};
  int code = pl_import_series_named(&i->series, &f, p->tags, p->n_tags, &series);
  if (!code)
    code = take_sample(i, series, p->has_time, p->time_ns, p->value);
  return end_row(i, code, p->line);
}

static int on_exposed(void *user, const pl_prometheus_sample *s)
{
  pl_import *i = user;
  int64_t series;
  const pl_import_facts f = {s->name, s->family->unit, s->family->help, pl_prometheus_counts(s) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE};
  int code = pl_import_series_find(&i->series, s->series, &f, s->labels, s->n_labels, &series);
  if (!code)
    code = take_sample(i, series, s->has_time, s->time_ns, s->value);
  return end_row(i, code, s->line);
}

/* A field of the name value is the measurement itself, as it is exported. */
static int on_influx(void *user, const pl_influx_field *p)
{
  pl_import *i = user;
  int64_t series;
  int code = pl_import_series_foreign(&i->series, p->measurement, pl_str_eqc(p->field, "value") ? (pl_str){NULL, 0} : p->field, p->tags, p->n_tags, &series);
  if (!code)
    code = take_sample(i, series, p->has_time, p->time_ns, p->value);
  return end_row(i, code, p->line);
}

static int on_graphite(void *user, const pl_text_sample *p)
{
  pl_import *i = user;
  int64_t series;
  int code = pl_import_series_foreign(&i->series, p->name, (pl_str){NULL, 0}, p->tags, p->n_tags, &series);
  if (!code)
    code = take_sample(i, series, p->has_time, p->time_ns, p->value);
  return end_row(i, code, p->line);
}

/* An interval goes into the second in which it began. */
static int on_interval(void *user, const pl_hdr_interval *h)
{
  pl_import *i = user;
  int64_t series, ts_ms = h->start_ns / 1000000000 * 1000;
  const pl_import_facts f = {.name = pl_str_of(i->metric), .kind = PL_SERIES_DIST, .unit = PL_STR("seconds")};
  int code = pl_import_series_tagged(&i->series, &f, h->tag, &series);
  if (!code) {
    count_taken(i, h->start_ns);
    code = pl_store_dist(i->series.store, series, i->run, ts_ms, 1, h->hist);
  }
  return end_row(i, code, h->line);
}

/* ---- Formats --------------------------------------------------------------------------------------- */

static int open_table(pl_import *i, enum pl_table_format format, void **out)
{
  const pl_text_events events = {on_point, on_refused, i};
  pl_table *t;
  int code = pl_table_new(i->alloc, format, pl_str_of(i->metric), &events, &t);
  *out = code ? NULL : t;
  return code;
}

static int open_csv(pl_import *i, void **out)
{
  return open_table(i, PL_TABLE_CSV, out);
}

static int open_ndjson(pl_import *i, void **out)
{
  return open_table(i, PL_TABLE_NDJSON, out);
}

static int read_table(void *t, pl_str *text, bool last, pl_error *err)
{
  return pl_table_read(t, text, last, err);
}

static void close_table(void *t)
{
  pl_table_free(t);
}

static int open_exposition(pl_import *i, enum pl_prometheus_dialect dialect, void **out)
{
  const pl_prometheus_events events = {on_exposed, on_refused, i};
  pl_prometheus *p;
  int code = pl_prometheus_new(i->alloc, dialect, &events, &p);
  *out = code ? NULL : p;
  return code;
}

static int open_prometheus(pl_import *i, void **out)
{
  return open_exposition(i, PL_PROMETHEUS_TEXT, out);
}

static int open_openmetrics(pl_import *i, void **out)
{
  return open_exposition(i, pl_input_ends_with(&i->input, PL_STR("# EOF"), true) ? PL_PROMETHEUS_OPENMETRICS : PL_PROMETHEUS_TEXT, out);
}

static int read_exposition(void *p, pl_str *text, bool last, pl_error *err)
{
  (void)err;
  return pl_prometheus_read(p, text, last);
}

static void close_exposition(void *p)
{
  pl_prometheus_free(p);
}

static int open_hdr(pl_import *i, void **out)
{
  const pl_hdr_events events = {on_interval, on_refused, i};
  pl_hdr_log *l;
  if (!i->metric[0])
    (void)pl_copy(i->metric, sizeof i->metric, PL_STR("hdr_seconds"));
  int code = pl_hdr_log_new(i->alloc, i->unit_ns, &events, &l);
  *out = code ? NULL : l;
  return code;
}

static int read_hdr(void *l, pl_str *text, bool last, pl_error *err)
{
  (void)err;
  return pl_hdr_log_read(l, text, last);
}

static void close_hdr(void *l)
{
  pl_hdr_log_free(l);
}

static int open_influx(pl_import *i, void **out)
{
  const pl_influx_events events = {on_influx, on_refused, i};
  pl_influx *p;
  int code = pl_influx_new(i->alloc, (int64_t)i->unit_ns, &events, &p);
  *out = code ? NULL : p;
  return code;
}

static int read_influx(void *p, pl_str *text, bool last, pl_error *err)
{
  (void)err;
  return pl_influx_read(p, text, last);
}

static void close_influx(void *p)
{
  pl_influx_free(p);
}

/* Graphite's reader keeps nothing but the number of its line. */
static int open_graphite(pl_import *i, void **out)
{
  *out = i;
  return PL_OK;
}

static int read_graphite(void *import, pl_str *text, bool last, pl_error *err)
{
  pl_import *i = import;
  const pl_text_events events = {on_graphite, on_refused, i};
  (void)err;
  return pl_graphite_read(&i->lines, text, last, &events);
}

static void close_graphite(void *i)
{
  (void)i;
}

static int open_sysstat(pl_import *i, enum pl_sysstat_program program, void **out)
{
  const pl_text_events events = {on_point, on_refused, i};
  pl_sysstat *s;
  int code = pl_sysstat_new(i->alloc, program, &events, &s);
  *out = code ? NULL : s;
  return code;
}

static int open_sar(pl_import *i, void **out)
{
  return open_sysstat(i, PL_SYSSTAT_SAR, out);
}

static int open_iostat(pl_import *i, void **out)
{
  return open_sysstat(i, PL_SYSSTAT_IOSTAT, out);
}

static int open_vmstat(pl_import *i, void **out)
{
  return open_sysstat(i, PL_SYSSTAT_VMSTAT, out);
}

static int read_sysstat(void *s, pl_str *text, bool last, pl_error *err)
{
  (void)err;
  return pl_sysstat_read(s, text, last);
}

static void close_sysstat(void *s)
{
  pl_sysstat_free(s);
}

static const reader FORMATS[] = {
    {"csv", open_csv, read_table, close_table},
    {"ndjson", open_ndjson, read_table, close_table},
    {"openmetrics", open_openmetrics, read_exposition, close_exposition},
    {"prometheus", open_prometheus, read_exposition, close_exposition},
    {"hdr", open_hdr, read_hdr, close_hdr},
    {"influx", open_influx, read_influx, close_influx},
    {"graphite", open_graphite, read_graphite, close_graphite},
    {"sar", open_sar, read_sysstat, close_sysstat},
    {"iostat", open_iostat, read_sysstat, close_sysstat},
    {"vmstat", open_vmstat, read_sysstat, close_sysstat},
};

static const reader *find_format(const char *name, pl_error *err)
{
  char known[256] = "";
  size_t at = 0;
  for (size_t n = 0; n < sizeof FORMATS / sizeof *FORMATS; n++) {
    if (strcmp(FORMATS[n].name, name) == 0)
      return &FORMATS[n];
    at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", n ? ", " : "", FORMATS[n].name);
  }
  (void)pl_fail(err, PL_EINVAL, "import: there is no format \"%s\" (%s)", name, known);
  return NULL;
}

/* ---- Pieces ----------------------------------------------------------------------------------------- */

static bool copy_options(pl_import *i, const pl_import_options *o)
{
  i->unit_ns = o->unit_ns ? o->unit_ns : 1;
  i->has_time = o->has_time;
  i->time_ns = o->time_ns;
  pl_import_series *s = &i->series;
  return pl_copy(i->metric, sizeof i->metric, o->metric) && pl_copy(s->instance, sizeof s->instance, o->instance) &&
         pl_copy(s->role, sizeof s->role, o->role.len ? o->role : PL_STR("other")) && pl_copy(s->origin, sizeof s->origin, o->origin.len ? o->origin : PL_STR("production"));
}

int pl_import_open(const pl_allocator *a, const pl_import_options *o, pl_import **out, pl_error *err)
{
  const reader *format = find_format(o->format, err);
  if (!format)
    return PL_EINVAL;
  pl_import *i = pl_alloc_zero(a, 1, sizeof *i);
  if (!i)
    return pl_fail(err, PL_ENOMEM, "import: out of memory");
  i->alloc = a;
  i->format = format;
  i->input.fd = -1;
  pl_buf_init(&i->text, a, PL_IMPORT_PIECE + PL_LINE_MAX + 1);
  int code = pl_import_series_init(&i->series, a) ? pl_fail(err, PL_ENOMEM, "import: out of memory") : PL_OK;
  if (!code && !copy_options(i, o))
    code = pl_fail(err, PL_ELIMIT, "import: a name is longer than %d bytes", PL_IMPORT_NAME - 1);
  if (!code)
    code = pl_input_open(&i->input, a, o->path, err);
  i->counts.size = i->input.size;
  if (!code && format->open(i, &i->reader))
    code = pl_fail(err, PL_ENOMEM, "import: out of memory");
  if (code) {
    pl_import_close(i);
    return code;
  }
  *out = i;
  return PL_OK;
}

void pl_import_close(pl_import *i)
{
  if (!i)
    return;
  if (i->reader)
    i->format->close(i->reader);
  pl_input_close(&i->input);
  pl_buf_fini(&i->text);
  pl_import_series_fini(&i->series);
  pl_free(i->alloc, i, sizeof *i);
}

int pl_import_step(pl_import *i, pl_store *store, int64_t run, pl_error *err)
{
  size_t held = i->text.len;
  int more = pl_input_read(&i->input, PL_IMPORT_PIECE, &i->text, err);
  i->counts.bytes = i->input.bytes;
  if (more < 0 || (more == PL_INPUT_LATER && i->text.len == held))
    return more;
  i->series.store = store;
  i->series.err = err;
  i->run = run;
  pl_str text = {i->text.data, i->text.len};
  int code = i->format->read(i->reader, &text, more == PL_INPUT_ENDED, err);
  pl_buf_drop(&i->text, i->text.len - text.len);
  i->counts.series = pl_import_series_count(&i->series);
  if (code)
    return pl_fail(err, code, "%s", pl_code_text(code));
  code = pl_store_commit(store, err);
  return code ? code : more;
}

const pl_import_counts *pl_import_told(const pl_import *i)
{
  return &i->counts;
}

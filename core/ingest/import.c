/* A file is read in pieces; its format's reader tells what is in them; what it tells goes to the store. Series are known by the text that they
 * have in the file, so that labels are looked at once. */
#include "ingest/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/map.h"
#include "format/graphite_line.h"
#include "format/hdr_log.h"
#include "format/influx_line.h"
#include "format/prometheus_text.h"
#include "format/sample_table.h"
#include "format/sysstat.h"

enum { STORE_LABELS = 40, KEY_MAX = 2 * PL_LINE_MAX, TEXT_MAX = 256, TAIL = 64 };

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
  int fd;
  pl_buf text;     /* what is read and not yet taken */
  pl_buf key, words;
  pl_lines lines;  /* Graphite */
  pl_intern *keys; /* of series; ids holds what the store calls them */
  int64_t *ids;
  size_t cap_ids;
  pl_import_counts counts;
  bool open_metrics; /* the file ends with "# EOF" */
  uint64_t unit_ns;
  bool has_time;
  int64_t time_ns;
  char metric[TEXT_MAX], instance[TEXT_MAX], role[TEXT_MAX], origin[TEXT_MAX];
  pl_store *store; /* during a step: */
  int64_t run;
  pl_error *err;
};

/* ---- Series ---------------------------------------------------------------------------------------- */

/* What is known of a series beside its labels. */
typedef struct facts {
  pl_str name, unit, help;
  enum pl_series_kind kind;
} facts;

static bool is_label_name(pl_str s)
{
  return pl_store_is_metric(s) && !memchr(s.data, ':', s.len);
}

/* The part of a source that a label names; NULL: it is a label of the series. */
static pl_str *part_of(pl_str name, pl_str parts[4])
{
  static const char *const names[] = {"source", "instance", "role", "origin"};
  for (size_t n = 0; n < 4; n++) {
    if (pl_str_eqc(name, names[n]))
      return &parts[n];
  }
  return NULL;
}

/* Makes the series. Steps give 0, a refusal, or a negative code. */
static int make_series(pl_import *i, const facts *f, const pl_tag *tags, size_t n_tags, int64_t *id)
{
  pl_label labels[STORE_LABELS];
  pl_str parts[4] = {PL_STR("import"), pl_str_of(i->instance), pl_str_of(i->role), pl_str_of(i->origin)};
  pl_series_spec spec = {.name = f->name, .labels = labels, .kind = f->kind, .unit = f->unit, .help = f->help};
  if (!pl_store_is_metric(f->name))
    return PL_REFUSED_NAME;
  for (size_t n = 0; n < n_tags; n++) {
    pl_str *part = part_of(tags[n].name, parts);
    if (part) {
      *part = tags[n].value;
      continue;
    }
    if (!is_label_name(tags[n].name))
      return PL_REFUSED_TAG;
    if (spec.n_labels == STORE_LABELS)
      return PL_REFUSED_TAGS;
    if (tags[n].value.len)
      labels[spec.n_labels++] = (pl_label){tags[n].name, tags[n].value};
  }
  int code = pl_store_source(i->store, parts[0], parts[1], parts[2], parts[3], &spec.source, i->err);
  return code ? code : pl_store_series(i->store, &spec, id, i->err);
}

static int remember(pl_import *i, pl_str key, int64_t id)
{
  size_t n = pl_intern_count(i->keys);
  if (n == PL_IMPORT_SERIES)
    return pl_fail(i->err, PL_ELIMIT, "more than %d series", PL_IMPORT_SERIES);
  if (n == i->cap_ids) {
    size_t cap = n ? n * 2 : 64;
    int64_t *ids = pl_realloc(i->alloc, i->ids, n * sizeof *ids, cap * sizeof *ids);
    if (!ids)
      return pl_fail(i->err, PL_ENOMEM, "out of memory for series");
    i->ids = ids;
    i->cap_ids = cap;
  }
  i->ids[n] = id;
  int64_t at = pl_intern_id(i->keys, key);
  i->counts.series = pl_intern_count(i->keys);
  return at < 0 ? pl_fail(i->err, (int)at, "out of memory for series") : PL_OK;
}

/* The series that has this key in the file. */
static int find_series(pl_import *i, pl_str key, const facts *f, const pl_tag *tags, size_t n, int64_t *id)
{
  int64_t at = pl_intern_find(i->keys, key);
  if (at >= 0) {
    *id = i->ids[at];
    return PL_OK;
  }
  int code = make_series(i, f, tags, n, id);
  return code ? code : remember(i, key, *id);
}

/* A key of name and tags: each with its length, so that no two are alike. */
static pl_str key_of(pl_import *i, pl_str name, const pl_tag *tags, size_t n)
{
  pl_buf_clear(&i->key);
  (void)pl_buf_add(&i->key, &name.len, sizeof name.len);
  (void)pl_buf_add(&i->key, name.data, name.len);
  for (size_t k = 0; k < 2 * n; k++) {
    pl_str s = k % 2 ? tags[k / 2].value : tags[k / 2].name;
    (void)pl_buf_add(&i->key, &s.len, sizeof s.len);
    (void)pl_buf_add(&i->key, s.data, s.len);
  }
  return (pl_str){i->key.data, i->key.len};
}

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
  int code = pl_store_sample(i->store, series, i->run, ns, value);
  if (code && i->err && !i->err->code)
    *i->err = *pl_store_error(i->store);
  return code;
}

static int on_point(void *user, const pl_text_sample *p)
{
  pl_import *i = user;
  int64_t series;
  static const pl_str total = {"_total", 6};
  bool counter = p->name.len > total.len && memcmp(p->name.data + p->name.len - total.len, total.data, total.len) == 0;
  const facts f = {.name = p->name, .kind = counter ? PL_SERIES_COUNTER : PL_SERIES_GAUGE};
  int code = find_series(i, key_of(i, p->name, p->tags, p->n_tags), &f, p->tags, p->n_tags, &series);
  if (!code)
    code = take_sample(i, series, p->has_time, p->time_ns, p->value);
  return end_row(i, code, p->line);
}

/* Whether samples of that name only ever grow. */
static bool is_counter(const pl_prometheus_sample *s)
{
  pl_str end = {s->name.data + s->family->name.len, s->name.len - s->family->name.len};
  switch (s->family->type) {
  case PL_PROMETHEUS_COUNTER:
    return !pl_str_eqc(end, "_created");
  case PL_PROMETHEUS_HISTOGRAM:
  case PL_PROMETHEUS_SUMMARY:
    return end.len && !pl_str_eqc(end, "_created");
  default:
    return false;
  }
}

static int on_exposed(void *user, const pl_prometheus_sample *s)
{
  pl_import *i = user;
  int64_t series;
  const facts f = {s->name, s->family->unit, s->family->help, is_counter(s) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE};
  int code = find_series(i, s->series, &f, s->labels, s->n_labels, &series);
  if (!code)
    code = take_sample(i, series, s->has_time, s->time_ns, s->value);
  return end_row(i, code, s->line);
}

/* Appends a word of a tag, %XX as what it stands for; the piece of i->words. */
static pl_str take_word(pl_import *i, pl_str s)
{
  size_t at = i->words.len;
  for (size_t n = 0; n < s.len; n++) {
    int high = s.data[n] == '%' && n + 2 < s.len ? pl_hex_digit(s.data[n + 1]) : -1, low = high < 0 ? -1 : pl_hex_digit(s.data[n + 2]);
    (void)pl_buf_addc(&i->words, low < 0 ? s.data[n] : (char)(high * 16 + low));
    n += low < 0 ? 0 : 2;
  }
  return (pl_str){i->words.data + at, i->words.len - at};
}

/* A tag of ours, "name;label=value;...", is the series that was exported; any other one is a label. */
static int read_tag(pl_import *i, pl_str tag, pl_str *name, pl_tag *tags, size_t *n)
{
  bool ours = tag.len && tag.data[tag.len - 1] == ';';
  *n = 0;
  pl_buf_clear(&i->words);
  if (!pl_buf_room(&i->words, tag.len + 1))
    return pl_fail(i->err, PL_ENOMEM, "out of memory");
  if (tag.len && !ours)
    tags[(*n)++] = (pl_tag){PL_STR("tag"), tag};
  if (!ours)
    return PL_OK;
  *name = take_word(i, pl_str_cut(&tag, ';'));
  while (tag.len) {
    pl_str value = pl_str_cut(&tag, ';'), label = pl_str_cut(&value, '=');
    if (*n == PL_LINE_TAGS)
      return PL_REFUSED_TAGS;
    if (pl_tags_have(tags, *n, label))
      return PL_REFUSED_TWICE;
    tags[*n].name = take_word(i, label);
    tags[(*n)++].value = take_word(i, value);
  }
  return PL_OK;
}

/* Appends a name of another system's as one of ours: every byte that none has as "_". A piece of i->words, which has room for it. */
static void put_name(pl_import *i, pl_str s)
{
  for (size_t n = 0; n < s.len; n++) {
    char c = s.data[n];
    bool digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (digit && i->words.len == 0)
      (void)pl_buf_addc(&i->words, '_');
    (void)pl_buf_addc(&i->words, digit || letter ? c : '_');
  }
}

/* A series of another system's, name and, where there is one, field; names of labels as they stand, for the key, and as ours. */
static int find_foreign(pl_import *i, pl_str name, pl_str field, const pl_tag *tags, size_t n, int64_t *id)
{
  pl_tag clean[PL_LINE_TAGS];
  pl_buf_clear(&i->words);
  if (!pl_buf_room(&i->words, KEY_MAX / 2 + PL_LINE_TAGS + 2))
    return pl_fail(i->err, PL_ENOMEM, "out of memory");
  put_name(i, name);
  if (field.len) {
    (void)pl_buf_addc(&i->words, '_');
    put_name(i, field);
  }
  const facts f = {.name = {i->words.data, i->words.len}, .kind = PL_SERIES_GAUGE};
  for (size_t k = 0; k < n; k++) {
    size_t at = i->words.len;
    put_name(i, tags[k].name);
    clean[k] = (pl_tag){{i->words.data + at, i->words.len - at}, tags[k].value};
    if (pl_tags_have(clean, k, clean[k].name))
      return PL_REFUSED_TWICE;
  }
  return find_series(i, key_of(i, f.name, clean, n), &f, clean, n, id);
}

/* A field of the name value is the measurement itself, as it is exported. */
static int on_influx(void *user, const pl_influx_field *p)
{
  pl_import *i = user;
  int64_t series;
  int code = find_foreign(i, p->measurement, pl_str_eqc(p->field, "value") ? (pl_str){NULL, 0} : p->field, p->tags, p->n_tags, &series);
  if (!code)
    code = take_sample(i, series, p->has_time, p->time_ns, p->value);
  return end_row(i, code, p->line);
}

static int on_graphite(void *user, const pl_text_sample *p)
{
  pl_import *i = user;
  int64_t series;
  int code = find_foreign(i, p->name, (pl_str){NULL, 0}, p->tags, p->n_tags, &series);
  if (!code)
    code = take_sample(i, series, p->has_time, p->time_ns, p->value);
  return end_row(i, code, p->line);
}

/* An interval goes into the second in which it began. */
static int on_interval(void *user, const pl_hdr_interval *h)
{
  pl_import *i = user;
  pl_tag tags[PL_LINE_TAGS];
  size_t n;
  int64_t series, ts_ms = h->start_ns / 1000000000 * 1000;
  facts f = {.name = pl_str_of(i->metric), .kind = PL_SERIES_DIST, .unit = PL_STR("seconds")};
  int code = read_tag(i, h->tag, &f.name, tags, &n);
  if (!code)
    code = find_series(i, key_of(i, f.name, tags, n), &f, tags, n, &series);
  if (!code) {
    count_taken(i, h->start_ns);
    code = pl_store_dist(i->store, series, i->run, ts_ms, 1, h->hist);
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
  return open_exposition(i, i->open_metrics ? PL_PROMETHEUS_OPENMETRICS : PL_PROMETHEUS_TEXT, out);
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

/* ---- Files ----------------------------------------------------------------------------------------- */

/* Whether the file ends with "# EOF", as OpenMetrics does. */
static bool ends_with_eof(int fd, uint64_t size)
{
  char tail[TAIL];
  uint64_t from = size > TAIL ? size - TAIL : 0;
  ssize_t n = pread(fd, tail, sizeof tail, (off_t)from);
  pl_str text = pl_str_trim((pl_str){tail, n > 0 ? (size_t)n : 0});
  return text.len >= 5 && memcmp(text.data + text.len - 5, "# EOF", 5) == 0;
}

static int open_file(pl_import *i, const char *path, pl_error *err)
{
  struct stat st;
  i->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (i->fd < 0 || fstat(i->fd, &st))
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "import: %s", path);
  if (!S_ISREG(st.st_mode))
    return pl_fail(err, PL_EIO, "import: %s is no plain file", path);
  i->counts.size = (uint64_t)st.st_size;
  i->open_metrics = ends_with_eof(i->fd, i->counts.size);
  return PL_OK;
}

static bool copy_options(pl_import *i, const pl_import_options *o)
{
  i->unit_ns = o->unit_ns ? o->unit_ns : 1;
  i->has_time = o->has_time;
  i->time_ns = o->time_ns;
  return pl_copy(i->metric, sizeof i->metric, o->metric) && pl_copy(i->instance, sizeof i->instance, o->instance) &&
         pl_copy(i->role, sizeof i->role, o->role.len ? o->role : PL_STR("other")) && pl_copy(i->origin, sizeof i->origin, o->origin.len ? o->origin : PL_STR("production"));
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
  i->fd = -1;
  pl_buf_init(&i->text, a, PL_IMPORT_PIECE + PL_LINE_MAX + 1);
  pl_buf_init(&i->key, a, KEY_MAX);
  pl_buf_init(&i->words, a, KEY_MAX);
  i->keys = pl_intern_new(a, PL_IMPORT_SERIES);
  int code = i->keys ? PL_OK : pl_fail(err, PL_ENOMEM, "import: out of memory");
  if (!code && !copy_options(i, o))
    code = pl_fail(err, PL_ELIMIT, "import: a name is longer than %d bytes", TEXT_MAX - 1);
  if (!code)
    code = open_file(i, o->path, err);
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
  if (i->fd >= 0)
    (void)close(i->fd);
  pl_buf_fini(&i->text);
  pl_buf_fini(&i->key);
  pl_buf_fini(&i->words);
  pl_intern_free(i->keys);
  pl_free(i->alloc, i->ids, i->cap_ids * sizeof *i->ids);
  pl_free(i->alloc, i, sizeof *i);
}

/* Reads the next piece behind what is left. *last: the file has ended. */
static int fill(pl_import *i, bool *last, pl_error *err)
{
  char *room = pl_buf_room(&i->text, PL_IMPORT_PIECE);
  if (!room)
    return pl_fail(err, i->text.bad, "out of memory");
  ssize_t n;
  do
    n = read(i->fd, room, PL_IMPORT_PIECE);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return pl_fail_sys(err, PL_EIO, errno, "read");
  i->text.len += (size_t)n;
  i->counts.bytes += (uint64_t)n;
  *last = n == 0;
  return PL_OK;
}

int pl_import_step(pl_import *i, pl_store *store, int64_t run, pl_error *err)
{
  bool last = false;
  int code = fill(i, &last, err);
  if (code)
    return code;
  i->store = store;
  i->run = run;
  i->err = err;
  pl_str text = {i->text.data, i->text.len};
  code = i->format->read(i->reader, &text, last, err);
  pl_buf_drop(&i->text, i->text.len - text.len);
  if (code)
    return pl_fail(err, code, "%s", pl_code_text(code));
  code = pl_store_commit(store, err);
  return code ? code : !last;
}

const pl_import_counts *pl_import_told(const pl_import *i)
{
  return &i->counts;
}

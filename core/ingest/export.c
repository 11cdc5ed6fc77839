/* Series by series in the order of their names, each one's samples in the order of time. */
#include "ingest/export.h"

#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "format/hdr_log.h"
#include "format/sample_text.h"
#include "ingest/export_k6.h"

enum { LINE_ROOM = 4 << 20, COLUMNS_MAX = 1024, TAGS_MAX = 64, FAMILIES_MAX = 1 << 20, HISTOGRAM_MAX = 16 << 20 };

typedef struct export {
  const pl_export_options *o;
  pl_reader *reader;
  pl_export_fn fn;
  void *user;
  pl_export_counts *counts;
  pl_error *err;
  const pl_allocator *alloc;
  pl_sample_text text;
  pl_buf out;
  pl_intern *names;            /* OpenMetrics: families so far; CSV: labels */
  pl_str columns[COLUMNS_MAX]; /* CSV */
  pl_buf tag, scratch[2];      /* hdr */
  bool begun;                  /* hdr: the head was written */
} export;

static const char *const formats[] = {[PL_SAMPLE_OPENMETRICS] = "openmetrics", [PL_SAMPLE_CSV] = "csv", [PL_SAMPLE_NDJSON] = "ndjson", [PL_SAMPLE_INFLUX] = "influx", "hdr"};
enum { HDR = PL_SAMPLE_INFLUX + 1, FORMATS };

/* ---- Pieces ---------------------------------------------------------------------------------------- */

static int flush(export *e, size_t least)
{
  if (e->out.bad)
    return pl_fail(e->err, e->out.bad, "export: out of memory, or a line is too long");
  if (e->out.len < least || e->out.len == 0)
    return PL_OK;
  int code = e->fn(e->user, (pl_str){e->out.data, e->out.len});
  pl_buf_clear(&e->out);
  return code ? pl_fail(e->err, code, "export: %s", pl_code_text(code)) : PL_OK;
}

/* The labels of a series that have a value; of its own and its source's with the same name the first. They are sorted by name. */
static size_t tags_of(const pl_series_info *info, pl_tag tags[TAGS_MAX])
{
  size_t n = 0;
  for (size_t i = 0; i < info->n_labels && n < TAGS_MAX; i++) {
    bool again = n > 0 && pl_str_eq(tags[n - 1].name, info->labels[i].name);
    if (info->labels[i].value.len && !again)
      tags[n++] = (pl_tag){info->labels[i].name, info->labels[i].value};
  }
  return n;
}

/* ---- Samples --------------------------------------------------------------------------------------- */

static int on_sample(void *user, int64_t ts_ns, double value)
{
  export *e = user;
  int code = pl_sample_text_line(&e->text, ts_ns, value, &e->out);
  if (code == PL_ENOSYS) {
    e->counts->left_out++;
    return PL_OK;
  }
  e->counts->samples++;
  return flush(e, PL_EXPORT_PIECE);
}

/* The metadata of OpenMetrics before the first series of a name. A counter is a family of its name without _total, unless that is taken. */
static int put_family(export *e, const pl_series_info *info)
{
  const pl_str total = PL_STR("_total");
  pl_str name = info->name, family = name;
  bool counter = info->kind == PL_SERIES_COUNTER && name.len > total.len && pl_str_ends(name, total);
  family.len -= counter ? total.len : 0;
  if (pl_intern_find(e->names, name) >= 0)
    return PL_OK;
  if (counter && pl_intern_find(e->names, family) >= 0) {
    counter = false;
    family = name;
  }
  int64_t own = pl_intern_id(e->names, name), id = pl_intern_id(e->names, family);
  if (own < 0 || id < 0)
    return pl_fail(e->err, own < 0 ? (int)own : (int)id, "export: too many metrics, or out of memory");
  const char *type = counter ? "counter" : info->kind == PL_SERIES_GAUGE ? "gauge" : "unknown";
  (void)pl_buf_addf(&e->out, "# TYPE %.*s %s\n", (int)family.len, family.data, type);
  bool ends = info->unit.len && family.len > info->unit.len && family.data[family.len - info->unit.len - 1] == '_' && pl_str_ends(family, info->unit);
  if (ends)
    (void)pl_buf_addf(&e->out, "# UNIT %.*s %.*s\n", (int)family.len, family.data, (int)info->unit.len, info->unit.data);
  return PL_OK;
}

static int export_samples(export *e, const pl_series_info *info)
{
  pl_tag tags[TAGS_MAX];
  size_t n = tags_of(info, tags);
  int code = e->text.format == PL_SAMPLE_OPENMETRICS ? put_family(e, info) : PL_OK;
  if (!code && pl_sample_text_series(&e->text, info->name, tags, n))
    code = pl_fail(e->err, PL_ENOMEM, "export: out of memory");
  if (code)
    return code;
  return pl_reader_samples(e->reader, info->id, e->o->run, e->o->from_ns, e->o->to_ns, on_sample, e, e->err);
}

/* ---- Distributions --------------------------------------------------------------------------------- */

/* A word of "name;label=value;...": what a tag may not hold is written as %XX. */
static void put_word(pl_buf *out, pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    if (c <= ' ' || strchr(",;=%\"", c) || c == 0x7f)
      (void)pl_buf_addf(out, "%%%02X", c);
    else
      (void)pl_buf_addc(out, (char)c);
  }
}

static int make_tag(export *e, const pl_series_info *info)
{
  pl_tag tags[TAGS_MAX];
  size_t n = tags_of(info, tags);
  pl_buf_clear(&e->tag);
  put_word(&e->tag, info->name);
  (void)pl_buf_addc(&e->tag, ';');
  for (size_t i = 0; i < n; i++) {
    put_word(&e->tag, tags[i].name);
    (void)pl_buf_addc(&e->tag, '=');
    put_word(&e->tag, tags[i].value);
    (void)pl_buf_addc(&e->tag, ';');
  }
  return e->tag.bad;
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  export *e = user;
  const pl_hdr_interval i = {.tag = {e->tag.data, e->tag.len}, .start_ns = ts_ms * 1000000, .length_ns = 1000000000, .hist = h};
  int code = e->begun ? PL_OK : pl_hdr_log_head(&e->out, i.start_ns);
  e->begun = true;
  if (!code)
    code = pl_hdr_log_line(&e->out, &i, e->scratch);
  if (code)
    return pl_fail(e->err, code, "export: a histogram is too large, or out of memory");
  e->counts->samples++;
  return flush(e, PL_EXPORT_PIECE);
}

static int export_dists(export *e, const pl_series_info *info)
{
  if (make_tag(e, info))
    return pl_fail(e->err, PL_ENOMEM, "export: out of memory");
  int64_t from_ms = e->o->from_ns / 1000000, to_ms = e->o->to_ns == INT64_MAX ? INT64_MAX : e->o->to_ns / 1000000;
  return pl_reader_dists(e->reader, info->id, e->o->run, 1, from_ms, to_ms, on_dist, e, e->err);
}

/* ---- Series ---------------------------------------------------------------------------------------- */

static bool is_hdr(const export *e)
{
  return e->o->format == formats[HDR];
}

static int on_series(void *user, const pl_series_info *info)
{
  export *e = user;
  if ((info->kind == PL_SERIES_DIST) != is_hdr(e)) {
    e->counts->other++;
    return PL_OK;
  }
  e->counts->series++;
  return is_hdr(e) ? export_dists(e, info) : export_samples(e, info);
}

/* CSV: every label that a series has gets a column. */
static int on_labels(void *user, const pl_series_info *info)
{
  export *e = user;
  for (size_t i = 0; info->kind != PL_SERIES_DIST && i < info->n_labels; i++) {
    int64_t id = info->labels[i].value.len ? pl_intern_id(e->names, info->labels[i].name) : 0;
    if (id < 0 || id >= COLUMNS_MAX - 3)
      return pl_fail(e->err, id < 0 ? (int)id : PL_ELIMIT, "export: more labels than a CSV file may have columns, or out of memory");
  }
  return PL_OK;
}

static int each_series(export *e, pl_series_fn fn)
{
  return pl_reader_series(e->reader, e->o->metric, NULL, 0, e->o->run, fn, e, e->err);
}

static int run_export(export *e, enum pl_sample_format format)
{
  int code = format == PL_SAMPLE_CSV ? each_series(e, on_labels) : PL_OK;
  size_t n = format == PL_SAMPLE_CSV ? pl_intern_count(e->names) : 0;
  for (size_t i = 0; i < n; i++)
    e->columns[i] = pl_intern_key(e->names, (uint32_t)i);
  e->text.columns = e->columns;
  e->text.n_columns = n;
  if (!code && !is_hdr(e))
    code = pl_sample_text_head(&e->text, &e->out);
  if (!code)
    code = each_series(e, on_series);
  if (!code && !is_hdr(e))
    code = pl_sample_text_end(&e->text, &e->out);
  return code ? code : flush(e, 0);
}

static int find_format(const char *name)
{
  for (int i = 0; i < FORMATS; i++) {
    if (strcmp(formats[i], name) == 0)
      return i;
  }
  return -1;
}

int pl_export(const pl_allocator *a, pl_reader *r, const pl_export_options *options, pl_export_fn fn, void *user, pl_export_counts *counts, pl_error *err)
{
  bool k6 = strcmp(options->format, "k6-json") == 0;
  int format = find_format(options->format);
  if (format < 0 && !k6)
    return pl_fail(err, PL_EINVAL, "export: there is no format \"%s\" (openmetrics, csv, ndjson, influx, hdr, k6-json)", options->format);
  pl_export_options o = *options;
  if (!o.from_ns && !o.to_ns) {
    o.from_ns = INT64_MIN;
    o.to_ns = INT64_MAX;
  }
  *counts = (pl_export_counts){0};
  if (k6)
    return pl_export_k6(a, r, &o, fn, user, counts, err);
  o.format = formats[format];
  export *e = pl_alloc_zero(a, 1, sizeof *e);
  if (!e)
    return pl_fail(err, PL_ENOMEM, "export: out of memory");
  *e = (export){.o = &o, .reader = r, .fn = fn, .user = user, .counts = counts, .err = err, .alloc = a, .names = pl_intern_new(a, FAMILIES_MAX)};
  pl_sample_text_init(&e->text, a, (enum pl_sample_format)format, NULL, 0);
  pl_buf *bufs[] = {&e->out, &e->tag, &e->scratch[0], &e->scratch[1]};
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
    pl_buf_init(bufs[i], a, i ? HISTOGRAM_MAX : PL_EXPORT_PIECE + LINE_ROOM);
  int code = e->names ? run_export(e, (enum pl_sample_format)format) : pl_fail(err, PL_ENOMEM, "export: out of memory");
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
    pl_buf_fini(bufs[i]);
  pl_sample_text_fini(&e->text);
  pl_intern_free(e->names);
  pl_free(a, e, sizeof *e);
  return code;
}

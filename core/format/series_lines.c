/* Rows are cut by rows.c; ids and values go into two arrays, and series point into them once all have been read, for both move while
 * they grow. */
#include "format/series_lines.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "format/lines.h"
#include "format/rows.h"

void pl_series_lines_fini(pl_series_lines *s)
{
  if (!s->alloc)
    return;
  pl_free(s->alloc, s->list, s->cap * sizeof *s->list);
  pl_free(s->alloc, s->values, s->cap_values * sizeof *s->values);
  pl_free(s->alloc, s->ids, s->cap_ids);
  *s = (pl_series_lines){0};
}

static bool is_missing(pl_str field)
{
  return field.len == 0 || pl_str_ieq(field, PL_STR("na")) || pl_str_ieq(field, PL_STR("nan")) || pl_str_ieq(field, PL_STR("null"));
}

/* A value or NaN; false: neither. Infinities are no values of a series. */
static bool value_of(pl_str field, double *v)
{
  *v = NAN;
  return is_missing(field) || (pl_number_read(field, v) && isfinite(*v));
}

static bool keep_text(pl_series_lines *s, pl_str text)
{
  if (!pl_reach(s->alloc, (void **)&s->ids, &s->cap_ids, s->len_ids + text.len, 1))
    return false;
  if (text.len)
    memcpy(s->ids + s->len_ids, text.data, text.len);
  s->len_ids += text.len;
  return true;
}

static int add_id(pl_series_lines *s, pl_str id, uint64_t line, pl_error *err)
{
  if (id.len > PL_SERIES_ID_MAX)
    return pl_fail(err, PL_ELIMIT, "line %llu: the id is longer than %d bytes", (unsigned long long)line, PL_SERIES_ID_MAX);
  if (s->n == PL_SERIES_LINES_MAX)
    return pl_fail(err, PL_ELIMIT, "line %llu: more than %d series; give them in several files", (unsigned long long)line, PL_SERIES_LINES_MAX);
  if (!pl_reach(s->alloc, (void **)&s->list, &s->cap, s->n, sizeof *s->list) || !keep_text(s, id))
    return pl_fail(err, PL_ENOMEM, "out of memory for series");
  s->list[s->n++] = (pl_series_line){.id = {NULL, id.len}, .line = line};
  return 0;
}

static int add_value(pl_series_lines *s, double v, pl_error *err)
{
  pl_series_line *line = &s->list[s->n - 1];
  if (line->n == PL_SERIES_VALUES_MAX || s->n_values == PL_SERIES_ALL_MAX)
    return pl_fail(err, PL_ELIMIT, "line %llu: more than %d values of a series, or %d of all", (unsigned long long)line->line, PL_SERIES_VALUES_MAX,
                   PL_SERIES_ALL_MAX);
  if (!pl_reach(s->alloc, (void **)&s->values, &s->cap_values, s->n_values, sizeof *s->values))
    return pl_fail(err, PL_ENOMEM, "out of memory for series");
  s->values[s->n_values++] = v;
  line->n++;
  return 0;
}

int pl_series_lines_fault(const pl_series_line *line, pl_error *err)
{
  return pl_fail(err, PL_EPARSE, "line %llu, field %zu: \"%.*s%s\" is no number; a line is id,v1,v2,... and a missing value is left empty",
                 (unsigned long long)line->line, line->bad, (int)line->bad_text.len, line->bad_text.data ? line->bad_text.data : "",
                 line->bad_is_cut ? "..." : "");
}

/* The line loses the values before, too: without one of its values it is another series. */
static int bad_field(pl_series_lines *s, pl_str field, size_t at, bool each, pl_error *err)
{
  pl_series_line *line = &s->list[s->n - 1];
  line->bad = at;
  line->bad_is_cut = field.len > PL_SERIES_SHOWN_MAX;
  line->bad_text = (pl_str){field.data, line->bad_is_cut ? PL_SERIES_SHOWN_MAX : field.len};
  if (!each)
    return pl_series_lines_fault(line, err);
  s->n_values -= line->n;
  line->n = 0;
  if (!keep_text(s, line->bad_text))
    return pl_fail(err, PL_ENOMEM, "out of memory for series");
  return 0;
}

static void drop_header(pl_series_lines *s)
{
  s->n--;
  s->len_ids -= s->list[s->n].id.len;
}

/* Adds a value with what is missing before it. */
static int add_values(pl_series_lines *s, size_t missing, double v, pl_error *err)
{
  int code = 0;
  for (; missing && !code; missing--)
    code = add_value(s, NAN, err);
  return code ? code : add_value(s, v, err);
}

/* How a row is read. */
typedef struct how {
  pl_buf *scratch;
  bool each;  /* a bad field costs its line alone */
  bool first; /* the text's first row, which may be a header */
} how;

/* Empty fields are kept back until a value comes behind them: those at the end are none. */
static int add_row(pl_series_lines *s, const pl_rows_row *row, uint64_t line, const how *h, pl_error *err)
{
  size_t held = 0;
  pl_str rest = row->text;
  for (size_t at = 1; rest.data; at++) {
    pl_str field;
    double v;
    int code = pl_rows_field(',', &rest, h->scratch, &field);
    if (code)
      return pl_fail(err, code, "line %llu: a field is too long", (unsigned long long)line);
    if (at == 1) {
      code = add_id(s, field, line, err);
      if (code)
        return code;
      continue;
    }
    field = pl_str_trim(field);
    if (!value_of(field, &v)) {
      if (!h->first || at != 2)
        return bad_field(s, field, at, h->each, err);
      drop_header(s);
      return 0;
    }
    if (field.len == 0) {
      held++;
      continue;
    }
    code = add_values(s, held, v, err);
    if (code)
      return code;
    held = 0;
  }
  return 0;
}

/* Ids and values have moved for the last time. */
static void point_into(pl_series_lines *s)
{
  const double *values = s->values;
  const char *id = s->ids;
  for (size_t i = 0; i < s->n; i++) {
    s->list[i].id.data = id;
    s->list[i].values = values;
    id += s->list[i].id.len;
    s->list[i].bad_text.data = id;
    id += s->list[i].bad_text.len;
    if (values)
      values += s->list[i].n;
  }
}

static int read_rows(pl_series_lines *s, pl_str text, how *h, pl_error *err)
{
  const pl_rows_syntax csv = {PL_ROWS_CSV, ','};
  size_t size;
  uint32_t lines;
  uint64_t line = 1;
  int code = pl_rows_begin(&csv, text, true, &size, &lines, err);
  if (code < 0)
    return code;
  text = (pl_str){text.data + size, text.len - size};
  for (h->first = true;; h->first = false) {
    pl_rows_row row;
    code = pl_rows_next(&csv, text, h->first, true, &row, err);
    if (code < 0)
      return pl_fail_in(err, "line %llu", (unsigned long long)(line + row.line));
    if (code == 0)
      return 0;
    code = add_row(s, &row, line + row.line, h, err);
    if (code)
      return code;
    line += row.lines;
    text = (pl_str){text.data + row.size, text.len - row.size};
  }
}

static int read_all(const pl_allocator *a, pl_str text, bool each, pl_series_lines *out, pl_error *err)
{
  pl_buf scratch;
  how h = {.scratch = &scratch, .each = each};
  *out = (pl_series_lines){.alloc = a};
  if (!text.len)
    return 0;
  pl_buf_init(&scratch, a, PL_SERIES_ID_MAX * 4);
  int code = read_rows(out, text, &h, err);
  pl_buf_fini(&scratch);
  if (code)
    pl_series_lines_fini(out);
  else
    point_into(out);
  return code;
}

int pl_series_lines_read(const pl_allocator *a, pl_str text, pl_series_lines *out, pl_error *err)
{
  return read_all(a, text, false, out, err);
}

int pl_series_lines_read_each(const pl_allocator *a, pl_str text, pl_series_lines *out, pl_error *err)
{
  return read_all(a, text, true, out, err);
}

/* Rows are cut by rows.c; ids and values go into two arrays, and series point into them once all have been read, for both move while
 * they grow. */
#include "format/series_lines.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "format/lines.h"
#include "format/rows.h"

enum { SHOWN_MAX = 40 /* bytes of a bad field in a message */ };

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

static int add_id(pl_series_lines *s, pl_str id, uint64_t line, pl_error *err)
{
  if (id.len > PL_SERIES_ID_MAX)
    return pl_fail(err, PL_ELIMIT, "line %llu: the id is longer than %d bytes", (unsigned long long)line, PL_SERIES_ID_MAX);
  if (s->n == PL_SERIES_LINES_MAX)
    return pl_fail(err, PL_ELIMIT, "line %llu: more than %d series; give them in several files", (unsigned long long)line, PL_SERIES_LINES_MAX);
  if (!pl_reach(s->alloc, (void **)&s->list, &s->cap, s->n, sizeof *s->list) ||
      !pl_reach(s->alloc, (void **)&s->ids, &s->cap_ids, s->len_ids + id.len, 1))
    return pl_fail(err, PL_ENOMEM, "out of memory for series");
  if (id.len)
    memcpy(s->ids + s->len_ids, id.data, id.len);
  s->len_ids += id.len;
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

static int bad_field(pl_str field, size_t at, uint64_t line, pl_error *err)
{
  int shown = (int)(field.len < SHOWN_MAX ? field.len : SHOWN_MAX);
  return pl_fail(err, PL_EPARSE, "line %llu, field %zu: \"%.*s%s\" is no number; a line is id,v1,v2,... and a missing value is left empty",
                 (unsigned long long)line, at, shown, field.data ? field.data : "", field.len > SHOWN_MAX ? "..." : "");
}

/* Empty fields are kept back until a value comes behind them: those at the end are none. */
static int add_row(pl_series_lines *s, pl_str rest, uint64_t line, bool first, pl_buf *scratch, pl_error *err)
{
  size_t at = 0, held = 0;
  while (rest.data) {
    pl_str field;
    double v;
    int code = pl_rows_field(',', &rest, scratch, &field);
    if (code)
      return pl_fail(err, code, "line %llu: a field is too long", (unsigned long long)line);
    at++;
    if (at == 1) {
      code = add_id(s, field, line, err);
    } else {
      field = pl_str_trim(field);
      if (!value_of(field, &v)) {
        if (!first || at != 2)
          return bad_field(field, at, line, err);
        s->n--; /* a header */
        s->len_ids -= s->list[s->n].id.len;
        return 0;
      }
      if (field.len == 0) {
        held++;
        continue;
      }
      for (; held && !code; held--)
        code = add_value(s, NAN, err);
      if (!code)
        code = add_value(s, v, err);
    }
    if (code)
      return code;
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
    if (values)
      values += s->list[i].n;
  }
}

static int read_rows(pl_series_lines *s, pl_str text, pl_buf *scratch, pl_error *err)
{
  const pl_rows_syntax csv = {PL_ROWS_CSV, ','};
  size_t size;
  uint32_t lines;
  uint64_t line = 1;
  int code = pl_rows_begin(&csv, text, true, &size, &lines, err);
  if (code < 0)
    return code;
  text = (pl_str){text.data + size, text.len - size};
  for (bool first = true;; first = false) {
    pl_rows_row row;
    code = pl_rows_next(&csv, text, first, true, &row, err);
    if (code < 0)
      return pl_fail_in(err, "line %llu", (unsigned long long)(line + row.line));
    if (code == 0)
      return 0;
    code = add_row(s, row.text, line + row.line, first, scratch, err);
    if (code)
      return code;
    line += row.lines;
    text = (pl_str){text.data + row.size, text.len - row.size};
  }
}

int pl_series_lines_read(const pl_allocator *a, pl_str text, pl_series_lines *out, pl_error *err)
{
  pl_buf scratch;
  *out = (pl_series_lines){.alloc = a};
  if (!text.len)
    return 0;
  pl_buf_init(&scratch, a, PL_SERIES_ID_MAX * 4);
  int code = read_rows(out, text, &scratch, err);
  pl_buf_fini(&scratch);
  if (code)
    pl_series_lines_fini(out);
  else
    point_into(out);
  return code;
}

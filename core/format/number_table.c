/* Rows are cut by rows.c. The first one says which column is what; each further one gives its numbers or the reason why it is none. */
#include "format/number_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "format/lines.h"
#include "format/rows.h"
#include "format/trace.h"

enum { SHOWN_MAX = 40, FIELD_MAX = 1 << 16, COLUMNS_MAX = 1024, NO_COLUMN = -1 };

typedef struct reader {
  const pl_numbers_want *want;
  pl_numbers *out;
  pl_rows_syntax syntax;
  pl_buf scratch;
  size_t fields;                 /* of a row */
  int time_at;                   /* a column, or NO_COLUMN */
  int value_at[PL_NUMBERS_WIDTH];
} reader;

void pl_numbers_fini(pl_numbers *t)
{
  if (!t->alloc)
    return;
  pl_free(t->alloc, t->values, t->cap_values * sizeof *t->values);
  pl_free(t->alloc, t->times, t->cap_times * sizeof *t->times);
  pl_free(t->alloc, t->spelled, t->cap_spelled * sizeof *t->spelled);
  pl_free(t->alloc, t->bad, t->cap_bad * sizeof *t->bad);
  *t = (pl_numbers){0};
}

static bool is_missing(pl_str field)
{
  return field.len == 0 || pl_str_ieq(field, PL_STR("na")) || pl_str_ieq(field, PL_STR("nan")) || pl_str_ieq(field, PL_STR("null"));
}

/* As pl_trace_moment, and a date alone, or one whose time has no seconds. */
static bool is_moment(pl_str field, int64_t *ns)
{
  char whole[24];
  if (field.len != 10 && field.len != 16)
    return pl_trace_moment(field, ns);
  (void)snprintf(whole, sizeof whole, "%.*s%s", (int)field.len, field.data, field.len == 10 ? "T00:00:00" : ":00");
  return pl_trace_moment(field, ns) || pl_trace_moment(pl_str_of(whole), ns);
}

static int next_field(reader *r, pl_str *rest, pl_str *field)
{
  int code = pl_rows_field(r->syntax.delimiter, rest, &r->scratch, field);
  if (!code)
    *field = pl_str_trim(*field);
  return code;
}

/* ---- The first row ---------------------------------------------------------------------------------- */

/* Whether no field of a row is a value of any kind. */
static int is_header(reader *r, pl_str rest, bool *header)
{
  *header = true;
  while (rest.data) {
    pl_str field;
    double v;
    int64_t t;
    int code = next_field(r, &rest, &field);
    if (code)
      return code;
    if ((field.len && is_missing(field)) || pl_number_read(field, &v) || is_moment(field, &t))
      *header = false;
  }
  return PL_OK;
}

static int no_choice(uint64_t line, const char *why, pl_error *err)
{
  return pl_fail(err, PL_EPARSE, "line %llu: %s", (unsigned long long)line, why);
}

/* Columns of a text without a header: the value, or time and value. */
static int choose_by_place(reader *r, uint64_t line, pl_error *err)
{
  if (r->want->n)
    return pl_fail(err, PL_EPARSE, "line %llu: there is no header with the column %.*s", (unsigned long long)line, (int)r->want->columns[0].len,
                   r->want->columns[0].data);
  if (r->fields > 2)
    return no_choice(line, "several columns and no header that names them; write timestamp,value above them", err);
  r->time_at = r->fields == 2 ? 0 : NO_COLUMN;
  r->value_at[0] = (int)r->fields - 1;
  return PL_OK;
}

/* Takes a column of the header: the wanted one of that name, the time, or, where none is wanted by name, the value. */
static int take_column(reader *r, pl_str name, int at, int *others, uint64_t line, pl_error *err)
{
  bool chosen = false;
  for (size_t i = 0; i < r->want->n; i++) {
    if (!pl_str_ieq(name, r->want->columns[i]))
      continue;
    if (r->value_at[i] != NO_COLUMN)
      return pl_fail(err, PL_EPARSE, "line %llu: two columns are named %.*s", (unsigned long long)line, (int)name.len, name.data);
    r->value_at[i] = at;
    chosen = true;
  }
  if (chosen)
    return PL_OK;
  if (pl_trace_is_time(name) && r->time_at == NO_COLUMN) {
    r->time_at = at;
  } else if (!r->want->n) {
    bool value = pl_str_ieq(name, PL_STR("value"));
    *others = value ? -COLUMNS_MAX : *others + 1;
    if (value || r->value_at[0] == NO_COLUMN) {
      r->value_at[0] = at;
      pl_copy(r->out->name, sizeof r->out->name, name);
    }
  }
  return PL_OK;
}

static int choose_by_header(reader *r, pl_str row, uint64_t line, pl_error *err)
{
  int at = 0, others = 0;
  for (pl_str rest = row, name; rest.data; at++) {
    int code = next_field(r, &rest, &name);
    code = code ? code : take_column(r, name, at, &others, line, err);
    if (code)
      return code;
  }
  for (size_t i = 0; i < r->want->n; i++) {
    if (r->value_at[i] == NO_COLUMN)
      return pl_fail(err, PL_EPARSE, "line %llu: no column is named %.*s; the header is %.*s", (unsigned long long)line, (int)r->want->columns[i].len,
                     r->want->columns[i].data, row.len > 80 ? 80 : (int)row.len, row.data);
  }
  if (r->want->n)
    pl_copy(r->out->name, sizeof r->out->name, r->want->columns[0]);
  else if (r->value_at[0] == NO_COLUMN)
    return no_choice(line, "the header has no column of values", err);
  else if (others > 1)
    return pl_fail(err, PL_EPARSE, "line %llu: several columns (%.*s) and none is named value; say which one by its name", (unsigned long long)line,
                   row.len > 80 ? 80 : (int)row.len, row.data);
  return PL_OK;
}

/* 1: the row was a header. */
static int begin(reader *r, const pl_rows_row *row, uint64_t line, pl_error *err)
{
  bool header;
  if (row->fields > COLUMNS_MAX)
    return pl_fail(err, PL_ELIMIT, "line %llu: more than %d columns", (unsigned long long)line, COLUMNS_MAX);
  r->fields = row->fields;
  int code = is_header(r, row->text, &header);
  if (code)
    return pl_fail(err, code, "line %llu: a field is too long", (unsigned long long)line);
  code = header ? choose_by_header(r, row->text, line, err) : choose_by_place(r, line, err);
  return code ? code : header;
}

/* ---- The others ------------------------------------------------------------------------------------- */

/* Refuses a row: an error, or told where the reading is lenient. */
static int refuse(reader *r, uint64_t line, pl_error *err)
{
  pl_numbers *t = r->out;
  if (!r->want->lenient)
    return pl_fail_in(err, "line %llu", (unsigned long long)line);
  if (t->n_bad < PL_NUMBERS_REFUSED) {
    if (!pl_reach(t->alloc, (void **)&t->bad, &t->cap_bad, t->n_bad, sizeof *t->bad))
      return pl_fail(err, PL_ENOMEM, "out of memory for refused rows");
    t->bad[t->n_bad].line = line;
    pl_copy(t->bad[t->n_bad].why, sizeof t->bad[0].why, pl_str_of(err->message));
  }
  t->n_bad++;
  *err = (pl_error){0};
  return PL_OK;
}

static int bad_field(pl_str field, const char *what, pl_error *why)
{
  return pl_fail(why, PL_EPARSE, "\"%.*s%s\" is no %s", field.len < SHOWN_MAX ? (int)field.len : SHOWN_MAX, field.data ? field.data : "",
                 field.len > SHOWN_MAX ? "..." : "", what);
}

static int read_value(const reader *r, pl_str field, double *v, pl_error *why)
{
  if (is_missing(field)) {
    *v = NAN;
    return r->want->missing ? PL_OK : field.len ? bad_field(field, "number", why) : pl_fail(why, PL_EPARSE, "a value is missing");
  }
  return pl_number_read(field, v) && isfinite(*v) ? PL_OK : bad_field(field, "number", why);
}

/* What a row holds. */
typedef struct entry {
  double values[PL_NUMBERS_WIDTH];
  int64_t time;
  pl_str spelled; /* the time, into the text */
} entry;

/* The numbers of a row. PL_EPARSE: why says what is wrong with it. */
static int read_row(reader *r, const pl_rows_row *row, entry *e, pl_error *why)
{
  pl_str rest = row->text, field;
  if (row->fields != r->fields)
    return pl_fail(why, PL_EPARSE, "%u fields, and the first row has %zu", (unsigned)row->fields, r->fields);
  for (int at = 0; rest.data; at++) {
    const char *row_field = rest.data;
    int code = next_field(r, &rest, &field);
    if (code)
      return pl_fail(why, code == PL_ELIMIT ? PL_EPARSE : code, "a field is too long");
    if (at == r->time_at && r->want->spelled)
      e->spelled = pl_str_trim((pl_str){row_field, (size_t)((rest.data ? rest.data - 1 : row->text.data + row->text.len) - row_field)});
    if (at == r->time_at && !is_moment(field, &e->time))
      return bad_field(field, "moment (ISO 8601, or seconds since 1970)", why);
    for (size_t i = 0; i < r->out->width; i++) {
      code = at == r->value_at[i] ? read_value(r, field, &e->values[i], why) : PL_OK;
      if (code)
        return code;
    }
  }
  return PL_OK;
}

static int add_row(reader *r, const pl_rows_row *row, uint64_t line, pl_error *err)
{
  entry e = {.time = 0};
  pl_numbers *t = r->out;
  pl_error why = {0};
  int code = read_row(r, row, &e, &why);
  if (code == PL_EPARSE) {
    code = refuse(r, line, &why);
    if (code && err)
      *err = why;
    return code;
  }
  if (!code && t->n == PL_NUMBERS_ROWS)
    return pl_fail(err, PL_ELIMIT, "line %llu: more than %d rows", (unsigned long long)line, PL_NUMBERS_ROWS);
  bool timed = r->time_at != NO_COLUMN;
  if (code || !pl_reach(t->alloc, (void **)&t->values, &t->cap_values, (t->n + 1) * t->width - 1, sizeof *t->values) ||
      (timed && !pl_reach(t->alloc, (void **)&t->times, &t->cap_times, t->n, sizeof *t->times)) ||
      (timed && r->want->spelled && !pl_reach(t->alloc, (void **)&t->spelled, &t->cap_spelled, t->n, sizeof *t->spelled)))
    return pl_fail(err, PL_ENOMEM, "out of memory for numbers");
  memcpy(t->values + t->n * t->width, e.values, t->width * sizeof *e.values);
  if (t->times)
    t->times[t->n] = e.time;
  if (t->spelled)
    t->spelled[t->n] = e.spelled;
  t->n++;
  return PL_OK;
}

/* Takes blank lines and comments off the text: how many lines they are. */
static uint64_t skip_lines(pl_str *text)
{
  uint64_t lines = 0;
  while (text->len) {
    const char *feed = memchr(text->data, '\n', text->len);
    size_t size = feed ? (size_t)(feed - text->data) + 1 : text->len;
    pl_str line = pl_str_trim((pl_str){text->data, size});
    if (line.len && line.data[0] != '#')
      break;
    *text = (pl_str){text->data + size, text->len - size};
    lines++;
  }
  return lines;
}

static int read_rows(reader *r, pl_str text, pl_error *err)
{
  static const char mark[] = "\xef\xbb\xbf";
  uint64_t line = 1;
  if (text.len >= 3 && memcmp(text.data, mark, 3) == 0)
    text = (pl_str){text.data + 3, text.len - 3};
  for (bool first = true;; first = false) {
    pl_rows_row row;
    line += skip_lines(&text);
    if (first)
      r->syntax.delimiter = pl_rows_delimiter(text);
    int code = text.len ? pl_rows_next(&r->syntax, text, first, true, &row, err) : 0;
    if (code < 0)
      return pl_fail_in(err, "line %llu", (unsigned long long)(line + row.line));
    if (code == 0)
      return PL_OK;
    code = first ? begin(r, &row, line + row.line, err) : 0;
    if (code == 0)
      code = add_row(r, &row, line + row.line, err);
    if (code < 0)
      return code;
    line += row.lines;
    text = (pl_str){text.data + row.size, text.len - row.size};
  }
}

/* ---- Order ------------------------------------------------------------------------------------------ */

typedef struct place {
  int64_t time;
  size_t at;
} place;

static int by_time(const void *a, const void *b)
{
  const place *x = a, *y = b;
  return x->time != y->time ? (x->time < y->time ? -1 : 1) : x->at < y->at ? -1 : x->at > y->at;
}

static bool is_ordered(const pl_numbers *t)
{
  for (size_t i = 1; i < t->n; i++) {
    if (t->times[i] <= t->times[i - 1])
      return false;
  }
  return true;
}

/* Rows by their time; the last one of a time stays. */
static int order(pl_numbers *t, pl_error *err)
{
  if (!t->times || is_ordered(t))
    return PL_OK;
  size_t n = 0, w = t->width;
  place *places = pl_alloc(t->alloc, t->n * sizeof *places);
  double *values = pl_alloc(t->alloc, t->cap_values * sizeof *values);
  if (!places || !values) {
    pl_free(t->alloc, places, t->n * sizeof *places);
    pl_free(t->alloc, values, t->cap_values * sizeof *values);
    return pl_fail(err, PL_ENOMEM, "out of memory for numbers");
  }
  for (size_t i = 0; i < t->n; i++)
    places[i] = (place){t->times[i], i};
  qsort(places, t->n, sizeof *places, by_time);
  for (size_t i = 0; i < t->n; i++) {
    if (i + 1 < t->n && places[i + 1].time == places[i].time)
      continue;
    memcpy(values + n * w, t->values + places[i].at * w, w * sizeof *values);
    t->times[n++] = places[i].time;
  }
  pl_free(t->alloc, places, t->n * sizeof *places);
  pl_free(t->alloc, t->values, t->cap_values * sizeof *values);
  t->values = values;
  t->again = t->n - n;
  t->n = n;
  return PL_OK;
}

int pl_numbers_read(const pl_allocator *a, pl_str text, const pl_numbers_want *want, pl_numbers *out, pl_error *err)
{
  *out = (pl_numbers){.alloc = a, .width = want->n ? want->n : 1};
  if (want->n > PL_NUMBERS_WIDTH)
    return pl_fail(err, PL_ELIMIT, "more than %d columns are asked for", PL_NUMBERS_WIDTH);
  reader r = {.want = want, .out = out, .syntax = {PL_ROWS_CSV, ','}, .time_at = NO_COLUMN};
  for (size_t i = 0; i < PL_NUMBERS_WIDTH; i++)
    r.value_at[i] = NO_COLUMN;
  pl_buf_init(&r.scratch, a, FIELD_MAX);
  int code = read_rows(&r, text, err);
  pl_buf_fini(&r.scratch);
  if (!code && want->ordered)
    code = order(out, err);
  if (code)
    pl_numbers_fini(out);
  return code;
}

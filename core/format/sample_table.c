/* Tables of samples: a row's fields by the roles that the header gave its columns, or an object's members. */
#include "format/sample_table.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "format/rows.h"
#include "format/trace.h"

enum { HEADER_MAX = 1 << 20, DEPTH = 8 };

enum role { ROLE_TIME, ROLE_METRIC, ROLE_VALUE, ROLE_LABEL, ROLE_SERIES };

typedef struct column {
  enum role role;
  size_t at, len; /* its name in `names` */
} column;

struct pl_table {
  const pl_allocator *alloc;
  enum pl_table_format format;
  pl_text_events events;
  pl_lines lines;            /* NDJSON */
  uint64_t line_breaks;      /* CSV: before the text */
  bool begun;                /* CSV: the header was read */
  bool dropping;             /* CSV: the rest of a line */
  pl_rows_syntax syntax;
  column *columns;
  size_t n_columns;
  bool has_value;            /* a column of that name */
  pl_buf names, metric, scratch;
  pl_buf kept;               /* fields of the row that do not lie in the text as they are */
  pl_text_sample point;            /* of the row */
  pl_tag tags[PL_LINE_TAGS];
  pl_str cells[PL_TABLE_COLUMNS];
};

/* ---- What rows and objects share: steps give 0, a refusal, or a negative code ---------------------- */

static enum role role_of(pl_str name)
{
  if (pl_trace_is_time(name))
    return ROLE_TIME;
  if (pl_str_ieq(name, PL_STR("metric")) || pl_str_ieq(name, PL_STR("name")) || pl_str_ieq(name, PL_STR("__name__")))
    return ROLE_METRIC;
  return pl_str_ieq(name, PL_STR("value")) ? ROLE_VALUE : ROLE_LABEL;
}

static void begin_point(pl_table *t, uint64_t line)
{
  pl_buf_clear(&t->kept);
  t->point = (pl_text_sample){.name = {t->metric.data, t->metric.len}, .tags = t->tags, .line = line};
}

static int tell(pl_table *t)
{
  return t->point.name.len ? t->events.point(t->events.user, &t->point) : PL_REFUSED_NAME;
}

static int refuse(const pl_table *t, uint64_t line, int reason, pl_str text)
{
  pl_refused r = {line, (enum pl_refusal)reason, text};
  return t->events.refused(t->events.user, &r);
}

/* ---- CSV ------------------------------------------------------------------------------------------- */

/* Takes a field, copied where it does not lie in the text as it is; kept has room for the whole row. */
static int take_field(pl_table *t, pl_str *rest, pl_str *field)
{
  int code = pl_rows_field(t->syntax.delimiter, rest, &t->scratch, field);
  if (!code && field->len && field->data == t->scratch.data) {
    size_t at = t->kept.len;
    code = pl_buf_add(&t->kept, field->data, field->len);
    *field = (pl_str){t->kept.data + at, field->len};
  }
  return code;
}

static int read_header(pl_table *t, const pl_rows_row *row, pl_error *err)
{
  bool has_time = false;
  unsigned taken = 0;
  if (row->fields > PL_TABLE_COLUMNS)
    return pl_fail(err, PL_ELIMIT, "line 1: more than %d columns", PL_TABLE_COLUMNS);
  t->columns = pl_alloc_zero(t->alloc, PL_TABLE_COLUMNS, sizeof *t->columns);
  if (!t->columns)
    return pl_fail(err, PL_ENOMEM, "out of memory");
  if (!pl_buf_room(&t->kept, row->text.len + 1))
    return pl_fail(err, t->kept.bad, "line 1: the header is too long, or out of memory");
  for (pl_str rest = row->text, name; rest.data; t->n_columns++) {
    int code = take_field(t, &rest, &name);
    if (code)
      return pl_fail(err, code, "line 1: the header is too long, or out of memory");
    name = pl_str_trim(name);
    enum role role = role_of(name);
    bool first = role == ROLE_LABEL || !(taken & 1u << role);
    taken |= 1u << role;
    t->columns[t->n_columns] = (column){first ? role : ROLE_LABEL, t->names.len, name.len};
    if (pl_buf_add(&t->names, name.data, name.len))
      return pl_fail(err, t->names.bad, "line 1: the header is too long, or out of memory");
    has_time |= t->columns[t->n_columns].role == ROLE_TIME;
    t->has_value |= t->columns[t->n_columns].role == ROLE_VALUE;
  }
  for (size_t i = 0; i < t->n_columns && !t->has_value; i++) {
    if (t->columns[i].role != ROLE_TIME)
      t->columns[i].role = ROLE_SERIES;
  }
  t->begun = true;
  return has_time ? PL_OK : pl_fail(err, PL_EPARSE, "line 1: no column is named timestamp: the header is timestamp,value or timestamp,metric,value,LABEL...");
}

static pl_str name_of(const pl_table *t, size_t i)
{
  return (pl_str){t->names.data + t->columns[i].at, t->columns[i].len};
}

/* Splits the row into cells: one for each column. */
static int read_cells(pl_table *t, const pl_rows_row *row)
{
  if (row->fields != t->n_columns)
    return PL_REFUSED_SYNTAX;
  if (!pl_utf8_valid(row->text))
    return PL_REFUSED_ENCODING;
  if (!pl_buf_room(&t->kept, row->text.len + 1))
    return PL_ENOMEM;
  size_t n = 0;
  for (pl_str rest = row->text; rest.data; n++) {
    int code = take_field(t, &rest, &t->cells[n]);
    if (code)
      return code;
  }
  return PL_OK;
}

/* Every column is a metric. Rows without a good value are refused once. */
static int tell_series(pl_table *t)
{
  int reason = PL_OK;
  for (size_t i = 0; i < t->n_columns; i++) {
    pl_str cell = pl_str_trim(t->cells[i]);
    if (t->columns[i].role != ROLE_SERIES || !cell.len)
      continue;
    t->point.name = name_of(t, i);
    if (!pl_number_read(cell, &t->point.value)) {
      reason = PL_REFUSED_VALUE;
      continue;
    }
    int told = tell(t);
    if (told < 0)
      return told;
    reason = told ? told : reason;
  }
  return reason;
}

/* A row: tells its samples. */
static int read_row(pl_table *t, const pl_rows_row *row)
{
  int code = read_cells(t, row);
  if (code)
    return code;
  for (size_t i = 0; i < t->n_columns && !code; i++) {
    pl_str cell = t->cells[i];
    switch (t->columns[i].role) {
    case ROLE_TIME:
      t->point.has_time = pl_trace_moment(cell, &t->point.time_ns);
      code = t->point.has_time ? PL_OK : PL_REFUSED_TIME;
      break;
    case ROLE_METRIC:
      t->point.name = pl_str_trim(cell);
      break;
    case ROLE_VALUE:
      code = pl_number_read(pl_str_trim(cell), &t->point.value) ? PL_OK : PL_REFUSED_VALUE;
      break;
    case ROLE_LABEL:
      code = cell.len ? pl_tags_add(t->tags, &t->point.n_tags, (pl_tag){name_of(t, i), cell}) : PL_OK;
      break;
    case ROLE_SERIES:
      break;
    }
  }
  return code ? code : t->has_value ? tell(t) : tell_series(t);
}

/* Takes a line, or what there is of it, off the text. */
static pl_str drop_line(pl_table *t, pl_str *text)
{
  pl_str line = pl_str_cut(text, '\n');
  t->dropping = !text->data;
  if (t->dropping)
    *text = (pl_str){line.data + line.len, 0};
  else
    t->line_breaks++;
  return line;
}

static int read_csv(pl_table *t, pl_str *text, bool last, pl_error *err)
{
  while (t->dropping && text->len)
    (void)drop_line(t, text);
  for (pl_rows_row row;;) {
    int found = pl_rows_next(&t->syntax, *text, !t->begun, last, &row, NULL), told = 0;
    if (found < 0 && !t->begun)
      return pl_fail(err, PL_EPARSE, "line 1: the header is malformed");
    if (found == 0 && (last || text->len <= PL_LINE_MAX))
      return PL_OK;
    if (found <= 0) {
      uint64_t line = t->line_breaks + 1;
      told = refuse(t, line, found ? PL_REFUSED_SYNTAX : PL_REFUSED_LENGTH, drop_line(t, text));
    } else {
      uint64_t line = t->line_breaks + row.line + 1;
      begin_point(t, line);
      *text = (pl_str){text->data + row.size, text->len - row.size};
      t->line_breaks += row.lines;
      told = !t->begun ? read_header(t, &row, err) : row.text.len > PL_LINE_MAX ? PL_REFUSED_LENGTH : read_row(t, &row);
      told = told > 0 ? refuse(t, line, told, row.text) : told;
    }
    if (told)
      return told;
  }
}

/* ---- NDJSON ---------------------------------------------------------------------------------------- */

/* Where in an object the reader is. */
typedef struct object {
  pl_table *t;
  enum role role;
  bool in_labels, has_value;
  pl_str key;
  int reason;
} object;

/* Copies a text that lives as long as its event; kept has room for the whole line. */
static pl_str keep(pl_table *t, pl_str s)
{
  size_t at = t->kept.len;
  (void)pl_buf_add(&t->kept, s.data, s.len);
  return (pl_str){t->kept.data + at, s.len};
}

/* A value of the object itself. */
static int on_member(object *o, const pl_json_event *e)
{
  pl_table *t = o->t;
  char text[32];
  bool number = e->kind == PL_JSON_INT || e->kind == PL_JSON_DOUBLE, string = e->kind == PL_JSON_STRING;
  pl_str moment = number ? (pl_str){text, pl_double_text(e->number, text)} : e->string;
  switch (o->role) {
  case ROLE_TIME:
    t->point.has_time = (number || string) && pl_trace_moment(moment, &t->point.time_ns);
    return t->point.has_time ? PL_OK : PL_REFUSED_TIME;
  case ROLE_VALUE:
    t->point.value = e->number;
    o->has_value = number || (string && pl_number_read(e->string, &t->point.value));
    return o->has_value ? PL_OK : PL_REFUSED_VALUE;
  case ROLE_METRIC:
    if (string)
      t->point.name = keep(t, e->string);
    return string ? PL_OK : PL_REFUSED_NAME;
  default:
    return PL_REFUSED_SYNTAX;
  }
}

static int on_event(void *user, const pl_json_event *e)
{
  object *o = user;
  bool labels = e->depth == 1 && pl_str_eqc(o->key, "labels");
  if (e->kind == PL_JSON_KEY) {
    o->key = keep(o->t, e->string);
    o->role = role_of(o->key);
  } else if (e->kind == PL_JSON_OBJECT && (e->depth == 0 || labels)) {
    o->in_labels = labels;
  } else if (e->kind == PL_JSON_OBJECT_END) {
    o->in_labels = false;
  } else if (o->in_labels && e->kind == PL_JSON_STRING) {
    o->reason = e->string.len ? pl_tags_add(o->t->tags, &o->t->point.n_tags, (pl_tag){o->key, keep(o->t, e->string)}) : PL_OK;
  } else {
    o->reason = o->in_labels ? PL_REFUSED_TAG : e->depth == 1 ? on_member(o, e) : PL_REFUSED_SYNTAX;
  }
  return o->reason != 0;
}

static int read_object(void *table, pl_str line, uint64_t number)
{
  pl_table *t = table;
  object o = {.t = t};
  begin_point(t, number);
  line = pl_str_trim(line);
  if (!line.len)
    return PL_OK;
  if (!pl_buf_room(&t->kept, 2 * line.len + 1)) /* text is at most as long as its JSON; keys and values are kept once each */
    return PL_ENOMEM;
  int code = line.data[0] == '{' ? pl_json_parse(t->alloc, line, DEPTH, on_event, &o, NULL) : PL_EPARSE;
  if (code == PL_ENOMEM)
    return code;
  if (o.reason || code)
    return o.reason ? o.reason : PL_REFUSED_SYNTAX;
  return o.has_value ? tell(t) : PL_REFUSED_VALUE;
}

/* ---- Tables ---------------------------------------------------------------------------------------- */

int pl_table_read(pl_table *t, pl_str *text, bool last, pl_error *err)
{
  if (t->format == PL_TABLE_NDJSON)
    return pl_lines_read(&t->lines, text, last, &(pl_line_reader){read_object, t, t->events.refused, t->events.user});
  if (!t->begun) {
    size_t size;
    uint32_t lines;
    if (!last && text->len < PL_LINE_MAX && !(text->len && memchr(text->data, '\n', text->len)))
      return PL_OK;
    if (text->len == 0)
      return pl_fail(err, PL_EPARSE, "the file is empty: a header is missing");
    if (pl_rows_begin(&t->syntax, *text, true, &size, &lines, err) != 1)
      return PL_EPARSE;
    *text = (pl_str){text->data + size, text->len - size};
    t->syntax.delimiter = pl_rows_delimiter(*text);
  }
  return read_csv(t, text, last, err);
}

int pl_table_new(const pl_allocator *a, enum pl_table_format format, pl_str metric, const pl_text_events *events, pl_table **out)
{
  pl_table *t = pl_alloc_zero(a, 1, sizeof *t);
  if (!t)
    return PL_ENOMEM;
  t->alloc = a;
  t->format = format;
  t->events = *events;
  t->syntax.format = PL_ROWS_CSV;
  pl_buf_init(&t->names, a, HEADER_MAX);
  pl_buf_init(&t->metric, a, PL_LINE_MAX);
  pl_buf_init(&t->scratch, a, HEADER_MAX);
  pl_buf_init(&t->kept, a, HEADER_MAX);
  if (metric.len && pl_buf_add(&t->metric, metric.data, metric.len)) {
    pl_table_free(t);
    return PL_ENOMEM;
  }
  *out = t;
  return PL_OK;
}

void pl_table_free(pl_table *t)
{
  if (!t)
    return;
  pl_buf *bufs[] = {&t->names, &t->metric, &t->scratch, &t->kept};
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
    pl_buf_fini(bufs[i]);
  pl_free(t->alloc, t->columns, PL_TABLE_COLUMNS * sizeof *t->columns);
  pl_free(t->alloc, t, sizeof *t);
}

/* Rows by their ends: memchr where nothing is quoted, byte by byte where something is. */
#include "format/rows.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

enum { DEPTH_MAX = 64 };

static uint32_t count(const char *at, const char *end, char c)
{
  uint32_t n = 0;
  for (; at < end; at++)
    n += *at == c;
  return n;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blanks(const char *at, const char *end)
{
  while (at < end && is_blank(*at))
    at++;
  return at;
}

/* The row [at, end), which is followed by next. */
static int found(pl_rows_row *out, pl_str text, const char *at, const char *end, const char *next)
{
  out->text = (pl_str){at, (size_t)(end - at)};
  out->size = (size_t)(next - text.data);
  out->lines = out->line + count(at, next, '\n');
  return 1;
}

/* Nothing but blanks was found, or a row's begin. */
static int not_found(pl_rows_row *out, pl_str text)
{
  out->text = (pl_str){text.data + text.len, 0};
  out->size = text.len;
  out->lines = count(text.data, text.data + text.len, '\n');
  return 0;
}

int pl_rows_begin(const pl_rows_syntax *s, pl_str text, bool last, size_t *size, uint32_t *lines, pl_error *err)
{
  static const char mark[] = "\xef\xbb\xbf";
  const char *at = text.data, *end = text.data + text.len;
  if (text.len < 3 && !last)
    return 0;
  if (pl_str_starts(text, PL_STR(mark)))
    at += 3;
  if (s->format == PL_ROWS_JSON) {
    at = skip_blanks(at, end);
    if (at == end && !last)
      return 0;
    if (at == end || *at != '[')
      return pl_fail(err, PL_EPARSE, "a JSON file of rows is an array: [ { ... }, ... ]");
    at++;
  }
  *size = (size_t)(at - text.data);
  *lines = count(text.data, at, '\n');
  return 1;
}

/* ---- CSV ----------------------------------------------------------------------------------------- */

/* Behind the closing quote of the field that begins at `at`, or NULL: it is not in the text. */
static const char *quoted_end(const char *at, const char *end)
{
  at++;
  for (;;) {
    const char *quote = memchr(at, '"', (size_t)(end - at));
    if (!quote)
      return NULL;
    if (quote + 1 == end || quote[1] != '"')
      return quote + 1;
    at = quote + 2;
  }
}

/* A row with quotes in it: 1 and its line feed (or the end) in *stop, 0 where it goes on behind the text. */
static int quoted_row(char delimiter, const char *at, const char *end, bool last, pl_rows_row *out, const char **stop, pl_error *err)
{
  for (;;) {
    if (at < end && *at == '"') {
      const char *closed = quoted_end(at, end);
      if (!closed || (closed == end && !last))
        return last ? pl_fail(err, PL_EPARSE, "a quoted field is not closed") : 0;
      at = closed;
      if (at < end && *at == '\r') /* of the line's end */
        at++;
      if (at == end && !last)
        return 0;
      if (at < end && *at != '\n' && (*at != delimiter || at > closed))
        return pl_fail(err, PL_EPARSE, "text after a closing quote");
    } else {
      while (at < end && *at != delimiter && *at != '\n')
        at++;
    }
    out->fields++;
    if (at == end || *at == '\n') {
      *stop = at;
      return at < end || last;
    }
    at++;
  }
}

/* Where the line at `at` ends; NULL: behind what has come so far. */
static const char *line_end(const char *at, const char *end, bool last)
{
  const char *stop = memchr(at, '\n', (size_t)(end - at));
  return stop || !last ? stop : end;
}

static int next_csv(char delimiter, pl_str text, bool last, pl_rows_row *out, pl_error *err)
{
  const char *end = text.data + text.len, *at = text.data;
  while (at < end && (*at == '\n' || (*at == '\r' && (at + 1 == end || at[1] == '\n'))))
    at++;
  out->line = count(text.data, at, '\n');
  if (at == end)
    return not_found(out, text);
  const char *stop = line_end(at, end, last);
  if (!stop)
    return 0;
  if (memchr(at, '"', (size_t)(stop - at))) {
    out->fields = 0;
    int code = quoted_row(delimiter, at, end, last, out, &stop, err);
    if (code != 1)
      return code;
  } else {
    out->fields = count(at, stop, delimiter) + 1;
  }
  const char *row_end = stop > at && stop[-1] == '\r' ? stop - 1 : stop;
  return found(out, text, at, row_end, stop < end ? stop + 1 : end);
}

/* What stands between quotes, where each quote inside is doubled. */
static pl_str undoubled(pl_str text, pl_buf *scratch)
{
  if (!text.len || !memchr(text.data, '"', text.len))
    return text;
  while (text.data) {
    pl_str piece = pl_str_cut(&text, '"');
    (void)pl_buf_add(scratch, piece.data, piece.len);
    if (text.len) {
      (void)pl_buf_addc(scratch, '"');
      text = (pl_str){text.data + 1, text.len - 1};
    }
  }
  return (pl_str){scratch->data, scratch->len};
}

int pl_rows_field(char delimiter, pl_str *rest, pl_buf *scratch, pl_str *field)
{
  const char *at = rest->data, *end = rest->data + rest->len, *stop;
  pl_buf_clear(scratch);
  if (at < end && *at == '"') {
    const char *closed = quoted_end(at, end);
    stop = closed ? closed : end;
    *field = undoubled((pl_str){at + 1, (size_t)(stop - at) - (closed ? 2 : 1)}, scratch);
  } else {
    stop = memchr(at, delimiter, (size_t)(end - at));
    if (!stop)
      stop = end;
    *field = (pl_str){at, (size_t)(stop - at)};
  }
  *rest = stop < end ? (pl_str){stop + 1, (size_t)(end - stop) - 1} : (pl_str){NULL, 0};
  return scratch->bad;
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static int go_on(void *user, const pl_json_event *event)
{
  (void)user;
  (void)event;
  return 0;
}

int pl_rows_check(const pl_allocator *a, pl_str row, pl_error *err)
{
  return pl_json_parse(a, row, DEPTH_MAX, go_on, NULL, err);
}

static int next_ndjson(pl_str text, bool last, pl_rows_row *out, pl_error *err)
{
  const char *end = text.data + text.len, *at = skip_blanks(text.data, end);
  out->line = count(text.data, at, '\n');
  if (at == end)
    return not_found(out, text);
  const char *stop = line_end(at, end, last);
  if (!stop)
    return 0;
  if (*at != '{')
    return pl_fail(err, PL_EPARSE, "a row is a JSON object: { ... }");
  return found(out, text, at, stop, stop < end ? stop + 1 : end);
}

/* Behind the object that begins at `at`; NULL: it is not in the text. */
static const char *object_end(const char *at, const char *end)
{
  int depth = 0;
  bool quoted = false;
  for (; at < end; at++) {
    if (quoted) {
      if (*at == '\\')
        at++;
      else if (*at == '"')
        quoted = false;
    } else if (*at == '"') {
      quoted = true;
    } else if (*at == '{' || *at == '[') {
      depth++;
    } else if ((*at == '}' || *at == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return NULL;
}

/* The array's bracket is at `at`: only blanks may follow. */
static int array_end(pl_str text, const char *at, bool last, pl_rows_row *out, pl_error *err)
{
  const char *end = text.data + text.len, *rest = skip_blanks(at + 1, end);
  if (rest < end)
    return pl_fail(err, PL_EPARSE, "text after the array");
  return last ? not_found(out, text) : 0;
}

static int next_json(pl_str text, bool first, bool last, pl_rows_row *out, pl_error *err)
{
  const char *end = text.data + text.len, *at = skip_blanks(text.data, end);
  bool comma = at < end && *at == ',' && !first;
  if (comma)
    at = skip_blanks(at + 1, end);
  out->line = count(text.data, at, '\n');
  if (at == end)
    return last ? pl_fail(err, PL_EPARSE, "the array is not closed") : 0;
  if (*at == ']' && !comma)
    return array_end(text, at, last, out, err);
  if (*at != '{')
    return pl_fail(err, PL_EPARSE, "a row is a JSON object: { ... }");
  if (!first && !comma)
    return pl_fail(err, PL_EPARSE, "a comma is missing between two rows");
  const char *stop = object_end(at, end);
  if (!stop)
    return last ? pl_fail(err, PL_EPARSE, "an object is not closed") : 0;
  return found(out, text, at, stop, stop);
}

int pl_rows_next(const pl_rows_syntax *s, pl_str text, bool first, bool last, pl_rows_row *out, pl_error *err)
{
  *out = (pl_rows_row){0};
  switch (s->format) {
  case PL_ROWS_NDJSON:
    return next_ndjson(text, last, out, err);
  case PL_ROWS_JSON:
    return next_json(text, first, last, out, err);
  case PL_ROWS_CSV:
    break;
  }
  return next_csv(s->delimiter, text, last, out, err);
}

char pl_rows_delimiter(pl_str text)
{
  pl_str line = pl_str_cut(&text, '\n');
  static const char delimiters[] = ",;\t";
  for (const char *d = delimiters; *d; d++) {
    if (line.len && memchr(line.data, *d, line.len))
      return *d;
  }
  return ',';
}

/* A line is read twice: to see whether all of it is good, and to tell its fields. */
#include "format/influx_line.h"

#include <string.h>

#include "base/error.h"

struct pl_influx {
  const pl_allocator *alloc;
  int64_t unit_ns;
  pl_influx_events events;
  uint64_t line_breaks; /* before the text */
  bool dropping;        /* the rest of a line that is too long */
  uint64_t texts;
  char *scratch;        /* PL_LINE_MAX bytes: what had escapes */
  size_t scratched;
  pl_influx_field told;
  pl_tag tags[PL_LINE_TAGS];
};

typedef struct cursor {
  const char *p, *end;
} cursor;

/* ---- Lines: texts may have line feeds in them -------------------------------------------------------- */

/* Behind the closing quote of the text whose opening one is at p; NULL: it is not there. */
static const char *text_end(const char *p, const char *end)
{
  for (p++; p < end && *p != '"'; p++) {
    if (*p == '\\' && p + 1 < end)
      p++;
  }
  return p < end ? p + 1 : NULL;
}

/* The line feed that ends the line at p; end: there is none; NULL: it is behind a text that does not end here. */
static const char *line_end(const char *p, const char *end)
{
  const char *first = memchr(p, '\n', (size_t)(end - p)), *stop = first ? first : end;
  bool fields = false, comment = *p == '#';
  if (comment || !memchr(p, '"', (size_t)(stop - p)))
    return stop;
  for (; p < end && *p != '\n'; p++) {
    if (*p == '\\' && p + 1 < end && p[1] != '\n') {
      p++;
    } else if (*p == ' ') {
      fields = true;
    } else if (fields && *p == '=' && p + 1 < end && p[1] == '"') {
      const char *closed = text_end(p + 1, end);
      if (!closed)
        return NULL;
      p = closed - 1;
    }
  }
  return p;
}

/* ---- Tokens ---------------------------------------------------------------------------------------- */

static bool take_char(cursor *c, char wanted)
{
  if (c->p == c->end || *c->p != wanted)
    return false;
  c->p++;
  return true;
}

static bool is_control(char c)
{
  return (unsigned char)c < ' ' || c == 0x7f;
}

/* Takes what is before the next control character, or the next of these characters that has no backslash before it; a backslash stands for
 * itself elsewhere. */
static pl_str take_token(pl_influx *p, cursor *c, const char *stops)
{
  char *out = p->scratch + p->scratched;
  const char *from = c->p;
  size_t n = 0;
  bool escapes = false;
  for (; c->p < c->end && !is_control(*c->p) && !strchr(stops, *c->p); c->p++) {
    bool escaped = *c->p == '\\' && c->p + 1 < c->end && strchr(", =", c->p[1]) && c->p[1];
    escapes |= escaped;
    c->p += escaped;
    out[n++] = *c->p;
  }
  if (!escapes)
    return (pl_str){from, (size_t)(c->p - from)};
  p->scratched += n;
  return (pl_str){out, n};
}

/* ---- Fields ---------------------------------------------------------------------------------------- */

static bool is_word(pl_str s, const char *const words[5])
{
  for (size_t i = 0; i < 5; i++) {
    if (pl_str_eqc(s, words[i]))
      return true;
  }
  return false;
}

static bool read_boolean(pl_str s, double *v)
{
  static const char *const yes[] = {"t", "T", "true", "True", "TRUE"}, *const no[] = {"f", "F", "false", "False", "FALSE"};
  *v = is_word(s, yes);
  return *v == 1 || is_word(s, no);
}

/* "12i", "12u": a whole number of 64 bits. */
static bool read_integer(pl_str s, double *v)
{
  uint64_t n;
  bool negative = s.data[0] == '-', is_unsigned = s.data[s.len - 1] == 'u';
  pl_str digits = {s.data + negative, s.len - 1 - negative};
  if ((s.data[s.len - 1] != 'i' && !is_unsigned) || (negative && is_unsigned) || !pl_str_u64(digits, &n))
    return false;
  if (!is_unsigned && n > (uint64_t)INT64_MAX + negative)
    return false;
  *v = negative ? -(double)n : (double)n;
  return true;
}

/* Takes a value; *number: it is one. */
static int take_value(pl_influx *p, cursor *c, bool *number, double *v)
{
  *number = false;
  if (c->p < c->end && *c->p == '"') {
    const char *closed = text_end(c->p, c->end);
    c->p = closed ? closed : c->end;
    return closed ? PL_OK : PL_REFUSED_VALUE;
  }
  pl_str s = take_token(p, c, ", ");
  *number = s.len > 1 && read_integer(s, v);
  *number = *number || pl_str_double(s, v) || read_boolean(s, v);
  return *number ? PL_OK : PL_REFUSED_VALUE;
}

/* Takes the fields; tells them when it is to. */
static int take_fields(pl_influx *p, cursor *c, bool tell)
{
  do {
    bool number;
    p->told.field = take_token(p, c, ",= ");
    if (!p->told.field.len || !take_char(c, '='))
      return PL_REFUSED_SYNTAX;
    int code = take_value(p, c, &number, &p->told.value);
    if (!code && tell && number)
      code = p->events.field(p->events.user, &p->told);
    p->texts += tell && !number;
    if (code)
      return code;
  } while (take_char(c, ','));
  return PL_OK;
}

/* ---- A line ---------------------------------------------------------------------------------------- */

static int take_tags(pl_influx *p, cursor *c)
{
  int code = PL_OK;
  p->told.n_tags = 0;
  while (!code && take_char(c, ',')) {
    pl_str name = take_token(p, c, ",= ");
    if (!name.len || !take_char(c, '='))
      return PL_REFUSED_TAG;
    pl_str value = take_token(p, c, ",= ");
    if (!value.len || (c->p < c->end && *c->p == '='))
      return PL_REFUSED_TAG;
    code = pl_tags_add(p->tags, &p->told.n_tags, (pl_tag){name, value});
  }
  return code;
}

static bool take_blanks(cursor *c)
{
  const char *from = c->p;
  while (take_char(c, ' '))
    ;
  return c->p > from;
}

/* What stands behind the fields. */
static int take_time(pl_influx *p, cursor *c)
{
  bool blank = take_blanks(c);
  p->told.has_time = c->p < c->end;
  if (!p->told.has_time)
    return PL_OK;
  pl_str time = pl_str_trim((pl_str){c->p, (size_t)(c->end - c->p)});
  return blank && pl_whole_ns(time, p->unit_ns, &p->told.time_ns) ? PL_OK : blank ? PL_REFUSED_TIME : PL_REFUSED_SYNTAX;
}

static int read_line(pl_influx *p, pl_str line, uint64_t number)
{
  line.len -= line.len && line.data[line.len - 1] == '\r';
  while (line.len && line.data[0] == ' ')
    line = (pl_str){line.data + 1, line.len - 1};
  if (!line.len || line.data[0] == '#')
    return PL_OK;
  if (!pl_utf8_valid(line))
    return PL_REFUSED_ENCODING;
  cursor c = {line.data, line.data + line.len};
  p->scratched = 0;
  p->told = (pl_influx_field){.tags = p->tags, .line = number};
  p->told.measurement = take_token(p, &c, ", ");
  if (!p->told.measurement.len)
    return PL_REFUSED_NAME;
  int code = take_tags(p, &c);
  if (code || !take_blanks(&c))
    return code ? code : PL_REFUSED_SYNTAX;
  cursor fields = c;
  size_t scratched = p->scratched;
  if ((code = take_fields(p, &c, false)) || (code = take_time(p, &c)))
    return code;
  p->scratched = scratched;
  return take_fields(p, &fields, true);
}

static uint64_t count_breaks(pl_str s)
{
  uint64_t n = 0;
  for (const char *at = s.data, *end = s.data + s.len; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
    n++;
  return n;
}

/* The next line of the text: 1; 0: not all of it is here. A text that does not end within the longest line ends at the first line feed. */
static int next_line(pl_influx *p, pl_str *text, bool last, pl_str *line)
{
  const char *end = text->data + text->len, *stop = line_end(text->data, end), *first = memchr(text->data, '\n', text->len);
  bool there = stop && (stop < end || last);
  if (!there && !last && text->len <= PL_LINE_MAX)
    return 0;
  if (!stop)
    stop = first ? first : end;
  *line = (pl_str){text->data, (size_t)(stop - text->data)};
  p->dropping = stop == end && !last;
  *text = stop < end ? (pl_str){stop + 1, text->len - line->len - 1} : (pl_str){end, 0};
  return 1;
}

int pl_influx_read(pl_influx *p, pl_str *text, bool last)
{
  while (text->len) {
    pl_str line;
    if (p->dropping) { /* to the next line feed */
      line = pl_str_cut(text, '\n');
      p->dropping = !text->data;
      if (p->dropping)
        *text = (pl_str){line.data + line.len, 0};
      p->line_breaks += !p->dropping;
      continue;
    }
    if (!next_line(p, text, last, &line))
      return PL_OK;
    uint64_t number = p->line_breaks + 1;
    p->line_breaks += count_breaks(line) + !p->dropping;
    int code = line.len > PL_LINE_MAX ? PL_REFUSED_LENGTH : read_line(p, line, number);
    if (code > 0)
      code = p->events.refused(p->events.user, &(pl_refused){number, (enum pl_refusal)code, line});
    if (code)
      return code;
  }
  return PL_OK;
}

uint64_t pl_influx_texts(const pl_influx *p)
{
  return p->texts;
}

int pl_influx_new(const pl_allocator *a, int64_t unit_ns, const pl_influx_events *events, pl_influx **out)
{
  pl_influx *p = pl_alloc_zero(a, 1, sizeof *p);
  if (!p)
    return PL_ENOMEM;
  p->alloc = a;
  p->unit_ns = unit_ns;
  p->events = *events;
  p->scratch = pl_alloc(a, PL_LINE_MAX);
  if (!p->scratch) {
    pl_influx_free(p);
    return PL_ENOMEM;
  }
  *out = p;
  return PL_OK;
}

void pl_influx_free(pl_influx *p)
{
  if (!p)
    return;
  pl_free(p->alloc, p->scratch, PL_LINE_MAX);
  pl_free(p->alloc, p, sizeof *p);
}

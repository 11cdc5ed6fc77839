/* Each format finds the text of a moment; moments are read and sorted in one place. */
#include "format/trace.h"

#include <stdlib.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

enum { JSON_DEPTH = 64 };

/* ---- Moments --------------------------------------------------------------------------------------- */

/* Days since 1970 of a date in the proleptic Gregorian calendar (Hinnant, chrono-compatible low-level date algorithms). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Takes exactly n digits off the front. */
static bool take_digits(pl_str *s, size_t n, int64_t *out)
{
  int64_t v = 0;
  if (s->len < n)
    return false;
  for (size_t i = 0; i < n; i++) {
    if (s->data[i] < '0' || s->data[i] > '9')
      return false;
    v = v * 10 + (s->data[i] - '0');
  }
  *out = v;
  *s = (pl_str){s->data + n, s->len - n};
  return true;
}

static bool take_char(pl_str *s, const char *any)
{
  if (!s->len || !strchr(any, s->data[0]) || s->data[0] == '\0')
    return false;
  *s = (pl_str){s->data + 1, s->len - 1};
  return true;
}

/* ".123456": nanoseconds; further digits are dropped. */
static int64_t take_fraction(pl_str *s)
{
  int64_t ns = 0, unit = (int64_t)PL_S_NS / 10;
  if (!take_char(s, ".,"))
    return 0;
  for (; s->len && s->data[0] >= '0' && s->data[0] <= '9'; *s = (pl_str){s->data + 1, s->len - 1}) {
    ns += (s->data[0] - '0') * unit;
    unit /= 10;
  }
  return ns;
}

/* "Z", "+02:00", "+0200", "" -> seconds east of UTC. */
static bool take_offset(pl_str *s, int64_t *seconds)
{
  int64_t hours, minutes = 0;
  *seconds = 0;
  if (!s->len || take_char(s, "Zz"))
    return true;
  bool west = s->data[0] == '-';
  if (!take_char(s, "+-") || !take_digits(s, 2, &hours))
    return false;
  (void)take_char(s, ":");
  if (s->len && !take_digits(s, 2, &minutes))
    return false;
  *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

/* A moment that 64 bits of nanoseconds since 1970 can hold. */
static bool moment_of(int64_t seconds, int64_t fraction_ns, int64_t *ns)
{
  if (seconds < 0 || seconds >= INT64_MAX / (int64_t)PL_S_NS)
    return false;
  *ns = seconds * (int64_t)PL_S_NS + fraction_ns;
  return true;
}

static bool in_day(int64_t hour, int64_t minute, int64_t second)
{
  return hour < 24 && minute < 60 && second < 61;
}

/* Whether there is this day: it lies before the first one of the next month. */
static bool in_month(int64_t year, int64_t month, int64_t day)
{
  if (month < 1 || month > 12 || day < 1)
    return false;
  return days_of(year, month, day) < (month < 12 ? days_of(year, month + 1, 1) : days_of(year + 1, 1, 1));
}

static bool read_iso(pl_str s, int64_t *ns)
{
  int64_t year, month, day, hour, minute, second = 0, offset;
  if (!take_digits(&s, 4, &year) || !take_char(&s, "-") || !take_digits(&s, 2, &month) || !take_char(&s, "-") ||
      !take_digits(&s, 2, &day) || !take_char(&s, "Tt ") || !take_digits(&s, 2, &hour) || !take_char(&s, ":") ||
      !take_digits(&s, 2, &minute))
    return false;
  if (take_char(&s, ":") && !take_digits(&s, 2, &second))
    return false;
  int64_t fraction = take_fraction(&s);
  if (!take_offset(&s, &offset) || s.len || !in_month(year, month, day) || !in_day(hour, minute, second))
    return false;
  return moment_of(days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset, fraction, ns);
}

bool pl_trace_moment(pl_str text, int64_t *ns)
{
  double v;
  uint64_t whole;
  text = pl_str_trim(text);
  if (read_iso(text, ns))
    return true;
  pl_str fraction = text, seconds = pl_str_cut(&fraction, '.');
  if (pl_str_u64(seconds, &whole) && whole < 10000000000000000) { /* exact: a double of now has no nanoseconds */
    uint64_t unit = whole >= 100000000000 ? 1000 : 1; /* milliseconds */
    pl_str rest = {seconds.data + seconds.len, text.len - seconds.len};
    int64_t fraction_ns = (take_fraction(&rest) + (int64_t)(whole % unit * PL_S_NS)) / (int64_t)unit;
    return rest.len == 0 && moment_of((int64_t)(whole / unit), fraction_ns, ns);
  }
  if (!pl_str_double(text, &v) || !(v >= 0 && v < 1e16))
    return false;
  v = v >= 1e11 ? v / 1000 : v;
  return moment_of((int64_t)v, (int64_t)((v - floor(v)) * 1e9), ns);
}

/* "10/Oct/2000:13:55:36 -0700" */
static bool read_access_moment(pl_str s, int64_t *ns)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int64_t day, year, hour, minute, second, offset;
  if (!take_digits(&s, 2, &day) || !take_char(&s, "/") || s.len < 4)
    return false;
  char name[4] = {s.data[0], s.data[1], s.data[2], '\0'};
  const char *month = strstr(months, name);
  s = (pl_str){s.data + 3, s.len - 3};
  if (!month || (month - months) % 3 || !take_char(&s, "/") || !take_digits(&s, 4, &year) || !take_char(&s, ":") ||
      !take_digits(&s, 2, &hour) || !take_char(&s, ":") || !take_digits(&s, 2, &minute) || !take_char(&s, ":") ||
      !take_digits(&s, 2, &second) || !take_char(&s, " ") || !take_offset(&s, &offset) || s.len || !in_day(hour, minute, second))
    return false;
  int64_t number = (month - months) / 3 + 1;
  if (!in_month(year, number, day))
    return false;
  return moment_of(days_of(year, number, day) * 86400 + hour * 3600 + minute * 60 + second - offset, 0, ns);
}

/* ---- Lines ----------------------------------------------------------------------------------------- */

bool pl_trace_is_time(pl_str name)
{
  static const char *const names[] = {"timestamp", "@timestamp", "time", "ts", "date", "datetime"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (pl_str_ieq(name, pl_str_of(names[i])))
      return true;
  }
  return false;
}

/* Field number `column` of a line; quotes around a field are taken off. */
static pl_str csv_field(pl_str line, size_t column)
{
  pl_str field = {line.data, 0};
  for (size_t i = 0; i <= column && line.data; i++) {
    if (line.len && line.data[0] == '"') {
      const char *end = memchr(line.data + 1, '"', line.len - 1);
      field = (pl_str){line.data + 1, end ? (size_t)(end - line.data) - 1 : 0};
      line = end ? (pl_str){end + 1, line.len - field.len - 2} : (pl_str){NULL, 0};
      (void)pl_str_cut(&line, ',');
    } else {
      field = pl_str_cut(&line, ',');
    }
  }
  return field;
}

static size_t time_column(pl_str header)
{
  for (size_t i = 0; i < 256; i++) {
    pl_str name = csv_field(header, i);
    if (pl_trace_is_time(pl_str_trim(name)))
      return i;
  }
  return 0;
}

/* What a line of JSON says under a name of time. */
typedef struct member {
  bool wanted, found;
  int64_t ns;
} member;

static int on_member(void *user, const pl_json_event *e)
{
  member *m = user;
  char text[32];
  if (e->kind == PL_JSON_KEY) {
    m->wanted = e->depth == 1 && !m->found && pl_trace_is_time(e->string);
    return 0;
  }
  if (m->wanted && e->kind == PL_JSON_STRING)
    m->found = pl_trace_moment(e->string, &m->ns);
  else if (m->wanted && (e->kind == PL_JSON_INT || e->kind == PL_JSON_DOUBLE))
    m->found = pl_trace_moment((pl_str){text, pl_double_text(e->number, text)}, &m->ns);
  m->wanted = false;
  return 0;
}

static bool ndjson_moment(const pl_allocator *a, pl_str line, int64_t *ns)
{
  member m = {0};
  if (pl_json_parse(a, line, JSON_DEPTH, on_member, &m, NULL) || !m.found)
    return false;
  *ns = m.ns;
  return true;
}

static bool access_moment(pl_str line, int64_t *ns)
{
  const char *open = line.len ? memchr(line.data, '[', line.len) : NULL;
  const char *close = open ? memchr(open, ']', line.len - (size_t)(open - line.data)) : NULL;
  return close && read_access_moment((pl_str){open + 1, (size_t)(close - open) - 1}, ns);
}

static int read_lines(enum pl_trace_format format, pl_str text, pl_buf *out, pl_error *err)
{
  size_t column = 0;
  for (unsigned long number = 1; text.data; number++) {
    pl_str line = pl_str_trim(pl_str_cut(&text, '\n'));
    int64_t ns;
    if (line.len == 0)
      continue;
    if (format == PL_TRACE_CSV && number == 1) {
      column = time_column(line);
      if (!pl_trace_moment(csv_field(line, column), &ns))
        continue; /* a header */
    }
    bool good = format == PL_TRACE_CSV      ? pl_trace_moment(csv_field(line, column), &ns)
                : format == PL_TRACE_NDJSON ? ndjson_moment(out->alloc, line, &ns)
                                            : access_moment(line, &ns);
    if (!good)
      return pl_fail(err, PL_EPARSE, "line %lu has no time: %.*s", number, (int)(line.len < 120 ? line.len : 120), line.data);
    int code = pl_buf_add(out, &ns, sizeof ns);
    if (code)
      return pl_fail(err, code, "the trace is too long, or out of memory");
  }
  return PL_OK;
}

/* ---- HAR ------------------------------------------------------------------------------------------- */

typedef struct har {
  pl_buf *out;
  bool wanted;
  unsigned long entry;
} har;

static int on_har(void *user, const pl_json_event *e)
{
  har *h = user;
  int64_t ns;
  if (e->kind == PL_JSON_KEY) {
    h->wanted = e->depth == 4 && pl_str_eqc(e->string, "startedDateTime"); /* { log: { entries: [ { */
    return 0;
  }
  if (!h->wanted)
    return 0;
  h->wanted = false;
  h->entry++;
  if (e->kind != PL_JSON_STRING || !pl_trace_moment(e->string, &ns))
    return PL_EPARSE;
  return pl_buf_add(h->out, &ns, sizeof ns);
}

static int read_har(pl_str text, pl_buf *out, pl_error *err)
{
  har h = {.out = out};
  int code = pl_json_parse(out->alloc, text, JSON_DEPTH, on_har, &h, err);
  if (code == PL_EPARSE && !(err && err->code))
    return pl_fail(err, code, "entry %lu: startedDateTime is no time", h.entry);
  return code ? pl_fail(err, code, "the trace is too long, or out of memory") : PL_OK;
}

/* ---- Order ----------------------------------------------------------------------------------------- */

static int ascending(const void *a_, const void *b_)
{
  int64_t a, b;
  memcpy(&a, a_, sizeof a);
  memcpy(&b, b_, sizeof b);
  return a < b ? -1 : a > b;
}

/* Access logs count seconds: what shares one is spread evenly over it. */
static void spread(int64_t *times, size_t n)
{
  for (size_t i = 0, end; i < n; i = end) {
    int64_t second = times[i];
    for (end = i; end < n && times[end] == second; end++)
      ;
    for (size_t k = i; k < end; k++)
      times[k] = second + (int64_t)PL_S_NS * (int64_t)(k - i) / (int64_t)(end - i);
  }
}

enum pl_trace_format pl_trace_format_of(const char *path)
{
  const char *dot = strrchr(path, '.');
  pl_str end = pl_str_of(dot ? dot : "");
  if (pl_str_ieq(end, PL_STR(".csv")))
    return PL_TRACE_CSV;
  if (pl_str_ieq(end, PL_STR(".ndjson")) || pl_str_ieq(end, PL_STR(".jsonl")))
    return PL_TRACE_NDJSON;
  return pl_str_ieq(end, PL_STR(".har")) ? PL_TRACE_HAR : PL_TRACE_ACCESS;
}

int pl_trace_read(enum pl_trace_format format, pl_str text, pl_buf *out, size_t *n, pl_error *err)
{
  size_t before = out->len;
  int code = format == PL_TRACE_HAR ? read_har(text, out, err) : read_lines(format, text, out, err);
  if (code)
    return code;
  *n = (out->len - before) / sizeof(int64_t);
  if (*n == 0)
    return pl_fail(err, PL_EPARSE, "the trace is empty");
  union {
    char *bytes;
    int64_t *times;
  } at = {out->data + before};
  qsort(at.times, *n, sizeof *at.times, ascending);
  if (format == PL_TRACE_ACCESS)
    spread(at.times, *n);
  int64_t first = at.times[0];
  for (size_t i = 0; i < *n; i++)
    at.times[i] -= first;
  return PL_OK;
}

/* A table is a line of names and lines of as many words; an empty line ends it. */
#include "format/sysstat.h"

#include <stdio.h>
#include <string.h>

#include "format/trace.h"

enum { COLUMNS_MAX = 128, NAME_SIZE = 64, WORDS_MAX = COLUMNS_MAX + 3, DAY_S = 86400 };

/* A column of the table: a metric, or a label. */
typedef struct column {
  bool label;
  char name[NAME_SIZE];
} column;

struct pl_sysstat {
  const pl_allocator *alloc;
  enum pl_sysstat_program program;
  pl_text_events events;
  pl_lines lines;
  char instance[256];
  char date[16];      /* "2026-11-27" of sar */
  int64_t last_s, days; /* sar: second of the day of the row before; days since the date */
  bool has_time;
  int64_t time_ns;    /* of the report (iostat) or row */
  bool in_table;
  bool zoned;         /* vmstat: rows end with date and time */
  size_t n_columns;
  column columns[COLUMNS_MAX];
  size_t n_words;
  pl_str words[WORDS_MAX];
};

/* ---- Words ----------------------------------------------------------------------------------------- */

/* Splits the line at blanks; false: there are too many. */
static bool split(pl_sysstat *s, pl_str line)
{
  s->n_words = 0;
  for (size_t at = 0; at < line.len;) {
    size_t from = at;
    while (at < line.len && line.data[at] != ' ' && line.data[at] != '\t')
      at++;
    if (at > from && s->n_words == WORDS_MAX)
      return false;
    if (at > from)
      s->words[s->n_words++] = (pl_str){line.data + from, at - from};
    at += at < line.len;
  }
  return true;
}

static bool is_label(pl_str name)
{
  static const char *const names[] = {"CPU", "DEV", "IFACE", "INTR", "TTY", "FILESYSTEM", "MOUNTPOINT", "FCHOST", "Device", "Device:"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (pl_str_eqc(name, names[i]))
      return true;
  }
  return false;
}

/* "%usr" -> "sar_percent_usr", "rxpck/s" -> "sar_rxpck_per_second", "IFACE" -> "iface". */
static void name_column(column *c, const char *prefix, pl_str word)
{
  size_t n = 0;
  c->label = is_label(word);
  if (!c->label)
    n = (size_t)snprintf(c->name, sizeof c->name, "%s%s", prefix, word.len && word.data[0] == '%' ? "percent_" : "");
  bool per_second = word.len > 2 && word.data[word.len - 2] == '/' && word.data[word.len - 1] == 's';
  size_t end = per_second ? word.len - 2 : word.len;
  for (size_t i = 0; i < end && n + sizeof "_per_second" < sizeof c->name; i++) {
    char b = word.data[i];
    bool upper = b >= 'A' && b <= 'Z', fits = upper || (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9');
    if ((b == '%' && i == 0) || b == ':')
      continue;
    c->name[n++] = !fits ? '_' : c->label && upper ? (char)(b + 32) : b;
  }
  n += (size_t)snprintf(c->name + n, sizeof c->name - n, "%s", per_second ? "_per_second" : "");
  c->name[n] = '\0';
}

/* The words from `from` on are the table's columns. */
static int begin_table(pl_sysstat *s, size_t from, size_t to, const char *prefix)
{
  if (to - from > COLUMNS_MAX)
    return PL_REFUSED_TAGS;
  s->n_columns = to - from;
  for (size_t i = from; i < to; i++)
    name_column(&s->columns[i - from], prefix, s->words[i]);
  s->in_table = true;
  return PL_OK;
}

/* ---- Times ----------------------------------------------------------------------------------------- */

/* "11/27/26", "11/27/2026", "2026-11-27" as "2026-11-27". */
static bool read_date(pl_str s, char out[16])
{
  char text[16];
  unsigned month, day, year;
  if (s.len < 8 || s.len > 10)
    return false;
  (void)pl_copy(text, sizeof text, s);
  if (s.data[4] == '-') {
    (void)pl_copy(out, 16, s);
    return true;
  }
  if (sscanf(text, "%2u/%2u/%4u", &month, &day, &year) != 3)
    return false;
  (void)snprintf(out, 16, "%04u-%02u-%02u", (year < 100 ? year + 2000 : year) % 10000, month % 100, day % 100);
  return true;
}

/* "15:07:53" and, where there is one, the word AM or PM behind it: second of the day; *words that it took. -1: it is none. */
static int64_t second_of_day(const pl_sysstat *s, size_t at, size_t *words)
{
  char text[16];
  unsigned h, m, sec;
  char end;
  *words = 1;
  if (at >= s->n_words || s->words[at].len != 8)
    return -1;
  (void)pl_copy(text, sizeof text, s->words[at]);
  if (sscanf(text, "%2u:%2u:%2u%c", &h, &m, &sec, &end) != 3 || h > 23 || m > 59 || sec > 60)
    return -1;
  bool pm = at + 1 < s->n_words && pl_str_eqc(s->words[at + 1], "PM"), am = at + 1 < s->n_words && pl_str_eqc(s->words[at + 1], "AM");
  if (am || pm) {
    *words = 2;
    h = h % 12 + (pm ? 12 : 0);
  }
  return (int64_t)h * 3600 + m * 60 + sec;
}

/* A date and a second of the day as nanoseconds since 1970. */
static bool moment(const char *date, int64_t second, int64_t *ns)
{
  char text[32];
  int64_t begin;
  int n = snprintf(text, sizeof text, "%sT00:00:00Z", date);
  if (!pl_trace_moment((pl_str){text, (size_t)n}, &begin))
    return false;
  return !__builtin_add_overflow(begin, second * 1000000000, ns);
}

/* ---- Rows ------------------------------------------------------------------------------------------ */

/* The words from `from` on are a row. A row is told as a whole or not at all. */
static int read_row(pl_sysstat *s, size_t from, size_t to)
{
  pl_tag tags[PL_LINE_TAGS];
  pl_text_sample p = {.tags = tags, .has_time = s->has_time, .time_ns = s->time_ns, .line = s->lines.number};
  double v;
  if (to - from != s->n_columns)
    return PL_REFUSED_SYNTAX;
  if (s->instance[0])
    tags[p.n_tags++] = (pl_tag){PL_STR("instance"), pl_str_of(s->instance)};
  for (size_t i = 0; i < s->n_columns; i++) {
    if (s->columns[i].label && p.n_tags < PL_LINE_TAGS)
      tags[p.n_tags++] = (pl_tag){pl_str_of(s->columns[i].name), s->words[from + i]};
    else if (!pl_str_double(s->words[from + i], &v))
      return PL_REFUSED_VALUE;
  }
  int code = PL_OK;
  for (size_t i = 0; i < s->n_columns && !code; i++) {
    if (s->columns[i].label)
      continue;
    p.name = pl_str_of(s->columns[i].name);
    (void)pl_str_double(s->words[from + i], &p.value);
    code = s->events.point(s->events.user, &p);
  }
  return code;
}

/* "Linux 6.1.0 (web-1) 	11/27/26 	_x86_64_ (2 CPU)" */
static void read_head(pl_sysstat *s)
{
  for (size_t i = 1; i < s->n_words; i++) {
    pl_str w = s->words[i];
    if (i == 2 && w.len > 2 && w.data[0] == '(')
      (void)pl_copy(s->instance, sizeof s->instance, (pl_str){w.data + 1, w.len - 2});
    else if (i > 2 && read_date(w, s->date))
      break;
  }
  s->days = 0;
  s->last_s = 0;
}

static int read_sar(pl_sysstat *s)
{
  size_t words;
  int64_t second = second_of_day(s, 0, &words);
  if (pl_str_eqc(s->words[0], "Average:") || (s->n_words > words + 1 && pl_str_eqc(s->words[words], "LINUX") && pl_str_eqc(s->words[words + 1], "RESTART")))
    return PL_OK;
  if (second < 0)
    return PL_REFUSED_TIME;
  s->days += second < s->last_s - DAY_S / 2;
  s->last_s = second;
  if (!s->in_table)
    return begin_table(s, words, s->n_words, "sar_");
  s->has_time = moment(s->date, second + s->days * DAY_S, &s->time_ns);
  return s->has_time ? read_row(s, words, s->n_words) : PL_REFUSED_TIME;
}

/* The line of a report's time: "11/27/26 15:07:53", "2026-11-27T15:07:53+0000". */
static bool read_report_time(pl_sysstat *s)
{
  char date[16];
  size_t words;
  if (s->n_words == 1)
    return pl_trace_moment(s->words[0], &s->time_ns);
  int64_t second = second_of_day(s, 1, &words);
  return second >= 0 && s->n_words == 1 + words && read_date(s->words[0], date) && moment(date, second, &s->time_ns);
}

static int read_iostat(pl_sysstat *s)
{
  if (pl_str_eqc(s->words[0], "avg-cpu:"))
    return begin_table(s, 1, s->n_words, "iostat_cpu_");
  if (pl_str_starts(s->words[0], PL_STR("Device")))
    return begin_table(s, 0, s->n_words, "iostat_");
  if (s->in_table)
    return read_row(s, 0, s->n_words);
  bool found = read_report_time(s);
  s->has_time |= found;
  return found ? PL_OK : PL_REFUSED_SYNTAX;
}

static int read_vmstat(pl_sysstat *s)
{
  char date[16];
  size_t words;
  if (pl_str_eqc(s->words[0], "procs")) {
    s->zoned = s->n_words && s->words[s->n_words - 1].len > 9 && memmem(s->words[s->n_words - 1].data, s->words[s->n_words - 1].len, "timestamp", 9);
    s->in_table = false;
    return PL_OK;
  }
  if (pl_str_eqc(s->words[0], "r"))
    return begin_table(s, 0, s->n_words - s->zoned, "vmstat_");
  if (!s->in_table)
    return PL_REFUSED_SYNTAX;
  if (!s->zoned)
    return read_row(s, 0, s->n_words);
  if (s->n_words < 2)
    return PL_REFUSED_SYNTAX;
  int64_t second = second_of_day(s, s->n_words - 1, &words);
  s->has_time = second >= 0 && read_date(s->words[s->n_words - 2], date) && moment(date, second, &s->time_ns);
  return s->has_time ? read_row(s, 0, s->n_words - 2) : PL_REFUSED_TIME;
}

static int read_line(void *sysstat, pl_str line, uint64_t number)
{
  pl_sysstat *s = sysstat;
  static int (*const read[])(pl_sysstat *) = {[PL_SYSSTAT_SAR] = read_sar, [PL_SYSSTAT_IOSTAT] = read_iostat, [PL_SYSSTAT_VMSTAT] = read_vmstat};
  (void)number; /* s->lines has it */
  line = pl_str_trim(line);
  if (!pl_utf8_valid(line))
    return PL_REFUSED_ENCODING;
  if (!split(s, line))
    return PL_REFUSED_TAGS;
  if (s->n_words == 0) {
    s->in_table &= s->program == PL_SYSSTAT_VMSTAT;
    return PL_OK;
  }
  if (pl_str_eqc(s->words[0], "Linux") && s->program != PL_SYSSTAT_VMSTAT) {
    read_head(s);
    return PL_OK;
  }
  return read[s->program](s);
}

int pl_sysstat_read(pl_sysstat *s, pl_str *text, bool last)
{
  return pl_lines_read(&s->lines, text, last, &(pl_line_reader){read_line, s, s->events.refused, s->events.user});
}

int pl_sysstat_new(const pl_allocator *a, enum pl_sysstat_program program, const pl_text_events *events, pl_sysstat **out)
{
  pl_sysstat *s = pl_alloc_zero(a, 1, sizeof *s);
  if (!s)
    return PL_ENOMEM;
  s->alloc = a;
  s->program = program;
  s->events = *events;
  *out = s;
  return PL_OK;
}

void pl_sysstat_free(pl_sysstat *s)
{
  if (s)
    pl_free(s->alloc, s, sizeof *s);
}

/* Prometheus text and OpenMetrics: a pass over each line by a cursor; a family is what the metadata said last. */
#include "format/prometheus_text.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"

enum { FAMILIES_MAX = 1 << 20, EXEMPLAR_CHARACTERS = 128 };

/* The steps of a line give 0, a refusal, or a negative code. */

/* What the name of a sample has behind its family's. */
enum suffix {
  NONE = 1 << 0, TOTAL = 1 << 1, CREATED = 1 << 2, BUCKET = 1 << 3, COUNT = 1 << 4, SUM = 1 << 5, GCOUNT = 1 << 6, GSUM = 1 << 7, INFO = 1 << 8
};

/* Metadata that was said of a family. */
enum said { SAID_TYPE = 1, SAID_UNIT = 2, SAID_HELP = 4 };

struct pl_prometheus {
  const pl_allocator *alloc;
  enum pl_prometheus_dialect dialect;
  pl_prometheus_events events;
  pl_lines lines;
  bool ended;                  /* "# EOF" was there */
  bool begun;                  /* there is a family */
  bool has_samples;            /* of the family */
  unsigned said;               /* of the family */
  pl_prometheus_family family; /* in the three buffers */
  pl_buf name, unit, help;
  pl_buf last_name;            /* of the sample before, of this family; empty: none */
  unsigned last_suffix;
  pl_intern *seen;             /* families of OpenMetrics */
  char *scratch;               /* PL_LINE_MAX bytes: unescaped label values of the line */
  size_t scratched;
  pl_exemplar exemplar;
  pl_tag labels[PL_LINE_TAGS], exemplar_labels[PL_LINE_TAGS];
};

typedef struct cursor {
  const char *p, *end;
} cursor;

/* ---- Types ----------------------------------------------------------------------------------------- */

#define TYPE_NAME(symbol, name) name,
static const char *const type_names[] = {PL_PROMETHEUS_TYPE_MAP(TYPE_NAME)};

const char *pl_prometheus_type_name(enum pl_prometheus_dialect d, enum pl_prometheus_type t)
{
  return t == PL_PROMETHEUS_UNKNOWN && d == PL_PROMETHEUS_TEXT ? "untyped" : type_names[t];
}

int pl_prometheus_type_of(enum pl_prometheus_dialect d, pl_str name)
{
  int n = d == PL_PROMETHEUS_TEXT ? PL_PROMETHEUS_SUMMARY + 1 : PL_PROMETHEUS_TYPES;
  for (int t = 0; t < n; t++) {
    if (pl_str_eqc(name, pl_prometheus_type_name(d, (enum pl_prometheus_type)t)))
      return t;
  }
  return -1;
}

bool pl_prometheus_counts(const pl_prometheus_sample *s)
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

/* The suffixes that samples of a type have. */
static unsigned suffixes_of(enum pl_prometheus_dialect d, enum pl_prometheus_type t)
{
  static const unsigned text[PL_PROMETHEUS_TYPES] = {
      [PL_PROMETHEUS_UNKNOWN] = NONE, [PL_PROMETHEUS_COUNTER] = NONE, [PL_PROMETHEUS_GAUGE] = NONE,
      [PL_PROMETHEUS_HISTOGRAM] = BUCKET | COUNT | SUM, [PL_PROMETHEUS_SUMMARY] = NONE | COUNT | SUM};
  static const unsigned open[PL_PROMETHEUS_TYPES] = {
      [PL_PROMETHEUS_UNKNOWN] = NONE, [PL_PROMETHEUS_COUNTER] = TOTAL | CREATED, [PL_PROMETHEUS_GAUGE] = NONE,
      [PL_PROMETHEUS_HISTOGRAM] = BUCKET | COUNT | SUM | CREATED, [PL_PROMETHEUS_SUMMARY] = NONE | COUNT | SUM | CREATED,
      [PL_PROMETHEUS_GAUGE_HISTOGRAM] = BUCKET | GCOUNT | GSUM, [PL_PROMETHEUS_INFO] = INFO, [PL_PROMETHEUS_STATE_SET] = NONE};
  return d == PL_PROMETHEUS_TEXT ? text[t] : open[t];
}

/* The suffix that a text is; 0: none. */
static unsigned suffix_of(pl_str s)
{
  static const char *const texts[] = {"", "_total", "_created", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_info"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (pl_str_eqc(s, texts[i]))
      return 1u << i;
  }
  return 0;
}

/* ---- Tokens ---------------------------------------------------------------------------------------- */

static bool is_name_byte(char c_)
{
  static const uint64_t set[4] = {UINT64_C(0x07ff000000000000), UINT64_C(0x07fffffe87fffffe)}; /* [0-9:], [A-Z_a-z] */
  unsigned char c = (unsigned char)c_;
  return set[c >> 6] >> (c & 63) & 1;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Takes [a-zA-Z_:][a-zA-Z0-9_:]*; empty: there is none. */
static pl_str take_name(cursor *c)
{
  pl_str name = {c->p, 0};
  if (c->p < c->end && is_digit(*c->p))
    return name;
  while (c->p < c->end && is_name_byte(*c->p))
    c->p++;
  name.len = (size_t)(c->p - name.data);
  return name;
}

static bool take_char(cursor *c, char wanted)
{
  if (c->p == c->end || *c->p != wanted)
    return false;
  c->p++;
  return true;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

/* Text format has any number of blanks between tokens, OpenMetrics none but the one between the parts of a line. */
static void skip_blanks(const pl_prometheus *p, cursor *c)
{
  while (p->dialect == PL_PROMETHEUS_TEXT && c->p < c->end && is_blank(*c->p))
    c->p++;
}

static bool take_blank(const pl_prometheus *p, cursor *c)
{
  if (p->dialect == PL_PROMETHEUS_OPENMETRICS)
    return take_char(c, ' ');
  const char *from = c->p;
  skip_blanks(p, c);
  return c->p > from;
}

/* What is before the next blank. */
static pl_str take_word(cursor *c)
{
  pl_str word = {c->p, 0};
  while (c->p < c->end && !is_blank(*c->p))
    c->p++;
  word.len = (size_t)(c->p - word.data);
  return word;
}

/* Milliseconds in text format, seconds in OpenMetrics. */
static bool read_time(const pl_prometheus *p, pl_str s, int64_t *ns)
{
  return p->dialect == PL_PROMETHEUS_TEXT ? pl_whole_ns(s, 1000000, ns) : pl_seconds_ns(s, ns);
}

/* What the character behind a backslash stands for; 0: both stand for themselves. */
static char escaped(char c)
{
  return c == 'n' ? '\n' : c == '\\' || c == '"' ? c : '\0';
}

/* Takes the rest of a label value that has escapes, of which what is between from and the cursor has none. */
static bool take_escaped(pl_prometheus *p, cursor *c, const char *from, pl_str *value)
{
  char *out = p->scratch + p->scratched, *at = out;
  memcpy(out, from, (size_t)(c->p - from));
  at += c->p - from;
  for (; c->p < c->end && *c->p != '"'; c->p++) {
    char meant = *c->p == '\\' && c->p + 1 < c->end ? escaped(c->p[1]) : '\0';
    *at++ = meant ? meant : *c->p;
    c->p += meant != '\0';
  }
  *value = (pl_str){out, (size_t)(at - out)};
  p->scratched += value->len;
  return take_char(c, '"');
}

static bool take_quoted(pl_prometheus *p, cursor *c, pl_str *value)
{
  if (!take_char(c, '"'))
    return false;
  const char *from = c->p;
  while (c->p < c->end && *c->p != '"' && *c->p != '\\')
    c->p++;
  if (c->p < c->end && *c->p == '\\')
    return take_escaped(p, c, from, value);
  *value = (pl_str){from, (size_t)(c->p - from)};
  return take_char(c, '"');
}

/* ---- Labels ---------------------------------------------------------------------------------------- */

static int take_label(pl_prometheus *p, cursor *c, pl_tag *tags, size_t n)
{
  if (n == PL_LINE_TAGS)
    return PL_REFUSED_TAGS;
  pl_tag *tag = &tags[n];
  tag->name = take_name(c);
  if (!tag->name.len || memchr(tag->name.data, ':', tag->name.len) || pl_str_eq(tag->name, PL_STR("__name__")))
    return PL_REFUSED_TAG;
  skip_blanks(p, c);
  if (!take_char(c, '='))
    return PL_REFUSED_TAG;
  skip_blanks(p, c);
  if (!take_quoted(p, c, &tag->value))
    return PL_REFUSED_TAG;
  if (pl_tags_have(tags, n, tag->name))
    return PL_REFUSED_TWICE;
  skip_blanks(p, c);
  return PL_OK;
}

/* Takes what stands behind "{". Text format allows a comma before the end. */
static int take_labels(pl_prometheus *p, cursor *c, pl_tag *tags, size_t *n)
{
  *n = 0;
  skip_blanks(p, c);
  if (take_char(c, '}'))
    return PL_OK;
  for (;;) {
    int code = take_label(p, c, tags, *n);
    if (code)
      return code;
    ++*n;
    bool more = take_char(c, ',');
    skip_blanks(p, c);
    bool end = (!more || p->dialect == PL_PROMETHEUS_TEXT) && take_char(c, '}');
    if (end || !more)
      return end ? PL_OK : PL_REFUSED_TAG;
  }
}

static const pl_tag *find_label(const pl_prometheus_sample *s, const char *name)
{
  for (size_t i = 0; i < s->n_labels; i++) {
    if (pl_str_eqc(s->labels[i].name, name))
      return &s->labels[i];
  }
  return NULL;
}

/* ---- Families -------------------------------------------------------------------------------------- */

static int keep(pl_buf *b, pl_str text, pl_str *kept)
{
  pl_buf_clear(b);
  int code = pl_buf_add(b, text.data, text.len);
  *kept = (pl_str){b->data, b->len};
  return code;
}

/* Begins the family of that name. */
static int begin_family(pl_prometheus *p, pl_str name)
{
  if (p->dialect == PL_PROMETHEUS_OPENMETRICS) {
    if (pl_intern_find(p->seen, name) >= 0)
      return p->begun && pl_str_eq(name, p->family.name) ? PL_REFUSED_TYPE : PL_REFUSED_ORDER;
    int64_t id = pl_intern_id(p->seen, name);
    if (id < 0)
      return (int)id;
  }
  p->family = (pl_prometheus_family){.type = PL_PROMETHEUS_UNKNOWN};
  p->begun = true;
  p->has_samples = false;
  p->said = 0;
  pl_buf_clear(&p->last_name);
  return keep(&p->name, name, &p->family.name);
}

/* The family of a sample's name: the present one, or a new one of which nothing was said. */
static int find_family(pl_prometheus *p, pl_str name, unsigned *suffix)
{
  if (p->last_name.len && pl_str_eq(name, (pl_str){p->last_name.data, p->last_name.len})) {
    *suffix = p->last_suffix;
    return PL_OK;
  }
  *suffix = 0;
  if (p->begun && pl_str_starts(name, p->family.name))
    *suffix = suffix_of((pl_str){name.data + p->family.name.len, name.len - p->family.name.len}) & suffixes_of(p->dialect, p->family.type);
  if (!*suffix) {
    int code = begin_family(p, name);
    if (code)
      return code;
    *suffix = NONE;
  }
  pl_str kept;
  p->last_suffix = *suffix;
  return keep(&p->last_name, name, &kept);
}

/* Text of HELP, unescaped. */
static int keep_help(pl_prometheus *p, pl_str text)
{
  pl_buf_clear(&p->help);
  for (size_t i = 0; i < text.len; i++) {
    char meant = text.data[i] == '\\' && i + 1 < text.len ? escaped(text.data[i + 1]) : '\0';
    if (meant == '"' && p->dialect == PL_PROMETHEUS_TEXT)
      meant = '\0';
    (void)pl_buf_addc(&p->help, meant ? meant : text.data[i]);
    i += meant != '\0';
  }
  p->family.help = (pl_str){p->help.data, p->help.len};
  return p->help.bad;
}

/* A unit is the end of its family's name: http_latency_seconds. */
static int keep_unit(pl_prometheus *p, pl_str unit)
{
  const pl_str name = p->family.name;
  if (unit.len) {
    if (name.len == unit.len || !pl_str_ends(name, unit) || name.data[name.len - unit.len - 1] != '_' || p->family.type == PL_PROMETHEUS_INFO || p->family.type == PL_PROMETHEUS_STATE_SET)
      return PL_REFUSED_TYPE;
  }
  return keep(&p->unit, unit, &p->family.unit);
}

static int keep_type(pl_prometheus *p, pl_str word)
{
  int type = pl_prometheus_type_of(p->dialect, word);
  if (type < 0 || ((type == PL_PROMETHEUS_INFO || type == PL_PROMETHEUS_STATE_SET) && p->family.unit.len))
    return PL_REFUSED_TYPE;
  p->family.type = (enum pl_prometheus_type)type;
  return PL_OK;
}

/* One of HELP, TYPE, UNIT; the cursor is behind the word. */
static int parse_metadata(pl_prometheus *p, cursor *c, enum said what)
{
  if (!take_blank(p, c))
    return PL_REFUSED_SYNTAX;
  pl_str name = take_name(c);
  if (!name.len || (c->p < c->end && !is_blank(*c->p)))
    return PL_REFUSED_NAME;
  bool separated = take_blank(p, c);
  if (!separated && (p->dialect == PL_PROMETHEUS_OPENMETRICS || what == SAID_TYPE))
    return PL_REFUSED_SYNTAX;
  if (!p->begun || !pl_str_eq(name, p->family.name)) {
    int code = begin_family(p, name);
    if (code)
      return code;
  }
  if (p->said & what)
    return PL_REFUSED_TWICE;
  if (p->has_samples && (what != SAID_HELP || p->dialect == PL_PROMETHEUS_OPENMETRICS))
    return PL_REFUSED_ORDER;
  p->said |= what;
  pl_str rest = {c->p, (size_t)(c->end - c->p)};
  if (p->dialect == PL_PROMETHEUS_TEXT && what == SAID_TYPE)
    rest = pl_str_trim(rest);
  return what == SAID_HELP ? keep_help(p, rest) : what == SAID_UNIT ? keep_unit(p, rest) : keep_type(p, rest);
}

/* A line that begins with "#". */
static int parse_comment(pl_prometheus *p, cursor *c)
{
  bool open = p->dialect == PL_PROMETHEUS_OPENMETRICS, separated = take_blank(p, c);
  pl_str word = take_word(c);
  if (open && !separated)
    return PL_REFUSED_SYNTAX;
  if (open && pl_str_eqc(word, "EOF") && c->p == c->end) {
    p->ended = true;
    return PL_OK;
  }
  enum said what = pl_str_eqc(word, "HELP") ? SAID_HELP : pl_str_eqc(word, "TYPE") ? SAID_TYPE : open && pl_str_eqc(word, "UNIT") ? SAID_UNIT : 0;
  if (!what)
    return open ? PL_REFUSED_SYNTAX : PL_OK;
  return parse_metadata(p, c, what);
}

/* ---- Samples --------------------------------------------------------------------------------------- */

/* A number that a label gives: a quantile, the end of a bucket. */
static bool label_number(const pl_prometheus_sample *s, const char *name, double *v)
{
  const pl_tag *tag = find_label(s, name);
  return tag && pl_number_read(tag->value, v) && !isnan(*v);
}

static bool is_whole(double v)
{
  return v >= 0 && (v == floor(v) || isinf(v));
}

/* A state of a set has a label of the set's name, and is on or off. */
static int check_state(const pl_prometheus_sample *s)
{
  if (s->value != 0 && s->value != 1)
    return PL_REFUSED_VALUE;
  return pl_tags_have(s->labels, s->n_labels, s->family->name) ? PL_OK : PL_REFUSED_TAG;
}

static int check_quantile(const pl_prometheus_sample *s)
{
  double v;
  if (!label_number(s, "quantile", &v) || !(v >= 0 && v <= 1))
    return PL_REFUSED_TAG;
  return s->value < 0 ? PL_REFUSED_VALUE : PL_OK;
}

/* What OpenMetrics asks of the values and labels of a type. */
static int check_sample(const pl_prometheus_sample *s, unsigned suffix)
{
  double v;
  enum pl_prometheus_type type = s->family->type;
  switch (suffix) {
  case TOTAL:
    return s->value >= 0 ? PL_OK : PL_REFUSED_VALUE;
  case BUCKET:
    return !label_number(s, "le", &v) ? PL_REFUSED_TAG : is_whole(s->value) ? PL_OK : PL_REFUSED_VALUE;
  case COUNT:
  case GCOUNT:
    return is_whole(s->value) ? PL_OK : PL_REFUSED_VALUE;
  case SUM:
  case GSUM:
    return isnan(s->value) ? PL_REFUSED_VALUE : PL_OK;
  case INFO:
    return s->value == 1 ? PL_OK : PL_REFUSED_VALUE;
  default:
    return suffix != NONE ? PL_OK : type == PL_PROMETHEUS_STATE_SET ? check_state(s) : type == PL_PROMETHEUS_SUMMARY ? check_quantile(s) : PL_OK;
  }
}

static size_t characters(pl_str s)
{
  size_t n = 0;
  for (size_t i = 0; i < s.len; i++)
    n += ((unsigned char)s.data[i] & 0xc0) != 0x80;
  return n;
}

/* Takes "# {trace_id="x"} 0.5 1500000000.5". */
static int take_exemplar(pl_prometheus *p, cursor *c)
{
  pl_exemplar *e = &p->exemplar;
  size_t length = 0;
  *e = (pl_exemplar){.tags = p->exemplar_labels};
  if (!take_char(c, '#') || !take_char(c, ' ') || !take_char(c, '{') || take_labels(p, c, p->exemplar_labels, &e->n_tags) || !take_char(c, ' '))
    return PL_REFUSED_EXEMPLAR;
  for (size_t i = 0; i < e->n_tags; i++)
    length += characters(e->tags[i].name) + characters(e->tags[i].value);
  if (length > EXEMPLAR_CHARACTERS || !pl_number_read(take_word(c), &e->value))
    return PL_REFUSED_EXEMPLAR;
  if ((take_char(c, ' ') && !pl_seconds_ns(take_word(c), &e->time_ns)) || c->p != c->end)
    return PL_REFUSED_EXEMPLAR;
  pl_exemplar_find_ids(e);
  return PL_OK;
}

/* What stands behind the value: a timestamp, an exemplar. */
static int take_rest(pl_prometheus *p, cursor *c, pl_prometheus_sample *s)
{
  bool open = p->dialect == PL_PROMETHEUS_OPENMETRICS, more = take_blank(p, c);
  if (more && c->p < c->end && *c->p != '#') {
    s->has_time = true;
    if (!read_time(p, take_word(c), &s->time_ns))
      return PL_REFUSED_TIME;
    more = take_blank(p, c);
  }
  if (c->p == c->end)
    return more && open ? PL_REFUSED_SYNTAX : PL_OK;
  if (!open || !more)
    return PL_REFUSED_SYNTAX;
  s->exemplar = &p->exemplar;
  return take_exemplar(p, c);
}

static int parse_sample(pl_prometheus *p, cursor *c)
{
  pl_prometheus_sample s = {.family = &p->family, .labels = p->labels, .line = p->lines.number};
  unsigned suffix;
  int code;
  s.name = take_name(c);
  if (!s.name.len)
    return PL_REFUSED_NAME;
  const char *end = c->p;
  skip_blanks(p, c);
  bool braces = take_char(c, '{');
  if (braces) {
    if ((code = take_labels(p, c, p->labels, &s.n_labels)))
      return code;
    end = c->p;
  } else {
    c->p = end;
  }
  s.series = (pl_str){s.name.data, (size_t)(end - s.name.data)};
  bool separated = take_blank(p, c) || (braces && p->dialect == PL_PROMETHEUS_TEXT);
  if (!separated || !pl_number_read(take_word(c), &s.value))
    return PL_REFUSED_VALUE;
  if ((code = take_rest(p, c, &s)) || (code = find_family(p, s.name, &suffix)))
    return code;
  p->has_samples = true;
  if (p->dialect == PL_PROMETHEUS_OPENMETRICS) {
    if ((code = check_sample(&s, suffix)))
      return code;
    if (s.exemplar && suffix != TOTAL && suffix != BUCKET)
      return PL_REFUSED_EXEMPLAR;
  }
  return p->events.sample(p->events.user, &s);
}

/* ---- Lines ----------------------------------------------------------------------------------------- */

static int parse_line(void *prometheus, pl_str line, uint64_t number)
{
  pl_prometheus *p = prometheus;
  cursor c = {line.data, line.data + line.len};
  (void)number; /* p->lines has it */
  p->scratched = 0;
  if (p->ended)
    return PL_REFUSED_ORDER;
  if (!pl_utf8_valid(line))
    return PL_REFUSED_ENCODING;
  skip_blanks(p, &c);
  if (c.p == c.end)
    return p->dialect == PL_PROMETHEUS_TEXT ? PL_OK : PL_REFUSED_SYNTAX;
  return take_char(&c, '#') ? parse_comment(p, &c) : parse_sample(p, &c);
}

int pl_prometheus_read(pl_prometheus *p, pl_str *text, bool last)
{
  int code = pl_lines_read(&p->lines, text, last, &(pl_line_reader){parse_line, p, p->events.refused, p->events.user});
  if (!code && last && p->dialect == PL_PROMETHEUS_OPENMETRICS && !p->ended)
    code = p->events.refused(p->events.user, &(pl_refused){.line = p->lines.number, .reason = PL_REFUSED_END});
  return code;
}

int pl_prometheus_new(const pl_allocator *a, enum pl_prometheus_dialect dialect, const pl_prometheus_events *events, pl_prometheus **out)
{
  pl_prometheus *p = pl_alloc_zero(a, 1, sizeof *p);
  if (!p)
    return PL_ENOMEM;
  p->alloc = a;
  p->dialect = dialect;
  p->events = *events;
  pl_buf *bufs[] = {&p->name, &p->unit, &p->help, &p->last_name};
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
    pl_buf_init(bufs[i], a, PL_LINE_MAX);
  p->scratch = pl_alloc(a, PL_LINE_MAX);
  p->seen = pl_intern_new(a, FAMILIES_MAX);
  if (!p->scratch || !p->seen) {
    pl_prometheus_free(p);
    return PL_ENOMEM;
  }
  *out = p;
  return PL_OK;
}

void pl_prometheus_free(pl_prometheus *p)
{
  if (!p)
    return;
  pl_buf *bufs[] = {&p->name, &p->unit, &p->help, &p->last_name};
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
    pl_buf_fini(bufs[i]);
  pl_intern_free(p->seen);
  pl_free(p->alloc, p->scratch, PL_LINE_MAX);
  pl_free(p->alloc, p, sizeof *p);
}

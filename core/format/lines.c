/* Lines, refusals, tags, numbers and times of line formats. */
#include "format/lines.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

int pl_lines_next(pl_lines *l, pl_str *text, bool last, pl_str *line)
{
  while (text->len) {
    const char *end = memchr(text->data, '\n', text->len);
    size_t len = end ? (size_t)(end - text->data) : text->len;
    bool too_long = len > PL_LINE_MAX, whole = end || last, begun = l->skipping;
    if (!whole && !too_long && !begun)
      return 0;
    *line = (pl_str){text->data, len};
    *text = end ? (pl_str){end + 1, text->len - len - 1} : (pl_str){text->data + len, 0};
    l->skipping = !whole;
    if (begun)
      continue;
    l->number++;
    return too_long ? PL_ELIMIT : 1;
  }
  return 0;
}

int pl_lines_read(pl_lines *l, pl_str *text, bool last, const pl_line_reader *to)
{
  pl_str line;
  for (int found; (found = pl_lines_next(l, text, last, &line)) != 0;) {
    int code = found < 0 ? PL_REFUSED_LENGTH : to->line(to->reader, line, l->number);
    if (code > 0)
      code = to->refused(to->user, &(pl_refused){l->number, (enum pl_refusal)code, line});
    if (code)
      return code;
  }
  return PL_OK;
}

#define NAME(symbol, name, text) name,
#define TEXT(symbol, name, text) text,

const char *pl_refusal_name(enum pl_refusal r)
{
  static const char *const names[] = {"", PL_REFUSAL_MAP(NAME)};
  return names[r];
}

const char *pl_refusal_text(enum pl_refusal r)
{
  static const char *const texts[] = {"", PL_REFUSAL_MAP(TEXT)};
  return texts[r];
}

bool pl_tags_have(const pl_tag *tags, size_t n, pl_str name)
{
  for (size_t i = 0; i < n; i++) {
    if (pl_str_eq(tags[i].name, name))
      return true;
  }
  return false;
}

int pl_tags_add(pl_tag *tags, size_t *n, pl_tag tag)
{
  if (!tag.name.len)
    return PL_REFUSED_TAG;
  if (pl_tags_have(tags, *n, tag.name))
    return PL_REFUSED_TWICE;
  if (*n == PL_LINE_TAGS)
    return PL_REFUSED_TAGS;
  tags[(*n)++] = tag;
  return PL_OK;
}

/* NaN has no sign. */
static bool special_number(pl_str s, double *v)
{
  if (pl_str_ieq(s, PL_STR("nan"))) {
    *v = NAN;
    return true;
  }
  bool negative = s.len && s.data[0] == '-';
  if (s.len && (s.data[0] == '-' || s.data[0] == '+'))
    s = (pl_str){s.data + 1, s.len - 1};
  if (!pl_str_ieq(s, PL_STR("inf")) && !pl_str_ieq(s, PL_STR("infinity")))
    return false;
  *v = negative ? -HUGE_VAL : HUGE_VAL;
  return true;
}

bool pl_number_read(pl_str s, double *v)
{
  return pl_str_double(s, v) || special_number(s, v);
}

static pl_str take_sign(pl_str s, bool *negative)
{
  *negative = s.len && s.data[0] == '-';
  return s.len && (s.data[0] == '-' || s.data[0] == '+') ? (pl_str){s.data + 1, s.len - 1} : s;
}

/* The digits of a fraction as nanoseconds. */
static bool fraction_ns(pl_str digits, uint64_t *ns)
{
  uint64_t unit = PL_S_NS / 10;
  *ns = 0;
  for (size_t i = 0; i < digits.len; i++) {
    unsigned digit = (unsigned)(unsigned char)digits.data[i] - '0';
    if (digit > 9)
      return false;
    *ns += digit * unit;
    unit /= 10;
  }
  return true;
}

static bool rounded_ns(pl_str s, int64_t *ns)
{
  double v;
  if (!pl_str_double(s, &v) || !(fabs(v) < (double)INT64_MAX / (double)PL_S_NS))
    return false;
  *ns = (int64_t)(v * (double)PL_S_NS);
  return true;
}

bool pl_seconds_ns(pl_str s, int64_t *ns)
{
  bool negative;
  uint64_t whole = 0, part;
  pl_str fraction = take_sign(s, &negative), seconds = pl_str_cut(&fraction, '.');
  if ((seconds.len && !pl_str_u64(seconds, &whole)) || (!seconds.len && !fraction.len) || !fraction_ns(fraction, &part))
    return rounded_ns(s, ns);
  if (whole >= (uint64_t)INT64_MAX / PL_S_NS)
    return false;
  int64_t v = (int64_t)(whole * PL_S_NS + part);
  *ns = negative ? -v : v;
  return true;
}

bool pl_whole_ns(pl_str s, int64_t unit_ns, int64_t *ns)
{
  bool negative;
  uint64_t n;
  if (!pl_str_u64(take_sign(s, &negative), &n) || n > (uint64_t)(INT64_MAX / unit_ns))
    return false;
  int64_t v = (int64_t)n * unit_ns;
  *ns = negative ? -v : v;
  return true;
}

/* See promql_lexer.h. A line of at most 72 bytes around the mistake is shown. */
#include "query/promql_lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "query/lexer.h"

enum { SHOWN = 72 };

int pl_words_fail(pl_str text, size_t at, int code, pl_error *err, const char *format, ...)
{
  char what[320], line[SHOWN + 1];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(what, sizeof what, format, args);
  va_end(args);
  size_t from = at > SHOWN / 2 && text.len > SHOWN ? at - SHOWN / 2 : 0, n = text.len - from < SHOWN ? text.len - from : SHOWN;
  for (size_t i = 0; i < n; i++)
    line[i] = (unsigned char)text.data[from + i] < ' ' ? ' ' : text.data[from + i];
  line[n] = 0;
  return pl_fail(err, code, "column %zu: %s\n  %s\n  %*s^", at + 1, what, line, (int)(at - from), "");
}

static int fail(const pl_words *w, const char *why)
{
  return PL_WORDS_FAIL(w, "%s", why);
}

static pl_str rest_of(const pl_words *w)
{
  return (pl_str){w->text.data + w->at, w->text.len - w->at};
}

static void skip_space(pl_words *w)
{
  while (w->at < w->text.len) {
    char c = w->text.data[w->at];
    if (c == '#') {
      while (w->at < w->text.len && w->text.data[w->at] != '\n')
        w->at++;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      w->at++;
    } else {
      break;
    }
  }
}

/* ---- Numbers and durations -------------------------------------------------------------------- */

/* Units in the order in which a duration may have them. */
static const struct {
  const char *name;
  double seconds;
} units[] = {{"y", 31536000}, {"w", 604800}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 0.001}};
enum { UNITS = sizeof units / sizeof *units };

/* Whether a word that ends at `at` is not over: a colon ends it, as in [5m:1m]. */
static bool goes_on(pl_str s, size_t at)
{
  return at < s.len && s.data[at] != ':' && (pl_begins_name(s.data[at]) || pl_is_digit(s.data[at]));
}

/* Bytes of a duration at the beginning of s, its seconds in *out; 0: it is none. */
static size_t duration_length(pl_str s, double *out)
{
  double milliseconds = 0;
  size_t at = 0, next = 0;
  while (at < s.len && pl_is_digit(s.data[at])) {
    size_t digits = at, unit = UNITS;
    double number = 0;
    while (digits < s.len && pl_is_digit(s.data[digits]))
      number = number * 10 + (s.data[digits++] - '0');
    for (size_t i = next; i < UNITS; i++) {
      size_t n = strlen(units[i].name);
      if (pl_str_starts((pl_str){s.data + digits, s.len - digits}, pl_str_of(units[i].name)) && (unit == UNITS || n > 1))
        unit = i;
    }
    if (unit == UNITS)
      return 0;
    milliseconds += number * units[unit].seconds * 1000;
    at = digits + strlen(units[unit].name);
    next = unit + 1;
  }
  *out = milliseconds / 1000;
  return goes_on(s, at) ? 0 : at;
}

static size_t number_length(pl_str s)
{
  size_t n = 0;
  if (s.len > 2 && s.data[0] == '0' && (s.data[1] | 0x20) == 'x') {
    for (n = 2; n < s.len && pl_hex_digit(s.data[n]) >= 0; n++) {
    }
    return n;
  }
  while (n < s.len && (pl_is_digit(s.data[n]) || s.data[n] == '.'))
    n++;
  if (n < s.len && (s.data[n] | 0x20) == 'e') {
    size_t sign = n + 1 < s.len && (s.data[n + 1] == '+' || s.data[n + 1] == '-');
    if (n + 1 + sign < s.len && pl_is_digit(s.data[n + 1 + sign])) {
      for (n += 2 + sign; n < s.len && pl_is_digit(s.data[n]); n++) {
      }
    }
  }
  return n;
}

/* What number_length has found: decimal, or hexadecimal and whole. */
static bool read_number(pl_str s, double *out)
{
  if (s.len < 2 || (s.data[1] | 0x20) != 'x')
    return pl_str_double(s, out);
  *out = 0;
  for (size_t i = 2; i < s.len; i++)
    *out = *out * 16 + pl_hex_digit(s.data[i]);
  return s.len > 2;
}

static int read_quantity(pl_words *w)
{
  pl_str rest = rest_of(w);
  size_t n = duration_length(rest, &w->word.value);
  w->word.kind = PL_WORD_DURATION;
  if (n == 0) {
    n = number_length(rest);
    w->word.kind = PL_WORD_NUMBER;
    if (goes_on(rest, n))
      return fail(w, "neither a number nor a duration such as 5m or 1h30m (y w d h m s ms, in that order)");
    if (!read_number((pl_str){rest.data, n}, &w->word.value))
      return fail(w, "this is no number");
  }
  w->word.text = (pl_str){rest.data, n};
  w->at += n;
  return PL_OK;
}

/* ---- Strings ---------------------------------------------------------------------------------- */

static size_t put_utf8(uint32_t rune, char *out)
{
  if (rune < 0x80) {
    out[0] = (char)rune;
    return 1;
  }
  size_t n = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
  for (size_t i = n; i-- > 1; rune >>= 6)
    out[i] = (char)(0x80 | (rune & 0x3f));
  out[0] = (char)((0xf00 >> n) | rune);
  return n;
}

/* Digits of an escape of `n` digits to a base behind *at. */
static bool read_digits(pl_str s, size_t *at, size_t n, unsigned base, uint32_t *out)
{
  *out = 0;
  for (size_t i = 0; i < n; i++, (*at)++) {
    int digit = *at < s.len ? pl_hex_digit(s.data[*at]) : -1;
    if (digit < 0 || (unsigned)digit >= base)
      return false;
    *out = *out * base + (unsigned)digit;
  }
  return true;
}

/* Reads the escape behind a backslash at *at; the number of bytes that it stands for, 0: it is none. */
static size_t read_escape(pl_str s, size_t *at, char *out)
{
  static const char plain[] = "abfnrtv\\'\"", stands[] = "\a\b\f\n\r\t\v\\'\"";
  if (*at >= s.len)
    return 0;
  char c = s.data[*at];
  const char *found = c ? strchr(plain, c) : NULL;
  uint32_t rune;
  if (found) {
    (*at)++;
    *out = stands[found - plain];
    return 1;
  }
  bool octal = c >= '0' && c <= '7';
  *at += !octal;
  if (!(octal ? read_digits(s, at, 3, 8, &rune) : c == 'x' ? read_digits(s, at, 2, 16, &rune) : c == 'u' ? read_digits(s, at, 4, 16, &rune)
        : c == 'U' && read_digits(s, at, 8, 16, &rune)))
    return 0;
  if (octal || c == 'x') {
    *out = (char)rune;
    return rune < 256;
  }
  return rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000) ? 0 : put_utf8(rune, out);
}

static int read_string(pl_words *w)
{
  pl_str s = w->text;
  char quote = s.data[w->at];
  size_t at = w->at + 1, n = 0, end = at;
  while (end < s.len && s.data[end] != quote)
    end += s.data[end] == '\\' && quote != '`' ? 2 : 1;
  char *out = pl_arena_alloc(w->arena, end - at + 4, 1); /* no escape stands for more than it is long */
  if (!out)
    return pl_words_no_memory(w);
  while (at < s.len && s.data[at] != quote) {
    if (quote == '`' || s.data[at] != '\\') {
      if (quote != '`' && s.data[at] == '\n')
        break;
      out[n++] = s.data[at++];
      continue;
    }
    at++;
    size_t added = read_escape(s, &at, out + n);
    if (added == 0) {
      w->word.at = at < s.len ? at : s.len;
      return fail(w, "an escape that is none; in `...` a backslash means itself");
    }
    n += added;
  }
  if (at >= s.len || s.data[at] != quote)
    return fail(w, "the string is not closed");
  w->word.kind = PL_WORD_STRING;
  w->word.text = (pl_str){out, n};
  w->at = at + 1;
  return PL_OK;
}

/* ---- All words -------------------------------------------------------------------------------- */

static int read_sign(pl_words *w)
{
  static const char *const signs[] = {"==", "!=", "<=", ">=", "=~", "!~", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^", ":", "@", NULL};
  for (const char *const *sign = signs; *sign; sign++) {
    if (pl_str_starts(rest_of(w), pl_str_of(*sign))) {
      w->word.kind = PL_WORD_SIGN;
      w->word.text = pl_str_of(*sign);
      w->at += w->word.text.len;
      return PL_OK;
    }
  }
  char c = w->text.data[w->at];
  return c > ' ' && c < 127 ? PL_WORDS_FAIL(w, "'%c' has no meaning here", c) : fail(w, "this character has no meaning here");
}

static int read_name(pl_words *w)
{
  pl_str rest = rest_of(w);
  size_t n = 0;
  while (n < rest.len && (pl_begins_name(rest.data[n]) || pl_is_digit(rest.data[n])))
    n++;
  w->word.kind = PL_WORD_NAME;
  w->word.text = (pl_str){rest.data, n};
  w->at += n;
  return PL_OK;
}

int pl_words_next(pl_words *w)
{
  skip_space(w);
  w->word = (pl_word){.at = w->at};
  if (w->at >= w->text.len)
    return PL_OK;
  char c = w->text.data[w->at];
  bool has_next = w->at + 1 < w->text.len;
  if (pl_is_digit(c) || (c == '.' && has_next && pl_is_digit(w->text.data[w->at + 1])))
    return read_quantity(w);
  if (c == '"' || c == '\'' || c == '`')
    return read_string(w);
  /* A name may hold colons; one that begins so, behind "[5m", is a subquery's. */
  return pl_begins_name(c) && !(c == ':' && (!has_next || !pl_begins_name(w->text.data[w->at + 1]))) ? read_name(w) : read_sign(w);
}

bool pl_words_is(const pl_words *w, const char *text)
{
  return (w->word.kind == PL_WORD_NAME || w->word.kind == PL_WORD_SIGN) && pl_str_ieq(w->word.text, pl_str_of(text));
}

int pl_words_expect(pl_words *w, const char *sign)
{
  char quoted[16];
  if (pl_words_is(w, sign))
    return pl_words_next(w);
  (void)snprintf(quoted, sizeof quoted, "'%s'", sign);
  return pl_words_unexpected(w, quoted);
}

int pl_words_unexpected(const pl_words *w, const char *expected)
{
  pl_str found = w->word.kind == PL_WORD_END ? PL_STR("the end") : w->word.kind == PL_WORD_STRING ? PL_STR("a string") : pl_words_cut(w->word.text);
  return PL_WORDS_FAIL(w, "expected %s, found %.*s", expected, (int)found.len, found.data);
}

int pl_words_no_memory(const pl_words *w)
{
  return PL_WORDS_FAIL_AT(w, w->word.at, w->arena->bad, "no memory for this expression");
}

pl_str pl_words_cut(pl_str text)
{
  enum { MOST = 64 };
  return (pl_str){text.data, text.len < MOST ? text.len : MOST};
}

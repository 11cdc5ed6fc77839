/* Numbers as people write them: a number, then a suffix from one table a unit. */
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

typedef struct suffix {
  const char *text;
  double factor;
} suffix;

static const suffix durations[] = {{"ns", 1e-9}, {"us", 1e-6}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1},
                                   {"m", 60},    {"min", 60},  {"h", 3600},  {"d", 86400}, {"w", 604800}, {NULL, 0}};
static const suffix sizes[] = {{"B", 1},         {"kB", 1e3},        {"KB", 1e3},        {"MB", 1e6},
                               {"GB", 1e9},      {"TB", 1e12},       {"KiB", 1024.0},    {"MiB", 1048576.0},
                               {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}, {"", 1}, {NULL, 0}};
static const suffix counts[] = {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
static const suffix rates[] = {{"", 1}, {"/s", 1}, {"/sec", 1}, {"/min", 1.0 / 60}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}, {NULL, 0}};
static const suffix ratios[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};

typedef struct unit_text {
  const char *name;     /* "a duration" */
  const char *examples;
} unit_text;

static const unit_text texts[] = {
    [PL_UNIT_NUMBER] = {"a number", "3, 0.5 or 10k"},
    [PL_UNIT_DURATION] = {"a duration", "250ms, 1.5s, 2m or 14d"},
    [PL_UNIT_SIZE] = {"a size", "512B, 10kB or 64MiB"},
    [PL_UNIT_RATE] = {"a rate", "500/s, 30/min or 10k/s"},
    [PL_UNIT_RATIO] = {"a ratio", "5%, 0.1% or 0.05"},
};

/* Splits a number off the front of *s; false when there is none. */
static bool take_number(pl_str *s, double *out)
{
  size_t n = 0;
  while (n < s->len && (strchr("0123456789.", s->data[n]) || (n == 0 && strchr("+-", s->data[n]))))
    n++;
  bool exponent = n && n + 1 < s->len && (s->data[n] == 'e' || s->data[n] == 'E') && strchr("0123456789+-", s->data[n + 1]);
  if (exponent) {
    n += 2;
    while (n < s->len && s->data[n] >= '0' && s->data[n] <= '9')
      n++;
  }
  if (!pl_str_double((pl_str){s->data, n}, out))
    return false;
  s->data += n;
  s->len -= n;
  return true;
}

static const suffix *find_suffix(const suffix *table, pl_str s)
{
  for (const suffix *x = table; x->text; x++) {
    if (pl_str_eqc(s, x->text))
      return x;
  }
  return NULL;
}

/* "1m30s": pieces with falling units, each with its suffix. */
static bool read_duration(pl_str s, double *out, const char **why)
{
  double total = 0, last_factor = INFINITY;
  *why = "a unit is missing";
  while (s.len) {
    double v;
    if (!take_number(&s, &v) || v < 0) {
      *why = "it does not begin with a positive number";
      return false;
    }
    size_t n = 0;
    while (n < s.len && !strchr("0123456789.+-", s.data[n]))
      n++;
    if (n == 0 && v == 0 && s.len == 0) {
      *out = total;
      return true;
    }
    const suffix *x = n ? find_suffix(durations, pl_str_trim((pl_str){s.data, n})) : NULL;
    if (!x || x->factor >= last_factor) {
      *why = n ? "the unit is unknown" : "a unit is missing";
      return false;
    }
    total += v * x->factor;
    last_factor = x->factor;
    s.data += n;
    s.len -= n;
  }
  *out = total;
  return last_factor != INFINITY;
}

static bool read_suffixed(enum pl_unit unit, pl_str s, double *out, const char **why)
{
  const suffix *table = unit == PL_UNIT_SIZE ? sizes : unit == PL_UNIT_RATIO ? ratios : unit == PL_UNIT_RATE ? rates : counts;
  double v, scale = 1;
  *why = "it does not begin with a number";
  if (!take_number(&s, &v))
    return false;
  s = pl_str_trim(s);
  if (unit == PL_UNIT_RATE && s.len) {
    const suffix *k = find_suffix(counts, (pl_str){s.data, 1});
    if (k) {
      scale = k->factor;
      s = (pl_str){s.data + 1, s.len - 1};
    }
  }
  const suffix *x = find_suffix(table, s);
  *why = "the unit is unknown";
  if (!x)
    return false;
  *why = "it is negative";
  *out = v * scale * x->factor;
  return unit == PL_UNIT_NUMBER || *out >= 0;
}

int pl_unit_parse(enum pl_unit unit, pl_str text, double *out, pl_error *err)
{
  pl_str s = pl_str_trim(text);
  const char *why = "it is empty";
  double v = 0;
  bool ok = s.len && (unit == PL_UNIT_DURATION ? read_duration(s, &v, &why) : read_suffixed(unit, s, &v, &why));
  if (!ok || !isfinite(v))
    return pl_fail(err, PL_EINVAL, "\"%.*s\" is not %s: %s; write %s", (int)(text.len < 80 ? text.len : 80),
                   text.data ? text.data : "", texts[unit].name, why, texts[unit].examples);
  *out = v;
  return PL_OK;
}

/* Three significant digits, without an exponent, with separators from 10,000 on. */
static size_t three_digits(double v, char *out, size_t size)
{
  double magnitude = fabs(v);
  int decimals = magnitude >= 99.95 || magnitude == 0 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.9995 ? 2 : 3;
  (void)snprintf(out, size, "%.*f", decimals, v);
  pl_put_point(out);
  size_t n = strlen(out);
  if (decimals) {
    while (n > 1 && out[n - 1] == '0')
      n--;
    if (out[n - 1] == '.')
      n--;
    out[n] = '\0';
  }
  return n;
}

static size_t grouped(double v, char *out, size_t size)
{
  char plain[40];
  int n = snprintf(plain, sizeof plain, "%.0f", v), digits = n - (plain[0] == '-');
  size_t at = 0;
  for (int i = 0; i < n && at + 2 < size; i++) {
    int left = n - i;
    if (plain[i] != '-' && left < digits && left % 3 == 0)
      out[at++] = ',';
    out[at++] = plain[i];
  }
  out[at] = '\0';
  return at;
}

static size_t with_unit(double v, const char *unit, char *out)
{
  size_t n = three_digits(v, out, 40);
  return n + (size_t)snprintf(out + n, 48 - n, "%s", unit);
}

static size_t duration_text(double s, char *out)
{
  double magnitude = fabs(s);
  if (magnitude == 0)
    return with_unit(0, " s", out);
  if (magnitude < 999.5e-9)
    return with_unit(s * 1e9, " ns", out);
  if (magnitude < 999.5e-6)
    return with_unit(s * 1e6, " us", out);
  if (magnitude < 0.9995)
    return with_unit(s * 1e3, " ms", out);
  if (magnitude < 120)
    return with_unit(s, " s", out);
  if (magnitude < 7200)
    return with_unit(s / 60, " min", out);
  return magnitude < 172800 ? with_unit(s / 3600, " h", out) : with_unit(s / 86400, " d", out);
}

static size_t size_text(double v, char *out)
{
  static const char *const names[] = {" B", " KiB", " MiB", " GiB", " TiB"};
  int i = 0;
  while (fabs(v) >= 1023.5 && i < 4) {
    v /= 1024;
    i++;
  }
  return with_unit(v, names[i], out);
}

static size_t number_text(double v, char *out)
{
  return fabs(v) >= 999.5 ? grouped(v, out, 48) : three_digits(v, out, 48);
}

size_t pl_unit_text(enum pl_unit unit, double value, char out[48])
{
  if (isnan(value))
    return (size_t)snprintf(out, 48, "-");
  if (fabs(value) > 1e15)
    return (size_t)snprintf(out, 48, "%.3g", value);
  switch (unit) {
  case PL_UNIT_DURATION:
    return duration_text(value, out);
  case PL_UNIT_SIZE:
    return size_text(value, out);
  case PL_UNIT_RATE: {
    size_t n = number_text(value, out);
    return n + (size_t)snprintf(out + n, 48 - n, "/s");
  }
  case PL_UNIT_RATIO:
    return with_unit(value * 100, " %", out);
  case PL_UNIT_NUMBER:
    break;
  }
  return number_text(value, out);
}

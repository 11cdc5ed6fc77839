/* Floating numbers as text. Both ways are exact: the nearest double of any text, a text that reads back as the same double.
 *
 * A number is w 10^e with a whole w. Where w and 10^|e| are doubles, one multiplication or division rounds once (W. D. Clinger, How to
 * read floating point numbers accurately, 1990); where both fit into 64 bits, so does one of whole numbers with 128. The C library,
 * which is several times slower, reads what is left. */
#include "base/str.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TEXT_MAX = 128,
  DIGITS_MAX = 19,     /* of a whole number that surely fits into 64 bits */
  EXACT_POWER = 22,    /* 10^22 is the greatest power of ten that is a double */
  DIVIDE_POWER = 18,   /* 2^64 w / 10^18 keeps more bits than a double has for every w from 2^53 on */
  EXPONENT_MAX = 9999, /* beyond it every number but 0 overflows or vanishes */
};

__extension__ typedef unsigned __int128 wide;

/* A decimal number: sign, w, e; whole: w and e are all of it. */
typedef struct decimal {
  bool negative;
  bool whole;
  uint64_t w;
  int e;
} decimal;

static bool is_digit(const char *p, const char *end)
{
  return p < end && *p >= '0' && *p <= '9';
}

/* Takes digits at p into d; zeros in front do not count. Returns where they end. */
static const char *take_digits(const char *p, const char *end, decimal *d, int *significant)
{
  for (; is_digit(p, end); p++) {
    if (*significant || *p != '0')
      ++*significant;
    if (*significant <= DIGITS_MAX)
      d->w = d->w * 10 + (uint64_t)(*p - '0');
  }
  return p;
}

/* Reads "e+12" at p, where there is one; returns where it ends. */
static const char *take_exponent(const char *p, const char *end, int *e)
{
  const char *at = p + 1;
  if (p == end || (*p | 0x20) != 'e')
    return p;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+'))
    at++;
  if (!is_digit(at, end))
    return p;
  int exponent = 0;
  for (; is_digit(at, end); at++)
    exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*at - '0') : exponent;
  *e = negative ? -exponent : exponent;
  return at;
}

/* Reads all of s as JSON writes a number, a leading '+' or '.5' allowed. */
static bool read_decimal(pl_str s, decimal *d)
{
  const char *p = s.data, *end = s.data + s.len, *digits;
  int significant = 0, exponent = 0;
  *d = (decimal){0};
  if (p < end && (*p == '-' || *p == '+'))
    d->negative = *p++ == '-';
  digits = p;
  p = take_digits(p, end, d, &significant);
  size_t n = (size_t)(p - digits);
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = take_digits(p, end, d, &significant);
    n += (size_t)(p - fraction);
    d->e = (int)(fraction - p);
  }
  if (n == 0)
    return false;
  p = take_exponent(p, end, &exponent);
  d->whole = significant <= DIGITS_MAX;
  d->e += exponent;
  return p == end;
}

static uint64_t power_of_ten(int e)
{
  uint64_t v = 1;
  for (; e > 0; e--)
    v *= 10;
  return v;
}

/* w / 10^e, w >= 2^53, e <= DIVIDE_POWER: the quotient's last bit also stands for the remainder, so that its conversion rounds rightly. */
static double divided(uint64_t w, int e)
{
  wide n = (wide)w << 64, power = power_of_ten(e), quotient = n / power;
  quotient |= quotient * power != n;
  return ldexp((double)quotient, -64);
}

static bool from_decimal(const decimal *d, double *out)
{
  static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  double v;
  if (!d->whole)
    return false;
  if (d->w <= UINT64_C(1) << 53 && d->e >= -EXACT_POWER && d->e <= EXACT_POWER)
    v = d->e < 0 ? (double)d->w / powers[-d->e] : (double)d->w * powers[d->e];
  else if (d->w > UINT64_C(1) << 53 && d->e >= -DIVIDE_POWER && d->e <= DIGITS_MAX)
    v = d->e < 0 ? divided(d->w, -d->e) : (double)((wide)d->w * power_of_ten(d->e));
  else
    return false;
  *out = d->negative ? -v : v;
  return true;
}

/* strtod obeys the process's locale; the decimal point is put in as that locale wants it. */
static bool by_library(pl_str s, double *out)
{
  char text[TEXT_MAX + MB_LEN_MAX];
  const char *point = memchr(s.data, '.', s.len);
  size_t whole = point ? (size_t)(point - s.data) : s.len, rest = s.len - whole - (point != NULL);
  (void)snprintf(text, sizeof text, "%.*s%s%.*s", (int)whole, s.data, point ? localeconv()->decimal_point : "", (int)rest, point ? point + 1 : "");
  double v = strtod(text, NULL);
  if (!isfinite(v))
    return false;
  *out = v;
  return true;
}

bool pl_str_double(pl_str s, double *out)
{
  decimal d;
  if (s.len == 0 || s.len >= TEXT_MAX || !read_decimal(s, &d))
    return false;
  return from_decimal(&d, out) || by_library(s, out);
}

void pl_put_point(char *number)
{
  const char *own = localeconv()->decimal_point;
  size_t n = strlen(own);
  char *sign = strstr(number, own);
  if (!sign)
    return;
  *sign = '.';
  memmove(sign + 1, sign + n, strlen(sign + n) + 1);
}

size_t pl_double_text(double v, char *out)
{
  enum { SIZE = 32 };
  if (isnan(v))
    return (size_t)snprintf(out, SIZE, "NaN");
  if (isinf(v))
    return (size_t)snprintf(out, SIZE, v > 0 ? "+Inf" : "-Inf");
  if (fabs(v) < 1e15 && v == (double)(int64_t)v && !(v == 0 && signbit(v)))
    return (size_t)snprintf(out, SIZE, "%lld", (long long)v);
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(out, SIZE, "%.*g", digits, v);
    if (strtod(out, NULL) == v)
      break;
  }
  pl_put_point(out);
  return strlen(out);
}

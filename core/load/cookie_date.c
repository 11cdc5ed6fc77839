/* Dates of cookies as servers write them (RFC 6265 section 5.1.1): tokens in any order, everything else ignored. Pure. */
#include "load/cookie.h"

typedef struct date {
  bool has_time, has_day, has_month, has_year;
  unsigned hour, minute, second, day, month, year;
} date;

static bool is_delimiter(unsigned char c)
{
  return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) || (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

/* Between `least` and `most` digits at the front of s, which is moved behind them; what follows is no digit. */
static bool number(pl_str *s, unsigned least, unsigned most, unsigned *out)
{
  unsigned n = 0, v = 0;
  while (n < s->len && s->data[n] >= '0' && s->data[n] <= '9') {
    if (n == most)
      return false;
    v = v * 10 + (unsigned)(s->data[n++] - '0');
  }
  if (n < least)
    return false;
  *s = (pl_str){s->data + n, s->len - n};
  *out = v;
  return true;
}

static bool colon(pl_str *s)
{
  if (!s->len || s->data[0] != ':')
    return false;
  *s = (pl_str){s->data + 1, s->len - 1};
  return true;
}

static bool read_time(pl_str token, date *d)
{
  return number(&token, 1, 2, &d->hour) && colon(&token) && number(&token, 1, 2, &d->minute) && colon(&token) &&
         number(&token, 1, 2, &d->second);
}

static bool read_month(pl_str token, unsigned *month)
{
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
  for (unsigned m = 0; m < 12 && token.len >= 3; m++) {
    if (pl_str_ieq((pl_str){token.data, 3}, (pl_str){names + 3 * m, 3})) {
      *month = m + 1;
      return true;
    }
  }
  return false;
}

static void read_token(pl_str token, date *d)
{
  pl_str rest = token;
  if (!d->has_time && read_time(token, d))
    d->has_time = true;
  else if (!d->has_day && number(&rest, 1, 2, &d->day))
    d->has_day = true;
  else if (!d->has_month && read_month(token, &d->month))
    d->has_month = true;
  else if (!d->has_year && number(&rest, 2, 4, &d->year))
    d->has_year = true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar (Hinnant, chrono-compatible low-level date algorithms). */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
  int64_t y = (int64_t)year - (month <= 2), era = y / 400, of_era = y - era * 400;
  int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool pl_cookie_date(pl_str text, int64_t *unix_s)
{
  date d = {0};
  for (size_t i = 0; i < text.len;) {
    size_t begin = i;
    while (i < text.len && !is_delimiter((unsigned char)text.data[i]))
      i++;
    if (i > begin)
      read_token((pl_str){text.data + begin, i - begin}, &d);
    else
      i++;
  }
  if (d.year >= 70 && d.year <= 99)
    d.year += 1900;
  else if (d.year < 70)
    d.year += 2000;
  bool whole = d.has_time && d.has_day && d.has_month && d.has_year;
  if (!whole || d.day < 1 || d.day > 31 || d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59)
    return false;
  *unix_s = days_of(d.year, d.month, d.day) * 86400 + (int64_t)d.hour * 3600 + (int64_t)d.minute * 60 + d.second;
  return true;
}

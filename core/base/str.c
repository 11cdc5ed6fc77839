/* Borrowed strings: comparison, splitting, whole numbers, hashing, near names, characters. */
#include "base/str.h"

#include <string.h>

pl_str pl_str_of(const char *s)
{
  return (pl_str){s, s ? strlen(s) : 0};
}

bool pl_str_eq(pl_str a, pl_str b)
{
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool pl_str_eqc(pl_str a, const char *b)
{
  return pl_str_eq(a, pl_str_of(b));
}

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool pl_str_ieq(pl_str a, pl_str b)
{
  if (a.len != b.len)
    return false;
  for (size_t i = 0; i < a.len; i++) {
    if (a.data[i] != b.data[i] && lower(a.data[i]) != lower(b.data[i]))
      return false;
  }
  return true;
}

bool pl_str_starts(pl_str s, pl_str prefix)
{
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

bool pl_str_ends(pl_str s, pl_str suffix)
{
  return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.data + (s.len - suffix.len), suffix.data, suffix.len) == 0);
}

static bool is_space(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

pl_str pl_str_trim(pl_str s)
{
  while (s.len && is_space(s.data[0])) {
    s.data++;
    s.len--;
  }
  while (s.len && is_space(s.data[s.len - 1]))
    s.len--;
  return s;
}

pl_str pl_str_cut(pl_str *s, char separator)
{
  pl_str head = *s;
  const char *at = s->len ? memchr(s->data, separator, s->len) : NULL;
  if (!at) {
    *s = (pl_str){NULL, 0};
    return head;
  }
  head.len = (size_t)(at - head.data);
  s->data = at + 1;
  s->len -= head.len + 1;
  return head;
}

bool pl_str_u64(pl_str s, uint64_t *out)
{
  uint64_t v = 0;
  if (s.len == 0)
    return false;
  for (size_t i = 0; i < s.len; i++) {
    unsigned digit = (unsigned)(unsigned char)s.data[i] - '0';
    if (digit > 9 || v > (UINT64_MAX - digit) / 10)
      return false;
    v = v * 10 + digit;
  }
  *out = v;
  return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t pl_hash(const void *data, size_t len, uint64_t seed)
{
  const unsigned char *p = data;
  uint64_t h = seed ^ UINT64_C(0x9E3779B97F4A7C15), left = len;
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    h = mix(h ^ word, UINT64_C(0xA0761D6478BD642F));
  }
  uint64_t tail = 0;
  if (left)
    memcpy(&tail, p, left);
  return mix(h ^ tail ^ ((uint64_t)len << 56), UINT64_C(0xE7037ED1A0B428DB));
}

size_t pl_edit_distance(pl_str a, pl_str b)
{
  enum { MAX = 64 };
  size_t rows[3][MAX + 1];
  if (a.len > MAX || b.len > MAX)
    return SIZE_MAX;
  for (size_t j = 0; j <= b.len; j++)
    rows[0][j] = j;
  size_t *last = rows[0], *row = rows[1], *before = rows[2];
  for (size_t i = 1; i <= a.len; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t best = last[j - 1] + (a.data[i - 1] != b.data[j - 1]);
      best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
      best = last[j] + 1 < best ? last[j] + 1 : best;
      bool swapped = i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
      if (swapped && before[j - 2] + 1 < best)
        best = before[j - 2] + 1;
      row[j] = best;
    }
    size_t *spare = before;
    before = last;
    last = row;
    row = spare;
  }
  return last[b.len];
}

size_t pl_utf8_length(pl_str s)
{
  const unsigned char *p = (const unsigned char *)s.data;
  size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
  if (n < 2 || n > s.len)
    return n == 1;
  unsigned least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80, most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < least || p[1] > most)
    return 0;
  for (size_t i = 2; i < n; i++) {
    if ((p[i] & 0xc0) != 0x80)
      return 0;
  }
  return n;
}

bool pl_utf8_valid(pl_str s)
{
  while (s.len) {
    uint64_t word;
    size_t n = 8;
    if (s.len >= n) {
      memcpy(&word, s.data, n);
      if (!(word & UINT64_C(0x8080808080808080))) {
        s = (pl_str){s.data + n, s.len - n};
        continue;
      }
    }
    n = (unsigned char)s.data[0] < 0x80 ? 1 : pl_utf8_length(s);
    if (n == 0)
      return false;
    s = (pl_str){s.data + n, s.len - n};
  }
  return true;
}

bool pl_copy(char *out, size_t size, pl_str s)
{
  size_t n = s.len < size ? s.len : size - 1;
  if (n)
    memcpy(out, s.data, n);
  out[n] = '\0';
  return n == s.len;
}

/* Borrowed strings and small text helpers. */
#ifndef PL_BASE_STR_H
#define PL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of text that somebody else owns; not ended by NUL. */
typedef struct pl_str {
  const char *data;
  size_t len;
} pl_str;

/* A pl_str of a C string (NULL: empty). */
pl_str pl_str_of(const char *s);
#define PL_STR(literal) ((pl_str){(literal), sizeof(literal) - 1})

/* Whether both hold the same bytes. */
bool pl_str_eq(pl_str a, pl_str b);
/* The same with a C string. */
bool pl_str_eqc(pl_str a, const char *b);
/* ASCII only, any locale. */
bool pl_str_ieq(pl_str a, pl_str b);
/* Whether s begins with these bytes; every text begins with an empty one. */
bool pl_str_starts(pl_str s, pl_str prefix);
/* Whether s ends with these bytes; every text ends with an empty one. */
bool pl_str_ends(pl_str s, pl_str suffix);
pl_str pl_str_trim(pl_str s); /* without ASCII white space at both ends */

/* Splits s at the first separator: returns what is before it and leaves the rest in *s; without a
 * separator returns all and leaves *s empty (data NULL). */
pl_str pl_str_cut(pl_str *s, char separator);

/* Whole decimal numbers without sign or space. Return false on anything else or on overflow. */
bool pl_str_u64(pl_str s, uint64_t *out);
/* A decimal floating number as JSON writes it (also "1e3"), locale-independent; no inf, no nan. */
bool pl_str_double(pl_str s, double *out);

/* Puts a point into a number that printf has written, where the process's locale has another sign. */
void pl_put_point(char *number);

/* A text that reads back as exactly v ("0.1", "1e+300", "NaN", "+Inf"), the shortest one but for subnormal numbers; returns its
 * length. out holds at least 32 bytes. */
size_t pl_double_text(double v, char *out);

/* 64-bit hash (wyhash-like, not for untrusted collisions unless seeded). */
uint64_t pl_hash(const void *data, size_t len, uint64_t seed);

/* Edit distance with transpositions (optimal string alignment) of two names up to 64 bytes; longer
 * ones give SIZE_MAX. For "did you mean". */
size_t pl_edit_distance(pl_str a, pl_str b);

/* SHA-256 of data as 64 hex digits and NUL (FIPS 180-4). For script and argument hashes. */
void pl_sha256_hex(const void *data, size_t len, char out[65]);

/* Copies s into out of size bytes, cut to fit, always ended by NUL. Returns false when it was cut. */
bool pl_copy(char *out, size_t size, pl_str s);

/* Bytes of the UTF-8 character (RFC 3629: no overlong form, no surrogate) at the front of a text that is not empty; 0: there is none. */
size_t pl_utf8_length(pl_str s);
/* Whether all of s is UTF-8. */
bool pl_utf8_valid(pl_str s);

/* The value of a hexadecimal digit of either case; -1: it is none. */
static inline int pl_hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif

/* A sorted list: a value that came before is counted, a new one moves those above it. See ranks.h. */
#include "analysis/ranks.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

enum { MANTISSA_BITS = 52 };

uint64_t pl_nearest_rank(double p, uint64_t count)
{
  double exact = p * (double)count, rank = ceil(exact - exact * 1e-12);
  return p >= 1 || rank >= (double)count ? count : rank >= 1 ? (uint64_t)rank : 1;
}

void pl_ranks_fini(pl_ranks *r, const pl_allocator *a)
{
  pl_free(a, r->list, r->cap * sizeof *r->list);
  *r = (pl_ranks){0};
}

void pl_ranks_clear(pl_ranks *r)
{
  r->n = 0;
  r->count = 0;
  r->rounded = 0;
}

/* The value without its last binary digits, rounded half away from zero. */
static double without_digits(double value, unsigned digits)
{
  uint64_t bits;
  if (!digits || !isfinite(value))
    return value;
  memcpy(&bits, &value, sizeof bits);
  bits += UINT64_C(1) << (digits - 1); /* a carry goes into the exponent, where it belongs */
  bits &= ~((UINT64_C(1) << digits) - 1);
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Where the value is, or belongs. */
static size_t place_of(const pl_ranks *r, double value)
{
  size_t low = 0, high = r->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (r->list[middle].value < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* All values without so many digits; what became equal is one. */
static void drop_digits(pl_ranks *r, unsigned digits)
{
  size_t n = 0;
  for (size_t i = 0; i < r->n; i++) {
    pl_rank rank = {without_digits(r->list[i].value, digits), r->list[i].count};
    if (n && r->list[n - 1].value == rank.value)
      r->list[n - 1].count += rank.count;
    else
      r->list[n++] = rank;
  }
  r->n = n;
  r->rounded = digits;
}

static int grow(pl_ranks *r, const pl_allocator *a)
{
  size_t cap = r->cap ? 2 * r->cap : 16;
  pl_rank *p = pl_realloc(a, r->list, r->cap * sizeof *p, cap * sizeof *p);
  if (!p)
    return PL_ENOMEM;
  r->list = p;
  r->cap = cap;
  return PL_OK;
}

int pl_ranks_add(pl_ranks *r, double value, uint64_t count, const pl_allocator *a)
{
  value = without_digits(value, r->rounded);
  size_t at = place_of(r, value);
  if (at == r->n || r->list[at].value != value) {
    if (r->n == r->cap && grow(r, a))
      return PL_ENOMEM;
    memmove(r->list + at + 1, r->list + at, (r->n - at) * sizeof *r->list);
    r->list[at] = (pl_rank){value, 0};
    r->n++;
  }
  r->list[at].count += count;
  r->count += count;
  if (r->n == PL_RANKS_MAX) {
    while (r->n > PL_RANKS_MAX / 2 && r->rounded < MANTISSA_BITS)
      drop_digits(r, r->rounded + 1);
  }
  return PL_OK;
}

int pl_ranks_join(pl_ranks *r, const pl_ranks *from, const pl_allocator *a)
{
  if (from->rounded > r->rounded)
    drop_digits(r, from->rounded);
  int code = PL_OK;
  for (size_t i = 0; i < from->n && !code; i++)
    code = pl_ranks_add(r, from->list[i].value, from->list[i].count, a);
  return code;
}

double pl_ranks_quantile(const pl_ranks *r, double p)
{
  uint64_t rank = pl_nearest_rank(p, r->count), seen = 0;
  for (size_t i = 0; i < r->n; i++) {
    seen += r->list[i].count;
    if (seen >= rank)
      return r->list[i].value;
  }
  return r->n ? r->list[r->n - 1].value : (double)NAN;
}

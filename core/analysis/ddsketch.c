/* The bucket comes from the exponent's bits and a cubic in the significand in place of a logarithm: with s in [0, 1), l(s) = A s^3 + B s^2
 * + C s grows by at least 10/7 of log x's own growth (the least of (1 + s) l'(s) is C = 10/7, at 0 and 2/3), so that buckets are narrower
 * than gamma = (1 + a) / (1 - a) everywhere, at one percent more of them. See ddsketch.h. */
#include "analysis/ddsketch.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/ranks.h"

enum { GROW_BY = 64 };

static const double A = 6.0 / 35, B = -3.0 / 5, C = 10.0 / 7;

int pl_ddsketch_init(pl_ddsketch *s, double accuracy, const pl_allocator *a)
{
  if (!(accuracy >= 0.001) || !(accuracy <= 0.5))
    return PL_EINVAL;
  *s = (pl_ddsketch){.alloc = a, .accuracy = accuracy, .multiplier = 0.7 / (log1p(accuracy) - log1p(-accuracy))};
  return PL_OK;
}

void pl_ddsketch_fini(pl_ddsketch *s)
{
  pl_free(s->alloc, s->above.counts, s->above.n * sizeof *s->above.counts);
  pl_free(s->alloc, s->below.counts, s->below.n * sizeof *s->below.counts);
  s->above = s->below = (pl_ddsketch_side){0};
  s->count = s->zeros = 0;
}

/* The bucket of a normal x > 0: which of those of width 1 the scaled logarithm lies in. */
static inline int32_t bucket_of(double x, double multiplier)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int64_t exponent = (int64_t)(bits >> 52) - 1023;
  bits = (bits & ((1ull << 52) - 1)) | 0x3ff0000000000000ull;
  double one;
  memcpy(&one, &bits, sizeof one);
  double t = one - 1, scaled = multiplier * ((double)exponent + ((A * t + B) * t + C) * t);
  int32_t whole = (int32_t)scaled;
  return whole - (scaled < (double)whole);
}

/* The smallest x with a scaled logarithm of at least `scaled`: the cubic is turned around by Newton's method. */
static double lower_end(double scaled, double multiplier)
{
  double whole = scaled / multiplier, exponent = floor(whole), rest = whole - exponent, t = rest;
  for (int i = 0; i < 20; i++)
    t -= (((A * t + B) * t + C) * t - rest) / ((3 * A * t + 2 * B) * t + C);
  return ldexp(1 + fmin(1, fmax(0, t)), (int)exponent);
}

/* The value that is within the accuracy of both of the bucket's ends. */
static double middle_of(int32_t bucket, double multiplier)
{
  double lo = lower_end((double)bucket, multiplier), hi = lower_end((double)bucket + 1, multiplier);
  hi = fmin(hi, DBL_MAX); /* the topmost bucket's end is beyond the range */
  return lo * (2 / (1 + lo / hi));
}

/* Makes room for buckets from `first` to `last`. */
static int reach(const pl_allocator *a, pl_ddsketch_side *side, int32_t first, int32_t last)
{
  int32_t end = side->first + (int32_t)side->n;
  if (side->n && first >= side->first && last < end)
    return PL_OK;
  int32_t spare = GROW_BY + (int32_t)side->n / 4;
  int32_t from = side->n && first >= side->first ? side->first : first - spare;
  int32_t to = side->n && last < end ? end : last + spare;
  uint64_t *counts = pl_alloc_zero(a, (size_t)(to - from), sizeof *counts);
  if (!counts)
    return PL_ENOMEM;
  if (side->n)
    memcpy(counts + (side->first - from), side->counts, side->n * sizeof *counts);
  pl_free(a, side->counts, side->n * sizeof *counts);
  *side = (pl_ddsketch_side){counts, (size_t)(to - from), from};
  return PL_OK;
}

/* What is not a value above 0 within the buckets that there are. */
static int add_other(pl_ddsketch *s, double x)
{
  double size = fabs(x);
  if (!isfinite(x))
    return PL_EINVAL;
  if (size < DBL_MIN) {
    s->zeros++;
    return PL_OK;
  }
  pl_ddsketch_side *side = x > 0 ? &s->above : &s->below;
  int32_t bucket = bucket_of(size, s->multiplier);
  if (reach(s->alloc, side, bucket, bucket))
    return PL_ENOMEM;
  side->counts[bucket - side->first]++;
  return PL_OK;
}

int pl_ddsketch_add(pl_ddsketch *s, const double *x, size_t n, size_t *added)
{
  int code = PL_OK;
  size_t i = 0;
  for (; i < n; i++) {
    if (x[i] >= DBL_MIN && x[i] <= DBL_MAX) {
      size_t at = (size_t)((int64_t)bucket_of(x[i], s->multiplier) - s->above.first);
      if (at < s->above.n) {
        s->above.counts[at]++;
        continue;
      }
    }
    code = add_other(s, x[i]);
    if (code)
      break;
  }
  s->count += i;
  if (added)
    *added = i;
  return code;
}

/* Makes room for all of another side's buckets. */
static int reach_all(const pl_allocator *a, pl_ddsketch_side *side, const pl_ddsketch_side *other)
{
  return other->n ? reach(a, side, other->first, other->first + (int32_t)other->n - 1) : PL_OK;
}

static void add_side(pl_ddsketch_side *side, const pl_ddsketch_side *other)
{
  for (size_t i = 0; i < other->n; i++)
    side->counts[(size_t)(other->first - side->first) + i] += other->counts[i];
}

int pl_ddsketch_merge(pl_ddsketch *s, const pl_ddsketch *other)
{
  if (s->accuracy != other->accuracy)
    return PL_EINVAL;
  if (reach_all(s->alloc, &s->above, &other->above) || reach_all(s->alloc, &s->below, &other->below))
    return PL_ENOMEM;
  add_side(&s->above, &other->above);
  add_side(&s->below, &other->below);
  s->zeros += other->zeros;
  s->count += other->count;
  return PL_OK;
}

double pl_ddsketch_quantile(const pl_ddsketch *s, double p)
{
  uint64_t rank = pl_nearest_rank(p, s->count), seen = 0;
  if (!s->count)
    return NAN;
  for (size_t i = s->below.n; i > 0; i--) { /* the largest magnitude below 0 is the smallest value */
    seen += s->below.counts[i - 1];
    if (seen >= rank)
      return -middle_of(s->below.first + (int32_t)i - 1, s->multiplier);
  }
  seen += s->zeros;
  if (seen >= rank)
    return 0;
  for (size_t i = 0; i < s->above.n; i++) {
    seen += s->above.counts[i];
    if (seen >= rank)
      return middle_of(s->above.first + (int32_t)i, s->multiplier);
  }
  return NAN;
}

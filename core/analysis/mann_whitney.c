/* See mann_whitney.h. Ranks are doubled, so that those of ties are whole. */
#include "analysis/mann_whitney.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "analysis/normal.h"
#include "analysis/order.h"
#include "analysis/scale.h"

enum { EXACT_MAX = 50, TIES_MAX = 25 };

/* Both samples, sorted apart and together. */
typedef struct pooled {
  double *a, *b, *all;
  size_t n, m;
  double rank_sum; /* of a, doubled ranks */
  double ties;     /* sum of t^3 - t */
} pooled;

static size_t doubled_rank(size_t first, size_t after)
{
  return first + 1 + after; /* twice the mean of the ranks first + 1 .. after */
}

static void rank(pooled *s)
{
  size_t total = s->n + s->m, in_a = 0;
  for (size_t i = 0, after; i < total; i = after) {
    size_t before = in_a;
    for (after = i + 1; after < total && s->all[after] == s->all[i];)
      after++;
    while (in_a < s->n && s->a[in_a] == s->all[i])
      in_a++;
    double t = (double)(after - i);
    s->ties += t * t * t - t;
    s->rank_sum += (double)doubled_rank(i, after) * (double)(in_a - before);
  }
}

static bool is_exact(const pooled *s)
{
  size_t most = s->ties > 0 ? TIES_MAX : EXACT_MAX;
  return s->n <= most && s->m <= most;
}

/* ways[k * width + r]: how many choices of k of the values have doubled ranks that add up to r. */
static double *count_ways(const pl_allocator *alloc, const pooled *s, size_t *width)
{
  size_t total = s->n + s->m;
  *width = total * (total + 1) + 1;
  double *ways = pl_alloc_zero(alloc, (s->n + 1) * *width, sizeof *ways);
  if (!ways)
    return NULL;
  ways[0] = 1;
  for (size_t i = 0, after = 0, taken = 0; i < total; i++) {
    if (i == after) {
      for (after = i + 1; after < total && s->all[after] == s->all[i];)
        after++;
      taken = i;
    }
    size_t r = doubled_rank(taken, after);
    for (size_t k = i + 1 < s->n ? i + 1 : s->n; k > 0; k--) {
      for (size_t sum = *width - 1; sum >= r; sum--)
        ways[k * *width + sum] += ways[(k - 1) * *width + sum - r];
    }
  }
  return ways;
}

/* p of the rank sum, and how many differences an interval leaves out below: the largest C with P(U < C) <= 0.025. */
static int exact(const pl_allocator *alloc, const pooled *s, pl_mann_whitney *out, uint64_t *left_out)
{
  size_t width;
  double *ways = count_ways(alloc, s, &width);
  if (!ways)
    return PL_ENOMEM;
  const double *of_a = ways + s->n * width;
  double all = 0, below = 0, above = 0, tail = 0, least = (double)(s->n * (s->n + 1));
  for (size_t sum = 0; sum < width; sum++) {
    all += of_a[sum];
    below += (double)sum <= s->rank_sum ? of_a[sum] : 0;
    above += (double)sum >= s->rank_sum ? of_a[sum] : 0;
  }
  out->p = fmin(1, 2 * fmin(below, above) / all);
  for (size_t sum = 0; sum < width; sum++) {
    tail += of_a[sum];
    if (tail > 0.025 * all) {
      *left_out = (uint64_t)(fmax(0, (double)sum - least) / 2);
      break;
    }
  }
  pl_free(alloc, ways, (s->n + 1) * width * sizeof *ways);
  return PL_OK;
}

static void approximate(const pooled *s, pl_mann_whitney *out, uint64_t *left_out)
{
  double n = (double)s->n, m = (double)s->m, total = n + m, middle = n * m / 2;
  double variance = n * m / 12 * (total + 1 - s->ties / (total * (total - 1)));
  double apart = fmax(0, fabs(out->u - middle) - 0.5), deviation = sqrt(fmax(0, variance));
  out->p = deviation > 0 ? fmin(1, 2 * pl_normal_cdf(-apart / deviation)) : 1;
  *left_out = (uint64_t)fmax(0, floor(middle - pl_normal_inverse(0.975) * deviation));
}

static int conclude(const pl_allocator *alloc, pooled *s, pl_mann_whitney *out)
{
  uint64_t left_out = 0, pairs = (uint64_t)s->n * s->m;
  rank(s);
  out->u = (s->rank_sum - (double)s->n * ((double)s->n + 1)) / 2;
  out->exact = is_exact(s);
  if (!out->exact)
    approximate(s, out, &left_out);
  else if (exact(alloc, s, out, &left_out))
    return PL_ENOMEM;
  out->shift = pl_shift(s->a, s->n, s->b, s->m);
  uint64_t low = left_out < 1 ? 1 : left_out;
  out->lo = pl_nth_difference(s->a, s->n, s->b, s->m, low);
  out->hi = pl_nth_difference(s->a, s->n, s->b, s->m, pairs + 1 - low);
  return PL_OK;
}

static bool all_finite(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return false;
  }
  return n > 0;
}

int pl_mann_whitney_test(const pl_allocator *alloc, const double *a, size_t n, const double *b, size_t m, pl_mann_whitney *out)
{
  if (!all_finite(a, n) || !all_finite(b, m))
    return PL_EINVAL;
  size_t bytes = 2 * (n + m) * sizeof(double);
  double *room = pl_alloc(alloc, bytes);
  if (!room)
    return PL_ENOMEM;
  pooled s = {.a = room, .b = room + n, .all = room + n + m, .n = n, .m = m};
  pl_mann_whitney found = {0};
  memcpy(s.a, a, n * sizeof *a);
  memcpy(s.b, b, m * sizeof *b);
  memcpy(s.all, room, (n + m) * sizeof *room);
  pl_sort(s.a, n);
  pl_sort(s.b, m);
  pl_sort(s.all, n + m);
  int code = conclude(alloc, &s, &found);
  if (!code)
    *out = found;
  pl_free(alloc, room, bytes);
  return code;
}

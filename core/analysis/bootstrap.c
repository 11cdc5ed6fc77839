/* See bootstrap.h. The ratio is linearised: its residuals part - ratio * all add up to 0, and their blocks' sums vary as it does. */
#include "analysis/bootstrap.h"

#include <math.h>

#include "analysis/student.h"

enum { LAGS_MAX = 60, BLOCKS_MIN = 10, STRETCHES_MIN = 7 };

/* A power of two, which rounds nothing, times which the largest value is about 1: squares then stay within the range of doubles. */
static double unit_of(const double *x, size_t n)
{
  double largest = 0;
  int power = 0;
  for (size_t i = 0; i < n; i++)
    largest = isfinite(x[i]) ? fmax(largest, fabs(x[i])) : largest;
  (void)frexp(largest, &power);
  return ldexp(1, power < -1000 ? 1000 : -power);
}

double pl_autocorrelation(const double *x, size_t n, size_t lag)
{
  double mean = 0, c0 = 0, c = 0, unit = unit_of(x, n);
  for (size_t i = 0; i < n; i++)
    mean += x[i] * unit - x[0] * unit; /* from a value on, so that a constant's is that value exactly */
  mean = n ? x[0] * unit + mean / (double)n : 0;
  for (size_t i = 0; i < n; i++) {
    double apart = x[i] * unit - mean;
    c0 += apart * apart;
    if (i + lag < n)
      c += apart * (x[i + lag] * unit - mean);
  }
  return c0 > 0 && isfinite(c0) ? c / c0 : 0;
}

size_t pl_block_length(size_t n, double (*correlation)(const void *of, size_t lag), const void *of)
{
  double noise = 2 / sqrt((double)n), sum = 0.5;
  for (size_t lag = 1; lag < n / 3 && lag < LAGS_MAX; lag++) {
    double r = correlation(of, lag);
    if (r < noise)
      break;
    sum += r;
  }
  size_t length = (size_t)ceil(4 * sum - 1), most = n / 4 ? n / 4 : 1;
  return length < 1 ? 1 : length > most ? most : length;
}

/* The seconds, and what their residuals are taken from. */
typedef struct seconds {
  const double *part, *all;
  size_t n;
  double ratio, total; /* of all */
  double squares;      /* of the residuals, added up */
} seconds;

static double residual(const seconds *s, size_t i)
{
  return s->part[i] - s->ratio * s->all[i];
}

/* Sum of the products of residuals that are `lag` seconds apart. */
static double products(const seconds *s, size_t lag)
{
  double sum = 0;
  for (size_t i = lag; i < s->n; i++)
    sum += residual(s, i) * residual(s, i - lag);
  return sum;
}

static double correlation(const void *of, size_t lag)
{
  const seconds *s = of;
  return s->squares > 0 ? products(s, lag) / s->squares : 0;
}

/* The bootstrap's variance of the residuals' sum: the mean square of the sums of all circular blocks, times how many blocks make
 * the whole; n / (n - block) makes up for the mean that was taken out. */
static double block_variance(const seconds *s, size_t block)
{
  double sum = 0, squares = 0;
  for (size_t i = 0; i < block; i++)
    sum += residual(s, i);
  for (size_t i = 0; i < s->n; i++) {
    squares += sum * sum;
    sum += residual(s, (i + block) % s->n) - residual(s, i);
  }
  return squares / (double)block * (double)s->n / (double)(s->n - block);
}

/* The same if each second depended on the one before alone; the correlation with the bias of short series put back (Kendall 1954). */
static double chain_variance(const seconds *s)
{
  double r = correlation(s, 1);
  r += (1 + 3 * r) / (double)s->n;
  r = fmin(0.95, fmax(0, r));
  return s->squares * (1 + r) / (1 - r);
}

/* The largest variance of those block lengths that are worth trying; that length. */
static double largest_variance(const seconds *s, size_t *block)
{
  size_t least = pl_block_length(s->n, correlation, s);
  double most = block_variance(s, least);
  *block = least;
  for (size_t b = 2 * least; b <= s->n / BLOCKS_MIN; b *= 2) {
    double v = block_variance(s, b);
    if (v > most) {
      most = v;
      *block = b;
    }
  }
  return fmax(most, chain_variance(s));
}

/* A gamma distributed value of this shape and mean 1, z standard deviations up (Wilson and Hilferty 1931). */
static double gamma_at(double shape, double z)
{
  double root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));
  return root > 0 ? root * root * root : 0;
}

/* Fills the ranges from the rarer side: `tail` of all values, of this shape. */
static void fill(pl_interval *out, double tail, bool upper, double shape, double z)
{
  double low = tail * gamma_at(shape, -z), high = fmin(1, tail * gamma_at(shape, z));
  double least = tail / gamma_at(shape, z), most = gamma_at(shape, -z) > 0 ? fmin(1, tail / gamma_at(shape, -z)) : 1;
  out->at_least = upper ? 1 - high : low;
  out->at_most = upper ? 1 - low : high;
  out->lo = upper ? 1 - most : least;
  out->hi = upper ? 1 - least : most;
}

bool pl_bootstrap_ratio(const double *part, const double *all, size_t n, double level, pl_interval *out)
{
  double parts = 0;
  seconds s = {.part = part, .all = all, .n = n};
  for (size_t i = 0; i < n; i++) {
    parts += part[i];
    s.total += all[i];
  }
  if (n < 5 || !(s.total > 0) || !isfinite(parts))
    return false;
  s.ratio = parts / s.total;
  s.squares = products(&s, 0);
  *out = (pl_interval){.value = s.ratio, .lo = s.ratio, .hi = s.ratio, .at_least = s.ratio, .at_most = s.ratio, .block = 1,
                       .stretches = (double)n, .too_few = n < BLOCKS_MIN};
  bool upper = s.ratio > 0.5;
  double tail = upper ? 1 - s.ratio : s.ratio, variance = largest_variance(&s, &out->block);
  if (!(tail > 0) || !(variance > 0))
    return true;
  double shape = tail * s.total * tail * s.total / variance, blocks = (double)n / (double)out->block;
  fill(out, tail, upper, shape, pl_student_quantile(0.5 + level / 2, fmax(3, fmin(blocks - 1, shape))));
  out->stretches = fmin(shape, blocks);
  out->too_few = blocks < BLOCKS_MIN || shape < STRETCHES_MIN;
  return true;
}

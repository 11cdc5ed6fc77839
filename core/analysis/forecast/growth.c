/* See growth.h. */
#include "analysis/forecast/growth.h"

#include <math.h>

/* By how much the series has to grow, or shrink, over its offset; how far below the least value the offset lies, in shares of the range. */
static const double enough = 1.5, below = 0.1;

/* The same of seasons: their least values lie near the offset where they are deep. */
static const double spreads = 1.2, nearer = 0.025;

static double mean_of(const double *y, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += y[i] / (double)n;
  return sum;
}

int pl_growth_offset(const double *y, size_t n, double least, double most, double *offset)
{
  size_t third = n / 3;
  if (third < 2)
    return PL_EINVAL;
  const double *from = y + (n - 3 * third);
  double first = mean_of(from, third), before = mean_of(from + third, third) - first, behind = mean_of(from + 2 * third, third) - first - before;
  double ratio = behind / before, grown = pow(fmax(ratio, 1 / ratio), 3);
  if (!(ratio > 0 && behind > before && grown >= enough))
    return PL_EINVAL;
  *offset = fmin(first - before / (ratio - 1), least - below * (most - least));
  return PL_OK;
}

/* Mean distance of y[n] from a line through its middle. */
static double spread_of(const double *y, size_t n, double mean, double slope)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += fabs(y[i] - mean - slope * ((double)i - (double)(n - 1) / 2)) / (double)n;
  return sum;
}

int pl_seasonal_offset(const double *y, size_t n, size_t season, double least, double most, double *offset)
{
  size_t third = season > 1 ? n / 3 / season * season : 0;
  if (third == 0)
    return PL_EINVAL;
  const double *from = y + (n - 3 * third), *to = y + (n - third);
  double first = mean_of(from, third), last = mean_of(to, third), slope = (last - first) / (2 * (double)third);
  double before = spread_of(from, third, first, slope), behind = spread_of(to, third, last, slope), ratio = behind / before;
  if (!(before > 0 && fmax(ratio, 1 / ratio) >= spreads && (last - first) * (behind - before) > 0))
    return PL_EINVAL;
  *offset = fmin(first - before * (last - first) / (behind - before), least - nearer * (most - least));
  return PL_OK;
}

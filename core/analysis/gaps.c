/* See gaps.h. */
#include "analysis/gaps.h"

#include <math.h>
#include <stdint.h>

/* Mean of the nearest values whole seasons before and behind value i, at most three seasons away; NaN: there is none. */
static double seasons_away(const double *y, size_t n, size_t season, size_t i)
{
  for (size_t k = 1; k <= 3; k++) {
    double before = i >= k * season ? y[i - k * season] : NAN, behind = i + k * season < n ? y[i + k * season] : NAN;
    if (!isnan(before) && !isnan(behind))
      return before / 2 + behind / 2;
    if (!isnan(before) || !isnan(behind))
      return isnan(before) ? behind : before;
  }
  return NAN;
}

size_t pl_gaps_fill(const double *y, size_t n, size_t season, double *out)
{
  size_t filled = 0, last = SIZE_MAX;
  for (size_t i = 0; i < n; i++)
    out[i] = y[i];
  for (size_t i = 0; i < n; i++) {
    if (isnan(y[i]))
      continue;
    for (size_t j = last == SIZE_MAX ? 0 : last + 1; j < i; j++, filled++) {
      double share = last == SIZE_MAX ? 1 : (double)(j - last) / (double)(i - last);
      double line = last == SIZE_MAX ? y[i] : y[last] * (1 - share) + y[i] * share;
      double seasonal = season > 1 && i - (last + 1) > 2 ? seasons_away(y, n, season, j) : NAN;
      out[j] = isnan(seasonal) ? line : seasonal;
    }
    last = i;
  }
  if (last == SIZE_MAX)
    return n;
  for (size_t j = last + 1; j < n; j++, filled++)
    out[j] = y[last];
  return filled;
}

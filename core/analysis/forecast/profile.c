/* See profile.h. */
#include "analysis/forecast/profile.h"

#include <math.h>
#include <stdbool.h>

#include "analysis/forecast/median.h"
#include "analysis/forecast/theil_sen.h"
#include "analysis/gaps.h"

enum { CYCLES = 20 };

/* left[i] = full[i] - mean of the season about i - slope within it; sums[n + 1] is scratch. */
static void without_level(const double *full, size_t n, size_t p, double slope, double *sums, double *left)
{
  sums[0] = 0;
  for (size_t i = 0; i < n; i++)
    sums[i + 1] = sums[i] + full[i];
  for (size_t i = 0; i < n; i++) {
    size_t from = i > p / 2 ? i - p / 2 : 0;
    if (from + p > n)
      from = n - p;
    double centre = (double)from + ((double)p - 1) / 2;
    left[i] = full[i] - (sums[from + p] - sums[from]) / (double)p - slope * ((double)i - centre);
  }
}

/* Medians by phase of the last seasons of left[n], gaps of y left out, centred; false: a phase has no value. */
static bool form_of(const double *y, const double *left, size_t n, size_t p, double *form)
{
  double mean = 0, values[CYCLES + 1];
  for (size_t phase = 0; phase < p; phase++) {
    size_t kept = 0;
    for (size_t back = 0; back < n / p + 1 && kept <= CYCLES; back++) {
      size_t at = phase + (n / p - back) * p;
      if (at < n && !isnan(y[at]))
        values[kept++] = left[at];
    }
    if (kept == 0)
      return false;
    form[phase] = pl_median_in(values, kept);
    mean += form[phase] / (double)p;
  }
  for (size_t phase = 0; phase < p; phase++)
    form[phase] -= mean;
  return true;
}

int pl_profile(const pl_allocator *a, const double *y, size_t n, const size_t *seasons, size_t count, size_t total, double *out)
{
  if (count == 0 || n < 4)
    return PL_OK;
  double *scratch = pl_alloc(a, (4 * n + 1) * sizeof *scratch);
  if (!scratch)
    return PL_ENOMEM;
  double *full = scratch, *left = full + n, *form = left + n, *sums = form + n;
  pl_line line = {0};
  int code = pl_gaps_fill(y, n, seasons[0], full) < n ? pl_theil_sen(a, y, n, &line) : PL_EINVAL;
  for (size_t s = 0; s < count && code == PL_OK; s++) {
    size_t p = seasons[s];
    if (p < 2 || p > n / 2)
      continue;
    without_level(full, n, p, line.slope, sums, left);
    if (!form_of(y, left, n, p, form))
      continue;
    for (size_t i = 0; i < total; i++)
      out[i] += form[i % p];
    for (size_t i = 0; i < n; i++)
      full[i] -= form[i % p];
  }
  pl_free(a, scratch, (4 * n + 1) * sizeof *scratch);
  return code == PL_ENOMEM ? code : PL_OK;
}

/* Apdex of counts. */
#include "analysis/experience/apdex.h"

#include <math.h>

static const char *rating_of(double score)
{
  static const struct {
    double from;
    const char *name;
  } ratings[] = {{0.94, "excellent"}, {0.85, "good"}, {0.70, "fair"}, {0.50, "poor"}, {0, "unacceptable"}};
  size_t i = 0;
  double rounded = floor(score * 100 + 0.5 + 1e-9) / 100; /* the specification rates scores of two digits */
  while (rounded < ratings[i].from)
    i++;
  return ratings[i].name;
}

void pl_apdex_of(uint64_t satisfied, uint64_t tolerating, uint64_t frustrated, double z, pl_apdex *out)
{
  double s = (double)satisfied, t = (double)tolerating, n = s + t + (double)frustrated;
  *out = (pl_apdex){.score = NAN, .lo = NAN, .hi = NAN, .rating = "no sample", .samples = satisfied + tolerating + frustrated};
  out->few = out->samples < PL_APDEX_SAMPLES;
  if (!out->samples)
    return;
  out->score = (s + t / 2) / n;
  out->rating = rating_of(out->score);
  if (out->samples < 2)
    return;
  double variance = (s + t / 4 - n * out->score * out->score) / (n - 1), half = z * sqrt(fmax(0, variance) / n);
  out->lo = fmax(0, out->score - half);
  out->hi = fmin(1, out->score + half);
}

int pl_apdex_count(const double *latencies, size_t n, double t, double tolerating, uint64_t counts[3], pl_error *err)
{
  if (!(t > 0 && isfinite(t)))
    return pl_fail(err, PL_EINVAL, "a threshold of %g; it is above 0", t);
  double most = tolerating > 0 || isnan(tolerating) || tolerating < 0 ? tolerating : 4 * t;
  if (!(most >= t))
    return pl_fail(err, PL_EINVAL, "a tolerating threshold of %g, below that of satisfaction, %g", most, t);
  counts[0] = counts[1] = counts[2] = 0;
  for (size_t i = 0; i < n; i++) {
    if (latencies[i] < 0)
      return pl_fail(err, PL_EINVAL, "latency %zu is %g; it is 0 or more", i + 1, latencies[i]);
    counts[latencies[i] <= t ? 0 : latencies[i] <= most ? 1 : 2]++;
  }
  return PL_OK;
}

/* Apdex: the share of satisfied users (Apdex Alliance, Application Performance Index technical specification 1.1, 2007). */
#ifndef PL_ANALYSIS_EXPERIENCE_APDEX_H
#define PL_ANALYSIS_EXPERIENCE_APDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* With fewer samples the specification wants the score marked. */
#define PL_APDEX_SAMPLES 100

/* A score. */
typedef struct pl_apdex {
  double score;       /* (satisfied + tolerating / 2) / all, 0 ... 1; NaN without samples */
  double lo, hi;      /* its interval, by the samples' spread (normal), within 0 ... 1; NaN for fewer than 2 samples */
  const char *rating; /* excellent (from .94), good (.85), fair (.70), poor (.50), unacceptable; "no sample": a constant text */
  uint64_t samples;
  bool few;           /* fewer than PL_APDEX_SAMPLES */
} pl_apdex;

/* satisfied: answered within T; tolerating: within 4 T (the specification's factor); frustrated: later or failed. z: of the interval, 1.96 for 95 %. All 0:
 * no sample. O(1). */
void pl_apdex_of(uint64_t satisfied, uint64_t tolerating, uint64_t frustrated, double z, pl_apdex *out);

/* The counts of n latencies: satisfied up to t, tolerating up to `tolerating` (0: 4 t), frustrated above and where it is NaN or infinite (no answer).
 * counts[3]. No latency: all 0. Errors, PL_EINVAL: t <= 0 or not finite, a tolerating threshold below t, a negative latency. O(n). */
int pl_apdex_count(const double *latencies, size_t n, double t, double tolerating, uint64_t counts[3], pl_error *err) PL_MUSTCHECK;

#endif

/* How many of the users met trouble. */
#ifndef PL_ANALYSIS_EXPERIENCE_AFFECTED_H
#define PL_ANALYSIS_EXPERIENCE_AFFECTED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A share with its interval. */
typedef struct pl_affected {
  uint64_t users, affected;
  double share, lo, hi; /* Wilson's interval (1927); NaN without users */
} pl_affected;

/* Of n users with their bad requests (or bad seconds) those with at least `least` > 0 of them. z: of the interval, 1.96 for 95 %. Errors, PL_EINVAL: a
 * number that is negative or NaN, least <= 0. An infinite number counts as one of at least any. Nobody: no share. O(n). */
int pl_affected_users(const double *bad, size_t n, double least, double z, pl_affected *out, pl_error *err) PL_MUSTCHECK;

#endif

/* Where a season slips: from some value on it runs some places ahead, as where a sample was left out or came twice. */
#ifndef PL_ANALYSIS_CHANGE_SLIP_H
#define PL_ANALYSIS_CHANGE_SLIP_H

#include <stddef.h>

enum { PL_SLIPS_MOST = 8, PL_SLIP_WORK = 1 << 24 /* values times the season's length; above it no slip is looked for */ };

/* From value `at` on, value i stands at place (i + by) % m of the season. */
typedef struct pl_slip {
  size_t at, by;
} pl_slip;

/* The stretches of y[n] with a season of m values, 2 <= m <= n / 3, in order, the first one from 0; 1 where nothing slips. slips: PL_SLIPS_MOST + 1, scratch: 3 n.
 *
 * Differences of neighbours, by least absolute deviations, so that levels that change count once, against those of the stretch where they repeat best. Only where
 * a season of one phase foretells them worse than the season before does, stretches are cut in two at the best place with the best phases (binary segmentation),
 * while that is likelier by 10 and Schwarz's 5/3 log n for place and phase (Laplace's law, 2 n log of the mean deviation), and halves what the part deviates by.
 * Time: n m for each slip. |y| <= 1e300; constants and noise have no slip. */
size_t pl_slips_find(const double *y, size_t n, size_t m, double *scratch, pl_slip *slips);

#endif

/* The period of a series that nobody told, learnt from its rows: rings of the last values, of every row and of means over 8 and 64 rows, are looked at
 * now and then for a lag at which the rows come again. A lag is one where the autocorrelation of a ring, less the line that fits it best, is at least
 * 0.4, stands out from a shorter lag by as much, and comes again at twice the lag (M. Vlachos, P. Yu, V. Castelli, "On periodicity detection and structural
 * periodic similarity", SDM 2005: hills of the autocorrelation); its multiples then tell it to a part of a row. At least three periods must be in a ring:
 * from 6 rows to 10,880.
 *
 * What is found is a guess: whoever uses it asks of the rows to come whether they are foretold (season.h). Values beyond four mean deviations count as
 * these, missing ones as the mean. Constant rows have no period. O(1) a row amortised: a look costs 512 x 384 products, every 256 slots of a ring. */
#ifndef PL_ANALYSIS_ANOMALY_PERIOD_H
#define PL_ANALYSIS_ANOMALY_PERIOD_H
#include <stddef.h>
#include <stdint.h>

enum { PL_PERIOD_SLOTS = 512, PL_PERIOD_RINGS = 3, PL_PERIOD_STEP = 8, PL_PERIOD_LEAST = 6 };

/* The last values of a series, each the mean of so many rows; NaN where all of them are missing. */
typedef struct pl_period_ring {
  double slot[PL_PERIOD_SLOTS];
  uint64_t n, due;       /* slots filled so far, and how many there will be at the next look */
  double mean;           /* of the slot that is being filled: of the rows that are not missing */
  uint32_t rows, there;  /* of it: rows so far, and those that are not missing */
} pl_period_ring;

/* A memset of zero is one that knows nothing. */
typedef struct pl_period {
  pl_period_ring ring[PL_PERIOD_RINGS];
} pl_period;

/* Counts a row (finite), and `missing` rows before it (at most those of a ring count). The period that is seen now, in rows, and the ring that shows it;
 * 0 mostly. O(1 + missing) amortised. */
double pl_period_add(pl_period *p, double value, uint64_t missing, int *ring);

/* The mean of the slot of a ring that holds the row `ago` rows before the last one; NaN where the ring does not hold it, or it is missing. O(1). */
double pl_period_value(const pl_period *p, int ring, uint64_t ago);
#endif

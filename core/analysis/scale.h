/* Differences of all pairs without making them: the robust scale Qn, and Hodges and Lehmann's shift. */
#ifndef PL_ANALYSIS_SCALE_H
#define PL_ANALYSIS_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The k-th smallest (k from 1) of the n m differences b[j] - a[i] of sorted finite values, exactly, by halving the range of doubles: O(64 (n + m)).
 * Differences beyond DBL_MAX count as that. k is held to 1 .. n m; NaN where a side is empty. Johnson and Mizoguchi (1978) have the problem. */
double pl_nth_difference(const double *a, size_t n, const double *b, size_t m, uint64_t k);

/* Qn of n sorted finite values (Rousseeuw and Croux 1993): the h (h - 1) / 2-th of the distances of pairs, h = n / 2 + 1, times 2.2191, so that it
 * estimates the standard deviation of normal values; half of the values may be anything. With the correction for few values of Croux and Rousseeuw (1992).
 * 0 for n < 2 and where more than half are equal (a constant, all 0). O(64 n). */
double pl_qn(const double *sorted, size_t n);

/* Hodges and Lehmann (1963): the median of the differences b - a; of an even number the mean of the two in the middle. NaN where a side is empty; 0 of
 * equal constants. Sorted finite values of any sign. O(64 (n + m)). */
double pl_shift(const double *a, size_t n, const double *b, size_t m);

#endif

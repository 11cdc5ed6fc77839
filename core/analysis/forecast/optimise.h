/* The smallest value of a function in a box, without derivatives. */
#ifndef PL_ANALYSIS_FORECAST_OPTIMISE_H
#define PL_ANALYSIS_FORECAST_OPTIMISE_H

#include <stddef.h>

enum { PL_MINIMISE_MAX = 8 /* dimensions */ };

/* What is to become small; a NaN counts as infinitely large. */
typedef double (*pl_objective)(const double *x, void *user);

/* Nelder and Mead's simplex (1965), its points moved to the nearest point of the box [lo, hi]. x: where it begins, and then the best point of d <=
 * PL_MINIMISE_MAX numbers; step: the first simplex's edge as a part of the box; calls: most evaluations. Returns the value at x. It ends when the simplex's
 * values differ by less than 1e-8 of their size; where f is NaN or infinite everywhere, after all calls, where it began. d 0: the value there.
 * Deterministic. Time: the calls, and d^2 for each. */
double pl_minimise(pl_objective f, void *user, double *x, const double *lo, const double *hi, size_t d, double step, size_t calls);

#endif

/* Student's t distribution, by the regularised incomplete beta function (continued fraction, Abramowitz
 * and Stegun 26.5.8, by Lentz's method). */
#ifndef PL_ANALYSIS_STUDENT_H
#define PL_ANALYSIS_STUDENT_H

#include <stddef.h>

/* P(T <= t) with df > 0 degrees of freedom; NaN of NaN. Accurate to about 1e-12. A bounded number of steps, as all here. */
double pl_student_cdf(double t, double df);

/* The t with P(T <= t) = p, 0 < p < 1, by bisection of the one above; NaN of NaN; at 0 and 1 and beyond a far number. */
double pl_student_quantile(double p, double df);

/* The regularised incomplete beta function I_x(a, b), a and b above 0; 0 and 1 outside (0, 1). About 1e-12, less for parameters in the
 * millions. */
double pl_beta_regular(double a, double b, double x);

/* Degrees of freedom of the difference of two means of n >= 2 values each (Welch 1947, Satterthwaite 1946); those of equal variances where both are 0.
 * O(1). */
double pl_welch_freedom(double variance_a, size_t n_a, double variance_b, size_t n_b);

#endif

/* Student's t distribution, by the regularised incomplete beta function (continued fraction, Lentz's method). */
#ifndef PL_ANALYSIS_STUDENT_H
#define PL_ANALYSIS_STUDENT_H

/* P(T <= t) with df > 0 degrees of freedom. Accurate to about 1e-12. */
double pl_student_cdf(double t, double df);

/* The t with P(T <= t) = p, 0 < p < 1. */
double pl_student_quantile(double p, double df);

#endif

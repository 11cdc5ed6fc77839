/* Operational laws (Denning and Buzen, ACM Computing Surveys 10, 1978): they hold for what was measured, whatever its law. NaN where an argument is
 * negative, NaN, or a divisor 0. O(1) each. */
#ifndef PL_ANALYSIS_CAPACITY_OPERATIONAL_H
#define PL_ANALYSIS_CAPACITY_OPERATIONAL_H

#include <stdbool.h>

/* Utilisation of a resource at a throughput x whose requests need d seconds of it each: U = X D. */
double pl_utilisation_law(double x, double d);

/* Seconds of a resource that a request needs: D = U / X. */
double pl_demand_law(double utilisation, double x);

/* Little's law (Operations Research 9, 1961): how many are inside on average, L = X W. */
double pl_littles_law(double x, double w);

/* Response time of n users who think z seconds, at a throughput x: R = N / X - Z. */
double pl_response_time_law(double users, double x, double think);

/* Throughput of a resource that each request visits v times: X_k = V_k X. */
double pl_forced_flow_law(double x, double visits);

/* Whether what was measured keeps Little's law: l against x w, within a share of the larger. */
typedef struct pl_little_check {
  double expected; /* x w */
  double off;      /* (l - x w) / the larger of both; 0 where both are 0, NaN where one is not known */
  bool known, holds;
} pl_little_check;

/* l: measured mean number inside; tolerance: a share such as 0.05. Nothing is known of negative numbers and NaN. */
pl_little_check pl_check_littles_law(double l, double x, double w, double tolerance);

#endif

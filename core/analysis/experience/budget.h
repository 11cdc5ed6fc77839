/* Error budgets: what an objective of a share over a period leaves to fail, and how fast it is spent (The Site Reliability Workbook, 2018,
 * ch. 5). */
#ifndef PL_ANALYSIS_EXPERIENCE_BUDGET_H
#define PL_ANALYSIS_EXPERIENCE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A pair of windows: the alert holds while both burn faster. */
typedef struct pl_burn_rule {
  double long_s, short_s; /* seconds */
  double rate;            /* times the rate that spends the budget exactly over the period */
  const char *severity;   /* "page" or "ticket" */
} pl_burn_rule;

/* The workbook's rules for a period of 30 days: 14.4 over 1 h and 5 min, 6 over 6 h and 30 min, 3 over 1 d and 2 h, 1 over 3 d and 6 h. */
extern const pl_burn_rule pl_burn_rules[4];

/* What a rule sees at the end of the series. */
typedef struct pl_burn {
  double long_rate, short_rate; /* burn rates; NaN where the window has no request */
  bool whole;                   /* the series is as long as the long window */
  bool firing;
} pl_burn;

/* What became of the objective over the series. */
typedef struct pl_budget {
  double total, bad;
  double attained; /* share that was good; NaN without requests */
  double used;     /* share of the budget that the bad ones spent: of what the requests seen allow; may be above 1 */
  double left;     /* 1 - used */
  double rate;     /* burn rate over all of the series; NaN without requests, which spend nothing */
  bool met;        /* attained >= objective; false without requests */
} pl_budget;

/* total, bad: requests of each of n steps of equal length, oldest first, 0 <= bad <= total. objective: a share such as 0.999, 0 < objective < 1. No step,
 * and steps without requests: nothing is attained or spent. Errors, PL_EINVAL: what is none of that (NaN, infinite, negative). O(n). */
int pl_budget_of(const double *total, const double *bad, size_t n, double objective, pl_budget *out, pl_error *err) PL_MUSTCHECK;

/* The rules at the end of the series, one pl_burn each. step_s: seconds of a step. Windows of less than a step are a step. Errors as of
 * pl_budget_of, and step_s <= 0. O(n x rules). */
int pl_burn_rates(const double *total, const double *bad, size_t n, double step_s, double objective, const pl_burn_rule *rules, size_t n_rules, pl_burn *out,
                  pl_error *err) PL_MUSTCHECK;

/* Seconds until the budget of a period is spent at a burn rate, a share `left` of it being left; infinite for a rate <= 0 and NaN, 0 for left <= 0. O(1). */
double pl_budget_lasts(double left, double rate, double period_s);

#endif

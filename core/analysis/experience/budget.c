/* Error budgets and burn rates. */
#include "analysis/experience/budget.h"

#include <math.h>

const pl_burn_rule pl_burn_rules[4] = {{3600, 300, 14.4, "page"}, {21600, 1800, 6, "page"}, {86400, 7200, 3, "ticket"}, {259200, 21600, 1, "ticket"}};

static int check(const double *total, const double *bad, size_t n, double objective, pl_error *err)
{
  if (!(objective > 0 && objective < 1))
    return pl_fail(err, PL_EINVAL, "an objective of %g; it lies between 0 and 1, such as 0.999", objective);
  for (size_t i = 0; i < n; i++)
    if (!(total[i] >= 0 && isfinite(total[i]) && bad[i] >= 0 && bad[i] <= total[i]))
      return pl_fail(err, PL_EINVAL, "step %zu: %g bad ones of %g; there are 0 to all of them", i + 1, bad[i], total[i]);
  return PL_OK;
}

/* How many times faster than allowed, over the last `steps` steps. */
static double rate_of(const double *total, const double *bad, size_t n, size_t steps, double objective)
{
  double all = 0, lost = 0;
  for (size_t i = n - (steps < n ? steps : n); i < n; i++) {
    all += total[i];
    lost += bad[i];
  }
  return all > 0 ? lost / all / (1 - objective) : NAN;
}

int pl_budget_of(const double *total, const double *bad, size_t n, double objective, pl_budget *out, pl_error *err)
{
  int code = check(total, bad, n, objective, err);
  if (code)
    return code;
  pl_budget b = {.attained = NAN};
  for (size_t i = 0; i < n; i++) {
    b.total += total[i];
    b.bad += bad[i];
  }
  b.rate = rate_of(total, bad, n, n, objective);
  if (b.total > 0) {
    b.attained = 1 - b.bad / b.total;
    b.used = b.rate;
    b.met = b.bad <= b.total * (1 - objective) * (1 + 1e-12);
  }
  b.left = 1 - b.used;
  *out = b;
  return PL_OK;
}

static size_t steps_of(double seconds, double step_s)
{
  double steps = ceil(seconds / step_s - 1e-9);
  return steps < 1 ? 1 : steps > 1e15 ? (size_t)1e15 : (size_t)steps;
}

int pl_burn_rates(const double *total, const double *bad, size_t n, double step_s, double objective, const pl_burn_rule *rules, size_t n_rules, pl_burn *out,
                  pl_error *err)
{
  int code = check(total, bad, n, objective, err);
  if (code)
    return code;
  if (!(step_s > 0 && isfinite(step_s)))
    return pl_fail(err, PL_EINVAL, "a step of %g seconds; it is above 0", step_s);
  for (size_t i = 0; i < n_rules; i++) {
    size_t steps = steps_of(rules[i].long_s, step_s);
    pl_burn b = {.long_rate = rate_of(total, bad, n, steps, objective), .whole = n >= steps};
    b.short_rate = rate_of(total, bad, n, steps_of(rules[i].short_s, step_s), objective);
    b.firing = b.long_rate >= rules[i].rate && b.short_rate >= rules[i].rate;
    out[i] = b;
  }
  return PL_OK;
}

double pl_budget_lasts(double left, double rate, double period_s)
{
  if (left <= 0)
    return 0;
  return rate > 0 ? left * period_s / rate : INFINITY;
}

/* The operational laws. */
#include "analysis/capacity/operational.h"

#include <math.h>

static double product(double a, double b)
{
  return a >= 0 && b >= 0 ? a * b : NAN;
}

double pl_utilisation_law(double x, double d)
{
  return product(x, d);
}

double pl_demand_law(double utilisation, double x)
{
  return utilisation >= 0 && x > 0 ? utilisation / x : NAN;
}

double pl_littles_law(double x, double w)
{
  return product(x, w);
}

double pl_response_time_law(double users, double x, double think)
{
  return users >= 0 && x > 0 && think >= 0 ? users / x - think : NAN;
}

double pl_forced_flow_law(double x, double visits)
{
  return product(x, visits);
}

pl_little_check pl_check_littles_law(double l, double x, double w, double tolerance)
{
  pl_little_check c = {.expected = product(x, w), .off = NAN};
  if (!(l >= 0 && isfinite(l) && isfinite(c.expected)))
    return c;
  double most = fmax(l, c.expected);
  c.known = true;
  c.off = most > 0 ? (l - c.expected) / most : 0;
  c.holds = fabs(c.off) <= tolerance;
  return c;
}

/* See young.h. */
#include "analysis/anomaly/young.h"

#include <math.h>

enum { LEAST = 24 };
static const double ALONE = 10, TWICE = 2, HALF_MORE = 1.5, TOGETHER = 4;

/* The least of three distances on one side, 0 where they are not. */
static double together(double a, double b, double c)
{
  if (!((a > 0 && b > 0 && c > 0) || (a < 0 && b < 0 && c < 0)))
    return 0;
  double least = fabs(a) < fabs(b) ? fabs(a) : fabs(b);
  return fabs(c) < least ? fabs(c) : least;
}

double pl_young_add(pl_young *y, double value, pl_anomaly_kind *kind)
{
  double off = value - y->mean, size = fabs(off), deviation = y->spread / 0.8, calm = y->before[1] / 0.8, odd = 0;
  double largest = fmax(y->most, fmax(fabs(y->recent[0]), fabs(y->recent[1]))), three = together(off, y->recent[0], y->recent[1]);
  if (y->n >= LEAST && size > TWICE * largest && size > ALONE * deviation) {
    odd = deviation > 0 ? size / deviation / ALONE : 2;
    *kind = PL_ANOMALY_SPIKE;
  } else if (y->n >= LEAST && three > HALF_MORE * y->most && three > TOGETHER * calm && calm > 0) {
    odd = three / calm / TOGETHER;
    *kind = PL_ANOMALY_SHIFT;
  }
  double w = 1 / (double)(y->n + 1);
  if (y->n) {
    y->most = fmax(y->most, fabs(y->recent[1]));
    y->recent[1] = y->recent[0];
    y->recent[0] = off;
    y->before[1] = y->before[0];
    y->before[0] = y->spread;
    y->spread += w * (size - y->spread);
  }
  y->mean += w * off;
  y->n++;
  return odd;
}

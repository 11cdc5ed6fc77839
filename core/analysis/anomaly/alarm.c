/* See alarm.h. */
#include "analysis/anomaly/alarm.h"

enum { LEAST = 20, MOST = 500, SHARE = 15 };
static const double WORSE = 2.0; /* so many times rarer breaks the silence */

int pl_alarm_add(pl_alarm *a, double rarity, double *score)
{
  double s = rarity / (2 * PL_ALARM_LEVEL);
  s = s > 1 ? 1 : s;
  int begins = s >= 0.5 && (!a->quiet || rarity > WORSE * a->worst);
  if (begins) {
    uint64_t span = a->n / SHARE;
    a->quiet = span < LEAST ? LEAST : span > MOST ? MOST : span;
    a->worst = rarity;
    a->at = a->n;
  } else if (a->quiet) {
    a->quiet--;
    s = s < 0.49 ? s : 0.49;
  }
  a->n++;
  *score = s;
  return begins;
}

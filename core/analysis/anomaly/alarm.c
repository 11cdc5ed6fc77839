/* See alarm.h. */
#include "analysis/anomaly/alarm.h"

enum { LEAST = 20, MOST = 500, SHARE = 15, CALM = 64 }; /* of rows; CALM is what the slowest average remembers of a row */
static const double WORSE = 2.0; /* so many times rarer breaks the silence */
static const double CLEAR = 0.8; /* the score that breaks it after CALM rows that would have been no alert */

int pl_alarm_add(pl_alarm *a, double rarity, double *score)
{
  double s = rarity / (2 * PL_ALARM_LEVEL);
  s = s > 1 ? 1 : s;
  int begins = s >= 0.5 && (!a->quiet || rarity > WORSE * a->worst || (a->calm >= CALM && s >= CLEAR));
  a->calm = s < 0.5 ? a->calm + 1 : 0;
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

/* Roll-ups: the samples of a period become one. A gauge's is its mean, beside which stand least, greatest and number; of a counter those
 * samples stay that its increases need. What is rolled up is rolled up again, into the same or a longer period, as if it had been all of
 * its samples. Pure; any thread. */
#ifndef PL_STORE_ROLLUP_H
#define PL_STORE_ROLLUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sample, or what stands for n of them: their mean, at the time of the last one. */
typedef struct pl_rolled {
  int64_t ts_ns;
  double value;
  double least, greatest, n; /* value, value and 1 of a single sample, and of one that is not a number */
} pl_rolled;

enum { PL_ROLLED_MAX = 2 }; /* that one more sample can finish */

typedef struct pl_rollup {
  int64_t period_ns;
  bool counter;
  bool begun, keep; /* there is a last sample; of a counter: it stays whatever comes */
  bool several;     /* of a gauge: the period has more than one number */
  pl_rolled last;   /* of a gauge: of the period's numbers, value the first one, n 0 when there is none */
  long double sum;  /* of the period's numbers */
  bool odd;         /* of a gauge: the period's last sample is not a number */
  int64_t odd_ns;
  double odd_value; /* with every bit */
} pl_rollup;

/* Periods begin at multiples of period_ns > 0 since 1970. */
void pl_rollup_init(pl_rollup *r, int64_t period_ns, bool counter);

/* Takes the next sample, later than the one before; how many are finished by it, into out. A gauge: one a period, and behind it the
 * period's last sample if that is not a number (the end of a series). A counter: the last of each period, the first after a period
 * without any, both sides of each reset and what is not a number: so increases, rates and resets between two that stay are those of all. */
size_t pl_rollup_add(pl_rollup *r, const pl_rolled *s, pl_rolled out[PL_ROLLED_MAX]);

/* The same for what is behind the last sample. */
size_t pl_rollup_end(pl_rollup *r, pl_rolled out[PL_ROLLED_MAX]);

/* The number of the period that a time is in. */
int64_t pl_rollup_period(int64_t ts_ns, int64_t period_ns);

#endif

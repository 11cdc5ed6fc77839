/* What the truth server saw, on its own monotonic clock: one entry for each request, and the figures over all of them. */
#ifndef BATTERY_LEDGER_H
#define BATTERY_LEDGER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { LEDGER_BLOCK_GAPS = 400 };

typedef struct ledger_entry {
  uint64_t arrival_ns, completion_ns; /* completion 0: never answered */
  unsigned status;
} ledger_entry;

/* Blocks of entries, so that growing moves nothing. */
typedef struct ledger {
  ledger_entry **blocks;
  size_t n_blocks, count;
} ledger;

/* One more request; NULL without memory. Valid until ledger_free. */
ledger_entry *ledger_add(ledger *l, uint64_t arrival_ns);
void ledger_free(ledger *l);

/* One line each: arrival_ns completion_ns GET / status, as the demo shop's journal. */
void ledger_write(const ledger *l, FILE *out);

/* JSON members, each with a comma before it: "service": seconds from arrival to completion; with rate_per_s > 0 "intended":
 * seconds from the moment when start i of an even schedule was due (i / rate after the earliest possible first) to completion,
 * and "gaps": how well the times between arrivals fit exponential ones of that rate, by the statistics of Anderson and Darling
 * (1 % of honest ones are above 3.857) and of Kolmogorov and Smirnov (times the root of n: 1.628), over all of them and over
 * blocks, of which "passed" are below both; "failed": the others' first and last arrivals in seconds of the clock. */
void ledger_summary(const ledger *l, double rate_per_s, FILE *out);

#endif

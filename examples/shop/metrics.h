/* The shop's figures for its /metrics page, in Prometheus' text format. One thread counts and writes. */
#ifndef SHOP_METRICS_H
#define SHOP_METRICS_H

#include <stdint.h>

enum { METRICS_PAGES = 16, METRICS_CODES = 6, METRICS_BUCKETS = 10 };

typedef struct metrics {
  uint64_t requests[METRICS_PAGES][METRICS_CODES]; /* by page and hundreds of the status */
  uint64_t buckets[METRICS_BUCKETS + 1], count;
  double sum_s;
} metrics;

void metrics_count(metrics *m, unsigned page, unsigned status, double seconds);
/* The page, in memory of malloc; names: of the pages. */
char *metrics_text(const metrics *m, const char *const *names, unsigned n_names, unsigned in_flight);

#endif

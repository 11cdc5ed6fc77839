/* Measured parts of a run: when the figures of a scenario count. A start counts from from_ms to to_ms, and so do rates and the
 * figures of everything but loads; what a measured start led to (an answer, its outcome) counts until drained_ms, for the answer
 * that comes late is the one that matters. */
#ifndef PL_QUERY_PART_H
#define PL_QUERY_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "perilune/error.h"

enum { PL_PARTS_MAX = 256 };

typedef struct pl_part {
  char scenario[64];
  int64_t from_ms, to_ms; /* INT64_MAX: not known yet */
  int64_t drained_ms;     /* last answer was given; INT64_MAX: not known yet */
  bool whole;             /* a stretch that nobody timed by a load: the seconds that begin in it, each as a whole */
} pl_part;

typedef struct pl_parts {
  pl_part list[PL_PARTS_MAX];
  size_t n;
} pl_parts;

/* Adds a part; a part of the same scenario that is not drained yet is replaced. PL_ELIMIT beyond PL_PARTS_MAX. */
int pl_parts_add(pl_parts *p, const pl_part *part, pl_error *err) PL_MUSTCHECK;

/* Whether the second that begins at ts_ms counts for a scenario ("": any). drained: until the end of the drain. Without any
 * part everything counts. */
bool pl_parts_count(const pl_parts *p, const char *scenario, int64_t ts_ms, bool drained);

/* When the first part of a scenario ("": any) began; INT64_MAX without any. */
int64_t pl_parts_first_ms(const pl_parts *p, const char *scenario);

/* How many seconds of the second that begins at ts_ms lie in a part: what rates are taken over. */
double pl_parts_covered_s(const pl_parts *p, const char *scenario, int64_t ts_ms);

#endif

/* StatsD's values, put together for each second: counters are sums since the begin, a gauge is its last value, times and histograms are
 * distributions, a set is the number of its members. One for all receivers of a run: a series has one type, and one sum, whichever of
 * them its values come to. The collector's thread. */
#ifndef PL_INGEST_STATSD_H
#define PL_INGEST_STATSD_H

#include "format/lines.h"
#include "ingest/intake.h"

enum {
  PL_STATSD_DISTS = 4096,     /* series of times and histograms, at most */
  PL_STATSD_MEMBERS = 100000, /* members of all sets in a second, at most */
  PL_STATSD_WEIGHT = 1000000, /* what one sampled value may stand for, at most */
};

typedef struct pl_statsd pl_statsd;

/* The feed is borrowed. PL_ENOMEM. */
int pl_statsd_new(const pl_allocator *alloc, pl_feed *feed, int64_t run, pl_statsd **out, pl_error *err) PL_MUSTCHECK;
/* What was not flushed is lost. NULL is fine. */
void pl_statsd_free(pl_statsd *s);

/* Takes lines that came at now_ns (wall clock), as pl_statsd_read reads them; of a second that is over it writes what came before. A gauge or
 * counter with a time of its own is written at once, under that time. in: of the feed; it keeps the limits, and counts. */
void pl_statsd_take(pl_statsd *s, pl_intake *in, pl_lines *lines, pl_str *text, bool last, int64_t now_ns);

/* Writes what came of a second that is over at now_ns. */
void pl_statsd_turn(pl_statsd *s, int64_t now_ns);
/* Writes what came, also of the second that is not over. */
void pl_statsd_flush(pl_statsd *s, int64_t now_ns);

#endif

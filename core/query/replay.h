/* The final judgement: a watch fed from the stored series of a run. */
#ifndef PL_QUERY_REPLAY_H
#define PL_QUERY_REPLAY_H

#include "query/watch.h"

/* Feeds the watch with the run's data in order of time, with its measured parts (events of kind "measured"), twice,
 * for intervals. parts: those that are not stored, for they have not ended; NULL: none. alone: instead of the stored ones. */
int pl_replay(const pl_allocator *a, pl_reader *r, int64_t run, const pl_parts *parts, bool alone, pl_watch *w,
              pl_error *err) PL_MUSTCHECK;

/* Feeds the watch with the run's data of a stretch of wall time, from_ms <= t < to_ms, measured or not: once, so that there are no
 * intervals. Counters grow from their last sample before it, at most an hour old. PL_ELIMIT: more than PL_PARTS_MAX - 1 scenarios. */
int pl_replay_range(const pl_allocator *a, pl_reader *r, int64_t run, int64_t from_ms, int64_t to_ms, pl_watch *w,
                    pl_error *err) PL_MUSTCHECK;

#endif

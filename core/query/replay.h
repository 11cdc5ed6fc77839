/* The final judgement: a watch fed from the stored series of a run. */
#ifndef PL_QUERY_REPLAY_H
#define PL_QUERY_REPLAY_H

#include "query/watch.h"

/* Feeds the watch with the run's data in order of time, with its measured parts (events of kind "measured"), twice,
 * for intervals. parts: those that are not stored, for they have not ended; NULL: none. alone: instead of the stored ones. */
int pl_replay(const pl_allocator *a, pl_reader *r, int64_t run, const pl_parts *parts, bool alone, pl_watch *w,
              pl_error *err) PL_MUSTCHECK;

#endif

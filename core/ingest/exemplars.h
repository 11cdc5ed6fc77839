/* Exemplars on their way to the timeline, as events of the kind `exemplar`: of each series the newest of each PL_EXEMPLARS_EVERY_NS. They wait until
 * what they came with is known to be good. */
#ifndef PL_INGEST_EXEMPLARS_H
#define PL_INGEST_EXEMPLARS_H

#include "format/exemplar.h"
#include "query/feed.h"

#define PL_EXEMPLARS_EVERY_NS INT64_C(10000000000)

typedef struct pl_exemplars pl_exemplars;

/* feed is borrowed. NULL: no memory. */
pl_exemplars *pl_exemplars_new(const pl_allocator *a, pl_feed *feed, int64_t run) PL_MUSTCHECK;
/* Those that wait are gone. NULL is fine. */
void pl_exemplars_free(pl_exemplars *x);

/* One of a series of the feed, whose time is said; texts are cut at text_max bytes. false: too many wait, or there is no memory. */
bool pl_exemplars_add(pl_exemplars *x, uint32_t series, const pl_exemplar *e, size_t text_max);
/* Stores those that wait, all or nothing; none waits after that. room: how many more there may be; *n: how many more there are, *left: for how many
 * there was no room. Errors are the store's; PL_ENOMEM. */
int pl_exemplars_store(pl_exemplars *x, size_t room, size_t *n, size_t *left, pl_error *err) PL_MUSTCHECK;
/* Forgets those that wait. */
void pl_exemplars_drop(pl_exemplars *x);

#endif

/* The way of a sample onto the timeline: into the store, and past the live objectives. Everything that a
 * run measures (samplers, load, own metrics) goes through one feed. The collector's thread. */
#ifndef PL_QUERY_FEED_H
#define PL_QUERY_FEED_H

#include "query/watch.h"
#include "store/store.h"

#define PL_FEED_WATCHES 256       /* most live objectives */
#define PL_FEED_SERIES 200000     /* most series of one feed */

typedef struct pl_feed pl_feed;

/* store is borrowed. NULL when there is no memory. */
pl_feed *pl_feed_new(const pl_allocator *a, pl_store *store) PL_MUSTCHECK;
void pl_feed_free(pl_feed *f); /* frees its watches */

/* A source of the store with the labels that its series carry (source, instance, role, origin). Found when it
 * exists. *out is a handle of the feed. */
typedef struct pl_feed_source {
  pl_str kind, instance, role, origin;
} pl_feed_source;
int pl_feed_source_get(pl_feed *f, const pl_feed_source *source, uint32_t *out, pl_error *err) PL_MUSTCHECK;

/* The handle of a series of a source (spec->source is ignored), made when new. Handles are dense from 0. */
int pl_feed_series(pl_feed *f, uint32_t source, const pl_series_spec *spec, uint32_t *out, pl_error *err) PL_MUSTCHECK;

/* The id in the store of a series, by its handle. */
int64_t pl_feed_series_id(const pl_feed *f, uint32_t series);

/* Writes and watches; watches see growth of a load's counters where it began (growth.h). run: 0 for ambient. Errors are the store's and are kept there. */
int pl_feed_sample(pl_feed *f, uint32_t series, int64_t run, int64_t ts_ns, double value);
/* Watches see resolution 1 only. */
int pl_feed_dist(pl_feed *f, uint32_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, const pl_hist *h);

/* A named record of the store (pl_store_record). */
int pl_feed_record(pl_feed *f, const char *operation, const pl_field *fields, size_t n, pl_error *err) PL_MUSTCHECK;

/* Adds a live objective (the feed owns the watch from now on, also on failure); it sees what comes from now on, of series that are known already, too.
 * *out: its number. PL_ELIMIT beyond PL_FEED_WATCHES. */
int pl_feed_watch(pl_feed *f, pl_watch *watch, uint32_t *out, pl_error *err) PL_MUSTCHECK;
pl_watch *pl_feed_watch_at(pl_feed *f, uint32_t number); /* NULL when there is none */
uint32_t pl_feed_watches(const pl_feed *f);
int64_t pl_feed_last_second(const pl_feed *f); /* of the wall, the last one that ended; 0: none */
bool pl_feed_watch_broken(const pl_feed *f, uint32_t number); /* at the last second, or for sure at the end of the open one */

/* A load begins: what was broken by the seconds before it is none of its. */
void pl_feed_begin_load(pl_feed *f);

/* Whether an objective looks at totals of a second that is still open (pl_watch_looks_ahead). */
bool pl_feed_looks_ahead(const pl_feed *f);
/* Such a total of a load, at the begin of its second; watches alone see it. */
void pl_feed_ahead(pl_feed *f, uint32_t series, int64_t ts_ms, double value);
/* All were given (pl_watch_judge_ahead). Whether an objective is broken now. */
bool pl_feed_judge_ahead(pl_feed *f, double share);

/* All data of this second was given: every watch slides its windows. A wall second ends once, with the first of several loads that
 * says so. */
void pl_feed_second(pl_feed *f, int64_t ts_ms);
/* A measured part (part.h): for every watch, also for those to come. Errors of pl_parts_add. */
int pl_feed_part(pl_feed *f, const pl_part *part, pl_error *err) PL_MUSTCHECK;

#endif

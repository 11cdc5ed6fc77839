/* What a store that writes holds: rows wait in memory, and are written together (transaction.h). */
#ifndef PL_STORE_WRITER_H
#define PL_STORE_WRITER_H

#include "base/buf.h"
#include "base/map.h"
#include "store/ahead.h"
#include "store/connection.h"
#include "store/housekeeping.h"
#include "store/sync.h"

enum { PL_DEAD_MAX = 1024 }; /* runs that are marked as interrupted at a time */

/* A histogram that waits for the next transaction. */
typedef struct pl_pending_dist {
  int64_t series, run, ts_ms;
  unsigned resolution_s;
  uint64_t count, min, max;
  double sum;
  size_t at, len; /* the histogram as HDR V2, in `blobs` */
} pl_pending_dist;

struct pl_store {
  pl_connection connection;
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  uint64_t commit_ns;
  size_t batch_max;
  bool in_memory;
  pl_turn *turn; /* see pl_store_options; NULL: none */
  pl_store_points samples;        /* that wait */
  pl_pending_dist *dists;
  size_t n_dists, cap_dists;
  pl_buf blobs;
  uint64_t since_ns;        /* monotonic time of the first row that waits */
  uint64_t retry_ns;        /* after a failure: not before */
  uint64_t lost;            /* rows given up */
  pl_error error;           /* why the last attempt to write failed; empty when it did not */
  sqlite3_stmt *put_batch, *put_dist, *get_dist, *put_source, *get_source, *put_series, *get_series;
  pl_intern *series_keys;   /* "source id, name, labels" -> index of series_ids */
  int64_t *series_ids;
  size_t cap_series;
  pl_ahead ahead;
  pl_buf scratch;           /* of one call: a series' key, a histogram that was merged */
  pl_buf batch;             /* the samples of a transaction as bytes */
  pl_syncer *syncer;        /* NULL in memory */
  uint64_t asked_ns;        /* monotonic time when it was asked last */
  bool unsynced;            /* something was written since */
  bool distrusted;          /* a sync of the log has failed: the system may count as written what the disk does not have */
  pl_housekeeping keeping;
  int64_t dead[PL_DEAD_MAX]; /* while it is opened: runs whose process is gone */
  size_t n_dead;
};

/* Prepares the hot statements and the buffers of a store whose connection is open. */
int pl_writer_prepare(pl_store *s, pl_error *err) PL_MUSTCHECK;
/* Releases them, and rows that still wait; also after a preparation that failed. */
void pl_writer_release(pl_store *s);

#endif

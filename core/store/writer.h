/* The write transaction: batches of rows, committed together. */
#ifndef PL_STORE_WRITER_H
#define PL_STORE_WRITER_H

#include "base/buf.h"
#include "base/map.h"
#include "store/connection.h"

enum { PL_DEAD_MAX = 1024 };

struct pl_store {
  pl_connection connection;
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  uint64_t commit_ns;
  size_t batch_max;
  bool in_memory;
  size_t batch_rows;        /* rows since BEGIN; 0: no transaction is open */
  bool in_transaction;
  uint64_t batch_since_ns;  /* monotonic time of BEGIN */
  pl_error error;           /* first error of a sample or distribution */
  sqlite3_stmt *put_sample, *put_dist, *get_dist, *put_source, *get_source, *put_series, *get_series;
  pl_intern *series_keys;   /* "source id, name, labels" -> index of series_ids */
  int64_t *series_ids;
  size_t cap_series;
  pl_buf scratch;
  int64_t dead[PL_DEAD_MAX];
  size_t n_dead;
};

/* Prepares the hot statements; releases them. */
int pl_writer_prepare(pl_store *s, pl_error *err) PL_MUSTCHECK;
void pl_writer_release(pl_store *s);

/* Opens the transaction when none is open. */
int pl_writer_begin(pl_store *s, pl_error *err) PL_MUSTCHECK;

#endif

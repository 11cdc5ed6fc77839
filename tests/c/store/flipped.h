/* A timeline of which bits flip, and what its readers are to find then. */
#ifndef TEST_FLIPPED_H
#define TEST_FLIPPED_H

#include "base/random.h"
#include "store/stored.h"

enum { SERIES = 3, CHUNK = PL_CHUNK_OPEN + 76, CHUNKS = 4, BATCHES = 3, LATE = 10, PROBES = 60, SPAN = CHUNK * CHUNKS + BATCHES * LATE, FLIPPED_NOW_S = 10000 };

/* What a reader of one time finds. */
enum content { NOTHING, VALUE, DAMAGED };

typedef struct flipped_model {
  double value[SERIES][SPAN];
  enum content content[SERIES][SPAN];
  bool late[SERIES][SPAN]; /* a value came after the damage */
} flipped_model;

static flipped_model flipped;

static inline void flipped_put(pl_store *s, int64_t series, int64_t ts, double value)
{
  stored_put(s, series, 0, ts, value);
  flipped.value[series][ts] = value;
  flipped.late[series][ts] = flipped.content[series][ts] == DAMAGED;
  if (flipped.content[series][ts] == NOTHING)
    flipped.content[series][ts] = VALUE;
}

/* Chunks of all series, and batches behind them. */
static inline void flipped_fill(pl_store *s)
{
  memset(&flipped, 0, sizeof flipped);
  for (int64_t ts = 0; ts < SPAN; ts++) {
    for (int64_t series = 0; series < SERIES; series++)
      flipped_put(s, series, ts, (double)(ts * SERIES + series) / 8);
    if (ts < CHUNK * CHUNKS && ts % CHUNK == CHUNK - 1)
      stored_group(s);
    else if (ts >= CHUNK * CHUNKS && (ts - CHUNK * CHUNKS) % LATE == LATE - 1)
      stored_commit(s);
  }
}

/* Flips a bit of the blob. */
static inline void flipped_bit(pl_store *s, const char *table, int64_t id, pl_rng *r)
{
  sqlite3_blob *blob;
  unsigned char byte;
  assert_int_equal(sqlite3_blob_open(s->connection.db, "main", table, "data", id, 1, &blob), SQLITE_OK);
  int at = (int)pl_rng_below(r, (uint64_t)sqlite3_blob_bytes(blob));
  assert_int_equal(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
  byte ^= (unsigned char)(1U << pl_rng_below(r, 8));
  assert_int_equal(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
  assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
}

static inline void flipped_chunk(pl_store *s, pl_rng *r)
{
  char sql[96];
  int64_t series = (int64_t)pl_rng_below(r, SERIES), from = (int64_t)pl_rng_below(r, CHUNKS) * CHUNK;
  (void)snprintf(sql, sizeof sql, "SELECT id FROM chunks WHERE series_id = %d AND from_ns = %d", (int)series, (int)from);
  flipped_bit(s, "chunks", stored_number(s, sql), r);
  for (int64_t ts = from; ts < from + CHUNK; ts++)
    flipped.content[series][ts] = DAMAGED;
}

static inline void flipped_batch(pl_store *s, pl_rng *r)
{
  int64_t i = (int64_t)pl_rng_below(r, BATCHES);
  flipped_bit(s, "batches", stored_number(s, "SELECT min(id) FROM batches") + i, r);
  for (int64_t ts = CHUNK * CHUNKS + i * LATE, end = ts + LATE; ts < end; ts++) {
    for (int64_t series = 0; series < SERIES; series++)
      flipped.content[series][ts] = NOTHING;
  }
}

/* A timeline in memory with a damaged chunk and a damaged batch; its clock is of long after the samples' times. */
static inline pl_store *flipped_open(pl_fake_clock *clock, pl_rng *r)
{
  pl_fake_clock_init(clock, PL_S_NS, FLIPPED_NOW_S * (int64_t)PL_S_NS);
  pl_store *s = stored_open(NULL, &clock->clock, 0);
  flipped_fill(s);
  flipped_chunk(s, r);
  flipped_batch(s, r);
  return s;
}

/* One of each piece for tests that damage it themselves: of the series lamps a chunk for each of three runs, times 0 to 9, a batch of one
 * sample, and histograms of three values for the runs 1 and 2. */
static inline pl_store *flipped_open_small(pl_fake_clock *clock)
{
  pl_hist h;
  pl_fake_clock_init(clock, PL_S_NS, FLIPPED_NOW_S * (int64_t)PL_S_NS);
  pl_store *s = stored_open(NULL, &clock->clock, 0);
  int64_t series = stored_series(s, "lamps", PL_SERIES_GAUGE);
  for (int64_t run = 0; run < 3; run++) {
    for (int64_t i = 0; i < 10; i++)
      stored_put(s, series, run, i, (double)i);
  }
  stored_group(s);
  stored_put(s, series, 0, 20, 1);
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 5, 3);
  assert_int_equal(pl_store_dist(s, series, 1, 0, 1, &h), PL_OK);
  assert_int_equal(pl_store_dist(s, series, 2, 0, 1, &h), PL_OK);
  stored_commit(s);
  pl_hist_fini(&h);
  return s;
}

static inline void flipped_probe_one(pl_store *s, int64_t series, int64_t ts)
{
  pl_scan *scan;
  int64_t found;
  double value;
  assert_int_equal(pl_scan_open(&s->connection.archive, &(pl_range){series, 0, ts, ts}, &scan, NULL), PL_OK);
  int code = pl_scan_next(scan, &found, &value, NULL);
  pl_scan_close(scan);
  static const int codes[] = {[NOTHING] = 0, [VALUE] = 1, [DAMAGED] = PL_ECORRUPT};
  assert_int_equal(code, codes[flipped.content[series][ts]]);
  if (code == 1)
    assert_true(found == ts && value == flipped.value[series][ts]);
}

static inline void flipped_probe(pl_store *s, pl_rng *r)
{
  for (int i = 0; i < PROBES; i++)
    flipped_probe_one(s, (int64_t)pl_rng_below(r, SERIES), (int64_t)pl_rng_below(r, SPAN));
}

static inline int flipped_count(void *user, const pl_field *f, size_t n)
{
  (void)f;
  (void)n;
  ++*(int64_t *)user;
  return 0;
}

static inline int64_t flipped_findings(pl_store *s)
{
  sqlite3_stmt *stmt;
  int64_t n = 0;
  assert_int_equal(pl_connection_record(&s->connection, "db_check_samples", false, &stmt, NULL), PL_OK);
  assert_int_equal(pl_connection_rows(&s->connection, stmt, flipped_count, &n, "check", NULL), PL_OK);
  return n;
}

/* Samples of every time, those of damaged chunks too. */
static inline void flipped_put_late(pl_store *s, pl_rng *r)
{
  for (int i = 0; i < 50; i++) {
    int64_t ts = (int64_t)pl_rng_below(r, SPAN);
    flipped_put(s, (int64_t)pl_rng_below(r, SERIES), ts, (double)i);
  }
  stored_group(s);
}

/* The damaged chunks are no longer there. */
static inline void flipped_moved(void)
{
  for (int series = 0; series < SERIES; series++) {
    for (int ts = 0; ts < SPAN; ts++) {
      if (flipped.content[series][ts] == DAMAGED)
        flipped.content[series][ts] = flipped.late[series][ts] ? VALUE : NOTHING;
    }
  }
}

#endif

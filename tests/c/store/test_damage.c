/* Each piece that is not whole is named, and no other. */
#include "store/damage.h"

#include "base/random.h"
#include "store/stored.h"

enum { FINDING_MAX = 256 };

static int open_store(void **state)
{
  pl_store *s = stored_open(NULL, NULL, 0);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 5, 3);
  int64_t series = stored_series(s, "lamps", PL_SERIES_GAUGE);
  for (int64_t run = 0; run < 3; run++) {
    for (int64_t i = 0; i < 10; i++)
      stored_put(s, series, run, i, (double)i);
  }
  stored_group(s);
  stored_put(s, series, 0, 20, 1);
  assert_int_equal(pl_store_dist(s, series, 0, 0, 1, &h), PL_OK);
  stored_commit(s);
  pl_hist_fini(&h);
  *state = s;
  return 0;
}

static int close_store(void **state)
{
  pl_store_close(*state);
  return 0;
}

static int on_row(void *user, const pl_field *f, size_t n)
{
  (void)n;
  (void)snprintf(user, FINDING_MAX, "%.*s", (int)f->bytes.len, f->bytes.data);
  return 1;
}

/* The first finding after a change, which is then undone; "" when there is none. */
static const char *finding_after(pl_store *s, const char *change)
{
  static char text[FINDING_MAX];
  sqlite3_stmt *stmt;
  pl_error err = {0};
  text[0] = '\0';
  assert_int_equal(sqlite3_exec(s->connection.db, "SAVEPOINT x", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_exec(s->connection.db, change, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_connection_record(&s->connection, "db_check_samples", false, &stmt, &err), PL_OK);
  assert_int_equal(pl_connection_rows(&s->connection, stmt, on_row, text, "check", &err), PL_OK);
  assert_int_equal(sqlite3_exec(s->connection.db, "ROLLBACK TO x; RELEASE x", NULL, NULL, NULL), SQLITE_OK);
  return text;
}

static void what_is_damaged_is_named(void **state)
{
  pl_store *s = *state;
  assert_string_equal(finding_after(s, "SELECT 1"), "");
  assert_string_equal(finding_after(s, "UPDATE chunks SET data = zeroblob(9) WHERE run_id = 1"),
                      "chunk 2: 10 samples of lamps{}, 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z: the checksum or the bytes are wrong");
  assert_non_null(strstr(finding_after(s, "UPDATE chunks SET n = 11 WHERE run_id = 1"), "it has not as many samples as its row says"));
  assert_non_null(strstr(finding_after(s, "UPDATE chunks SET to_ns = 11 WHERE run_id = 1"), "its times are not those of its row"));
  assert_non_null(strstr(finding_after(s, "INSERT INTO chunks SELECT 9, series_id, run_id, 5, 14, n, sealed, data FROM chunks WHERE run_id = 1"), "chunk 9"));
  assert_non_null(strstr(finding_after(s, "UPDATE batches SET data = zeroblob(1)"), "batch 2: 1 samples written at "));
  assert_non_null(strstr(finding_after(s, "UPDATE batches SET n = 2"), "it has not as many samples as its row says"));
  assert_non_null(strstr(finding_after(s, "UPDATE histograms SET hist = x'00'"), "histogram of lamps{}, 1970-01-01T00:00:00Z: the bytes are wrong"));
  assert_non_null(strstr(finding_after(s, "UPDATE histograms SET count = 4"), "it has not as many values as its row says"));
}

/* ---- Bits that flip anywhere ------------------------------------------------------------------------- */

enum { SERIES = 3, CHUNK = PL_CHUNK_OPEN + 76, CHUNKS = 4, BATCHES = 3, LATE = 10, ROUNDS = 40, PROBES = 60, SPAN = CHUNK * CHUNKS + BATCHES * LATE };

/* What a reader of one time finds. */
enum content { NOTHING, VALUE, DAMAGED };

typedef struct model {
  double value[SERIES][SPAN];
  enum content content[SERIES][SPAN];
} model;

static model known;

static void put(pl_store *s, int64_t series, int64_t ts, double value)
{
  stored_put(s, series, 0, ts, value);
  known.value[series][ts] = value;
  if (known.content[series][ts] == NOTHING)
    known.content[series][ts] = VALUE;
}

/* Chunks of all series, and batches behind them. */
static void fill(pl_store *s)
{
  memset(&known, 0, sizeof known);
  for (int64_t ts = 0; ts < SPAN; ts++) {
    for (int64_t series = 0; series < SERIES; series++)
      put(s, series, ts, (double)(ts * SERIES + series) / 8);
    if (ts < CHUNK * CHUNKS && ts % CHUNK == CHUNK - 1)
      stored_group(s);
    else if (ts >= CHUNK * CHUNKS && (ts - CHUNK * CHUNKS) % LATE == LATE - 1)
      stored_commit(s);
  }
}

/* Flips a bit of the blob. */
static void flip(pl_store *s, const char *table, int64_t id, pl_rng *r)
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

static void damage_a_chunk(pl_store *s, pl_rng *r)
{
  char sql[96];
  int64_t series = (int64_t)pl_rng_below(r, SERIES), from = (int64_t)pl_rng_below(r, CHUNKS) * CHUNK;
  (void)snprintf(sql, sizeof sql, "SELECT id FROM chunks WHERE series_id = %d AND from_ns = %d", (int)series, (int)from);
  flip(s, "chunks", stored_number(s, sql), r);
  for (int64_t ts = from; ts < from + CHUNK; ts++)
    known.content[series][ts] = DAMAGED;
}

static void damage_a_batch(pl_store *s, pl_rng *r)
{
  int64_t i = (int64_t)pl_rng_below(r, BATCHES);
  flip(s, "batches", stored_number(s, "SELECT min(id) FROM batches") + i, r);
  for (int64_t ts = CHUNK * CHUNKS + i * LATE, end = ts + LATE; ts < end; ts++) {
    for (int64_t series = 0; series < SERIES; series++)
      known.content[series][ts] = NOTHING;
  }
}

static void probe(pl_store *s, int64_t series, int64_t ts)
{
  pl_scan *scan;
  int64_t found;
  double value;
  assert_int_equal(pl_scan_open(&s->connection.archive, &(pl_range){series, 0, ts, ts}, &scan, NULL), PL_OK);
  int code = pl_scan_next(scan, &found, &value, NULL);
  pl_scan_close(scan);
  static const int codes[] = {[NOTHING] = 0, [VALUE] = 1, [DAMAGED] = PL_ECORRUPT};
  assert_int_equal(code, codes[known.content[series][ts]]);
  if (code == 1)
    assert_true(found == ts && value == known.value[series][ts]);
}

static void probe_all(pl_store *s, pl_rng *r)
{
  for (int i = 0; i < PROBES; i++)
    probe(s, (int64_t)pl_rng_below(r, SERIES), (int64_t)pl_rng_below(r, SPAN));
}

static int count_row(void *user, const pl_field *f, size_t n)
{
  (void)f;
  (void)n;
  ++*(int64_t *)user;
  return 0;
}

static int64_t count_findings(pl_store *s)
{
  sqlite3_stmt *stmt;
  int64_t n = 0;
  assert_int_equal(pl_connection_record(&s->connection, "db_check_samples", false, &stmt, NULL), PL_OK);
  assert_int_equal(pl_connection_rows(&s->connection, stmt, count_row, &n, "check", NULL), PL_OK);
  return n;
}

/* Samples of every time, those of damaged chunks too. */
static void put_late(pl_store *s, pl_rng *r)
{
  for (int i = 0; i < 50; i++) {
    int64_t ts = (int64_t)pl_rng_below(r, SPAN);
    put(s, (int64_t)pl_rng_below(r, SERIES), ts, (double)i);
  }
  stored_group(s);
}

static void damage_stays_where_it_is(void **state)
{
  pl_fake_clock clock;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 21, 0, 0, 0);
  for (int round = 0; round < ROUNDS; round++) {
    pl_fake_clock_init(&clock, PL_S_NS, 10000 * (int64_t)PL_S_NS);
    pl_store *s = stored_open(NULL, &clock.clock, 0);
    fill(s);
    damage_a_chunk(s, &r);
    damage_a_batch(s, &r);
    assert_int_equal(count_findings(s), 2);
    probe_all(s, &r);
    put_late(s, &r);
    assert_int_equal(count_findings(s), 2);
    probe_all(s, &r);
    (void)stored_seal(s, INT64_MAX);
    put_late(s, &r);
    assert_int_equal(count_findings(s), 2);
    probe_all(s, &r);
    pl_store_close(s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(what_is_damaged_is_named, open_store, close_store),
                                     cmocka_unit_test(damage_stays_where_it_is)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

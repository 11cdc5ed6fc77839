/* Packing: which rows become chunks, which stay, and that readers never see the difference; a writer that is killed loses nothing. */
#include "store/dist_pack.h"

#include "store/dist_of.h"
#include "store/killed.h"

#define NOON_S (20000 * INT64_C(86400))

enum { AGE_S = 600 };

typedef stored_place fixture;

static int open_fixture(void **state)
{
  return stored_place_open(state, NOON_S * (int64_t)PL_S_NS);
}

/* n histograms of a kind, step_s apart, in one transaction. */
static void put(pl_store *s, int64_t run, unsigned resolution_s, int64_t from_s, int n, int step_s, enum dist_kind kind)
{
  pl_rng r;
  pl_hist h;
  pl_rng_init(&r, (uint64_t)from_s, (uint64_t)run, 0, 0);
  pl_hist_init(&h, &pl_alloc_default);
  for (int i = 0; i < n; i++) {
    pl_hist_clear(&h);
    dist_fill(&h, kind, (uint64_t)i, &r);
    assert_int_equal(pl_store_dist(s, 1, run, (from_s + i * step_s) * 1000, resolution_s, &h), PL_OK);
  }
  pl_hist_fini(&h);
  stored_commit(s);
}

/* Everything that is read, as one number that also says its order. */
#define ALL_SQL                                                                                                                       \
  "SELECT group_concat(series_id || ' ' || run_id || ' ' || resolution_s || ' ' || ts_ms || ' ' || count || ' ' || sum || ' ' || min" \
  " || ' ' || max || ' ' || hex(hist)) FROM "

static char *all_of(pl_store *s, const char *table)
{
  char sql[400];
  sqlite3_stmt *stmt;
  (void)snprintf(sql, sizeof sql, ALL_SQL "%s", table);
  assert_int_equal(sqlite3_prepare_v2(s->connection.db, sql, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  char *text = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
  sqlite3_finalize(stmt);
  return text;
}

static int64_t rows(pl_store *s)
{
  return stored_number(s, "SELECT count(*) FROM histogram_rows");
}

static int64_t packed(pl_store *s)
{
  return stored_number(s, "SELECT CAST(total(n) AS INTEGER) FROM histogram_chunks");
}

static void what_is_read_stays_the_same(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  for (enum dist_kind kind = 0; kind < DIST_KINDS; kind++) {
    put(s, kind, 1, NOON_S, 150, 1, kind);
    put(s, kind, 60, NOON_S, 9, 60, kind);
  }
  char *before = all_of(s, "histogram_rows"), *same = all_of(s, "histograms");
  assert_string_equal(before, same);
  stored_pack(s, INT64_MAX);
  assert_int_equal(rows(s), 0);
  char *after = all_of(s, "histograms");
  assert_string_equal(before, after);
  sqlite3_free(before);
  sqlite3_free(same);
  sqlite3_free(after);
  pl_store_close(s);
}

/* Rows that are ten minutes old become chunks of 64; what still grows waits for more, what has ended does not. */
static void old_rows_become_chunks(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, 0, 1, NOON_S, 100, 1, DIST_ONE_VALUE);
  assert_int_equal(packed(s), 0);
  f->fake.wall = (NOON_S + AGE_S + 63) * (int64_t)PL_S_NS;
  put(s, 1, 1, NOON_S + AGE_S, 1, 1, DIST_ONE_VALUE);
  assert_int_equal(packed(s), 0);
  f->fake.wall = (NOON_S + AGE_S + 64) * (int64_t)PL_S_NS;
  put(s, 1, 1, NOON_S + AGE_S + 1, 1, 1, DIST_ONE_VALUE);
  assert_int_equal(packed(s), 64);
  f->fake.wall = (NOON_S + AGE_S + 99) * (int64_t)PL_S_NS;
  put(s, 1, 1, NOON_S + AGE_S + 2, 1, 1, DIST_ONE_VALUE);
  assert_int_equal(packed(s), 64);
  f->fake.wall = (NOON_S + AGE_S + 100) * (int64_t)PL_S_NS;
  put(s, 1, 1, NOON_S + AGE_S + 3, 1, 1, DIST_ONE_VALUE);
  assert_int_equal(packed(s), 100);
  assert_int_equal(rows(s), 4);
  pl_store_close(s);
}

/* Chunks of large histograms are shorter, for the memory that they take; of the largest ones there are as many as a chunk must have. */
static void large_histograms_become_short_chunks(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (uint32_t at = 0; at < PL_HIST_COUNTERS / 4; at++)
    pl_hist_record_n(&h, pl_hist_lowest(at), 1 + at % 3);
  for (int i = 0; i < 128; i++) {
    for (uint32_t at = PL_HIST_COUNTERS / 4; i == 64 && at < PL_HIST_COUNTERS; at++)
      pl_hist_record_n(&h, pl_hist_lowest(at), 1 + at % 3);
    assert_int_equal(pl_store_dist(s, 1, i / 64, (NOON_S + i) * 1000, 1, &h), PL_OK);
  }
  pl_hist_fini(&h);
  stored_commit(s);
  stored_pack(s, INT64_MAX);
  assert_int_equal(stored_number(s, "SELECT max(n) FROM histogram_chunks WHERE run_id = 0"), 24);
  assert_int_equal(stored_number(s, "SELECT max(n) FROM histogram_chunks WHERE run_id = 1"), 8);
  assert_int_equal(rows(s), 0);
  pl_store_close(s);
}

/* A histogram of a time that is packed already is added to the one that is there. */
static void late_histograms_are_merged(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, 0, 1, NOON_S, 192, 1, DIST_ONE_VALUE);
  stored_pack(s, INT64_MAX);
  int64_t count = stored_number(s, "SELECT sum(count) FROM histograms");
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histogram_chunks"), 3);
  put(s, 0, 1, NOON_S + 70, 1, 1, DIST_ONE_VALUE);
  assert_int_equal(packed(s), 128);
  assert_int_equal(rows(s), 64);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms"), 192);
  assert_int_equal(stored_number(s, "SELECT sum(count) FROM histograms"), count + 1);
  assert_int_equal(stored_number(s, "SELECT sum(hist_count(hist)) FROM histograms"), count + 1);
  stored_pack(s, INT64_MAX);
  assert_int_equal(packed(s), 192);
  assert_int_equal(stored_number(s, "SELECT sum(hist_count(hist)) FROM histograms"), count + 1);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM (SELECT from_ms > lag(to_ms) OVER (ORDER BY from_ms) AS ok FROM histogram_chunks) WHERE ok = 0"), 0);
  pl_store_close(s);
}

/* Whose bytes would not come back stays a row, and no chunk reaches over it. */
static void what_is_not_ours_stays_a_row(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, 0, 1, NOON_S, 60, 1, DIST_LOAD);
  stored_execute(s, "UPDATE histogram_rows SET hist = CAST(hist || x'00' AS BLOB) WHERE ts_ms % 60000 = 20000");
  stored_execute(s, "UPDATE histogram_rows SET hist = x'00' WHERE ts_ms % 60000 = 40000");
  stored_execute(s, "UPDATE histogram_rows SET count = count + 1 WHERE ts_ms % 60000 = 50000");
  char *before = all_of(s, "histograms");
  stored_pack(s, INT64_MAX);
  char *after = all_of(s, "histograms");
  assert_string_equal(before, after);
  assert_int_equal(packed(s), 20 + 19 + 9 + 9);
  assert_int_equal(rows(s), 3);
  sqlite3_free(before);
  sqlite3_free(after);
  pl_store_close(s);
}

static void a_damaged_chunk_keeps_no_histogram_out(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, 0, 1, NOON_S, 64, 1, DIST_LOAD);
  stored_pack(s, INT64_MAX);
  stored_execute(s, "UPDATE histogram_chunks SET data = zeroblob(9)");
  put(s, 0, 1, NOON_S + 5, 10, 1, DIST_LOAD);
  put(s, 0, 1, NOON_S + 100, 10, 1, DIST_LOAD);
  assert_int_equal(pl_store_unstored(s), 0);
  stored_pack(s, INT64_MAX);
  assert_int_equal(rows(s), 10); /* of the damaged chunk's time */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms WHERE ts_ms >= 1728000100000"), 10);
  assert_int_equal(sqlite3_exec(s->connection.db, "SELECT count(*) FROM histograms", NULL, NULL, NULL), SQLITE_CORRUPT_VTAB);
  pl_repair_counts counts;
  assert_int_equal(pl_store_repair(s, &counts, NULL), PL_OK);
  assert_int_equal(counts.moved[PL_PIECE_HISTOGRAM], 1);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms"), 20);
  assert_int_equal(stored_number(s, "SELECT n FROM damaged WHERE kind = 'histogram chunk'"), 64);
  pl_store_close(s);
}

/* Rows that were packed are neither lost nor there twice when there is no memory. */
static void without_memory_nothing_changes(void **state)
{
  pl_fake_clock fake;
  failing refusing;
  (void)state;
  int code = PL_ENOMEM;
  for (size_t n = 1; code; n++) {
    pl_store *s = stored_open_in_1970(&fake);
    put(s, 0, 1, 0, 64, 1, DIST_ONE_VALUE);
    failing_init(&refusing, n);
    pl_archive *a = s->keeping.rewriter->archive;
    const pl_allocator *whole = a->alloc;
    assert_int_equal(pl_archive_ready(a, NULL), PL_OK);
    stored_execute(s, "BEGIN IMMEDIATE");
    assert_int_equal(pl_dist_pack_due(s->keeping.packer, INT64_MAX, NULL), 1);
    a->alloc = &refusing.allocator;
    code = pl_dist_pack_some(s->keeping.packer, INT64_MAX, NULL);
    a->alloc = whole;
    stored_execute(s, code ? "ROLLBACK" : "COMMIT");
    assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms"), 64);
    assert_int_equal(packed(s), code ? 0 : 64);
    pl_store_close(s);
  }
}

/* Who looks on knows when all rows have been looked at. */
static void looks_come_to_the_end_of_all_rows(void **state)
{
  pl_fake_clock fake;
  (void)state;
  pl_store *s = stored_open_in_1970(&fake);
  pl_dist_packer *p = s->keeping.packer;
  put(s, 1, 1, 0, 4, 1, DIST_ONE_VALUE);
  assert_int_equal(pl_dist_pack_due(p, INT64_MAX, NULL), 0);
  assert_true(pl_dist_pack_is_round(p));
  for (int64_t run = 2; run < 42; run++)
    put(s, run, 1, 0, 4, 1, DIST_ONE_VALUE);
  assert_int_equal(pl_dist_pack_due(p, INT64_MAX, NULL), 0);
  assert_false(pl_dist_pack_is_round(p));
  assert_int_equal(pl_dist_pack_due(p, INT64_MAX, NULL), 0);
  assert_true(pl_dist_pack_is_round(p));
  pl_store_close(s);
}

/* ---- A writer that is killed ------------------------------------------------------------------------ */

enum { TICKS = 20000, KILLS = 15 };

/* Histogram i is of the time i and has i + 1 values; a byte to fd for each that is committed. */
static void write_until_killed(const char *path, int64_t i, int fd)
{
  pl_store *s = stored_open(path, NULL, 0);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (; i < TICKS; i++) {
    pl_hist_clear(&h);
    pl_hist_record_n(&h, 1000 + (uint64_t)i % 7, (uint64_t)i + 1);
    (void)pl_store_dist(s, 1, 0, i * 1000, 1, &h);
    stored_commit(s);
    if (write(fd, "", 1) != 1)
      break;
  }
}

static void a_killed_writer_loses_nothing_that_it_committed(void **state)
{
  fixture *f = *state;
  pl_rng r;
  int64_t n = 0;
  pl_rng_init(&r, 9, 0, 0, 0);
  for (int i = 0; i < KILLS; i++) {
    int64_t said = killed_after(write_until_killed, f->path, n, &r, 40000);
    pl_store *s = stored_open(f->path, NULL, 0);
    int64_t there = stored_number(s, "SELECT count(*) FROM histograms");
    assert_true(there >= n + said);
    n = there;
    assert_int_equal(stored_number(s, "SELECT count(DISTINCT ts_ms) FROM histograms"), n);
    assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms WHERE count <> ts_ms / 1000 + 1 OR hist_count(hist) <> count"), 0);
    assert_int_equal(rows(s) + packed(s), n);
    pl_store_close(s);
  }
  assert_true(n > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, stored_place_close)
  const struct CMUnitTest tests[] = {TEST(what_is_read_stays_the_same),
                                     TEST(old_rows_become_chunks),
                                     TEST(large_histograms_become_short_chunks),
                                     TEST(late_histograms_are_merged),
                                     TEST(what_is_not_ours_stays_a_row),
                                     TEST(a_damaged_chunk_keeps_no_histogram_out),
                                     TEST(without_memory_nothing_changes),
                                     TEST(looks_come_to_the_end_of_all_rows),
                                     TEST(a_killed_writer_loses_nothing_that_it_committed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

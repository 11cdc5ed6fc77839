/* Repair: what is damaged is moved and kept, what is not stays, and the timeline is whole. */
#include "store/store.h"

#include "store/flipped.h"

enum { ROUNDS = 40 };

static pl_repair_counts repair(pl_store *s)
{
  pl_repair_counts counts;
  pl_error err = {0};
  if (pl_store_repair(s, &counts, &err))
    fail_msg("%s", err.message);
  assert_int_equal(flipped_findings(s), 0);
  assert_int_equal(stored_number(s, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
  return counts;
}

static void flipped_bits_are_moved_aside(void **state)
{
  pl_fake_clock clock;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 22, 0, 0, 0);
  for (int round = 0; round < ROUNDS; round++) {
    pl_store *s = flipped_open(&clock, &r);
    if (round % 2)
      flipped_put_late(s, &r);
    pl_repair_counts counts = repair(s);
    assert_true(counts.moved[PL_PIECE_CHUNK] == 1 && counts.moved[PL_PIECE_BATCH] == 1 && counts.moved[PL_PIECE_HISTOGRAM] == 0 && counts.rows == 0);
    assert_int_equal(stored_number(s, "SELECT count(*) FROM damaged WHERE length(data) > 8 AND n > 0 AND moved_ns = 10000000000000"), 2);
    flipped_moved();
    flipped_probe(s, &r);
    flipped_put_late(s, &r);
    assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 0);
    (void)stored_seal(s, INT64_MAX);
    flipped_probe(s, &r);
    pl_store_close(s);
  }
}

static void rows_that_disagree_with_whole_bytes_are_corrected(void **state)
{
  pl_fake_clock clock;
  pl_store *s = flipped_open_small(&clock);
  (void)state;
  stored_execute(s, "UPDATE chunks SET n = 9223372036854775807 WHERE run_id = 0");
  stored_execute(s, "UPDATE chunks SET from_ns = -1099511627776 WHERE run_id = 1");
  stored_execute(s, "UPDATE chunks SET to_ns = -5 WHERE run_id = 2");
  stored_execute(s, "UPDATE batches SET n = -1");
  pl_repair_counts counts = repair(s);
  assert_int_equal(counts.rows, 4);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM damaged"), 0);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points"), 31);
  pl_store_close(s);
}

static void what_overlaps_and_histograms_are_moved_each_alone(void **state)
{
  pl_fake_clock clock;
  pl_store *s = flipped_open_small(&clock);
  (void)state;
  stored_execute(s, "INSERT INTO chunks SELECT 9, series_id, 1, 5, 14, n, sealed, data FROM chunks WHERE run_id = 0");
  stored_execute(s, "UPDATE histogram_rows SET hist = x'00' WHERE run_id = 2");
  stored_execute(s, "UPDATE chunks SET data = zeroblob(40) WHERE run_id = 2");
  pl_repair_counts counts = repair(s);
  assert_true(counts.moved[PL_PIECE_CHUNK] == 2 && counts.moved[PL_PIECE_HISTOGRAM] == 1 && counts.rows == 0);
  stored_execute(s, "UPDATE chunks SET id = 9 WHERE run_id = 1"); /* the number of a piece that was moved before is no reason to move it */
  counts = repair(s);
  assert_true(counts.moved[PL_PIECE_CHUNK] == 0 && counts.moved[PL_PIECE_HISTOGRAM] == 0);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM damaged"), 3);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms"), 1);
  pl_store_close(s);
}

/* ---- Bits of the file itself: pages, keys, rows ----------------------------------------------------- */

enum { FILE_ROUNDS = 300 };

/* Writes a copy of the file in which one bit is another. */
static void copy_flipped(const char *from, const char *to, pl_rng *r)
{
  static char bytes[1 << 20];
  FILE *f = fopen(from, "rb");
  assert_non_null(f);
  size_t n = fread(bytes, 1, sizeof bytes, f);
  assert_int_equal(fclose(f), 0);
  assert_true(n > 0 && n < sizeof bytes);
  size_t at = (size_t)pl_rng_below(r, n);
  bytes[at] = (char)((unsigned char)bytes[at] ^ 1U << pl_rng_below(r, 8));
  for (int i = 0; i < 2; i++) {
    char log[160]; /* of the copy before it */
    (void)snprintf(log, sizeof log, "%s%s", to, i ? "-wal" : "-shm");
    (void)remove(log);
  }
  f = fopen(to, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

static int on_any(void *user, const pl_field *f, size_t n)
{
  (void)user;
  (void)f;
  (void)n;
  return 0;
}

/* Everything that a reader asks; whether it gets it is another matter. */
static void read_all(const char *path)
{
  static const char *const asked[] = {"SELECT count(*), sum(value) FROM points", "SELECT count(*) FROM samples('lamps')", "SELECT * FROM distribution_list",
                                      "SELECT * FROM run_list"};
  pl_reader *reader;
  if (pl_reader_open(&pl_alloc_default, path, &reader, NULL))
    return;
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
    (void)!pl_reader_sql(reader, pl_str_of(asked[i]), NULL, 0, on_any, NULL, NULL);
  (void)!pl_reader_record(reader, "db_check", NULL, 0, on_any, NULL, NULL);
  (void)!pl_reader_record(reader, "db_check_samples", NULL, 0, on_any, NULL, NULL);
  (void)!pl_reader_record(reader, "db_stats", NULL, 0, on_any, NULL, NULL);
  pl_reader_close(reader);
}

/* Writes, groups, seals and repairs; whether that works is another matter. */
static void write_all(const char *path)
{
  pl_fake_clock clock;
  pl_store *s;
  pl_repair_counts counts;
  pl_fake_clock_init(&clock, PL_S_NS, 100000 * (int64_t)PL_S_NS);
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &clock.clock, .path = path};
  if (pl_store_open(&o, &s, NULL))
    return;
  for (int i = 0; i < 3; i++) {
    (void)!pl_store_sample(s, 1, 0, i, 1);
    s->keeping.waiting = i ? 0 : UINT32_MAX;
    (void)!pl_store_commit(s, NULL);
  }
  (void)!pl_store_repair(s, &counts, NULL);
  pl_store_close(s);
}

static void a_bit_of_the_file_crashes_nobody(void **state)
{
  temporary folder;
  char path[128], copy[128];
  pl_rng r;
  (void)state;
  temporary_open(&folder);
  (void)temporary_file(&folder, "t.db", NULL, path, sizeof path);
  (void)temporary_file(&folder, "copy.db", NULL, copy, sizeof copy);
  pl_store *s = stored_open(path, NULL, 0);
  int64_t series = stored_series(s, "lamps", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 4000; i++) {
    stored_put(s, series + i % 2, 0, i, (double)(i * i % 77) / 8);
    if (i % 1500 == 1499)
      stored_group(s);
  }
  stored_commit(s);
  pl_store_close(s);
  pl_rng_init(&r, 23, 0, 0, 0);
  for (int i = 0; i < FILE_ROUNDS; i++) {
    copy_flipped(path, copy, &r);
    read_all(copy);
    write_all(copy);
  }
  temporary_close(&folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(flipped_bits_are_moved_aside), cmocka_unit_test(rows_that_disagree_with_whole_bytes_are_corrected),
                                     cmocka_unit_test(what_overlaps_and_histograms_are_moved_each_alone), cmocka_unit_test(a_bit_of_the_file_crashes_nobody)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

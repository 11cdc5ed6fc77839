/* Each piece that is not whole is named, and no other. */
#include "store/damage.h"

#include "store/flipped.h"

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

enum { ROUNDS = 40 };

/* Bits of random chunks and batches flip. */
static void damage_stays_where_it_is(void **state)
{
  pl_fake_clock clock;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 21, 0, 0, 0);
  for (int round = 0; round < ROUNDS; round++) {
    pl_fake_clock_init(&clock, PL_S_NS, 10000 * (int64_t)PL_S_NS);
    pl_store *s = stored_open(NULL, &clock.clock, 0);
    flipped_fill(s);
    flipped_chunk(s, &r);
    flipped_batch(s, &r);
    assert_int_equal(flipped_findings(s), 2);
    flipped_probe(s, &r);
    flipped_put_late(s, &r);
    assert_int_equal(flipped_findings(s), 2);
    flipped_probe(s, &r);
    (void)stored_seal(s, INT64_MAX);
    flipped_put_late(s, &r);
    assert_int_equal(flipped_findings(s), 2);
    flipped_probe(s, &r);
    pl_store_close(s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(what_is_damaged_is_named, open_store, close_store),
                                     cmocka_unit_test(damage_stays_where_it_is)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

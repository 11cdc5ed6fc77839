/* Each piece that is not whole is named, and no other. */
#include "store/damage.h"

#include "store/flipped.h"

enum { FINDING_MAX = 256 };

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
  stored_execute(s, "SAVEPOINT x");
  stored_execute(s, change);
  assert_int_equal(pl_connection_record(&s->connection, "db_check_samples", false, &stmt, &err), PL_OK);
  assert_int_equal(pl_connection_rows(&s->connection, stmt, on_row, text, "check", &err), PL_OK);
  stored_execute(s, "ROLLBACK TO x; RELEASE x");
  return text;
}

/* A chunk of 20 histograms of run 3. */
static void put_packed(pl_store *s)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, 5);
  for (int i = 0; i < 20; i++)
    assert_int_equal(pl_store_dist(s, 1, 3, i * 1000, 1, &h), PL_OK);
  pl_hist_fini(&h);
  stored_commit(s);
  stored_pack(s, INT64_MAX);
  assert_int_equal(stored_number(s, "SELECT n FROM histogram_chunks"), 20);
}

static void what_is_damaged_is_named(void **state)
{
  pl_fake_clock clock;
  pl_store *s = flipped_open_small(&clock);
  (void)state;
  assert_string_equal(finding_after(s, "SELECT 1"), "");
  assert_string_equal(finding_after(s, "UPDATE chunks SET data = zeroblob(9) WHERE run_id = 1"),
                      "chunk 2: 10 samples of lamps{}, 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z: the checksum or the bytes are wrong");
  assert_non_null(strstr(finding_after(s, "UPDATE chunks SET n = 11 WHERE run_id = 1"), "it has not as many samples as its row says"));
  assert_non_null(strstr(finding_after(s, "UPDATE chunks SET to_ns = 11 WHERE run_id = 1"), "its times are not those of its row"));
  assert_non_null(strstr(finding_after(s, "INSERT INTO chunks SELECT 9, series_id, run_id, 5, 14, n, sealed, data FROM chunks WHERE run_id = 1"), "chunk 9"));
  assert_non_null(strstr(finding_after(s, "UPDATE batches SET data = zeroblob(1)"), "batch 2: 1 samples written at "));
  assert_non_null(strstr(finding_after(s, "UPDATE batches SET n = 2"), "it has not as many samples as its row says"));
  assert_non_null(strstr(finding_after(s, "UPDATE histogram_rows SET hist = x'00'"), "histogram of lamps{}, 1970-01-01T00:00:00Z: the bytes are wrong"));
  assert_non_null(strstr(finding_after(s, "UPDATE histogram_rows SET count = 4"), "it has not as many values as its row says"));
  put_packed(s);
  assert_string_equal(finding_after(s, "SELECT 1"), "");
  assert_string_equal(finding_after(s, "UPDATE histogram_chunks SET data = zeroblob(9)"),
                      "chunk 1 of histograms: 20 of lamps{}, 1970-01-01T00:00:00Z to 1970-01-01T00:00:19Z: the checksum or the bytes are wrong");
  assert_non_null(strstr(finding_after(s, "UPDATE histogram_chunks SET n = 3"), "it has not as many samples as its row says"));
  assert_non_null(strstr(finding_after(s, "UPDATE histogram_chunks SET to_ms = 3"), "its times are not those of its row"));
  assert_non_null(strstr(finding_after(s, "INSERT INTO histogram_chunks SELECT 9, series_id, run_id, resolution_s, 5, to_ms, n, data FROM histogram_chunks"), "chunk 9"));
  pl_store_close(s);
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
    pl_store *s = flipped_open(&clock, &r);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_damaged_is_named), cmocka_unit_test(damage_stays_where_it_is)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

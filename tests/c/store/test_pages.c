/* A bit flips anywhere in a file with all its tables filled: check finds it, readings give what is there or fail, repair puts it back. What
 * other programs write is told from that. */
#include "store/pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/stored.h"

enum { FLIPS = 250, REPAIRS = 25, SMEARS = 60, PAGE = 4096, SAMPLES = 2000, FILE_MAX = 1 << 20, MAP = 1 };

/* ---- A file of which every table has rows ---------------------------------------------------------- */

static void fill_samples(pl_store *s)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (uint64_t i = 0; i < 50; i++)
    pl_hist_record_n(&h, 1000 * i + 1, i + 1);
  for (int series = 0; series < 8; series++) {
    char name[32];
    (void)snprintf(name, sizeof name, "lamps_%d", series);
    int64_t id = stored_series(s, name, PL_SERIES_GAUGE);
    for (int64_t i = 0; i < SAMPLES; i++)
      stored_put(s, id, series % 3, i * 1000, (double)(i * i % 77) / (series + 1));
    assert_int_equal(pl_store_dist(s, stored_series(s, "waits", PL_SERIES_DIST), 1, series * 1000, 1, &h), PL_OK);
  }
  stored_group(s);
  stored_pack(s, INT64_MAX);
  stored_put(s, 1, 1, SAMPLES * 1000, 1); /* into a batch */
  assert_int_equal(pl_store_dist(s, 1, 2, 0, 1, &h), PL_OK); /* and a row alone */
  stored_commit(s);
  pl_hist_fini(&h);
}

static void fill_records(pl_store *s)
{
  stored_execute(s, "INSERT INTO runs(ulid, name, started_ns, state, result) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
                    " SELECT printf('RUN%03d', i), 'nightly ' || i, i * 1000000000, 'passed', '{\"p99\": ' || i * i || '}' FROM n");
  stored_execute(s, "INSERT INTO events(run_id, source_id, ts_ns, kind, text, data) SELECT id, 1, started_ns, 'mark', 'deploy of ' || name, result FROM runs");
  stored_execute(s, "INSERT INTO findings(run_id, kind, severity, text) SELECT id, 'slow', 'warn', name || ' was slow' FROM runs");
  stored_execute(s, "INSERT INTO objectives(run_id, idx, expr, verdict) SELECT id, 1, 'p99(latency) < 50ms', 'pass' FROM runs");
  stored_execute(s, "INSERT INTO artifacts(run_id, name, type, ts_ns, bytes, sha256, data) SELECT id, 'log', 'text/plain', 1, 9000, 'none', zeroblob(9000) FROM runs"
                    " WHERE id < 4");
  stored_execute(s, "INSERT INTO baselines VALUES('gold', '', 1, 1); INSERT INTO control(run_id, command, ts_ns) VALUES(1, 'stop', 1);"
                    "INSERT INTO run_sources VALUES(1, 1); INSERT INTO sisters VALUES(1, 1, 2);"
                    "DELETE FROM artifacts WHERE id = 2"); /* free pages, too */
}

static void expect_rows_everywhere(pl_store *s)
{
  sqlite3_stmt *tables;
  assert_int_equal(sqlite3_prepare_v2(s->connection.db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'", -1, &tables, NULL), SQLITE_OK);
  while (sqlite3_step(tables) == SQLITE_ROW) {
    char sql[128];
    const char *name = (const char *)sqlite3_column_text(tables, 0);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", name);
    if (stored_number(s, sql) == 0)
      fail_msg("the table %s has no rows: a test of flipped bits is to look there, too", name);
  }
  sqlite3_finalize(tables);
}

/* ---- Bytes of the file ------------------------------------------------------------------------------ */

typedef struct fixture {
  temporary folder;
  char path[128], log[128], index[128];
  uint8_t *bytes; /* of the whole file */
  size_t len;
  uint64_t told; /* what a reading of all of it gives */
  pl_rng rng;
} fixture;

static void put_back(fixture *f)
{
  (void)unlink(f->log);
  (void)unlink(f->index);
  int fd = open(f->path, O_WRONLY | O_TRUNC);
  assert_true(fd >= 0 && write(fd, f->bytes, f->len) == (ssize_t)f->len);
  close(fd);
}

static void overwrite(fixture *f, size_t at, const void *bytes, size_t n)
{
  int fd = open(f->path, O_WRONLY);
  assert_true(fd >= 0 && pwrite(fd, bytes, n, (off_t)at) == (ssize_t)n);
  close(fd);
}

static void flip(fixture *f, size_t bit)
{
  uint8_t byte = f->bytes[bit / 8] ^ (uint8_t)(1U << bit % 8);
  overwrite(f, bit / 8, &byte, 1);
}

static void read_bytes(fixture *f)
{
  int fd = open(f->path, O_RDONLY);
  struct stat st;
  assert_true(fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= FILE_MAX);
  f->len = (size_t)st.st_size;
  assert_int_equal(read(fd, f->bytes, f->len), st.st_size);
  close(fd);
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

static void add(uint64_t *sum, const void *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    *sum = (*sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static int add_row(void *user, const pl_field *fields, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    add(user, &fields[i].type, sizeof fields[i].type);
    if (fields[i].type == PL_FIELD_TEXT || fields[i].type == PL_FIELD_BLOB)
      add(user, fields[i].bytes.data, fields[i].bytes.len);
    else
      add(user, &fields[i].number, sizeof fields[i].number);
  }
  return 0;
}

static int add_sample(void *user, int64_t ts_ns, double value)
{
  add(user, &ts_ns, sizeof ts_ns);
  add(user, &value, sizeof value);
  return 0;
}

/* Reads all there is; 0 and a sum of it, or the first error. */
static int tell(const char *path, bool mend, uint64_t *sum, pl_error *err)
{
  static const char *const tables[] = {"sqlite_master WHERE name <> 'damaged'", "sources", "series", "runs", "run_sources", "events", "artifacts", "objectives", "findings", "baselines",
                                       "control", "retention", "sisters", "chunks", "batches", "histograms", "distributions", "run_list"};
  pl_reader *r = NULL;
  int code = (mend ? pl_reader_open_mending : pl_reader_open)(&pl_alloc_default, path, &r, err);
  for (size_t i = 0; i < sizeof tables / sizeof *tables && !code; i++) {
    char sql[64];
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
    code = pl_reader_sql(r, pl_str_of(sql), NULL, 0, add_row, sum, err);
  }
  for (int64_t series = 1; series <= 8 && !code; series++)
    code = pl_reader_samples(r, series, series % 3, 0, INT64_MAX, add_sample, sum, err);
  pl_reader_close(r);
  return code;
}

typedef struct findings {
  int n, foreign;
  char text[200]; /* of the first */
} findings;

static int add_finding(void *user, const pl_field *fields, size_t n)
{
  findings *all = user;
  assert_int_equal(n, 2);
  if (all->n++ == 0)
    (void)pl_copy(all->text, sizeof all->text, fields[0].bytes);
  all->foreign += fields[1].integer != 0;
  return 0;
}

static findings check(const char *path)
{
  findings all = {0};
  pl_reader *r;
  pl_error err = {0};
  if (pl_reader_open_mending(&pl_alloc_default, path, &r, &err) || pl_reader_record(r, "db_check_pages", NULL, 0, add_finding, &all, &err))
    fail_msg("%s", err.message);
  pl_reader_close(r);
  return all;
}

static pl_repair_counts repair(const char *path)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = path, .mend = true};
  pl_repair_counts counts;
  pl_store *s;
  pl_error err = {0};
  if (pl_store_open(&o, &s, &err) || pl_store_repair(s, &counts, &err))
    fail_msg("%s", err.message);
  pl_store_close(s);
  return counts;
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  pl_error err = {0};
  assert_non_null(f);
  f->bytes = malloc(FILE_MAX);
  assert_non_null(f->bytes);
  temporary_open(&f->folder);
  (void)temporary_file(&f->folder, "t.db", NULL, f->path, sizeof f->path);
  (void)temporary_file(&f->folder, "t.db-wal", NULL, f->log, sizeof f->log);
  (void)temporary_file(&f->folder, "t.db-shm", NULL, f->index, sizeof f->index);
  pl_rng_init(&f->rng, 5, 0, 0, 0);
  pl_store *s = stored_open(f->path, NULL, 0);
  fill_samples(s);
  fill_records(s);
  expect_rows_everywhere(s);
  pl_store_close(s);
  read_bytes(f);
  if (tell(f->path, false, &f->told, &err))
    fail_msg("%s", err.message);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  temporary_close(&f->folder);
  free(f->bytes);
  free(f);
  return 0;
}

/* ---- Tests ------------------------------------------------------------------------------------------ */

static void expect_found(fixture *f, size_t bit)
{
  char text[200];
  bool map = bit / 8 / PAGE == MAP;
  if (map)
    (void)snprintf(text, sizeof text, "page 2: not as it was written: another program has written there, or it is damaged");
  else
    (void)snprintf(text, sizeof text, "page %zu: bit %zu of byte %zu is flipped", bit / 8 / PAGE + 1, bit % 8, bit / 8 % PAGE);
  findings all = check(f->path);
  assert_string_equal(all.text, text);
  assert_true(all.n == 1 && all.foreign == map);
}

/* All of it as it was written, or an error of damage. */
static void expect_told(fixture *f, bool mend)
{
  uint64_t told = 0;
  pl_error err = {0};
  int code = tell(f->path, mend, &told, &err);
  if (code == PL_OK)
    assert_true(told == f->told);
  else if (mend || code != PL_ECORRUPT || !strstr(err.message, "perilune db check"))
    fail_msg("%d: %s", code, err.message);
}

static void a_flipped_bit_is_found_wherever_it_is(void **state)
{
  fixture *f = *state;
  for (int i = 0; i < FLIPS; i++) {
    /* Every tenth in the header, of which there is but one. */
    size_t bit = pl_rng_below(&f->rng, 8 * (i % 10 ? f->len : PL_PAGE_HEAD));
    put_back(f);
    flip(f, bit);
    expect_found(f, bit);
    expect_told(f, false);
    expect_told(f, true);
  }
}

static void flipped_bits_are_put_back(void **state)
{
  fixture *f = *state;
  for (int i = 0; i < REPAIRS; i++) {
    uint64_t told = 0;
    size_t half = f->len / PAGE / 2 * PAGE, first = pl_rng_below(&f->rng, 8 * half), second = 8 * half + pl_rng_below(&f->rng, 8 * half);
    put_back(f);
    flip(f, first);
    flip(f, second);
    pl_repair_counts counts = repair(f->path);
    assert_true(counts.flipped + counts.foreign == 2 && (counts.flipped == 2 || first / 8 / PAGE == MAP));
    assert_int_equal(check(f->path).n, 0);
    assert_int_equal(tell(f->path, false, &told, NULL), PL_OK);
    assert_true(told == f->told);
  }
}

static void damage_of_many_bits_is_found_and_no_crash(void **state)
{
  fixture *f = *state;
  for (int i = 0; i < SMEARS; i++) {
    uint8_t smear[32];
    uint64_t told = 0;
    size_t at = PL_PAGE_HEAD + pl_rng_below(&f->rng, f->len - PL_PAGE_HEAD - sizeof smear);
    for (size_t k = 0; k < sizeof smear; k++)
      smear[k] = (uint8_t)pl_rng_below(&f->rng, 256);
    put_back(f);
    overwrite(f, at, smear, sizeof smear);
    pl_error err = {0};
    (void)tell(f->path, false, &told, &err);
    pl_reader *r;
    findings all = {0};
    if (pl_reader_open_mending(&pl_alloc_default, f->path, &r, NULL))
      continue; /* refused, and so found */
    if (!pl_reader_record(r, "db_check_pages", NULL, 0, add_finding, &all, NULL))
      assert_true(all.n > 0 && all.foreign == all.n);
    pl_reader_close(r);
  }
}

static void execute(const char *path, const char *sql)
{
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, sql, NULL, NULL, NULL))
    fail_msg("%s", sqlite3_errmsg(db));
  sqlite3_close(db);
}

static void what_others_write_is_told_and_taken(void **state)
{
  static const char *const writes[] = {"UPDATE runs SET name = 'another name'", "DELETE FROM events WHERE id > 9", "CREATE TABLE theirs AS SELECT * FROM events",
                                       "CREATE INDEX theirs ON events(text)", "VACUUM"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
    uint64_t told = 0, still = 0;
    put_back(f);
    execute(f->path, writes[i]);
    findings all = check(f->path);
    assert_true(all.n > 0 && all.foreign == all.n);
    assert_int_equal(tell(f->path, false, &told, NULL), PL_OK);
    pl_repair_counts counts = repair(f->path);
    assert_true(counts.foreign > 0 && counts.flipped == 0);
    assert_int_equal(check(f->path).n, 0);
    assert_int_equal(tell(f->path, false, &still, NULL), PL_OK);
    assert_true(still == told);
  }
}

static void a_damaged_page_is_not_taken(void **state)
{
  fixture *f = *state;
  uint8_t zeros[512] = {0};
  overwrite(f, 2 * PAGE, zeros, sizeof zeros); /* the head of a table */
  findings all = check(f->path);
  assert_true(all.n == 1 && all.foreign == 1);
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = f->path, .mend = true};
  pl_repair_counts counts = {0};
  pl_store *s;
  if (!pl_store_open(&o, &s, NULL)) {
    int code = pl_store_repair(s, &counts, NULL);
    assert_true(code == PL_OK || code == PL_ECORRUPT);
    pl_store_close(s);
  }
  assert_int_equal(counts.foreign, 0);
  assert_true(check(f->path).n >= 1);
}

static void another_reader_is_in_the_way_of_repair(void **state)
{
  fixture *f = *state;
  sqlite3 *other;
  flip(f, 8 * (3 * PAGE + 100));
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = f->path, .mend = true};
  pl_repair_counts counts;
  pl_store *s;
  pl_error err = {0};
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  (void)sqlite3_busy_timeout(s->connection.db, 0);
  assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_store_repair(s, &counts, &err), PL_EBUSY);
  sqlite3_close(other);
  err = (pl_error){0};
  if (pl_store_repair(s, &counts, &err))
    fail_msg("%s", err.message);
  assert_int_equal(counts.flipped, 1);
  pl_store_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(a_flipped_bit_is_found_wherever_it_is), TEST(flipped_bits_are_put_back), TEST(damage_of_many_bits_is_found_and_no_crash),
                                     TEST(what_others_write_is_told_and_taken), TEST(a_damaged_page_is_not_taken), TEST(another_reader_is_in_the_way_of_repair)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Pages are sealed in the database's file, whoever begins it and however it came there; a file without room for seals stays as it is. */
#include "store/vfs.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/stored.h"

enum { PAGE = 4096 };

typedef struct fixture {
  temporary folder;
  char path[128], copy[128];
} fixture;

static int set_up(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "t.db", NULL, f.path, sizeof f.path);
  (void)temporary_file(&f.folder, "copy.db", NULL, f.copy, sizeof f.copy);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  temporary_close(&((fixture *)*state)->folder);
  return 0;
}

/* Pages of the file whose last bytes are no seal; of those that were ever written. */
static int unsealed(const char *path, int *n)
{
  uint8_t page[PAGE];
  int fd = open(path, O_RDONLY), bad = 0;
  size_t bit;
  assert_true(fd >= 0);
  for (*n = 0; read(fd, page, PAGE) == PAGE; ++*n)
    bad += pl_page_mend(page, PAGE, (uint32_t)*n + 1, &bit) != PL_PAGE_WHOLE;
  close(fd);
  return bad;
}

static void expect_sealed(const char *path, bool sealed)
{
  int n, bad = unsealed(path, &n);
  assert_true(n > 10);
  assert_int_equal(bad, sealed ? 0 : n);
}

static void execute(const char *path, const char *sql)
{
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, sql, NULL, NULL, NULL))
    fail_msg("%s", sqlite3_errmsg(db));
  sqlite3_close(db);
}

/* A file as versions without seals began it, with a run. */
static void begin_old(fixture *f)
{
  char sql[256];
  sqlite3_stmt *all;
  pl_store *s = stored_open(NULL, NULL, 0);
  (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", 0x5065726c, PL_STORE_SCHEMA);
  execute(f->path, sql);
  assert_int_equal(sqlite3_prepare_v2(s->connection.db, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid", -1, &all, NULL), SQLITE_OK);
  while (sqlite3_step(all) == SQLITE_ROW)
    execute(f->path, (const char *)sqlite3_column_text(all, 0));
  sqlite3_finalize(all);
  pl_store_close(s);
  execute(f->path, "INSERT INTO runs(ulid, name, started_ns, state) VALUES('RUN', 'old', 1, 'passed')");
}

static void put_samples(pl_store *s)
{
  int64_t series = stored_series(s, "lamps", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 20000; i++)
    stored_put(s, series, 0, i * i, (double)i / 7);
  stored_commit(s);
}

static void a_new_file_is_sealed(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, NULL, 0);
  put_samples(s);
  pl_store_close(s);
  expect_sealed(f->path, true);
  execute(f->path, "PRAGMA integrity_check; SELECT count(*) FROM runs"); /* which any program can read */
  expect_sealed(f->path, true);
}

static void an_old_file_is_sealed_when_it_is_written_anew(void **state)
{
  fixture *f = *state;
  begin_old(f);
  pl_store *s = stored_open(f->path, NULL, 0), *second = stored_open(f->path, NULL, 0);
  put_samples(s);
  assert_int_equal(pl_vfs_pages(s->connection.db), 0);
  assert_int_equal(pl_store_sync(s, NULL), PL_OK);
  expect_sealed(f->path, false);
  assert_int_equal(pl_store_rebuild(s, NULL), PL_OK);
  pl_store_close(s);
  put_samples(second); /* that had it open before */
  pl_store_close(second);
  expect_sealed(f->path, true);
  s = stored_open(f->path, NULL, 0);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM runs WHERE name = 'old'"), 1);
  assert_true(pl_vfs_pages(s->connection.db) > 10);
  pl_store_close(s);
}

static void a_copy_is_sealed_as_its_original_is(void **state)
{
  fixture *f = *state;
  for (int old = 0; old < 2; old++) {
    pl_reader *r;
    (void)unlink(f->path);
    (void)unlink(f->copy);
    if (old)
      begin_old(f);
    pl_store *s = stored_open(f->path, NULL, 0);
    put_samples(s); /* in the log, when it is copied */
    assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
    assert_int_equal(pl_reader_backup(r, f->copy, NULL), PL_OK);
    pl_reader_close(r);
    pl_store_close(s);
    expect_sealed(f->copy, !old);
    s = stored_open(f->copy, NULL, 0);
    assert_int_equal(stored_number(s, "SELECT count(*) FROM samples('lamps')"), 20000);
    pl_store_close(s);
  }
}

/* The file is replaced under an open connection by one without room for seals: nothing of it may be taken for one. */
static void a_file_that_loses_its_seals_stays_whole(void **state)
{
  fixture *f = *state;
  sqlite3 *from, *to;
  begin_old(f);
  assert_int_equal(rename(f->path, f->copy), 0);
  pl_store *s = stored_open(f->path, NULL, 0);
  put_samples(s);
  assert_int_equal(sqlite3_open(f->copy, &from), SQLITE_OK);
  assert_int_equal(sqlite3_open(f->path, &to), SQLITE_OK);
  sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
  assert_non_null(b);
  assert_int_equal(sqlite3_backup_step(b, -1), SQLITE_DONE);
  assert_int_equal(sqlite3_backup_finish(b), SQLITE_OK);
  sqlite3_close(to);
  sqlite3_close(from);
  stored_execute(s, "UPDATE runs SET name = 'new'");
  pl_store_close(s);
  s = stored_open(f->path, NULL, 0);
  assert_int_equal(stored_number(s, "SELECT integrity_check = 'ok' FROM pragma_integrity_check(1)"), 1);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM runs WHERE name = 'new'"), 1);
  assert_int_equal(pl_vfs_pages(s->connection.db), 0);
  pl_store_close(s);
}

static int open_with(const pl_allocator *a, void *user)
{
  pl_store_options o = {.alloc = a, .clock = &pl_clock_system, .path = user};
  pl_store *s;
  int code = pl_store_open(&o, &s, NULL);
  if (!code)
    pl_store_close(s);
  return code;
}

static void memory_may_be_short(void **state)
{
  fixture *f = *state;
  failing_every(open_with, f->path, 500);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(a_new_file_is_sealed), TEST(an_old_file_is_sealed_when_it_is_written_anew), TEST(a_copy_is_sealed_as_its_original_is),
                                     TEST(a_file_that_loses_its_seals_stays_whole), TEST(memory_may_be_short)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

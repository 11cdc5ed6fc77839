/* Series that are asked for in the order in which they were made are read together, and are those that one look-up each finds. */
#include "store/ahead.h"

#include <stdio.h>

#include "store/stored.h"
#include "store/writer.h"

enum { MANY = 3 * PL_AHEAD_ROWS };

static int64_t series(pl_store *s, int number)
{
  char name[16];
  (void)snprintf(name, sizeof name, "lamps%d", number);
  return stored_series(s, name, number % 2 ? PL_SERIES_COUNTER : PL_SERIES_GAUGE);
}

static void make_all(const char *path, int64_t ids[MANY])
{
  pl_store *s = stored_open(path, NULL, 0);
  for (int i = 0; i < MANY; i++)
    ids[i] = series(s, i);
  pl_store_close(s);
}

/* A file of MANY series, and a store that knows none of them yet. */
typedef struct fixture {
  temporary folder;
  char path[128];
  int64_t ids[MANY];
  pl_store *store;
} fixture;

static void open_made(fixture *f)
{
  temporary_open(&f->folder);
  (void)temporary_file(&f->folder, "t.db", NULL, f->path, sizeof f->path);
  make_all(f->path, f->ids);
  f->store = stored_open(f->path, NULL, 0);
}

static void close_made(fixture *f)
{
  pl_store_close(f->store);
  temporary_close(&f->folder);
}

static void those_behind_two_in_order_are_read(void **state)
{
  fixture f;
  (void)state;
  open_made(&f);
  assert_int_equal(series(f.store, 0), f.ids[0]);
  assert_int_equal(f.store->ahead.n, 0);
  assert_int_equal(series(f.store, 1), f.ids[1]);
  assert_int_equal(f.store->ahead.n, PL_AHEAD_ROWS);
  for (int i = 2; i < MANY; i++)
    assert_int_equal(series(f.store, i), f.ids[i]);
  assert_int_equal(stored_number(f.store, "SELECT count(*) FROM series"), MANY);
  close_made(&f);
}

static void any_order_finds_the_same(void **state)
{
  fixture f;
  (void)state;
  open_made(&f);
  for (int i = 0; i < MANY; i++)
    assert_int_equal(series(f.store, i * 7 % MANY), f.ids[i * 7 % MANY]);
  for (int i = MANY - 1; i >= 0; i--)
    assert_int_equal(series(f.store, i), f.ids[i]);
  assert_int_equal(stored_number(f.store, "SELECT count(*) FROM series"), MANY);
  close_made(&f);
}

/* What lies between was made by nobody: those that are not there are made. */
static void what_is_not_there_is_made(void **state)
{
  fixture f;
  (void)state;
  open_made(&f);
  assert_int_equal(series(f.store, 0), f.ids[0]);
  assert_int_equal(series(f.store, 1), f.ids[1]);
  int64_t made = stored_series(f.store, "tables", PL_SERIES_GAUGE);
  assert_true(made > f.ids[MANY - 1]);
  assert_int_equal(series(f.store, 2), f.ids[2]);
  assert_int_equal(stored_number(f.store, "SELECT count(*) FROM series"), MANY + 1);
  close_made(&f);
}

/* A series that was read in advance gets the kind of who writes it, as any other. */
static void its_kind_is_that_of_the_last_writer(void **state)
{
  fixture f;
  (void)state;
  open_made(&f);
  assert_int_equal(series(f.store, 0), f.ids[0]);
  assert_int_equal(series(f.store, 1), f.ids[1]);
  assert_int_equal(stored_series(f.store, "lamps2", PL_SERIES_COUNTER), f.ids[2]);
  assert_int_equal(stored_number(f.store, "SELECT kind FROM series WHERE name = 'lamps2'"), PL_SERIES_COUNTER);
  close_made(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(those_behind_two_in_order_are_read), cmocka_unit_test(any_order_finds_the_same),
                                     cmocka_unit_test(what_is_not_there_is_made), cmocka_unit_test(its_kind_is_that_of_the_last_writer)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

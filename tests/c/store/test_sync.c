/* The thread that waits for the disk. */
#include "store/sync.h"

#include <errno.h>
#include <unistd.h>

#include "perilune/error.h"
#include "store/stored.h"

static void a_log_that_is_there_or_gone_is_synced(void **state)
{
  char path[128], log[128];
  pl_syncer *s;
  (void)temporary_file(*state, "data/t.db-wal", "bytes", log, sizeof log);
  (void)temporary_file(*state, "data/t.db", "", path, sizeof path);
  assert_int_equal(pl_syncer_new(&pl_alloc_default, path, &s), PL_OK);
  assert_int_equal(pl_syncer_ask(s), 0);
  assert_int_equal(unlink(log), 0);
  assert_int_equal(pl_syncer_ask(s), 0);
  assert_int_equal(pl_syncer_ask(s), 0);
  pl_syncer_free(s);
}

/* A log that cannot be opened fails, which a later call says once. */
static void a_failure_is_said_once(void **state)
{
  char path[128];
  pl_syncer *s;
  int failed = 0;
  (void)temporary_file(*state, "data/file", "", path, sizeof path);
  (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/t.db"); /* below a file */
  assert_int_equal(pl_syncer_new(&pl_alloc_default, path, &s), PL_OK);
  for (int i = 0; i < 5000 && !failed; i++) {
    failed = pl_syncer_ask(s);
    usleep(1000);
  }
  assert_int_equal(failed, ENOTDIR);
  pl_syncer_free(s);
}

/* What a record or a sample wrote is due until it was asked for. */
static void a_store_asks_a_commits_time_after_the_last(void **state)
{
  char path[128];
  pl_fake_clock fake;
  pl_fake_clock_init(&fake, 10 * PL_S_NS, 0);
  (void)temporary_file(*state, "data/t.db", NULL, path, sizeof path);
  pl_store *s = stored_open(path, &fake.clock, 0);
  assert_true(pl_store_due(s) == UINT64_MAX);
  stored_put(s, 1, 0, 1, 1);
  stored_commit(s);
  assert_true(pl_store_due(s) == UINT64_MAX); /* asked for */
  stored_put(s, 1, 0, 2, 1);
  stored_commit(s);
  assert_true(pl_store_due(s) == 500 * PL_MS_NS);
  fake.mono += 500 * PL_MS_NS;
  assert_true(pl_store_due(s) == 0);
  assert_int_equal(pl_store_flush(s, NULL), PL_OK);
  assert_true(pl_store_due(s) == UINT64_MAX);
  pl_store_close(s);
}

static int make_one(const pl_allocator *a, void *user)
{
  pl_syncer *s = NULL;
  int code = pl_syncer_new(a, user, &s);
  pl_syncer_free(s);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  char path[] = "x";
  (void)state;
  failing_every(make_one, path, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_set_up, temporary_tear_down)
  const struct CMUnitTest tests[] = {TEST(a_log_that_is_there_or_gone_is_synced), TEST(a_failure_is_said_once), TEST(a_store_asks_a_commits_time_after_the_last),
                                     cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Threads: added up, also over those that ended. */
#include "sample/threads.h"

#include <math.h>
#include <stdio.h>

#include "support/failing.h"
#include "support/temporary.h"

static void put_thread(temporary *t, int tid, const char *schedstat, const char *status)
{
  char path[64];
  (void)snprintf(path, sizeof path, "7/task/%d/schedstat", tid);
  temporary_put(t, path, schedstat);
  (void)snprintf(path, sizeof path, "7/task/%d/status", tid);
  temporary_put(t, path, status);
}

static void they_are_added(void **state)
{
  temporary folder;
  pl_threads t;
  char path[256];
  (void)state;
  temporary_open(&folder);
  put_thread(&folder, 7, "100 2000000000 5\n", "Name:\ta\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t1\n");
  put_thread(&folder, 8, "100 1000000000 5\n", "Name:\tb\nvoluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t0\n");
  pl_threads_init(&t, &pl_alloc_default);
  assert_true(isnan(t.waiting_s));
  pl_threads_read(&t, folder.folder, 7);
  assert_true(t.waiting_s == 3 && t.voluntary == 13 && t.involuntary == 1);
  pl_threads_read(&t, folder.folder, 7);
  assert_true(t.waiting_s == 3 && t.voluntary == 13);
  for (int i = 0; i < 3; i++)
    assert_int_equal(remove(temporary_file(&folder, (const char *[]){"7/task/8/schedstat", "7/task/8/status", "7/task/8"}[i], NULL, path, sizeof path)), 0);
  put_thread(&folder, 7, "100 2500000000 5\n", "Name:\ta\nvoluntary_ctxt_switches:\t4\nnonvoluntary_ctxt_switches:\t1\n");
  pl_threads_read(&t, folder.folder, 7);
  assert_true(t.n == 1 && t.waiting_s == 3.5 && t.voluntary == 14);
  put_thread(&folder, 9, "0 250000000 1\n", "voluntary");
  pl_threads_read(&t, folder.folder, 7);
  assert_true(t.n == 2 && t.waiting_s == 3.75 && t.voluntary == 14);
  pl_threads_fini(&t);
  temporary_close(&folder);
}

static void of_none(void **state)
{
  pl_threads t;
  (void)state;
  pl_threads_init(&t, &pl_alloc_default);
  pl_threads_read(&t, "/no/such", 7);
  assert_true(t.n == 0 && isnan(t.waiting_s));
  pl_threads_fini(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_added), cmocka_unit_test(of_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The limit of descriptors, room for them, and what is told where there are none. */
#include "base/descriptors.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "support/failing.h"

static void spare_files_are_a_small_share(void **state)
{
  (void)state;
  assert_true(pl_descriptor_limit() > 0);
  assert_int_equal(pl_spare_descriptors(64), 2);
  assert_int_equal(pl_spare_descriptors(1024), 32);
  assert_int_equal(pl_spare_descriptors(20000), 256);
}

/* Slots of this process's table of descriptors. */
static unsigned table_size(void)
{
  char line[256];
  unsigned n = 0;
  FILE *f = fopen("/proc/self/status", "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f) && sscanf(line, "FDSize: %u", &n) != 1)
    ;
  fclose(f);
  return n;
}

static void the_table_of_descriptors_grows_at_once(void **state)
{
  (void)state;
  assert_true(table_size() < 300 && pl_descriptor_limit() >= 300);
  int before = dup(0);
  pl_descriptor_room(300);
  assert_true(table_size() >= 300);
  assert_int_equal(close(before), 0);
  assert_int_equal(dup(0), before); /* and nothing stays open */
  assert_int_equal(close(before), 0);
  pl_descriptor_room(0);
  pl_descriptor_room(UINT64_MAX);
}

/* Last, for the limit stays. */
static void what_to_do_names_the_limit(void **state)
{
  char text[PL_RAISE_TEXT];
  struct rlimit r;
  (void)state;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
  r.rlim_cur = 40;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
  pl_descriptor_advice(text);
  assert_string_equal(text, "ulimit -n is 40: raise it (ulimit -n 1024)");
  pl_error err = {0};
  assert_int_equal(pl_fail_sys(&err, PL_ELIMIT, EMFILE, "open %s", "/x"), PL_ELIMIT);
  assert_string_equal(err.message, "open /x: Too many open files: ulimit -n is 40: raise it (ulimit -n 1024)");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(spare_files_are_a_small_share), cmocka_unit_test(the_table_of_descriptors_grows_at_once),
                                     cmocka_unit_test(what_to_do_names_the_limit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

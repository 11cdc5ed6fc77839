#include "io/slice.h"

#include <errno.h>
#include <sys/resource.h>

#include "support/failing.h"
#include "support/slice.h"

static void the_slice_gets_shorter_and_nothing_else(void **state)
{
  (void)state;
  assert_int_equal(setpriority(PRIO_PROCESS, 0, 3), 0);
  uint64_t before = slice_ns();
  pl_slice_shorten();
  if (before)
    assert_true(slice_ns() < before);
  errno = 0;
  assert_int_equal(getpriority(PRIO_PROCESS, 0), 3);
  assert_int_equal(errno, 0);
  if (!before)
    skip(); /* a kernel without slices of one's own */
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_slice_gets_shorter_and_nothing_else)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

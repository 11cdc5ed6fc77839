#include "load/loopback.h"

#include "support/failing.h"

static void a_server_that_does_nothing_is_fast(void **state)
{
  pl_hist h;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  uint64_t before = pl_now(&pl_clock_system);
  pl_loopback_measure(&pl_alloc_default, &pl_clock_system, &h);
  uint64_t took = pl_now(&pl_clock_system) - before;
  assert_true(h.count <= 50);
  assert_true(h.sum <= (double)took); /* one after the other */
  pl_hist_fini(&h);
}

/* Memory is refused: nothing or less is measured, nothing stays behind. */
static void survives_failing_allocations(void **state)
{
  (void)state;
  for (size_t n = 1; n < 100; n++) {
    failing memory;
    pl_hist h;
    failing_init(&memory, n);
    pl_hist_init(&h, &pl_alloc_default);
    pl_loopback_measure(&memory.allocator, &pl_clock_system, &h);
    pl_hist_fini(&h);
    assert_int_equal(memory.live, 0);
    if (memory.calls < n)
      return;
  }
  fail_msg("still failing");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_server_that_does_nothing_is_fast), cmocka_unit_test(survives_failing_allocations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Starts that wait for a user: their order, how many may wait, and which one is dropped. */
#include "load/start_queue.h"

#include "support/failing.h"

static void the_first_in_is_the_first_out(void **state)
{
  (void)state;
  pl_start_queue q = {.max = 200};
  uint64_t next = 0;
  for (uint64_t i = 0; i < 150; i++) { /* grows twice while its first is not at the ring's begin */
    assert_true(pl_start_queue_push(&q, &pl_alloc_default, (pl_start){i, i * 10}));
    if (i % 3 == 0)
      assert_int_equal(pl_start_queue_pop(&q).index, next++);
  }
  while (q.count) {
    pl_start s = pl_start_queue_pop(&q);
    assert_int_equal(s.index, next);
    assert_int_equal(s.intended_ns, next++ * 10);
  }
  assert_int_equal(next, 150);
  pl_start_queue_fini(&q, &pl_alloc_default);
}

static void a_start_is_dropped_when_as_many_wait_as_may(void **state)
{
  (void)state;
  pl_start_queue q = {.max = 3};
  for (uint64_t i = 0; i < 3; i++)
    assert_true(pl_start_queue_push(&q, &pl_alloc_default, (pl_start){i, i}));
  assert_false(pl_start_queue_push(&q, &pl_alloc_default, (pl_start){3, 3}));
  assert_int_equal(pl_start_queue_pop(&q).index, 0);
  assert_true(pl_start_queue_push(&q, &pl_alloc_default, (pl_start){4, 4}));
  assert_int_equal(q.count, 3);
  pl_start_queue_fini(&q, &pl_alloc_default);
}

static void where_none_may_wait_each_is_dropped(void **state)
{
  (void)state;
  pl_start_queue q = {.max = 0};
  assert_false(pl_start_queue_push(&q, &pl_alloc_default, (pl_start){0, 0}));
  assert_int_equal(q.count, 0);
  pl_start_queue_fini(&q, &pl_alloc_default);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_in_is_the_first_out),
      cmocka_unit_test(a_start_is_dropped_when_as_many_wait_as_may),
      cmocka_unit_test(where_none_may_wait_each_is_dropped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

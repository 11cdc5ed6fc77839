#include "load/example.h"

#include "base/random.h"
#include "support/failing.h"

static pl_example of(uint64_t latency_ns, uint64_t end_ns)
{
  return (pl_example){.latency_ns = latency_ns, .end_ns = end_ns};
}

static void the_slowest_are_kept_slowest_first(void **state)
{
  pl_example_list list = {.n = 0};
  (void)state;
  for (uint64_t i = 0; i < 100; i++) {
    pl_example e = of(1000 + 37 * i % 100, i);
    assert_true(i >= PL_EXAMPLES || pl_examples_floor(&list) == 0);
    pl_examples_add(&list, &e);
  }
  assert_int_equal(list.n, PL_EXAMPLES);
  for (uint32_t i = 0; i < PL_EXAMPLES; i++)
    assert_int_equal(list.items[i].latency_ns, 1099 - i);
  assert_int_equal(pl_examples_floor(&list), 1099 - PL_EXAMPLES + 1);
}

/* However requests are dealt to lists and these are merged, the outcome is that of one list. Few values: many are equally slow. */
static void parts_make_the_whole_in_any_order(void **state)
{
  enum { REQUESTS = 300, PARTS = 7 };
  pl_rng rng;
  (void)state;
  pl_rng_init(&rng, 5, 0, 0, 0);
  for (int round = 0; round < 50; round++) {
    pl_example_list whole = {.n = 0}, parts[PARTS] = {{.n = 0}}, sum = {.n = 0};
    for (uint64_t i = 0; i < REQUESTS; i++) {
      pl_example e = of(pl_rng_below(&rng, 20), i);
      pl_examples_add(&whole, &e);
      pl_examples_add(&parts[pl_rng_below(&rng, PARTS)], &e);
    }
    for (uint64_t at = pl_rng_below(&rng, PARTS), n = 0; n < PARTS; n++, at = (at + 3) % PARTS)
      pl_examples_merge(&sum, &parts[at]);
    assert_int_equal(sum.n, whole.n);
    for (uint32_t i = 0; i < whole.n; i++)
      assert_int_equal(sum.items[i].end_ns, whole.items[i].end_ns);
  }
}

static void phases_begin_where_the_one_before_ended(void **state)
{
  uint64_t p[PL_PHASES];
  (void)state;
  pl_phases_of(&(pl_times){.begin = 100, .resolved = 103, .connected = 110, .send = 112, .sent = 113, .first_byte = 150, .end = 160}, p);
  const uint64_t opened[PL_PHASES] = {3, 7, PL_NO_PHASE, 1, 37, 10};
  assert_memory_equal(p, opened, sizeof p);
  pl_phases_of(&(pl_times){.begin = 100, .send = 100, .sent = 101, .end = 160}, p);
  const uint64_t unanswered[PL_PHASES] = {PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, 1, PL_NO_PHASE, PL_NO_PHASE};
  assert_memory_equal(p, unanswered, sizeof p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_slowest_are_kept_slowest_first), cmocka_unit_test(parts_make_the_whole_in_any_order),
                                     cmocka_unit_test(phases_begin_where_the_one_before_ended)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

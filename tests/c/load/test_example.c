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

static void those_that_were_chosen_have_a_limit(void **state)
{
  pl_kept_list list = {.n = 0};
  (void)state;
  for (uint64_t i = 0; i < PL_KEPT + 3; i++)
    pl_kept_add(&list, &(pl_example){.latency_ns = i});
  assert_int_equal(list.n, PL_KEPT);
  assert_int_equal(list.items[PL_KEPT - 1].latency_ns, PL_KEPT - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(those_that_were_chosen_have_a_limit), cmocka_unit_test(the_slowest_are_kept_slowest_first), cmocka_unit_test(parts_make_the_whole_in_any_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

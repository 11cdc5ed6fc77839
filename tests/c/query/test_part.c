/* Measured parts: which seconds count, and how much of each. */
#include "query/part.h"

#include "support/failing.h"

static void add(pl_parts *p, const char *scenario, int64_t from_ms, int64_t to_ms, int64_t drained_ms)
{
  pl_part part = {.from_ms = from_ms, .to_ms = to_ms, .drained_ms = drained_ms};
  (void)pl_copy(part.scenario, sizeof part.scenario, pl_str_of(scenario));
  assert_int_equal(pl_parts_add(p, &part, NULL), 0);
}

static void without_parts_everything_counts(void **state)
{
  pl_parts p = {.n = 0};
  (void)state;
  assert_true(pl_parts_count(&p, "a", 5000, false));
  assert_float_equal(pl_parts_covered_s(&p, "a", 5000), 1, 0);
}

static void the_drain_counts_for_answers_only(void **state)
{
  pl_parts p = {.n = 0};
  (void)state;
  add(&p, "a", 1000, 4000, 6500);
  assert_false(pl_parts_count(&p, "a", 0, true));
  assert_true(pl_parts_count(&p, "a", 3000, false));
  assert_false(pl_parts_count(&p, "a", 4000, false));
  assert_true(pl_parts_count(&p, "a", 6000, true));
  assert_false(pl_parts_count(&p, "a", 7000, true));
  assert_false(pl_parts_count(&p, "b", 3000, true));
  assert_true(pl_parts_count(&p, "", 3000, false));
}

static void a_second_may_be_covered_in_part(void **state)
{
  pl_parts p = {.n = 0};
  (void)state;
  add(&p, "a", 750, 2250, 9000);
  assert_float_equal(pl_parts_covered_s(&p, "a", 0), 0.25, 1e-9);
  assert_float_equal(pl_parts_covered_s(&p, "a", 1000), 1, 1e-9);
  assert_float_equal(pl_parts_covered_s(&p, "a", 2000), 0.25, 1e-9);
  assert_float_equal(pl_parts_covered_s(&p, "a", 3000), 0, 1e-9);
}

static void a_second_of_a_stretch_counts_whole_where_it_begins(void **state)
{
  pl_parts p = {.n = 0};
  pl_part stretch = {.scenario = "a", .from_ms = 750, .to_ms = 2250, .drained_ms = 2250, .whole = true};
  (void)state;
  assert_int_equal(pl_parts_add(&p, &stretch, NULL), 0);
  assert_float_equal(pl_parts_covered_s(&p, "a", 700), 0, 0);
  assert_float_equal(pl_parts_covered_s(&p, "a", 750), 1, 0);
  assert_float_equal(pl_parts_covered_s(&p, "a", 2200), 1, 0);
  assert_float_equal(pl_parts_covered_s(&p, "a", 2250), 0, 0);
}

static void what_was_planned_is_replaced_by_what_was(void **state)
{
  pl_parts p = {.n = 0};
  (void)state;
  add(&p, "a", 0, 5000, INT64_MAX);
  add(&p, "b", 0, 5000, INT64_MAX);
  add(&p, "a", 0, 3000, 3500);
  assert_int_equal(p.n, 2);
  assert_false(pl_parts_count(&p, "a", 4000, true));
  assert_true(pl_parts_count(&p, "b", 4000, true));
  add(&p, "a", 8000, 9000, INT64_MAX);
  assert_int_equal(p.n, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(without_parts_everything_counts), cmocka_unit_test(the_drain_counts_for_answers_only),
                                     cmocka_unit_test(a_second_may_be_covered_in_part), cmocka_unit_test(a_second_of_a_stretch_counts_whole_where_it_begins),
                                     cmocka_unit_test(what_was_planned_is_replaced_by_what_was)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The histogram: geometry, quantiles by nearest rank, exact merging. */
#include "analysis/hist.h"

#include <math.h>

#include "support/failing.h"

static void the_geometry_keeps_three_digits(void **state)
{
  (void)state;
  for (uint64_t v = 1; v < PL_HIST_MAX_VALUE; v = v * 5 / 3 + 1) {
    uint32_t i = pl_hist_index(v);
    assert_true(pl_hist_lowest(i) <= v && v <= pl_hist_highest(i));
    assert_true((double)(pl_hist_highest(i) - pl_hist_lowest(i)) <= (double)v / 1000 + 1);
    assert_true(i + 1 >= PL_HIST_COUNTERS || pl_hist_lowest(i + 1) == pl_hist_highest(i) + 1);
  }
  assert_int_equal(pl_hist_index(2047), 2047); /* HdrHistogram: 2,048 counters of one unit come first */
  assert_int_equal(pl_hist_index(2048), 2048);
  assert_int_equal(pl_hist_index(2049), 2048);
  assert_int_equal(pl_hist_index(PL_HIST_MAX_VALUE), PL_HIST_COUNTERS - 1);
}

static void quantiles_are_nearest_ranks(void **state)
{
  pl_hist h;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_hist_quantile(&h, 0.5), 0);
  assert_true(isnan(pl_hist_mean(&h)));
  for (uint64_t v = 1; v <= 1000; v++)
    pl_hist_record(&h, v);
  assert_int_equal(pl_hist_quantile(&h, 0), 1);
  assert_int_equal(pl_hist_quantile(&h, 0.5), 500);
  assert_int_equal(pl_hist_quantile(&h, 0.501), 501);
  assert_int_equal(pl_hist_quantile(&h, 0.99), 990);
  assert_int_equal(pl_hist_quantile(&h, 1), 1000);
  assert_int_equal(pl_hist_count_at_most(&h, 250), 250);
  assert_true(fabs(pl_hist_mean(&h) - 500.5) < 1e-9);
  assert_true(fabs(pl_hist_stddev(&h) - 288.675) < 0.01);
  pl_hist_fini(&h);
}

static void values_above_the_range_are_counted(void **state)
{
  pl_hist h;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, PL_HIST_MAX_VALUE + 5);
  assert_int_equal(h.count, 1);
  assert_int_equal(h.over, 1);
  pl_hist_fini(&h);
}

static void merging_is_exact(void **state)
{
  pl_hist a, b, all;
  (void)state;
  pl_hist_init(&a, &pl_alloc_default);
  pl_hist_init(&b, &pl_alloc_default);
  pl_hist_init(&all, &pl_alloc_default);
  for (uint64_t i = 0; i < 20000; i++) {
    uint64_t v = i * i * 977 % 100000007;
    pl_hist_record(i % 3 ? &a : &b, v);
    pl_hist_record(&all, v);
  }
  assert_int_equal(pl_hist_add(&a, &b), PL_OK);
  assert_int_equal(a.count, all.count);
  assert_int_equal(a.min, all.min);
  assert_int_equal(a.max, all.max);
  for (int i = 0; i <= 100; i++)
    assert_int_equal(pl_hist_quantile(&a, i / 100.0), pl_hist_quantile(&all, i / 100.0));
  pl_hist_fini(&a);
  pl_hist_fini(&b);
  pl_hist_fini(&all);
}

static void what_cannot_be_kept_is_counted_as_lost(void **state)
{
  failing f;
  pl_hist h;
  (void)state;
  failing_init(&f, 1);
  pl_hist_init(&h, &f.allocator);
  pl_hist_record(&h, 5);
  assert_int_equal(h.lost, 1);
  pl_hist_fini(&h);
}

/* Pages of values that do not come again are given back; those in use stay. */
static void rare_values_leave_no_pages(void **state)
{
  failing memory;
  pl_hist h;
  (void)state;
  failing_init(&memory, 0);
  pl_hist_init(&h, &memory.allocator);
  for (int i = 0; i < 3; i++) {
    pl_hist_record(&h, 1000);
    pl_hist_clear(&h);
  }
  size_t usual = memory.live, calls = memory.calls;
  pl_hist_record(&h, 1000);
  pl_hist_record(&h, 123456789);
  assert_true(memory.live > usual);
  pl_hist_clear(&h);
  pl_hist_record(&h, 1000);
  pl_hist_clear(&h);
  assert_int_equal(memory.live, usual);
  assert_int_equal(memory.calls, calls + 1);
  pl_hist_fini(&h);
  assert_int_equal(memory.live, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rare_values_leave_no_pages), cmocka_unit_test(the_geometry_keeps_three_digits), cmocka_unit_test(quantiles_are_nearest_ranks),
                                     cmocka_unit_test(values_above_the_range_are_counted), cmocka_unit_test(merging_is_exact),
                                     cmocka_unit_test(what_cannot_be_kept_is_counted_as_lost)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

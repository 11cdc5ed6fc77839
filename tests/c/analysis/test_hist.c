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

/* A long load meets rare values in every range: each costs little, for as long as they stay rare. */
static void rare_values_cost_little(void **state)
{
  enum { PAGE_BYTES = 2 * PL_HIST_PAGE + 16 };
  failing memory;
  pl_hist h;
  (void)state;
  failing_init(&memory, 0);
  pl_hist_init(&h, &memory.allocator);
  for (uint32_t i = 0; i < PL_HIST_COUNTERS; i += PL_HIST_PAGE)
    pl_hist_record_n(&h, pl_hist_lowest(i), UINT16_MAX);
  assert_true(memory.live <= PL_HIST_PAGES * PAGE_BYTES);
  pl_hist_fini(&h);
}

static uint64_t counted(const pl_hist *h, uint64_t value)
{
  uint32_t index = 0;
  uint64_t low, high, count;
  while (pl_hist_next(h, &index, &low, &high, &count)) {
    if (low == value)
      return count;
  }
  return 0;
}

/* Counts go beyond the 16 bits of a small counter by single values, by many at a time and by merging. */
static void many_equal_values_are_counted(void **state)
{
  failing memory;
  pl_hist a, b;
  (void)state;
  failing_init(&memory, 0);
  pl_hist_init(&a, &memory.allocator);
  pl_hist_init(&b, &memory.allocator);
  for (int i = 0; i < 70000; i++)
    pl_hist_record(&a, 1000);
  pl_hist_record(&a, 1001);
  pl_hist_record_n(&b, 1000, UINT64_C(5000000000));
  pl_hist_record_n(&b, 1002, 40000);
  assert_int_equal(counted(&a, 1000), 70000);
  assert_int_equal(pl_hist_add(&a, &b), PL_OK);
  assert_int_equal(pl_hist_add(&b, &a), PL_OK); /* 80,000 of 1,002 */
  assert_int_equal(counted(&a, 1000), 5000070000);
  assert_int_equal(counted(&a, 1001), 1);
  assert_int_equal(counted(&b, 1002), 80000);
  assert_int_equal(pl_hist_quantile(&b, 1 - 2e-6), 1002);
  pl_hist_clear(&a);
  assert_int_equal(counted(&a, 1000), 0);
  pl_hist_fini(&a);
  pl_hist_fini(&b);
  assert_int_equal(memory.live, 0);
}

static void what_is_taken_out_leaves_the_others(void **state)
{
  failing memory;
  pl_hist all, a, b;
  (void)state;
  failing_init(&memory, 0);
  pl_hist_init(&all, &memory.allocator);
  pl_hist_init(&a, &pl_alloc_default);
  pl_hist_init(&b, &pl_alloc_default);
  pl_hist_record_n(&a, 1000, 70000);
  pl_hist_record(&a, 123456789);
  pl_hist_record_n(&b, 1000, 5);
  pl_hist_record(&b, 4321);
  assert_int_equal(pl_hist_add(&all, &b), PL_OK);
  size_t before = memory.live;
  assert_int_equal(pl_hist_add(&all, &a), PL_OK);
  pl_hist_take(&all, &a);
  assert_int_equal(all.count, 6);
  assert_int_equal(counted(&all, 1000), 5);
  assert_int_equal(counted(&all, pl_hist_lowest(pl_hist_index(4321))), 1);
  assert_int_equal(counted(&all, pl_hist_lowest(pl_hist_index(123456789))), 0);
  pl_hist_take(&all, &b);
  assert_true(memory.live < before);
  pl_hist_clear(&b); /* its pages stay, empty */
  pl_hist_take(&all, &b);
  assert_int_equal(all.count, 0);
  assert_true(isnan(pl_hist_mean(&all)));
  pl_hist_fini(&all);
  pl_hist_fini(&a);
  pl_hist_fini(&b);
}

/* The 65,536th value of a counter needs memory, as the first does; merging without memory changes nothing. */
static void without_memory_large_counts_are_lost(void **state)
{
  failing memory;
  pl_hist a, b;
  (void)state;
  failing_init(&memory, 2);
  pl_hist_init(&a, &memory.allocator);
  pl_hist_init(&b, &pl_alloc_default);
  pl_hist_record_n(&a, 7, UINT16_MAX);
  pl_hist_record(&a, 7);
  assert_int_equal(a.lost, 1);
  assert_int_equal(a.count, UINT16_MAX);
  pl_hist_record(&b, 7);
  failing_init(&memory, 1);
  assert_int_equal(pl_hist_add(&a, &b), PL_ENOMEM);
  assert_int_equal(counted(&a, 7), UINT16_MAX);
  assert_int_equal(a.count, UINT16_MAX);
  pl_hist_fini(&a);
  pl_hist_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rare_values_leave_no_pages), cmocka_unit_test(the_geometry_keeps_three_digits), cmocka_unit_test(quantiles_are_nearest_ranks),
                                     cmocka_unit_test(values_above_the_range_are_counted), cmocka_unit_test(merging_is_exact),
                                     cmocka_unit_test(what_cannot_be_kept_is_counted_as_lost), cmocka_unit_test(rare_values_cost_little),
                                     cmocka_unit_test(many_equal_values_are_counted), cmocka_unit_test(what_is_taken_out_leaves_the_others), cmocka_unit_test(without_memory_large_counts_are_lost)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

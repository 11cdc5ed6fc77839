/* Values of the recommender's own published tests. */
#include "analysis/rightsize/decaying_hist.h"

#include <math.h>

#include "support/failing.h"

#define DAY 86400.0

static void near(double a, double b)
{
  assert_true(fabs(a - b) <= 1e-9 * fabs(b));
}

static void buckets_begin_where_they_do(void **state)
{
  const double starts[] = {0, 40, 100, 190, 325, 527.5};
  pl_decaying_hist h;
  (void)state;
  assert_true(pl_decaying_init(&h, 5, 0.3, 1, 1e-15, INFINITY));
  assert_int_equal(h.n, 18);
  assert_int_equal(pl_decaying_bucket(&h, -1), 0);
  assert_int_equal(pl_decaying_bucket(&h, NAN), 0);
  assert_int_equal(pl_decaying_bucket(&h, 1e300), 17);
  assert_true(pl_decaying_init(&h, 500, 40, 1.5, 1e-15, INFINITY));
  assert_int_equal(h.n, 6);
  for (size_t b = 0; b < h.n; b++) {
    near(pl_decaying_start(&h, b) + 1, starts[b] + 1);
    assert_int_equal(pl_decaying_bucket(&h, starts[b] + 1e-6), b);
  }
}

static void percentiles_are_ends_of_buckets(void **state)
{
  pl_decaying_hist h;
  (void)state;
  assert_true(pl_decaying_init(&h, 10, 1, 1, 1e-15, INFINITY));
  assert_true(pl_decaying_percentile(&h, 0.5) == 0);
  for (int v = 1; v <= 4; v++)
    pl_decaying_add(&h, v, v, 0);
  near(pl_decaying_percentile(&h, 0), 2);
  near(pl_decaying_percentile(&h, 0.2), 3);
  near(pl_decaying_percentile(&h, 0.4), 4);
  near(pl_decaying_percentile(&h, 0.7), 5);
  near(pl_decaying_percentile(&h, 1), 5);
  pl_decaying_subtract(&h, 4, 4, 0);
  near(pl_decaying_percentile(&h, 1), 4);
  pl_decaying_add(&h, 99, 100, 0);
  near(pl_decaying_percentile(&h, 1), 10);
}

/* One half-life between the samples, and far more than the reference reaches. */
static void weights_halve(void **state)
{
  const double times[] = {0, 1e6 * DAY};
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    pl_decaying_hist h;
    assert_true(pl_decaying_init(&h, 10, 1, 1, 1e-15, DAY));
    for (int v = 1; v <= 4; v++)
      pl_decaying_add(&h, v, v, times[k] + (v - 1) * DAY);
    near(pl_decaying_percentile(&h, 0.02), 2);
    near(pl_decaying_percentile(&h, 0.03), 3);
    near(pl_decaying_percentile(&h, 0.11), 4);
    near(pl_decaying_percentile(&h, 0.35), 5);
  }
}

static void old_samples_vanish_when_the_reference_moves(void **state)
{
  pl_decaying_hist h;
  (void)state;
  assert_true(pl_decaying_init(&h, 10, 1, 1, 1e-4, DAY));
  pl_decaying_add(&h, 8, 1, 0);
  pl_decaying_add(&h, 2, 1, 101 * DAY);
  near(pl_decaying_percentile(&h, 1), 3);
}

static void a_checkpoint_restores(void **state)
{
  pl_decaying_hist h, back;
  uint32_t weights[PL_DECAYING_BUCKETS];
  (void)state;
  assert_true(pl_decaying_init(&h, 10, 1, 1, 1e-4, DAY));
  assert_true(pl_decaying_init(&back, 10, 1, 1, 1e-4, DAY));
  pl_decaying_load(&back, weights + (pl_decaying_save(&h, weights) > 0), 0, 0); /* of an empty one: nothing */
  assert_true(pl_decaying_empty(&back));
  for (int v = 1; v <= 4; v++)
    pl_decaying_add(&h, v, v, 0);
  double total = pl_decaying_save(&h, weights);
  near(total, 10);
  assert_int_equal(weights[4], 10000);
  assert_int_equal(weights[1], 2500);
  pl_decaying_load(&back, weights, total, h.reference_s);
  near(back.total, 10);
  near(back.weight[3], 3);
  near(pl_decaying_percentile(&back, 0.4), 4);
}

static void what_cannot_be_is_refused(void **state)
{
  pl_decaying_hist h;
  (void)state;
  assert_false(pl_decaying_init(&h, NAN, 1, 1.05, 1e-4, DAY));
  assert_false(pl_decaying_init(&h, 10, 0, 1.05, 1e-4, DAY));
  assert_false(pl_decaying_init(&h, 10, 1, 0.9, 1e-4, DAY));
  assert_false(pl_decaying_init(&h, 1e6, 1, 1, 1e-4, DAY));
  assert_false(pl_decaying_init(&h, 10, 1, 1, 1e-4, 0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(buckets_begin_where_they_do), cmocka_unit_test(percentiles_are_ends_of_buckets),
                                     cmocka_unit_test(weights_halve), cmocka_unit_test(old_samples_vanish_when_the_reference_moves),
                                     cmocka_unit_test(a_checkpoint_restores), cmocka_unit_test(what_cannot_be_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What data add up to: histograms, increments, values over time. */
#include "base/clock.h"
#include "query/tally.h"

#include <math.h>

#include "support/failing.h"

static pl_expr expression(enum pl_metric_kind kind, enum pl_aggregate aggregate, double p)
{
  return (pl_expr){.metric.kind = kind, .aggregate = aggregate, .p = p};
}

/* The value of a tally that has one. */
static double value(const pl_tally *t, enum pl_metric_kind kind, enum pl_aggregate aggregate, double p)
{
  double v = NAN;
  pl_expr e = expression(kind, aggregate, p);
  assert_true(pl_tally_value(t, &e, &v));
  return v;
}

static bool has_value(const pl_tally *t, enum pl_metric_kind kind, enum pl_aggregate aggregate)
{
  double v = -7;
  pl_expr e = expression(kind, aggregate, 0.5);
  bool known = pl_tally_value(t, &e, &v);
  return known;
}

static void histograms_in_seconds(void **state)
{
  pl_tally t, more;
  pl_hist h;
  pl_expr e = expression(PL_METRIC_DIST, PL_AGG_COUNT, 0);
  (void)state;
  pl_tally_init(&t);
  pl_tally_init(&more);
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 512 * PL_MS_NS, 3);
  assert_false(has_value(&t, PL_METRIC_DIST, PL_AGG_MEAN));
  assert_int_equal(pl_tally_samples(&t, &e), 0);
  assert_int_equal(pl_tally_add_hist(&t, &h, &pl_alloc_default), PL_OK);
  assert_int_equal(pl_tally_add_hist(&more, &h, &pl_alloc_default), PL_OK);
  more.covered_s = 2;
  assert_int_equal(pl_tally_add(&t, &more, &pl_alloc_default), PL_OK);
  assert_true(value(&t, PL_METRIC_DIST, PL_AGG_COUNT, 0) == 6);
  assert_int_equal(pl_tally_samples(&t, &e), 6);
  assert_true(value(&t, PL_METRIC_DIST, PL_AGG_MIN, 0) == 0.512 && value(&t, PL_METRIC_DIST, PL_AGG_MAX, 0) == 0.512);
  assert_true(value(&t, PL_METRIC_DIST, PL_AGG_MEAN, 0) == 0.512);
  assert_true(value(&t, PL_METRIC_DIST, PL_AGG_RATE, 0) == 3);
  assert_true(fabs(value(&t, PL_METRIC_DIST, PL_AGG_QUANTILE, 0.99) - 0.512) <= 0.512e-3);
  pl_tally_clear(&t);
  assert_false(has_value(&t, PL_METRIC_DIST, PL_AGG_COUNT));
  pl_tally_fini(&t, &pl_alloc_default);
  pl_tally_fini(&more, &pl_alloc_default);
  pl_hist_fini(&h);
}

static void values_over_time(void **state)
{
  static const double in[] = {5, 1, 4, 2, 3};
  pl_tally t;
  (void)state;
  pl_tally_init(&t);
  assert_false(has_value(&t, PL_METRIC_GAUGE, PL_AGG_MEAN));
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(pl_tally_add_value(&t, in[i], true, &pl_alloc_default), PL_OK);
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_MEAN, 0) == 3 && value(&t, PL_METRIC_GAUGE, PL_AGG_SUM, 0) == 15);
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_MIN, 0) == 1 && value(&t, PL_METRIC_GAUGE, PL_AGG_MAX, 0) == 5);
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_LAST, 0) == 3 && value(&t, PL_METRIC_GAUGE, PL_AGG_COUNT, 0) == 5);
  /* Nearest rank, ceil(p n): no value is made up between two. */
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0) == 1 && value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0.2) == 1);
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0.21) == 2 && value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0.5) == 3);
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 1) == 5);
  pl_tally_fini(&t, &pl_alloc_default);
}

static void adding_keeps_the_later_last_value(void **state)
{
  pl_tally all, second, empty;
  (void)state;
  pl_tally_init(&all);
  pl_tally_init(&second);
  pl_tally_init(&empty);
  assert_int_equal(pl_tally_add_value(&second, 7, true, &pl_alloc_default), PL_OK);
  assert_int_equal(pl_tally_add(&all, &second, &pl_alloc_default), PL_OK);
  pl_tally_clear(&second);
  assert_int_equal(pl_tally_add_value(&second, 9, true, &pl_alloc_default), PL_OK);
  assert_int_equal(pl_tally_add(&all, &second, &pl_alloc_default), PL_OK);
  assert_int_equal(pl_tally_add(&all, &empty, &pl_alloc_default), PL_OK);
  assert_true(value(&all, PL_METRIC_GAUGE, PL_AGG_LAST, 0) == 9 && value(&all, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0.5) == 7);
  assert_true(value(&all, PL_METRIC_GAUGE, PL_AGG_MIN, 0) == 7 && value(&all, PL_METRIC_GAUGE, PL_AGG_MAX, 0) == 9);
  pl_tally_fini(&all, &pl_alloc_default);
  pl_tally_fini(&second, &pl_alloc_default);
}

static void increments(void **state)
{
  pl_tally t;
  (void)state;
  pl_tally_init(&t);
  assert_false(has_value(&t, PL_METRIC_SHARE, PL_AGG_RATIO)); /* nothing of nothing */
  assert_false(has_value(&t, PL_METRIC_COUNTER, PL_AGG_SUM));
  t.part = 1, t.all = 4, t.n = 2;
  assert_true(value(&t, PL_METRIC_SHARE, PL_AGG_RATIO, 0) == 0.25);
  assert_true(value(&t, PL_METRIC_COUNTER, PL_AGG_SUM, 0) == 4);
  assert_false(has_value(&t, PL_METRIC_COUNTER, PL_AGG_RATE)); /* over no time */
  t.covered_s = 8;
  assert_true(value(&t, PL_METRIC_COUNTER, PL_AGG_RATE, 0) == 0.5);
  pl_expr share = expression(PL_METRIC_SHARE, PL_AGG_RATIO, 0);
  assert_int_equal(pl_tally_samples(&t, &share), 2);
  share.metric.of_load = true; /* of requests, each increment is one */
  assert_int_equal(pl_tally_samples(&t, &share), 4);
}

/* However many values come, and of whatever kind: all count, in bounded memory, and no quantile leaves their range. */
static void values_of_a_week(void **state)
{
  enum { SECONDS = 7 * 86400 };
  pl_tally t;
  (void)state;
  pl_tally_init(&t);
  for (int i = 0; i < SECONDS; i++)
    assert_int_equal(pl_tally_add_value(&t, 0.3 + 0.4 * (i * 7919.0 / SECONDS - floor(i * 7919.0 / SECONDS)), true, &pl_alloc_default), PL_OK);
  assert_int_equal(t.n_values, SECONDS);
  assert_true(t.ranks.cap <= PL_RANKS_MAX);
  assert_true(fabs(value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0.5) - 0.5) < 1e-3 && fabs(value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0.99) - 0.696) < 1e-3);
  assert_true(value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 0) == 0.3 && value(&t, PL_METRIC_GAUGE, PL_AGG_QUANTILE, 1) == t.max);
  pl_tally_fini(&t, &pl_alloc_default);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(histograms_in_seconds), cmocka_unit_test(values_over_time),
                                     cmocka_unit_test(adding_keeps_the_later_last_value), cmocka_unit_test(increments),
                                     cmocka_unit_test(values_of_a_week)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The default method: steps are found in noise of several kinds, outliers and nothing else are no change, hard values stay finite. */
#include "analysis/change/shift.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 120 };

/* Uniform noise of one part in a hundred about `level`. */
static void fill(double *x, size_t n, double level)
{
  uint64_t s = 99;
  for (size_t i = 0; i < n; i++) {
    x[i] = level * (1 + 0.02 * (stream_uniform(&s) - 0.5));
  }
}

static pl_changes find(const double *x, size_t n)
{
  pl_changes c;
  pl_error err = {0};
  assert_int_equal(pl_shift_find(&pl_alloc_default, x, n, NULL, &c, &err), 0);
  for (size_t i = 0; i < c.n; i++) {
    const pl_change *g = &c.list[i];
    assert_true(g->index > 0 && g->index < n && (i == 0 || g->index > g[-1].index));
    assert_true(isfinite(g->before) && isfinite(g->after) && isfinite(g->effect) && isfinite(g->relative) && isfinite(g->lo) && isfinite(g->hi));
    assert_true(g->p >= 0 && g->p <= 1);
  }
  return c;
}

static void count(const double *x, size_t n, size_t changes)
{
  pl_changes c = find(x, n);
  assert_int_equal(c.n, changes);
  pl_changes_fini(&c);
}

static void a_step_is_found_whatever_the_scale(void **state)
{
  static const double scales[] = {1, 1e-300, 1e300, -5};
  double x[N];
  (void)state;
  for (size_t k = 0; k < 4; k++) {
    fill(x, N, scales[k]);
    for (size_t i = 70; i < N; i++)
      x[i] *= 1.1;
    pl_changes c = find(x, N);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.list[0].index, 70);
    assert_true(fabs(c.list[0].relative - (scales[k] < 0 ? -0.1 : 0.1)) < 0.01 && c.list[0].p < 1e-10);
    assert_true(c.list[0].lo <= c.list[0].effect && c.list[0].effect <= c.list[0].hi);
    pl_changes_fini(&c);
  }
}

static void noise_and_outliers_are_none(void **state)
{
  double x[N];
  (void)state;
  fill(x, N, 7);
  count(x, N, 0);
  x[20] = 70;
  x[21] = 50;
  x[80] = 0.1;
  count(x, N, 0);
}

/* Ten times the noise off: four values at the end are a level, three may be outliers, at whatever place the end lies. */
static void four_values_are_a_level(void **state)
{
  double x[60];
  uint64_t s = 21;
  (void)state;
  for (size_t front = 8; front <= 50; front += 6) {
    for (size_t behind = 1; behind <= 6; behind++) {
      for (size_t i = 0; i < front + behind; i++)
        x[i] = (25 + stream_uniform(&s) - 0.5) * (i >= front ? 1.4 : 1);
      pl_changes c = find(x, front + behind);
      assert_int_equal(c.n, behind >= 4);
      assert_true(c.n == 0 || (c.list[0].index == front && c.list[0].lo > 7 && c.list[0].p < 0.001));
      pl_changes_fini(&c);
    }
  }
}

/* A step of ten times noise that remembers is found behind many values, and short steady histories have few changes. */
static void short_histories_that_remember(void **state)
{
  double x[46];
  size_t found = 0, wrong = 0;
  uint64_t s = 23;
  (void)state;
  for (size_t series = 0; series < 100; series++) {
    double e = stream_normal(&s);
    for (size_t i = 0; i < 46; i++) {
      x[i] = 25 * (1 + 0.04 * (e + (i >= 40 ? 10 : 0)));
      e = 0.5 * e + sqrt(0.75) * stream_normal(&s);
    }
    pl_changes c = find(x, 46);
    for (size_t k = 0; k < c.n; k++)
      found += c.list[k].index == 40;
    pl_changes_fini(&c);
    c = find(x, 30);
    wrong += c.n > 0;
    pl_changes_fini(&c);
  }
  assert_true(found >= 95 && wrong <= 15);
}

/* Two outliers before the last value do not draw it in towards them. */
static void a_burst_is_no_level(void **state)
{
  double x[40];
  uint64_t s = 22;
  (void)state;
  for (size_t n = 14; n <= 40; n++) {
    for (size_t back = 2; back <= 6; back++) {
      for (size_t i = 0; i < n; i++)
        x[i] = (25 + stream_uniform(&s) - 0.5) * (i + back == n || i + back == n + 1 ? 1.4 : 1);
      count(x, n, 0);
    }
  }
}

static void a_trend_is_none(void **state)
{
  double x[N];
  (void)state;
  fill(x, N, 1000);
  for (size_t i = 0; i < N; i++)
    x[i] *= exp(0.0005 * (double)i);
  count(x, N, 0);
}

static void a_step_on_a_steep_trend(void **state)
{
  double x[N];
  uint64_t s = 1;
  (void)state;
  for (size_t i = 0; i < N; i++)
    x[i] = 2 * (double)i + stream_normal(&s) + (i >= 60 ? 20 : 0);
  pl_changes c = find(x, N);
  assert_int_equal(c.n, 1);
  const pl_change *g = c.list;
  assert_true(g->index == 60 && g->kind == PL_CHANGE_LEVEL && g->lines);
  assert_true(fabs(g->effect - 20) < 2 && g->lo < 20 && g->hi > 19);
  assert_true(fabs(g->slope_before - 2) < 0.1 && fabs(g->slope_after - 2) < 0.1);
  pl_changes_fini(&c);
}

static void a_trend_that_bends(void **state)
{
  double x[N];
  uint64_t s = 2;
  (void)state;
  for (size_t i = 0; i < N; i++)
    x[i] = (i < 60 ? 0.5 * (double)i : 60 - 0.5 * (double)i) + stream_normal(&s);
  pl_changes c = find(x, N);
  assert_int_equal(c.n, 1);
  assert_true(labs((long)c.list[0].index - 60) <= 5 && c.list[0].kind == PL_CHANGE_TREND);
  assert_true(fabs(c.list[0].before - 0.5) < 0.05 && fabs(c.list[0].after + 0.5) < 0.05);
  pl_changes_fini(&c);
}

static void a_spread_alone(void **state)
{
  double x[2 * N];
  uint64_t s = 3;
  (void)state;
  for (size_t i = 0; i < 2 * N; i++)
    x[i] = 100 + stream_normal(&s) * (i < N ? 1 : 3);
  pl_changes c = find(x, 2 * N);
  assert_int_equal(c.n, 1);
  assert_true(labs((long)c.list[0].index - N) <= 8 && c.list[0].kind == PL_CHANGE_SPREAD);
  assert_true(fabs(c.list[0].before - 1) < 0.3 && fabs(c.list[0].after - 3) < 0.9 && c.list[0].p <= 0.001);
  pl_changes_fini(&c);
}

static void a_season_is_none(void **state)
{
  double x[N];
  uint64_t s = 4;
  (void)state;
  for (int step = 0; step < 2; step++) {
    for (size_t i = 0; i < N; i++)
      x[i] = 100 + 6 * sin(6.283185307179586 * (double)i / 12) + stream_normal(&s) + (step && i >= 60 ? 10 : 0);
    count(x, N, (size_t)step);
  }
}

/* A queue that repeats every three values, of which one was left out or came twice: its level alone changes. */
static void a_season_that_slips_is_none(void **state)
{
  double x[60];
  (void)state;
  for (size_t slip = 3; slip < 58; slip++) {
    for (size_t by = 0; by < 3; by++) {
      for (size_t i = 0; i < 60; i++)
        x[i] = (double)((i >= 30 ? 14 : 9) + (i + (i >= slip ? by : 0)) % 3);
      pl_changes c = find(x, 60);
      assert_int_equal(c.n, 1);
      assert_int_equal(c.list[0].index, 30);
      pl_changes_fini(&c);
    }
  }
}

/* Other units and another zero of values that are above it and below find the same. */
static void units_are_no_matter(void **state)
{
  static const double scales[] = {1024, 1.0 / 1048576, -1};
  double x[N], other[N];
  (void)state;
  fill(x, N, 5);
  for (size_t i = 0; i < N; i++)
    x[i] = x[i] - 5.2 + (i >= 40 ? 0.2 : 0) + (i >= 80 ? 0.4 : 0);
  pl_changes c = find(x, N);
  assert_int_equal(c.n, 2);
  for (size_t k = 0; k < 4; k++) {
    for (size_t i = 0; i < N; i++)
      other[i] = k < 3 ? scales[k] * x[i] : x[i] - 3;
    pl_changes d = find(other, N);
    assert_int_equal(d.n, c.n);
    for (size_t i = 0; i < c.n; i++) {
      double unit = k < 3 ? scales[k] : 1;
      assert_int_equal(d.list[i].index, c.list[i].index);
      assert_true(fabs(d.list[i].effect - unit * c.list[i].effect) <= 1e-6 * fabs(unit * c.list[i].effect));
    }
    pl_changes_fini(&d);
  }
  pl_changes_fini(&c);
}

/* A 0 among other values, and outliers of a history with zeros, do not stay in the means. */
static void outliers_are_not_in_the_means(void **state)
{
  double x[N];
  (void)state;
  fill(x, N, 50);
  for (size_t i = 60; i < N; i++)
    x[i] *= 1.2;
  x[20] = x[90] = 0;
  pl_changes c = find(x, N);
  assert_int_equal(c.n, 1);
  assert_true(fabs(c.list[0].before - 50) < 0.2 && fabs(c.list[0].after - 60) < 0.2);
  pl_changes_fini(&c);
}

static void hard_values(void **state)
{
  double x[N];
  (void)state;
  fill(x, N, 0);
  for (size_t n = 0; n <= N; n += n < 3 ? 1 : 39)
    count(x, n, 0);
  for (size_t i = 0; i < N; i++)
    x[i] = NAN;
  count(x, N, 0);
  for (size_t i = 0; i < N; i++)
    x[i] = i % 2 ? 1e300 : 1e-300;
  count(x, N, 0);
  for (size_t i = 0; i < N; i++)
    x[i] = i < 60 ? 3 : 4;
  count(x, N, 1);
  for (size_t i = 0; i < N; i++)
    x[i] = i % 2 ? -1.7e308 : 1.7e308;
  count(x, N, 0);
  x[5] = -INFINITY;
  pl_changes c;
  pl_error err = {0};
  assert_int_equal(pl_shift_find(&pl_alloc_default, x, N, NULL, &c, &err), PL_EINVAL);
  assert_string_equal(err.message, "value 6 is infinite");
}

static void missing_values_count_in_the_index(void **state)
{
  double x[N];
  (void)state;
  fill(x, N, 5);
  for (size_t i = 70; i < N; i++)
    x[i] *= 1.1;
  x[3] = x[70] = NAN;
  pl_changes c = find(x, N);
  assert_true(c.n == 1 && c.list[0].index == 71);
  pl_changes_fini(&c);
}

static void a_season_with_missing_values_is_none(void **state)
{
  double x[2 * N];
  (void)state;
  for (int step = 0; step < 2; step++) {
    for (int noisy = 0; noisy < 2; noisy++) {
      uint64_t s = 3;
      for (size_t i = 0; i < 2 * N; i++)
        x[i] = 10 + (double)(i % 7) + noisy * stream_normal(&s) / 2 + (step && i >= 100 ? 5 : 0);
      x[30] = x[80] = x[81] = x[150] = x[200] = NAN;
      count(x, 2 * N, (size_t)step);
    }
  }
}

static int find_with(const pl_allocator *a, void *x)
{
  pl_changes c;
  int code = pl_shift_find(a, x, N, NULL, &c, NULL);
  assert_int_equal(c.n, code ? 0 : 1);
  pl_changes_fini(&c);
  return code;
}

static void memory_runs_out(void **state)
{
  double x[N];
  (void)state;
  fill(x, N, 5);
  for (size_t i = 70; i < N; i++)
    x[i] *= 1.1;
  failing_every(find_with, x, 300);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_is_found_whatever_the_scale),
      cmocka_unit_test(noise_and_outliers_are_none), cmocka_unit_test(four_values_are_a_level), cmocka_unit_test(a_burst_is_no_level), cmocka_unit_test(short_histories_that_remember),
      cmocka_unit_test(a_trend_is_none),
      cmocka_unit_test(a_step_on_a_steep_trend),
      cmocka_unit_test(a_trend_that_bends),
      cmocka_unit_test(a_spread_alone),
      cmocka_unit_test(a_season_is_none), cmocka_unit_test(a_season_that_slips_is_none), cmocka_unit_test(units_are_no_matter),
      cmocka_unit_test(outliers_are_not_in_the_means),
      cmocka_unit_test(hard_values),
      cmocka_unit_test(missing_values_count_in_the_index), cmocka_unit_test(a_season_with_missing_values_is_none),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

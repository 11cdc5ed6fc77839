#include "analysis/forecast/forecast.h"

#include <math.h>
#include <string.h>

#include "analysis/forecast/interval.h"
#include "base/random.h"
#include "support/failing.h"

enum { N = 240, H = 24 };

static pl_forecast_options options_of(size_t season)
{
  return (pl_forecast_options){.alloc = &pl_alloc_default, .horizon = H, .seasons = {season}, .levels = {0.5, 0.95}, .n_levels = 2};
}

static void make(double *y, size_t n)
{
  pl_rng r;
  pl_rng_init(&r, 11, 0, 0, 0);
  for (size_t t = 0; t < n; t++)
    y[t] = 50 + 0.1 * (double)t + 8 * sin(6.283185307179586 * (double)(t % 12) / 12) + pl_rng_normal(&r, 0, 1);
}

static void forecast_of(const double *y, size_t n, const pl_forecast_options *o, pl_forecast_result *r)
{
  assert_int_equal(pl_forecast(y, n, o, r), 0);
  for (size_t k = 0; k < o->horizon * (1 + 2 * o->n_levels); k++)
    assert_true(isfinite(r->mean[k]));
  for (size_t k = 0; k < o->horizon; k++)
    assert_true(r->lo[o->horizon + k] <= r->lo[k] && r->lo[k] <= r->mean[k] && r->mean[k] <= r->hi[k] && r->hi[k] <= r->hi[o->horizon + k]);
}

static void it_finds_trend_and_season(void **state)
{
  double y[N + H];
  pl_forecast_options o = options_of(0);
  pl_forecast_result r;
  size_t inside = 0;
  (void)state;
  make(y, N + H);
  forecast_of(y, N, &o, &r);
  assert_int_equal(r.seasons[0], 12);
  assert_string_equal(r.model, "combined");
  for (size_t k = 0; k < H; k++) {
    assert_true(fabs(r.mean[k] - y[N + k]) < 5);
    inside += y[N + k] >= r.lo[H + k] && y[N + k] <= r.hi[H + k];
  }
  assert_true(inside >= H - 3);
  assert_true(r.origins == PL_ORIGINS_MAX && r.mase < r.mase_naive && r.coverage[1] >= 0.9);
  pl_forecast_result_fini(&r);
}

/* More moments than twelve where half of the values come before them all, and errors of that many tell something. */
static void moments_leave_half_of_the_values(void **state)
{
  static const struct {
    size_t n, season, origins;
  } cases[] = {{60, 12, 15}, {N, 12, PL_ORIGINS_MAX}, {90, 0, 12}, {96, 0, PL_ORIGINS_MAX}, {10, 0, 4}};
  double y[N];
  (void)state;
  make(y, N);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_forecast_options o = options_of(cases[i].season);
    pl_forecast_result r;
    o.horizon = cases[i].season;
    if (!cases[i].season) {
      o.horizon = 6;
      o.no_season = true;
    }
    forecast_of(y, cases[i].n, &o, &r);
    assert_int_equal(r.origins, cases[i].origins);
    pl_forecast_result_fini(&r);
  }
}

/* Of a y + b it is a f + b, also where a is below 0. */
static void it_follows_shift_and_scale(void **state)
{
  double y[N], moved[N];
  pl_forecast_options o = options_of(12);
  pl_forecast_result r, m;
  (void)state;
  make(y, N);
  forecast_of(y, N, &o, &r);
  for (size_t i = 0; i < 2; i++) {
    double a = i ? 1e5 : 0.003, b = i ? -3e6 : 100;
    for (size_t t = 0; t < N; t++)
      moved[t] = a * y[t] + b;
    forecast_of(moved, N, &o, &m);
    for (size_t k = 0; k < H; k++)
      assert_true(fabs((m.mean[k] - b) / a - r.mean[k]) < 1e-3 && fabs((m.hi[k] - b) / a - r.hi[k]) < 1e-2);
    pl_forecast_result_fini(&m);
  }
  pl_forecast_result_fini(&r);
}

static void gaps_are_bridged(void **state)
{
  double y[N];
  pl_forecast_options o = options_of(12);
  pl_forecast_result r, gaps;
  (void)state;
  make(y, N);
  forecast_of(y, N, &o, &r);
  for (size_t t = 5; t < N; t += 10)
    y[t] = NAN;
  forecast_of(y, N, &o, &gaps);
  assert_int_equal(gaps.missing, N / 10);
  for (size_t k = 0; k < H; k++)
    assert_true(fabs(gaps.mean[k] - r.mean[k]) < 1.5);
  pl_forecast_result_fini(&gaps);
  forecast_of(y, N - 4, &o, &gaps); /* ends in a gap */
  for (size_t k = 0; k + 4 < H; k++)
    assert_true(fabs(gaps.mean[k + 4] - r.mean[k]) < 2.5);
  pl_forecast_result_fini(&gaps);
  pl_forecast_result_fini(&r);
}

static void odd_series(void **state)
{
  const double same[] = {3, 3, 3, 3, 3}, zero[] = {0, 0}, two[] = {1, 2}, large[] = {1e300, -1e300, 1e300, 1.7e308}, small[] = {1e-300, 2e-300, 1e-300};
  pl_forecast_options o = options_of(0);
  pl_forecast_result r;
  (void)state;
  forecast_of(same, 5, &o, &r);
  assert_true(r.mean[H - 1] == 3 && r.hi[H] == 3 && strcmp(r.model, "constant") == 0);
  pl_forecast_result_fini(&r);
  forecast_of(same, 4, &o, &r); /* equal by chance, perhaps: 3 / 4 on both sides at 95 % */
  assert_true(r.mean[0] == 3 && r.lo[H - 1] < r.lo[0] && r.lo[0] < 3 && r.hi[0] > 3 && r.hi[H - 1] > r.hi[0]);
  pl_forecast_result_fini(&r);
  forecast_of(zero, 2, &o, &r);
  assert_true(r.mean[0] == 0);
  pl_forecast_result_fini(&r);
  forecast_of(two, 1, &o, &r);
  assert_true(r.mean[0] == 1 && r.origins == 0 && r.lo[0] < 1 && r.hi[0] > 1);
  pl_forecast_result_fini(&r);
  forecast_of(two, 2, &o, &r);
  assert_true(r.mean[0] == 2 && r.lo[H] < 2 - 12 && r.hi[2 * H - 1] > r.hi[H]); /* Student's t of one degree of freedom is 12.7 */
  pl_forecast_result_fini(&r);
  forecast_of(large, 4, &o, &r);
  pl_forecast_result_fini(&r);
  forecast_of(small, 3, &o, &r);
  assert_true(r.mean[0] < 1e-298 && r.mean[0] > -1e-298);
  pl_forecast_result_fini(&r);
}

/* 10, 20, 35 again and again, without an error in the past: what comes is written in fives, and an interval reaches to the next one on each side at least
 * half. A constant says nothing of how it is written. */
static void what_repeats_itself_is_not_known_finer_than_it_is_written(void **state)
{
  const double form[] = {10, 20, 35};
  double y[N];
  pl_forecast_options o = options_of(3);
  pl_forecast_result r;
  (void)state;
  for (size_t t = 0; t < N; t++)
    y[t] = form[t % 3];
  for (double size = 1; size < 1e200; size *= 1e66) {
    forecast_of(y, N, &o, &r);
    for (size_t k = 0; k < H; k++) {
      assert_true(fabs(r.mean[k] / size - form[(N + k) % 3]) < 1e-6);
      assert_true(r.hi[k] - r.mean[k] >= 2.499999 * size && r.mean[k] - r.lo[k] >= 2.499999 * size && r.hi[k] - r.lo[k] < 6 * size);
    }
    pl_forecast_result_fini(&r);
    for (size_t t = 0; t < N; t++)
      y[t] *= 1e66;
  }
}

/* What is said of a moment of the past is near what a forecast says that knew no more, and does not know what came after it: not by a gap before it, either. */
static void moments_of_the_past(void **state)
{
  const size_t at[] = {N / 2, N - H, N};
  double y[N], said[3 * H], other[3 * H];
  pl_forecast_options o = options_of(12);
  pl_forecast_result r, then;
  (void)state;
  make(y, N);
  y[N - H - 1] = NAN;
  o.past = (pl_forecast_past){at, 3, H, said};
  forecast_of(y, N, &o, &r);
  o.past = (pl_forecast_past){0};
  for (size_t i = 0; i < 2; i++) {
    forecast_of(y, at[i], &o, &then);
    for (size_t k = 0; k < H; k++)
      assert_true(fabs(said[i * H + k] - then.mean[k]) < 2.5);
    pl_forecast_result_fini(&then);
  }
  for (size_t k = 0; k < H; k++)
    assert_true(fabs(said[2 * H + k] - r.mean[k]) < 0.5);
  pl_forecast_result_fini(&r);
  o.model = PL_FORECAST_SEASONAL_NAIVE;
  for (int i = 0; i < 2; i++, y[N - H] += 0.5) {
    o.past = (pl_forecast_past){at, 3, H, i ? other : said};
    forecast_of(y, N, &o, &r);
    pl_forecast_result_fini(&r);
  }
  for (size_t k = 0; k < H; k++)
    assert_true(fabs(other[H + k] - said[H + k]) < 1e-9);
  o.past.steps = H + 1;
  assert_int_equal(pl_forecast(y, N, &o, &r), PL_EINVAL);
}

static void bad_options_are_refused(void **state)
{
  const double y[] = {1, 2, 3}, none[] = {NAN, NAN};
  pl_forecast_options o = options_of(0);
  pl_forecast_result r;
  (void)state;
  assert_int_equal(pl_forecast(none, 2, &o, &r), PL_EINVAL);
  assert_int_equal(pl_forecast(y, 0, &o, &r), PL_EINVAL);
  o.levels[0] = 1;
  assert_int_equal(pl_forecast(y, 3, &o, &r), PL_EINVAL);
  o = options_of(0);
  o.horizon = 0;
  assert_int_equal(pl_forecast(y, 3, &o, &r), PL_EINVAL);
  assert_int_equal(pl_forecast_model_of("none"), PL_FORECAST_MODELS);
  assert_int_equal(pl_forecast_model_of("theta"), PL_FORECAST_THETA);
}

static bool at_once(void *user)
{
  (void)user;
  return true;
}

static void it_is_cancelled(void **state)
{
  double y[N];
  pl_forecast_options o = options_of(0);
  pl_forecast_result r;
  (void)state;
  make(y, N);
  o.cancelled = at_once;
  assert_int_equal(pl_forecast(y, N, &o, &r), PL_ECANCELED);
}

static int forecast_with(const pl_allocator *a, void *user)
{
  pl_forecast_options o = options_of(12);
  pl_forecast_result r;
  o.alloc = a;
  int code = pl_forecast(user, N, &o, &r);
  pl_forecast_result_fini(&r);
  return code;
}

static void memory_runs_out(void **state)
{
  double y[N];
  (void)state;
  make(y, N);
  failing_every(forecast_with, y, 50);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_finds_trend_and_season), cmocka_unit_test(it_follows_shift_and_scale), cmocka_unit_test(gaps_are_bridged),
      cmocka_unit_test(odd_series),                cmocka_unit_test(bad_options_are_refused),    cmocka_unit_test(it_is_cancelled),
      cmocka_unit_test(memory_runs_out),           cmocka_unit_test(what_repeats_itself_is_not_known_finer_than_it_is_written),
      cmocka_unit_test(moments_of_the_past),       cmocka_unit_test(moments_leave_half_of_the_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

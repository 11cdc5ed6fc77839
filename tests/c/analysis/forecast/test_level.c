#include "analysis/forecast/level.h"

#include <math.h>

#include "analysis/forecast/forecast.h"
#include "base/random.h"
#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 200, AT = 150, H = 30, FAR = 120, TRIALS = 40 };

typedef enum kind { NOISE, SEASON, TREND, WALK, KINDS } kind;

/* n values of a kind whose noise has a deviation of 3. */
static void make(kind k, uint64_t seed, double *y, size_t n)
{
  double level = 0;
  pl_rng r;
  pl_rng_init(&r, seed, (uint64_t)k, 0, 0);
  for (size_t i = 0; i < n; i++) {
    level += k == WALK ? pl_rng_normal(&r, 0, 3) : 0;
    y[i] = 100 + level + (k == TREND ? 0.4 * (double)i : 0) + (k == SEASON ? 15 * sin(2 * M_PI * (double)i / 7) : 0) + pl_rng_normal(&r, 0, 3);
  }
}

static void lift(double *y, size_t from, size_t n, double by)
{
  for (size_t i = from; i < n; i++)
    y[i] += by;
}

static pl_level_steps found(const double *y, size_t n, size_t horizon)
{
  pl_level_steps s;
  assert_int_equal(pl_level_steps_find(A, y, n, NULL, 0, horizon, NULL, NULL, &s), PL_OK);
  return s;
}

/* A step of ten deviations is found in noise, noise with a season and about a line, 19 times of 20 (others have a doubtful change beside it); there is none
 * without it, and in one walk of 20 at most. */
static void clear_steps_are_found(void **state)
{
  double y[N];
  int right = 0, walks = 0;
  (void)state;
  for (uint64_t s = 0; s < TRIALS; s++) {
    for (kind k = NOISE; k < KINDS; k++) {
      make(k, s, y, N);
      size_t none = found(y, N, H).n;
      assert_true(none == 0 || k == WALK);
      walks += none > 0;
      if (k == WALK)
        continue;
      lift(y, AT, N, 30);
      pl_level_steps steps = found(y, N, H);
      right += steps.n == 1 && steps.index[0] + 1 >= AT && steps.index[0] <= AT + 1 && fabs(steps.size[0] - 30) < 4;
    }
  }
  assert_true(right >= 0.95 * WALK * TRIALS && walks <= 0.05 * TRIALS);
}

/* Of hours with a day and a week, too, some of them missing, where both are known. */
static void steps_are_found_behind_two_seasons(void **state)
{
  enum { HOURS = 1008, WHEN = 700 };
  static const size_t seasons[] = {24, 168};
  static double y[HOURS];
  (void)state;
  for (uint64_t s = 0; s < 20; s++) {
    pl_level_steps steps;
    pl_rng r;
    pl_rng_init(&r, s, 0, 0, 0);
    for (size_t i = 0; i < HOURS; i++)
      y[i] = 1000 + 200 * sin(2 * M_PI * (double)i / 24) + 100 * sin(2 * M_PI * (double)i / 168) + pl_rng_normal(&r, 0, 12);
    y[100] = y[101] = y[102] = y[103] = y[850] = NAN;
    assert_int_equal(pl_level_steps_find(A, y, HOURS, seasons, 2, 168, NULL, NULL, &steps), PL_OK);
    assert_int_equal(steps.n, 0);
    lift(y, WHEN, HOURS, 100);
    assert_int_equal(pl_level_steps_find(A, y, HOURS, seasons, 2, 168, NULL, NULL, &steps), PL_OK);
    assert_true(steps.n == 1 && steps.index[0] + 1 >= WHEN && steps.index[0] <= WHEN + 1 && fabs(steps.size[0] - 100) < 8);
    assert_true(isnan(y[100]));
  }
}

static void all_values_come_to_the_last_level(void **state)
{
  double y[N];
  const pl_level_steps steps = {.n = 2, .index = {50, 120}, .size = {10, -4}};
  (void)state;
  for (size_t i = 0; i < N; i++)
    y[i] = i == 7 || i == 60 ? (double)NAN : 100 + (i >= 50 ? 10 : 0) - (i >= 120 ? 4 : 0);
  pl_level_steps_align(&steps, y, N);
  for (size_t i = 0; i < N; i++)
    assert_true(i == 7 || i == 60 ? isnan(y[i]) : y[i] == 106);
}

/* Small steps, many, late ones, and horizons within which another one has to be expected: by two of them, and by one where there are too few values to tell
 * it from the first of many; where there are enough, another one comes behind as many values as there are. */
static void other_steps_stay(void **state)
{
  double y[N];
  (void)state;
  make(NOISE, 1, y, N);
  lift(y, AT, N, 6);
  assert_int_equal(found(y, N, H).n, 0);
  lift(y, AT, N, 54);
  assert_int_equal(found(y, N, N).n, 1);
  pl_level_steps far = found(y, N, 4 * N);
  assert_true(far.n == 1 && far.quiet == N && far.chance == 1.0 / N);
  assert_true(pl_level_steps_variance(&far, N) == 0 && fabs(pl_level_steps_variance(&far, 2 * N) / (far.size[0] * far.size[0]) - 1) < 1e-9);
  assert_int_equal(found(y, AT + 20, AT).n, 1);
  assert_int_equal(found(y, AT + 19, 38).n, 1);
  assert_int_equal(found(y, AT + 19, 39).n, 0);
  assert_int_equal(found(y + 41, 159, 79).n, 1);
  assert_int_equal(found(y + 41, 159, 80).n, 0);
  assert_int_equal(found(y + AT - 19, 39, 5).n, 0);
  lift(y, 70, N, -60);
  assert_int_equal(found(y, N, 50).n, 2);
  assert_int_equal(found(y, N, 51).n, 0);
  for (size_t i = 15; i < AT; i += 15)
    lift(y, i, N, i % 2 ? 50 : -50);
  assert_int_equal(found(y, N, 1).n, 0);
  assert_true(pl_level_steps_variance(&(pl_level_steps){0}, N) == 0);
}

static void they_follow_shift_and_scale(void **state)
{
  double y[N], z[N];
  (void)state;
  make(SEASON, 5, y, N);
  lift(y, 70, N, -40);
  lift(y, AT, N, 60);
  y[30] = y[31] = NAN;
  for (size_t i = 0; i < N; i++)
    z[i] = 1e6 * y[i] - 3e7;
  pl_level_steps a = found(y, N, H), b = found(z, N, H);
  assert_int_equal(a.n, 2);
  assert_int_equal(b.n, 2);
  for (size_t k = 0; k < 2; k++) {
    assert_int_equal(a.index[k], b.index[k]);
    assert_true(fabs(b.size[k] - 1e6 * a.size[k]) < 1);
  }
}

static void odd_series_have_none(void **state)
{
  double y[N];
  (void)state;
  for (size_t i = 0; i < N; i++)
    y[i] = 0;
  assert_int_equal(found(y, N, H).n, 0);
  assert_int_equal(found(y, 0, H).n, 0);
  for (size_t i = 0; i < N; i++)
    y[i] = NAN;
  assert_int_equal(found(y, N, H).n, 0);
}

/* Mean width of the 95 % interval over the horizon, and how many of the values that come lie in it. */
static double width(const double *y, size_t horizon, int *inside)
{
  const pl_forecast_options o = {.alloc = A, .horizon = horizon, .levels = {0.95}, .n_levels = 1};
  pl_forecast_result r;
  double sum = 0;
  assert_int_equal(pl_forecast(y, N, &o, &r), PL_OK);
  for (size_t k = 0; k < horizon; k++) {
    sum += (r.hi[k] - r.lo[k]) / (double)horizon;
    *inside += r.lo[k] <= y[N + k] && y[N + k] <= r.hi[k];
  }
  pl_forecast_result_fini(&r);
  return sum;
}

/* Behind a step of twenty deviations intervals are as wide as they are without it (within a tenth), and hold what comes; also where the horizon is more
 * than half of the history, and of lines. */
static void intervals_begin_behind_a_step(void **state)
{
  static const struct {
    kind of[2];
    size_t horizon;
  } rows[] = {{{NOISE, SEASON}, H}, {{NOISE, TREND}, FAR}};
  double y[N + FAR];
  (void)state;
  for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
    size_t h = rows[row].horizon;
    double with = 0, without = 0;
    int inside = 0, plain = 0;
    for (uint64_t s = 0; s < TRIALS; s++) {
      make(rows[row].of[s % 2], s, y, N + h);
      without += width(y, h, &plain);
      lift(y, AT, N + h, 60);
      with += width(y, h, &inside);
    }
    assert_true(fabs(with / without - 1) < 0.1);
    assert_true(inside >= 0.95 * TRIALS * (double)h);
  }
}

/* A horizon beyond the history begins as one within it does: its interval grows from there on as if a step came in each history, and no faster. */
static void beyond_the_history_a_step_may_come(void **state)
{
  enum { LONG = 600 };
  static const size_t horizons[] = {N, N + 1, LONG};
  double y[N], half[3][2];
  (void)state;
  make(NOISE, 3, y, N);
  lift(y, AT, N, 60);
  for (int i = 0; i < 3; i++) {
    const pl_forecast_options o = {.alloc = A, .horizon = horizons[i], .levels = {0.95}, .n_levels = 1};
    pl_forecast_result r;
    assert_int_equal(pl_forecast(y, N, &o, &r), PL_OK);
    assert_true(fabs(r.mean[horizons[i] - 1] - 160) < 4);
    half[i][0] = (r.hi[N - 1] - r.lo[N - 1]) / 2;
    half[i][1] = (r.hi[horizons[i] - 1] - r.lo[horizons[i] - 1]) / 2;
    pl_forecast_result_fini(&r);
  }
  assert_true(fabs(half[1][0] / half[0][0] - 1) < 0.1 && half[1][1] - half[1][0] < 10 && fabs(half[2][0] / half[0][0] - 1) < 0.5);
  assert_true(half[2][1] > 1.96 * 60 * sqrt(2) && half[2][1] < 1.5 * 1.96 * 60 * sqrt(2)); /* two histories behind the first one */
}

/* What jumps at random, up or down by twenty deviations once in 33 values, goes on doing so. */
static void series_that_jump_have_wide_intervals(void **state)
{
  double y[N + FAR];
  int inside = 0;
  (void)state;
  for (uint64_t s = 0; s < TRIALS; s++) {
    pl_rng r;
    pl_rng_init(&r, s, 33, 0, 0);
    make(NOISE, s, y, N + FAR);
    for (size_t i = 1; i < N + FAR; i++)
      if (pl_rng_below(&r, 33) == 0)
        lift(y, i, N + FAR, pl_rng_below(&r, 2) ? 60 : -60);
    width(y, FAR, &inside);
  }
  assert_true(inside >= 0.89 * TRIALS * FAR);
}

static int find_with(const pl_allocator *a, void *y)
{
  pl_level_steps s;
  return pl_level_steps_find(a, y, N, NULL, 0, H, NULL, NULL, &s);
}

static bool at_once(void *of)
{
  (void)of;
  return true;
}

static void memory_ends_and_somebody_stops_it(void **state)
{
  double y[N];
  pl_level_steps s;
  (void)state;
  make(NOISE, 1, y, N);
  lift(y, AT, N, 60);
  failing_every(find_with, y, 1000);
  assert_int_equal(pl_level_steps_find(A, y, N, NULL, 0, H, at_once, NULL, &s), PL_ECANCELED);
  assert_int_equal(s.n, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clear_steps_are_found), cmocka_unit_test(steps_are_found_behind_two_seasons), cmocka_unit_test(all_values_come_to_the_last_level),
      cmocka_unit_test(other_steps_stay), cmocka_unit_test(they_follow_shift_and_scale), cmocka_unit_test(odd_series_have_none),
      cmocka_unit_test(intervals_begin_behind_a_step), cmocka_unit_test(beyond_the_history_a_step_may_come),
      cmocka_unit_test(series_that_jump_have_wide_intervals), cmocka_unit_test(memory_ends_and_somebody_stops_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

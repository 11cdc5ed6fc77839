#include "analysis/forecast/growth.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 91 };

/* The offset of exact curves, at whatever size and place, upwards and downwards. */
static void exact_curves_have_their_offset(void **state)
{
  static const double rates[] = {0.02, -0.03, 0.006}, offsets[] = {0, -700, 1e4}, sizes[] = {1, 1e-6, 1e9};
  (void)state;
  for (int r = 0; r < 3; r++) {
    for (int o = 0; o < 3; o++) {
      double y[N], offset, size = sizes[o], least = INFINITY, most = -INFINITY;
      for (int i = 0; i < N; i++) {
        y[i] = size * (offsets[o] + 40 * exp(rates[r] * i));
        least = fmin(least, y[i]);
        most = fmax(most, y[i]);
      }
      assert_int_equal(pl_growth_offset(y, N, least, least, 0, &offset), PL_OK);
      assert_true(fabs(offset / size - offsets[o]) < 1e-6);
      double lower = least - size;
      assert_int_equal(pl_growth_offset(y, N, lower - 1e6 * size, most, 0, &offset), PL_OK); /* what lies lower moves it down */
      assert_true(offset <= lower - 1e6 * size);
    }
  }
}

/* What has grown ninetyfold lies a hundredth of its range above its offset. */
static void much_growth_keeps_its_offset(void **state)
{
  double y[N], offset;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 1, 0, 0, 0);
  for (int i = 0; i < N; i++)
    y[i] = 40 * exp(0.05 * i) * (1 + 0.01 * pl_rng_normal(&r, 0, 1));
  assert_int_equal(pl_growth_offset(y, N, y[0], y[N - 1], 0, &offset), PL_OK);
  assert_true(fabs(offset) < 25);
}

static void what_does_not_grow_so(void **state)
{
  double line[N], falls[N], turns[N], bends_down[N], hardly[N], gap[N], offset = 5;
  static const double same[N] = {0};
  const double *const cases[] = {line, falls, turns, bends_down, hardly, gap, same};
  (void)state;
  for (int i = 0; i < N; i++) {
    line[i] = 3.0 * i;
    falls[i] = -3.0 * i;
    turns[i] = (i - 45.0) * (i - 45.0);
    bends_down[i] = -exp(-0.02 * i);
    hardly[i] = exp(0.003 * i);
    gap[i] = i == 50 ? NAN : exp(0.02 * i);
  }
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    assert_int_equal(pl_growth_offset(cases[c], N, -1e4, 1e4, 0, &offset), PL_EINVAL);
  assert_int_equal(pl_growth_offset(gap, 5, 0, 1, 0, &offset), PL_EINVAL);
  assert_int_equal(pl_growth_offset(gap, 0, 0, 1, 0, &offset), PL_EINVAL);
  assert_true(offset == 5); /* untouched */
}

/* A step and a ramp after a rest have thirds that bend upwards as a curve's do; two lines tell them from one, but not in noise that hides which it is. */
static void steps_and_ramps_do_not_grow_so(void **state)
{
  int taken = 0;
  (void)state;
  for (uint64_t s = 0; s < 50; s++) {
    double step[N], ramp[N], curve[N], hidden[N], offset;
    pl_rng r;
    pl_rng_init(&r, s, 0, 0, 0);
    for (int i = 0; i < N; i++) {
      double noise = pl_rng_normal(&r, 0, 3);
      step[i] = (i < 65 ? 100 : 160) + noise;
      ramp[i] = 100 + fmax(i - 65, 0) * 4 + noise;
      curve[i] = 40 * exp(0.03 * i) + noise;
      hidden[i] = 100 + fmax(i - 65, 0) * 4 + 10 * noise;
    }
    assert_int_equal(pl_growth_offset(step, N, 1e9, 1e9, 0, &offset), PL_EINVAL);
    assert_int_equal(pl_growth_offset(ramp, N, 1e9, 1e9, 0, &offset), PL_EINVAL);
    assert_int_equal(pl_growth_offset(curve, N, 1e9, 1e9, 0, &offset), PL_OK);
    taken += pl_growth_offset(hidden, N, 1e9, 1e9, 0, &offset) == PL_OK;
  }
  assert_true(taken >= 10);
}

/* Of a curve in noise the likeliest offset is off; the bends a tenth and nine tenths of a normal distribution away hold the true one 8 times of 10 (three
 * standard errors at 400 series are 6 %), stronger ones nearer to the values, and never so weak that there is none. */
static void the_bend_has_an_error(void **state)
{
  enum { TRIALS = 400 };
  static const double tenth = 1.2815515655446004;
  int inside = 0;
  (void)state;
  for (uint64_t s = 0; s < TRIALS; s++) {
    double y[N], offset, weaker, stronger, straight;
    pl_rng r;
    pl_rng_init(&r, s, 0, 0, 0);
    for (int i = 0; i < N; i++)
      y[i] = 40 * exp(0.02 * i) + pl_rng_normal(&r, 0, 8);
    assert_int_equal(pl_growth_offset(y, N, 1e9, 1e9, 0, &offset), PL_OK);
    assert_int_equal(pl_growth_offset(y, N, 1e9, 1e9, -tenth, &weaker), PL_OK);
    assert_int_equal(pl_growth_offset(y, N, 1e9, 1e9, tenth, &stronger), PL_OK);
    assert_int_equal(pl_growth_offset(y, N, 1e9, 1e9, -1e9, &straight), PL_OK);
    assert_true(straight <= weaker && weaker < offset && offset < stronger);
    inside += weaker <= 0 && 0 <= stronger;
  }
  assert_true(fabs((double)inside / TRIALS - 0.8) < 0.06);
}

/* A line with seasons that are a share of what is above an offset; seasons of one size have none. */
static void seasons_have_their_offset(void **state)
{
  static const double offsets[] = {0, -700, 1e4}, slopes[] = {1, -0.5};
  double y[84], offset;
  bool clearly;
  (void)state;
  for (int o = 0; o < 3; o++) {
    for (int s = 0; s < 2; s++) {
      for (int i = 0; i < 84; i++)
        y[i] = offsets[o] + (60 + slopes[s] * i) * (1 + 0.4 * sin(2 * M_PI * i / 7));
      assert_int_equal(pl_seasonal_offset(y, 84, 7, 1e5, 1e5, &clearly, &offset), PL_OK);
      assert_true(fabs(offset - offsets[o]) < 3); /* the line within a season is not all of its spread */
      assert_int_equal(pl_seasonal_offset(y, 84, 7, offsets[o] - 40, offsets[o], &clearly, &offset), PL_OK);
      assert_true(offset <= offsets[o] - 41);
      assert_int_equal(pl_seasonal_offset(y, 84, 29, 1e5, 1e5, &clearly, &offset), PL_EINVAL);
      assert_int_equal(pl_seasonal_offset(y, 84, 0, 1e5, 1e5, &clearly, &offset), PL_EINVAL);
      for (int i = 0; i < 84; i++)
        y[i] = offsets[o] + 60 + slopes[s] * i + 20 * sin(2 * M_PI * i / 7);
      assert_int_equal(pl_seasonal_offset(y, 84, 7, 1e5, 1e5, &clearly, &offset), PL_EINVAL);
      y[3] = NAN;
      assert_int_equal(pl_seasonal_offset(y, 84, 7, 1e5, 1e5, &clearly, &offset), PL_EINVAL);
    }
  }
}

/* Whether a season's growth is clear, of so many that grow by a share of 2.5 times over the series, and of ones that hardly do, with noise. */
static void seasons_that_clearly_grow(void **state)
{
  int strong = 0, weak = 0;
  (void)state;
  for (uint64_t s = 0; s < 40; s++) {
    double y[2][210], offset;
    bool clearly[2] = {false, false};
    pl_rng r;
    pl_rng_init(&r, s, 0, 0, 0);
    for (int i = 0; i < 210; i++) {
      double noise = pl_rng_normal(&r, 0, 0.02), week = 1 + 0.2 * sin(2 * M_PI * i / 7);
      y[0][i] = 100 * exp(0.008 * i) * (week + noise);
      y[1][i] = 100 * exp(0.002 * i) * (week + noise);
    }
    for (int k = 0; k < 2; k++)
      assert_int_equal(pl_seasonal_offset(y[k], 210, 7, 50, 60, &clearly[k], &offset), PL_OK);
    strong += clearly[0];
    weak += clearly[1];
  }
  assert_true(strong == 40 && weak == 0);
}

enum { WALK = 240 };

/* y = a walk of the logarithm that climbs; same = one whose steps have one size; noisy = growth by a share with noise that does not wander. */
static void make_walks(uint64_t seed, double y[WALK], double same[WALK], double noisy[WALK])
{
  double log_level = 0, level = 100;
  pl_rng r;
  pl_rng_init(&r, seed, 3, 0, 0);
  for (int i = 0; i < WALK; i++) {
    double e = pl_rng_normal(&r, 0, 1);
    log_level += 0.008 + 0.015 * e;
    level += 0.8 + 1.5 * e;
    y[i] = 100 * exp(log_level);
    same[i] = level;
    noisy[i] = 100 * exp(0.008 * i) * (1 + 0.03 * e);
  }
}

/* Steps that are a share of the level tell where it begins, wherever that is, to a third of where the walk began on the median. */
static void walks_by_a_share_have_their_offset(void **state)
{
  int found = 0, wrong = 0, noise = 0, near = 0, same_place = 0;
  (void)state;
  for (uint64_t s = 0; s < 100; s++) {
    double y[WALK], same[WALK], noisy[WALK], moved[WALK], offset, there;
    make_walks(s, y, same, noisy);
    for (int i = 0; i < WALK; i++)
      moved[i] = 10 * y[i] - 5000;
    bool is = pl_walking_offset(y, WALK, 1e5, 1e5, &offset) == PL_OK;
    found += is;
    near += is && fabs(offset) < 33;
    same_place += is && pl_walking_offset(moved, WALK, 1e5, 1e5, &there) == PL_OK && fabs(there - 10 * offset + 5000) < 1e-6;
    wrong += pl_walking_offset(same, WALK, 1e5, 1e5, &offset) == PL_OK;
    noise += pl_walking_offset(noisy, WALK, 1e5, 1e5, &offset) == PL_OK;
  }
  assert_true(found >= 90 && near >= found / 2 && same_place == found);
  assert_true(wrong <= 2 && noise <= 2);
}

/* The rate of exact curves that come down or climb to a level, wherever it is. */
static void exact_curves_have_their_rate(void **state)
{
  static const double rates[] = {0.012, 0.03, 0.1}, levels[] = {0, -700, 1e4}, sizes[] = {1, -1, -1e6};
  (void)state;
  for (int r = 0; r < 3; r++) {
    for (int c = 0; c < 3; c++) {
      double y[N], rate, stronger;
      for (int i = 0; i < N; i++)
        y[i] = sizes[c] * (levels[r] + 40 * exp(-rates[r] * i));
      assert_int_equal(pl_levelling_rate(y, N, 0, &rate), PL_OK);
      assert_true(fabs(rate / rates[r] - 1) < 1e-3);
      assert_int_equal(pl_levelling_rate(y, N, 3, &stronger), PL_OK);
      assert_true(fabs(stronger / rate - 1) < 0.01); /* nothing deviates from it */
    }
  }
}

static void what_does_not_level_out(void **state)
{
  double line[N], grows[N], falls[N], ramp[N], step[N], noise[N], gap[N], rate = 5;
  static const double same[N] = {0};
  const double *const cases[] = {line, grows, falls, ramp, step, noise, gap, same};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 4, 0, 0, 0);
  for (int i = 0; i < N; i++) {
    double e = pl_rng_normal(&r, 0, 1);
    line[i] = 3.0 * i + e;
    grows[i] = exp(0.03 * i);
    falls[i] = -exp(0.03 * i);
    ramp[i] = 3 * fmin(i, 30) + e;
    step[i] = (i < 30 ? 0 : 30) + e;
    noise[i] = e;
    gap[i] = i == 50 ? NAN : exp(-0.02 * i);
  }
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    assert_int_equal(pl_levelling_rate(cases[c], N, 0, &rate), PL_EINVAL);
  assert_int_equal(pl_levelling_rate(gap, 11, 0, &rate), PL_EINVAL);
  assert_int_equal(pl_levelling_rate(gap, 0, 0, &rate), PL_EINVAL);
  assert_true(rate == 5);
}

/* Rates a tenth and nine tenths of a normal distribution away hold the true one 8 times of 10 (three standard errors at 400 series are 6 %), also where what
 * deviates goes on from one value to the next (a correlation of one half), which makes rates less sure; there a little less is asked for. */
static void the_rate_has_an_error(void **state)
{
  enum { TRIALS = 400 };
  static const double tenth = 1.2815515655446004;
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    int inside = 0;
    for (uint64_t s = 0; s < TRIALS; s++) {
      double y[N], weaker, stronger, e = 0;
      pl_rng r;
      pl_rng_init(&r, s, 0, 0, 0);
      for (int i = 0; i < N; i++) {
        e = (kind ? 0.5 : 0) * e + pl_rng_normal(&r, 0, 1);
        y[i] = 40 * exp(-0.03 * i) + e;
      }
      assert_int_equal(pl_levelling_rate(y, N, -tenth, &weaker), PL_OK);
      assert_int_equal(pl_levelling_rate(y, N, tenth, &stronger), PL_OK);
      inside += weaker <= 0.03 && 0.03 <= stronger;
    }
    assert_true(fabs((double)inside / TRIALS - 0.8) < (kind ? 0.1 : 0.06));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(exact_curves_have_their_offset), cmocka_unit_test(much_growth_keeps_its_offset),
                                     cmocka_unit_test(what_does_not_grow_so), cmocka_unit_test(steps_and_ramps_do_not_grow_so),
                                     cmocka_unit_test(the_bend_has_an_error), cmocka_unit_test(seasons_have_their_offset),
                                     cmocka_unit_test(seasons_that_clearly_grow), cmocka_unit_test(walks_by_a_share_have_their_offset),
                                     cmocka_unit_test(exact_curves_have_their_rate), cmocka_unit_test(what_does_not_level_out),
                                     cmocka_unit_test(the_rate_has_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

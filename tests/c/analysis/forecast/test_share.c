#include "analysis/forecast/share.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 210, TRIALS = 40 };

typedef enum kind { LOG_WALK, GROWING_WEEK, WALK, LINE, GROWTH, WEEK, KINDS } kind;

static void make(kind k, uint64_t seed, double y[N])
{
  double level = 0;
  pl_rng r;
  pl_rng_init(&r, seed, 8, (uint64_t)k, 0);
  for (int i = 0; i < N; i++) {
    double e = pl_rng_normal(&r, 0, 1), week = 0.2 * sin(2 * M_PI * i / 7);
    level += 0.008 + 0.015 * e;
    const double each[KINDS] = {exp(level), exp(0.008 * i) * (1 + week + 0.02 * e), level, 0.005 * i + 0.03 * e, exp(0.008 * i) + 0.1 * e,
                                0.005 * i + week + 0.03 * e};
    y[i] = 0.3 * each[k] - 0.9;
  }
}

static pl_share found(kind k, const double y[N])
{
  pl_outlook_spec spec = {.seasons = {7}, .n_seasons = k == GROWING_WEEK || k == WEEK, .horizon = 10, .level = 0.95};
  pl_share s;
  assert_int_equal(pl_share_find(A, y, N, &spec, &s), PL_OK);
  return s;
}

/* 9 times of 10 where it is so, upwards and downwards; 1 of 20 at most where it is not. */
static void shares_are_found(void **state)
{
  (void)state;
  for (kind k = 0; k < KINDS; k++) {
    for (int sign = -1; sign <= 1; sign += 2) {
      int taken = 0;
      for (uint64_t seed = 0; seed < TRIALS; seed++) {
        double y[N];
        make(k, seed, y);
        for (int i = 0; i < N; i++)
          y[i] *= sign;
        pl_share s = found(k, y);
        taken += s.size > 0;
        assert_true(s.size == 0 || s.upside_down == (sign < 0));
      }
      assert_true(k <= GROWING_WEEK ? taken >= 0.9 * TRIALS : taken <= 0.05 * TRIALS);
    }
  }
}

/* What is taken lies between -1 and 1, in the order of the values, and comes back. */
static void it_is_taken_and_undone(void **state)
{
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    double y[N], z[N], far[1];
    make(LOG_WALK, 1, y);
    for (int i = 0; i < N; i++)
      z[i] = y[i] *= sign;
    z[5] = NAN;
    pl_share s = found(LOG_WALK, y);
    assert_true(s.size > 0);
    pl_share_take(&s, z, N);
    assert_true(isnan(z[5]));
    for (int i = 6; i < N; i++) {
      assert_true(fabs(z[i]) <= 1 + 1e-12 && fabs(pl_share_undo(&s, z[i]) - y[i]) < 1e-12);
      assert_true(i == 6 || (z[i] > z[i - 1]) == (y[i] > y[i - 1]));
    }
    far[0] = s.offset - sign;
    pl_share_take(&s, far, 1);
    assert_true(isnan(far[0]));
    assert_true(isfinite(pl_share_undo(&s, 1e9)) && isfinite(pl_share_undo(&s, -1e9)));
  }
}

static void odd_series_have_none(void **state)
{
  static const double zeros[N] = {0};
  const double two[2] = {-1, 1};
  double gaps[N];
  pl_outlook_spec spec = {.horizon = 1, .level = 0.9};
  pl_share s;
  (void)state;
  for (int i = 0; i < N; i++)
    gaps[i] = NAN;
  assert_true(found(WALK, zeros).size == 0 && found(WALK, gaps).size == 0);
  assert_int_equal(pl_share_find(A, two, 2, &spec, &s), PL_OK);
  assert_true(s.size == 0);
  assert_int_equal(pl_share_find(A, two, 0, &spec, &s), PL_OK);
  assert_true(s.size == 0 && pl_share_undo(&s, 0.25) == 0.25);
}

static int find_with(const pl_allocator *a, void *y)
{
  pl_outlook_spec spec = {.seasons = {7}, .n_seasons = 1, .horizon = 1, .level = 0.9};
  pl_share s;
  return pl_share_find(a, y, N, &spec, &s);
}

static void memory_ends(void **state)
{
  double y[N];
  (void)state;
  make(GROWING_WEEK, 2, y);
  failing_every(find_with, y, 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(shares_are_found), cmocka_unit_test(it_is_taken_and_undone), cmocka_unit_test(odd_series_have_none),
                                     cmocka_unit_test(memory_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

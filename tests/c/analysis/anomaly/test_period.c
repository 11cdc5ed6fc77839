/* Periods that are put into noise are seen, at each scale of the rings and across missing rows; noise, walks and constants have none that lasts. */
#include "analysis/anomaly/period.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

static const double TURN = 6.283185307179586;

/* The last period seen in `rows` rows of a sine of 2 deviations and noise; *looks: how often one was. missing: so many rows are left out of every 50. */
static double seen(double period, int rows, int missing, double scale, int *looks)
{
  static pl_period p;
  uint64_t s = 9;
  double found = 0;
  p = (pl_period){0};
  for (int i = 0; i < rows; i++) {
    double x = scale * (2 * sin(i * TURN / period) + stream_normal(&s));
    int ring, left = missing && i > missing && i % 50 == missing ? missing : 0;
    double now = i % 50 < missing && i > missing ? 0 : pl_period_add(&p, x, (uint64_t)left, &ring);
    *looks += now > 0;
    found = now > 0 ? now : found;
  }
  return found;
}

static void periods_of_all_lengths(void **state)
{
  static const double periods[] = {12, 24, 50, 96, 168, 300, 720, 1440, 3600, 8640};
  (void)state;
  for (size_t k = 0; k < sizeof periods / sizeof *periods; k++) {
    int looks = 0;
    double p = seen(periods[k], (int)fmax(6 * periods[k], 1024), 0, 1, &looks);
    assert_true(looks >= 1);
    assert_true(fabs(p - periods[k]) <= 0.02 * periods[k]);
  }
}

static void three_turns_are_needed(void **state)
{
  int looks = 0;
  (void)state;
  (void)seen(60, 150, 0, 1, &looks);
  assert_int_equal(looks, 0);
}

static void missing_rows_do_not_shift_it(void **state)
{
  int looks = 0;
  (void)state;
  assert_true(fabs(seen(60, 1024, 7, 1, &looks) - 60) <= 1);
}

static void no_size_is_a_special_case(void **state)
{
  static const double scales[] = {1e-300, 1e306};
  (void)state;
  for (int k = 0; k < 2; k++) {
    int looks = 0;
    assert_true(fabs(seen(60, 1024, 0, scales[k], &looks) - 60) <= 1);
  }
}

/* What is seen in them now and then differs from look to look. */
static void noise_has_none(void **state)
{
  static pl_period p;
  int looks[3] = {0};
  (void)state;
  for (int law = 0; law < 3; law++) {
    uint64_t s = 3;
    p = (pl_period){0};
    for (int i = 0; i < 20000; i++) {
      int ring;
      looks[law] += pl_period_add(&p, law == 0 ? stream_normal(&s) : law == 1 ? 5 : i, 0, &ring) > 0;
    }
  }
  assert_true(looks[0] <= 1 && looks[1] == 0 && looks[2] == 0);
}

static void values_by_their_age(void **state)
{
  static pl_period p;
  int ring;
  (void)state;
  for (int i = 0; i < 1000; i++)
    (void)pl_period_add(&p, i, i == 900 ? 3 : 0, &ring);
  assert_true(pl_period_value(&p, 0, 0) == 999);
  assert_true(pl_period_value(&p, 0, 99) == 900);
  assert_true(isnan(pl_period_value(&p, 0, 101)));
  assert_true(pl_period_value(&p, 0, 103) == 899);
  assert_true(isnan(pl_period_value(&p, 0, PL_PERIOD_SLOTS)));
  assert_true(fabs(pl_period_value(&p, 1, 50) - 949) <= 8);
  assert_true(isnan(pl_period_value(&p, 1, UINT64_C(1) << 40)));
}

/* A gap as long as all that is known leaves nothing of it, at once. */
static void a_long_gap(void **state)
{
  static pl_period p;
  int ring;
  (void)state;
  p = (pl_period){0};
  for (int i = 0; i < 1000; i++)
    (void)pl_period_add(&p, sin(i * TURN / 50), 0, &ring);
  (void)pl_period_add(&p, 7, UINT64_C(1) << 20, &ring);
  assert_true(pl_period_value(&p, 0, 0) == 7);
  assert_true(isnan(pl_period_value(&p, 0, 1)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(periods_of_all_lengths),    cmocka_unit_test(three_turns_are_needed), cmocka_unit_test(missing_rows_do_not_shift_it),
                                     cmocka_unit_test(no_size_is_a_special_case), cmocka_unit_test(noise_has_none),         cmocka_unit_test(values_by_their_age),
                                     cmocka_unit_test(a_long_gap)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

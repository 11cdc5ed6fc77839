/* The tail of magnitudes against the laws that made them. */
#include "analysis/anomaly/tail.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

static void pareto_is_told_by_its_index(void **state)
{
  pl_tail t;
  uint64_t s = 7;
  (void)state;
  pl_tail_init(&t, 1);
  for (int i = 0; i < 60000; i++)
    pl_tail_add(&t, pow(stream_uniform(&s), -0.5)); /* P(m > x) = x^-2 */
  assert_true(fabs(2 * pl_tail_rarity(&t, 100 * 1.2311444133449163) - 4) < 0.4); /* the margin is 0.3 octaves; a habit, so half */
  assert_true(fabs(pl_tail_rarity(&t, 1000 * 1.2311444133449163) - 6) < 0.8);
  assert_true(pl_tail_rarity(&t, 1.1) == 0); /* below the tail */
}

static void scale_does_not_matter(void **state)
{
  static const double scales[] = {0x1p-900, 0x1p900, 1000, 1e6, 1 / 3.0};
  (void)state;
  for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
    pl_tail a, b;
    uint64_t s = 9;
    pl_tail_init(&a, 1);
    pl_tail_init(&b, 1);
    for (int i = 0; i < 5000; i++) {
      double m = -log(stream_uniform(&s));
      pl_tail_add(&a, m);
      pl_tail_add(&b, m * scales[k]);
    }
    assert_true(fabs(pl_tail_rarity(&a, 30) - pl_tail_rarity(&b, 30 * scales[k])) < 1e-9);
  }
}

static void little_says_nothing(void **state)
{
  pl_tail t;
  (void)state;
  pl_tail_init(&t, 1);
  for (int i = 0; i < 31; i++) {
    assert_true(pl_tail_rarity(&t, 1e9) == 0);
    pl_tail_add(&t, 1);
  }
  pl_tail_add(&t, 0);
  pl_tail_add(&t, -1);
  assert_int_equal(t.n, 33);
  assert_true(pl_tail_rarity(&t, 0) == 0);
  assert_true(pl_tail_rarity(&t, -5) == 0);
  assert_true(pl_tail_rarity(&t, 1e9) > 3);
}

static void old_values_fade(void **state)
{
  pl_tail t;
  (void)state;
  pl_tail_init(&t, 1);
  for (int i = 0; i < 300000; i++)
    pl_tail_add(&t, 1 + i % 7);
  assert_true(t.n < PL_TAIL_LIMIT);
  assert_true(t.n >= PL_TAIL_LIMIT / 2 - PL_TAIL_BUCKETS);
}

static void a_habit_is_no_news(void **state)
{
  double rarity[5];
  pl_tail t;
  uint64_t s = 21;
  (void)state;
  pl_tail_init(&t, 1);
  for (int i = 0; i < 2500; i++) {
    double m = i % 500 == 499 ? 20 : stream_uniform(&s);
    if (i % 500 == 499)
      rarity[i / 500] = pl_tail_rarity(&t, m);
    pl_tail_add(&t, m);
  }
  assert_true(rarity[0] > 4);
  assert_true(rarity[2] < 0.6 * rarity[0]);
  assert_true(pl_tail_rarity(&t, 40) > 1.5 * rarity[2]); /* but a larger one is */
}

/* What comes on time does so to a 64th, and where turns are left out; what comes at other times does not, nor what is larger. */
static void what_comes_on_time(void **state)
{
  static const int third[] = {1500, 1503, 2000, 1250, 1400, 1625};
  (void)state;
  for (int k = 0; k < 6; k++) {
    pl_tail t;
    uint64_t s = 21;
    pl_tail_init(&t, 1);
    for (int i = 0; i < third[k]; i++) {
      pl_tail_add(&t, i == 500 || i == 1000 ? 20 : stream_uniform(&s));
      assert_false(i < 1000 && pl_tail_is_on_time(&t, 20));
    }
    assert_int_equal(pl_tail_is_on_time(&t, 20), k < 4);
    assert_false(pl_tail_is_on_time(&t, 40));
    assert_true(fabs(pl_tail_rarity_anew(&t, 20) - 2 * pl_tail_rarity(&t, 20)) < 1e-9 && pl_tail_rarity_anew(&t, 20) > 0);
  }
}

/* What was told leaves the tail as it was, so that the next one is as rare; counted as others it makes the next one commoner. */
static void what_was_told_is_no_part_of_the_tail(void **state)
{
  pl_tail told, counted;
  uint64_t s = 5;
  (void)state;
  pl_tail_init(&told, 1);
  pl_tail_init(&counted, 1);
  pl_tail_add_told(&told, 3); /* of the first there is nothing that is larger */
  pl_tail_add(&counted, 3);
  for (int i = 0; i < 1000; i++) {
    double m = stream_uniform(&s);
    pl_tail_add(&told, m);
    pl_tail_add(&counted, m);
  }
  double rare = pl_tail_rarity_anew(&told, 60);
  for (int k = 0; k < 5; k++) {
    pl_tail_add_told(&told, 60);
    pl_tail_add(&counted, 60);
    for (int i = 0; i < 200; i++) {
      double m = stream_uniform(&s);
      pl_tail_add(&told, m);
      pl_tail_add(&counted, m);
    }
  }
  assert_true(fabs(pl_tail_rarity_anew(&told, 60) - rare) < 0.25 * rare);
  assert_true(pl_tail_rarity_anew(&counted, 60) < 0.7 * rare);
  assert_true(pl_tail_is_habit(&told, 60)); /* but each was an episode */
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(pareto_is_told_by_its_index), cmocka_unit_test(scale_does_not_matter), cmocka_unit_test(little_says_nothing),
                                     cmocka_unit_test(old_values_fade), cmocka_unit_test(a_habit_is_no_news), cmocka_unit_test(what_comes_on_time),
                                     cmocka_unit_test(what_was_told_is_no_part_of_the_tail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(pareto_is_told_by_its_index), cmocka_unit_test(scale_does_not_matter), cmocka_unit_test(little_says_nothing),
                                     cmocka_unit_test(old_values_fade), cmocka_unit_test(a_habit_is_no_news)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

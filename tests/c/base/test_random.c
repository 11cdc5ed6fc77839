/* Random streams: the same on every machine, independent by key, with the moments they should have. */
#include "base/random.h"

#include <math.h>

#include "support/failing.h"

enum { MANY = 200000 };

static void streams_are_named_by_their_keys(void **state)
{
  pl_rng a, b, c;
  (void)state;
  pl_rng_init(&a, 1, 2, 3, 4);
  pl_rng_init(&b, 1, 2, 3, 4);
  pl_rng_init(&c, 1, 2, 3, 5);
  uint64_t first = pl_rng_u64(&a);
  assert_true(first == pl_rng_u64(&b));
  assert_true(first != pl_rng_u64(&c));
}

static void uniform_numbers_fill_their_range(void **state)
{
  pl_rng r;
  double sum = 0;
  unsigned counts[7] = {0};
  (void)state;
  pl_rng_init(&r, 42, 0, 0, 0);
  for (int i = 0; i < MANY; i++) {
    double u = pl_rng_unit(&r);
    assert_true(u >= 0 && u < 1);
    sum += u;
    counts[pl_rng_below(&r, 7)]++;
  }
  assert_true(fabs(sum / MANY - 0.5) < 0.005);
  for (int i = 0; i < 7; i++)
    assert_true(fabs((double)counts[i] / MANY - 1.0 / 7) < 0.005);
}

static void moments(void **state)
{
  pl_rng r;
  double exponential = 0, normal = 0, squares = 0;
  (void)state;
  pl_rng_init(&r, 7, 0, 0, 0);
  for (int i = 0; i < MANY; i++) {
    double e = pl_rng_exponential(&r, 3), n = pl_rng_normal(&r, 10, 2);
    assert_true(e > 0);
    exponential += e;
    normal += n;
    squares += (n - 10) * (n - 10);
  }
  assert_true(fabs(exponential / MANY - 3) < 0.05);
  assert_true(fabs(normal / MANY - 10) < 0.03);
  assert_true(fabs(squares / MANY - 4) < 0.1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(streams_are_named_by_their_keys), cmocka_unit_test(uniform_numbers_fill_their_range),
                                     cmocka_unit_test(moments)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

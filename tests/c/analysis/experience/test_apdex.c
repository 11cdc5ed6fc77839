#include "analysis/experience/apdex.h"

#include <math.h>

#include "support/failing.h"

/* The specification's example: 60 satisfied, 30 tolerating, 10 frustrated of 100 make .75, fair. */
static void the_specification(void **state)
{
  pl_apdex a;
  (void)state;
  pl_apdex_of(60, 30, 10, 1.96, &a);
  assert_true(fabs(a.score - 0.75) < 1e-12 && !a.few && a.samples == 100);
  assert_string_equal(a.rating, "fair");
  assert_true(a.lo < 0.75 && a.lo > 0.68 && a.hi > 0.75 && a.hi < 0.82);
  pl_apdex_of(94, 0, 6, 1.96, &a);
  assert_string_equal(a.rating, "excellent");
  pl_apdex_of(9349, 0, 651, 1.96, &a);
  assert_string_equal(a.rating, "good");
  pl_apdex_of(4900, 0, 5100, 1.96, &a);
  assert_string_equal(a.rating, "unacceptable");
}

static void few_and_none(void **state)
{
  pl_apdex a;
  (void)state;
  pl_apdex_of(99, 0, 0, 1.96, &a);
  assert_true(a.few && a.score == 1 && a.hi == 1);
  pl_apdex_of(0, 0, 0, 1.96, &a);
  assert_true(a.few && isnan(a.score) && isnan(a.lo));
  assert_string_equal(a.rating, "no sample");
  pl_apdex_of(0, 1, 0, 1.96, &a);
  assert_true(a.score == 0.5 && isnan(a.lo));
}

static void counts(void **state)
{
  const double latencies[] = {0.1, 0.5, 0.500001, 2, 2.1, INFINITY, NAN};
  uint64_t c[3];
  (void)state;
  assert_int_equal(pl_apdex_count(latencies, 7, 0.5, 0, c, NULL), 0);
  assert_true(c[0] == 2 && c[1] == 2 && c[2] == 3);
  assert_int_equal(pl_apdex_count(latencies, 7, 0.5, 1, c, NULL), 0);
  assert_true(c[0] == 2 && c[1] == 1 && c[2] == 4);
  assert_int_equal(pl_apdex_count(latencies, 7, 0, 0, c, NULL), PL_EINVAL);
  assert_int_equal(pl_apdex_count(latencies, 7, 0.5, 0.4, c, NULL), PL_EINVAL);
  assert_int_equal(pl_apdex_count(latencies, 7, 0.5, NAN, c, NULL), PL_EINVAL);
  assert_int_equal(pl_apdex_count((double[]){-1}, 1, 0.5, 0, c, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_specification), cmocka_unit_test(few_and_none), cmocka_unit_test(counts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

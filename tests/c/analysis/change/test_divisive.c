/* Otava's method on small histories whose changes can be seen, and on what is hard. */
#include "analysis/change/divisive.h"

#include <math.h>

#include "support/failing.h"

static const pl_divisive usual = {50, 0.001, 0, {0}};

static void finds(const double *x, size_t n, const pl_divisive *o, size_t at, size_t count)
{
  pl_changes c;
  pl_error err = {0};
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, n, o, &c, &err), 0);
  assert_int_equal(c.n, count);
  if (count)
    assert_int_equal(c.list[0].index, at);
  pl_changes_fini(&c);
}

static void a_step(void **state)
{
  const double x[] = {1.02, 0.95, 0.99, 1, 1.12, 0.9, 0.5, 0.51, 0.48, 0.48, 0.55};
  double gaps[11];
  (void)state;
  finds(x, 11, &usual, 6, 1);
  finds(x, 11, &(pl_divisive){50, 0.001, 2, {0}}, 0, 0);
  for (int i = 0; i < 11; i++)
    gaps[i] = i == 0 || i == 8 ? NAN : x[i];
  finds(gaps, 11, &usual, 6, 1);
}

static void hard_values(void **state)
{
  double x[60] = {0};
  (void)state;
  finds(x, 0, &usual, 0, 0);
  for (int i = 0; i < 60; i++)
    x[i] = 0;
  finds(x, 1, &usual, 0, 0);
  finds(x, 2, &usual, 0, 0);
  finds(x, 60, &usual, 0, 0);
  for (int i = 0; i < 60; i++)
    x[i] = NAN;
  finds(x, 60, &usual, 0, 0);
  for (int i = 0; i < 60; i++)
    x[i] = (i < 30 ? 1e300 : 1.5e308) * (1 + 0.01 * (i % 3));
  finds(x, 60, &usual, 30, 1);
}

static void refusals(void **state)
{
  const double x[] = {1, INFINITY};
  pl_changes c;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, 2, &usual, &c, &err), PL_EINVAL);
  assert_string_equal(err.message, "value 2 is infinite");
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, 1, &(pl_divisive){1, 0.1, 0, {0}}, &c, NULL), PL_EINVAL);
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, 1, &(pl_divisive){50, NAN, 0, {0}}, &c, NULL), PL_EINVAL);
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, 1, &(pl_divisive){50, 0.1, -1, {0}}, &c, NULL), PL_EINVAL);
}

/* The largest numbers there are: no sum overflows. */
static void the_largest_stay_finite(void **state)
{
  double x[40];
  pl_changes c;
  (void)state;
  for (size_t i = 0; i < 40; i++)
    x[i] = i < 20 ? -1.7e308 : 1.7e308;
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, 40, &usual, &c, NULL), 0);
  assert_int_equal(c.n, 1);
  const pl_change *g = c.list;
  assert_true(isfinite(g->before) && isfinite(g->after) && isfinite(g->effect) && isfinite(g->relative) && isfinite(g->lo) && isfinite(g->hi));
  pl_changes_fini(&c);
}

static bool at_once(void *of)
{
  ++*(int *)of;
  return true;
}

static void it_stops(void **state)
{
  double x[40] = {0};
  int asked = 0;
  pl_changes c;
  pl_divisive o = usual;
  (void)state;
  o.ask = (pl_change_ask){at_once, &asked};
  assert_int_equal(pl_divisive_find(&pl_alloc_default, x, 40, &o, &c, NULL), PL_ECANCELED);
  assert_int_equal(asked, 1);
}

static int find_with(const pl_allocator *a, void *user)
{
  static const double x[] = {1, 1.01, 1, 1.02, 1, 5, 5.01, 5, 5.03, 5};
  pl_changes c;
  (void)user;
  int code = pl_divisive_find(a, x, 10, &usual, &c, NULL);
  assert_int_equal(c.n, code ? 0 : 1);
  pl_changes_fini(&c);
  return code;
}

static void memory_runs_out(void **state)
{
  (void)state;
  failing_every(find_with, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_largest_stay_finite),
      cmocka_unit_test(it_stops),
      cmocka_unit_test(a_step),
      cmocka_unit_test(hard_values),
      cmocka_unit_test(refusals),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

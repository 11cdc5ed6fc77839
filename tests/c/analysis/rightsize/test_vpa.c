#include "analysis/rightsize/vpa.h"

#include <math.h>

#include "support/failing.h"

#define MIB 1048576.0
#define DAY 86400.0

/* Nine samples over two minutes. */
static void confidence_is_published(void **state)
{
  pl_vpa v;
  (void)state;
  pl_vpa_init(&v, NULL);
  for (int i = 0; i < 9; i++)
    assert_true(pl_vpa_add_cpu(&v, 1e9 + 15.0 * i, 1));
  assert_true(fabs(pl_vpa_confidence(&v) - 120.0 / 86400) < 1e-12);
  for (int i = 0; i < 91; i++)
    assert_true(pl_vpa_add_cpu(&v, 1e9 + DAY * (i + 1), 1));
  assert_true(fabs(pl_vpa_confidence(&v) - 100.0 / 1440) < 1e-12);
  assert_int_equal(pl_vpa_scale(3140, 0.1, 2, 0.00625), 907460);
}

static int64_t peak_of(const pl_vpa *v)
{
  return v->oom_peak > v->memory_peak ? v->oom_peak : v->memory_peak;
}

static void running_out_of_memory_raises_the_peak(void **state)
{
  const double requested[] = {1000, 1, 1000}, used[] = {0, 0, 3000}, peak[] = {1200, 101, 3600};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    pl_vpa v;
    pl_vpa_init(&v, NULL);
    if (used[i] > 0)
      assert_true(pl_vpa_add_memory(&v, 1e9, used[i] * MIB));
    assert_true(pl_vpa_add_oom(&v, 1e9 + 1, requested[i] * MIB));
    assert_int_equal(peak_of(&v), (int64_t)(peak[i] * MIB));
    assert_false(pl_vpa_add_oom(&v, 1e9 - DAY - 1, 1 * MIB));
  }
}

/* One peak a window: the higher takes the lower's place, the next window has its own. */
static void memory_has_a_peak_a_window(void **state)
{
  pl_vpa v;
  (void)state;
  pl_vpa_init(&v, NULL);
  assert_true(pl_vpa_add_memory(&v, 0, 500 * MIB));
  assert_true(pl_vpa_add_memory(&v, 60, 900 * MIB));
  assert_true(pl_vpa_add_memory(&v, 120, 700 * MIB));
  assert_true(fabs(v.memory.total - exp2((v.window_end_s - v.memory.reference_s) / DAY)) < 1e-9);
  assert_true(pl_vpa_add_memory(&v, 2 * DAY, 600 * MIB));
  assert_int_equal(v.memory_peak, (int64_t)(600 * MIB));
  assert_false(pl_vpa_add_memory(&v, DAY, 600 * MIB));
  assert_false(pl_vpa_add_memory(&v, 3 * DAY, NAN));
  pl_vpa_amounts m = pl_vpa_memory(&v);
  assert_true(m.known && m.target >= 900 * MIB * 1.15);
}

/* The least amounts are shared by the containers of a pod. */
static void there_is_a_least(void **state)
{
  pl_vpa v;
  pl_vpa_options o = pl_vpa_defaults();
  (void)state;
  o.containers = 2;
  pl_vpa_init(&v, &o);
  assert_false(pl_vpa_cpu(&v).known || pl_vpa_memory(&v).known);
  assert_true(pl_vpa_add_cpu(&v, 0, 0));
  pl_vpa_amounts a = pl_vpa_cpu(&v);
  assert_true(a.known && a.target == 12 && a.lower == 12 && a.upper == PL_VPA_MOST);
  assert_true(pl_vpa_add_memory(&v, 0, 1));
  assert_int_equal(pl_vpa_memory(&v).target, (int64_t)(125 * MIB));
}

static void what_is_no_sample_is_left_out(void **state)
{
  pl_vpa v;
  (void)state;
  pl_vpa_init(&v, NULL);
  assert_false(pl_vpa_add_cpu(&v, 0, NAN));
  assert_false(pl_vpa_add_cpu(&v, 0, -1));
  assert_false(pl_vpa_add_cpu(&v, 0, INFINITY));
  assert_false(pl_vpa_add_cpu(&v, NAN, 1));
  assert_true(pl_vpa_add_cpu(&v, 5, 1e300));
  assert_false(pl_vpa_add_cpu(&v, 5, 1));
  assert_false(pl_vpa_cpu(&v).target < 1000);
}

/* A constant of one core for two days: the bucket that holds 1 ends at 1.0224 cores, plus 15 %. */
static void a_constant_gives_its_bucket(void **state)
{
  pl_vpa v;
  (void)state;
  pl_vpa_init(&v, NULL);
  for (int i = 0; i <= 2880; i++)
    assert_true(pl_vpa_add_cpu(&v, 60.0 * i, 1));
  int64_t end = (int64_t)(0.01 * (pow(1.05, (double)pl_decaying_bucket(&v.cpu, 1) + 1) - 1) / 0.05 * 1000);
  pl_vpa_amounts a = pl_vpa_cpu(&v);
  assert_int_equal(a.target, end + end * 15 / 100);
  assert_int_equal(a.upper, (int64_t)((double)a.target * 1.5)); /* two days: 1 + 1/2 */
  assert_true(a.lower < a.target && a.lower >= a.target - 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(confidence_is_published), cmocka_unit_test(running_out_of_memory_raises_the_peak),
                                     cmocka_unit_test(memory_has_a_peak_a_window), cmocka_unit_test(there_is_a_least),
                                     cmocka_unit_test(what_is_no_sample_is_left_out), cmocka_unit_test(a_constant_gives_its_bucket)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

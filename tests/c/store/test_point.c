/* Points: sorted, and of those of one time the last. */
#include "store/point.h"

#include <string.h>

#include "base/random.h"
#include "support/failing.h"

#include "perilune/error.h"

enum { N = 5000 };

static void put(pl_store_points *p, int64_t series, int64_t run, int64_t ts_ns, double value)
{
  assert_int_equal(pl_points_room(p, 1), PL_OK);
  p->all[p->n++] = (pl_store_point){series, run, ts_ns, value};
}

/* In any order; values count up, so that the last one of a place is the greatest. */
static void the_last_of_each_place_stays_in_order(void **state)
{
  pl_rng r;
  static double last[4][3][50];
  (void)state;
  for (unsigned pieces = 0; pieces < 4; pieces++) {
    pl_store_points p = {.alloc = &pl_alloc_default};
    size_t kept = 0;
    pl_rng_init(&r, 7, pieces, 0, 0);
    memset(last, 0, sizeof last);
    for (int i = 1; i <= N; i++) {
      uint64_t at = pieces == 0 ? (uint64_t)i % 600 : pieces == 1 ? (uint64_t)(N - i) % 600 : pl_rng_u64(&r) % (pieces == 2 ? 600 : 7);
      put(&p, (int64_t)(at / 150), (int64_t)(at / 50 % 3), (int64_t)(at % 50) - 25, i);
      kept += last[at / 150][at / 50 % 3][at % 50] == 0;
      last[at / 150][at / 50 % 3][at % 50] = i;
    }
    assert_int_equal(pl_points_sort(&p), PL_OK);
    assert_int_equal(p.n, kept);
    for (size_t i = 0; i < p.n; i++) {
      const pl_store_point *a = &p.all[i];
      assert_true(a->value == last[a->series][a->run][a->ts_ns + 25]);
      assert_int_equal(pl_points_find(&p, a->series, a->run, a->ts_ns), i);
      assert_true(i == 0 || a[-1].series < a->series || (a[-1].series == a->series && (a[-1].run < a->run || (a[-1].run == a->run && a[-1].ts_ns < a->ts_ns))));
    }
    pl_points_fini(&p);
  }
}

static void what_is_not_there_has_a_place(void **state)
{
  pl_store_points p = {.alloc = &pl_alloc_default};
  (void)state;
  assert_int_equal(pl_points_sort(&p), PL_OK);
  assert_int_equal(pl_points_find(&p, 1, 1, 1), 0);
  put(&p, 2, 0, 5, 1);
  put(&p, 2, 1, INT64_MIN, 1);
  assert_int_equal(pl_points_sort(&p), PL_OK);
  assert_int_equal(pl_points_find(&p, 1, INT64_MAX, INT64_MAX), 0);
  assert_int_equal(pl_points_find(&p, 2, 0, 6), 1);
  assert_int_equal(pl_points_find(&p, 3, 0, INT64_MIN), 2);
  pl_points_fini(&p);
}

/* Ticks of all series by two runs in turn, as batches bring them; numbers that are far apart are sorted without counting. */
static void ticks_of_runs_become_series(void **state)
{
  enum { SERIES = 40, RUNS = 2, TICKS = 9 };
  (void)state;
  for (int far = 0; far < 3; far++) {
    pl_store_points p = {.alloc = &pl_alloc_default};
    int64_t step = far == 1 ? INT64_MAX / SERIES : 1, run_step = far == 2 ? INT64_MAX : 1;
    for (int64_t tick = 0; tick < TICKS; tick++) {
      for (int64_t run = RUNS - 1; run >= 0; run--) {
        for (int64_t i = 0; i < SERIES; i++)
          put(&p, (i - SERIES / 2) * step, run * run_step, tick, (double)(tick + run));
      }
    }
    assert_int_equal(pl_points_sort(&p), PL_OK);
    assert_int_equal(p.n, SERIES * RUNS * TICKS);
    for (size_t i = 0; i < p.n; i++) {
      int64_t run = (int64_t)(i / TICKS % RUNS), tick = (int64_t)(i % TICKS);
      assert_int_equal(p.all[i].series, ((int64_t)(i / TICKS / RUNS) - SERIES / 2) * step);
      assert_int_equal(p.all[i].run, run * run_step);
      assert_int_equal(p.all[i].ts_ns, tick);
      assert_true(p.all[i].value == (double)(tick + run));
    }
    pl_points_fini(&p);
  }
}

static int sort_some(const pl_allocator *a, void *user)
{
  pl_store_points p = {.alloc = a};
  (void)user;
  int code = PL_OK;
  for (int i = 0; i < 300 && !code; i++) {
    code = pl_points_room(&p, 1);
    if (!code)
      p.all[p.n++] = (pl_store_point){.series = 300 - i};
  }
  if (!code)
    code = pl_points_sort(&p);
  pl_points_fini(&p);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  (void)state;
  failing_every(sort_some, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_last_of_each_place_stays_in_order), cmocka_unit_test(what_is_not_there_has_a_place),
                                     cmocka_unit_test(ticks_of_runs_become_series),
                                     cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

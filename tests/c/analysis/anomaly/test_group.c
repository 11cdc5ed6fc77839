/* Series that belong together: one score, and who is to blame. */
#include "analysis/anomaly/group.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

enum { SERIES = 8, ROWS = 2500, AT = 2000 };
static const int64_t STEP = INT64_C(10000000000);

/* A row: series of different scales of which a part `common` of the deviation is the same. */
static void make_row(uint64_t *s, double common, double *values)
{
  double shared = stream_normal(s);
  for (int i = 0; i < SERIES; i++)
    values[i] = (100 + common * shared + sqrt(1 - common * common) * stream_normal(s)) * pow(10, i - 4);
}

/* The row of the first alert from AT on, or -1; what is odd: 1 a spike of series 3, 2 a little more in all of them, 3 a new level of series 5. */
static int first_alert(int odd, double common, uint64_t seed, int *before, pl_group_row *found)
{
  pl_group *g = pl_group_new(&pl_alloc_default, SERIES);
  uint64_t s = seed * 7919 + 3;
  int first = -1;
  *before = 0;
  assert_non_null(g);
  for (int row = 0; row < ROWS; row++) {
    double values[SERIES];
    pl_group_row r;
    make_row(&s, common, values);
    for (int i = 0; i < SERIES; i++) {
      double unit = pow(10, i - 4);
      values[i] += odd == 1 && row == AT && i == 3 ? 15 * unit : odd == 2 && row >= AT ? 3 * unit : odd == 3 && row >= AT && i == 5 ? 8 * unit : 0;
    }
    pl_group_add(g, row * STEP, values, &r);
    assert_true(r.score >= 0 && r.score <= 1 && r.share >= 0 && r.share <= 1 && r.series < SERIES);
    assert_true((r.score >= 0.5) == (r.kind != PL_ANOMALY_NONE));
    if (first >= 0 && r.named && row - (int)r.ago == first)
      found->kind = r.named;
    *before += first < 0 && r.score >= 0.5 && row < AT;
    if (r.score >= 0.5 && row >= AT && first < 0) {
      *found = r;
      first = row;
    }
  }
  pl_group_free(g);
  return first;
}

static void the_series_to_blame_is_named(void **state)
{
  (void)state;
  for (int k = 0; k < 2; k++) {
    pl_group_row r = {0};
    int before;
    assert_int_equal(first_alert(1, k ? 0.8 : 0, 1, &before, &r), AT);
    assert_int_equal((int)r.series, 3);
    assert_true(r.share > 0.5);
    assert_int_equal(r.kind, PL_ANOMALY_SPIKE);
    assert_in_range(first_alert(3, k ? 0.8 : 0, 2, &before, &r), AT, AT + 2);
    assert_int_equal((int)r.series, 5);
    assert_int_equal(r.kind, PL_ANOMALY_SHIFT);
  }
}

static void a_little_of_all_is_found_together(void **state)
{
  pl_group_row r = {0};
  int before, found = 0;
  (void)state;
  for (uint64_t seed = 1; seed <= 10; seed++) {
    int row = first_alert(2, 0, seed, &before, &r);
    found += row >= AT && row < AT + 20;
  }
  print_message("%d of 10\n", found);
  assert_true(found >= 9);
}

static void noise_is_quiet(void **state)
{
  (void)state;
  for (int k = 0; k < 3; k++) {
    int all = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
      pl_group_row r = {0};
      int before;
      (void)first_alert(0, k * 0.45, seed, &before, &r);
      all += before;
    }
    print_message("common %.2f: %.2f alerts in 10,000 rows\n", k * 0.45, all / (20.0 * AT) * 1e4);
    assert_true(all <= 8); /* two in 10,000 */
  }
}

static void prefix_and_missing_values(void **state)
{
  pl_group *a = pl_group_new(&pl_alloc_default, 3), *b = pl_group_new(&pl_alloc_default, 3);
  static double whole[600];
  uint64_t s = 5;
  (void)state;
  for (int k = 0; k < 2; k++) {
    s = 5;
    for (int row = 0; row < (k ? 400 : 600); row++) {
      double values[3] = {stream_normal(&s), row % 3 ? 1e300 * stream_normal(&s) : NAN, row > 300 ? INFINITY : stream_normal(&s)};
      pl_group_row r;
      pl_group_add(k ? b : a, row * STEP, values, &r);
      assert_true(k == 0 || r.score == whole[row]);
      assert_true(r.score >= 0 && r.score <= 1);
      if (!k)
        whole[row] = r.score;
    }
  }
  pl_group_free(a);
  pl_group_free(b);
}

/* A series that begins late is no alert, and judged like the others then. */
static void a_series_that_begins_late(void **state)
{
  pl_group *g = pl_group_new(&pl_alloc_default, 3);
  uint64_t s = 21;
  int before = 0, found = -1;
  size_t series = 0;
  (void)state;
  for (int row = 0; row < ROWS; row++) {
    double values[5];
    pl_group_row r;
    for (int i = 0; i < 5; i++)
      values[i] = 10 + stream_normal(&s) + (i == 4 && row >= AT ? 8 : 0);
    if (row == 1000 || row == 1100)
      assert_true(pl_group_join(&g));
    pl_group_add(g, row * STEP, values, &r);
    before += row < AT && r.score >= 0.5;
    if (row >= AT && r.score >= 0.5 && found < 0) {
      found = row;
      series = r.series;
    }
  }
  assert_true(before <= 1);
  assert_in_range(found, AT, AT + 2);
  assert_int_equal(series, 4);
  while (pl_group_join(&g))
    before++;
  double none[PL_GROUP_MOST];
  pl_group_row r;
  for (int i = 0; i < PL_GROUP_MOST; i++)
    none[i] = NAN;
  pl_group_add(g, ROWS * STEP, none, &r);
  pl_group_free(g);
}

static int join_with(const pl_allocator *a, void *user)
{
  (void)user;
  pl_group *g = pl_group_new(a, 1);
  bool ok = g && pl_group_join(&g);
  pl_group_free(g);
  return ok ? PL_OK : PL_ENOMEM;
}

static void memory_runs_out(void **state)
{
  (void)state;
  failing_every(join_with, NULL, 10);
}

static void sizes(void **state)
{
  (void)state;
  assert_null(pl_group_new(&pl_alloc_default, 0));
  assert_null(pl_group_new(&pl_alloc_default, PL_GROUP_MOST + 1));
  pl_group_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_series_to_blame_is_named), cmocka_unit_test(a_little_of_all_is_found_together), cmocka_unit_test(noise_is_quiet),
                                     cmocka_unit_test(prefix_and_missing_values), cmocka_unit_test(sizes), cmocka_unit_test(a_series_that_begins_late), cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

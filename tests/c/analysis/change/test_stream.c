/* A change is told once, soon after it came, and where the whole history has it; long histories go on. */
#include "analysis/change/stream.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "analysis/change/shift.h"
#include "support/failing.h"
#include "support/stream.h"

enum { LONG = 1500 };

static double value_at(size_t i, uint64_t *s)
{
  double level = i < 50 ? 10 : i < 1200 ? 12 : 9;
  return level + stream_uniform(s);
}

static void each_is_told_once(void **state)
{
  pl_change_stream stream = {0};
  uint64_t s = 8;
  size_t told = 0, at[8], when[8];
  (void)state;
  for (size_t i = 0; i < LONG; i++) {
    pl_changes c;
    double x = value_at(i, &s);
    if (i > 100 && i < 1100 && i % 10)
      continue; /* fewer: the history is what was pushed */
    assert_int_equal(pl_change_stream_push(&stream, x, &pl_alloc_default, NULL, &c, NULL), 0);
    for (size_t k = 0; k < c.n && told < 8; k++) {
      at[told] = c.list[k].index;
      when[told++] = stream.gone + stream.n - 1;
    }
    pl_changes_fini(&c);
  }
  assert_int_equal(told, 2);
  assert_true(at[0] == 50 && when[0] < 65);
  assert_true(when[1] - at[1] < 15 && at[1] == stream.gone + stream.n - 300);
  assert_true(stream.gone > 0);
}

/* What the last value shows is what the whole has. */
static void a_prefix_is_the_history_so_far(void **state)
{
  pl_change_stream stream = {0};
  double x[120];
  uint64_t s = 9;
  size_t told = 0;
  (void)state;
  for (size_t i = 0; i < 120; i++) {
    pl_changes c, whole;
    x[i] = value_at(i, &s);
    assert_int_equal(pl_change_stream_push(&stream, x[i], &pl_alloc_default, NULL, &c, NULL), 0);
    assert_int_equal(pl_shift_find(&pl_alloc_default, x, i + 1, NULL, &whole, NULL), 0);
    for (size_t k = 0; k < c.n; k++) {
      bool there = false;
      for (size_t j = 0; j < whole.n; j++)
        there |= whole.list[j].index == c.list[k].index && whole.list[j].p == c.list[k].p;
      assert_true(there);
    }
    told += c.n;
    pl_changes_fini(&c);
    pl_changes_fini(&whole);
  }
  assert_int_equal(told, 1);
}

/* A clear one is told once, nearly always with the fifth value of the new level. */
static void a_clear_one_is_told_soon(void **state)
{
  uint64_t s = 10;
  size_t at_fifth = 0;
  (void)state;
  for (size_t series = 0; series < 70; series++) {
    pl_change_stream stream = {0};
    size_t front = 10 + series % 30, told = 0;
    for (size_t i = 0; i < front + 8; i++) {
      pl_changes c;
      assert_int_equal(pl_change_stream_push(&stream, 25 + stream_uniform(&s) + (i >= front ? 10 : 0), &pl_alloc_default, NULL, &c, NULL), 0);
      bool there = c.n == 1 && labs((long)c.list[0].index - (long)front) <= 1; /* else one of the few that noise makes */
      told += there;
      at_fifth += there && i == front + 4;
      pl_changes_fini(&c);
    }
    assert_int_equal(told, 1);
  }
  assert_true(at_fifth >= 65);
}

static void infinities_are_not_taken(void **state)
{
  pl_change_stream stream = {0};
  pl_changes c;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_change_stream_push(&stream, NAN, &pl_alloc_default, NULL, &c, &err), 0);
  assert_int_equal(pl_change_stream_push(&stream, INFINITY, &pl_alloc_default, NULL, &c, &err), PL_EINVAL);
  assert_string_equal(err.message, "value 2 is infinite");
  assert_int_equal(stream.n, 1);
}

static int push_with(const pl_allocator *a, void *user)
{
  pl_change_stream stream = *(pl_change_stream *)user;
  pl_changes c;
  int code = pl_change_stream_push(&stream, 5, a, NULL, &c, NULL);
  pl_changes_fini(&c);
  return code;
}

static void memory_runs_out(void **state)
{
  pl_change_stream stream = {0};
  (void)state;
  for (stream.n = 0; stream.n < 40; stream.n++)
    stream.values[stream.n] = (double)(stream.n * stream.n % 7);
  failing_every(push_with, &stream, 300);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_told_once), cmocka_unit_test(a_prefix_is_the_history_so_far), cmocka_unit_test(a_clear_one_is_told_soon), cmocka_unit_test(infinities_are_not_taken),
                                     cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

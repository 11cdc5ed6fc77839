/* Self time and critical path of traces that were worked out by hand. */
#include "analysis/trace_times.h"

#include "base/random.h"
#include "support/failing.h"

enum { MANY = 300 };

static void expect(const pl_timed_span *spans, size_t n, const pl_span_times *want)
{
  pl_span_times got[8];
  assert_int_equal(pl_trace_times(&pl_alloc_default, spans, n, got, NULL), 0);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(got[i].self_ns, want[i].self_ns);
    assert_int_equal(got[i].critical_ns, want[i].critical_ns);
  }
}

static void one_after_the_other(void **state)
{
  const pl_timed_span spans[] = {{0, 100, -1}, {10, 40, 0}, {50, 90, 0}, {60, 70, 2}};
  const pl_span_times want[] = {{30, 30}, {30, 30}, {30, 30}, {10, 10}};
  (void)state;
  expect(spans, 4, want);
}

/* Two children at once: the one that ended last is waited for; the other, while it ran beside, is not. */
static void side_by_side(void **state)
{
  const pl_timed_span spans[] = {{0, 100, -1}, {10, 80, 0}, {20, 95, 0}, {5, 15, 0}};
  const pl_span_times want[] = {{10, 15}, {70, 0}, {75, 75}, {10, 10}};
  (void)state;
  expect(spans, 4, want);
}

static void the_path_has_stretches(void **state)
{
  const pl_timed_span spans[] = {{0, 100, -1}, {10, 40, 0}, {50, 90, 0}, {50, 90, 2}};
  const pl_path_part want[] = {{0, 90, 100}, {3, 50, 90}, {0, 40, 50}, {1, 10, 40}, {0, 0, 10}};
  pl_span_times got[4];
  pl_path_part parts[8];
  pl_trace_path path = {parts, 7};
  (void)state;
  assert_int_equal(pl_trace_times(&pl_alloc_default, spans, 4, got, &path), 0);
  assert_int_equal(path.n, 5);
  for (size_t i = 0; i < 5; i++)
    assert_true(parts[i].place == want[i].place && parts[i].from_ns == want[i].from_ns && parts[i].to_ns == want[i].to_ns);
}

/* A child counts as long as its parent lasts; one that is not within it at all does not. */
static void children_that_are_not_within(void **state)
{
  const pl_timed_span spans[] = {{100, 200, -1}, {50, 300, 0}, {400, 500, 0}};
  const pl_span_times want[] = {{0, 0}, {250, 100}, {100, 0}};
  (void)state;
  expect(spans, 3, want);
}

static void what_is_no_tree(void **state)
{
  const pl_timed_span circle[] = {{0, 10, 1}, {0, 10, 0}, {0, 5, -1}, {7, 9, -7}};
  const pl_span_times want[] = {{0, 0}, {0, 0}, {5, 5}, {2, 2}};
  const pl_timed_span beyond = {0, 1, 1};
  pl_span_times out;
  (void)state;
  expect(circle, 4, want);
  assert_int_equal(pl_trace_times(&pl_alloc_default, &beyond, 1, &out, NULL), PL_EINVAL);
  assert_int_equal(pl_trace_times(&pl_alloc_default, &beyond, 0, &out, NULL), 0);
}

/* Of any trace: the path adds up to the root's length, and no part of it is longer than its span. */
static void paths_are_as_long_as_their_roots(void **state)
{
  pl_timed_span spans[MANY];
  pl_span_times got[MANY];
  pl_path_part parts[2 * MANY];
  pl_trace_path path = {parts, 0};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 7, 0, 0, 0);
  for (int round = 0; round < 50; round++) {
    spans[0] = (pl_timed_span){0, 1000, -1};
    for (int i = 1; i < MANY; i++) {
      int64_t start = (int64_t)pl_rng_below(&r, 1100), length = (int64_t)pl_rng_below(&r, 400);
      spans[i] = (pl_timed_span){start, start + length, (int64_t)pl_rng_below(&r, (uint64_t)i)};
    }
    assert_int_equal(pl_trace_times(&pl_alloc_default, spans, MANY, got, &path), 0);
    int64_t sum = 0, cursor = 1000;
    for (size_t i = 0; i < path.n; i++) {
      assert_int_equal(path.parts[i].to_ns, cursor);
      cursor = path.parts[i].from_ns;
    }
    assert_int_equal(cursor, 0);
    for (int i = 0; i < MANY; i++) {
      sum += got[i].critical_ns;
      assert_true(got[i].critical_ns >= 0 && got[i].critical_ns <= spans[i].end_ns - spans[i].start_ns);
      assert_true(got[i].self_ns >= 0 && got[i].self_ns <= spans[i].end_ns - spans[i].start_ns);
    }
    assert_int_equal(sum, 1000);
  }
}

static int without_memory(const pl_allocator *a, void *user)
{
  const pl_timed_span spans[] = {{0, 100, -1}, {10, 40, 0}};
  pl_span_times out[2];
  (void)user;
  return pl_trace_times(a, spans, 2, out, NULL);
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(without_memory, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_after_the_other), cmocka_unit_test(side_by_side), cmocka_unit_test(the_path_has_stretches), cmocka_unit_test(children_that_are_not_within),
                                     cmocka_unit_test(what_is_no_tree), cmocka_unit_test(paths_are_as_long_as_their_roots), cmocka_unit_test(memory_may_run_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Subqueries: which steps they have, and what functions over a range make of their values. */
#include "query/evaluated.h"

/* The values of "x[range:step]", seconds after BEGIN_S before each: "10=1 20=2". */
static const char *sampled(evaluated *f, const char *expression)
{
  enum { SIZE = 1024 };
  pl_evaluation at;
  pl_vector v;
  char *text = pl_arena_alloc(&f->arena, SIZE, 1);
  size_t n = 0;
  assert_non_null(text);
  if (pl_evaluate_subquery(&f->e, parsed(f, expression), &at, &v))
    fail_msg("%s", f->err.message);
  for (size_t i = 0; v.n && i < at.steps; i++)
    n += (size_t)snprintf(text + n, SIZE - n, "%s%g=%g", n ? " " : "", (double)(pl_step_ms(&at, i) - BEGIN_MS) / 1e3, v.elements[0].values[i]);
  return text;
}

static void steps_are_multiples_of_their_length(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1'}", "1 2 3 4 5 6 7 8");
  f->e.from_ms += 45000;
  assert_string_equal(sampled(f, "x[30s:10s]"), "20=3 30=4 40=5"); /* BEGIN_S is a multiple of 20 */
  assert_string_equal(sampled(f, "x[25s:20s]"), "40=5");
  assert_string_equal(sampled(f, "x[30s:10s] offset 10s"), "10=2 20=3 30=4");
  assert_string_equal(sampled(f, "(x offset 10s)[30s:10s]"), "20=2 30=3 40=4");
  assert_string_equal(sampled(f, "x[30s:10s] @ 1700000070"), "50=6 60=7 70=8"); /* open on the left */
  f->e.steps = 3; /* those of all steps are one row */
  assert_string_equal(sampled(f, "x[20s:10s]"), "30=4 40=5 50=6 60=7");
}

static void a_range_may_lie_between_steps(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1'}", "1 2 3 4 5 6 7 8");
  f->e.from_ms += 15000;
  assert_string_equal(sampled(f, "x[10s:1h]"), "");
  assert_string_equal(given_by(f, pl_evaluate_range, "max_over_time(x[10s:1h])"), "");
}

static void functions_take_its_values(void **state)
{
  evaluated *f = *state;
  f->e.steps = 4;
  given(f, "x{i='1'}", "1 2 _ 4");
  given(f, "y{i='1'}", "_ _ _ _");
  assert_string_equal(given_by(f, pl_evaluate_range, "sum_over_time((x * 10)[20s:10s])"), "{i=\"1\"} 10 30 20 40");
  assert_string_equal(given_by(f, pl_evaluate_range, "last_over_time(x[20s:10s])"), "{__name__=\"x\", i=\"1\"} 1 2 2 4");
  assert_string_equal(given_by(f, pl_evaluate_range, "max_over_time({i='1'}[20s:10s])"), "{i=\"1\"} 1 2 2 4");
  assert_string_equal(given_by(f, pl_evaluate_range, "absent_over_time(x{i='1'}[10s:10s])"), "{} _ _ 1 _"); /* without labels */
}

static void start_and_end_are_those_of_the_whole_question(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  f->e.start_ms = BEGIN_MS;
  f->e.end_ms = BEGIN_MS + 30000;
  given(f, "x{i='1'}", "1 2 3 4");
  assert_string_equal(given_by(f, pl_evaluate_range, "sum_over_time((x @ end())[20s:10s])"), "{i=\"1\"} 8 8");
  assert_string_equal(given_by(f, pl_evaluate_range, "sum_over_time(x[20s:10s] @ end())"), "{i=\"1\"} 7 7");
}

static void distributions_are_no_samples(void **state)
{
  evaluated *f = *state;
  put_dist(f, make_series(f, "d{i='1'}", PL_SERIES_DIST), 0, -1, 1, 10);
  commit(f);
  refused_by(f, pl_evaluate_range, "max_over_time(d[1m:10s])", PL_EINVAL, "column 15: these are distributions");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(steps_are_multiples_of_their_length),
      EVALUATED_TEST(a_range_may_lie_between_steps),
      EVALUATED_TEST(functions_take_its_values),
      EVALUATED_TEST(start_and_end_are_those_of_the_whole_question),
      EVALUATED_TEST(distributions_are_no_samples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Selectors and functions over ranges: what each step sees, which labels stay, what absent_over_time makes. */
#include "query/evaluated.h"

static const char *selected(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_selector, expression);
}

static const char *ranged(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_range, expression);
}

static void refused(evaluated *f, const char *expression, const char *part)
{
  refused_by(f, pl_evaluate_range, expression, PL_EINVAL, part);
}

static void an_instant_is_the_newest_sample_of_five_minutes(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "x{i='1'}", "1 nan _");
  given(f, "x{i='2'}", "_ _ _");
  given(f, "old{i='1'}", "7");
  assert_string_equal(selected(f, "x"), "{__name__=\"x\", i=\"1\"} 1 nan _");
  assert_string_equal(selected(f, "x offset 10s"), "{__name__=\"x\", i=\"1\"} _ 1 nan");
  assert_string_equal(selected(f, "x offset -10s"), "{__name__=\"x\", i=\"1\"} nan _ _");
  f->e.from_ms += 280000;
  assert_string_equal(selected(f, "old"), "{__name__=\"old\", i=\"1\"} 7 7 _"); /* the range is open on the left */
  assert_string_equal(selected(f, "nothing"), "");
}

static void a_range_is_open_on_the_left_and_has_no_marks(void **state)
{
  evaluated *f = *state;
  f->e.steps = 5;
  given(f, "x{i='1'}", "1 2 _ 4 8");
  assert_string_equal(ranged(f, "sum_over_time(x[20s])"), "{i=\"1\"} 1 3 2 4 12");
  assert_string_equal(ranged(f, "count_over_time(x[10s])"), "{i=\"1\"} 1 1 _ 1 1");
  assert_string_equal(ranged(f, "rate(x[20s])"), "{i=\"1\"} _ 0.1 _ _ 0.4"); /* of two samples */
  assert_string_equal(ranged(f, "rate(nothing[20s])"), "");
  assert_string_equal(ranged(f, "deriv(x[1s])"), "");
}

static void all_steps_may_look_at_one_time(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  f->e.start_ms = BEGIN_MS;
  f->e.end_ms = BEGIN_MS + 20000;
  given(f, "x{i='1'}", "1 2 _ 4");
  assert_string_equal(selected(f, "x @ 1700000010"), "{__name__=\"x\", i=\"1\"} 2 2 2");
  assert_string_equal(selected(f, "x @ 1700000010 offset 10s"), "{__name__=\"x\", i=\"1\"} 1 1 1");
  assert_string_equal(selected(f, "x @ end()"), "");
  assert_string_equal(ranged(f, "sum_over_time(x[1m] @ end())"), "{i=\"1\"} 3 3 3");
  assert_string_equal(ranged(f, "sum_over_time(x[1m] @ start())"), "{i=\"1\"} 1 1 1");
  assert_string_equal(ranged(f, "quantile_over_time(time() - 1700000000, x[1m] @ end())"), "{i=\"1\"} 1 inf inf");
}

static void the_name_stays_with_the_last_sample_alone(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  given(f, "x{i='1'}", "1 _");
  given(f, "y{i='1'}", "_ 2");
  assert_string_equal(ranged(f, "last_over_time({i='1'}[10s])"), "{__name__=\"x\", i=\"1\"} 1 _\n{__name__=\"y\", i=\"1\"} _ 2");
  assert_string_equal(ranged(f, "max_over_time({i='1'}[10s])"), "{i=\"1\"} 1 2");
  refused(f, "max_over_time({i='1'}[1m])", "column 1: two values with the same labels");
}

static void a_quantile_has_its_number_at_each_step(void **state)
{
  evaluated *f = *state;
  f->e.steps = 5;
  given(f, "x", "8 4 2 1 0");
  assert_string_equal(ranged(f, "quantile_over_time((time() - 1700000000) / 40, x[1m])"), "{} 8 5 4 5 8");
  assert_string_equal(ranged(f, "quantile_over_time(2, x[1m])"), "{} inf inf inf inf inf");
}

static void what_is_absent_has_the_labels_that_were_asked_for(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "x{i='1'}", "1 _ _");
  given(f, "x{i='2'}", "_ _ 1");
  assert_string_equal(ranged(f, "absent_over_time(x[10s])"), "{} _ 1 _");
  assert_string_equal(ranged(f, "absent_over_time(x{i=~'1|2'}[30s])"), "");
  assert_string_equal(ranged(f, "absent_over_time(x{i='1',k!='2',l!~'3'}[10s])"), "{i=\"1\"} _ 1 1");
  assert_string_equal(ranged(f, "absent_over_time({__name__='y',k='1',l='2',l='3'}[10s])"), "{k=\"1\"} 1 1 1");
  assert_string_equal(ranged(f, "absent_over_time(y{k=''}[10s])"), "{} 1 1 1");
}

static void distributions_are_merged_or_refused(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  int64_t d = make_series(f, "d{i='1'}", PL_SERIES_DIST);
  put_dist(f, d, 0, -1, 1, 5);
  put_dist(f, d, 0, 9, 1, 7);
  commit(f);
  assert_string_equal(selected(f, "d"), "{__name__=\"d\", i=\"1\"} [5] [7] [7]");
  assert_string_equal(ranged(f, "rate(d[20s])"), "{i=\"1\"} [5] [12] [7]");
  assert_string_equal(ranged(f, "increase(d[10s])"), "{i=\"1\"} [5] [7] _");
  assert_string_equal(ranged(f, "sum_over_time(d[1m])"), "{i=\"1\"} [5] [12] [12]");
  refused(f, "max_over_time(d[1m])", "column 1: max_over_time has no meaning for distributions: take rate, increase or sum_over_time");
  refused(f, "last_over_time(d[1m])", "last_over_time has no meaning for distributions");
}

static void roll_up(evaluated *f)
{
  pl_gc *g;
  int code;
  assert_int_equal(pl_gc_new(f->store, (BEGIN_S + 30 * 86400) * (int64_t)PL_S_NS, false, &g, NULL), PL_OK);
  while ((code = pl_gc_step(g, NULL)) > 0)
    ;
  assert_int_equal(code, 0);
  pl_gc_free(g);
}

/* Minutes begin at 40 s: a sample stands for four, one for six. */
static void what_is_rolled_up_answers_for_all_of_it(void **state)
{
  static const struct {
    const char *expression, *all, *rolled;
  } asked[] = {
      {"min_over_time(x[5m])", "{i=\"1\"} 1", "{i=\"1\"} 1"},     {"max_over_time(x[5m])", "{i=\"1\"} 90", "{i=\"1\"} 90"},
      {"sum_over_time(x[5m])", "{i=\"1\"} 250", "{i=\"1\"} 250"}, {"count_over_time(x[5m])", "{i=\"1\"} 10", "{i=\"1\"} 10"},
      {"avg_over_time(x[5m])", "{i=\"1\"} 25", "{i=\"1\"} 25"},   {"last_over_time(x[5m])", "{__name__=\"x\", i=\"1\"} 60", "{__name__=\"x\", i=\"1\"} 40"},
      {"count_over_time(y[5m])", "{i=\"1\"} 1", "{i=\"1\"} 1"},
  };
  evaluated *f = *state;
  given(f, "x{i='1'}", "1 2 3 4 10 20 30 90 30 60");
  for (int64_t i = 0; i < 128; i++) /* a few would stay as they are */
    put(f, make_series(f, "x{i='1'}", PL_SERIES_GAUGE), 0, -100000 + i, 0);
  given(f, "y{i='1'}", "5");
  f->e.from_ms += 100000;
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
    assert_string_equal(ranged(f, asked[i].expression), asked[i].all);
  roll_up(f);
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
    assert_string_equal(ranged(f, asked[i].expression), asked[i].rolled);
  assert_string_equal(selected(f, "x"), "{__name__=\"x\", i=\"1\"} 40");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(an_instant_is_the_newest_sample_of_five_minutes),
      EVALUATED_TEST(a_range_is_open_on_the_left_and_has_no_marks),
      EVALUATED_TEST(all_steps_may_look_at_one_time),
      EVALUATED_TEST(the_name_stays_with_the_last_sample_alone),
      EVALUATED_TEST(a_quantile_has_its_number_at_each_step),
      EVALUATED_TEST(what_is_absent_has_the_labels_that_were_asked_for),
      EVALUATED_TEST(distributions_are_merged_or_refused),
      EVALUATED_TEST(what_is_rolled_up_answers_for_all_of_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The tables of words: each is known once, with arguments that a call can have. */
#include "query/promql_tree.h"

#include "support/failing.h"

static const char *const in_order[] = {
    "rate", "increase", "delta", "irate", "deriv", "changes", "resets",
    "avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time", "stddev_over_time",
    "stdvar_over_time", "quantile_over_time", "absent_over_time",
    "abs", "ceil", "floor", "sqrt", "exp", "ln", "round", "clamp", "clamp_min", "clamp_max",
    "label_replace", "histogram_quantile", "time", "vector",
};
enum { FUNCTIONS = sizeof in_order / sizeof *in_order };

static void each_function_has_its_name(void **state)
{
  (void)state;
  assert_int_equal(FUNCTIONS, PL_FN_VECTOR + 1);
  for (size_t i = 0; i < FUNCTIONS; i++) {
    const pl_function *f = pl_function_find(pl_str_of(in_order[i]));
    assert_non_null(f);
    assert_string_equal(f->name, in_order[i]);
    assert_int_equal(f->id, i);
    assert_false(pl_promql_is_left_out(pl_str_of(in_order[i])));
  }
}

static void arguments_fit_a_call(void **state)
{
  (void)state;
  for (size_t i = 0; i < FUNCTIONS; i++) {
    const pl_function *f = pl_function_find(pl_str_of(in_order[i]));
    size_t ranges = 0;
    assert_true(f->least <= f->most && f->most <= PL_PROMQL_ARGS);
    for (size_t j = 0; j < f->most; j++)
      ranges += f->types[j] == PL_VALUE_MATRIX;
    /* A function over a range takes it as its last argument; no other function takes one. */
    assert_int_equal(ranges, f->id <= PL_FN_ABSENT_OVER);
    assert_true(!ranges || f->types[f->most - 1] == PL_VALUE_MATRIX);
    assert_int_equal(f->result, f->id == PL_FN_TIME ? PL_VALUE_SCALAR : PL_VALUE_VECTOR);
  }
}

static void aggregations_are_in_the_order_of_their_numbers(void **state)
{
  static const char *const names[] = {"sum", "avg", "min", "max", "count", "group", "stddev", "quantile", "topk", "bottomk"};
  (void)state;
  for (int i = PL_SUM; i <= PL_BOTTOMK; i++)
    assert_int_equal(pl_aggregator_find(pl_str_of(names[i])), i);
  assert_int_equal(pl_aggregator_find(PL_STR("rate")), -1);
}

static void a_word_is_known_whole(void **state)
{
  static const char *const words[] = {"", "rat", "rates", "Rate", "su", "sums", "ab"};
  (void)state;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    assert_null(pl_function_find(pl_str_of(words[i])));
    assert_int_equal(pl_aggregator_find(pl_str_of(words[i])), -1);
    assert_false(pl_promql_is_left_out(pl_str_of(words[i])));
  }
  assert_non_null(pl_function_find((pl_str){"rate(x)", 4}));
}

static void only_aggregations_are_keywords_in_any_case(void **state)
{
  (void)state;
  assert_int_equal(pl_aggregator_find(PL_STR("TopK")), PL_TOPK);
  assert_null(pl_function_find(PL_STR("RATE")));
}

static void what_is_left_out_is_not_known(void **state)
{
  static const char *const words[] = {"absent", "sort", "predict_linear", "label_join", "stdvar", "count_values", "step"};
  (void)state;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    assert_true(pl_promql_is_left_out(pl_str_of(words[i])));
    assert_null(pl_function_find(pl_str_of(words[i])));
    assert_int_equal(pl_aggregator_find(pl_str_of(words[i])), -1);
  }
}

static void types_have_the_names_of_promql(void **state)
{
  (void)state;
  assert_string_equal(pl_value_type_text(PL_VALUE_SCALAR), "scalar");
  assert_string_equal(pl_value_type_text(PL_VALUE_VECTOR), "instant vector");
  assert_string_equal(pl_value_type_text(PL_VALUE_MATRIX), "range vector");
  assert_string_equal(pl_value_type_text(PL_VALUE_STRING), "string");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_function_has_its_name),
      cmocka_unit_test(arguments_fit_a_call),
      cmocka_unit_test(aggregations_are_in_the_order_of_their_numbers),
      cmocka_unit_test(a_word_is_known_whole),
      cmocka_unit_test(only_aggregations_are_keywords_in_any_case),
      cmocka_unit_test(what_is_left_out_is_not_known),
      cmocka_unit_test(types_have_the_names_of_promql),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

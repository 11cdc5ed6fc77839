/* What is no PromQL, or none that is known here, and what is said of it: place, line and caret. */
#include "query/promql_tree.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

static void refused(const char *text, int code, const char *message)
{
  pl_arena arena;
  pl_node *n;
  pl_error err = {0};
  pl_arena_init(&arena, &pl_alloc_default, 64 << 20);
  assert_int_equal(pl_promql_parse(&arena, pl_str_of(text), &n, &err), code);
  if (!strstr(err.message, message))
    fail_msg("%s\nshould say\n%s", err.message, message);
  pl_arena_fini(&arena);
}

static void mistakes_have_a_place_and_a_caret(void **state)
{
  (void)state;
  refused("rate(x)", PL_EPARSE, "column 6: rate takes a range vector, this is an instant vector: write its range, such as [5m]\n  rate(x)\n       ^");
  refused("sum(x) +", PL_EPARSE, "column 9: expected an expression, found the end\n  sum(x) +\n          ^");
  refused("x{a=~\"b(\"}", PL_EPARSE, "column 6: regular expression \"b(\", character 3: a ( without )");
  refused("fo(x)", PL_EPARSE, "column 1: there is no function fo");
  refused("p99(latency)", PL_EPARSE, "column 1: there is no function p99");
  refused("1 > 2", PL_EPARSE, "column 3: a comparison of scalars needs bool");
  refused("x{job=api}", PL_EPARSE, "column 7: expected the value in quotes, found api");
  refused("5q", PL_EPARSE, "neither a number nor a duration");
  refused("\xff", PL_EPARSE, "this character has no meaning here");
}

static void what_is_left_out_is_refused_by_name(void **state)
{
  static const char *const functions[] = {"predict_linear(x[1m], 1)", "absent(x)", "scalar(x)", "sort(x)", "idelta(x[1m])", "stdvar(x)", "count_values(\"a\", x)", "holt_winters(x[1m], 1, 1)", "log2(x)"};
  (void)state;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    refused(functions[i], PL_ENOSYS, "is not in this version");
  refused("x[5m:1m]", PL_ENOSYS, "subqueries are not in this version");
  refused("rate(x[5m])[1h:]", PL_ENOSYS, "subqueries are not in this version");
  refused("x @ 5", PL_ENOSYS, "the modifier @ is not in this version");
  refused("x and y", PL_ENOSYS, "PromQL's and is not in this version");
  refused("x or y", PL_ENOSYS, "PromQL's or is not in this version");
  refused("x atan2 y", PL_ENOSYS, "PromQL's atan2 is not in this version");
}

static void what_is_too_much_is_refused(void **state)
{
  enum { LONG = 70000 };
  static char text[LONG + 1];
  (void)state;
  memset(text, '(', 5000);
  refused(text, PL_ELIMIT, "nested more than 100 deep");
  for (size_t i = 0; i < 4000; i += 2)
    memcpy(text + i, "1+", 2);
  refused(text, PL_ELIMIT, "more than 1000 operators");
  memset(text, ' ', LONG);
  refused(text, PL_ELIMIT, "longer than 64 KiB");
}

static void a_long_line_is_shown_around_its_mistake(void **state)
{
  char text[300] = "";
  (void)state;
  memset(text, 'a', 200);
  memcpy(text + 200, " + ]", 5);
  refused(text, PL_EPARSE, "column 204: expected an expression, found ]\n  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + ]\n                                      ^");
}

static void ranges_and_offsets_are_read(void **state)
{
  pl_arena arena;
  pl_node *n;
  (void)state;
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_promql_parse(&arena, PL_STR("x{a=\"b\"}[1h30m15s500ms] offset -5m"), &n, NULL), PL_OK);
  assert_int_equal(n->type, PL_VALUE_MATRIX);
  assert_int_equal(n->selector.range_ms, 5415500);
  assert_int_equal(n->selector.offset_ms, -300000);
  assert_int_equal(n->selector.n_tests, 2);
  pl_arena_fini(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_have_a_place_and_a_caret),       cmocka_unit_test(what_is_left_out_is_refused_by_name), cmocka_unit_test(what_is_too_much_is_refused),
      cmocka_unit_test(a_long_line_is_shown_around_its_mistake), cmocka_unit_test(ranges_and_offsets_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

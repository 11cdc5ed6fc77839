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
}

static void sets_are_of_vectors(void **state)
{
  (void)state;
  refused("x and 1", PL_EPARSE, "column 3: and, or and unless stand between two instant vectors\n  x and 1\n    ^");
  refused("time() or 1", PL_EPARSE, "and, or and unless stand between two instant vectors");
  refused("x unless on (a) group_left y", PL_EPARSE, "group_left and group_right do not belong to and, or and unless");
  refused("x or bool y", PL_EPARSE, "bool belongs to comparisons");
  refused("1 + on (a) x", PL_EPARSE, "on and ignoring belong between two instant vectors");
}

/* The operators of a tree with its parentheses: "(a or (b and c))". */
static void write_tree(const pl_node *n, char *out, size_t size)
{
  static const char *const texts[] = {"+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", "<=", ">", ">=", "and", "or", "unless"};
  char lhs[200], rhs[200];
  if (n->kind != PL_NODE_BINARY) {
    (void)pl_copy(out, size, n->selector.tests[0].value);
    return;
  }
  write_tree(n->binary.lhs, lhs, sizeof lhs);
  write_tree(n->binary.rhs, rhs, sizeof rhs);
  (void)snprintf(out, size, "(%s %s %s)", lhs, texts[n->binary.op], rhs);
}

static void parsed_as(const char *text, const char *tree)
{
  pl_arena arena;
  pl_node *n;
  char out[500];
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_promql_parse(&arena, pl_str_of(text), &n, NULL), PL_OK);
  write_tree(n, out, sizeof out);
  assert_string_equal(out, tree);
  pl_arena_fini(&arena);
}

static void operators_bind_as_those_of_prometheus(void **state)
{
  (void)state;
  parsed_as("a or b and c", "(a or (b and c))");
  parsed_as("a and b or c unless d", "((a and b) or (c unless d))");
  parsed_as("a unless b and c unless d", "(((a unless b) and c) unless d)");
  parsed_as("a or b or c", "((a or b) or c)");
  parsed_as("a and b > c", "(a and (b > c))");
  parsed_as("a == b + c * d ^ e ^ f", "(a == (b + (c * (d ^ (e ^ f)))))");
  parsed_as("a * b atan2 c + d", "(((a * b) atan2 c) + d)");
  parsed_as("a AND b Or c", "((a and b) or c)"); /* keywords in any case */
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

static void a_long_word_is_cut(void **state)
{
  enum { LONG = 1000 };
  static char text[LONG + 16];
  (void)state;
  memset(text, 'a', LONG);
  memcpy(text, "x{job=", 6);
  refused(text, PL_EPARSE, "column 7: expected the value in quotes, found aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
  memset(text, 'a', LONG);
  memcpy(text + LONG, "(x)", 4);
  refused(text, PL_EPARSE, "there is no function aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_have_a_place_and_a_caret),
      cmocka_unit_test(what_is_left_out_is_refused_by_name),
      cmocka_unit_test(sets_are_of_vectors),
      cmocka_unit_test(operators_bind_as_those_of_prometheus),
      cmocka_unit_test(what_is_too_much_is_refused),
      cmocka_unit_test(a_long_line_is_shown_around_its_mistake),
      cmocka_unit_test(a_long_word_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

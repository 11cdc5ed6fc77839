/* Ranges, subqueries, offset and @: what they mean, where they may stand. */
#include "query/promql_modifiers.h"

#include "query/promql_fixture.h"

static const pl_node *read(fixture *f, const char *text, enum pl_node_kind kind)
{
  pl_node *n = NULL;
  if (pl_promql_parse(&f->arena, pl_str_of(text), &n, &f->err))
    fail_msg("%s", f->err.message);
  assert_int_equal(n->kind, kind);
  return n;
}

static const pl_when *selects(fixture *f, const char *text)
{
  const pl_node *n = read(f, text, PL_NODE_SELECTOR);
  assert_int_equal(n->type, n->selector.when.range_ms ? PL_VALUE_MATRIX : PL_VALUE_VECTOR);
  return &n->selector.when;
}

static void refused(fixture *f, const char *text, const char *message)
{
  pl_node *n;
  f->err = (pl_error){0};
  assert_int_equal(pl_promql_parse(&f->arena, pl_str_of(text), &n, &f->err), PL_EPARSE);
  fixture_says(f, message);
}

static void ranges_and_offsets_are_read(void **state)
{
  const pl_when *w = selects(*state, "x{a=\"b\"}[1h30m15s500ms] offset -5m");
  assert_int_equal(w->range_ms, 5415500);
  assert_int_equal(w->offset_ms, -300000);
  w = selects(*state, "x[90] offset +1.5");
  assert_int_equal(w->range_ms, 90000);
  assert_int_equal(w->offset_ms, 1500);
  refused(*state, "x[0s]", "column 3: a range is longer than 0");
  refused(*state, "x[-5m]", "column 3: expected a duration such as 5m, found -");
  refused(*state, "x[101y]", "column 3: a duration is at most 100 years");
  refused(*state, "x offset -101y", "a duration is at most 100 years");
  refused(*state, "x[5m", "column 5: expected ']', found the end");
}

static void a_time_is_read_once_before_or_behind_an_offset(void **state)
{
  const pl_when *w = selects(*state, "x @ 1700000000.5 offset 5m");
  assert_int_equal(w->anchor, PL_AT_TIME);
  assert_int_equal(w->at_ms, 1700000000500);
  assert_int_equal(w->offset_ms, 300000);
  w = selects(*state, "x[5m] offset 5m @ -3");
  assert_int_equal(w->at_ms, -3000);
  assert_int_equal(w->offset_ms, 300000);
  assert_int_equal(selects(*state, "x @ start()")->anchor, PL_AT_START);
  assert_int_equal(selects(*state, "x @ end ( )")->anchor, PL_AT_END);
  assert_int_equal(selects(*state, "x")->anchor, PL_AT_STEP);
  refused(*state, "x @ 1 @ 2", "column 7: a second @");
  refused(*state, "x @ now", "column 5: expected seconds since 1970, start() or end(), found now");
  refused(*state, "x @ start", "expected '(', found the end");
  refused(*state, "x @ 1700000000000", "column 5: a time in seconds since 1970 lies between 1685 and 2255"); /* milliseconds */
}

static void a_subquery_has_steps(void **state)
{
  const pl_node *n = read(*state, "sum(x)[1h:5m] offset 1m @ 7", PL_NODE_SUBQUERY);
  assert_int_equal(n->type, PL_VALUE_MATRIX);
  assert_int_equal(n->subquery.of->kind, PL_NODE_AGGREGATION);
  assert_int_equal(n->subquery.when.range_ms, 3600000);
  assert_int_equal(n->subquery.step_ms, 300000);
  assert_int_equal(n->subquery.when.offset_ms, 60000);
  assert_int_equal(n->subquery.when.at_ms, 7000);
  n = read(*state, "x offset 5m [1h:]", PL_NODE_SUBQUERY);
  assert_int_equal(n->subquery.of->selector.when.offset_ms, 300000);
  assert_int_equal(n->subquery.step_ms, 60000);
  refused(*state, "x[5m:0s]", "column 6: a step is longer than 0");
  refused(*state, "x[5m][1h:5m]", "column 1: a subquery takes an instant vector, this is a range vector");
  refused(*state, "time()[1h:5m]", "a subquery takes an instant vector, this is a scalar");
}

static void modifiers_have_their_place(void **state)
{
  refused(*state, "x offset 5m [5m]", "offset and @ stand behind the range");
  refused(*state, "x @ 5 [5m]", "offset and @ stand behind the range");
  refused(*state, "sum(x)[5m]", "column 7: a range stands right behind a selector; that of a subquery has a colon");
  refused(*state, "(x)[5m]", "a range stands right behind a selector");
  refused(*state, "x[5m][5m]", "a range stands right behind a selector");
  refused(*state, "(x) offset 5m", "column 5: offset stands right behind a selector or a subquery");
  refused(*state, "sum(x) @ 5", "column 8: @ stands right behind a selector or a subquery");
  refused(*state, "x offset 1m offset 1m", "column 13: a second offset");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {
      TEST(ranges_and_offsets_are_read),
      TEST(a_time_is_read_once_before_or_behind_an_offset),
      TEST(a_subquery_has_steps),
      TEST(modifiers_have_their_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

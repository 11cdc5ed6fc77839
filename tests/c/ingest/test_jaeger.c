/* Answers of Jaeger on their way to the timeline: spans that belong to no run, each once. */
#include "ingest/jaeger.h"

#include "ingest/events_fixture.h"

#define SPAN(id) "{\"traceID\":\"1\",\"spanID\":\"" id "\",\"operationName\":\"GET\",\"startTime\":5,\"duration\":2,\"processID\":\"p1\"}"
#define ANSWER(spans) "{\"data\":[{\"spans\":[" spans "],\"processes\":{\"p1\":{\"serviceName\":\"shop\"}}}]}"

static int take(fixture *f, const char *text, pl_jaeger_taking *t)
{
  *t = (pl_jaeger_taking){.body = pl_str_of(text)};
  return pl_jaeger_take(f->intake, &pl_alloc_default, t, NULL);
}

static int count_row(void *user, const pl_field *fields, size_t n)
{
  (void)fields, (void)n;
  ++*(size_t *)user;
  return 0;
}

static size_t kept(fixture *f, const char *source)
{
  const pl_field fields[] = {{.name = "from_ns", .type = PL_FIELD_INT, .integer = 0}, {.name = "to_ns", .type = PL_FIELD_INT, .integer = INT64_MAX},
                             {.name = "source", .type = PL_FIELD_TEXT, .bytes = pl_str_of(source)}, {.name = "instance", .type = PL_FIELD_TEXT, .bytes = PL_STR("here")}};
  pl_reader *r;
  size_t n = 0;
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(f->store, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_record(r, "spans_kept", fields, 4, count_row, &n, NULL), PL_OK);
  pl_reader_close(r);
  return n;
}

static void spans_are_kept_once(void **state)
{
  fixture *f = *state;
  pl_jaeger_taking t;
  assert_int_equal(take(f, ANSWER(SPAN("1") "," SPAN("2")), &t), PL_OK);
  assert_true(t.traces == 1 && t.spans == 2);
  assert_int_equal(take(f, ANSWER(SPAN("2") "," SPAN("3") "," SPAN("")), &t), PL_OK);
  assert_int_equal(t.spans, 2);
  assert_int_equal(kept(f, "jaeger"), 3);
  assert_int_equal(kept(f, "tempo"), 0);
  assert_string_equal(fixture_spans(f), ""); /* the run has none */
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_SPAN_ID], 1);
}

static void other_answers_are_refused_whole(void **state)
{
  fixture *f = *state;
  pl_jaeger_taking t;
  assert_int_equal(take(f, "{\"data\":[{\"spans\":[" SPAN("1") ",3.5,{\"spanID\":7}]}]}", &t), PL_EPROTO);
  assert_int_equal(take(f, "{", &t), PL_EPARSE);
  assert_int_equal(kept(f, "jaeger"), 0);
}

static void what_it_tells_beside_them_is_passed_on(void **state)
{
  pl_jaeger_taking t;
  assert_int_equal(take(*state, "{\"data\":[],\"errors\":[{\"code\":500,\"msg\":\"half of it\"}]}", &t), PL_OK);
  assert_string_equal(t.warning, "half of it");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(spans_are_kept_once, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_answers_are_refused_whole, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(what_it_tells_beside_them_is_passed_on, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

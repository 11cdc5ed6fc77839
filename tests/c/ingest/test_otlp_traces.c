/* Messages of OTLP with traces: what reaches the timeline, and what they are answered, in both encodings. */
#include "ingest/otlp_traces.h"

#include "ingest/events_fixture.h"
#include "ingest/otlp_fixture.h"

#define SPAN(id) "{\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"" id "\",\"name\":\"GET\",\"startTimeUnixNano\":\"5\",\"endTimeUnixNano\":\"7\"}"
#define NAMED "{\"kind\":\"SPAN_KIND_SERVER\"}"
#define MESSAGE(spans) \
  "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]},\"scopeSpans\":[{\"spans\":[" spans "]}]}]}"

static pl_reply take(fixture *f, const char *text, bool json, bool gzip)
{
  return otlp_sent(f->intake, pl_otlp_traces_take, PL_OTLP_TRACES, text, json, gzip);
}

static void both_encodings_are_stored(void **state)
{
  static const char want[] = "5 2 span GET {\"trace_id\":\"5b8efff798038103d269b633813fc60c\",\"span_id\":\"eee19b7ec3c1b174\",\"service\":\"shop\",\"kind\":\"unspecified\","
                             "\"status\":\"unset\",\"attributes\":{}} \n";
  char twice[2 * sizeof want];
  pl_reply reply = take(*state, MESSAGE(SPAN("eee19b7ec3c1b174")), true, false);
  assert_true(reply.status == 200 && reply.len == 2);
  assert_string_equal(fixture_spans(*state), want);
  reply = take(*state, MESSAGE(SPAN("eee19b7ec3c1b174")), false, true);
  assert_true(reply.status == 200 && reply.len == 0);
  (void)snprintf(twice, sizeof twice, "%s%s", want, want);
  assert_string_equal(fixture_spans(*state), twice);
}

static void good_spans_stay(void **state)
{
  fixture *f = *state;
  static const char want[] = "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"no span id\"}}";
  pl_reply reply = take(f, MESSAGE(SPAN("") "," SPAN("eee19b7ec3c1b174")), true, false);
  assert_int_equal(reply.len, sizeof want - 1);
  assert_memory_equal(reply.text, want, sizeof want - 1);
  reply = take(f, MESSAGE(SPAN("") "," SPAN("eee19b7ec3c1b174")), false, false);
  assert_memory_equal(reply.text, "\x0a\x0e\x08\x01\x12\x0ano span id", 16);
  assert_true(pl_intake_counts_of(f->intake)->events[PL_EVENT_SPAN] == 2 && pl_intake_counts_of(f->intake)->refused[PL_REASON_SPAN_ID] == 2);
}

/* A span id of other than hexadecimal digits, a kind by its name, and what is good. */
static void bad_spans_of_json_are_refused_alone(void **state)
{
  fixture *f = *state;
  static const char want[] = "{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":\"no span id\"}}", named[] = "{\"partialSuccess\":{\"rejectedSpans\":\"1\","
                             "\"errorMessage\":\"kind: a value of another kind than its name wants\"}}";
  pl_reply reply = take(f, MESSAGE(SPAN("eee19b7ec3c1b17g") "," NAMED "," SPAN("eee19b7ec3c1b174")), true, false);
  assert_true(reply.status == 200 && reply.len == sizeof want - 1);
  assert_memory_equal(reply.text, want, sizeof want - 1);
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_true(counts->events[PL_EVENT_SPAN] == 1 && counts->refused[PL_REASON_SPAN_ID] == 1 && counts->refused[PL_REASON_FIELD] == 1);
  reply = take(f, MESSAGE(NAMED), true, false);
  assert_memory_equal(reply.text, named, sizeof named - 1);
}

static void other_messages_are_refused(void **state)
{
  fixture *f = *state;
  assert_int_equal(take(f, "{\"resourceSpans\":3}", true, false).status, 400);
  pl_reply reply = take(f, "{", true, true);
  reply.text[reply.len] = '\0';
  assert_int_equal(reply.status, 400);
  assert_string_equal(reply.text, "{\"message\":\"the body is malformed: not JSON at line 1, column 2: parse error: premature EOF\"}");
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_MALFORMED], 2);
  assert_string_equal(fixture_spans(f), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(both_encodings_are_stored, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(good_spans_stay, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(bad_spans_of_json_are_refused_alone, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_messages_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Messages of OTLP with logs: what reaches the timeline, and what they are answered, in both encodings. */
#include "ingest/otlp_logs.h"

#include "ingest/events_fixture.h"
#include "ingest/otlp_fixture.h"

#define RECORD "{\"timeUnixNano\":\"5\",\"severityNumber\":9,\"body\":{\"stringValue\":\"hello\"}}"
#define LATE "{\"timeUnixNano\":\"18446744073709551615\"}"
#define MESSAGE(records) \
  "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]},\"scopeLogs\":[{\"logRecords\":[" records "]}]}]}"

static pl_reply take(fixture *f, const char *text, bool json, bool gzip)
{
  return otlp_sent(f->intake, pl_otlp_logs_take, PL_OTLP_LOGS, text, json, gzip);
}

static void both_encodings_are_stored(void **state)
{
  static const char want[] = "5 0 log hello {\"service\":\"shop\",\"severity\":\"info\",\"severity_number\":9,\"attributes\":{}} \n";
  char twice[2 * sizeof want];
  pl_reply reply = take(*state, MESSAGE(RECORD), true, false);
  assert_true(reply.status == 200 && reply.len == 2);
  assert_string_equal(fixture_events(*state, "log"), want);
  reply = take(*state, MESSAGE(RECORD), false, true);
  assert_true(reply.status == 200 && reply.len == 0);
  (void)snprintf(twice, sizeof twice, "%s%s", want, want);
  assert_string_equal(fixture_events(*state, "log"), twice);
}

static void good_records_stay(void **state)
{
  fixture *f = *state;
  static const char want[] = "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\",\"errorMessage\":\"a timestamp beyond the year 2262\"}}";
  pl_reply reply = take(f, MESSAGE(LATE "," RECORD), true, false);
  assert_int_equal(reply.len, sizeof want - 1);
  assert_memory_equal(reply.text, want, sizeof want - 1);
  reply = take(f, MESSAGE(LATE "," RECORD), false, false);
  assert_memory_equal(reply.text, "\x0a\x24\x08\x01\x12\x20" "a timestamp", 17);
  assert_true(pl_intake_counts_of(f->intake)->events[PL_EVENT_LOG] == 2 && pl_intake_counts_of(f->intake)->refused[PL_REASON_LOG] == 2);
}

/* A record keeps its text though the id of its trace is none; a severity by its name is another thing. */
static void bad_records_of_json_are_refused_alone(void **state)
{
  fixture *f = *state;
  static const char want[] = "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\",\"errorMessage\":\"severityNumber: a value of another kind than its name wants\"}}";
  pl_reply reply = take(f, MESSAGE("{\"severityNumber\":\"SEVERITY_NUMBER_INFO\"},{\"timeUnixNano\":\"5\",\"traceId\":\"zz\",\"body\":{\"stringValue\":\"hello\"}}"), true, false);
  assert_memory_equal(reply.text, want, sizeof want - 1);
  assert_string_equal(fixture_events(f, "log"), "5 0 log hello {\"service\":\"shop\",\"severity\":\"unset\",\"attributes\":{}} \n");
}

static void other_messages_are_refused(void **state)
{
  fixture *f = *state;
  assert_int_equal(take(f, "{\"resourceLogs\":3}", true, false).status, 400);
  assert_int_equal(take(f, "{", true, true).status, 400);
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_MALFORMED], 2);
  assert_string_equal(fixture_events(f, "log"), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(both_encodings_are_stored, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(good_records_stay, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(bad_records_of_json_are_refused_alone, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_messages_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

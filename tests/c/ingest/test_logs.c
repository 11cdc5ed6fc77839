/* Records of logs on their way to the timeline: what is stored, cut, refused and counted. */
#include "ingest/logs.h"

#include <string.h>

#include "ingest/events_fixture.h"

static const pl_log_record RECORD = {.time_ns = 5, .severity_text = {"", 0}, .service = {"", 0}, .body = {"hello", 5}, .event_name = {"", 0}};

static pl_reply store(fixture *f, const pl_log_record *list, size_t n)
{
  pl_logs l = {.now_ns = 9};
  pl_reply reply = {.status = 0};
  pl_event_batch_init(&l.batch, PL_EVENT_LOG, f->intake, &pl_alloc_default);
  for (size_t i = 0; i < n; i++)
    assert_int_equal(pl_logs_add(&l, &list[i]), 0);
  if (pl_event_batch_reply(&l.batch, &reply))
    reply.status = 200;
  pl_event_batch_fini(&l.batch);
  return reply;
}

static void a_record_is_an_event(void **state)
{
  pl_log_record whole = RECORD, bare = RECORD;
  const pl_tag tags[] = {{PL_STR("k"), PL_STR("v")}};
  whole.severity = 14;
  whole.severity_text = PL_STR("WARN2");
  whole.service = PL_STR("shop");
  whole.event_name = PL_STR("paid");
  whole.tags = tags;
  whole.n_tags = 1;
  (void)pl_copy(whole.trace_id, sizeof whole.trace_id, PL_STR("5b8efff798038103d269b633813fc60c"));
  (void)pl_copy(whole.span_id, sizeof whole.span_id, PL_STR("eee19b7ec3c1b174"));
  bare.time_ns = 0;
  const pl_log_record list[] = {whole, bare};
  assert_int_equal(store(*state, list, 2).status, 200);
  assert_string_equal(fixture_events(*state, "log"),
                      "5 0 log hello {\"trace_id\":\"5b8efff798038103d269b633813fc60c\",\"span_id\":\"eee19b7ec3c1b174\",\"service\":\"shop\",\"severity\":\"warn\","
                      "\"severity_number\":14,\"severity_text\":\"WARN2\",\"event_name\":\"paid\",\"attributes\":{\"k\":\"v\"}} \n"
                      "9 0 log hello {\"service\":\"unknown_service\",\"severity\":\"unset\",\"attributes\":{}} \n");
}

static void severities_have_the_names_of_their_four(void **state)
{
  static const char *const names[] = {"trace", "trace", "debug", "debug", "info", "info", "warn", "warn", "error", "error", "fatal", "fatal"};
  fixture *f = *state;
  pl_intake_options o = fixture_options(f);
  o.limits.events[PL_EVENT_LOG] = 100;
  pl_intake_free(f->intake);
  assert_int_equal(pl_intake_new(&o, &f->intake, NULL), 0);
  pl_log_record list[12];
  for (unsigned i = 0; i < 12; i++) {
    list[i] = RECORD;
    list[i].severity = i / 2 * 4 + (i % 2 ? 4 : 1);
  }
  assert_int_equal(store(f, list, 12).status, 200);
  const char *at = fixture_events(f, "log");
  for (size_t i = 0; i < 12; i++) {
    at = strstr(at, "\"severity\":\"") + strlen("\"severity\":\"");
    assert_memory_equal(at, names[i], strlen(names[i]));
  }
}

static void a_long_body_is_cut(void **state)
{
  fixture *f = *state;
  char *body = calloc(1, PL_LOG_BODY + 10);
  memset(body, 'x', PL_LOG_BODY + 9);
  pl_log_record r = RECORD;
  r.body = pl_str_of(body);
  assert_int_equal(store(f, &r, 1).status, 200);
  free(body);
  const pl_field fields[] = {{.name = "run", .type = PL_FIELD_INT, .integer = 7}, {.name = "kind", .type = PL_FIELD_TEXT, .bytes = PL_STR("log")}};
  pl_reader *reader;
  size_t len = 0;
  assert_int_equal(pl_reader_of(f->store, &reader, NULL), PL_OK);
  assert_int_equal(pl_reader_record(reader, "events_of", fields, 2, fixture_text_length, &len, NULL), PL_OK);
  pl_reader_close(reader);
  assert_int_equal(len, PL_LOG_BODY);
}

static void those_that_are_too_many_or_bad_are_refused(void **state)
{
  fixture *f = *state;
  pl_log_record list[] = {RECORD, RECORD, RECORD, RECORD, RECORD};
  list[1].time_ns = -1;
  assert_int_equal(store(f, list, 5).status, 200);
  const pl_intake_counts *c = pl_intake_counts_of(f->intake);
  assert_true(c->events[PL_EVENT_LOG] == 3 && c->refused[PL_REASON_LOG] == 1 && c->refused[PL_REASON_LOGS] == 1);
  assert_int_equal(c->events[PL_EVENT_SPAN], 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_record_is_an_event, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(severities_have_the_names_of_their_four, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(a_long_body_is_cut, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(those_that_are_too_many_or_bad_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

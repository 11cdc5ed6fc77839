/* Messages of Zipkin: what reaches the timeline, and what they are answered. */
#include "ingest/zipkin.h"

#include <string.h>

#include "ingest/events_fixture.h"

static pl_reply take(fixture *f, const char *text, const char *type)
{
  pl_buf scratch, spare;
  pl_reply reply = {.status = 0};
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 16);
  pl_buf_init(&spare, &pl_alloc_default, 1 << 16);
  pl_message m = {.body = pl_str_of(text), .type = pl_str_of(type), .encoding = {"", 0}, .scratch = &scratch, .spare = &spare};
  pl_zipkin_take(f->intake, &m, &reply);
  pl_buf_fini(&scratch);
  pl_buf_fini(&spare);
  return reply;
}

static void spans_are_stored(void **state)
{
  fixture *f = *state;
  pl_reply reply = take(f, "[{\"traceId\":\"1\",\"id\":\"2\",\"name\":\"get\",\"timestamp\":5,\"duration\":2,\"localEndpoint\":{\"serviceName\":\"shop\"}},{}]", "application/json");
  assert_true(reply.status == 202 && reply.len == 0);
  assert_non_null(strstr(fixture_spans(f), "5000 2000 span get {\"trace_id\":\"00000000000000000000000000000001\",\"span_id\":\"0000000000000002\",\"service\":\"shop\""));
  assert_true(pl_intake_counts_of(f->intake)->events[PL_EVENT_SPAN] == 1 && pl_intake_counts_of(f->intake)->refused[PL_REASON_TRACE_ID] == 1);
}

static void other_messages_are_refused_whole(void **state)
{
  fixture *f = *state;
  assert_int_equal(take(f, "[{\"traceId\":\"1\",\"id\":\"2\",\"timestamp\":5},3]", "application/json").status, 400);
  assert_int_equal(take(f, "[]", "application/x-protobuf").status, 415);
  assert_string_equal(fixture_spans(f), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(spans_are_stored, fixture_set_up, fixture_tear_down),
                                     cmocka_unit_test_setup_teardown(other_messages_are_refused_whole, fixture_set_up, fixture_tear_down)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

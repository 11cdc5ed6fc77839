/* OTLP's logs: what is told of a record, in protobuf and JSON, and messages that are none. */
#include "format/otlp_told.h"

#define FULL                                                                                                                                  \
  "{\"timeUnixNano\":\"1700000000000000001\",\"observedTimeUnixNano\":\"5\",\"severityNumber\":17,\"severityText\":\"E\",\"eventName\":\"paid\"," \
  "\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":\"eee19b7ec3c1b174\",\"flags\":1,\"body\":{\"stringValue\":\"no money\"},"        \
  "\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"7\"}}]}"

static int on_record(void *user, const pl_log_record *r)
{
  fixture *f = user;
  say(f, "%lld %u%.*s %.*s:%.*s:%.*s %s/%s", (long long)r->time_ns, r->severity, (int)r->severity_text.len, r->severity_text.data,
      (int)r->service.len, r->service.data, (int)r->event_name.len, r->event_name.data, (int)r->body.len, r->body.data, r->trace_id, r->span_id);
  for (size_t i = 0; i < r->n_tags; i++)
    say(f, " %.*s=%.*s", (int)r->tags[i].name.len, r->tags[i].name.data, (int)r->tags[i].value.len, r->tags[i].value.data);
  say(f, "+%zu;", r->n_dropped);
  return 0;
}

static int read_wire(fixture *f, size_t len)
{
  return pl_otlp_read_logs(&pl_alloc_default, begin_telling(f, len), on_record, f);
}

static const char *told_of(fixture *f, const char *records)
{
  static char text[16384];
  (void)snprintf(text, sizeof text, "{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"s\"},\"logRecords\":[%s]}],"
                 "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]}}]}", records);
  return told_from(f, PL_OTLP_LOGS, text, read_wire);
}

static void records_are_told(void **state)
{
  assert_string_equal(told_of(*state, FULL), "1700000000000000001 17E shop:paid:no money 5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174 n=7+0;");
  assert_string_equal(told_of(*state, "{},{\"severityNumber\":99,\"observedTimeUnixNano\":\"5\",\"traceId\":\"\"}"), "0 0 shop:: /+0;5 0 shop:: /+0;");
  assert_string_equal(told_of(*state, "{\"timeUnixNano\":\"18446744073709551615\"}"), "-1 0 shop:: /+0;");
}

static void a_body_that_is_no_text_is_written_as_json(void **state)
{
  assert_string_equal(told_of(*state, "{\"body\":{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{\"intValue\":\"7\"}}]}}},{\"body\":{\"boolValue\":true}}"),
                      "0 0 shop::{\"a\":7} /+0;0 0 shop::true /+0;");
}

static void attributes_have_a_limit(void **state)
{
  char text[8192] = "{\"attributes\":[{\"key\":\"k\"}";
  for (int i = 0; i < PL_OTLP_TAGS; i++)
    (void)strncat(text, ",{\"key\":\"k\"}", sizeof text - strlen(text) - 1);
  (void)strncat(text, "]}", sizeof text - strlen(text) - 1);
  assert_non_null(strstr(told_of(*state, text), "+1;"));
}

static void a_message_is_whole(void **state)
{
  fixture *f = *state;
  (void)told_of(f, FULL "," FULL);
  only_whole_messages(f, read_wire);
}

static int stop(void *user, const pl_log_record *r)
{
  (void)user, (void)r;
  return PL_EBUSY;
}

static void whoever_is_told_may_end_it(void **state)
{
  fixture *f = *state;
  (void)told_of(f, FULL);
  assert_int_equal(pl_otlp_read_logs(&pl_alloc_default, (pl_str){f->wire.data, f->wire.len}, stop, NULL), PL_EBUSY);
}

static int without_memory(const pl_allocator *a, void *user)
{
  fixture *f = user;
  return pl_otlp_read_logs(a, (pl_str){f->wire.data, f->wire.len}, on_record, f);
}

static void memory_may_run_out(void **state)
{
  (void)told_of(*state, "{\"body\":{\"intValue\":\"7\"}}," FULL);
  failing_every(without_memory, *state, 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(records_are_told), TEST(a_body_that_is_no_text_is_written_as_json), TEST(attributes_have_a_limit),
                                     TEST(a_message_is_whole), TEST(whoever_is_told_may_end_it), TEST(memory_may_run_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

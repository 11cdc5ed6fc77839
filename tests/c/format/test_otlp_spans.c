/* OTLP's traces: what is told of a span, in protobuf and JSON, and messages that are none. */
#include "format/otlp_told.h"

#define IDS "\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":\"eee19b7ec3c1b174\""
#define TIMES "\"startTimeUnixNano\":\"1700000000000000001\",\"endTimeUnixNano\":\"1700000000000000005\""
#define FULL \
  "{" IDS "," TIMES ",\"parentSpanId\":\"eee19b7ec3c1b173\",\"name\":\"GET /\",\"kind\":2,\"status\":{\"code\":2,\"message\":\"no\"},\"flags\":256," \
  "\"events\":[{\"name\":\"e\",\"attributes\":[{}]}],\"links\":[{\"traceId\":\"00\"}],\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"7\"}}]}"

static int on_span(void *user, const pl_trace_span *s)
{
  fixture *f = user;
  say(f, "%s %s/%s/%s %.*s:%.*s %d%d%.*s %lld+%lld", s->good ? "" : "bad", s->trace_id, s->id, s->parent_id, (int)s->service.len, s->service.data,
      (int)s->name.len, s->name.data, (int)s->kind, (int)s->status, (int)s->message.len, s->message.data, (long long)s->start_ns,
      (long long)(s->end_ns - s->start_ns));
  for (size_t i = 0; i < s->n_tags; i++)
    say(f, " %.*s=%.*s", (int)s->tags[i].name.len, s->tags[i].name.data, (int)s->tags[i].value.len, s->tags[i].value.data);
  say(f, "+%zu;", s->n_dropped);
  return 0;
}

static int read_wire(fixture *f, size_t len)
{
  return pl_otlp_read_spans(&pl_alloc_default, begin_telling(f, len), on_span, f);
}

/* A message of these spans; valid until the next call. */
static const char *message_of(const char *spans)
{
  static char text[16384];
  (void)snprintf(text, sizeof text, "{\"resourceSpans\":[{\"scopeSpans\":[{\"scope\":{\"name\":\"s\"},\"spans\":[%s]}],"
                 "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]}}]}", spans);
  return text;
}

static const char *told_of(fixture *f, const char *spans)
{
  return told_from(f, PL_OTLP_TRACES, message_of(spans), read_wire);
}

static void spans_are_told(void **state)
{
  assert_string_equal(told_of(*state, FULL), " 5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174/eee19b7ec3c1b173 shop:GET / 22no 1700000000000000001+4 n=7+0;");
  assert_string_equal(told_of(*state, "{" IDS "," TIMES "},{" IDS "," TIMES ",\"parentSpanId\":\"\",\"kind\":99}"),
                      " 5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174/ shop: 00 1700000000000000001+4+0;"
                      " 5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174/ shop: 00 1700000000000000001+4+0;");
}

static void what_is_no_span_is_said_to_be_bad(void **state)
{
  static const char *const texts[] = {
      "{" IDS "}",
      "{" TIMES "}",
      "{\"traceId\":\"00000000000000000000000000000000\",\"spanId\":\"eee19b7ec3c1b174\"," TIMES "}",
      "{\"traceId\":\"5b8e\",\"spanId\":\"eee19b7ec3c1b174\"," TIMES "}",
      "{" IDS ",\"startTimeUnixNano\":\"9\",\"endTimeUnixNano\":\"8\"}",
      "{" IDS ",\"startTimeUnixNano\":\"18446744073709551615\",\"endTimeUnixNano\":\"18446744073709551615\"}",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_memory_equal(told_of(*state, texts[i]), "bad", 3);
}

static void attributes_have_a_limit(void **state)
{
  char text[8192] = "{" IDS "," TIMES ",\"attributes\":[{\"key\":\"k\"}";
  for (int i = 0; i < PL_OTLP_TAGS; i++)
    (void)strncat(text, ",{\"key\":\"k\"}", sizeof text - strlen(text) - 1);
  (void)strncat(text, "]}", sizeof text - strlen(text) - 1);
  assert_non_null(strstr(told_of(*state, text), "+1;"));
}

static int on_notes(void *user, const pl_trace_span *s)
{
  fixture *f = user;
  for (size_t i = 0; i < s->n_events; i++)
    say(f, "%lld %.*s %zu+%zu;", (long long)s->events[i].ts_ns, (int)s->events[i].name.len, s->events[i].name.data,
        s->events[i].n_tags, s->events[i].n_dropped);
  for (size_t i = 0; i < s->n_links; i++)
    say(f, "%s/%s %zu;", s->links[i].trace_id, s->links[i].id, s->links[i].n_tags);
  say(f, "%zu %zu", s->n_dropped_events, s->n_dropped_links);
  return 0;
}

static int read_notes(fixture *f, size_t len)
{
  return pl_otlp_read_spans(&pl_alloc_default, begin_telling(f, len), on_notes, f);
}

static const char *notes_of(fixture *f, const char *span)
{
  return told_from(f, PL_OTLP_TRACES, message_of(span), read_notes);
}

static void events_and_links_are_told(void **state)
{
  assert_string_equal(notes_of(*state, "{" IDS "," TIMES ",\"events\":[{\"timeUnixNano\":\"7\",\"name\":\"e\",\"attributes\":[{\"key\":\"k\"}]},{\"name\":\"never\"},"
                                       "{\"timeUnixNano\":\"8\"}],\"droppedEventsCount\":3,\"links\":[{" IDS ",\"attributes\":[{\"key\":\"a\"},{\"key\":\"b\"}]},"
                                       "{\"traceId\":\"00\"}],\"droppedLinksCount\":4}"),
                      "7 e 1+0;8  0+0;5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174 2;3 4");
}

static void events_have_a_limit(void **state)
{
  char text[8192] = "{" IDS "," TIMES ",\"droppedEventsCount\":1,\"events\":[{\"timeUnixNano\":\"7\"}";
  for (int i = 0; i < PL_TRACE_NOTES + 1; i++)
    (void)strncat(text, ",{\"timeUnixNano\":\"7\"}", sizeof text - strlen(text) - 1);
  (void)strncat(text, "]}", sizeof text - strlen(text) - 1);
  const char *told = notes_of(*state, text);
  assert_string_equal(told + strlen(told) - 3, "3 0");
}

static void other_ids_are_none(void **state)
{
  assert_string_equal(told_of(*state, "{\"traceId\":\"5b8\"}"), "bad // shop: 00 0+0+0;");
  assert_string_equal(told_of(*state, "{\"traceId\":\"5g\"}"), "bad // shop: 00 0+0+0;");
  assert_string_equal(told_of(*state, "{\"traceId\":5}"), "");
}

static void a_message_is_whole(void **state)
{
  fixture *f = *state;
  (void)told_of(f, FULL "," FULL);
  only_whole_messages(f, read_wire);
}

static int stop(void *user, const pl_trace_span *s)
{
  (void)user, (void)s;
  return PL_EBUSY;
}

static void whoever_is_told_may_end_it(void **state)
{
  fixture *f = *state;
  (void)told_of(f, FULL);
  assert_int_equal(pl_otlp_read_spans(&pl_alloc_default, (pl_str){f->wire.data, f->wire.len}, stop, NULL), PL_EBUSY);
}

static int without_memory(const pl_allocator *a, void *user)
{
  fixture *f = user;
  return pl_otlp_read_spans(a, (pl_str){f->wire.data, f->wire.len}, on_span, f);
}

static void memory_may_run_out(void **state)
{
  (void)told_of(*state, FULL);
  failing_every(without_memory, *state, 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(spans_are_told), TEST(what_is_no_span_is_said_to_be_bad), TEST(events_and_links_are_told), TEST(events_have_a_limit), TEST(attributes_have_a_limit), TEST(other_ids_are_none),
                                     TEST(a_message_is_whole), TEST(whoever_is_told_may_end_it), TEST(memory_may_run_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Zipkin's spans: what is told of them, and texts that are none. */
#include "format/zipkin.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

typedef struct told {
  char text[2048];
  size_t len;
} told;

static int on_span(void *user, const pl_trace_span *s)
{
  told *t = user;
  t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, "%s%s/%s/%s %.*s:%.*s %d%d%.*s %lld+%lld", s->good ? "" : "bad ", s->trace_id, s->id,
                             s->parent_id, (int)s->service.len, s->service.data, (int)s->name.len, s->name.data, (int)s->kind, (int)s->status,
                             (int)s->message.len, s->message.data, (long long)s->start_ns, (long long)(s->end_ns - s->start_ns));
  for (size_t i = 0; i < s->n_tags; i++)
    t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, " %.*s=%.*s", (int)s->tags[i].name.len, s->tags[i].name.data,
                               (int)s->tags[i].value.len, s->tags[i].value.data);
  t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, "+%zu;", s->n_dropped);
  return 0;
}

static const char *told_of(const char *text)
{
  static told t;
  t.len = 0;
  t.text[0] = '\0';
  int code = pl_zipkin_read(&pl_alloc_default, pl_str_of(text), on_span, &t);
  if (code)
    (void)snprintf(t.text, sizeof t.text, "%d", code);
  return t.text;
}

static const char FULL[] = "[{\"traceId\":\"5AF7183FB1D4CF5F\",\"id\":\"352bff9a74ca9ad2\",\"parentId\":\"6b221d5bc9e6496c\",\"name\":\"get /api\",\"kind\":\"CLIENT\","
                           "\"timestamp\":1556604172355737,\"duration\":1431,\"shared\":true,\"localEndpoint\":{\"port\":3306,\"serviceName\":\"backend\"},"
                           "\"remoteEndpoint\":{\"serviceName\":\"other\",\"x\":[{\"y\":1}]},\"annotations\":[{\"timestamp\":1,\"value\":\"v\"}],"
                           "\"tags\":{\"http.method\":\"GET\",\"error\":\"no\"}}]";

static void spans_are_told(void **state)
{
  (void)state;
  assert_string_equal(told_of(FULL), "00000000000000005af7183fb1d4cf5f/352bff9a74ca9ad2/6b221d5bc9e6496c backend:get /api 32no 1556604172355737000+1431000"
                                     " http.method=GET error=no+0;");
  assert_string_equal(told_of("[{\"traceId\":\"1\",\"id\":\"2\",\"timestamp\":3,\"parentId\":null}]"),
                      "00000000000000000000000000000001/0000000000000002/ : 10 3000+0+0;");
  assert_string_equal(told_of("[]"), "");
}

static int on_notes(void *user, const pl_trace_span *s)
{
  told *t = user;
  for (size_t i = 0; i < s->n_events; i++)
    t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, "%lld %.*s;", (long long)s->events[i].ts_ns, (int)s->events[i].name.len, s->events[i].name.data);
  t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, "%zu ", s->n_dropped_events);
  return 0;
}

/* One without a moment is none; those of one span do not stay for the next. */
static void annotations_are_events(void **state)
{
  told t = {.len = 0};
  char text[4096] = "[{\"annotations\":[{\"timestamp\":1,\"value\":\"v\",\"x\":[{\"value\":2}]},{\"value\":\"w\"},{\"timestamp\":2},{}]},{\"annotations\":[{\"value\":\"x\",\"timestamp\":3}";
  (void)state;
  for (int i = 0; i < PL_TRACE_NOTES + 1; i++)
    (void)strncat(text, ",{\"timestamp\":4}", sizeof text - strlen(text) - 1);
  (void)strncat(text, "]},{}]", sizeof text - strlen(text) - 1);
  assert_int_equal(pl_zipkin_read(&pl_alloc_default, pl_str_of(text), on_notes, &t), 0);
  assert_memory_equal(t.text, "1000 v;2000 ;0 3000 x;4000 ;", 28);
  assert_string_equal(t.text + t.len - 4, "2 0 ");
  assert_int_equal(pl_zipkin_read(&pl_alloc_default, PL_STR("[{\"annotations\":[3]}]"), on_notes, &t), PL_EPROTO);
  assert_int_equal(pl_zipkin_read(&pl_alloc_default, PL_STR("[{\"annotations\":{}}]"), on_notes, &t), PL_EPROTO);
}

static void what_is_no_span_is_said_to_be_bad(void **state)
{
  static const char *const texts[] = {"[{}]", "[{\"traceId\":\"1\",\"timestamp\":3}]", "[{\"traceId\":\"1\",\"id\":\"2\"}]", "[{\"traceId\":\"1\",\"id\":\"0000\",\"timestamp\":3}]",
                                      "[{\"traceId\":\"g\",\"id\":\"2\",\"timestamp\":3}]", "[{\"traceId\":\"1\",\"id\":\"12345678123456789\",\"timestamp\":3}]",
                                      "[{\"traceId\":\"1\",\"id\":\"1\",\"timestamp\":9000000000000000,\"duration\":9000000000000000}]"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_memory_equal(told_of(texts[i]), "bad ", 4);
}

static void other_texts_are_refused(void **state)
{
  static const struct {
    const char *text;
    int code;
  } cases[] = {{"", PL_EPARSE}, {"{}", PL_EPROTO}, {"[3]", PL_EPROTO}, {"[[]]", PL_EPROTO}, {"[{\"id\":3}]", PL_EPROTO}, {"[{\"timestamp\":\"3\"}]", PL_EPROTO},
               {"[{\"timestamp\":-3}]", PL_EPROTO}, {"[{\"duration\":1e300}]", PL_EPROTO}, {"[{\"tags\":[]}]", PL_EPROTO}, {"[{\"name\":{}}]", PL_EPROTO},
               {"[{\"tags\":\"x\"}]", PL_EPROTO}, {"[{", PL_EPARSE}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    told t = {.len = 0};
    assert_int_equal(pl_zipkin_read(&pl_alloc_default, pl_str_of(cases[i].text), on_span, &t), cases[i].code);
  }
}

static void tags_have_a_limit(void **state)
{
  char text[4096] = "[{\"traceId\":\"1\",\"id\":\"2\",\"timestamp\":3,\"tags\":{\"a\":\"b\"";
  (void)state;
  for (int i = 0; i < PL_ZIPKIN_TAGS; i++)
    (void)strncat(text, ",\"a\":\"b\"", sizeof text - strlen(text) - 1);
  (void)strncat(text, "}}]", sizeof text - strlen(text) - 1);
  assert_non_null(strstr(told_of(text), " a=b+1;"));
}

static int without_memory(const pl_allocator *a, void *user)
{
  told t = {.len = 0};
  (void)user;
  return pl_zipkin_read(a, pl_str_of(FULL), on_span, &t);
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(without_memory, NULL, 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(spans_are_told), cmocka_unit_test(annotations_are_events), cmocka_unit_test(what_is_no_span_is_said_to_be_bad), cmocka_unit_test(other_texts_are_refused),
                                     cmocka_unit_test(tags_have_a_limit), cmocka_unit_test(memory_may_run_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

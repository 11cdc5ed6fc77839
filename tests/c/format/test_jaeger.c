/* Jaeger's answers: what is told of a span, and texts that are none. */
#include "format/jaeger.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

#define IDS "\"traceID\":\"5F7183fb1d4cf5f5af7183fb1d4cf5f\",\"spanID\":\"52bff9a74ca9ad2\""
#define TIMES "\"startTime\":1795812903000001,\"duration\":5"
#define SPAN(more) "{" IDS "," TIMES more "}"
#define TRACE(spans) "{\"traceID\":\"1\",\"spans\":[" spans "],\"processes\":{\"p1\":{\"serviceName\":\"shop\",\"tags\":[{\"key\":\"host\",\"value\":\"a\"}]},\"p2\":{\"serviceName\":\"pay\"}},\"warnings\":null}"
#define ANSWER(traces) "{\"data\":[" traces "],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}"
#define REF(type, trace, id) "{\"refType\":\"" type "\",\"traceID\":\"" trace "\",\"spanID\":\"" id "\"}"
#define OURS "05f7183fb1d4cf5f5af7183fb1d4cf5f"

typedef struct fixture {
  char told[2048];
  size_t len;
  pl_jaeger_answer answer;
} fixture;

static int on_span(void *user, const pl_trace_span *s)
{
  fixture *f = user;
  f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, "%s%s/%s/%s %.*s:%.*s %d%d%.*s %lld+%lld", s->good ? "" : "bad ", s->trace_id, s->id, s->parent_id,
                             (int)s->service.len, s->service.data, (int)s->name.len, s->name.data, (int)s->kind, (int)s->status, (int)s->message.len,
                             s->message.data, (long long)s->start_ns, (long long)(s->end_ns - s->start_ns));
  for (size_t i = 0; i < s->n_tags; i++)
    f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, " %.*s=%.*s", (int)s->tags[i].name.len, s->tags[i].name.data,
                               (int)s->tags[i].value.len, s->tags[i].value.data);
  f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, "+%zu;", s->n_dropped);
  return 0;
}

static int read_answer(fixture *f, const char *text)
{
  *f = (fixture){.len = 0};
  return pl_jaeger_read(&pl_alloc_default, pl_str_of(text), on_span, f, &f->answer, NULL);
}

static const char *told_of(fixture *f, const char *text)
{
  int code = read_answer(f, text);
  if (code)
    (void)snprintf(f->told, sizeof f->told, "%d", code);
  return f->told;
}

static void spans_are_told(void **state)
{
  fixture f;
  (void)state;
  assert_string_equal(told_of(&f, ANSWER(TRACE(SPAN(",\"operationName\":\"GET /\",\"processID\":\"p1\",\"references\":[" REF("CHILD_OF", OURS, "1") "],\"tags\":["
                              "{\"key\":\"span.kind\",\"type\":\"string\",\"value\":\"server\"},{\"key\":\"n\",\"type\":\"int64\",\"value\":7},"
                              "{\"key\":\"b\",\"type\":\"bool\",\"value\":true},{\"key\":\"f\",\"type\":\"float64\",\"value\":1.5},"
                              "{\"key\":\"s\",\"type\":\"string\",\"value\":\"x\"},{\"key\":\"otel.status_code\",\"value\":\"ERROR\"},"
                              "{\"key\":\"error\",\"value\":true},{\"key\":\"otel.status_description\",\"value\":\"no\"}],"
                              "\"logs\":[{\"timestamp\":1,\"fields\":[{\"key\":\"event\",\"value\":\"e\"}]}],\"warnings\":null")))),
                      OURS "/052bff9a74ca9ad2/0000000000000001 shop:GET / 22no 1795812903000001000+5000 n=7 b=true f=1.5 s=x+0;");
  assert_string_equal(told_of(&f, ANSWER(TRACE(SPAN(",\"processID\":\"p2\"") "," SPAN(",\"processID\":\"p3\"")) "," TRACE(SPAN("")))),
                      OURS "/052bff9a74ca9ad2/ pay: 00 1795812903000001000+5000+0;" OURS "/052bff9a74ca9ad2/ : 00 1795812903000001000+5000+0;"
                      OURS "/052bff9a74ca9ad2/ : 00 1795812903000001000+5000+0;");
  assert_int_equal(f.answer.traces, 2);
}

static int on_notes(void *user, const pl_trace_span *s)
{
  fixture *f = user;
  for (size_t i = 0; i < s->n_events; i++) {
    const pl_trace_note *e = &s->events[i];
    f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, "%lld %.*s", (long long)e->ts_ns, (int)e->name.len, e->name.data);
    for (size_t k = 0; k < e->n_tags; k++)
      f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, " %.*s=%.*s", (int)e->tags[k].name.len, e->tags[k].name.data, (int)e->tags[k].value.len, e->tags[k].value.data);
    f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, "+%zu;", e->n_dropped);
  }
  for (size_t i = 0; i < s->n_links; i++)
    f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, "%s/%s;", s->links[i].trace_id, s->links[i].id);
  f->len += (size_t)snprintf(f->told + f->len, sizeof f->told - f->len, "%zu %zu|", s->n_dropped_events, s->n_dropped_links);
  return 0;
}

static const char *notes_of(fixture *f, const char *span)
{
  char text[16384];
  *f = (fixture){.len = 0};
  (void)snprintf(text, sizeof text, "{\"data\":[{\"spans\":[{" IDS "," TIMES ",%s},{}]}]}", span);
  assert_int_equal(pl_jaeger_read(&pl_alloc_default, pl_str_of(text), on_notes, f, &f->answer, NULL), 0);
  return f->told;
}

/* A log without a moment is none; a reference that is the parent is no link. */
static void logs_are_events_and_references_links(void **state)
{
  fixture f;
  char many[8192] = "\"logs\":[{\"timestamp\":1}";
  (void)state;
  assert_string_equal(notes_of(&f, "\"logs\":[{\"timestamp\":2,\"x\":[{\"key\":\"no\",\"value\":1}],\"fields\":[{\"key\":\"event\",\"value\":\"e\"},{\"key\":\"n\",\"value\":7}]},"
                                   "{\"fields\":[{\"key\":\"a\",\"value\":\"b\"}]},{\"fields\":[{\"key\":\"c\",\"value\":\"d\"}],\"timestamp\":3}]"),
                      "2000 e n=7+0;3000  c=d+0;0 0|0 0|");
  assert_string_equal(notes_of(&f, "\"references\":[" REF("FOLLOWS_FROM", OURS, "2") "," REF("CHILD_OF", OURS, "1") "," REF("FOLLOWS_FROM", "9", "1") "," REF("FOLLOWS_FROM", "x", "1") "]"),
                      OURS "/0000000000000002;00000000000000000000000000000009/0000000000000001;0 0|0 0|");
  for (int i = 0; i < PL_TRACE_NOTES + 1; i++)
    (void)strncat(many, ",{\"timestamp\":1,\"fields\":[{\"key\":\"a\",\"value\":1},{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"}]}", sizeof many - strlen(many) - 1);
  (void)strncat(many, "]", sizeof many - strlen(many) - 1);
  assert_non_null(strstr(notes_of(&f, many), "+5;2 0|0 0|"));
}

static void the_parent_is_of_the_same_trace(void **state)
{
  static const struct {
    const char *references, *parent;
  } cases[] = {
      {REF("FOLLOWS_FROM", OURS, "2") "," REF("CHILD_OF", OURS, "1"), "/0000000000000001 "},
      {REF("CHILD_OF", OURS, "1") "," REF("CHILD_OF", OURS, "2"), "/0000000000000001 "},
      {REF("CHILD_OF", "9", "1") "," REF("FOLLOWS_FROM", OURS, "2"), "/0000000000000002 "},
      {REF("FOLLOWS_FROM", "9", "1"), "/ "},
  };
  fixture f;
  char text[1024];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)snprintf(text, sizeof text, "{\"data\":[{\"spans\":[{" IDS "," TIMES ",\"references\":[%s]}]}]}", cases[i].references);
    assert_non_null(strstr(told_of(&f, text), cases[i].parent));
  }
  assert_non_null(strstr(told_of(&f, "{\"data\":[{\"spans\":[{" IDS "," TIMES ",\"parentSpanID\":\"3\"}]}]}"), "/0000000000000003 "));
}

static void what_is_no_span_is_said_to_be_bad(void **state)
{
  static const char *const spans[] = {"{" TIMES "}", "{" IDS "}", "{" IDS ",\"startTime\":9223372036854775,\"duration\":9223372036854775}", "{\"traceID\":\"x\",\"spanID\":\"1\"," TIMES "}"};
  fixture f;
  char text[512];
  (void)state;
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
    (void)snprintf(text, sizeof text, "{\"data\":[{\"spans\":[%s]}]}", spans[i]);
    assert_memory_equal(told_of(&f, text), "bad ", 4);
  }
}

static void an_answer_may_be_empty_and_tell_errors(void **state)
{
  fixture f;
  (void)state;
  assert_string_equal(told_of(&f, ANSWER("")), "");
  assert_string_equal(told_of(&f, "{\"data\":[],\"errors\":[{\"code\":500,\"msg\":\"half of it\",\"traceID\":\"1\"}]}"), "");
  assert_string_equal(f.answer.error, "half of it");
}

static void other_texts_are_refused_whole(void **state)
{
  static const struct {
    const char *text;
    int code;
  } cases[] = {
      {"", PL_EPARSE}, {ANSWER(TRACE(SPAN(""))) "x", PL_EPARSE}, {"[]", PL_EPROTO}, {"3", PL_EPROTO}, {"{}", PL_EPROTO}, {"{\"data\":{}}", PL_EPROTO}, {"{\"data\":3}", PL_EPROTO},
      {"{\"data\":null,\"errors\":[{\"code\":400,\"msg\":\"no\"}]}", PL_EPROTO}, {ANSWER("[]"), PL_EPROTO}, {ANSWER("{\"spans\":{}}"), PL_EPROTO},
      {ANSWER("{\"spans\":[[]]}"), PL_EPROTO}, {ANSWER("{\"processes\":[]}"), PL_EPROTO}, {ANSWER(TRACE(SPAN(",\"operationName\":7"))), PL_EPROTO},
      {ANSWER(TRACE(SPAN("") "," SPAN(",\"startTime\":-1"))), PL_EPROTO}, {ANSWER(TRACE(SPAN(",\"tags\":{}"))), PL_EPROTO},
  };
  fixture f;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(read_answer(&f, cases[i].text), cases[i].code);
    assert_int_equal(f.len, 0);
  }
}

static void tags_have_a_limit(void **state)
{
  fixture f;
  char text[8192] = "{\"data\":[{\"spans\":[{" IDS "," TIMES ",\"tags\":[{\"key\":\"k\"}";
  (void)state;
  for (int i = 0; i < PL_JAEGER_TAGS; i++)
    (void)strncat(text, ",{\"key\":\"k\"}", sizeof text - strlen(text) - 1);
  (void)strncat(text, "]}]}]}", sizeof text - strlen(text) - 1);
  assert_non_null(strstr(told_of(&f, text), "+1;"));
}

static int stop(void *user, const pl_trace_span *s)
{
  (void)user, (void)s;
  return PL_EBUSY;
}

static void whoever_is_told_may_end_it(void **state)
{
  pl_jaeger_answer answer;
  (void)state;
  assert_int_equal(pl_jaeger_read(&pl_alloc_default, PL_STR(ANSWER(TRACE(SPAN("")))), stop, NULL, &answer, NULL), PL_EBUSY);
}

static int without_memory(const pl_allocator *a, void *user)
{
  fixture *f = user;
  f->len = 0;
  return pl_jaeger_read(a, PL_STR(ANSWER(TRACE(SPAN(",\"operationName\":\"x\",\"processID\":\"p1\"")))), on_span, f, &f->answer, NULL);
}

static void memory_may_run_out(void **state)
{
  fixture f;
  (void)state;
  failing_every(without_memory, &f, 80);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spans_are_told), cmocka_unit_test(logs_are_events_and_references_links), cmocka_unit_test(the_parent_is_of_the_same_trace), cmocka_unit_test(what_is_no_span_is_said_to_be_bad),
      cmocka_unit_test(an_answer_may_be_empty_and_tell_errors), cmocka_unit_test(other_texts_are_refused_whole), cmocka_unit_test(tags_have_a_limit),
      cmocka_unit_test(whoever_is_told_may_end_it), cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

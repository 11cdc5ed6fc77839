/* OTLP/JSON becomes the very bytes that protobuf has; what they mean is test_otlp.c's. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "format/otlp.h"
#include "support/failing.h"

static void bytes_are_protobufs(void **state)
{
  static const char text[] = "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":-2,\"timeUnixNano\":\"258\","
                             "\"positive\":{\"offset\":-1,\"bucketCounts\":[\"300\"]}}]}}]}]}]}";
  static const char want[] = "\x0a\x1d\x12\x1b\x12\x19" "\x0a\x01m" "\x52\x14\x0a\x12" "\x30\x03" "\x19\x02\x01\0\0\0\0\0\0" "\x42\x05\x08\x01\x10\xac\x02";
  pl_otlp_faults faults;
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1000);
  assert_int_equal(pl_otlp_from_json(&pl_alloc_default, PL_OTLP_METRICS, pl_str_of(text), &out, &faults, NULL), PL_OK);
  assert_true(faults.n == 0 && !faults.name);
  assert_int_equal(out.len, sizeof want - 1);
  assert_memory_equal(out.data, want, sizeof want - 1);
  pl_buf_fini(&out);
}

/* What a message of spans becomes; how many of them are left out, and the name to blame. */
static pl_otlp_faults bytes_of(const char *spans, pl_buf *out)
{
  char text[600];
  pl_otlp_faults faults;
  (void)snprintf(text, sizeof text, "{\"resourceSpans\":{\"scopeSpans\":{\"spans\":[%s]}}}", spans);
  pl_buf_clear(out);
  assert_int_equal(pl_otlp_from_json(&pl_alloc_default, PL_OTLP_TRACES, pl_str_of(text), out, &faults, NULL), PL_OK);
  return faults;
}

static void a_record_is_left_out_alone(void **state)
{
  static const char *const bad[] = {"{\"kind\":\"SPAN_KIND_SERVER\"}", "{\"kind\":{\"a\":[{}]},\"name\":\"c\"}", "{\"attributes\":[{\"key\":\"k\",\"value\":3}]}",
                                    "{\"events\":[{\"name\":\"e\"},{\"name\":{}}],\"links\":[{}]}", "{\"spanId\":7}"};
  static const char *const to_blame[] = {"kind", "kind", "value", "name", "spanId"};
  char text[500];
  pl_buf want, got;
  (void)state;
  pl_buf_init(&want, &pl_alloc_default, 1000);
  pl_buf_init(&got, &pl_alloc_default, 1000);
  assert_int_equal(bytes_of("{\"name\":\"a\"},{\"name\":\"b\"}", &want).n, 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    (void)snprintf(text, sizeof text, "%s,{\"name\":\"a\"},%s,{\"name\":\"b\"}", bad[i], bad[(i + 1) % 5]);
    pl_otlp_faults faults = bytes_of(text, &got);
    assert_int_equal(faults.n, 2);
    assert_string_equal(faults.name, to_blame[i]);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
  }
  pl_buf_fini(&want);
  pl_buf_fini(&got);
}

static void an_identifier_that_is_none_is_empty(void **state)
{
  static const char *const none[] = {"xy", "abc", "abcg", ""};
  char text[100];
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1000);
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    (void)snprintf(text, sizeof text, "{\"spanId\":\"%s\",\"traceId\":\"0aFF\"}", none[i]);
    assert_int_equal(bytes_of(text, &out).n, 0);
    assert_int_equal(out.len, 12);
    assert_memory_equal(out.data, "\x0a\x0a\x12\x08\x12\x06\x12\x00\x0a\x02\x0a\xff", 12);
  }
  pl_buf_fini(&out);
}

static void what_heads_a_message_is_to_blame_by_name(void **state)
{
  pl_otlp_faults faults;
  pl_error err = {0};
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1000);
  assert_int_equal(pl_otlp_from_json(&pl_alloc_default, PL_OTLP_TRACES, PL_STR("{\"resourceSpans\":[{\"resource\":3}]}"), &out, &faults, &err), PL_EPROTO);
  assert_string_equal(err.message, "resource is of another kind than OTLP has there");
  pl_buf_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_are_protobufs), cmocka_unit_test(a_record_is_left_out_alone),
                                     cmocka_unit_test(an_identifier_that_is_none_is_empty), cmocka_unit_test(what_heads_a_message_is_to_blame_by_name)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

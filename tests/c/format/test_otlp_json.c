/* OTLP/JSON becomes the very bytes that protobuf has; what they mean is test_otlp.c's. */
#include <string.h>

#include "format/otlp.h"
#include "support/failing.h"

static void bytes_are_protobufs(void **state)
{
  static const char text[] = "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":-2,\"timeUnixNano\":\"258\","
                             "\"positive\":{\"offset\":-1,\"bucketCounts\":[\"300\"]}}]}}]}]}]}";
  static const char want[] = "\x0a\x1d\x12\x1b\x12\x19" "\x0a\x01m" "\x52\x14\x0a\x12" "\x30\x03" "\x19\x02\x01\0\0\0\0\0\0" "\x42\x05\x08\x01\x10\xac\x02";
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1000);
  assert_int_equal(pl_otlp_from_json(&pl_alloc_default, pl_str_of(text), &out, NULL), PL_OK);
  assert_int_equal(out.len, sizeof want - 1);
  assert_memory_equal(out.data, want, sizeof want - 1);
  pl_buf_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_are_protobufs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

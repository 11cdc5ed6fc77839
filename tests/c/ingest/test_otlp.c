/* Messages of OTLP: what reaches the timeline, and what they are answered, in both encodings. */
#include "ingest/otlp.h"

#include "ingest/intake_fixture.h"
#include "ingest/otlp_fixture.h"

/* Sends a metric's JSON in a message of a resource, as protobuf or as it is, in gzip or not. */
static pl_reply take(fixture *f, const char *metric, bool json, bool gzip)
{
  char text[4096];
  (void)snprintf(text, sizeof text, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"a\"}}]},"
                 "\"scopeMetrics\":[{\"metrics\":[%s]}]}]}", metric);
  return otlp_sent(f->intake, pl_otlp_take, PL_OTLP_METRICS, text, json, gzip);
}

#define SAME "instance=here job=a "
#define OURS "origin=production role=target source=otlp } "

static void histograms_are_series(void **state)
{
  pl_intake_options o = fixture_options(*state);
  fixture *f = *state;
  o.limits.series = 10;
  pl_intake_free(f->intake);
  assert_int_equal(pl_intake_new(&o, &f->intake, NULL), 0);
  pl_reply reply = take(f, "{\"name\":\"h\",\"unit\":\"s\",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{\"timeUnixNano\":5,\"count\":3,\"sum\":1.5,\"bucketCounts\":[1,2],\"explicitBounds\":[0.5]}]}}", false, true);
  assert_int_equal(reply.status, 200);
  assert_int_equal(reply.len, 0);
  assert_string_equal(fixture_series(f), "h_seconds_bucket+{" SAME "le=+Inf " OURS "3@5" "h_seconds_bucket+{" SAME "le=0.5 " OURS "1@5"
                                         "h_seconds_count+{" SAME OURS "3@5" "h_seconds_sum+{" SAME OURS "1.5@5");
}

/* The resource is job a; it has no instance. */
static void labels_of_points_stay_beside_those_of_their_target(void **state)
{
  static const char two[] = "{\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"asInt\":1,\"timeUnixNano\":5,\"attributes\":[{\"key\":\"job\",\"value\":{\"stringValue\":\"b\"}}]},"
                            "{\"asInt\":2,\"timeUnixNano\":5,\"attributes\":[{\"key\":\"job\",\"value\":{\"stringValue\":\"c\"}},{\"key\":\"instance\",\"value\":{\"stringValue\":\"i\"}}]}]}}";
  fixture *f = *state;
  assert_int_equal(take(f, two, true, false).len, 2); /* {} */
  assert_string_equal(fixture_series(f), "g{exported_job=b " SAME OURS "1@5" "g{exported_job=c instance=i job=a " OURS "2@5");
}

static void deltas_are_summed(void **state)
{
  static const char more[] = "{\"name\":\"c\",\"sum\":{\"isMonotonic\":true,\"aggregationTemporality\":1,\"dataPoints\":[{\"timeUnixNano\":%d,\"asInt\":%d}]}}";
  char text[256];
  for (int i = 1; i <= 3; i++) {
    (void)snprintf(text, sizeof text, more, i, 10 * i);
    assert_int_equal(take(*state, text, true, false).status, 200);
  }
  assert_string_equal(fixture_series(*state), "c_total+{" SAME OURS "10@1 30@2 60@3");
}

static void points_without_a_time_are_of_now(void **state)
{
  assert_int_equal(take(*state, "{\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"asDouble\":1}]}}", true, true).status, 200);
  assert_string_equal(fixture_series(*state), "g{" SAME OURS "1@99");
}

static void times_beyond_2262_are_refused(void **state)
{
  fixture *f = *state;
  pl_reply reply = take(f, "{\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"timeUnixNano\":\"9223372036854775000\",\"asInt\":1},{\"timeUnixNano\":\"9223372036854775808\",\"asInt\":2}]}}", false, false);
  assert_int_equal(reply.status, 200);
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_TIME], 1);
  assert_string_equal(fixture_series(f), "g{" SAME OURS "1@9223372036854775000");
}

static const char HALF[] = "{\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"asInt\":1},{\"asInt\":2,\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"longer than twenty bytes\"}}]}]}}";

static void good_points_stay(void **state)
{
  fixture *f = *state;
  pl_reply reply = take(f, HALF, true, false);
  static const char want[] = "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"too many labels, too long ones, or one twice\"}}";
  assert_int_equal(reply.status, 200);
  assert_int_equal(reply.len, sizeof want - 1);
  assert_memory_equal(reply.text, want, sizeof want - 1);
  assert_string_equal(reply.type, "application/json");
  reply = take(f, HALF, false, false);
  static const char bytes[] = "\x0a\x30\x08\x01\x12\x2c" "too many labels, too long ones, or one twice";
  assert_int_equal(reply.len, sizeof bytes - 1);
  assert_memory_equal(reply.text, bytes, sizeof bytes - 1);
  assert_true(pl_intake_counts_of(f->intake)->refused[PL_REASON_LABELS] == 2 && pl_intake_counts_of(f->intake)->samples == 2);
}

static void bad_points_of_json_are_refused_alone(void **state)
{
  fixture *f = *state;
  static const char want[] = "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"asInt: a value of another kind than its name wants\"}}";
  pl_reply reply = take(f, "{\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"asInt\":\"x\",\"timeUnixNano\":5},{\"asInt\":1,\"timeUnixNano\":5}]}}", true, false);
  assert_int_equal(reply.len, sizeof want - 1);
  assert_memory_equal(reply.text, want, sizeof want - 1);
  assert_string_equal(fixture_series(f), "g{" SAME OURS "1@5");
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_FIELD], 1);
}

static void buckets_that_do_not_fit_are_refused(void **state)
{
  fixture *f = *state;
  pl_reply reply = take(f, "{\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"count\":3,\"bucketCounts\":[1,2],\"explicitBounds\":[1,2]}]}}", true, false);
  assert_int_equal(reply.status, 200);
  assert_true(pl_intake_counts_of(f->intake)->refused[PL_REASON_BUCKETS] == 1 && pl_intake_counts_of(f->intake)->samples == 0);
}

static pl_reply take_bytes(fixture *f, pl_str body, const char *type, const char *encoding)
{
  pl_buf scratch, spare;
  pl_reply reply = {.status = 0};
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 17);
  pl_buf_init(&spare, &pl_alloc_default, 100);
  pl_message m = {.body = body, .type = pl_str_of(type), .encoding = pl_str_of(encoding), .scratch = &scratch, .spare = &spare};
  pl_otlp_take(f->intake, &m, &reply);
  pl_buf_fini(&scratch);
  pl_buf_fini(&spare);
  return reply;
}

static void other_messages_are_refused(void **state)
{
  fixture *f = *state;
  pl_buf bomb;
  pl_buf_init(&bomb, &pl_alloc_default, 1 << 20);
  static const char zeros[1 << 18];
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, (pl_str){zeros, sizeof zeros}, &bomb), 0);
  assert_int_equal(take_bytes(f, PL_STR("{}"), "text/plain", "").status, 415);
  assert_int_equal(take_bytes(f, PL_STR("{}"), "application/json", "br").status, 415);
  assert_int_equal(take_bytes(f, PL_STR("{}"), "application/json", "gzip").status, 400);
  assert_int_equal(take_bytes(f, (pl_str){bomb.data, bomb.len}, "application/json", "gzip").status, 413);
  pl_reply reply = take_bytes(f, PL_STR("[]"), "application/json", "");
  assert_int_equal(reply.status, 400);
  assert_memory_equal(reply.text, "{\"message\":\"the body is malformed: the message is of another kind than OTLP has there\"}", reply.len);
  reply = take_bytes(f, PL_STR("\x0a"), "application/x-protobuf", "identity");
  assert_int_equal(reply.status, 400);
  assert_memory_equal(reply.text, "\x12\x15the body is malformed", reply.len);
  assert_int_equal(take_bytes(f, PL_STR(""), "application/x-protobuf", "").status, 200);
  pl_buf_fini(&bomb);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(histograms_are_series, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(labels_of_points_stay_beside_those_of_their_target, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(deltas_are_summed, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(points_without_a_time_are_of_now, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(times_beyond_2262_are_refused, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(good_points_stay, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(bad_points_of_json_are_refused_alone, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(buckets_that_do_not_fit_are_refused, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_messages_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

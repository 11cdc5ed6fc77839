/* Messages of remote write: what reaches the timeline, and what they are answered. */
#include "ingest/remote_write.h"

#include "format/snappy.h"
#include "ingest/intake_fixture.h"
#include "support/write_request.h"

static const char *const PROTOBUF = "application/x-protobuf";

/* Sends a message of at most `most` bytes expanded. */
static pl_reply take(fixture *f, pl_buf *message, const char *type, const char *encoding, size_t most)
{
  pl_buf body, scratch;
  pl_reply reply = {.status = 0};
  pl_buf_init(&body, &pl_alloc_default, 1 << 20);
  pl_buf_init(&scratch, &pl_alloc_default, most);
  assert_int_equal(pl_snappy_shorten((pl_str){message->data ? message->data : "", message->len}, &body), 0);
  pl_message m = {.body = {body.data, body.len}, .type = pl_str_of(type), .encoding = pl_str_of(encoding), .scratch = &scratch};
  pl_remote_write_take(f->intake, &m, &reply);
  pl_buf_fini(&body);
  pl_buf_fini(&scratch);
  return reply;
}

static void add_series(pl_buf *message, const char *name, const char *job, int64_t ts_ms)
{
  pl_buf series;
  pl_buf_init(&series, &pl_alloc_default, 1 << 16);
  put_label(&series, "__name__", name);
  put_label(&series, "job", job);
  put_sample(&series, bits_of(2.5), ts_ms);
  put_part(message, 1, &series);
  pl_buf_fini(&series);
}

static void samples_reach_the_timeline(void **state)
{
  pl_buf m, metadata;
  pl_buf_init(&m, &pl_alloc_default, 1 << 16);
  pl_buf_init(&metadata, &pl_alloc_default, 1 << 16);
  pl_wire_put_tag(&metadata, 1, PL_WIRE_VARINT);
  pl_wire_put_varint(&metadata, 1);
  put_bytes(&metadata, 2, PL_STR("turns"));
  put_part(&m, 3, &metadata);
  add_series(&m, "up", "a", 1000);
  add_series(&m, "requests_total", "a", 1001);
  add_series(&m, "turns", "a", 1002);
  assert_int_equal(take(*state, &m, "application/x-protobuf;proto=prometheus.WriteRequest", "snappy", 1 << 16).status, 204);
  assert_string_equal(fixture_series(*state), "requests_total+{instance=here job=a origin=production role=target source=remote_write } 2.5@1001000000"
                                              "turns+{instance=here job=a origin=production role=target source=remote_write } 2.5@1002000000"
                                              "up{instance=here job=a origin=production role=target source=remote_write } 2.5@1000000000");
  pl_buf_fini(&m);
  pl_buf_fini(&metadata);
}

static void good_samples_stay(void **state)
{
  fixture *f = *state;
  pl_buf m;
  pl_buf_init(&m, &pl_alloc_default, 1 << 16);
  add_series(&m, "a", "x", INT64_MAX / 1000000 + 1);
  add_series(&m, "b", "longer than twenty bytes", 1);
  add_series(&m, "c", "x", 3);
  pl_reply reply = take(f, &m, PROTOBUF, "snappy", 1 << 16);
  assert_int_equal(reply.status, 400);
  assert_string_equal(reply.text, "2 refused, the rest is kept: a timestamp beyond the year 2262\n");
  assert_string_equal(fixture_series(f), "c{instance=here job=x origin=production role=target source=remote_write } 2.5@3000000");
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_true(counts->refused[PL_REASON_TIME] == 1 && counts->refused[PL_REASON_LABELS] == 1);
  pl_buf_fini(&m);
}

static void other_messages_are_refused(void **state)
{
  fixture *f = *state;
  pl_buf m;
  pl_buf_init(&m, &pl_alloc_default, 1 << 16);
  add_series(&m, "a", "x", 1);
  assert_int_equal(take(f, &m, "application/json", "snappy", 1 << 16).status, 415);
  assert_int_equal(take(f, &m, "application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy", 1 << 16).status, 415);
  assert_int_equal(take(f, &m, PROTOBUF, "gzip", 1 << 16).status, 415);
  assert_int_equal(take(f, &m, PROTOBUF, "snappy", 10).status, 413);
  m.len--;
  assert_int_equal(take(f, &m, PROTOBUF, "snappy", 1 << 16).status, 400);
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_true(counts->samples == 0 && counts->refused[PL_REASON_TYPE] == 3 && counts->refused[PL_REASON_EXPANDED] == 1 &&
              counts->refused[PL_REASON_MALFORMED] == 1);
  pl_buf_fini(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(samples_reach_the_timeline, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(good_samples_stay, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_messages_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Messages of remote write: what reaches the timeline, and what they are answered. */
#include "ingest/remote_write.h"

#include "format/remote_write.h"
#include "format/snappy.h"
#include "ingest/intake_fixture.h"
#include "support/write_request.h"

static const char *const PROTOBUF = "application/x-protobuf";

/* Sends a message of at most `most` bytes expanded. */
static pl_reply take(fixture *f, pl_buf *message, const char *type, const char *encoding, size_t most)
{
  pl_buf body, scratch, spare;
  pl_reply reply = {.status = 0};
  pl_buf_init(&body, &pl_alloc_default, 1 << 20);
  pl_buf_init(&spare, &pl_alloc_default, most);
  pl_buf_init(&scratch, &pl_alloc_default, most);
  assert_int_equal(pl_snappy_shorten((pl_str){message->data ? message->data : "", message->len}, &body), 0);
  pl_message m = {.body = {body.data, body.len}, .type = pl_str_of(type), .encoding = pl_str_of(encoding), .scratch = &scratch, .spare = &spare};
  pl_remote_write_take(f->intake, &m, &reply);
  pl_buf_fini(&body);
  pl_buf_fini(&scratch);
  pl_buf_fini(&spare);
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

/* With more labels than are kept, or none of a name: what hangs on it is refused with it. */
static void exemplars_of_refused_series_are_refused(void **state)
{
  fixture *f = *state;
  pl_buf m, series, exemplar;
  pl_buf_init(&m, &pl_alloc_default, 1 << 16);
  pl_buf_init(&series, &pl_alloc_default, 1 << 16);
  pl_buf_init(&exemplar, &pl_alloc_default, 1 << 16);
  put_label(&exemplar, "trace_id", "00000000000000000000000000000001");
  for (int i = 0; i <= PL_REMOTE_LABELS; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "l%d", i);
    put_label(&series, i ? name : "__name__", "a");
  }
  put_sample(&series, bits_of(2.5), 1);
  put_part(&series, 3, &exemplar);
  put_part(&m, 1, &series);
  assert_int_equal(take(f, &m, PROTOBUF, "snappy", 1 << 16).status, 400);
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_int_equal(counts->refused[PL_REASON_LABELS], 1);
  assert_int_equal(counts->refused[PL_REASON_EXEMPLAR], 1);
  pl_buf_clear(&series);
  pl_buf_clear(&m);
  put_label(&series, "job", "a");
  put_sample(&series, bits_of(2.5), 1);
  put_part(&series, 3, &exemplar);
  put_part(&m, 1, &series);
  assert_int_equal(take(f, &m, PROTOBUF, "snappy", 1 << 16).status, 400);
  assert_int_equal(counts->refused[PL_REASON_EXEMPLAR], 2);
  pl_buf_fini(&m);
  pl_buf_fini(&series);
  pl_buf_fini(&exemplar);
}

/* A series of version 2 whose name is the text 2, with a sample at a time, and of a type. */
static void add_series_v2(pl_buf *message, char name, int64_t ts_ms, enum pl_remote_type type)
{
  const char refs[] = {1, name, 3, 4};
  pl_buf series, metadata;
  pl_buf_init(&series, &pl_alloc_default, 1 << 16);
  pl_buf_init(&metadata, &pl_alloc_default, 1 << 16);
  put_refs(&series, refs, sizeof refs);
  put_sample(&series, bits_of(2.5), ts_ms);
  put_number(&metadata, 1, type);
  put_part(&series, 5, &metadata);
  put_part(message, 5, &series);
  pl_buf_fini(&series);
  pl_buf_fini(&metadata);
}

static void written(const pl_reply *reply, uint64_t samples)
{
  assert_int_equal(reply->n_counts, 3);
  assert_string_equal(reply->counts[0].name, "X-Prometheus-Remote-Write-Samples-Written");
  assert_int_equal(reply->counts[0].value, samples);
  assert_string_equal(reply->counts[1].name, "X-Prometheus-Remote-Write-Histograms-Written");
  assert_string_equal(reply->counts[2].name, "X-Prometheus-Remote-Write-Exemplars-Written");
  assert_true(reply->counts[1].value == 0 && reply->counts[2].value == 0);
}

/* What each series is, its own metadata say: a summary's quantiles are gauges, its sum is a counter. */
static void version_2_says_what_is_kept(void **state)
{
  static const char *const texts[] = {"", "__name__", "turns", "job", "a", "took", "took_sum"};
  static const char V2[] = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  fixture *f = *state;
  pl_buf m;
  pl_buf_init(&m, &pl_alloc_default, 1 << 16);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    put_symbol(&m, texts[i]);
  size_t table = m.len;
  add_series_v2(&m, 2, 1000, PL_REMOTE_COUNTER);
  add_series_v2(&m, 5, 1000, PL_REMOTE_SUMMARY);
  add_series_v2(&m, 6, 1000, PL_REMOTE_SUMMARY);
  pl_reply reply = take(f, &m, V2, "snappy", 1 << 16);
  assert_int_equal(reply.status, 204);
  written(&reply, 3);
#define OF_2 "instance=here job=a origin=production role=target source=remote_write } 2.5@1000000000"
  assert_string_equal(fixture_series(f), "took{" OF_2 "took_sum+{" OF_2 "turns+{" OF_2);
  m.len = table;
  add_series_v2(&m, 2, 2000, PL_REMOTE_COUNTER);
  add_series_v2(&m, 2, INT64_MAX / 1000000 + 1, PL_REMOTE_COUNTER);
  reply = take(f, &m, V2, "snappy", 1 << 16);
  assert_int_equal(reply.status, 400);
  assert_string_equal(reply.text, "1 refused, the rest is kept: a timestamp beyond the year 2262\n");
  written(&reply, 1);
  m.len--;
  reply = take(f, &m, V2, "snappy", 1 << 16);
  assert_int_equal(reply.status, 400);
  written(&reply, 0);
  pl_buf_fini(&m);
}

static void other_messages_are_refused(void **state)
{
  fixture *f = *state;
  pl_buf m;
  pl_buf_init(&m, &pl_alloc_default, 1 << 16);
  add_series(&m, "a", "x", 1);
  assert_int_equal(take(f, &m, "application/json", "snappy", 1 << 16).status, 415);
  pl_reply reply = take(f, &m, "application/x-protobuf; proto=io.prometheus.write.v3.Request", "snappy", 1 << 16);
  assert_int_equal(reply.status, 415);
  assert_string_equal(reply.text, "its Content-Type or Content-Encoding is not taken here: send application/x-protobuf of prometheus.WriteRequest or"
                                  " io.prometheus.write.v2.Request, in snappy\n");
  assert_int_equal(reply.n_counts, 0);
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
      cmocka_unit_test_setup_teardown(exemplars_of_refused_series_are_refused, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(version_2_says_what_is_kept, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_messages_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

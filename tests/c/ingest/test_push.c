/* What is pushed: labels of the path, a push that is whole or nothing. */
#include "ingest/push.h"

#include "ingest/intake_fixture.h"

static pl_reply push(fixture *f, const char *path, const char *text, const char *type)
{
  pl_buf scratch;
  pl_reply reply = {.status = 0};
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 16);
  pl_message m = {.rest = pl_str_of(path), .body = pl_str_of(text), .type = pl_str_of(type), .encoding = {"", 0}, .now_ns = 5, .scratch = &scratch};
  pl_push_take(f->intake, &m, &reply);
  pl_buf_fini(&scratch);
  return reply;
}

#define OURS " origin=production role=target source=push } "

static void labels_of_the_path_win(void **state)
{
  assert_int_equal(push(*state, "job/a/path@base64/L3Zhci9saWI=/x@base64/=", "# TYPE c counter\nc{job=\"other\",k=\"v\"} 3\n", "text/plain; version=0.0.4").status, 200);
  assert_int_equal(push(*state, "job@base64/YS9i/instance/i:1", "# TYPE m unknown\nm 1\n# EOF\n", "application/openmetrics-text; version=1.0.0").status, 200);
  assert_string_equal(fixture_series(*state), "c+{instance=here job=a k=v origin=production path=/var/lib role=target source=push } 3@5" "m{instance=i:1 job=a/b" OURS "1@5");
}

static void samples_of_a_summary(void **state)
{
  assert_int_equal(push(*state, "job/a/", "# TYPE s summary\ns{quantile=\"0.5\"} 2\ns_sum 3\ns_count 4\n", "").status, 200);
  assert_string_equal(fixture_series(*state), "s{instance=here job=a origin=production quantile=0.5 role=target source=push } 2@5" "s_count+{instance=here job=a" OURS "4@5" "s_sum+{instance=here job=a" OURS "3@5");
}

static void moments_of_creation_do_not_grow(void **state)
{
  assert_int_equal(push(*state, "job/a", "# TYPE c counter\nc_total 1\nc_created 2\n# EOF\n", "application/openmetrics-text").status, 200);
  assert_string_equal(fixture_series(*state), "c_created{instance=here job=a" OURS "2@5" "c_total+{instance=here job=a" OURS "1@5");
}

static void a_push_is_whole(void **state)
{
  fixture *f = *state;
  pl_reply reply = push(f, "job/a", "a 1\nb\n", "");
  assert_int_equal(reply.status, 400);
  assert_memory_equal(reply.text, "line 2: ", 8);
  reply = push(f, "job/a", "a 1\nb 2 1700000000000\n", "");
  assert_string_equal(reply.text, "line 2: what is pushed has no timestamp\n");
  assert_string_equal(fixture_series(f), "");
  assert_true(pl_intake_counts_of(f->intake)->refused[PL_REASON_MALFORMED] == 2);
}

static void what_is_beyond_a_limit_is_told(void **state)
{
  pl_reply reply = push(*state, "job/a", "a 1\nb{k=\"longer than twenty bytes\"} 1\n", "");
  assert_int_equal(reply.status, 400);
  assert_string_equal(reply.text, "1 refused, the rest is kept: too many labels, too long ones, or one twice\n");
  assert_string_equal(fixture_series(*state), "a{instance=here job=a" OURS "1@5");
}

static void other_paths_are_refused(void **state)
{
  static const char *const paths[] = {"", "job", "job/", "job//x/y", "x/a", "job/a/b", "job/a//", "job/a/b/", "job@base64/=", "job@base64/!", "job@base64"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    assert_int_equal(push(*state, paths[i], "a 1\n", "").status, 400);
  assert_int_equal(push(*state, "job/a", "a 1\n", "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily").status, 415);
  assert_string_equal(fixture_series(*state), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(labels_of_the_path_win, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(samples_of_a_summary, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(moments_of_creation_do_not_grow, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(a_push_is_whole, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(what_is_beyond_a_limit_is_told, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_paths_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

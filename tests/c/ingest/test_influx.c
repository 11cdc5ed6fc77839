/* InfluxDB's lines: what becomes of fields, and what both versions are answered. */
#include "ingest/influx.h"

#include "ingest/intake_fixture.h"

static pl_reply write_lines(fixture *f, pl_message_fn take, const char *text, const char *precision)
{
  pl_buf scratch;
  pl_reply reply = {.status = 0};
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 16);
  pl_message m = {.body = pl_str_of(text), .precision = pl_str_of(precision), .type = {"", 0}, .encoding = {"", 0}, .now_ns = 5, .scratch = &scratch};
  take(f->intake, &m, &reply);
  pl_buf_fini(&scratch);
  return reply;
}

#define LABELS(tags) "{" tags "instance=here origin=production role=target source=influx } "

static void fields_are_series(void **state)
{
  assert_int_equal(write_lines(*state, pl_influx_take_v2, "cpu,host=a idle=1.5,on=true,name=\"x\" 3\ntemp value=7i\n", "ms").status, 204);
  assert_string_equal(fixture_series(*state), "cpu_idle" "{host=a instance=here origin=production role=target source=influx } 1.5@3000000"
                                              "cpu_on" "{host=a instance=here origin=production role=target source=influx } 1@3000000"
                                              "temp" LABELS("") "7@5");
  assert_true(pl_intake_counts_of(((fixture *)*state)->intake)->refused[PL_REASON_TEXT] == 1);
}

static void good_lines_stay(void **state)
{
  fixture *f = *state;
  pl_reply reply = write_lines(f, pl_influx_take_v1, "a value=1 1\nbroken\nb value=2 2\n", "s");
  assert_int_equal(reply.status, 400);
  assert_memory_equal(reply.text, "{\"error\":\"partial write: line 2: ", 33);
  reply = write_lines(f, pl_influx_take_v2, "c,t=longer\\ than\\ twenty\\ bytes value=1\n", "");
  assert_string_equal(reply.text, "{\"code\":\"invalid\",\"message\":\"partial write: line 1: too many labels, too long ones, or one twice dropped=1\"}");
  assert_string_equal(fixture_series(f), "a" LABELS("") "1@1000000000" "b" LABELS("") "2@2000000000");
  assert_true(pl_intake_counts_of(f->intake)->refused[PL_REASON_LINE] == 1);
}

static void refused_lines_are_told(void **state)
{
  fixture *f = *state;
  pl_reply reply = write_lines(f, pl_influx_take_v1, "broken\na value=1 1\nb value=\n", "s");
  assert_string_equal(reply.text, "{\"error\":\"partial write: line 1: the line is malformed; line 3: there is no valid value dropped=2\"}");
  reply = write_lines(f, pl_influx_take_v1, "x\nx\nx\nx\nx\nx\nx\n", "s");
  assert_non_null(strstr(reply.text, "; line 5: the line is malformed; ... dropped=7\"}"));
  assert_null(strstr(reply.text, "line 6"));
  assert_true(pl_intake_counts_of(f->intake)->refused[PL_REASON_LINE] == 9);
}

static void other_precisions_are_refused(void **state)
{
  assert_int_equal(write_lines(*state, pl_influx_take_v1, "a value=1 1\n", "fortnight").status, 400);
  assert_string_equal(fixture_series(*state), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(fields_are_series, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(good_lines_stay, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(refused_lines_are_told, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(other_precisions_are_refused, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

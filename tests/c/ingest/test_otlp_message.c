/* Answers of OTLP/HTTP in the encoding of the request. */
#include "ingest/otlp_message.h"

#include "ingest/intake_fixture.h"

static void answers_are_in_the_encoding_of_the_request(void **state)
{
  fixture *f = *state;
  pl_buf scratch, spare;
  pl_reply reply;
  pl_otlp_request r;
  pl_buf_init(&scratch, &pl_alloc_default, 1000);
  pl_buf_init(&spare, &pl_alloc_default, 1000);
  pl_message m = {.body = PL_STR("{}"), .type = PL_STR("application/json"), .encoding = {"", 0}, .scratch = &scratch, .spare = &spare};
  assert_int_equal(pl_otlp_begin(f->intake, &m, PL_OTLP_TRACES, &r), 0);
  assert_int_equal(r.body.len, 0);
  pl_otlp_answer(&r, &reply, "rejectedSpans", 0, PL_REASON_PATH);
  assert_memory_equal(reply.text, "{}", reply.len);
  pl_otlp_fail(&r, &reply, PL_EPROTO);
  assert_true(reply.status == 400 && reply.text[0] == '{');
  m.type = PL_STR("application/x-protobuf");
  pl_otlp_answer(&r, &reply, "rejectedSpans", 2, PL_REASON_TWICE);
  assert_memory_equal(reply.text, "\x0a\x19\x08\x02\x12\x15the series came twice", reply.len);
  pl_otlp_answer(&r, &reply, "rejectedSpans", 0, PL_REASON_TWICE);
  assert_true(reply.status == 200 && reply.len == 0);
  m.type = PL_STR("text/plain");
  assert_int_equal(pl_otlp_begin(f->intake, &m, PL_OTLP_TRACES, &r), PL_EINVAL);
  pl_buf_fini(&scratch);
  pl_buf_fini(&spare);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(answers_are_in_the_encoding_of_the_request, fixture_set_up, fixture_tear_down)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

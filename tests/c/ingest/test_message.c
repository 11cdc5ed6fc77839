/* Content types and answers. */
#include "ingest/message.h"

#include <string.h>

#include "format/deflate.h"
#include "support/failing.h"

static void types_have_parameters(void **state)
{
  (void)state;
  assert_true(pl_type_is(PL_STR("Application/JSON; charset=utf-8"), "application/json"));
  assert_true(pl_type_is(PL_STR(" application/json"), "application/json"));
  assert_false(pl_type_is(PL_STR("application/jsonl"), "application/json"));
  assert_false(pl_type_is(PL_STR(""), "application/json"));
}

static void long_answers_are_cut(void **state)
{
  pl_reply reply;
  (void)state;
  pl_reply_text(&reply, 400, "%1000d", 1);
  assert_int_equal(reply.len, sizeof reply.text - 1);
  pl_reply_text(&reply, 413, "%s", "too much");
  assert_true(reply.status == 413 && reply.len == 8);
}

static void bodies_are_unpacked(void **state)
{
  pl_buf packed, scratch;
  pl_str body;
  unsigned status;
  (void)state;
  pl_buf_init(&packed, &pl_alloc_default, 1 << 20);
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, PL_STR("hello"), &packed), 0);
  pl_message m = {.body = {packed.data, packed.len}, .encoding = PL_STR("GZip"), .scratch = &scratch};
  assert_int_equal(pl_message_body(&m, &body), 0);
  assert_true(pl_str_eqc(body, "hello"));
  m.encoding = PL_STR("identity");
  assert_int_equal(pl_message_body(&m, &body), 0);
  assert_true(body.data == packed.data);
  m.encoding = PL_STR("br");
  assert_int_equal(pl_message_body(&m, &body), PL_EINVAL);
  assert_true(pl_message_reason(PL_EINVAL, &status) == PL_REASON_TYPE && status == 415);
  assert_true(pl_message_reason(PL_EPROTO, &status) == PL_REASON_MALFORMED && status == 400);
  pl_buf_fini(&packed);
  pl_buf_fini(&scratch);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(types_have_parameters), cmocka_unit_test(long_answers_are_cut),
                                     cmocka_unit_test(bodies_are_unpacked)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Content types and answers. */
#include "ingest/message.h"

#include <string.h>

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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(types_have_parameters), cmocka_unit_test(long_answers_are_cut)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

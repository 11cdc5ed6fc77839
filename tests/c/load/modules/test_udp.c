/* One datagram an answer. */
#include "load/conversation.h"

static void datagrams(void **state)
{
  conversation c;
  pl_tree question[] = {word("?")}, empty[] = {word("")};
  (void)state;
  conversation_open(&c, "udp", "udp://h:53", NULL);
  assert_true(c.protocol->datagram);
  assert_int_equal(conversation_begin(&c, "exchange", question, 1, NULL), PL_OK);
  assert_string_equal(pl_buf_cstr(&c.sent), "?");
  assert_int_equal(conversation_feed(&c, "answer", 6, 6), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "\"answer\"");
  assert_int_equal(conversation_begin(&c, "send", question, 1, NULL), PL_OK);
  assert_true(c.request.no_answer);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  assert_int_equal(c.sent.len, 0);
  assert_int_equal(conversation_begin(&c, "send", empty, 1, NULL), PL_EINVAL);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(datagrams)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

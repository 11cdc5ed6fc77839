/* One datagram an answer, or as many as are expected. */
#include "load/conversation.h"

static void datagrams(void **state)
{
  conversation c;
  static char datagram[65508];
  pl_tree question[] = {word("?")}, empty[] = {word("")}, most[] = {pl_tree_text((pl_str){datagram, 65507})};
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
  assert_int_equal(conversation_begin(&c, "receive", question, 1, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "send", most, 1, NULL), PL_OK);
  most[0].as.string.len++;
  assert_int_equal(conversation_begin(&c, "send", most, 1, NULL), PL_EINVAL);
  conversation_close(&c);
}

static void check(const char *name, pl_tree expected, const char *const *datagrams, const char *value)
{
  conversation c;
  pl_tree pair[] = {word(name), expected}, named = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
  conversation_open(&c, "udp", "udp://h:53", NULL);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, &named), PL_OK);
  for (; *datagrams; datagrams++)
    assert_int_equal(conversation_feed(&c, *datagrams, strlen(*datagrams), 100), datagrams[1] ? PL_PROTOCOL_MORE : PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), value);
  conversation_close(&c);
}

static void as_many_as_are_expected(void **state)
{
  conversation c;
  pl_tree close[] = {word("until_close"), pl_tree_boolean(true)}, named = {.kind = PL_TREE_MAP, .n = 1, .as.items = close}, text[] = {word("?")};
  (void)state;
  check("bytes", pl_tree_integer(6), (const char *const[]){"one", "two three", NULL}, "\"onetwo three\"");
  check("delimiter", word("\r\n"), (const char *const[]){"one", "two\r", "\n", NULL}, "\"onetwo\r\n\"");
  check("pattern", word("^VALUE.*END"), (const char *const[]){"VALUE 1", "EN", "D\n", NULL}, "\"VALUE 1END\n\"");
  conversation_open(&c, "udp", "udp://h:53", NULL);
  assert_int_equal(conversation_begin(&c, "exchange", text, 1, &named), PL_EINVAL);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(datagrams), cmocka_unit_test(as_many_as_are_expected)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

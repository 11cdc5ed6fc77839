/* Framings of plain TCP, whole and in pieces. */
#include "load/conversation.h"

static pl_tree pairs[4];

static pl_tree option(const char *name, pl_tree v)
{
  pairs[0] = word(name);
  pairs[1] = v;
  return (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = pairs};
}

static void check(const pl_tree *named, const char *bytes, const char *value, const char *rest)
{
  for (size_t piece = 1; piece < 50; piece += 48) {
    conversation c;
    conversation_open(&c, "tcp", "tcp://h:7", NULL);
    assert_int_equal(conversation_begin(&c, "receive", NULL, 0, named), PL_OK);
    assert_int_equal(c.sent.len, 0);
    assert_int_equal(conversation_feed(&c, bytes, strlen(bytes), piece), PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&c), value);
    if (piece > 1)
      assert_string_equal(pl_buf_cstr(&c.kept), rest);
    conversation_close(&c);
  }
}

static void framings(void **state)
{
  (void)state;
  pl_tree o = option("bytes", pl_tree_integer(4));
  check(&o, "abcdef", "\"abcd\"", "ef");
  o = option("delimiter", word("\r\n"));
  check(&o, "one\r\ntwo", "\"one\"", "two");
  o = option("pattern", word("P[AO]NG"));
  check(&o, "xxPONGyy", "\"xxPONG\"", "yy");
}

static void until_close_and_truncation(void **state)
{
  conversation c;
  pl_tree o = option("until_close", pl_tree_boolean(true));
  (void)state;
  conversation_open(&c, "tcp", "tls://h:7", NULL);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, &o), PL_OK);
  assert_int_equal(conversation_feed(&c, "all of it", 9, 2), PL_PROTOCOL_MORE);
  assert_int_equal(c.protocol->ended(c.state, &c.why), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "\"all of it\"");
  o = option("bytes", pl_tree_integer(100));
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, &o), PL_OK);
  assert_int_equal(conversation_feed(&c, "x", 1, 1), PL_PROTOCOL_MORE);
  assert_int_equal(c.protocol->ended(c.state, &c.why), PL_ETRUNC);
  conversation_close(&c);
}

static void sends_and_misuse(void **state)
{
  conversation c;
  pl_tree hello[] = {word("hello")}, bad = option("pattern", word("(")), big = option("bytes", pl_tree_integer(-1));
  (void)state;
  conversation_open(&c, "tcp", "tcp://h:7", NULL);
  assert_int_equal(conversation_begin(&c, "send", hello, 1, NULL), PL_OK);
  assert_true(c.request.no_answer);
  assert_string_equal(pl_buf_cstr(&c.sent), "hello");
  assert_int_equal(conversation_begin(&c, "exchange", hello, 1, NULL), PL_OK);
  assert_false(c.request.no_answer);
  assert_int_equal(conversation_begin(&c, "send", NULL, 0, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "receive", hello, 1, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, &bad), PL_EINVAL);
  big.as.items[0] = word("bytes");
  big.as.items[1] = pl_tree_integer(-1);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, &big), PL_EINVAL);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(framings), cmocka_unit_test(until_close_and_truncation),
                                     cmocka_unit_test(sends_and_misuse)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

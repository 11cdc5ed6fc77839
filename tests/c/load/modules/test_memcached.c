/* Memcached's text protocol, whole and in pieces. */
#include "load/conversation.h"

static void check(const char *operation, pl_tree *args, size_t n, const char *sent, const char *bytes, const char *value)
{
  for (size_t piece = 1; piece < 100; piece += 98) {
    conversation c;
    conversation_open(&c, "memcached", "memcached://h", NULL);
    assert_int_equal(conversation_begin(&c, operation, args, n, NULL), PL_OK);
    assert_string_equal(pl_buf_cstr(&c.sent), sent);
    assert_int_equal(conversation_feed(&c, bytes, strlen(bytes), piece), PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&c), value);
    assert_int_equal(c.kept.len, 0);
    conversation_close(&c);
  }
}

static void commands(void **state)
{
  pl_tree keys[] = {word("a"), word("b"), word("c")}, pair[] = {word("a"), word("va\r\nlue")}, two[] = {word("a"), pl_tree_integer(2)};
  (void)state;
  check("get", keys, 1, "get a\r\n", "VALUE a 0 4\r\nx\r\ny\r\nEND\r\n", "\"x\r\ny\"");
  check("get", keys, 1, "get a\r\n", "END\r\n", "nil");
  check("get", keys, 3, "get a b c\r\n", "VALUE a 0 1\r\n1\r\nVALUE c 0 0\r\n\r\nEND\r\n", "{\"a\"=\"1\",\"c\"=\"\"}");
  check("get", keys, 3, "get a b c\r\n", "VALUE a 0 1\n1\r\nVALUE c 0 2\n22\r\nEND\n", "{\"a\"=\"1\",\"c\"=\"22\"}");
  check("set", pair, 2, "set a 0 0 7\r\nva\r\nlue\r\n", "STORED\r\n", "true");
  check("add", pair, 2, "add a 0 0 7\r\nva\r\nlue\r\n", "NOT_STORED\r\n", "false");
  check("incr", two, 2, "incr a 2\r\n", "42\r\n", "42");
  check("incr", keys, 1, "incr a 1\r\n", "NOT_FOUND\r\n", "nil");
  check("delete", keys, 1, "delete a\r\n", "DELETED\r\n", "true");
  check("touch", two, 2, "touch a 2\r\n", "NOT_FOUND\r\n", "false");
  check("version", NULL, 0, "version\r\n", "VERSION 1.6\r\n", "\"1.6\"");
}

static void errors(void **state)
{
  conversation c;
  pl_tree key[] = {word("a")}, bad[] = {word("a b")}, pair[] = {word("a"), word("v")};
  (void)state;
  conversation_open(&c, "memcached", "memcached://h", NULL);
  assert_int_equal(conversation_begin(&c, "get", bad, 1, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "get", NULL, 0, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "set", key, 1, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "incr", pair, 2, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "set", pair, 2, NULL), PL_OK);
  static const char error[] = "SERVER_ERROR out of memory\r\n";
  assert_int_equal(conversation_feed(&c, error, sizeof error - 1, 3), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "nil");
  assert_int_equal(c.status, 1);
  assert_string_equal(c.why, "SERVER_ERROR out of memory");
  assert_int_equal(conversation_begin(&c, "get", key, 1, NULL), PL_OK);
  static const char broken[] = "VALUE a 0 x\r\n";
  pl_buf_clear(&c.kept);
  assert_int_equal(conversation_feed(&c, broken, sizeof broken - 1, 3), PL_EPROTO);
  conversation_close(&c);
}

/* A server of something else answers, perhaps in lines. */
static void no_answers(void **state)
{
  static const char *const operations[] = {"get", "touch", "incr", "version"};
  static const char *const lines[] = {"HTTP/1.1 400 Bad Request\r\n", "-ERR unknown command 'get'\r\n", "STORED of course\r\n", "\r\n", "\1\377\n"};
  pl_tree two[] = {word("a"), pl_tree_integer(2)};
  (void)state;
  for (size_t o = 0; o < 4; o++) {
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
      conversation c;
      conversation_open(&c, "memcached", "memcached://h", NULL);
      assert_int_equal(conversation_begin(&c, operations[o], two, o == 3 ? 0 : o == 0 ? 1 : 2, NULL), PL_OK);
      assert_int_equal(conversation_feed(&c, lines[i], strlen(lines[i]), 7), PL_EPROTO);
      conversation_close(&c);
    }
  }
  conversation c;
  conversation_open(&c, "memcached", "memcached://h", NULL);
  assert_int_equal(conversation_begin(&c, "get", two, 1, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, lines[0], strlen(lines[0]), 100), PL_EPROTO);
  assert_string_equal(c.why, "memcached: \"HTTP/1.1 400 Bad Request\" is no answer of its protocol");
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(commands), cmocka_unit_test(errors), cmocka_unit_test(no_answers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

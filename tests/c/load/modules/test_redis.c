/* RESP2 and RESP3, whole and in pieces. */
#include "load/conversation.h"

static const char *reply_in(const char *bytes, size_t piece, int *status)
{
  static char out[512];
  conversation c;
  pl_tree words[] = {{0}, {0}};
  words[0] = word("GET");
  words[1] = word("k");
  conversation_open(&c, "redis", "redis://h", NULL);
  assert_int_equal(conversation_begin(&c, "call", words, 2, NULL), PL_OK);
  assert_string_equal(c.request.label, "redis GET");
  assert_string_equal(pl_buf_cstr(&c.sent), "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
  int code = conversation_feed(&c, bytes, strlen(bytes), piece);
  (void)snprintf(out, sizeof out, "%s", code == PL_PROTOCOL_DONE ? conversation_value(&c) : code < 0 ? c.why : "more");
  *status = c.status;
  if (code == PL_PROTOCOL_DONE && c.status)
    (void)snprintf(out, sizeof out, "%s", c.why);
  conversation_close(&c);
  return out;
}

static void replies(void **state)
{
  static const struct {
    const char *bytes, *value;
  } cases[] = {
      {"+OK\r\n", "\"OK\""},
      {":-42\r\n", "-42"},
      {":-9223372036854775808\r\n", "-9223372036854775808"},
      {":9223372036854775808\r\n", "redis: a length or number is malformed"},
      {"$5\r\nhello\r\n", "\"hello\""},
      {"$4\r\na\r\nb\r\n", "\"a\r\nb\""},
      {"$0\r\n\r\n", "\"\""},
      {"$-1\r\n", "nil"},
      {"*-1\r\n", "nil"},
      {"*0\r\n", "[]"},
      {"*3\r\n:1\r\n$-1\r\n*1\r\n+x\r\n", "[1,nil,[\"x\"]]"},
      {"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#t\r\n", "{\"a\"=1,\"b\"=[true]}"},
      {"~2\r\n,1.5\r\n_\r\n", "[1.5,nil]"},
      {"=7\r\ntxt:abc\r\n", "\"abc\""},
      {"(12345678901234567890\r\n", "\"12345678901234567890\""},
      {"|1\r\n+ttl\r\n:9\r\n+v\r\n", "\"v\""},
      {"|0\r\n$3\r\nabc\r\n", "\"abc\""},
      {"|0\r\n>1\r\n+x\r\n", "[\"x\"]"},
      {">2\r\n+message\r\n+x\r\n+v\r\n", "\"v\""},
      {"*1\r\n-ERR inside\r\n", "ERR inside"},
      {"%1\r\n+error\r\n+no error\r\n", "{\"error\"=\"no error\"}"},
      {"|1\r\n+was\r\n-ERR before\r\n+v\r\n", "\"v\""},
      {"*2\r\n:1\r\n", "more"},
      {"$5\r\nhell", "more"},
      {"?\r\n", "redis: unknown type of reply"},
      {":1x\r\n", "redis: a length or number is malformed"},
      {"$99999999999\r\n", "redis: a reply is larger than 64 MiB"},
      {"+a\n", "redis: a reply's line does not end with CR LF"},
  };
  int status;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (size_t piece = 1; piece < 9; piece += 7)
      assert_string_equal(reply_in(cases[i].bytes, piece, &status), cases[i].value);
  }
}

static void error_replies_are_the_status(void **state)
{
  int status;
  (void)state;
  assert_string_equal(reply_in("-WRONGTYPE no\r\n", 3, &status), "WRONGTYPE no");
  assert_int_equal(status, 1);
  assert_string_equal(reply_in("!6\r\nSYNTAX\r\n", 3, &status), "SYNTAX");
  assert_int_equal(status, 1);
}

static void nesting_has_a_limit(void **state)
{
  char deep[40 * 4 + 1];
  int status;
  (void)state;
  for (int i = 0; i < 40; i++)
    memcpy(deep + 4 * i, "*1\r\n", 5);
  assert_string_equal(reply_in(deep, 1000, &status), "redis: a reply is nested too deep");
}

static void pipelines_and_what_comes_behind(void **state)
{
  conversation c;
  pl_tree set[] = {word("SET"), word("a"), pl_tree_number(1.5)}, get[] = {word("GET"), word("a")};
  pl_tree commands[] = {{.kind = PL_TREE_LIST, .n = 3, .as.items = set}, {.kind = PL_TREE_LIST, .n = 2, .as.items = get}};
  static const char bytes[] = "+OK\r\n$3\r\n1.5\r\n", failed[] = "-OOM first\r\n-ERR second\r\n";
  (void)state;
  conversation_open(&c, "redis", "redis://h", NULL);
  assert_int_equal(conversation_begin(&c, "pipeline", commands, 2, NULL), PL_OK);
  assert_non_null(strstr(pl_buf_cstr(&c.sent), "$3\r\n1.5\r\n"));
  assert_int_equal(conversation_feed(&c, bytes, sizeof bytes - 1, 4), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "[\"OK\",\"1.5\"]");
  assert_int_equal(c.status, 0);
  assert_int_equal(conversation_begin(&c, "pipeline", commands, 2, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, failed, sizeof failed - 1, 4), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "[{\"error\"=\"OOM first\"},{\"error\"=\"ERR second\"}]");
  assert_int_equal(c.status, 1);
  assert_string_equal(c.why, "OOM first");
  assert_int_equal(conversation_begin(&c, "pipeline", NULL, 0, NULL), PL_EINVAL);
  assert_int_equal(conversation_begin(&c, "call", NULL, 0, NULL), PL_EINVAL);
  conversation_close(&c);
}

/* A push may come between an answer and the next, in pieces. */
static void pushes_behind_an_answer(void **state)
{
  conversation c;
  pl_tree ping[] = {word("PING")};
  static const char first[] = "+ONE\r\n>2\r\n+inva", second[] = "lidate\r\n+k\r\n+TWO\r\n";
  (void)state;
  conversation_open(&c, "redis", "redis://h", NULL);
  assert_int_equal(conversation_begin(&c, "call", ping, 1, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, first, sizeof first - 1, sizeof first), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "\"ONE\"");
  assert_int_equal(conversation_begin(&c, "call", ping, 1, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, second, sizeof second - 1, 5), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "\"TWO\"");
  conversation_close(&c);
}

static void greeting(void **state)
{
  conversation c;
  pl_tree options, resp[2] = {word("resp"), pl_tree_integer(3)};
  options = (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = resp};
  (void)state;
  conversation_open(&c, "redis", "redis://u:p@h/2", &options);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_string_equal(pl_buf_cstr(&c.sent), "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n");
  static const char good[] = "%1\r\n+server\r\n+redis\r\n+OK\r\n";
  assert_int_equal(conversation_feed(&c, good, sizeof good - 1, 5), PL_PROTOCOL_DONE);
  conversation_close(&c);
  conversation_open(&c, "redis", "redis://:secret@h", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  static const char bad[] = "-WRONGPASS no\r\n";
  assert_int_equal(conversation_feed(&c, bad, sizeof bad - 1, 100), PL_EPROTO);
  assert_string_equal(c.why, "redis: WRONGPASS no");
  conversation_close(&c);
  conversation_open(&c, "redis", "redis://u%3A:p%40@h", NULL);
  pl_buf_clear(&c.sent);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_string_equal(pl_buf_cstr(&c.sent), "*3\r\n$4\r\nAUTH\r\n$2\r\nu:\r\n$2\r\np@\r\n");
  conversation_close(&c);
  conversation_open(&c, "redis", "redis://h", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_DONE);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(replies), cmocka_unit_test(error_replies_are_the_status), cmocka_unit_test(nesting_has_a_limit),
      cmocka_unit_test(pipelines_and_what_comes_behind), cmocka_unit_test(pushes_behind_an_answer), cmocka_unit_test(greeting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

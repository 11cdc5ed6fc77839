/* Requests that open a conversation: what they say, and where their answer's head ends. */
#include "load/modules/get.h"

#include <string.h>

#include "support/failing.h"

static int open_get(pl_get *g, const char *url, const pl_tree *options)
{
  pl_url parsed;
  const pl_url_scheme schemes[] = {{"ws", 80}, {NULL, 0}};
  assert_int_equal(pl_url_parse_schemes(pl_str_of(url), schemes, &parsed, NULL), PL_OK);
  return pl_get_init(g, &parsed, 80, options, &pl_alloc_default, NULL);
}

static void expect_head(const char *url, const pl_tree *options, const char *wanted)
{
  pl_get g;
  assert_int_equal(open_get(&g, url, options), PL_OK);
  assert_string_equal(pl_buf_cstr(&g.head), wanted);
  pl_get_fini(&g);
}

static int code_of_header(const char *name, pl_str value)
{
  pl_get g;
  pl_tree pair[] = {pl_tree_text(pl_str_of(name)), pl_tree_text(value)};
  pl_tree headers[] = {pl_tree_text(PL_STR("headers")), {.kind = PL_TREE_MAP, .n = 1, .as.items = pair}};
  pl_tree options = {.kind = PL_TREE_MAP, .n = 1, .as.items = headers};
  int code = open_get(&g, "ws://h/", &options);
  pl_get_fini(&g);
  return code;
}

/* A list has no names; a list that is empty is Lua's empty table. */
static void headers_have_names(void **state)
{
  pl_tree value = pl_tree_text(PL_STR("a: b")), given[] = {pl_tree_text(PL_STR("headers")), {.kind = PL_TREE_LIST, .n = 1, .as.items = &value}};
  pl_tree options = {.kind = PL_TREE_MAP, .n = 1, .as.items = given};
  (void)state;
  for (size_t n = 0; n < 3; n++) {
    pl_get g;
    given[1] = n < 2 ? (pl_tree){.kind = PL_TREE_LIST, .n = n, .as.items = &value} : value;
    assert_int_equal(open_get(&g, "ws://h/", &options), n == 0 ? PL_OK : PL_EINVAL);
    pl_get_fini(&g);
  }
}

static void requests(void **state)
{
  pl_tree pair[] = {pl_tree_text(PL_STR("X-Id")), pl_tree_integer(7)};
  pl_tree headers[] = {pl_tree_text(PL_STR("headers")), {.kind = PL_TREE_MAP, .n = 1, .as.items = pair}};
  pl_tree options = {.kind = PL_TREE_MAP, .n = 1, .as.items = headers};
  (void)state;
  expect_head("ws://h/a?b", NULL, "GET /a?b HTTP/1.1\r\nHost: h\r\n");
  expect_head("ws://me:x@[::1]:8080/", NULL, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nAuthorization: Basic bWU6eA==\r\n");
  expect_head("ws://me%40b:x%2Fy@h/", NULL, "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic bWVAYjp4L3k=\r\n");
  expect_head("ws://h/", &options, "GET / HTTP/1.1\r\nHost: h\r\nX-Id: 7\r\n");
}

static void headers_are_lines(void **state)
{
  static char large[70000];
  (void)state;
  memset(large, 'x', sizeof large);
  assert_int_equal(code_of_header("a", PL_STR("b")), PL_OK);
  assert_int_equal(code_of_header("a", PL_STR("b\r\nc: d")), PL_EINVAL);
  assert_int_equal(code_of_header("a", PL_STR("b\0c")), PL_EINVAL);
  assert_int_equal(code_of_header("a: b", PL_STR("c")), PL_EINVAL);
  assert_int_equal(code_of_header("a", (pl_str){large, sizeof large}), PL_ELIMIT);
}

/* Interim answers are skipped, and what follows the head stays, in pieces of any size. */
static void answers(void **state)
{
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\nUpgrade:  websocket \r\n\r\nrest";
  size_t head_end = sizeof text - 1 - 4;
  (void)state;
  for (size_t piece = 1; piece < sizeof text; piece++) {
    pl_get g;
    pl_http1_head head;
    const char *why;
    size_t at = 0, used;
    int code = 0;
    assert_int_equal(open_get(&g, "ws://h/", NULL), PL_OK);
    while (code == 0) {
      size_t n = sizeof text - 1 - at < piece ? sizeof text - 1 - at : piece;
      code = pl_get_answer(&g, text + at, n, &used, &head, &why);
      at += used;
    }
    assert_int_equal(code, 1);
    assert_int_equal(at, head_end);
    assert_int_equal(head.status, 101);
    assert_true(pl_str_eqc(pl_get_header(&g, "upgrade"), "websocket"));
    assert_null(pl_get_header(&g, "connection").data);
    pl_get_fini(&g);
  }
}

static void an_endless_head(void **state)
{
  pl_get g;
  pl_http1_head head;
  const char *why = "";
  size_t used, at = 0;
  int code = 0;
  char line[100];
  (void)state;
  memset(line, 'x', sizeof line);
  assert_int_equal(open_get(&g, "ws://h/", NULL), PL_OK);
  assert_int_equal(pl_get_answer(&g, "HTTP/1.1 200 OK\r\na: ", 20, &used, &head, &why), 0);
  for (; code == 0 && at < 1 << 17; at += used)
    code = pl_get_answer(&g, line, sizeof line, &used, &head, &why);
  assert_int_equal(code, PL_EPROTO);
  assert_true(*why);
  pl_get_fini(&g);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests),
      cmocka_unit_test(headers_are_lines),
      cmocka_unit_test(headers_have_names),
      cmocka_unit_test(answers),
      cmocka_unit_test(an_endless_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

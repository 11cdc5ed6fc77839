/* Heads of answers: status, framing, keep-alive, what is refused. */
#include "load/http1.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "perilune/error.h"

static pl_http1_head head_of(const char *text, bool head_only)
{
  pl_http1_head h;
  const char *why = "";
  int code = pl_http1_parse(pl_str_of(text), head_only, &h, &why);
  if (code != 1)
    fail_msg("%d %s: %s", code, why, text);
  return h;
}

static void expect_error(const char *text)
{
  pl_http1_head h;
  const char *why = NULL;
  assert_int_equal(pl_http1_parse(pl_str_of(text), false, &h, &why), PL_EPROTO);
  assert_non_null(why);
}

static void framing_follows_the_rfc(void **state)
{
  (void)state;
  pl_http1_head h = head_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false);
  assert_int_equal(h.status, 200);
  assert_int_equal(h.framing, PL_BODY_LENGTH);
  assert_int_equal(h.content_length, 5);
  assert_int_equal(h.len, 38);
  assert_true(h.keep_alive);
  assert_false(h.has_cookie);
  assert_int_equal(head_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).framing, PL_BODY_NONE);
  assert_int_equal(head_of("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", false).framing, PL_BODY_NONE);
  assert_int_equal(head_of("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", false).framing, PL_BODY_NONE);
  assert_int_equal(head_of("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n", false).framing, PL_BODY_CHUNKED);
  h = head_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", false);
  assert_int_equal(h.framing, PL_BODY_CHUNKED);
  assert_false(h.keep_alive);
  h = head_of("HTTP/1.1 200\r\n\r\n", false);
  assert_int_equal(h.framing, PL_BODY_UNTIL_CLOSE);
  assert_false(h.keep_alive);
}

static void connections_are_kept_as_said(void **state)
{
  (void)state;
  assert_false(head_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", false).keep_alive);
  assert_false(head_of("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
  assert_true(head_of("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: x, keep-alive\r\n\r\n", false).keep_alive);
  assert_true(head_of("HTTP/1.1 200 OK\r\ncontent-ENCODING: gzip\r\n\r\n", false).coded);
  assert_false(head_of("HTTP/1.1 200 OK\r\nContent-Encodings: gzip\r\n\r\n", false).coded);
  assert_true(head_of("HTTP/1.1 200 OK\nSet-Cookie: a=b\nContent-Length: 0\n\n", false).has_cookie);
}

static void an_incomplete_head_asks_for_more(void **state)
{
  (void)state;
  const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  pl_http1_head h;
  const char *why;
  for (size_t n = 0; n < sizeof text - 1; n++)
    assert_int_equal(pl_http1_parse((pl_str){text, n}, false, &h, &why), 0);
}

static void malformed_ones_are_refused(void **state)
{
  (void)state;
  expect_error("SSH-2.0");
  expect_error("HTTP/2 200\r\n\r\n");
  expect_error("HTTP/1.1 20x OK\r\n\r\n");
  expect_error("HTTP/1.1 099 OK\r\n\r\n");
  expect_error("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
  expect_error("HTTP/1.1 200 OK\r\nCo\r\n\r\n");
  expect_error("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n");
  expect_error("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n");
  expect_error("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
}

/* Asks the memo and the parser, which must agree. */
static void expect_alike(pl_http1_memo *m, const char *text, bool head_only)
{
  pl_http1_head again = {0}, fresh = {0};
  const char *why = "";
  int code = pl_http1_parse(pl_str_of(text), head_only, &fresh, &why);
  assert_int_equal(pl_http1_parse_again(m, pl_str_of(text), head_only, &again, &why), code);
  assert_memory_equal(&again, &fresh, sizeof fresh);
}

static void a_head_that_is_repeated_says_the_same(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r",          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n",
      "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\n",        "HTTP/1.1 500 No\r\nContent-Length: x\r\n\r\n", "",
  };
  enum { TEXTS = sizeof texts / sizeof *texts };
  for (size_t i = 0; i < TEXTS * TEXTS * 4; i++) {
    pl_http1_memo m = {0};
    expect_alike(&m, texts[i % TEXTS], i / TEXTS % 2);
    expect_alike(&m, texts[i / (2 * TEXTS) % TEXTS], i / (2 * TEXTS * TEXTS));
  }
}

static void a_head_too_long_to_remember_is_parsed(void **state)
{
  (void)state;
  char text[2 * PL_HEAD_MEMO];
  pl_http1_memo m = {0};
  (void)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nX: %0*d\r\n\r\n", PL_HEAD_MEMO, 1);
  expect_alike(&m, text, false);
  assert_int_equal(m.head.len, 0);
}

static void tokens_of_a_list(void **state)
{
  (void)state;
  assert_true(pl_http1_has_token(PL_STR("close"), "close"));
  assert_true(pl_http1_has_token(PL_STR(" Close "), "close"));
  assert_true(pl_http1_has_token(PL_STR("auth-int,\tAUTH"), "auth"));
  assert_false(pl_http1_has_token(PL_STR("auth-int, authx"), "auth"));
  assert_false(pl_http1_has_token(PL_STR(""), "auth"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(framing_follows_the_rfc),
      cmocka_unit_test(connections_are_kept_as_said),
      cmocka_unit_test(an_incomplete_head_asks_for_more),
      cmocka_unit_test(malformed_ones_are_refused),
      cmocka_unit_test(a_head_that_is_repeated_says_the_same),
      cmocka_unit_test(tokens_of_a_list),
      cmocka_unit_test(a_head_too_long_to_remember_is_parsed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

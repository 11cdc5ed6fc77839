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

/* The reason for refusing bytes. */
static const char *refusal(const char *bytes, size_t len)
{
  pl_http1_head h;
  const char *why = "";
  assert_int_equal(pl_http1_parse((pl_str){bytes, len}, false, &h, &why), PL_EPROTO);
  return why;
}

static void other_protocols_are_named(void **state)
{
  static const char alert[] = {21, 3, 1, 0, 2, 2, 70}, longer[] = {21, 3, 1, 0, 3, 2, 70};
  /* As nginx sends it: SETTINGS with three settings, of which one holds a line's end here. */
  static const char settings[] = {0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, '\n', 0, 4, 0, 1, 0, 0, 0, 5, 0, 127, 127, 127};
  static const char empty[] = {0, 0, 0, 4, 0, 0, 0, 0, 0}, answer[] = {0, 0, 0, 4, 1, 0, 0, 0, 0}, uneven[] = {0, 0, 17, 4, 0, 0, 0, 0, 0};
  (void)state;
  assert_string_equal(refusal(alert, sizeof alert), "the answer is an alert of TLS, not an HTTP/1 status line");
  assert_string_equal(refusal(settings, sizeof settings), "the answer is HTTP/2, not an HTTP/1 status line");
  assert_string_equal(refusal(empty, sizeof empty), "the answer is HTTP/2, not an HTTP/1 status line");
  assert_int_equal(pl_http1_spoken((pl_str){alert, sizeof alert}), PL_SPOKEN_TLS);
  assert_int_equal(pl_http1_spoken((pl_str){settings, sizeof settings}), PL_SPOKEN_HTTP2);
  assert_int_equal(pl_http1_spoken(PL_STR("HTTP/1.1 200 OK\r\n\r\n")), PL_SPOKEN_AS_ASKED);
  const pl_str others[] = {{alert, 4}, {longer, sizeof longer}, {empty, 8}, {answer, sizeof answer}, {uneven, sizeof uneven}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_string_equal(refusal(others[i].data, others[i].len), "the answer does not begin with an HTTP/1 status line");
}

static void some_servers_say_that_they_want_tls(void **state)
{
  (void)state;
  assert_true(pl_http1_asks_for_tls(400, PL_STR("<title>400 The plain HTTP request was sent to HTTPS port</title>")));
  assert_true(pl_http1_asks_for_tls(400, PL_STR("Client sent an HTTP request to an HTTPS server.\n")));
  assert_true(pl_http1_asks_for_tls(400, PL_STR("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />")));
  assert_false(pl_http1_asks_for_tls(200, PL_STR("Client sent an HTTP request to an HTTPS server.\n")));
  assert_false(pl_http1_asks_for_tls(400, PL_STR("item is missing")));
  assert_false(pl_http1_asks_for_tls(400, PL_STR("")));
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
      cmocka_unit_test(other_protocols_are_named),
      cmocka_unit_test(some_servers_say_that_they_want_tls),
      cmocka_unit_test(a_head_that_is_repeated_says_the_same),
      cmocka_unit_test(tokens_of_a_list),
      cmocka_unit_test(a_head_too_long_to_remember_is_parsed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

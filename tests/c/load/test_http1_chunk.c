/* The chunked coding, whole and byte by byte. */
#include "load/http1_chunk.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "perilune/error.h"

/* Decodes text in pieces of `piece` bytes; the body into out (ended by NUL). Returns the last code. */
static int decode(const char *text, size_t piece, char *out, size_t *used, const char **why)
{
  pl_chunk c = {0};
  size_t n = strlen(text), len = 0;
  int code = 0;
  *used = 0;
  for (size_t at = 0; at < n && code == 0; at += piece) {
    char data[256];
    size_t part = n - at < piece ? n - at : piece, taken, decoded;
    memcpy(data, text + at, part);
    code = pl_chunk_decode(&c, data, part, &taken, &decoded, why);
    memcpy(out + len, data, decoded);
    len += decoded;
    *used += taken;
  }
  out[len] = '\0';
  return code;
}

static void expect(const char *text, int code, const char *body)
{
  for (size_t piece = 1; piece <= 200; piece += piece < 8 ? 1 : 48) {
    char out[256];
    const char *why = "";
    size_t used;
    assert_int_equal(decode(text, piece, out, &used, &why), code);
    if (body)
      assert_string_equal(out, body);
    if (code < 0)
      assert_true(why[0] != '\0');
  }
}

static void bodies_are_put_together(void **state)
{
  (void)state;
  expect("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 1, "hello world");
  expect("A;name=value\r\n0123456789\r\n000\r\nX-T: 1\r\nX-U: 2\r\n\r\n", 1, "0123456789");
  expect("2\nok\n0\n\n", 1, "ok");
  expect("5\r\nhel", 0, "hel");
  expect("0\r\n", 0, "");
}

static void what_comes_behind_is_not_taken(void **state)
{
  (void)state;
  char out[256];
  const char *why = "";
  size_t used;
  const char *text = "2\r\nok\r\n0\r\n\r\nHTTP/1.1";
  assert_int_equal(decode(text, 200, out, &used, &why), 1);
  assert_int_equal(used, strlen(text) - 8);
}

static void bad_ones_are_refused(void **state)
{
  (void)state;
  expect("x\r\n", PL_EPROTO, NULL);
  expect("\r\n", PL_EPROTO, NULL);
  expect("-1\r\n", PL_EPROTO, NULL);
  expect("1000000000000000\r\n", PL_EPROTO, NULL);
  expect("2\r\nokay", PL_EPROTO, NULL);
  expect("2\r\nok\r\r", PL_EPROTO, NULL);
}

/* Feeds text `times` times. */
static int repeat(pl_chunk *c, const char *text, unsigned times, const char **why)
{
  int code = 0;
  for (unsigned i = 0; i < times && code == 0; i++) {
    char data[64];
    size_t used, decoded;
    memcpy(data, text, strlen(text));
    code = pl_chunk_decode(c, data, strlen(text), &used, &decoded, why);
  }
  return code;
}

static void any_number_of_chunks_is_fine(void **state)
{
  (void)state;
  pl_chunk c = {0};
  const char *why = "";
  assert_int_equal(repeat(&c, "1\r\nx\r\n", 300000, &why), 0);
  assert_int_equal(repeat(&c, "0\r\n\r\n", 1, &why), 1);
}

static void extensions_and_trailers_have_a_limit(void **state)
{
  (void)state;
  pl_chunk extended = {0}, endless = {0}, trailed = {0};
  const char *why = "";
  assert_int_equal(repeat(&extended, "1;name=value\r\nx\r\n", 10000, &why), PL_EPROTO);
  assert_int_equal(repeat(&endless, "1", 1, &why), 0);
  assert_int_equal(repeat(&endless, "\r\r\r\r", 20000, &why), PL_EPROTO);
  assert_int_equal(repeat(&trailed, "0\r\n", 1, &why), 0);
  assert_int_equal(repeat(&trailed, "X-Trailer: 1\r\n", 10000, &why), PL_EPROTO);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bodies_are_put_together),      cmocka_unit_test(what_comes_behind_is_not_taken),
      cmocka_unit_test(bad_ones_are_refused),         cmocka_unit_test(any_number_of_chunks_is_fine),
      cmocka_unit_test(extensions_and_trailers_have_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

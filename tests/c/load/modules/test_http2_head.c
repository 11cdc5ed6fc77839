/* Heads for HTTP/2: which fields there are, and that a head is made once. */
#include "load/modules/http2_head.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

#define GET(path) PL_STR("GET " path " HTTP/1.1\r\nHost: h\r\n\r\n")

/* "name=value name=value" */
static void expect_fields(const pl_http2_head *h, const char *wanted)
{
  char text[400] = "";
  size_t at = 0;
  assert_non_null(h);
  for (size_t i = 0; i < h->n_fields; i++)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s=%.*s", i ? " " : "", (int)h->fields[i].namelen, (const char *)h->fields[i].name,
                           (int)h->fields[i].valuelen, (const char *)h->fields[i].value);
  assert_string_equal(text, wanted);
}

static void what_belongs_to_a_connection_is_left_out(void **state)
{
  pl_http2_heads heads = {.alloc = &pl_alloc_default};
  (void)state;
  expect_fields(pl_http2_head_find(&heads, PL_STR("https"), PL_STR("POST /a?b HTTP/1.1\r\nHost: h:8\r\nConnection: close\r\nTE: gzip\r\nX-One:  1 \r\n"
                                                                  "Transfer-Encoding: chunked\r\nUpgrade: x\r\nX-Empty:\r\n\r\n")),
                ":method=POST :scheme=https :authority=h:8 :path=/a?b x-one=1 x-empty=");
  expect_fields(pl_http2_head_find(&heads, PL_STR("http"), PL_STR("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n")),
                ":method=GET :scheme=http :authority=h :path=/ te=trailers");
  pl_http2_heads_free(&heads);
}

static void a_head_is_made_once(void **state)
{
  pl_http2_heads heads = {.alloc = &pl_alloc_default};
  (void)state;
  assert_non_null(pl_http2_head_find(&heads, PL_STR("http"), GET("/1")));
  const char *made = heads.list[0].text;
  assert_non_null(pl_http2_head_find(&heads, PL_STR("http"), GET("/2")));
  assert_ptr_equal(pl_http2_head_find(&heads, PL_STR("http"), GET("/1"))->text, made);
  expect_fields(pl_http2_head_find(&heads, PL_STR("https"), GET("/1")), ":method=GET :scheme=https :authority=h :path=/1");
  assert_ptr_not_equal(heads.list[0].text, made);
  pl_http2_heads_free(&heads);
}

static void those_used_last_are_kept(void **state)
{
  static const char *const texts[] = {"GET /0 HTTP/1.1\r\n\r\n", "GET /1 HTTP/1.1\r\n\r\n", "GET /2 HTTP/1.1\r\n\r\n", "GET /3 HTTP/1.1\r\n\r\n",
                                      "GET /0 HTTP/1.1\r\n\r\n", "GET /4 HTTP/1.1\r\n\r\n"};
  pl_http2_heads heads = {.alloc = &pl_alloc_default};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_non_null(pl_http2_head_find(&heads, PL_STR("http"), pl_str_of(texts[i])));
  static const char kept[PL_HTTP2_HEADS] = {'4', '0', '3', '2'};
  for (size_t i = 0; i < PL_HTTP2_HEADS; i++)
    assert_int_equal(heads.list[i].head.data[5], kept[i]);
  pl_http2_heads_free(&heads);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_belongs_to_a_connection_is_left_out),
      cmocka_unit_test(a_head_is_made_once),
      cmocka_unit_test(those_used_last_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

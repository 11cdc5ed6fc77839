/* Heads of requests. */
#include "load/client.h"
#include "support/failing.h"

#include <string.h>

static pl_route route;

static pl_str credentials = {"", 0};

static const char *head_of(const char *method, const char *url, const pl_header *headers, size_t n, const char *body)
{
  static char text[2048];
  pl_url parsed;
  pl_buf out;
  pl_error err = {0};
  assert_int_equal(pl_url_parse(pl_str_of(url), &parsed, NULL), 0);
  pl_buf_init(&out, &pl_alloc_default, sizeof text - 1);
  pl_request_parts p = {.method = pl_str_of(method), .url = &parsed, .headers = headers, .n_headers = n, .body = pl_str_of(body),
                         .route = &route, .authorization = credentials};
  int code = pl_request_head(&out, &p, NULL, &err);
  (void)pl_copy(text, sizeof text, code ? pl_str_of(err.message) : (pl_str){out.data, out.len});
  pl_buf_fini(&out);
  return text;
}

static void expect_host(const char *url, const char *host)
{
  char line[256];
  (void)snprintf(line, sizeof line, "\r\nHost: %s\r\n", host);
  assert_non_null(strstr(head_of("GET", url, NULL, 0, ""), line));
}

static void the_usual_port_of_the_scheme_is_not_named(void **state)
{
  (void)state;
  expect_host("http://a.example/", "a.example");
  expect_host("http://a.example:80/", "a.example");
  expect_host("http://a.example:443/", "a.example:443");
  expect_host("https://a.example/", "a.example");
  expect_host("https://a.example:443/", "a.example");
  expect_host("https://a.example:80/", "a.example:80");
  expect_host("https://[::1]:8443/", "[::1]:8443");
  expect_host("unix:/run/a.sock:/x", "localhost");
}

static void own_headers_take_the_place_of_the_usual_ones(void **state)
{
  (void)state;
  static const pl_header own[] = {{{"host", 4}, {"b", 1}}, {{"User-agent", 10}, {"me", 2}}};
  const char *text = head_of("GET", "http://a/x?y", own, 2, "");
  assert_string_equal(text, "GET /x?y HTTP/1.1\r\nhost: b\r\nUser-agent: me\r\n\r\n");
}

static void the_only_request_of_a_connection_says_so(void **state)
{
  (void)state;
  static const pl_header own[] = {{{"connection", 10}, {"upgrade", 7}}};
  route.requests = 1;
  assert_non_null(strstr(head_of("GET", "http://a/", NULL, 0, ""), "\r\nConnection: close\r\n"));
  assert_null(strstr(head_of("GET", "http://a/", own, 1, ""), "close"));
  route.requests = 2; /* which is the last one is not known when the head is made */
  assert_null(strstr(head_of("GET", "http://a/", NULL, 0, ""), "close"));
  route.requests = 0;
}

static void bodies_have_a_length(void **state)
{
  (void)state;
  assert_non_null(strstr(head_of("POST", "http://a/", NULL, 0, ""), "\r\nContent-Length: 0\r\n"));
  assert_non_null(strstr(head_of("DELETE", "http://a/", NULL, 0, "xyz"), "\r\nContent-Length: 3\r\n"));
  assert_null(strstr(head_of("GET", "http://a/", NULL, 0, ""), "Content-Length"));
}

static void nothing_can_be_smuggled_in(void **state)
{
  (void)state;
  static const pl_header bad[] = {{{"A", 1}, {"b\r\nC: d", 7}}, {{"A b", 3}, {"c", 1}}, {{"A", 1}, {"b\0c", 3}}};
  for (size_t i = 0; i < 3; i++)
    assert_non_null(strstr(head_of("GET", "http://a/", &bad[i], 1, ""), "a name is letters"));
  assert_non_null(strstr(head_of("GET /x", "http://a/", NULL, 0, ""), "is no method"));
  static const pl_str tokens[] = {{"Bearer a\n", 9}, {"Bearer a\r\nX: y", 14}, {"Bearer \0", 8}};
  for (size_t i = 0; i < 3; i++) {
    credentials = tokens[i];
    assert_non_null(strstr(head_of("GET", "http://a/", NULL, 0, ""), "the credentials hold a line end"));
  }
  credentials = (pl_str){"Bearer a", 8};
  assert_non_null(strstr(head_of("GET", "http://a/", NULL, 0, ""), "\r\nAuthorization: Bearer a\r\n"));
  credentials = (pl_str){"", 0};
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_usual_port_of_the_scheme_is_not_named),
      cmocka_unit_test(own_headers_take_the_place_of_the_usual_ones),
      cmocka_unit_test(the_only_request_of_a_connection_says_so),
      cmocka_unit_test(bodies_have_a_length),
      cmocka_unit_test(nothing_can_be_smuggled_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

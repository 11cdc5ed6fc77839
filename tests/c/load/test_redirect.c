/* Redirects: where they lead, with which method, and what is not taken along. */
#include "load/wire.h"

static const pl_header secrets[] = {{{"Authorization", 13}, {"Bearer x", 8}}, {{"cookie", 6}, {"a=b", 3}},
                                    {{"X-Own", 5}, {"1", 1}},                 {{"HOST", 4}, {"shop.example", 12}},
                                    {{"Content-Type", 12}, {"text/plain", 10}}};

static wire_exchange *request(wire *w, const char *method)
{
  wire_exchange *e = &w->e[0];
  e->parts = (pl_request_parts){.headers = secrets, .n_headers = 5};
  return wire_request(w, 0, method, w->url[0]);
}

static void answer_with(int fd, int status, const char *location)
{
  char text[256];
  (void)snprintf(text, sizeof text, "HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, location);
  wire_write(fd, text);
}

static void another_origin_gets_no_credentials(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "GET");
  wire_send(e);
  int fd = wire_accept(w, 0);
  assert_non_null(strstr(wire_read(w, fd), "Authorization: Bearer x"));
  answer_with(fd, 302, w->url[1]);
  int second = wire_accept(w, 1);
  const char *text = wire_read(w, second);
  char host[64];
  (void)snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", w->port[1]);
  assert_null(strcasestr(text, "authorization"));
  assert_null(strcasestr(text, "cookie"));
  assert_null(strstr(text, "shop.example"));
  assert_non_null(strstr(text, host));
  assert_non_null(strstr(text, "X-Own: 1"));
  /* and they do not come back with the way back */
  answer_with(second, 302, w->url[0]);
  text = wire_read(w, fd);
  assert_null(strcasestr(text, "authorization"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_int_equal(e->redirects, 2);
  assert_ptr_equal(e->x.parts, &e->parts);
  close(fd);
  close(second);
}

static void the_user_of_a_url_stays_with_its_origin(void **state)
{
  wire *w = *state;
  char url[64], other[64];
  (void)snprintf(url, sizeof url, "http://Aladdin:open%%20sesame@127.0.0.1:%d/a", w->port[0]);
  (void)snprintf(other, sizeof other, "http://127.0.0.1:%d/b", w->port[1]);
  wire_exchange *e = wire_get(w, 0, url);
  int fd = wire_accept(w, 0);
  assert_non_null(strstr(wire_read(w, fd), "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  answer_with(fd, 302, "/next");
  assert_non_null(strstr(wire_read(w, fd), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  answer_with(fd, 302, other);
  int second = wire_accept(w, 1);
  assert_null(strcasestr(wire_read(w, second), "authorization"));
  answer_with(second, 302, w->url[0]);
  assert_null(strcasestr(wire_read(w, fd), "authorization"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
  close(second);
}

static void the_same_origin_gets_them(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "GET");
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  answer_with(fd, 302, "b");
  const char *text = wire_read(w, fd);
  assert_non_null(strstr(text, "GET /b HTTP/1.1\r\n"));
  assert_non_null(strstr(text, "Authorization: Bearer x"));
  assert_non_null(strstr(text, "shop.example"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
}

/* Sends, is redirected with a status, and gives the first word of the second request. */
static void expect_method(wire *w, const char *method, int status, const char *then)
{
  wire_exchange *e = request(w, method);
  e->parts.body = strcmp(method, "GET") && strcmp(method, "HEAD") ? PL_STR("hello") : (pl_str){"", 0};
  e = wire_request(w, 0, method, w->url[0]);
  wire_send(e);
  int fd = wire_accept(w, 0);
  assert_non_null(strstr(wire_read(w, fd), e->parts.body.len ? "hello" : "\r\n\r\n")); /* they come in one piece */
  answer_with(fd, status, "/next");
  const char *text = wire_read(w, fd);
  assert_memory_equal(text, then, strlen(then));
  bool kept = strcmp(method, then) == 0;
  assert_int_equal(strstr(text, "Content-Type") != NULL, kept);
  wire_write(fd, strcmp(then, "HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                                      : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(e->body, strcmp(then, "HEAD") ? "ok" : "");
  close(fd);
}

static void the_method_changes_as_in_browsers(void **state)
{
  wire *w = *state;
  expect_method(w, "POST", 302, "GET");
  expect_method(w, "POST", 303, "GET");
  expect_method(w, "PUT", 303, "GET");
  expect_method(w, "HEAD", 303, "HEAD");
  expect_method(w, "HEAD", 302, "HEAD");
}

static void one_more_than_asked_is_a_failure(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "GET");
  e->x.follow = 1;
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  answer_with(fd, 302, "/b");
  (void)wire_read(w, fd);
  answer_with(fd, 302, "/c");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  assert_string_equal(e->why, "more than 1 redirects");
  assert_int_equal(e->redirects, 1);
  close(fd);
}

static void who_follows_none_gets_the_redirect(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "GET");
  e->x.follow = 0;
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  answer_with(fd, 302, "/b");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_NONE);
  assert_int_equal(e->status, 302);
  close(fd);
}

static void a_place_without_a_grant_is_named(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "GET");
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  answer_with(fd, 302, "http://127.9.9.9/b");
  wire_await(e);
  assert_true(e->x.answer.refused);
  assert_int_equal(e->failure, PL_FAIL_CONNECT);
  assert_string_equal(e->why, "load to 127.9.9.9 is not granted (redirect from 127.0.0.1)");
  close(fd);
}

/* The first hop's end is not the end of a second one that fails. */
static void a_hop_that_fails_ends_when_it_fails(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "POST");
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  answer_with(fd, 307, "/b");
  (void)wire_read(w, fd);
  uint64_t before = pl_now(&pl_clock_system);
  close(fd);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_RESET);
  assert_true(e->x.times.end >= before);
}

static void a_bad_place_is_an_error(void **state)
{
  wire *w = *state;
  wire_exchange *e = request(w, "GET");
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  answer_with(fd, 302, "ftp://x/");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(e->why, "redirect: "));
  close(fd);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(another_origin_gets_no_credentials), CASE(the_user_of_a_url_stays_with_its_origin), CASE(the_same_origin_gets_them),
      CASE(the_method_changes_as_in_browsers),  CASE(one_more_than_asked_is_a_failure),
      CASE(who_follows_none_gets_the_redirect),  CASE(a_place_without_a_grant_is_named),
      CASE(a_hop_that_fails_ends_when_it_fails), CASE(a_bad_place_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

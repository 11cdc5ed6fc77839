/* What a jar takes, keeps and gives back. */
#include "load/cookie.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing.h"

typedef struct fixture {
  pl_fake_clock clock;
  pl_cookie_jar *jar;
  char line[32768];
} fixture;

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  pl_fake_clock_init(&f->clock, 5 * PL_S_NS, INT64_C(1700000000) * (int64_t)PL_S_NS); /* 2023-11-14 22:13:20 */
  f->jar = pl_cookie_jar_new(&pl_alloc_default, &f->clock.clock);
  *state = f;
  return f->jar ? 0 : -1;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_cookie_jar_free(f->jar);
  free(f);
  return 0;
}

static void take(fixture *f, const char *url, const char *cookie)
{
  char head[8192];
  pl_url parsed;
  assert_int_equal(pl_url_parse(pl_str_of(url), &parsed, NULL), 0);
  (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nDate: x\r\nset-cookie: %s\r\n\r\n", cookie);
  pl_cookie_jar_take(f->jar, &parsed, pl_str_of(head));
}

/* What is sent to a URL, "" for nothing. */
static const char *sent(fixture *f, const char *url)
{
  pl_url parsed;
  pl_buf out;
  assert_int_equal(pl_url_parse(pl_str_of(url), &parsed, NULL), 0);
  pl_buf_init(&out, &pl_alloc_default, sizeof f->line);
  assert_int_equal(pl_cookie_jar_header(f->jar, &parsed, &out), 0);
  (void)pl_copy(f->line, sizeof f->line, (pl_str){out.data ? out.data : "", out.len});
  pl_buf_fini(&out);
  return f->line;
}

static void cookies_go_back_where_they_came_from(void **state)
{
  fixture *f = *state;
  take(f, "http://a.example/x/y", "one=1");
  take(f, "http://a.example/", "two=\"2\"; HttpOnly; SameSite=Lax");
  assert_string_equal(sent(f, "http://a.example/x/z"), "Cookie: one=1; two=\"2\"\r\n");
  assert_string_equal(sent(f, "http://a.example/xy"), "Cookie: two=\"2\"\r\n");
  assert_string_equal(sent(f, "http://b.example/x/y"), "");
  assert_string_equal(sent(f, "http://sub.a.example/"), "");
  take(f, "http://a.example/", "sub=s; Domain=.A.example");
  assert_string_equal(sent(f, "http://sub.a.example/"), "Cookie: sub=s\r\n");
  take(f, "http://a.example/", "safe=1; Secure; Path=/p");
  assert_string_equal(sent(f, "http://a.example/p?q"), "Cookie: two=\"2\"; sub=s\r\n");
  assert_string_equal(sent(f, "https://a.example/p/q"), "Cookie: safe=1; two=\"2\"; sub=s\r\n");
}

static void others_are_refused(void **state)
{
  fixture *f = *state;
  take(f, "http://a.example/", "x=1; Domain=b.example");
  take(f, "http://a.example/", "x=1; Domain=sub.a.example");
  take(f, "http://a.example/", "x=1; Domain=example");
  take(f, "http://127.0.0.1/", "x=1; Domain=0.0.1");
  take(f, "http://a.example/", "no value");
  take(f, "http://a.example/", "=1");
  assert_true(pl_cookie_jar_empty(f->jar));
  take(f, "http://localhost/", "x=1; Domain=localhost");
  assert_string_equal(sent(f, "http://localhost/"), "Cookie: x=1\r\n");
}

/* Longer paths first, then older ones; a new value keeps the age. */
static void the_order_is_that_of_the_rfc(void **state)
{
  fixture *f = *state;
  take(f, "http://a.example/", "a=1");
  take(f, "http://a.example/", "b=1; Path=/long/path");
  take(f, "http://a.example/", "c=1");
  take(f, "http://a.example/", "a=2");
  assert_string_equal(sent(f, "http://a.example/long/path"), "Cookie: b=1; a=2; c=1\r\n");
}

static void cookies_expire(void **state)
{
  fixture *f = *state;
  take(f, "http://a.example/", "age=1; Max-Age=10");
  take(f, "http://a.example/", "date=1; Expires=Tue, 14 Nov 2023 22:13:40 GMT"); /* 20 s on */
  take(f, "http://a.example/", "both=1; Max-Age=30; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  take(f, "http://a.example/", "endless=1; Max-Age=99999999999999999999999");
  take(f, "http://a.example/", "session=1; Max-Age=soon; Expires=never");
  assert_string_equal(sent(f, "http://a.example/"), "Cookie: age=1; date=1; both=1; endless=1; session=1\r\n");
  pl_fake_clock_advance(&f->clock, 10 * PL_S_NS);
  assert_string_equal(sent(f, "http://a.example/"), "Cookie: date=1; both=1; endless=1; session=1\r\n");
  f->clock.wall += 3600 * (int64_t)PL_S_NS; /* a step of the wall clock is no time */
  assert_string_equal(sent(f, "http://a.example/"), "Cookie: date=1; both=1; endless=1; session=1\r\n");
  f->clock.wall -= 3600 * (int64_t)PL_S_NS;
  pl_fake_clock_advance(&f->clock, 20 * PL_S_NS);
  assert_string_equal(sent(f, "http://a.example/"), "Cookie: endless=1; session=1\r\n");
}

static void servers_delete_them(void **state)
{
  static const char *const ways[] = {"x=; Max-Age=0", "x=1; Max-Age=-1", "x=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                                     "x=; Expires=Mon, 13 Nov 2023 10:00:00 GMT"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    take(f, "http://a.example/", "x=1");
    assert_false(pl_cookie_jar_empty(f->jar));
    take(f, "http://a.example/", ways[i]);
    assert_true(pl_cookie_jar_empty(f->jar));
  }
}

static void a_full_jar_drops_the_oldest_of_the_domain(void **state)
{
  fixture *f = *state;
  char text[64];
  take(f, "http://b.example/", "other=1");
  for (int i = 0; i < 52; i++) {
    (void)snprintf(text, sizeof text, "n%d=1; Max-Age=%d", i, i == 10 ? 5 : 1000);
    take(f, "http://a.example/", text);
  }
  const char *line = sent(f, "http://a.example/");
  assert_null(strstr(line, " n0=1"));
  assert_null(strstr(line, " n1=1"));
  assert_non_null(strstr(line, " n2=1"));
  assert_non_null(strstr(line, " n51=1"));
  assert_string_equal(sent(f, "http://b.example/"), "Cookie: other=1\r\n");
  pl_fake_clock_advance(&f->clock, 6 * PL_S_NS); /* one that has expired makes room before the oldest does */
  take(f, "http://a.example/", "n52=1");
  line = sent(f, "http://a.example/");
  assert_null(strstr(line, " n10=1"));
  assert_non_null(strstr(line, " n2=1"));
}

static void a_jar_has_an_end(void **state)
{
  fixture *f = *state;
  char url[64];
  for (int i = 0; i < 600; i++) {
    (void)snprintf(url, sizeof url, "http://h%d.example/", i);
    take(f, url, "x=1");
  }
  assert_string_equal(sent(f, "http://h99.example/"), "");
  assert_string_equal(sent(f, "http://h100.example/"), "Cookie: x=1\r\n");
  char long_one[5000] = "x=";
  memset(long_one + 2, 'y', 4096);
  take(f, "http://long.example/", long_one);
  assert_string_equal(sent(f, "http://long.example/"), "");
}

static void a_copy_is_the_same(void **state)
{
  fixture *f = *state;
  take(f, "http://a.example/", "a=1; Max-Age=10");
  take(f, "http://a.example/", "b=1; Path=/p");
  pl_cookie_jar *copy = pl_cookie_jar_new(&pl_alloc_default, &f->clock.clock), *own = f->jar;
  pl_cookie_jar_copy(copy, own);
  take(f, "http://a.example/", "c=1");
  f->jar = copy;
  assert_string_equal(sent(f, "http://a.example/p"), "Cookie: b=1; a=1\r\n");
  take(f, "http://a.example/", "d=1");
  take(f, "http://a.example/", "a=2; Max-Age=10");
  assert_string_equal(sent(f, "http://a.example/p"), "Cookie: b=1; a=2; d=1\r\n");
  f->jar = own;
  pl_cookie_jar_free(copy);
}

/* The code of setting a cookie at a URL. */
static int set(fixture *f, const char *url, const pl_cookie_spec *spec, pl_error *err)
{
  pl_url parsed;
  assert_int_equal(pl_url_parse(pl_str_of(url), &parsed, NULL), 0);
  return pl_cookie_jar_set(f->jar, &parsed, spec, err);
}

#define SPEC(n, v, left, ...) (&(pl_cookie_spec){.name = PL_STR(n), .value = PL_STR(v), .left_ns = left, __VA_ARGS__})

static void cookies_set_by_hand_are_as_those_of_servers(void **state)
{
  fixture *f = *state;
  assert_int_equal(set(f, "http://a.example/x/y", SPEC("dir", "1", UINT64_MAX), NULL), 0);
  assert_int_equal(set(f, "http://a.example/x/y", SPEC("all", "a b,\"=c\"", UINT64_MAX, .path = PL_STR("/"), .domain = PL_STR("a.example")), NULL), 0);
  assert_int_equal(set(f, "http://a.example/", SPEC("safe", "", UINT64_MAX, .secure = true), NULL), 0);
  assert_string_equal(sent(f, "http://a.example/x/z"), "Cookie: dir=1; all=a b,\"=c\"\r\n");
  assert_string_equal(sent(f, "https://sub.a.example/"), "Cookie: all=a b,\"=c\"\r\n");
  assert_string_equal(sent(f, "https://a.example/"), "Cookie: all=a b,\"=c\"; safe=\r\n");
  take(f, "http://a.example/", "safe=2");
  assert_int_equal(set(f, "http://a.example/x/y", SPEC("dir", "2", 10 * PL_S_NS), NULL), 0);
  assert_string_equal(sent(f, "http://a.example/x/"), "Cookie: dir=2; all=a b,\"=c\"; safe=2\r\n");
  pl_fake_clock_advance(&f->clock, 10 * PL_S_NS);
  assert_string_equal(sent(f, "http://a.example/x/"), "Cookie: all=a b,\"=c\"; safe=2\r\n");
  assert_int_equal(set(f, "http://a.example/", SPEC("safe", "", 0), NULL), 0);
  assert_string_equal(sent(f, "http://a.example/x/"), "Cookie: all=a b,\"=c\"\r\n");
}

static void what_cannot_be_sent_is_not_set(void **state)
{
  static const pl_cookie_spec wrong[] = {
      {.name = {"", 0}},
      {.name = {"a=b", 3}},
      {.name = {"a;", 2}},
      {.name = {" a", 2}},
      {.name = {"a\n", 2}},
      {.name = {"a\0", 2}},
      {.name = {"a", 1}, .value = {"x;y", 3}},
      {.name = {"a", 1}, .value = {"x\r\nHost: b", 11}},
      {.name = {"a", 1}, .value = {"x ", 2}},
      {.name = {"a", 1}, .value = {"x", 1}, .path = {"p", 1}},
      {.name = {"a", 1}, .value = {"x", 1}, .domain = {"b.example", 9}},
      {.name = {"a", 1}, .value = {"x", 1}, .domain = {"example", 7}},
      {.name = {"a", 1}, .value = {"x", 1}, .domain = {".", 1}},
  };
  fixture *f = *state;
  pl_error err = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(set(f, "http://a.example/", &wrong[i], NULL), PL_EINVAL);
  char text[PL_COOKIE_BYTES];
  memset(text, 'y', sizeof text);
  assert_int_equal(set(f, "http://a.example/", &(pl_cookie_spec){.name = PL_STR("a"), .value = {text, sizeof text}}, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "at most 4096 bytes"));
  assert_true(pl_cookie_jar_empty(f->jar));
}

static void they_are_read_in_the_order_of_sending(void **state)
{
  fixture *f = *state;
  pl_cookie_at at = {0};
  pl_url url;
  assert_int_equal(pl_url_parse(PL_STR("http://a.example/p/q"), &url, NULL), 0);
  assert_false(pl_cookie_jar_next(NULL, &url, &at));
  assert_false(pl_cookie_jar_next(f->jar, &url, &at));
  take(f, "http://a.example/", "a=root");
  take(f, "http://a.example/", "gone=1; Max-Age=1");
  take(f, "http://b.example/", "b=other");
  take(f, "http://a.example/", "a=deep; Path=/p");
  pl_fake_clock_advance(&f->clock, PL_S_NS);
  assert_true(pl_cookie_jar_next(f->jar, &url, &at));
  assert_true(pl_str_eqc(at.name, "a") && pl_str_eqc(at.value, "deep"));
  assert_true(pl_cookie_jar_next(f->jar, &url, &at));
  assert_true(pl_str_eqc(at.name, "a") && pl_str_eqc(at.value, "root"));
  assert_false(pl_cookie_jar_next(f->jar, &url, &at));
}

static void those_of_a_url_are_forgotten(void **state)
{
  fixture *f = *state;
  pl_url url;
  take(f, "http://a.example/", "a=1");
  take(f, "http://a.example/", "p=1; Path=/p");
  take(f, "http://a.example/", "q=1; Path=/q");
  take(f, "http://b.example/", "b=1");
  assert_int_equal(pl_url_parse(PL_STR("http://a.example/p"), &url, NULL), 0);
  pl_cookie_jar_forget(f->jar, &url);
  assert_string_equal(sent(f, "http://a.example/p"), "");
  assert_string_equal(sent(f, "http://a.example/q"), "Cookie: q=1\r\n");
  assert_string_equal(sent(f, "http://b.example/"), "Cookie: b=1\r\n");
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(cookies_go_back_where_they_came_from), CASE(others_are_refused), CASE(the_order_is_that_of_the_rfc),
      CASE(cookies_expire),                       CASE(servers_delete_them), CASE(a_full_jar_drops_the_oldest_of_the_domain),
      CASE(a_jar_has_an_end),                     CASE(a_copy_is_the_same),
      CASE(cookies_set_by_hand_are_as_those_of_servers), CASE(what_cannot_be_sent_is_not_set),
      CASE(they_are_read_in_the_order_of_sending), CASE(those_of_a_url_are_forgotten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

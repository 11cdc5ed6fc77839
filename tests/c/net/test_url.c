/* URLs: taken apart, joined, refused. */
#include "net/url.h"

#include <string.h>

#include "support/failing.h"

static pl_url parse(const char *text)
{
  pl_url u;
  pl_error err = {0};
  assert_int_equal(pl_url_parse(pl_str_of(text), &u, &err), PL_OK);
  return u;
}

static void parts(void **state)
{
  (void)state;
  pl_url u = parse("http://user:pw@example.com:8080/a/b?q=1#frag");
  assert_true(pl_str_eqc(u.scheme, "http") && pl_str_eqc(u.host, "example.com") && u.port == 8080);
  assert_true(pl_str_eqc(u.target, "/a/b?q=1") && pl_str_eqc(u.user, "user:pw"));
  u = parse("http://[::1]/");
  assert_true(u.ipv6 && pl_str_eqc(u.host, "::1") && u.port == 80);
  u = parse("https://h");
  assert_true(u.port == 443 && pl_str_eqc(u.target, "/"));
  u = parse("unix:/run/app.sock:/path");
  assert_true(pl_str_eqc(u.scheme, "unix") && pl_str_eqc(u.host, "/run/app.sock") && pl_str_eqc(u.target, "/path"));
}

static void decoded(void **state)
{
  (void)state;
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 100);
  assert_int_equal(pl_url_decode(&b, PL_STR("a%2Fb%c3%A4%zz%2")), PL_OK);
  assert_string_equal(pl_buf_cstr(&b), "a/b\xc3\xa4%zz%2");
  pl_buf_fini(&b);
}

static void an_error_shows_no_password_and_how_sockets_are_written(void **state)
{
  (void)state;
  static const struct {
    const char *text, *shown;
  } cases[] = {
      {"http://me:geheim@h:99999/", "\"http://***@h:99999/\" is no URL"}, {"http://me:ge@geheim@h:99999/", "\"http://***@h:99999/\""}, {"http://me:ge/geheim@h/", "\"http://***@h/\""},
      {"ftp://me:geheim@h/", "\"ftp://***@h/\""}, {"me:geheim@h", "\"***@h\""}, {"http:/me:geheim@h/", "\"***@h/\""}, {"http+unix://geheim@x/y", "\"http+unix://***@x/y\""},
      {"unix:run/a@b:/", "\"unix:run/a@b:/\""},
  };
  pl_url u;
  pl_error err;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    err = (pl_error){0};
    assert_int_equal(pl_url_parse(pl_str_of(cases[i].text), &u, &err), PL_EINVAL);
    if (!strstr(err.message, cases[i].shown))
      fail_msg("%s: %s", cases[i].text, err.message);
  }
  err = (pl_error){0};
  assert_int_equal(pl_url_parse(PL_STR("http+unix://%2Frun%2Fapp.sock/x?y"), &u, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "unix:/run/app.sock:/x?y"));
}

static void refused(void **state)
{
  static const char *const bad[] = {"", "http://", "ftp://h/", "http://h:99999/", "http://h:x/", "http://a b/", "nothing", "http://[::1/", "http://h?x"};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    pl_url u;
    pl_error err = {0};
    assert_int_equal(pl_url_parse(pl_str_of(bad[i]), &u, &err), PL_EINVAL);
    assert_true(strlen(err.message) > 10);
  }
}

static void check_join(const char *base, const char *reference, const char *want)
{
  pl_url u = parse(base);
  pl_error err = {0};
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 4096);
  assert_int_equal(pl_url_join(&u, pl_str_of(reference), &b, &err), PL_OK);
  assert_string_equal(pl_buf_cstr(&b), want);
  pl_buf_fini(&b);
}

/* RFC 3986 section 5.4. */
static void joined(void **state)
{
  (void)state;
  check_join("http://a/b/c/d?q", "g", "http://a/b/c/g");
  check_join("http://a/b/c/d?q", "/g", "http://a/g");
  check_join("http://a/b/c/d?q", "//g", "http://g");
  check_join("http://a/b/c/d?q", "?y", "http://a/b/c/d?y");
  check_join("http://a/b/c/d?q", "http://h?y", "http://h/?y");
  check_join("http://a/b/c/d?q", "//h:1?y#z", "http://h:1/?y#z");
  check_join("http://a/b/c/d?q", "../g", "http://a/b/g");
  check_join("http://a/b/c/d?q", "../../../g", "http://a/g");
  check_join("http://a/b/c/d?q", "./g/.", "http://a/b/c/g/");
  check_join("http://a:81/b", "http://c/d", "http://c/d");
  check_join("http://user:pw@h:81/x", "y", "http://h:81/y");
  check_join("https://[::1]:443/x", "y", "https://[::1]/y");
  check_join("unix:/run/a.sock:/x", "/y", "unix:/run/a.sock:/y");
}

static void written_without_secrets_and_encoded(void **state)
{
  pl_buf b;
  (void)state;
  pl_url u = parse("http://user:pw@h:81/x");
  pl_buf_init(&b, &pl_alloc_default, 4096);
  assert_int_equal(pl_url_text(&u, &b), PL_OK);
  assert_string_equal(pl_buf_cstr(&b), "http://h:81/x");
  pl_buf_clear(&b);
  assert_int_equal(pl_url_encode(&b, PL_STR("a b&c=\xC3\xA9"), false), PL_OK);
  assert_string_equal(pl_buf_cstr(&b), "a%20b%26c%3D%C3%A9");
  pl_buf_clear(&b);
  assert_int_equal(pl_url_encode(&b, PL_STR("a b"), true), PL_OK);
  assert_string_equal(pl_buf_cstr(&b), "a+b");
  pl_buf_fini(&b);
}

static void other_schemes(void **state)
{
  static const pl_url_scheme redis[] = {{"redis", 6379}, {"rediss", 6380}, {NULL, 0}}, tcp[] = {{"tcp", 0}, {NULL, 0}};
  pl_url u;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_url_parse_schemes(PL_STR("redis://u:p@h/2"), redis, &u, NULL), PL_OK);
  assert_int_equal(u.port, 6379);
  assert_true(pl_str_eqc(u.user, "u:p"));
  assert_true(pl_str_eqc(u.target, "/2"));
  assert_int_equal(pl_url_parse_schemes(PL_STR("REDISS://[::1]:1"), redis, &u, NULL), PL_OK);
  assert_true(pl_str_eqc(u.scheme, "rediss"));
  assert_true(u.ipv6);
  assert_int_equal(pl_url_parse_schemes(PL_STR("http://h/"), redis, &u, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "redis:// or rediss://"));
  err = (pl_error){0};
  assert_int_equal(pl_url_parse_schemes(PL_STR("tcp://h"), tcp, &u, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "port"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(other_schemes), cmocka_unit_test(parts), cmocka_unit_test(refused), cmocka_unit_test(decoded),
                                     cmocka_unit_test(an_error_shows_no_password_and_how_sockets_are_written), cmocka_unit_test(joined),
                                     cmocka_unit_test(written_without_secrets_and_encoded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

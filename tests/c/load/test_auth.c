/* Authentication against the examples of RFC 7616 and RFC 7617. */
#include "load/auth.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

static const char *value_of(pl_buf *b)
{
  return pl_buf_cstr(b);
}

static void basic_and_bearer(void **state)
{
  (void)state;
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 1000);
  pl_auth a = {.kind = PL_AUTH_BASIC, .user = PL_STR("Aladdin"), .password = PL_STR("open sesame")};
  assert_int_equal(pl_auth_value(&a, &b), 0);
  assert_string_equal(value_of(&b), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  pl_buf_clear(&b);
  a = (pl_auth){.kind = PL_AUTH_BEARER, .token = PL_STR("mF_9.B5f-4.1JqM")};
  assert_int_equal(pl_auth_value(&a, &b), 0);
  assert_string_equal(value_of(&b), "Bearer mF_9.B5f-4.1JqM");
  pl_buf_fini(&b);
}

/* RFC 7616 section 3.9.1 */
static const pl_auth mufasa = {.kind = PL_AUTH_DIGEST, .user = {"Mufasa", 6}, .password = {"Circle of Life", 14}};
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static void expect_response(const char *challenge, const char *response)
{
  pl_digest d = {0};
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 2000);
  assert_true(pl_digest_take(&d, pl_str_of(challenge)));
  assert_int_equal(pl_digest_value(&d, &mufasa, PL_STR("GET"), PL_STR("/dir/index.html"), PL_STR(CNONCE), &b), 0);
  assert_non_null(strstr(value_of(&b), response));
  assert_non_null(strstr(value_of(&b), "nc=00000001"));
  assert_non_null(strstr(value_of(&b), "realm=\"http-auth@example.org\""));
  pl_buf_clear(&b);
  assert_int_equal(pl_digest_value(&d, &mufasa, PL_STR("GET"), PL_STR("/dir/index.html"), PL_STR(CNONCE), &b), 0);
  assert_non_null(strstr(value_of(&b), "nc=00000002"));
  assert_null(strstr(value_of(&b), response));
  pl_buf_fini(&b);
}

static void digest_as_in_the_rfc(void **state)
{
#define ASKED                                                                                                       \
  "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=%s, "                                         \
  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
  char text[600];
  (void)state;
  (void)snprintf(text, sizeof text, "Digest " ASKED, "MD5");
  expect_response(text, "response=\"8ca523f5e9506fed4657c9700eebdbec\"");
  (void)snprintf(text, sizeof text, "Basic realm=\"x, Digest y\", digest " ASKED ", Bearer", "SHA-256");
  expect_response(text, "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"");
}

static void a_challenge_that_cannot_be_answered_is_left_alone(void **state)
{
  static const char *const bad[] = {"", "Basic realm=\"x\"", "Digest", "Digest realm=\"x\"", "Digest nonce=\"a\", algorithm=SHA-512-256",
                                    "Digest nonce=\"a\", qop=\"auth-int\"", "Digest nonce", "Negotiate abc=="};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    pl_digest d = {0};
    assert_false(pl_digest_take(&d, pl_str_of(bad[i])));
    assert_false(d.known);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(basic_and_bearer),
      cmocka_unit_test(digest_as_in_the_rfc),
      cmocka_unit_test(a_challenge_that_cannot_be_answered_is_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Authentication against the examples of RFC 7616, RFC 7617 and of AWS' documentation. */
#include "load/auth.h"

#include <stdio.h>
#include <string.h>

#include "load/client.h"
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

/* Signs a GET and gives the Authorization header. */
static const char *authorization(const char *url, const pl_auth *a, const pl_header *headers, size_t n, pl_buf *texts)
{
  static char text[1000];
  pl_url u;
  pl_header out[PL_SIGNATURE_HEADERS];
  assert_int_equal(pl_url_parse(pl_str_of(url), &u, NULL), 0);
  pl_request_parts p = {.method = PL_STR("GET"), .url = &u, .headers = headers, .n_headers = n};
  int count = pl_auth_sign(a, &p, 1440938160, PL_STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), texts, out);
  assert_true(count >= 2);
  assert_true(pl_str_eqc(out[0].value, "20150830T123600Z"));
  (void)pl_copy(text, sizeof text, out[1].value);
  return text;
}

static void signatures_of_the_documentation(void **state)
{
  static const pl_header form[] = {{{"Content-Type", 12}, {"application/x-www-form-urlencoded; charset=utf-8", 48}}};
  pl_auth a = {.kind = PL_AUTH_SIGV4, .user = PL_STR("AKIDEXAMPLE"), .password = PL_STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
               .region = PL_STR("us-east-1"), .service = PL_STR("service")};
  pl_buf texts;
  (void)state;
  pl_buf_init(&texts, &pl_alloc_default, 10000);
  assert_string_equal(authorization("https://example.amazonaws.com/", &a, NULL, 0, &texts),
                      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
                      "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  assert_non_null(strstr(authorization("https://example.amazonaws.com/?Param2=value2&Param1=value1", &a, NULL, 0, &texts),
                         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
  a.service = PL_STR("iam");
  assert_non_null(strstr(authorization("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", &a, form, 1, &texts),
                         "SignedHeaders=content-type;host;x-amz-date, "
                         "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
  pl_buf_fini(&texts);
}

static void s3_and_sessions_sign_more(void **state)
{
  pl_auth a = {.kind = PL_AUTH_SIGV4, .user = PL_STR("AKIDEXAMPLE"), .password = PL_STR("k"), .token = PL_STR("session"),
               .region = PL_STR("us-east-1"), .service = PL_STR("s3")};
  pl_buf texts;
  (void)state;
  pl_buf_init(&texts, &pl_alloc_default, 10000);
  assert_non_null(strstr(authorization("http://h:9000/b/k%20x", &a, NULL, 0, &texts),
                         "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token"));
  pl_buf_fini(&texts);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(basic_and_bearer),
      cmocka_unit_test(digest_as_in_the_rfc),
      cmocka_unit_test(a_challenge_that_cannot_be_answered_is_left_alone),
      cmocka_unit_test(signatures_of_the_documentation),
      cmocka_unit_test(s3_and_sessions_sign_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

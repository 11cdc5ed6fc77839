/* AWS Signature Version 4 against AWS' test suite (aws-sig-v4-test-suite) and the examples of the documentation of S3. */
#include <string.h>

#include "base/hash.h"
#include "load/auth.h"
#include "load/client.h"
#include "support/failing.h"

#define SUITE_TIME 1440938160 /* 2015-08-30 12:36:00 UTC */
#define S3_TIME 1369353600    /* 2013-05-24 00:00:00 UTC */

static const pl_auth suite = {.kind = PL_AUTH_SIGV4, .user = {"AKIDEXAMPLE", 11}, .password = {"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40},
                              .region = {"us-east-1", 9}, .service = {"service", 7}};
static const pl_auth s3 = {.kind = PL_AUTH_SIGV4, .user = {"AKIAIOSFODNN7EXAMPLE", 20}, .password = {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40},
                           .region = {"us-east-1", 9}, .service = {"s3", 2}};

typedef struct asked {
  const pl_auth *auth;
  const char *method, *url, *body;
  const pl_header *headers;
  size_t n_headers;
  int64_t time_s;
} asked;

/* Signs with memory of a; the count of headers, or a code. */
static int sign_with(const pl_allocator *a, const asked *q, pl_buf *texts, pl_header out[PL_SIGNATURE_HEADERS])
{
  char payload[2 * PL_SHA256_SIZE + 1];
  pl_url url;
  pl_buf_init(texts, a, 64 << 10);
  pl_sha256_hex(q->body ? q->body : "", q->body ? strlen(q->body) : 0, payload);
  assert_int_equal(pl_url_parse(pl_str_of(q->url), &url, NULL), PL_OK);
  const pl_request_parts parts = {.method = pl_str_of(q->method), .url = &url, .headers = q->headers, .n_headers = q->n_headers};
  return pl_auth_sign(q->auth, &parts, q->time_s, pl_str_of(payload), texts, out);
}

static void expect_of(asked q, const char *names, const char *signature)
{
  pl_buf texts;
  pl_header out[PL_SIGNATURE_HEADERS];
  q.auth = q.auth ? q.auth : &suite;
  q.time_s = q.time_s ? q.time_s : SUITE_TIME;
  q.method = q.method ? q.method : "GET";
  assert_true(sign_with(&pl_alloc_default, &q, &texts, out) >= 2);
  assert_true(pl_str_eqc(out[1].name, "Authorization"));
  const char *text = pl_buf_cstr(&texts);
  if (!strstr(text, names) || !strstr(text, signature))
    fail_msg("%s %s: %s", q.method, q.url, text);
  pl_buf_fini(&texts);
}

#define SIGNED "SignedHeaders=host;x-amz-date, "

static void the_suite(void **state)
{
  static const struct {
    const char *method, *url, *signature;
  } cases[] = {
      {"GET", "https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"POST", "https://example.amazonaws.com/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"GET", "https://example.amazonaws.com/?Param1=value1", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"POST", "https://example.amazonaws.com/?Param1=value1", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"GET", "https://example.amazonaws.com/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
              "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"GET", "https://example.amazonaws.com/?%E1%88%B4=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_of((asked){.method = cases[i].method, .url = cases[i].url}, SIGNED, cases[i].signature);
}

/* normalize-path: what means the root has the root's signature. Of the others the canonical paths are those of botocore, which are
 * there as URLs that need no change. S3's keys are left alone. */
static void a_path_in_another_form(void **state)
{
  static const char root[] = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
  static const char *const roots[] = {"//", "/./", "/..", "/example/..", "/example1/example2/../.."};
  static const char *const same[][2] = {{"//example//", "/example/"}, {"/./example", "/example"}, {"/p/./a/../b//c", "/p/b/c"}, {"/p/../../b/.", "/b"}};
  pl_buf texts[2];
  pl_header out[PL_SIGNATURE_HEADERS];
  char url[128];
  (void)state;
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    (void)snprintf(url, sizeof url, "https://example.amazonaws.com%s", roots[i]);
    expect_of((asked){.url = url}, SIGNED, root);
  }
  for (size_t i = 0; i < 2 * sizeof same / sizeof *same; i++) {
    const pl_auth *auth = i % 2 ? &s3 : &suite;
    for (int k = 0; k < 2; k++) {
      (void)snprintf(url, sizeof url, "https://example.amazonaws.com%s", same[i / 2][k]);
      assert_true(sign_with(&pl_alloc_default, &(asked){.auth = auth, .method = "GET", .url = url, .time_s = SUITE_TIME}, &texts[k], out) >= 2);
    }
    assert_int_equal(strcmp(pl_buf_cstr(&texts[0]), pl_buf_cstr(&texts[1])) == 0, i % 2 == 0);
    pl_buf_fini(&texts[0]);
    pl_buf_fini(&texts[1]);
  }
}

/* post-x-www-form-urlencoded: content-type is signed when it is there, and the body's hash is. */
static void a_body_and_its_type(void **state)
{
  static const pl_header form = {{"Content-Type", 12}, {"application/x-www-form-urlencoded", 33}};
  (void)state;
  expect_of((asked){.method = "POST", .url = "https://example.amazonaws.com/", .body = "Param1=value1", .headers = &form, .n_headers = 1},
            "SignedHeaders=content-type;host;x-amz-date, ", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

/* post-sts-header-before: the session's token is signed. */
static void a_session(void **state)
{
  static const char token[] = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7"
                              "mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6"
                              "d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  pl_auth session = suite;
  pl_header out[PL_SIGNATURE_HEADERS];
  pl_buf texts;
  (void)state;
  session.token = pl_str_of(token);
  const asked q = {.auth = &session, .method = "POST", .url = "https://example.amazonaws.com/", .time_s = SUITE_TIME};
  expect_of(q, "SignedHeaders=host;x-amz-date;x-amz-security-token, ", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
  assert_int_equal(sign_with(&pl_alloc_default, &q, &texts, out), 3);
  assert_true(pl_str_eqc(out[2].name, "X-Amz-Security-Token") && pl_str_eqc(out[2].value, token));
  pl_buf_fini(&texts);
}

/* S3 signs the payload's hash as a header, takes the path as it is, and a parameter without value has an empty one. */
static void the_documentation_of_s3(void **state)
{
  static const char names[] = "SignedHeaders=host;x-amz-content-sha256;x-amz-date, ";
  (void)state;
  expect_of((asked){.auth = &s3, .url = "https://examplebucket.s3.amazonaws.com/?lifecycle", .time_s = S3_TIME}, names,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  expect_of((asked){.auth = &s3, .url = "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", .time_s = S3_TIME}, names,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void the_headers_as_they_are_sent(void **state)
{
  pl_header out[PL_SIGNATURE_HEADERS];
  pl_buf texts;
  (void)state;
  const asked q = {.auth = &s3, .method = "GET", .url = "http://h:9000/b", .time_s = S3_TIME};
  assert_int_equal(sign_with(&pl_alloc_default, &q, &texts, out), 3);
  assert_true(pl_str_eqc(out[0].name, "X-Amz-Date") && pl_str_eqc(out[0].value, "20130524T000000Z"));
  assert_true(pl_str_starts(out[1].value, PL_STR("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ")));
  assert_true(pl_str_eqc(out[2].name, "X-Amz-Content-Sha256"));
  assert_true(pl_str_eqc(out[2].value, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  pl_buf_fini(&texts);
}

/* What means the same has the same signature: spaces around a value and runs of them, an escape in another form. */
static void equal_requests_are_equal(void **state)
{
  static const pl_header loose = {{"X-AMZ-Meta-A", 12}, {"  a   b ", 8}}, tight = {{"x-amz-meta-a", 12}, {"a b", 3}};
  static const char *const urls[] = {"https://example.amazonaws.com/?a=%7e&b=%2b", "https://example.amazonaws.com/?b=%2B&a=~"};
  pl_buf texts[2];
  pl_header out[PL_SIGNATURE_HEADERS];
  (void)state;
  for (int i = 0; i < 2; i++) {
    const asked q = {.auth = &suite, .method = "GET", .url = urls[i], .headers = i ? &tight : &loose, .n_headers = 1, .time_s = SUITE_TIME};
    assert_true(sign_with(&pl_alloc_default, &q, &texts[i], out) == 2);
  }
  assert_string_equal(pl_buf_cstr(&texts[0]), pl_buf_cstr(&texts[1]));
  pl_buf_fini(&texts[0]);
  pl_buf_fini(&texts[1]);
}

static void limits(void **state)
{
  char url[2000] = "https://h/?";
  char region[200];
  pl_header headers[70], out[PL_SIGNATURE_HEADERS];
  pl_auth far = suite;
  pl_buf texts;
  (void)state;
  for (size_t i = 0; i < 300; i++)
    strcat(url, "a&");
  assert_int_equal(sign_with(&pl_alloc_default, &(asked){.auth = &suite, .method = "GET", .url = url, .time_s = SUITE_TIME}, &texts, out), PL_ELIMIT);
  pl_buf_fini(&texts);
  for (size_t i = 0; i < 70; i++)
    headers[i] = (pl_header){PL_STR("x-amz-meta-a"), PL_STR("1")};
  const asked many = {.auth = &suite, .method = "GET", .url = "https://h/", .headers = headers, .n_headers = 70, .time_s = SUITE_TIME};
  assert_int_equal(sign_with(&pl_alloc_default, &many, &texts, out), PL_ELIMIT);
  pl_buf_fini(&texts);
  memset(region, 'r', sizeof region);
  far.region = (pl_str){region, sizeof region};
  assert_int_equal(sign_with(&pl_alloc_default, &(asked){.auth = &far, .method = "GET", .url = "https://h/", .time_s = SUITE_TIME}, &texts, out), PL_ELIMIT);
  pl_buf_fini(&texts);
}

static int sign_once(const pl_allocator *a, void *user)
{
  static const asked q = {.auth = &suite, .method = "GET", .url = "https://h/a%20b?c=d", .time_s = SUITE_TIME};
  pl_header out[PL_SIGNATURE_HEADERS];
  pl_buf texts;
  (void)user;
  int code = sign_with(a, &q, &texts, out);
  pl_buf_fini(&texts);
  return code > 0 ? PL_OK : code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  (void)state;
  failing_every(sign_once, NULL, 50);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_suite), cmocka_unit_test(a_path_in_another_form), cmocka_unit_test(a_body_and_its_type), cmocka_unit_test(a_session),
                                     cmocka_unit_test(the_documentation_of_s3), cmocka_unit_test(the_headers_as_they_are_sent),
                                     cmocka_unit_test(equal_requests_are_equal), cmocka_unit_test(limits),
                                     cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

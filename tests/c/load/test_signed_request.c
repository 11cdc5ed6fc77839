/* Heads of their time: a new one for each request, and the one before where there is no memory. */
#include "load/signed_request.h"

#include "load/bare_worker.h"

static const pl_auth key = {.kind = PL_AUTH_SIGV4, .user = {"AKIDEXAMPLE", 11}, .password = {"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40},
                            .region = {"us-east-1", 9}, .service = {"service", 7}};

/* A user whose requests are signed. */
static void begin_signed(bare_worker *b)
{
  bare_open(b, &pl_alloc_default, "http://example.amazonaws.com/");
  b->scenario.auth = key;
  pl_user_init(&b->user, &b->executor, 0);
}

/* A user whose requests carry a token that was set once. */
static void begin_token(bare_worker *b, const pl_allocator *a, const char *text)
{
  bare_open(b, a, "http://h/");
  b->scenario.auth = (pl_auth){.kind = PL_AUTH_OAUTH2, .renewed = pl_token_new(&pl_alloc_default)};
  assert_int_equal(pl_token_set(b->scenario.auth.renewed, pl_str_of(text)), PL_OK);
  pl_user_init(&b->user, &b->executor, 0);
}

static void end_token(bare_worker *b)
{
  bare_close(b);
  pl_token_drop(b->scenario.auth.renewed);
}

static bool carries(const bare_worker *b, const char *text)
{
  pl_str head = b->user.exchange.head;
  return memmem(head.data, head.len, text, strlen(text)) != NULL;
}

static void two_kinds_are_such(void **state)
{
  (void)state;
  for (int kind = PL_AUTH_NONE; kind <= PL_AUTH_OAUTH2; kind++) {
    pl_scenario s = {.auth.kind = (enum pl_auth_kind)kind};
    assert_int_equal(pl_is_signed(&s), kind == PL_AUTH_SIGV4 || kind == PL_AUTH_OAUTH2);
  }
}

/* "get-vanilla" of the test suite that AWS publishes. */
static void a_signature_is_of_the_time_of_its_request(void **state)
{
  bare_worker b;
  (void)state;
  begin_signed(&b);
  assert_true(pl_sign_request(&b.user));
  assert_true(carries(&b, "X-Amz-Date: 20150830T123600Z\r\n"));
  assert_true(carries(&b, "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31\r\n"));
  pl_fake_clock_advance(&b.clock, PL_S_NS);
  assert_true(pl_sign_request(&b.user));
  assert_true(carries(&b, "X-Amz-Date: 20150830T123601Z\r\n"));
  assert_false(carries(&b, "5fa00fa31553b73e"));
  bare_close(&b);
}

/* Headers of the scenario stay, and signatures do not pile up behind them. */
static void a_signature_takes_the_place_of_the_one_before(void **state)
{
  static const pl_header own = {{"X-Own", 5}, {"1", 1}};
  bare_worker b;
  (void)state;
  begin_signed(&b);
  b.executor.request.parts.headers = &own;
  b.executor.request.parts.n_headers = 1;
  assert_true(pl_sign_request(&b.user));
  size_t n = b.user.exchange.parts->n_headers;
  assert_true(n > 1 && n <= 1 + PL_SIGNATURE_HEADERS);
  for (int i = 0; i < 3; i++)
    assert_true(pl_sign_request(&b.user));
  assert_int_equal(b.user.exchange.parts->n_headers, n);
  assert_true(carries(&b, "X-Own: 1\r\n"));
  bare_close(&b);
}

static void a_file_is_not_hashed(void **state)
{
  static const char hash_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  bare_worker b;
  (void)state;
  begin_signed(&b);
  b.scenario.auth.service = PL_STR("s3"); /* says its hash */
  assert_true(pl_sign_request(&b.user));
  assert_true(carries(&b, hash_of_nothing));
  b.scenario.has_file = true;
  assert_true(pl_sign_request(&b.user));
  assert_true(carries(&b, "UNSIGNED-PAYLOAD"));
  assert_false(carries(&b, hash_of_nothing));
  bare_close(&b);
}

/* The worker's copy is another one by the time of a redirect: the request in flight keeps its own. */
static void a_token_is_the_newest_and_stays_with_its_request(void **state)
{
  bare_worker b;
  (void)state;
  begin_token(&b, &pl_alloc_default, "one");
  assert_true(pl_sign_request(&b.user));
  assert_true(carries(&b, "\r\nAuthorization: Bearer one\r\n"));
  assert_int_equal(b.user.bearer, 1);
  assert_int_equal(pl_token_set(b.scenario.auth.renewed, PL_STR("two")), PL_OK);
  assert_true(pl_str_eqc(pl_user_bearer(&b.user), "Bearer two"));
  assert_true(pl_str_eqc(b.user.exchange.parts->authorization, "Bearer one"));
  assert_true(pl_sign_request(&b.user));
  assert_true(carries(&b, "\r\nAuthorization: Bearer two\r\n"));
  assert_int_equal(b.user.bearer, 2);
  end_token(&b);
}

/* Allocation n of the second request is refused, whose token is longer than the first. Returns whether there was such a one. */
static bool refuse(size_t n)
{
  static char longer[3000];
  bare_worker b;
  failing f;
  memset(longer, 'x', sizeof longer - 1);
  failing_init(&f, 0);
  begin_token(&b, &f.allocator, "one");
  assert_true(pl_sign_request(&b.user));
  const pl_exchange before = b.user.exchange;
  char head[300];
  assert_true(before.head.len < sizeof head);
  (void)pl_copy(head, sizeof head, before.head);
  assert_int_equal(pl_token_set(b.scenario.auth.renewed, pl_str_of(longer)), PL_OK);
  f.fail_at = f.calls + n;
  bool good = pl_sign_request(&b.user);
  bool refused = f.calls >= f.fail_at;
  assert_int_equal(good, !refused);
  if (refused) {
    assert_ptr_equal(b.user.exchange.head.data, before.head.data);
    assert_true(pl_str_eqc(b.user.exchange.head, head));
    assert_true(pl_str_eqc(b.user.exchange.parts->authorization, "Bearer one"));
  } else {
    assert_true(carries(&b, longer));
  }
  end_token(&b);
  assert_int_equal(f.live, 0);
  return refused;
}

static void without_memory_the_one_before_goes_again(void **state)
{
  size_t n = 1;
  (void)state;
  while (refuse(n))
    n++;
  assert_true(n > 3); /* the copy, the texts, the head */
}

/* Nothing was signed yet: the plain head of the scenario goes. */
static void without_memory_for_the_first_nothing_changes(void **state)
{
  (void)state;
  for (size_t n = 1; n < 4; n++) {
    bare_worker b;
    failing f;
    failing_init(&f, n);
    begin_token(&b, &f.allocator, "one");
    b.user.exchange.head = PL_STR("plain");
    assert_false(pl_sign_request(&b.user));
    assert_true(pl_str_eqc(b.user.exchange.head, "plain"));
    f.fail_at = 0;
    assert_true(pl_sign_request(&b.user));
    assert_true(carries(&b, "Bearer one"));
    end_token(&b);
    assert_int_equal(f.live, 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_kinds_are_such),
      cmocka_unit_test(a_signature_is_of_the_time_of_its_request),
      cmocka_unit_test(a_signature_takes_the_place_of_the_one_before),
      cmocka_unit_test(a_file_is_not_hashed),
      cmocka_unit_test(a_token_is_the_newest_and_stays_with_its_request),
      cmocka_unit_test(without_memory_the_one_before_goes_again),
      cmocka_unit_test(without_memory_for_the_first_nothing_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

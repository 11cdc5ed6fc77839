/* Digest authentication on the wire. */
#include "load/auth.h"
#include "load/wire.h"

#define ASKED "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"b\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"%s\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n"

static const pl_auth mufasa = {.kind = PL_AUTH_DIGEST, .user = {"Mufasa", 6}, .password = {"Circle of Life", 14}};

typedef struct fixture {
  wire w;
  pl_digest digest;
} fixture;

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  wire_open(&f->w, 0);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  wire_close(&f->w);
  free(f);
  return 0;
}

static wire_exchange *request(fixture *f)
{
  wire_exchange *e = wire_request(&f->w, 0, "GET", f->w.url[0]);
  e->parts.auth = &mufasa;
  e->x.digest = &f->digest;
  wire_send(e);
  return e;
}

static void ask(int fd, const char *nonce)
{
  char text[300];
  (void)snprintf(text, sizeof text, ASKED, nonce);
  wire_write(fd, text);
}

static void a_challenge_is_answered_and_the_next_request_answers_it_in_advance(void **state)
{
  fixture *f = *state;
  wire_exchange *e = request(f);
  int fd = wire_accept(&f->w, 0);
  assert_null(strcasestr(wire_read(&f->w, fd), "authorization"));
  ask(fd, "n1");
  const char *text = wire_read(&f->w, fd);
  assert_non_null(strstr(text, "Authorization: Digest username=\"Mufasa\", realm=\"r\", nonce=\"n1\", uri=\"/a?q=1\""));
  assert_non_null(strstr(text, "nc=00000001"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_ptr_equal(e->x.parts, &e->parts);
  wire_send(e);
  assert_non_null(strstr(wire_read(&f->w, fd), "nc=00000002"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
}

static void a_stale_nonce_is_replaced_and_a_refusal_stands(void **state)
{
  fixture *f = *state;
  f->digest = (pl_digest){.known = true, .qop = true, .realm = "r", .nonce = "old"};
  wire_exchange *e = request(f);
  int fd = wire_accept(&f->w, 0);
  assert_non_null(strstr(wire_read(&f->w, fd), "nonce=\"old\""));
  ask(fd, "new");
  assert_non_null(strstr(wire_read(&f->w, fd), "nonce=\"new\""));
  ask(fd, "newer");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_NONE);
  assert_int_equal(e->status, 401);
  close(fd);
}

static void another_origin_gets_no_answer(void **state)
{
  fixture *f = *state;
  wire_exchange *e = request(f);
  int fd = wire_accept(&f->w, 0);
  (void)wire_read(&f->w, fd);
  char text[200];
  (void)snprintf(text, sizeof text, "HTTP/1.1 302 X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", f->w.url[1]);
  wire_write(fd, text);
  int other = wire_accept(&f->w, 1);
  (void)wire_read(&f->w, other);
  ask(other, "n1");
  wire_await(e);
  assert_int_equal(e->status, 401);
  close(fd);
  close(other);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_challenge_is_answered_and_the_next_request_answers_it_in_advance),
      CASE(a_stale_nonce_is_replaced_and_a_refusal_stands),
      CASE(another_origin_gets_no_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

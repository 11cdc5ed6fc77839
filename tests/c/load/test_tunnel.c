/* CONNECT through a proxy, whose side the test has in its hands. */
#include "load/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/failing.h"

typedef struct fixture {
  pl_tunnel *t;
  int fd[2]; /* ours, the proxy's */
  char why[96];
} fixture;

static const pl_proxy proxy = {.host = {"proxy.example", 13}, .port = 3128};

static void open_to(fixture *f, const pl_proxy *p, const char *host)
{
  f->t = pl_tunnel_new(&pl_alloc_default, p, pl_str_of(host), 443);
  assert_non_null(f->t);
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, f->fd), 0);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_tunnel_free(f->t);
  close(f->fd[0]);
  close(f->fd[1]);
  free(f);
  return 0;
}

static enum pl_tunnel_progress step(fixture *f)
{
  return pl_tunnel_step(f->t, f->fd[0], f->why);
}

static void expect_request(fixture *f, const char *text)
{
  char bytes[1024] = "";
  assert_int_equal(step(f), PL_TUNNEL_READS);
  assert_true(recv(f->fd[1], bytes, sizeof bytes - 1, 0) > 0);
  assert_string_equal(bytes, text);
}

static void say(fixture *f, const char *text)
{
  assert_int_equal(send(f->fd[1], text, strlen(text), 0), (ssize_t)strlen(text));
}

static void the_target_is_asked_for(void **state)
{
  fixture *f = *state;
  open_to(f, &proxy, "shop.example");
  expect_request(f, "CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n");
  say(f, "HTTP/1.1 200 Connection established\r\n");
  assert_int_equal(step(f), PL_TUNNEL_READS);
  say(f, "Content-Length: 7\r\n\r\n"); /* of a good answer it means nothing */
  assert_int_equal(step(f), PL_TUNNEL_STANDS);
}

static void with_a_password_and_an_address(void **state)
{
  fixture *f = *state;
  pl_proxy p = proxy;
  p.authorization = PL_STR("Basic bWU6cHc=");
  open_to(f, &p, "::1");
  expect_request(f, "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n");
}

static void expect_failure(fixture *f, const char *answer, const char *why)
{
  open_to(f, &proxy, "shop.example");
  assert_int_equal(step(f), PL_TUNNEL_READS);
  say(f, answer);
  assert_int_equal(step(f), PL_TUNNEL_FAILED);
  assert_string_equal(f->why, why);
}

static void a_refusal_has_the_status_of_the_proxy(void **state)
{
  expect_failure(*state, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
                 "proxy: CONNECT was refused: 407 Proxy Authentication Required");
}

static void what_is_no_answer_is_told(void **state)
{
  expect_failure(*state, "SSH-2.0-OpenSSH\r\n\r\n", "proxy: the answer does not begin with an HTTP/1 status line");
}

static void the_target_does_not_speak_first(void **state)
{
  expect_failure(*state, "HTTP/1.1 200 OK\r\n\r\nhello", "proxy: bytes that nobody asked for");
}

static void a_proxy_that_hangs_up_is_told(void **state)
{
  fixture *f = *state;
  open_to(f, &proxy, "shop.example");
  assert_int_equal(step(f), PL_TUNNEL_READS);
  assert_int_equal(shutdown(f->fd[1], SHUT_WR), 0);
  assert_int_equal(step(f), PL_TUNNEL_FAILED);
  assert_string_equal(f->why, "proxy: it closed the connection");
}

static void an_endless_head_has_an_end(void **state)
{
  fixture *f = *state;
  char line[1001];
  memset(line, 'x', sizeof line);
  line[1000] = '\0';
  open_to(f, &proxy, "shop.example");
  assert_int_equal(step(f), PL_TUNNEL_READS);
  say(f, "HTTP/1.1 200 OK\r\nX: ");
  for (int i = 0; i < 16; i++) {
    say(f, line);
    assert_int_equal(step(f), PL_TUNNEL_READS);
  }
  say(f, line);
  assert_int_equal(step(f), PL_TUNNEL_FAILED);
}

static int make(const pl_allocator *a, void *user)
{
  (void)user;
  pl_tunnel *t = pl_tunnel_new(a, &proxy, PL_STR("shop.example"), 443);
  pl_tunnel_free(t);
  return t ? PL_OK : PL_ENOMEM;
}

static void want_of_memory_is_told(void **state)
{
  (void)state;
  failing_every(make, NULL, 10);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(the_target_is_asked_for),
      CASE(with_a_password_and_an_address),
      CASE(a_refusal_has_the_status_of_the_proxy),
      CASE(what_is_no_answer_is_told),
      CASE(the_target_does_not_speak_first),
      CASE(a_proxy_that_hangs_up_is_told),
      CASE(an_endless_head_has_an_end),
      cmocka_unit_test(want_of_memory_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

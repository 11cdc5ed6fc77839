/* Look-ups and connects that wait, against sockets of the test's own. */
#include "net/reach.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/failing.h"

static pl_address loopback(uint16_t port)
{
  return (pl_address){.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)}};
}

static void literals_and_local_names_are_looked_up(void **state)
{
  pl_addresses a = {.n = 3}; /* of a look-up before */
  char text[64];
  (void)state;
  assert_int_equal(pl_reach_look_up("127.0.0.1", "8080", &a, NULL), PL_OK);
  assert_int_equal(a.n, 1);
  pl_address_text(&a.list[0], text, sizeof text);
  assert_string_equal(text, "127.0.0.1:8080");
  assert_int_equal(pl_reach_look_up("::1", "http", &a, NULL), PL_OK);
  assert_int_equal(a.n, 1);
  pl_address_text(&a.list[0], text, sizeof text);
  assert_string_equal(text, "[::1]:80");
  assert_int_equal(pl_reach_look_up("localhost", "1", &a, NULL), PL_OK);
  assert_in_range(a.n, 1, PL_ADDRESSES_MAX);
}

static void what_does_not_resolve_is_named(void **state)
{
  pl_addresses a = {0};
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_reach_look_up("no-such-name.invalid", "80", &a, &err), PL_ERESOLVE);
  assert_memory_equal(err.message, "no-such-name.invalid:80: ", 25);
  assert_int_equal(pl_reach_look_up("127.0.0.1", "no_such_service", &a, NULL), PL_ERESOLVE);
  assert_int_equal(a.n, 0);
}

/* A port is bound before it listens: nobody else takes it, and a connect to it is refused. */
static void a_connect_finds_who_listens(void **state)
{
  pl_address a = loopback(0);
  socklen_t size = sizeof a.v4;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)state;
  assert_int_equal(bind(fd, &a.any, size), 0);
  assert_int_equal(getsockname(fd, &a.any, &size), 0);
  assert_false(pl_reach_connect(&a));
  assert_int_equal(listen(fd, 4), 0);
  assert_true(pl_reach_connect(&a));
  int peer = accept(fd, NULL, NULL);
  char byte;
  assert_int_equal(read(peer, &byte, 1), 0); /* it was closed again, and nothing was said */
  close(peer);
  close(fd);
}

static void a_family_that_there_is_not_is_not_reached(void **state)
{
  pl_address a = {.any.sa_family = AF_UNSPEC};
  (void)state;
  assert_false(pl_reach_connect(&a));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(literals_and_local_names_are_looked_up), cmocka_unit_test(what_does_not_resolve_is_named),
      cmocka_unit_test(a_connect_finds_who_listens), cmocka_unit_test(a_family_that_there_is_not_is_not_reached),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who listens: this test does. */
#include "sample/listener.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/failing.h"

static int listen_on(pl_address *a, socklen_t size, int family)
{
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, &a->any, size), 0);
  assert_int_equal(listen(fd, 5), 0);
  assert_int_equal(getsockname(fd, &a->any, &size), 0);
  return fd;
}

static void tcp(void **state)
{
  pl_address a = {.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
  pl_listener found;
  (void)state;
  int fd = listen_on(&a, sizeof a.v4, AF_INET);
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &a, &found), PL_OK);
  assert_int_equal(found.n_pids, 1);
  assert_int_equal(found.pids[0], getpid());
  assert_memory_equal(found.name, "test_sample_lis", 15); /* the kernel keeps 15 characters */
  assert_false(found.tunnel);
  close(fd);
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &a, &found), PL_ENOENT);
}

static void everywhere(void **state)
{
  pl_address a = {.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}}};
  pl_listener found;
  (void)state;
  int fd = listen_on(&a, sizeof a.v4, AF_INET);
  a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &a, &found), PL_OK);
  assert_int_equal(found.pids[0], getpid());
  a.v4.sin_addr.s_addr = htonl(0xC0000201); /* 192.0.2.1: not this machine's */
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &a, &found), PL_ENOENT);
  close(fd);
}

/* A socket behind thousands of others, as a server that accepted before it listened would have it. */
static void a_late_descriptor(void **state)
{
  enum { FIRST = 100, LATE = 900 };
  pl_address a = {.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
  pl_listener found;
  (void)state;
  int fd = listen_on(&a, sizeof a.v4, AF_INET);
  for (int i = FIRST; i < LATE; i++)
    assert_int_equal(dup2(STDERR_FILENO, i), i);
  assert_int_equal(dup2(fd, LATE), LATE);
  close(fd);
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &a, &found), PL_OK);
  assert_int_equal(found.pids[0], getpid());
  for (int i = FIRST; i <= LATE; i++)
    close(i);
}

/* :: serves IPv4 too; an address of IPv6 serves itself alone. */
static void ipv6(void **state)
{
  pl_address any = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT}};
  pl_address loopback = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
  pl_address v4 = {.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
  pl_listener found;
  (void)state;
  if (access("/proc/net/if_inet6", R_OK) != 0)
    skip();
  int fd = listen_on(&any, sizeof any.v6, AF_INET6);
  v4.v4.sin_port = any.v6.sin6_port;
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &v4, &found), PL_OK);
  assert_int_equal(found.pids[0], getpid());
  close(fd);
  fd = listen_on(&loopback, sizeof loopback.v6, AF_INET6);
  v4.v4.sin_port = loopback.v6.sin6_port;
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &loopback, &found), PL_OK);
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &v4, &found), PL_ENOENT);
  close(fd);
}

static void unix_sockets(void **state)
{
  pl_address a = {.un = {.sun_family = AF_UNIX}};
  pl_listener found;
  (void)state;
  (void)snprintf(a.un.sun_path, sizeof a.un.sun_path, "/tmp/perilune-test-%d.sock", (int)getpid());
  int fd = listen_on(&a, sizeof a.un, AF_UNIX);
  assert_int_equal(pl_listener_find(&pl_alloc_default, "/proc", &a, &found), PL_OK);
  assert_int_equal(found.pids[0], getpid());
  close(fd);
  unlink(a.un.sun_path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(tcp), cmocka_unit_test(everywhere),
      cmocka_unit_test(a_late_descriptor), cmocka_unit_test(unix_sockets), cmocka_unit_test(ipv6)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Listening sockets as the kernel lists them: one of this test's own, by its address and inode. */
#include "sample/sock_diag.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/failing.h"

typedef struct wanted {
  pl_address address;
  uint64_t inode;
  int n;
} wanted;

static void compare(void *user, const pl_address *local, uint64_t inode)
{
  wanted *w = user;
  bool same = local->any.sa_family == AF_INET6
                  ? memcmp(&local->v6.sin6_addr, &w->address.v6.sin6_addr, sizeof local->v6.sin6_addr) == 0 && local->v6.sin6_port == w->address.v6.sin6_port
                  : local->v4.sin_addr.s_addr == w->address.v4.sin_addr.s_addr && local->v4.sin_port == w->address.v4.sin_port;
  w->n += same && local->any.sa_family == w->address.any.sa_family && inode == w->inode;
}

/* Binds a socket to a free port; w says what the kernel should list. */
static int bind_one(wanted *w, pl_address address, socklen_t size)
{
  struct stat info;
  int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, &address.any, size), 0);
  assert_int_equal(getsockname(fd, &address.any, &size), 0);
  assert_int_equal(fstat(fd, &info), 0);
  *w = (wanted){.address = address, .inode = (uint64_t)info.st_ino};
  return fd;
}

static void only_sockets_that_listen(void **state)
{
  wanted w;
  (void)state;
  int fd = bind_one(&w, (pl_address){.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}}, sizeof(struct sockaddr_in));
  if (pl_sock_diag_listening(AF_INET, compare, &w)) { /* a kernel without CONFIG_INET_DIAG */
    close(fd);
    skip();
  }
  assert_int_equal(w.n, 0); /* bound, but it does not listen */
  assert_int_equal(listen(fd, 1), 0);
  assert_int_equal(pl_sock_diag_listening(AF_INET, compare, &w), PL_OK);
  assert_int_equal(w.n, 1);
  assert_int_equal(pl_sock_diag_listening(AF_INET6, compare, &w), PL_OK);
  assert_int_equal(w.n, 1); /* of the other family alone */
  close(fd);
  assert_int_equal(pl_sock_diag_listening(AF_INET, compare, &w), PL_OK);
  assert_int_equal(w.n, 1);
}

static void ipv6(void **state)
{
  wanted w;
  (void)state;
  if (access("/proc/net/if_inet6", R_OK) != 0)
    skip();
  int fd = bind_one(&w, (pl_address){.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}}, sizeof(struct sockaddr_in6));
  assert_int_equal(listen(fd, 1), 0);
  int code = pl_sock_diag_listening(AF_INET6, compare, &w);
  close(fd);
  if (code)
    skip();
  assert_int_equal(w.n, 1);
}

static void a_family_that_has_no_tcp(void **state)
{
  wanted w = {.n = 0};
  (void)state;
  assert_int_equal(pl_sock_diag_listening(AF_MAX, compare, &w), PL_EIO);
  assert_int_equal(w.n, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(only_sockets_that_listen), cmocka_unit_test(ipv6), cmocka_unit_test(a_family_that_has_no_tcp)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sockets that listen. */
#include "net/listen.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "support/failing.h"

static pl_address local(uint16_t port)
{
  return (pl_address){.v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
}

static void a_port_is_taken_once(void **state)
{
  pl_error err = {0};
  pl_address a = local(0);
  (void)state;
  int fd = pl_listen(&a, &err);
  assert_true(fd >= 0 && pl_listen_port(fd) > 0);
  a = local(pl_listen_port(fd));
  assert_int_equal(pl_listen(&a, &err), -1);
  assert_int_equal(err.code, PL_EBUSY);
  (void)close(fd);
  assert_int_equal(pl_listen_port(fd), 0);
}

static void it_is_this_machines(void **state)
{
  pl_error err = {0};
  pl_address a = local(0);
  (void)state;
  a.v4.sin_addr.s_addr = htonl(0xc0000201); /* of the documentation's block */
  assert_int_equal(pl_listen(&a, &err), -1);
  assert_int_equal(err.code, PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_port_is_taken_once), cmocka_unit_test(it_is_this_machines)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

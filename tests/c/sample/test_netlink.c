/* Answers of the real kernel, and attributes as they may come. */
#include "sample/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "support/failing.h"

static void count(void *user, pl_str body)
{
  assert_true(body.len >= sizeof(struct ifinfomsg));
  ++*(int *)user;
}

static void all_interfaces(void **state)
{
  const struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
  const pl_str body = {(const char *)&all, sizeof all};
  pl_netlink n;
  int found = 0, again = 0;
  (void)state;
  assert_int_equal(pl_netlink_open(&n, NETLINK_ROUTE), PL_OK);
  assert_int_equal(pl_netlink_dump(&n, RTM_GETLINK, body, RTM_NEWLINK, count, &found), PL_OK);
  assert_true(found > 0);
  assert_int_equal(pl_netlink_dump(&n, RTM_GETLINK, body, RTM_NEWLINK, count, &again), PL_OK);
  assert_int_equal(again, found);
  assert_int_equal(pl_netlink_dump(&n, 0x3ff, body, RTM_NEWLINK, count, &found), PL_EIO); /* there is no such question */
  pl_netlink_close(&n);
  pl_netlink_close(&n);
  assert_int_equal(pl_netlink_open(&n, 255), PL_EIO);
}

static void attributes(void **state)
{
  static const unsigned char good[] = {6, 0, 1, 0, 'a', 'b', 0, 0, 5, 0, 2, 0x80, 'c'}; /* the last one without its padding, with a flag */
  pl_str rest = {(const char *)good, sizeof good}, value;
  uint16_t type;
  (void)state;
  assert_true(pl_netlink_attribute(&rest, &type, &value));
  assert_true(type == 1 && pl_str_eqc(value, "ab"));
  assert_true(pl_netlink_attribute(&rest, &type, &value));
  assert_true(type == 2 && pl_str_eqc(value, "c"));
  assert_false(pl_netlink_attribute(&rest, &type, &value));
  for (size_t len = 0; len < 6; len++) { /* cut short */
    rest = (pl_str){(const char *)good, len};
    assert_false(pl_netlink_attribute(&rest, &type, &value));
  }
  rest = (pl_str){"\3\0\1\0", 4}; /* shorter than its own head */
  assert_false(pl_netlink_attribute(&rest, &type, &value));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_interfaces), cmocka_unit_test(attributes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* /proc/net/arp: neighbours by device. */
#include "sample/sampled.h"

static void neighbours_are_counted(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "net/arp", "IP address       HW type     Flags       HW address            Mask     Device\n"
                              "192.168.1.1    0x1         0x2         cc:aa:dd:ee:aa:bb     *        eth0\n"
                              "192.168.1.2    0x1         0x2         bb:cc:dd:ee:ff:aa     *        eth1\n"
                              "192.168.1.3    0x1         0x2         aa:bb:cc:dd:ee:ff     *        eth0\n");
  sampled_read(&s, "host", "", NULL, 0, PL_OK);
  sampled_is(&s, "node_arp_entries{device=eth0}", 2);
  sampled_is(&s, "node_arp_entries{device=eth1}", 1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(neighbours_are_counted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

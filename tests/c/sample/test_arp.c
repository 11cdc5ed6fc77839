/* /proc/net/arp: neighbours by device. */
#include "sample/sampled.h"

static void neighbours_are_counted(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/arp", "IP address       HW type     Flags       HW address            Mask     Device\n"
                                   "192.168.1.1    0x1         0x2         cc:aa:dd:ee:aa:bb     *        eth0\n"
                                   "192.168.1.2    0x1         0x2         bb:cc:dd:ee:ff:aa     *        eth1\n"
                                   "192.168.1.3    0x1         0x2         aa:bb:cc:dd:ee:ff     *        eth0\n");
  sampled_is(&s, "node_arp_entries{device=eth0}", 2);
  sampled_is(&s, "node_arp_entries{device=eth1}", 1);
  sampled_close(&s);
}

static void of_more_devices_than_are_counted(void **state)
{
  static sampled s;
  char text[4096] = "a heading\n";
  size_t n = strlen(text);
  (void)state;
  for (int i = 0; i < 66; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "10.0.0.1 0x1 0x2 cc:aa:dd:ee:aa:bb * veth%d\n", i);
  sampled_host_with(&s, "net/arp", text);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_arp_entries{device=veth63}", 1);
  assert_int_equal(sampled_find(&s, "node_arp_entries{device=veth64}"), -1);
  const char *said = strstr(s.said, "neighbours of more than 64 devices: left out\n");
  assert_non_null(said);
  assert_null(strstr(said + 1, "neighbours"));
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(neighbours_are_counted), cmocka_unit_test(of_more_devices_than_are_counted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

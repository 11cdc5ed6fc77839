/* Bonds and the members that are up, by the names of old kernels and new ones. */
#include "sample/sampled.h"

static void members_that_are_up(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "class/net/bonding_masters", "bond0 int\n");
  sampled_file(&s, "class/net/bond0/bonding/slaves", "");
  sampled_file(&s, "class/net/int/bonding/slaves", "eth5 eth1\n");
  sampled_file(&s, "class/net/int/lower_eth5/bonding_slave/mii_status", "down\n");
  sampled_file(&s, "class/net/int/slave_eth1/bonding_slave/mii_status", "up\n");
  sampled_host(&s);
  sampled_is(&s, "node_bonding_slaves{master=int}", 2);
  sampled_is(&s, "node_bonding_active{master=int}", 1);
  sampled_is(&s, "node_bonding_slaves{master=bond0}", 0);
  sampled_file(&s, "class/net/int/lower_eth5/bonding_slave/mii_status", "up\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_bonding_active{master=int}", 2);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(members_that_are_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

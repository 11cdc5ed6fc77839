/* /proc/net/dev. */
#include "sample/sampled.h"

static void network_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "net/dev", "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop\n"
                             "    lo: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n  eth0:5 6 7 8 0 0 0 0 9 10 11 12 0 0 0 0\n");
  sampled_read(&s, "host", "", NULL, 0, PL_OK);
  sampled_is(&s, "node_network_receive_bytes_total{device=lo}", 1000);
  sampled_is(&s, "node_network_transmit_drop_total{device=lo}", 4);
  sampled_is(&s, "node_network_receive_bytes_total{device=eth0}", 5);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(network_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

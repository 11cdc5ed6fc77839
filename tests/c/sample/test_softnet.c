/* /proc/net/softnet_stat, of new kernels and of old ones. */
#include "sample/sampled.h"

static void new_kernels_say_the_cpu(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/softnet_stat", "298a4203 000105bd 00000061 00000000 00000000 00000000 00000000 00000000 00000001 00000002 00000003 00000004 00000000 00000000 00000000\n"
                                            "00000010 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000003 00000000 00000000\n");
  sampled_is(&s, "node_softnet_processed_total{cpu=0}", 0x298a4203);
  sampled_is(&s, "node_softnet_dropped_total{cpu=0}", 0x105bd);
  sampled_is(&s, "node_softnet_times_squeezed_total{cpu=0}", 0x61);
  sampled_is(&s, "node_softnet_flow_limit_count_total{cpu=0}", 3);
  sampled_is(&s, "node_softnet_backlog_len{cpu=0}", 4);
  sampled_is(&s, "node_softnet_processed_total{cpu=3}", 16);
  sampled_close(&s);
}

static void old_kernels_have_a_line_for_each(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/softnet_stat", "0000000a 0 0 0 0 0 0 0 0\n0000000b 1 0 0 0 0 0 0 0\n");
  sampled_is(&s, "node_softnet_processed_total{cpu=1}", 11);
  sampled_is(&s, "node_softnet_dropped_total{cpu=1}", 1);
  assert_int_equal(sampled_find(&s, "node_softnet_backlog_len{cpu=1}"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(new_kernels_say_the_cpu), cmocka_unit_test(old_kernels_have_a_line_for_each)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

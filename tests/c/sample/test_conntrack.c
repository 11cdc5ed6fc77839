/* /proc/net/stat/nf_conntrack: added over the CPUs, by the names in its first line. */
#include "sample/sampled.h"

static void conntrack_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "net/stat/nf_conntrack", "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"
                                            "00000021 0 1 0 3 0 0 0 0 2 a 0 0  0 0 0 4\n00000021 0 2 0 1 0 0 0 0 0 6 0 0  0 0 0 1\n");
  sampled_file(&s, "sys/net/netfilter/nf_conntrack_count", "33\n");
  sampled_file(&s, "sys/net/netfilter/nf_conntrack_max", "262144\n");
  sampled_host(&s);
  sampled_is(&s, "node_nf_conntrack_stat_found", 3);
  sampled_is(&s, "node_nf_conntrack_stat_invalid", 4);
  sampled_is(&s, "node_nf_conntrack_stat_drop", 16);
  sampled_is(&s, "node_nf_conntrack_stat_insert_failed", 2);
  sampled_is(&s, "node_nf_conntrack_stat_search_restart", 5);
  sampled_is(&s, "node_nf_conntrack_entries", 33);
  sampled_is(&s, "node_nf_conntrack_entries_limit", 262144);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(conntrack_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

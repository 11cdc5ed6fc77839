/* Sockets in use and what waits in them; open files. */
#include <unistd.h>

#include "sample/sampled.h"

static void sockets_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "sys/fs/file-nr", "1504\t0\t2400000\n");
  sampled_file(&s, "net/sockstat", "sockets: used 100\nTCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1\nUDP: inuse 1 mem 0\n");
  sampled_file(&s, "net/sockstat6", "TCP6: inuse 17\nFRAG6: inuse 0 memory 9\n");
  sampled_file(&s, "net/udp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n   0: 00000000:0016 00000000:0000 0A 00000015:00000100 00:00000000\n"
                              "   1: 00000000:0017 00000000:0000 07 00000001:00000000 00:00000000\n");
  sampled_host(&s);
  sampled_is(&s, "node_filefd_allocated", 1504);
  sampled_is(&s, "node_filefd_maximum", 2400000);
  sampled_is(&s, "node_sockstat_TCP_inuse", 5);
  sampled_is(&s, "node_sockstat_TCP_tw", 2);
  sampled_is(&s, "node_sockstat_sockets_used", 100);
  sampled_is(&s, "node_sockstat_TCP_mem", 1);
  sampled_is(&s, "node_sockstat_TCP_mem_bytes", (double)sysconf(_SC_PAGESIZE));
  sampled_is(&s, "node_sockstat_TCP6_inuse", 17);
  sampled_is(&s, "node_sockstat_FRAG6_memory", 9);
  sampled_is(&s, "node_udp_queues{queue=tx,ip=v4}", 0x16);
  sampled_is(&s, "node_udp_queues{queue=rx,ip=v4}", 0x100);
  assert_int_equal(sampled_find(&s, "node_udp_queues{queue=tx,ip=v6}"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(sockets_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

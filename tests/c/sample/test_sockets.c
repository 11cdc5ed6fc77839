/* Descriptors, sockets, retransmissions. */
#include "sample/sampled.h"

static void sockets_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "sys/fs/file-nr", "1504\t0\t2400000\n");
  sampled_file(&s, "net/sockstat", "sockets: used 100\nTCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1\nUDP: inuse 1 mem 0\n");
  sampled_file(&s, "net/snmp", "Ip: A B\nIp: 1 2\nTcp: RtoAlgorithm CurrEstab OutSegs RetransSegs\nTcp: 1 4 1000 17\n");
  sampled_read(&s, "host", "", NULL, 0, PL_OK);
  sampled_is(&s, "node_filefd_allocated", 1504);
  sampled_is(&s, "node_filefd_maximum", 2400000);
  sampled_is(&s, "node_sockstat_TCP_inuse", 5);
  sampled_is(&s, "node_sockstat_TCP_tw", 2);
  sampled_is(&s, "node_netstat_Tcp_RetransSegs", 17);
  sampled_is(&s, "node_netstat_Tcp_CurrEstab", 4);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(sockets_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

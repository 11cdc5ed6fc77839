/* /proc/net/snmp, netstat and snmp6: the usual counters, and all of them as a set. */
#include "sample/sampled.h"

#define SNMP "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoAlgorithm CurrEstab OutSegs RetransSegs\nTcp: 1 4 1000 17\n"
#define UDP "Udp: InErrors\nUdp: 3\nUdpLite: InErrors\nUdpLite: 4\n"

static void put_files(sampled *s)
{
  sampled_open(s);
  sampled_file(s, "net/snmp", SNMP UDP);
  sampled_file(s, "net/netstat", "TcpExt: SyncookiesSent ListenDrops TCPPureAcks\nTcpExt: 5 6 7\nIpExt: InOctets\nIpExt: 8\n");
  sampled_file(s, "net/snmp6", "Ip6InOctets                     \t1851\nIp6InReceives \t9\nUdpLite6InErrors \t2\n");
}

static void the_usual_ones(void **state)
{
  static sampled s;
  (void)state;
  put_files(&s);
  sampled_host(&s);
  sampled_is(&s, "node_netstat_Tcp_RetransSegs", 17);
  sampled_is(&s, "node_netstat_Tcp_CurrEstab", 4);
  assert_false(s.counter[sampled_find(&s, "node_netstat_Tcp_CurrEstab")]);
  assert_true(s.counter[sampled_find(&s, "node_netstat_Tcp_OutSegs")]);
  sampled_is(&s, "node_netstat_TcpExt_ListenDrops", 6);
  sampled_is(&s, "node_netstat_IpExt_InOctets", 8);
  sampled_is(&s, "node_netstat_Ip6_InOctets", 1851);
  sampled_is(&s, "node_netstat_UdpLite6_InErrors", 2);
  assert_int_equal(sampled_find(&s, "node_netstat_TcpExt_TCPPureAcks"), -1);
  sampled_close(&s);
}

static void all_of_them(void **state)
{
  static sampled s;
  (void)state;
  put_files(&s);
  sampled_sets(&s, "netstat");
  sampled_is(&s, "node_netstat_TcpExt_TCPPureAcks", 7);
  sampled_is(&s, "node_netstat_Ip_DefaultTTL", 64);
  sampled_is(&s, "node_netstat_Ip6_InReceives", 9);
  sampled_is(&s, "node_netstat_Tcp_RetransSegs", 17);
  sampled_close(&s);
}

/* IcmpMsg has a column for each type that was seen: what is behind it moves. */
static void columns_may_move(void **state)
{
  static sampled s;
  (void)state;
  put_files(&s);
  sampled_host(&s);
  sampled_is(&s, "node_netstat_Udp_InErrors", 3);
  sampled_file(&s, "net/snmp", "IcmpMsg: InType3\nIcmpMsg: 99\n" SNMP UDP);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_netstat_Udp_InErrors", 3);
  sampled_is(&s, "node_netstat_UdpLite_InErrors", 4);
  sampled_is(&s, "node_netstat_Tcp_RetransSegs", 17);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_usual_ones), cmocka_unit_test(all_of_them), cmocka_unit_test(columns_may_move)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

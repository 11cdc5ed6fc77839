/* What is balanced: its totals, and by backend. */
#include "sample/sampled.h"

static void totals_in_hexadecimal(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/ip_vs_stats", "   Total Incoming Outgoing         Incoming         Outgoing\n   Conns  Packets  Packets            Bytes            Bytes\n"
                                           "       A       10        0               FF                0\n\n Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n"
                                           "       4      B5        0             1E3A                0\n");
  sampled_is(&s, "node_ipvs_connections_total", 10);
  sampled_is(&s, "node_ipvs_incoming_packets_total", 16);
  sampled_is(&s, "node_ipvs_incoming_bytes_total", 255);
  sampled_close(&s);
}

static void each_backend(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/ip_vs", "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
                                     "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
                                     "TCP  C0A80016:0CEA wlc  \n  -> C0A85216:0CEA      Tunnel  100    248        2         \n"
                                     "UDP  [2620:0000:0000:0000:0000:0000:0000:0001]:0035 sh\n  -> [2620:0000:0000:0000:0000:0000:0000:0002]:0035      Route   50    7          1\n"
                                     "FWM  10001000 wlc   \n  -> C0A8321A:0050      Masq    20     64         3\n");
  sampled_is(&s, "node_ipvs_backend_weight{local_address=192.168.0.22,local_mark=,local_port=3306,proto=TCP,remote_address=192.168.82.22,remote_port=3306}", 100);
  sampled_is(&s, "node_ipvs_backend_connections_active{local_address=2620::1,local_mark=,local_port=53,proto=UDP,remote_address=2620::2,remote_port=53}", 7);
  sampled_is(&s, "node_ipvs_backend_connections_inactive{local_address=,local_mark=10001000,local_port=0,proto=FWM,remote_address=192.168.50.26,remote_port=80}", 3);
  sampled_close(&s);
}

/* Words that are no addresses, lines that are cut, backends of nobody. */
static void what_is_malformed(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/ip_vs", "  -> C0A8321A:0050 Masq 20 64 3\nTCP\nTCP  []:\n  ->\n  -> [zz]:0\n  -> C0A8321A:0050\n  -> C0A8321A:0050 Masq 5\n");
  sampled_is(&s, "node_ipvs_backend_weight{local_address=0.0.0.0,local_mark=,local_port=0,proto=TCP,remote_address=192.168.50.26,remote_port=80}", 5);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(totals_in_hexadecimal), cmocka_unit_test(each_backend), cmocka_unit_test(what_is_malformed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

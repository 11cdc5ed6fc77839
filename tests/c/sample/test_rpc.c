/* NFS as client and server, and balanced connections. */
#include "sample/sampled.h"

static void counters_are_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "net/rpc/nfs", "net 70 71 69 45\nrpc 1218785755 374636 1218815394\nproc3 22 0 1061909262 48906\nproc4 4 9 51 54 83\n");
  sampled_file(&s, "net/rpc/nfsd", "rc 0 6 18622\nfh 3 0 0 0 0\nio 157286400 72864\nth 8 0 0.000\nra 32 0 0 0 0 0 0 0 0 0 0 7\nnet 972 55 917 1\nrpc 18628 3 1 2 0\nproc4ops 72 7 7 7 1098 2\nwdeleg_getattr 15\n");
  sampled_host(&s);
  sampled_is(&s, "node_nfs_packets_total{protocol=udp}", 71);
  sampled_is(&s, "node_nfs_connections_total", 45);
  sampled_is(&s, "node_nfs_requests_total{proto=3,method=GetAttr}", 1061909262);
  sampled_is(&s, "node_nfs_requests_total{proto=4,method=Write}", 54);
  sampled_is(&s, "node_nfsd_requests_total{proto=4,method=Close}", 2);
  sampled_is(&s, "node_nfsd_requests_total{proto=4,method=WdelegGetattr}", 15);
  assert_int_equal(sampled_find(&s, "node_nfsd_requests_total{proto=4,method=-}"), -1);
  sampled_is(&s, "node_nfs_rpc_retransmissions_total", 374636);
  sampled_is(&s, "node_nfsd_file_handles_stale_total", 3);
  sampled_is(&s, "node_nfsd_rpc_errors_total{error=auth}", 2);
  sampled_is(&s, "node_nfsd_server_threads", 8);
  sampled_is(&s, "node_nfsd_read_ahead_cache_not_found_total", 7);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(counters_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

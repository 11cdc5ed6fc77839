/* /proc/net/dev, and real interfaces. */
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "sample/sampled.h"

static void network_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "net/dev", "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop\n"
                                  "    lo: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n  eth0:5 6 7 8 0 0 0 0 9 10 11 12 0 0 0 0\n");
  sampled_is(&s, "node_network_receive_bytes_total{device=lo}", 1000);
  sampled_is(&s, "node_network_transmit_drop_total{device=lo}", 4);
  sampled_is(&s, "node_network_receive_bytes_total{device=eth0}", 5);
  sampled_close(&s);
}

/* A network of our own in which interfaces may be made, whose /sys is at the folder. */
static bool leave_the_network(const char *sys)
{
  return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 && system("ip link add perilune0 type bridge && ip link delete perilune0") == 0 &&
         mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("sys", sys, "sysfs", 0, NULL) == 0;
}

/* Its figures of /proc/net/dev and of /sys/class/net begin and end with it. */
static void a_real_interface_comes_and_goes(void **state)
{
  static const char *const figures[] = {"node_network_receive_bytes_total{device=perilune0}", "node_network_mtu_bytes{device=perilune0}"};
  static sampled s;
  (void)state;
  sampled_open(&s);
  if (!leave_the_network(s.folder.folder)) {
    print_message("skipped: no interface may be made here\n");
    sampled_close(&s);
    skip();
  }
  pl_sampler_options o = sampled_options(&s, "host");
  o.proc_root = NULL;
  sampled_start(&s, &o, PL_OK);
  for (size_t i = 0; i < 2; i++)
    assert_int_equal(sampled_find(&s, figures[i]), -1);
  assert_int_equal(system("ip link add perilune0 mtu 1234 type bridge && ip link set perilune0 up"), 0);
  pl_sampler_read(s.sampler);
  sampled_is(&s, figures[0], 0);
  sampled_is(&s, figures[1], 1234);
  assert_int_equal(system("ip link delete perilune0"), 0);
  for (size_t i = 0; i < 2; i++)
    s.values[sampled_find(&s, figures[i])] = -1;
  pl_sampler_read(s.sampler);
  for (size_t i = 0; i < 2; i++)
    sampled_is(&s, figures[i], -1);
  pl_sampler_close(s.sampler);
  s.sampler = NULL;
  assert_int_equal(umount(s.folder.folder), 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(network_is_read), cmocka_unit_test(a_real_interface_comes_and_goes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

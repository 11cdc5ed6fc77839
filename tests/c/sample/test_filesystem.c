/* Mounted file systems on devices. */
#include "sample/sampled.h"

static void filesystem_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "self/mounts", "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/gone /no/such\\040place ext4 rw 0 0\nfar:/x /x nfs4 rw 0 0\n");
  sampled_read(&s, "host", "", NULL, 0, PL_OK);
  int size = sampled_find(&s, "node_filesystem_size_bytes{device=/dev/vda,fstype=ext4,mountpoint=/}");
  int free_bytes = sampled_find(&s, "node_filesystem_avail_bytes{device=/dev/vda,fstype=ext4,mountpoint=/}");
  assert_true(size >= 0 && free_bytes >= 0);
  assert_true(s.values[size] > 0 && s.values[free_bytes] <= s.values[size]);
  sampled_is(&s, "node_filesystem_readonly{device=/dev/vda,fstype=ext4,mountpoint=/}", 0);
  sampled_is(&s, "node_filesystem_device_error{device=/dev/gone,fstype=ext4,mountpoint=/no/such place}", 1);
  assert_int_equal(sampled_find(&s, "node_filesystem_size_bytes{device=/dev/gone,fstype=ext4,mountpoint=/no/such place}"), -1);
  assert_int_equal(sampled_find(&s, "node_filesystem_size_bytes{device=proc,fstype=proc,mountpoint=/proc}"), -1);
  assert_int_equal(sampled_find(&s, "node_filesystem_device_error{device=far:/x,fstype=nfs4,mountpoint=/x}"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(filesystem_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

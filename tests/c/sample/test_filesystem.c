/* Mounted file systems on devices. */
#include "sample/sampled.h"

static void filesystem_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "self/mounts", "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/gone /no/such/place ext4 rw 0 0\n");
  sampled_read(&s, "host", "", NULL, 0, PL_OK);
  int size = sampled_find(&s, "node_filesystem_size_bytes{device=/dev/vda,fstype=ext4,mountpoint=/}");
  int free_bytes = sampled_find(&s, "node_filesystem_avail_bytes{device=/dev/vda,fstype=ext4,mountpoint=/}");
  assert_true(size >= 0 && free_bytes >= 0);
  assert_true(s.values[size] > 0 && s.values[free_bytes] <= s.values[size]);
  assert_int_equal(s.n, 3);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(filesystem_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

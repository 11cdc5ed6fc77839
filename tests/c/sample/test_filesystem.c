/* Mounted file systems on devices. */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "sample/sampled.h"

static void filesystem_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "self/mounts", "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/gone /no/such\\040place ext4 rw 0 0\nfar:/x /x nfs4 rw 0 0\n");
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

/* Of this machine: a mount is seen at the next read, where one may be made. */
static void a_mount_is_seen_at_once(void **state)
{
  static sampled s;
  char path[256], want[512];
  (void)state;
  sampled_open(&s);
  (void)temporary_file(&s.folder, "mounted here/x", NULL, path, sizeof path);
  *strrchr(path, '/') = '\0';
  pl_sampler_options o = sampled_options(&s, "host");
  o.proc_root = o.sys_root = NULL;
  o.scan_ns = UINT64_C(3600000000000);
  sampled_start(&s, &o, PL_OK);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("test", path, "tmpfs", 0, "size=1m") != 0) {
    print_message("skipped: nothing may be mounted: %s\n", strerror(errno));
    sampled_close(&s);
    skip();
  }
  pl_sampler_close(s.sampler);
  s.n = 0;
  sampled_start(&s, &o, PL_OK);
  (void)snprintf(want, sizeof want, "node_filesystem_size_bytes{device=test,fstype=tmpfs,mountpoint=%s}", path);
  sampled_is(&s, want, 1 << 20);
  int size = sampled_find(&s, want);
  pl_sampler_read(s.sampler);
  assert_true(s.values[size] > 0);
  assert_int_equal(umount(path), 0);
  s.values[size] = -1;
  pl_sampler_read(s.sampler);
  assert_true(s.values[size] < 0);
  assert_int_equal(mount("test", path, "tmpfs", 0, "size=2m"), 0);
  pl_sampler_read(s.sampler);
  sampled_is(&s, want, 2 << 20);
  assert_int_equal(umount(path), 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(filesystem_is_read), cmocka_unit_test(a_mount_is_seen_at_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Facts of this machine as labels. */
#include <sys/utsname.h>

#include "sample/sampled.h"

static void facts_are_labels(void **state)
{
  static sampled s;
  struct utsname u;
  (void)state;
  assert_int_equal(uname(&u), 0);
  sampled_open(&s);
  sampled_file(&s, "class/dmi/id/sys_vendor", "Shop Inc.\n");
  sampled_file(&s, "class/dmi/id/product_name", "Till 9\n");
  sampled_file(&s, "fs/selinux/enforce", "1");
  sampled_file(&s, "devices/system/cpu/isolated", "1,3-4\n");
  sampled_host(&s);
  sampled_is(&s, "node_dmi_info{product_name=Till 9,system_vendor=Shop Inc.}", 1);
  sampled_is(&s, "node_selinux_enabled", 1);
  sampled_is(&s, "node_selinux_current_mode", 1);
  sampled_is(&s, "node_cpu_isolated{cpu=1}", 1);
  sampled_is(&s, "node_cpu_isolated{cpu=4}", 1);
  assert_int_equal(sampled_find(&s, "node_cpu_isolated{cpu=2}"), -1);
  bool found = false;
  for (uint32_t i = 0; i < s.n; i++)
    found = found || (strncmp(s.names[i], "node_uname_info{", 16) == 0 && strstr(s.names[i], u.release));
  assert_true(found);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(facts_are_labels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

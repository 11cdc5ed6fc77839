/* Where a process's control groups are, for both versions, from files that the test wrote. */
#include "sample/cgroup_path.h"

#include <stdio.h>

#include "support/failing.h"
#include "support/temporary.h"

static bool find(const temporary *t, const char *path, int64_t pid, pl_cgroup_paths *out)
{
  return pl_cgroup_find(t->folder, t->folder, pl_str_of(path), pid, out);
}

static void version_2_has_one_folder(void **state)
{
  temporary *t = *state;
  pl_cgroup_paths p;
  temporary_put(t, "7/cgroup", "0::/a.slice/b.service\n");
  temporary_put(t, "fs/cgroup/cgroup.controllers", "cpu\n");
  temporary_put(t, "fs/cgroup/a.slice/b.service/cpu.stat", "");
  assert_true(find(t, "", 7, &p));
  assert_true(p.version2);
  assert_string_equal(p.unified, "fs/cgroup/a.slice/b.service");
  assert_string_equal(p.cpu, "");
  assert_string_equal(p.memory, "");
}

/* A pid of 0 is this process; the root group is the mount itself, without a slash behind it. */
static void the_root_group_of_this_process(void **state)
{
  temporary *t = *state;
  pl_cgroup_paths p;
  temporary_put(t, "self/cgroup", "0::/\n");
  temporary_put(t, "fs/cgroup/cgroup.controllers", "");
  assert_true(find(t, "", 0, &p));
  assert_string_equal(p.unified, "fs/cgroup");
}

/* Version 1 joins controllers in one mount; in a container the group of the host is not there, and the mount's root stands for it. */
static void version_1_has_a_folder_for_each_controller(void **state)
{
  temporary *t = *state;
  pl_cgroup_paths p;
  temporary_put(t, "7/cgroup", "5:memory:/docker/x\n4:cpuset:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/docker/x\n0::/docker/x\n");
  temporary_put(t, "fs/cgroup/cpu,cpuacct/docker/x/cpu.stat", "");
  temporary_put(t, "fs/cgroup/memory/memory.limit_in_bytes", "");
  assert_true(find(t, "", 7, &p));
  assert_false(p.version2);
  assert_string_equal(p.cpu, "fs/cgroup/cpu,cpuacct/docker/x");
  assert_string_equal(p.cpuacct, "fs/cgroup/cpu,cpuacct/docker/x");
  assert_string_equal(p.memory, "fs/cgroup/memory");
  assert_string_equal(p.unified, "");
}

static void a_named_group_with_or_without_its_slash(void **state)
{
  temporary *t = *state;
  pl_cgroup_paths p;
  temporary_put(t, "fs/cgroup/cpu/shop/cpu.stat", "");
  assert_true(find(t, "shop", 0, &p));
  assert_string_equal(p.cpu, "fs/cgroup/cpu/shop");
  assert_string_equal(p.memory, "");
  temporary_put(t, "fs/cgroup/cgroup.controllers", "");
  temporary_put(t, "fs/cgroup/shop/cpu.stat", "");
  assert_true(find(t, "/shop", 0, &p));
  assert_true(p.version2);
  assert_string_equal(p.unified, "fs/cgroup/shop");
  assert_string_equal(p.cpu, "");
}

static void what_is_not_there_is_not_found(void **state)
{
  temporary *t = *state;
  pl_cgroup_paths p;
  assert_false(find(t, "", 7, &p)); /* no such process */
  assert_false(find(t, "/none", 0, &p));
  temporary_put(t, "7/cgroup", "no colons\n::\n3:cpu\n9:cpu:/gone\n");
  assert_false(find(t, "", 7, &p)); /* a text that is none, and a mount that is not there */
  temporary_put(t, "fs/cgroup/cgroup.controllers", "");
  assert_false(find(t, "/none", 0, &p));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_set_up, temporary_tear_down)
  const struct CMUnitTest tests[] = {TEST(version_2_has_one_folder), TEST(the_root_group_of_this_process),
                                     TEST(version_1_has_a_folder_for_each_controller), TEST(a_named_group_with_or_without_its_slash),
                                     TEST(what_is_not_there_is_not_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

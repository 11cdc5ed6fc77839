/* Where a process's control groups are, for both versions, from files that the test wrote. */
#include "sample/cgroup_path.h"

#include <stdio.h>

#include "support/failing.h"
#include "support/temporary.h"

static temporary folder;

static int open_folder(void **state)
{
  (void)state;
  temporary_open(&folder);
  return 0;
}

static int close_folder(void **state)
{
  (void)state;
  temporary_close(&folder);
  return 0;
}

static void put(const char *name, const char *text)
{
  char path[256];
  (void)temporary_file(&folder, name, text, path, sizeof path);
}

static bool find(const char *path, int64_t pid, pl_cgroup_paths *out)
{
  return pl_cgroup_find(folder.folder, folder.folder, pl_str_of(path), pid, out);
}

static void version_2_has_one_folder(void **state)
{
  pl_cgroup_paths p;
  (void)state;
  put("7/cgroup", "0::/a.slice/b.service\n");
  put("fs/cgroup/cgroup.controllers", "cpu\n");
  put("fs/cgroup/a.slice/b.service/cpu.stat", "");
  assert_true(find("", 7, &p));
  assert_true(p.version2);
  assert_string_equal(p.unified, "fs/cgroup/a.slice/b.service");
  assert_string_equal(p.cpu, "");
  assert_string_equal(p.memory, "");
}

/* A pid of 0 is this process; the root group is the mount itself, without a slash behind it. */
static void the_root_group_of_this_process(void **state)
{
  pl_cgroup_paths p;
  (void)state;
  put("self/cgroup", "0::/\n");
  put("fs/cgroup/cgroup.controllers", "");
  assert_true(find("", 0, &p));
  assert_string_equal(p.unified, "fs/cgroup");
}

/* Version 1 joins controllers in one mount; in a container the group of the host is not there, and the mount's root stands for it. */
static void version_1_has_a_folder_for_each_controller(void **state)
{
  pl_cgroup_paths p;
  (void)state;
  put("7/cgroup", "5:memory:/docker/x\n4:cpuset:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/docker/x\n0::/docker/x\n");
  put("fs/cgroup/cpu,cpuacct/docker/x/cpu.stat", "");
  put("fs/cgroup/memory/memory.limit_in_bytes", "");
  assert_true(find("", 7, &p));
  assert_false(p.version2);
  assert_string_equal(p.cpu, "fs/cgroup/cpu,cpuacct/docker/x");
  assert_string_equal(p.cpuacct, "fs/cgroup/cpu,cpuacct/docker/x");
  assert_string_equal(p.memory, "fs/cgroup/memory");
  assert_string_equal(p.unified, "");
}

static void a_named_group_with_or_without_its_slash(void **state)
{
  pl_cgroup_paths p;
  (void)state;
  put("fs/cgroup/cpu/shop/cpu.stat", "");
  assert_true(find("shop", 0, &p));
  assert_string_equal(p.cpu, "fs/cgroup/cpu/shop");
  assert_string_equal(p.memory, "");
  put("fs/cgroup/cgroup.controllers", "");
  put("fs/cgroup/shop/cpu.stat", "");
  assert_true(find("/shop", 0, &p));
  assert_true(p.version2);
  assert_string_equal(p.unified, "fs/cgroup/shop");
  assert_string_equal(p.cpu, "");
}

static void what_is_not_there_is_not_found(void **state)
{
  pl_cgroup_paths p;
  (void)state;
  assert_false(find("", 7, &p)); /* no such process */
  assert_false(find("/none", 0, &p));
  put("7/cgroup", "no colons\n::\n3:cpu\n9:cpu:/gone\n");
  assert_false(find("", 7, &p)); /* a text that is none, and a mount that is not there */
  put("fs/cgroup/cgroup.controllers", "");
  assert_false(find("/none", 0, &p));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)
  const struct CMUnitTest tests[] = {TEST(version_2_has_one_folder), TEST(the_root_group_of_this_process),
                                     TEST(version_1_has_a_folder_for_each_controller), TEST(a_named_group_with_or_without_its_slash),
                                     TEST(what_is_not_there_is_not_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

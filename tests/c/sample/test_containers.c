/* Containers: found by their paths, as they come and go; of written files, and a real control group. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample/sampled.h"

#define NUMBER "4f0e1d2c3b4a59687786950413223140f1e2d3c4b5a69788796a5b4c3d2e1f00"
#define SCOPE "fs/cgroup/system.slice/docker-" NUMBER ".scope"
#define LABELS "{id=/system.slice/docker-" NUMBER ".scope,name=4f0e1d2c3b4a,runtime=docker}"

static void they_come_and_go(void **state)
{
  static sampled s;
  char path[256];
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "cpu\n");
  sampled_file(&s, "fs/cgroup/system.slice/nginx.service/cpu.stat", "usage_usec 1000000\n");
  sampled_read(&s, "containers", "", NULL, 0, PL_OK);
  sampled_is(&s, "container_count", 0);
  sampled_file(&s, SCOPE "/cpu.stat", "usage_usec 5000000\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "container_count", 1);
  sampled_is(&s, "container_cpu_usage_seconds_total" LABELS, 5);
  sampled_file(&s, SCOPE "/cpu.stat", "usage_usec 6000000\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "container_cpu_usage_seconds_total" LABELS, 6);
  assert_int_equal(unlink(temporary_file(&s.folder, SCOPE "/cpu.stat", NULL, path, sizeof path)), 0);
  assert_int_equal(rmdir(temporary_file(&s.folder, SCOPE, NULL, path, sizeof path)), 0);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "container_count", 0);
  sampled_close(&s);
}

/* A user's services lie in the service that runs them. */
static void units_come_and_go(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "cpu\n");
  sampled_file(&s, SCOPE "/cpu.stat", "usage_usec 5000000\n");
  sampled_file(&s, "fs/cgroup/system.slice/nginx.service/cpu.stat", "usage_usec 1000000\n");
  sampled_read(&s, "units", "", NULL, 0, PL_OK);
  sampled_is(&s, "unit_count", 1);
  sampled_is(&s, "container_cpu_usage_seconds_total{id=/system.slice/nginx.service,name=nginx.service,runtime=systemd}", 1);
  sampled_file(&s, "fs/cgroup/user.slice/user@7.service/memory.current", "900\n");
  sampled_file(&s, "fs/cgroup/user.slice/user@7.service/app.slice/shop.service/memory.current", "500\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "unit_count", 3);
  sampled_is(&s, "container_memory_usage_bytes{id=/user.slice/user@7.service/app.slice/shop.service,name=shop.service,runtime=systemd}", 500);
  sampled_close(&s);
}

/* More containers than descriptors are spent on. */
static void many(void **state)
{
  static sampled s;
  char path[256];
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "cpu\n");
  for (int i = 0; i < 260; i++) {
    static const char *const files[] = {"cpu.stat", "memory.current", "pids.current"};
    for (int k = 0; k < 3; k++) {
      (void)snprintf(path, sizeof path, "fs/cgroup/docker/%064x/%s", i, files[k]);
      sampled_file(&s, path, k ? "7\n" : "usage_usec 1000000\n");
    }
  }
  sampled_read(&s, "containers", "", NULL, 0, PL_OK);
  sampled_is(&s, "container_count", 256);
  assert_string_equal(s.said, "more than 256 containers: left out\n");
  int found = 0;
  for (uint32_t i = 0; i < s.n; i++)
    found += strncmp(s.names[i], "container_threads{", 18) == 0 && s.values[i] == 7;
  assert_int_equal(found, 256);
  int next = dup(0);
  assert_true(next < 512 + 256 + 32);
  close(next);
  sampled_close(&s);
}

static void none_without_control_groups(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_read(&s, "containers", "", NULL, 0, PL_ENOENT);
  sampled_close(&s);
}

/* A group of the kernel's with a container's name; where cgroups may be made. */
static void a_real_group(void **state)
{
  static sampled s;
  bool version2 = access("/sys/fs/cgroup/cgroup.controllers", R_OK) == 0;
  const char *tree = version2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  char path[256], want[512];
  (void)state;
  (void)snprintf(path, sizeof path, "%s/docker-%08x%s.scope", tree, (unsigned)getpid(), NUMBER);
  sampled_open(&s);
  pl_sampler_options o = sampled_options(&s, "containers");
  o.proc_root = o.sys_root = NULL;
  if (access(tree, R_OK) != 0) {
    print_message("skipped: there are no control groups\n");
    sampled_close(&s);
    skip();
  }
  sampled_start(&s, &o, PL_OK);
  if (mkdir(path, 0755) != 0) {
    print_message("skipped: no control group can be made: %s\n", strerror(errno));
    sampled_close(&s);
    skip();
  }
  pl_sampler_read(s.sampler);
  (void)snprintf(want, sizeof want, "%s{id=/docker-%08x%s.scope,name=%08x4f0e,runtime=docker}", version2 ? "container_cpu_usage_seconds_total" : "container_memory_usage_bytes",
                 (unsigned)getpid(), NUMBER, (unsigned)getpid());
  int i = sampled_find(&s, want);
  bool found = i >= 0 && s.values[i] == 0;
  assert_int_equal(rmdir(path), 0);
  if (i >= 0)
    s.values[i] = -1;
  pl_sampler_read(s.sampler);
  assert_true(found);
  assert_true(s.values[i] < 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(units_come_and_go), cmocka_unit_test(they_come_and_go), cmocka_unit_test(many), cmocka_unit_test(none_without_control_groups), cmocka_unit_test(a_real_group)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

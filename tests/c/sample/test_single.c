/* Sources that are one file, through one of them: it is there, it is missing, memory is refused. */
#include "sample/single.h"

#include <string.h>

#include "sample/sampled.h"

static void the_file_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "loadavg", "0.25 1.50 2.75 1/100 4242\n");
  sampled_is(&s, "node_load1", 0.25);
  sampled_is(&s, "node_load15", 2.75);
  sampled_close(&s);
}

static void a_missing_file_leaves_its_metrics_out(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "vmstat", "pgmajfault 7\n");
  assert_int_equal(sampled_find(&s, "node_load1"), -1);
  sampled_is(&s, "node_vmstat_pgmajfault", 7);
  sampled_close(&s);
}

/* The error of pl_single_open itself, with a sampler to ask for its options. */
static void what_is_missing_is_named(void **state)
{
  static sampled s;
  void *source = NULL;
  pl_error err = {0};
  (void)state;
  sampled_host_with(&s, "loadavg", "0.25 1.50 2.75 1/100 4242\n");
  assert_int_equal(pl_single_open(s.sampler, "no_such", PL_PIECE_ANY, &source, &err), PL_ENOENT);
  assert_null(source);
  assert_non_null(strstr(err.message, "/no_such"));
  assert_int_equal(pl_single_open(s.sampler, "loadavg", PL_PIECE_WHOLE, &source, &err), PL_OK);
  pl_single_close(s.sampler, source);
  sampled_close(&s);
}

static int open_host(const pl_allocator *a, void *user)
{
  sampled *s = user;
  pl_sampler *sampler = NULL;
  pl_sampler_options o = {.alloc = a, .sink = {sampled_metric, sampled_value, s}, .proc_root = s->folder.folder,
                          .sys_root = s->folder.folder, .kind = PL_STR("host"), .sets = PL_STR("all")};
  int code = pl_sampler_open(&o, &sampler, NULL);
  if (!code)
    pl_sampler_close(sampler);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  static const char *const files[] = {"loadavg", "stat", "meminfo", "vmstat", "diskstats", "self/mounts", "net/dev", "net/sockstat", "net/udp", "net/snmp",
                                      "net/softnet_stat", "net/stat/nf_conntrack", "net/arp", "pressure/cpu", "schedstat", "mdstat", "net/rpc/nfs",
                                      "spl/kstat/zfs/arcstats", "fs/xfs/stats", "interrupts", "softirqs", "slabinfo", "buddyinfo", "sys/kernel/pid_max",
                                      "devices/system/node/node0/meminfo", "devices/system/cpu/online", "class/hwmon/hwmon0/name"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    sampled_file(&s, files[i], "0\n");
  failing_every(open_host, &s, 200);
  temporary_close(&s.folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_is_read), cmocka_unit_test(a_missing_file_leaves_its_metrics_out),
                                     cmocka_unit_test(what_is_missing_is_named), cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The registry of samplers: kinds, and a kernel that lacks things. */
#include "sample/sampled.h"

static void an_unknown_kind_is_refused(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_read(&s, "weather", "", NULL, 0, PL_EINVAL);
  sampled_close(&s);
}

static void what_a_kernel_lacks_is_left_out(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "loadavg", "1 2 3 1/1 1\n");
  sampled_is(&s, "node_load15", 3);
  assert_int_equal(sampled_find(&s, "node_memory_MemTotal_bytes"), -1);
  sampled_close(&s);
}

typedef struct said {
  int lines;
  char last[1024];
} said;

static void hear(void *user, enum pl_log_level level, const char *component, const char *text)
{
  said *s = user;
  (void)level, (void)component;
  s->lines++;
  (void)snprintf(s->last, sizeof s->last, "%s", text);
}

static void what_is_left_out_is_said_once(void **state)
{
  static sampled s;
  said heard = {0};
  const pl_log log = {hear, &heard, PL_LOG_INFO};
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "loadavg", "1 2 3 1/1 1\n");
  pl_sampler_options o = sampled_options(&s, "host");
  o.log = &log;
  sampled_start(&s, &o, PL_OK);
  pl_sampler_read(s.sampler);
  assert_int_equal(heard.lines, 1);
  assert_non_null(strstr(heard.last, "/proc/meminfo, /proc/vmstat"));
  assert_null(strstr(heard.last, "/proc/sys"));
  sampled_close(&s);
}

/* The second read announces nothing and takes no memory. */
static void numbers_stay(void **state)
{
  static sampled s;
  failing f;
  pl_error err = {0};
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "loadavg", "1 2 3 1/1 1\n");
  failing_init(&f, 0);
  pl_sampler_options o = {.alloc = &f.allocator, .sink = {sampled_metric, sampled_value, &s}, .proc_root = s.folder.folder,
                          .sys_root = s.folder.folder, .kind = PL_STR("host"), .name = PL_STR("")};
  assert_int_equal(pl_sampler_open(&o, &s.sampler, &err), PL_OK);
  pl_sampler_read(s.sampler);
  size_t before = f.calls;
  uint32_t metrics = s.n;
  sampled_file(&s, "loadavg", "4 5 6 1/1 1\n");
  pl_sampler_read(s.sampler);
  assert_int_equal(s.n, metrics);
  assert_int_equal(f.calls, before);
  sampled_is(&s, "node_load1", 4);
  sampled_close(&s);
  assert_int_equal(f.live, 0);
}

/* A device that goes and comes again has its number, and so have those behind it. */
static void numbers_stay_when_devices_come_and_go(void **state)
{
  static sampled s;
  static const char two[] = "a\nb\n lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n eth0: 21 2 3 4 5 6 7 8 29 10 11 12 13 14 15 16\n";
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "net/dev", two);
  sampled_file(&s, "loadavg", "1 2 3 1/1 1\n");
  sampled_host(&s);
  uint32_t metrics = s.n;
  sampled_file(&s, "net/dev", "a\nb\n eth0: 22 2 3 4 5 6 7 8 30 10 11 12 13 14 15 16\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_network_receive_bytes_total{device=eth0}", 22);
  sampled_is(&s, "node_network_transmit_bytes_total{device=eth0}", 30);
  sampled_file(&s, "net/dev", two);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_network_receive_bytes_total{device=eth0}", 21);
  sampled_is(&s, "node_network_receive_bytes_total{device=lo}", 1);
  assert_int_equal(s.n, metrics);
  sampled_close(&s);
}

static void says_what_it_costs(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_host(&s);
  int cpu = sampled_find(&s, "sample_cpu_seconds_total");
  assert_true(cpu >= 0 && s.counter[cpu]);
  double once = s.values[cpu];
  pl_sampler_read(s.sampler);
  assert_true(s.values[cpu] > once && once > 0);
  sampled_is(&s, "sample_series", s.n);
  sampled_close(&s);
}

static void sets_are_asked_for(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "vmstat", "nr_free_pages 5\npgpgin 10\n");
  sampled_sets(&s, "netstat vmstat");
  sampled_is(&s, "node_vmstat_nr_free_pages", 5);
  sampled_is(&s, "node_vmstat_pgpgin", 10);
  pl_sampler_close(s.sampler);
  s.sampler = NULL;
  pl_sampler_options o = sampled_options(&s, "host");
  o.sets = PL_STR("vmstat weather");
  sampled_start(&s, &o, PL_EINVAL);
  sampled_close(&s);
}

/* All that this machine has: once every metric was seen, a read takes no memory. */
static void a_read_takes_no_memory(void **state)
{
  static sampled s;
  failing f;
  (void)state;
  sampled_open(&s);
  failing_init(&f, 0);
  pl_sampler_options o = sampled_options(&s, "host");
  o.alloc = &f.allocator;
  o.proc_root = o.sys_root = NULL;
  o.sets = PL_STR("all");
  o.scan_ns = UINT64_C(3600000000000);
  sampled_start(&s, &o, PL_OK);
  bool still = false;
  for (int i = 0; i < 50 && !still; i++) {
    size_t before = f.calls;
    pl_sampler_read(s.sampler);
    still = f.calls == before; /* an interrupt may come for the first time */
  }
  assert_true(still);
  sampled_close(&s);
  assert_int_equal(f.live, 0);
}

static void pass_metric(void *user, uint32_t number, const pl_sample_metric *m)
{
  (void)user, (void)number, (void)m;
}

static void pass_value(void *user, uint32_t number, double value)
{
  (void)user, (void)number, (void)value;
}

/* Opens, reads twice and closes with an allocator whose n-th allocation fails, once or for good; false when there were fewer. Nothing leaks,
 * and only memory is what an opening fails for. */
static bool without_memory(sampled *s, const char *kind, const char *name, size_t n, bool once)
{
  failing f;
  pl_error err = {0};
  failing_init(&f, n);
  f.once = once;
  pl_sampler_options o = sampled_options(s, kind);
  o.alloc = &f.allocator;
  o.name = pl_str_of(name);
  o.log = NULL;
  o.children = true;
  o.sink = (pl_sample_sink){pass_metric, pass_value, NULL};
  int code = pl_sampler_open(&o, &s->sampler, &err);
  if (code == PL_OK) {
    pl_sampler_read(s->sampler);
    pl_sampler_read(s->sampler);
    pl_sampler_close(s->sampler);
  } else {
    if (code != PL_ENOMEM)
      fail_msg("%s at %zu: code %d: %s", kind, n, code, err.message);
  }
  s->sampler = NULL;
  assert_int_equal(f.live, 0);
  return f.calls >= n;
}

static void memory_may_run_out(void **state)
{
  static const struct {
    const char *path, *text;
  } files[] = {
      {"self/statm", "1 1 1\n"}, {"loadavg", "1 2 3 1/1 1\n"}, {"meminfo", "MemTotal: 5 kB\n"}, {"vmstat", "pgpgin 10\n"},
      {"net/ip_vs", "TCP  C0A80016:0CEA wlc\n"}, {"net/snmp", "Ip: A\nIp: 1\n"},
      {"spl/kstat/zfs/arcstats", "6 1 0x01\nname type data\nhits 4 5\n"}, {"spl/kstat/zfs/p/state", "ONLINE\n"}, {"class/net/eth0/mtu", "1500\n"},
      {"devices/system/cpu/cpu0/topology/core_id", "0\n"}, {"devices/system/cpu/cpu1/topology/core_id", "0\n"}, {"class/hwmon/hwmon0/temp1_input", "1\n"},
      {"fs/cgroup/cgroup.controllers", "cpu\n"}, {"fs/cgroup/a.service/cpu.stat", "usage_usec 1\n"}, {"fs/cgroup/lxc/b/cpu.stat", "usage_usec 1\n"},
      {"jobs/a.prom", "a 1\n"}, {"7/stat", "7 (shop) S 1 7 7 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 100 4096 10\n"},
  };
  static sampled s;
  char jobs[256];
  (void)state;
  sampled_open(&s);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    sampled_file(&s, files[i].path, files[i].text);
  (void)temporary_file(&s.folder, "jobs", NULL, jobs, sizeof jobs);
  const char *const kinds[][2] = {{"host", ""}, {"containers", ""}, {"units", ""}, {"cgroup", "/a.service"}, {"process", "shop"}, {"textfile", jobs}, {"self", ""}};
  for (size_t i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
    size_t n = 1;
    while (without_memory(&s, kinds[i / 2][0], kinds[i / 2][1], n, i % 2 == 0))
      n++;
    assert_true(n > 3);
  }
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_unknown_kind_is_refused), cmocka_unit_test(what_a_kernel_lacks_is_left_out),
                                     cmocka_unit_test(what_is_left_out_is_said_once),
                                     cmocka_unit_test(numbers_stay), cmocka_unit_test(numbers_stay_when_devices_come_and_go),
                                     cmocka_unit_test(says_what_it_costs), cmocka_unit_test(sets_are_asked_for),
                                     cmocka_unit_test(a_read_takes_no_memory), cmocka_unit_test(memory_may_run_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

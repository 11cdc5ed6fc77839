/* The same /proc and /sys as node_exporter's own tests read: what has its name has its value. */
#include "sample/ttar.h"

static void as_node_exporter(void **state)
{
  static sampled s;
  const char *root = getenv("PERILUNE_REFERENCE");
  char proc[512], sys[512], expected[512];
  pl_error err = {0};
  (void)state;
  if (!root) {
    print_message("skipped: no reference data\n");
    skip();
  }
  sampled_open(&s);
  (void)snprintf(proc, sizeof proc, "%s/samples/proc-sys/node_exporter/proc", root);
  (void)snprintf(expected, sizeof expected, "%s/samples/proc-sys/node_exporter/sys.ttar", root);
  unpack(&s.folder, expected);
  (void)snprintf(sys, sizeof sys, "%s/sys", s.folder.folder);
  (void)snprintf(expected, sizeof expected, "%s/samples/prometheus-text/node_exporter/e2e-64k-page-output.txt", root);
  pl_sampler_options o = sampled_options(&s, "host");
  o.proc_root = proc;
  o.sys_root = sys;
  o.sets = PL_STR("hugepages vmstat netstat interrupts softirqs slab buddyinfo numa processes"); /* those that are files */
  assert_int_equal(pl_sampler_open(&o, &s.sampler, &err), PL_OK);
  pl_sampler_read(s.sampler);
  assert_true(compare_file(&s, expected) > 400);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_node_exporter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The files of a real kernel, and what the real node_exporter said of them (fixtures/capture.sh made both). */
#include "sample/ttar.h"

#define FIXTURES TEST_SOURCE_DIR "/c/sample/fixtures"

static void the_same_is_read(void **state)
{
  static sampled s;
  char proc[128], sys[128];
  (void)state;
  sampled_open(&s);
  unpack(&s.folder, FIXTURES "/kernel.ttar");
  (void)snprintf(proc, sizeof proc, "%s/proc", s.folder.folder);
  (void)snprintf(sys, sizeof sys, "%s/sys", s.folder.folder);
  pl_sampler_options o = sampled_options(&s, "host");
  o.proc_root = proc;
  o.sys_root = sys;
  o.sets = PL_STR("interrupts buddyinfo numa");
  sampled_start(&s, &o, PL_OK);
  assert_true(compare_file(&s, FIXTURES "/node_exporter.txt") > 440);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

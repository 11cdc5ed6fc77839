/* Our own process. */
#include "sample/sampled.h"

static void self_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "self/statm", "1000 250 30 4 0 500 0\n");
  sampled_read(&s, "self", "", NULL, 0, PL_OK);
  sampled_is(&s, "process_resident_memory_bytes", 250 * 4096);
  sampled_is(&s, "process_virtual_memory_bytes", 1000 * 4096);
  assert_true(s.values[sampled_find(&s, "process_cpu_seconds_total")] > 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(self_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

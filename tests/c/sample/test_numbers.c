/* /proc/loadavg. */
#include "sample/sampled.h"

static void loadavg_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "loadavg", "0.52 1.25 2.00 3/456 7890\n");
  sampled_is(&s, "node_load1", 0.52);
  sampled_is(&s, "node_load5", 1.25);
  sampled_is(&s, "node_load15", 2);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(loadavg_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

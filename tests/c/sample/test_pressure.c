/* Pressure stall information. */
#include "sample/sampled.h"

static void pressure_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n");
  sampled_file(&s, "pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
  sampled_host(&s);
  sampled_is(&s, "node_pressure_cpu_waiting_seconds_total", 2.5);
  sampled_is(&s, "node_pressure_io_waiting_seconds_total", 1);
  sampled_is(&s, "node_pressure_io_stalled_seconds_total", 0.5);
  assert_int_equal(sampled_find(&s, "node_pressure_memory_waiting_seconds_total"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(pressure_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

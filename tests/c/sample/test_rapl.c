/* Energy: zones by name, and a counter that begins again. */
#include "sample/sampled.h"

static void a_counter_goes_on_where_the_kernel_begins_again(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "class/powercap/intel-rapl/enabled", "1\n");
  sampled_file(&s, "class/powercap/intel-rapl:1/name", "package-1\n");
  sampled_file(&s, "class/powercap/intel-rapl:1/energy_uj", "9000000\n");
  sampled_file(&s, "class/powercap/intel-rapl:1/max_energy_range_uj", "10000000\n");
  sampled_file(&s, "class/powercap/intel-rapl:1:0/name", "core\n");
  sampled_file(&s, "class/powercap/intel-rapl:1:0/energy_uj", "2000000\n");
  sampled_host(&s);
  sampled_is(&s, "node_rapl_package_joules_total{index=1,path=/sys/class/powercap/intel-rapl:1}", 9);
  sampled_is(&s, "node_rapl_core_joules_total{index=0,path=/sys/class/powercap/intel-rapl:1:0}", 2);
  sampled_file(&s, "class/powercap/intel-rapl:1/energy_uj", "1000000\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_rapl_package_joules_total{index=1,path=/sys/class/powercap/intel-rapl:1}", 11);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_counter_goes_on_where_the_kernel_begins_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

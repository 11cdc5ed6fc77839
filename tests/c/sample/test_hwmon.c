/* Sensors: units, flags, labels, and what chips are called. */
#include <unistd.h>

#include "sample/sampled.h"

static void sensors_are_read(void **state)
{
  static sampled s;
  char path[256];
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "devices/platform/coretemp.0/name", "coretemp\n");
  sampled_file(&s, "class/hwmon/hwmon0/name", "coretemp\n");
  sampled_file(&s, "class/hwmon/hwmon0/temp2_input", "55000\n");
  sampled_file(&s, "class/hwmon/hwmon0/temp2_crit_alarm", "0\n");
  sampled_file(&s, "class/hwmon/hwmon0/temp2_alarm", "1\n");
  sampled_file(&s, "class/hwmon/hwmon0/temp2_label", "Core 0\n");
  sampled_file(&s, "class/hwmon/hwmon0/uevent", "");
  assert_int_equal(symlink("../../../devices/platform/coretemp.0", temporary_file(&s.folder, "class/hwmon/hwmon0/device", NULL, path, sizeof path)), 0);
  sampled_file(&s, "class/hwmon/hwmon1/name", "nct6779\n");
  sampled_file(&s, "class/hwmon/hwmon1/fan2_input", "1098\n");
  sampled_file(&s, "class/hwmon/hwmon1/fan2_beep", "0\n");
  sampled_file(&s, "class/hwmon/hwmon1/in0_max", "1744\n");
  sampled_file(&s, "class/hwmon/hwmon1/energy1_input", "5000000\n");
  sampled_host(&s);
  sampled_is(&s, "node_hwmon_chip_names{chip=platform_coretemp_0,chip_name=coretemp}", 1);
  sampled_is(&s, "node_hwmon_temp_celsius{chip=platform_coretemp_0,sensor=temp2}", 55);
  sampled_is(&s, "node_hwmon_temp_alarm{chip=platform_coretemp_0,sensor=temp2}", 1);
  sampled_is(&s, "node_hwmon_sensor_label{chip=platform_coretemp_0,sensor=temp2,label=Core 0}", 1);
  sampled_is(&s, "node_hwmon_fan_rpm{chip=nct6779,sensor=fan2}", 1098);
  sampled_is(&s, "node_hwmon_fan_beep_enabled{chip=nct6779,sensor=fan2}", 0);
  sampled_is(&s, "node_hwmon_in_max_volts{chip=nct6779,sensor=in0}", 1.744);
  sampled_is(&s, "node_hwmon_energy_joule_total{chip=nct6779,sensor=energy1}", 5);
  assert_true(s.counter[sampled_find(&s, "node_hwmon_energy_joule_total{chip=nct6779,sensor=energy1}")]);
  sampled_file(&s, "class/hwmon/hwmon1/fan2_input", "2000\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_hwmon_fan_rpm{chip=nct6779,sensor=fan2}", 2000);
  sampled_close(&s);
}

/* No series is given twice. */
static void chips_on_one_device_are_told_apart(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "class/hwmon/hwmon0/name", "radio\n");
  sampled_file(&s, "class/hwmon/hwmon0/temp1_input", "1000\n");
  sampled_file(&s, "class/hwmon/hwmon1/name", "radio\n");
  sampled_file(&s, "class/hwmon/hwmon1/temp1_input", "2000\n");
  sampled_host(&s);
  int found = 0;
  for (uint32_t i = 0; i < s.n; i++)
    found += strncmp(s.names[i], "node_hwmon_temp_celsius{", 24) == 0;
  assert_int_equal(found, 2);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(sensors_are_read), cmocka_unit_test(chips_on_one_device_are_told_apart)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

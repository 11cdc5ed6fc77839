/* Tables of sar, iostat and vmstat: those that they wrote (sysstat/make.sh), and lines that are none. */
#include "format/sysstat.h"

#include <stdio.h>
#include <string.h>

#include "format/told.h"
#include "support/failing.h"

static void read_text(enum pl_sysstat_program program, pl_str text, pl_buf *out)
{
  const pl_text_events events = {told_point, told_refused, out};
  pl_sysstat *s;
  pl_buf_init(out, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_sysstat_new(&pl_alloc_default, program, &events, &s), PL_OK);
  assert_int_equal(pl_sysstat_read(s, &text, true), PL_OK);
  pl_sysstat_free(s);
}

static void expect(enum pl_sysstat_program program, const char *text, const char *told)
{
  pl_buf out;
  read_text(program, pl_str_of(text), &out);
  assert_string_equal(pl_buf_cstr(&out), told);
  pl_buf_fini(&out);
}

/* What they wrote is read without a refusal; n: numbers in it, line: one of them. */
static void expect_file(enum pl_sysstat_program program, const char *name, size_t n, const char *line)
{
  char path[512];
  static char text[1 << 16];
  pl_buf out;
  size_t lines = 0;
  (void)snprintf(path, sizeof path, "%s/c/format/sysstat/%s", TEST_SOURCE_DIR, name);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t len = fread(text, 1, sizeof text, f);
  assert_int_equal(fclose(f), 0);
  read_text(program, (pl_str){text, len}, &out);
  const char *told = pl_buf_cstr(&out);
  assert_null(strstr(told, "refused"));
  for (const char *at = told; (at = strchr(at, '\n')) != NULL; at++)
    lines++;
  assert_int_equal(lines, n);
  if (!strstr(told, line))
    fail_msg("%s is not in\n%s", line, told);
  pl_buf_fini(&out);
}

static void what_they_wrote(void **state)
{
  (void)state;
  expect_file(PL_SYSSTAT_SAR, "sar.txt", 2 * (10 + 11 + 6 + 4 * 8), "4 sar_percent_usr{instance=web-1,cpu=all} 32.83 @1795792074000000000\n");
  expect_file(PL_SYSSTAT_IOSTAT, "iostat.txt", 2 * 6 + 2 * 2 * 22, "iostat_r_per_second{instance=web-1,device=vda} 43.36 @1795792075000000000\n");
  expect_file(PL_SYSSTAT_VMSTAT, "vmstat.txt", 2 * 17, "3 vmstat_r{} 10 @1795792076000000000\n");
}

static void days_and_halves_of_days(void **state)
{
  (void)state;
  expect(PL_SYSSTAT_SAR, "Linux 6.1.0 (a) 2026-11-27 _x86_64_ (2 CPU)\n\n11:59:59 PM  tps\n11:59:59 PM  1.5\n12:00:01 AM  2\n\n12:00:02 AM  LINUX RESTART (2 CPU)\n\nAverage:  tps\nAverage:  2\n",
         "4 sar_tps{instance=a} 1.5 @1795823999000000000\n5 sar_tps{instance=a} 2 @1795824001000000000\n");
  expect(PL_SYSSTAT_IOSTAT, "2026-11-27T15:07:53+0100\navg-cpu:  %user\n 1\n", "3 iostat_cpu_percent_user{} 1 @1795788473000000000\n");
}

static void without_times(void **state)
{
  (void)state;
  expect(PL_SYSSTAT_VMSTAT, "procs -cpu-\n r  us\n 1  2\nprocs -cpu-\n r  us\n 3  4\n", "3 vmstat_r{} 1\n3 vmstat_us{} 2\n6 vmstat_r{} 3\n6 vmstat_us{} 4\n");
  expect(PL_SYSSTAT_IOSTAT, "Device: tps rMB/s\nsda 1 2\n", "2 iostat_tps{device=sda} 1\n2 iostat_rMB_per_second{device=sda} 2\n");
}

static void bad_lines_are_refused_alone(void **state)
{
  (void)state;
  expect(PL_SYSSTAT_SAR, "Linux 6.1.0 (a) 11/27/26\n\n00:00:00 tps\n00:00:01 1,5\n00:00:02\nx 1\n00:00:03 3\n00:00:04 \xff\n",
         "4 refused value\n5 refused syntax\n6 refused timestamp\n7 sar_tps{instance=a} 3 @1795737603000000000\n8 refused encoding\n");
  expect(PL_SYSSTAT_SAR, "00:00:00 tps\n00:00:01 1\n", "2 refused timestamp\n");
  expect(PL_SYSSTAT_IOSTAT, "nonsense here\n", "1 refused syntax\n");
  expect(PL_SYSSTAT_VMSTAT, "1 2\nprocs -----timestamp-----\nr UTC\n1 2026-11-27 25:00:00\n", "1 refused syntax\n4 refused timestamp\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_they_wrote), cmocka_unit_test(days_and_halves_of_days), cmocka_unit_test(without_times), cmocka_unit_test(bad_lines_are_refused_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

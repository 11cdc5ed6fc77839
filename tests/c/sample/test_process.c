/* Processes: one, several summed, by name, and one that ends. */
#include <sys/resource.h>

#include "sample/sampled.h"

#define STAT(pid, name, utime, stime, rss) \
  #pid " (" name ") S 1 1 1 0 -1 4194304 0 0 0 0 " #utime " " #stime " 0 0 20 0 3 0 5000 1048576 " #rss " 184467\n"

static void two_processes(sampled *s)
{
  sampled_open(s);
  sampled_file(s, "100/stat", STAT(100, "a (b) c", 200, 100, 10));
  sampled_file(s, "100/io", "rchar: 5\nread_bytes: 4096\nwrite_bytes: 8192\n");
  sampled_file(s, "101/stat", STAT(101, "worker", 50, 50, 20));
}

static void several_are_summed(void **state)
{
  static sampled s;
  const int64_t pids[] = {100, 101};
  (void)state;
  two_processes(&s);
  sampled_read(&s, "process", "", pids, 2, PL_OK);
  sampled_is(&s, "process_cpu_seconds_total", 4);
  sampled_is(&s, "process_num_threads", 6);
  sampled_is(&s, "process_resident_memory_bytes", 30 * 4096);
  sampled_is(&s, "process_disk_written_bytes_total", 8192);
  sampled_is(&s, "process_count", 2);
  sampled_close(&s);
}

static void found_by_name(void **state)
{
  static sampled s;
  (void)state;
  two_processes(&s);
  sampled_read(&s, "process", "worker", NULL, 0, PL_OK);
  sampled_is(&s, "process_cpu_seconds_total", 1);
  sampled_close(&s);
  two_processes(&s);
  sampled_read(&s, "process", "nobody", NULL, 0, PL_ENOENT);
  sampled_close(&s);
}

static void a_process_that_ends_keeps_its_time(void **state)
{
  static sampled s;
  const int64_t pids[] = {100, 101};
  (void)state;
  two_processes(&s);
  sampled_read(&s, "process", "", pids, 2, PL_OK);
  sampled_file(&s, "101/stat", "");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "process_cpu_seconds_total", 4);
  sampled_is(&s, "process_count", 1);
  sampled_is(&s, "process_num_threads", 3);
  sampled_close(&s);
}

/* Not "there is no process": it is there. */
static void without_descriptors(void **state)
{
  static sampled s;
  struct rlimit limit, none;
  const int64_t pids[] = {100};
  (void)state;
  two_processes(&s);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = (struct rlimit){0, limit.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  sampled_read(&s, "process", "", pids, 1, PL_ELIMIT);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(several_are_summed), cmocka_unit_test(found_by_name),
                                     cmocka_unit_test(a_process_that_ends_keeps_its_time), cmocka_unit_test(without_descriptors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

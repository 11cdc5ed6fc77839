/* Processes: one, several summed, by name, and one that ends. */
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sample/sampled.h"

#define STAT_OF(pid, name, parent, utime, stime, start, rss) \
  #pid " (" name ") S " #parent " 1 1 0 -1 4194304 11 0 3 0 " #utime " " #stime " 0 0 20 0 3 0 " #start " 1048576 " #rss " 184467\n"
#define STAT(pid, name, utime, stime, rss) STAT_OF(pid, name, 1, utime, stime, 5000, rss)

static void two_processes(sampled *s)
{
  sampled_open(s);
  sampled_file(s, "100/stat", STAT(100, "a (b) c", 200, 100, 10));
  sampled_file(s, "100/io", "rchar: 5\nwchar: 6\nsyscr: 7\nsyscw: 8\nread_bytes: 4096\nwrite_bytes: 8192\n");
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
  sampled_is(&s, "process_minor_page_faults_total", 22);
  sampled_is(&s, "process_major_page_faults_total", 6);
  sampled_is(&s, "process_io_read_bytes_total", 5);
  sampled_is(&s, "process_write_calls_total", 8);
  assert_int_equal(sampled_find(&s, "process_run_queue_seconds_total"), -1);
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

static void found_by_pattern(void **state)
{
  static sampled s;
  (void)state;
  two_processes(&s);
  FILE *f = fopen(temporary_file(&s.folder, "101/cmdline", "", (char[256]){""}, 256), "w");
  assert_non_null(f);
  assert_int_equal(fwrite("java\0-jar\0/srv/shop.jar\0", 1, 24, f), 24);
  fclose(f);
  pl_sampler_options o = sampled_options(&s, "process");
  o.pattern = true;
  o.name = PL_STR("java -jar *shop.jar");
  sampled_start(&s, &o, PL_OK);
  sampled_is(&s, "process_cpu_seconds_total", 1);
  pl_sampler_close(s.sampler);
  s.n = 0;
  o.name = PL_STR("w*r");
  sampled_start(&s, &o, PL_OK);
  sampled_is(&s, "process_cpu_seconds_total", 1);
  pl_sampler *none = NULL;
  pl_error err = {0};
  o.name = PL_STR("work"); /* of a part only: it says how that is written */
  assert_int_equal(pl_sampler_open(&o, &none, &err), PL_ENOENT);
  assert_non_null(strstr(err.message, "\"*work*\" matches a part of it"));
  sampled_close(&s);
}

/* Descendants come in whatever the order of their numbers. A worker that begins while sampling counts whole; one that is older and only
 * joins, from then on. */
static void children_join(void **state)
{
  static sampled s;
  const int64_t pids[] = {100};
  (void)state;
  two_processes(&s);
  sampled_file(&s, "99/stat", STAT_OF(99, "grandchild", 102, 100, 0, 5000, 1));
  sampled_file(&s, "102/stat", STAT_OF(102, "child", 100, 100, 0, 5000, 1));
  pl_sampler_options o = sampled_options(&s, "process");
  o.pids = pids;
  o.n_pids = 1;
  o.children = true;
  sampled_start(&s, &o, PL_OK);
  sampled_is(&s, "process_count", 3);
  sampled_is(&s, "process_cpu_seconds_total", 5);
  sampled_file(&s, "103/stat", STAT_OF(103, "worker", 100, 50, 50, 9999999999999, 1));
  pl_sampler_read(s.sampler);
  sampled_is(&s, "process_count", 4);
  sampled_is(&s, "process_cpu_seconds_total", 6);
  sampled_file(&s, "104/stat", STAT_OF(104, "adopted", 100, 700, 0, 1, 1));
  pl_sampler_read(s.sampler);
  sampled_is(&s, "process_count", 5);
  sampled_is(&s, "process_cpu_seconds_total", 6);
  sampled_file(&s, "104/stat", STAT_OF(104, "adopted", 100, 800, 0, 1, 1));
  pl_sampler_read(s.sampler);
  sampled_is(&s, "process_cpu_seconds_total", 7);
  sampled_file(&s, "104/stat", "");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "process_cpu_seconds_total", 7);
  sampled_close(&s);
}

/* Our own process, with a second thread that waits. */
static void *wait_for_it(void *barrier)
{
  pthread_barrier_wait(barrier);
  pthread_barrier_wait(barrier);
  return NULL;
}

static void of_a_real_process(void **state)
{
  static sampled s;
  const int64_t self[] = {getpid()};
  pthread_barrier_t barrier;
  pthread_t thread;
  (void)state;
  sampled_open(&s);
  assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
  assert_int_equal(pthread_create(&thread, NULL, wait_for_it, &barrier), 0);
  pthread_barrier_wait(&barrier);
  pl_sampler_options o = sampled_options(&s, "process");
  o.proc_root = NULL;
  o.pids = self;
  o.n_pids = 1;
  sampled_start(&s, &o, PL_OK);
  sampled_is(&s, "process_num_threads", 2);
  pthread_barrier_wait(&barrier);
  assert_int_equal(pthread_join(thread, NULL), 0);
  pl_sampler_read(s.sampler);
  struct rusage use;
  assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
  int voluntary = sampled_find(&s, "process_thread_switches_total{kind=voluntary}"), minor = sampled_find(&s, "process_minor_page_faults_total");
  assert_true(voluntary >= 0 && s.values[voluntary] > 0 && s.values[voluntary] <= (double)use.ru_nvcsw);
  assert_true(minor >= 0 && s.values[minor] > 0 && s.values[minor] <= (double)use.ru_minflt);
  pthread_barrier_destroy(&barrier);
  sampled_close(&s);
}

/* The first ones are summed, and that is said, once. */
static void more_than_are_kept(void **state)
{
  static sampled s;
  char path[32], text[256];
  (void)state;
  sampled_open(&s);
  for (int pid = 1000; pid < 1257; pid++) {
    (void)snprintf(path, sizeof path, "%d/stat", pid);
    (void)snprintf(text, sizeof text, "%d (worker) S 1 1 1 0 -1 4194304 11 0 3 0 100 0 0 0 20 0 3 0 5000 1048576 10 184467\n", pid);
    sampled_file(&s, path, text);
  }
  sampled_read(&s, "process", "worker", NULL, 0, PL_OK);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "process_count", 256);
  assert_string_equal(s.said, "more than 256 processes: left out\n");
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(several_are_summed), cmocka_unit_test(found_by_name), cmocka_unit_test(found_by_pattern),
                                     cmocka_unit_test(children_join), cmocka_unit_test(of_a_real_process),
                                     cmocka_unit_test(a_process_that_ends_keeps_its_time), cmocka_unit_test(without_descriptors),
                                     cmocka_unit_test(more_than_are_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

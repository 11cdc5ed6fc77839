/* All processes, by their states. */
#include "sample/sampled.h"

static void put_process(sampled *s, int pid, char letter, int threads)
{
  char path[64], text[256];
  (void)snprintf(path, sizeof path, "%d/stat", pid);
  (void)snprintf(text, sizeof text, "%d (a) %c 1 1 1 0 -1 4194304 0 0 0 0 1 1 0 0 20 0 %d 0 5000 1048576 10 184467\n", pid, letter, threads);
  sampled_file(s, path, text);
}

static void they_are_counted(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "sys/kernel/pid_max", "4194304\n");
  put_process(&s, 1, 'S', 1);
  put_process(&s, 2, 'I', 1);
  put_process(&s, 30, 'S', 5);
  sampled_sets(&s, "processes");
  sampled_is(&s, "node_processes_pids", 3);
  sampled_is(&s, "node_processes_threads", 7);
  sampled_is(&s, "node_processes_state{state=S}", 2);
  sampled_is(&s, "node_processes_state{state=D}", 0);
  sampled_is(&s, "node_processes_max_processes", 4194304);
  assert_int_equal(sampled_find(&s, "node_processes_state{state=Z}"), -1);
  put_process(&s, 31, 'Z', 1);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_processes_state{state=Z}", 1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_counted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

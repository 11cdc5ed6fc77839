/* Whether a process lives: pid and start time, for pids are used again. */
#include "store/liveness.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/failing.h"

static void this_process_lives(void **state)
{
  char boot[40];
  (void)state;
  pl_boot_id(boot);
  uint64_t start = pl_process_start(getpid());
  assert_true(start > 0);
  assert_true(pl_process_alive(pl_str_of(boot), getpid(), start));
  assert_false(pl_process_alive(pl_str_of(boot), getpid(), start + 1));
  assert_false(pl_process_alive(PL_STR("00000000-0000-0000-0000-000000000000"), getpid(), start));
}

static void a_zombie_is_dead(void **state)
{
  char boot[40];
  (void)state;
  pl_boot_id(boot);
  pid_t child = fork();
  if (child == 0)
    pause();
  uint64_t start = pl_process_start(child);
  assert_true(pl_process_alive(pl_str_of(boot), child, start));
  kill(child, SIGKILL);
  siginfo_t info;
  assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
  assert_false(pl_process_alive(pl_str_of(boot), child, start));
  waitpid(child, NULL, 0);
  assert_false(pl_process_alive(pl_str_of(boot), child, start));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(this_process_lives), cmocka_unit_test(a_zombie_is_dead)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

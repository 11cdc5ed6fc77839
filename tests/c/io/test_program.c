/* Programs that are started and left alone. */
#include "io/program.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/failing.h"
#include "support/temporary.h"

static void runs_with_its_arguments(void **state)
{
  temporary t;
  char path[128], script[] = "test \"$2\" = second && test ! -t 0 && : >\"$1\"", sh[] = "sh", c[] = "-c", second[] = "second";
  char *argv[] = {sh, c, script, sh, path, second, NULL};
  pl_error err = {0};
  (void)state;
  temporary_open(&t);
  (void)temporary_file(&t, "made", NULL, path, sizeof path);
  assert_int_equal(pl_program_start(argv, NULL, &err), PL_OK);
  int status = -1;
  assert_true(wait(&status) > 0);
  assert_int_equal(status, 0);
  assert_int_equal(access(path, F_OK), 0);
  temporary_close(&t);
}

static void says_what_is_not_there(void **state)
{
  char name[] = "no-such-program-here";
  char *argv[] = {name, NULL};
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_program_start(argv, NULL, &err), PL_ENOENT);
  assert_non_null(strstr(err.message, name));
}

/* The end is seen once it has come: the pid is waited for with its end left in place. */
static int exit_code_of(const char *command)
{
  char sh[] = "sh", c[] = "-c", text[64];
  char *argv[] = {sh, c, text, NULL};
  siginfo_t info;
  pid_t pid;
  int code = -2;
  (void)snprintf(text, sizeof text, "%s", command);
  assert_int_equal(pl_program_start(argv, &pid, NULL), PL_OK);
  assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
  assert_true(pl_program_ended(pid, &code));
  return code;
}

static void tells_how_a_program_ended(void **state)
{
  (void)state;
  assert_int_equal(exit_code_of("exit 7"), 7);
  assert_int_equal(exit_code_of("kill -9 $$"), -1);
}

static void does_not_wait_for_one_that_runs(void **state)
{
  char sleep[] = "sleep", seconds[] = "60";
  char *argv[] = {sleep, seconds, NULL};
  pid_t pid;
  int code = -2;
  (void)state;
  assert_int_equal(pl_program_start(argv, &pid, NULL), PL_OK);
  assert_false(pl_program_ended(pid, &code));
  assert_int_equal(code, -2);
  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void waits_for_the_end_or_the_limit(void **state)
{
  char sh[] = "sh", c[] = "-c", text[] = "exit 3", sleep[] = "sleep", seconds[] = "60";
  char *ends[] = {sh, c, text, NULL}, *stays[] = {sleep, seconds, NULL};
  pid_t pid;
  int code = -2;
  (void)state;
  assert_int_equal(pl_program_start(ends, &pid, NULL), PL_OK);
  assert_true(pl_program_wait(pid, 60000, &code));
  assert_int_equal(code, 3);
  assert_int_equal(pl_program_start(stays, &pid, NULL), PL_OK);
  assert_false(pl_program_wait(pid, 1, &code));
  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(runs_with_its_arguments), cmocka_unit_test(says_what_is_not_there),
                                     cmocka_unit_test(tells_how_a_program_ended), cmocka_unit_test(does_not_wait_for_one_that_runs),
                                     cmocka_unit_test(waits_for_the_end_or_the_limit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

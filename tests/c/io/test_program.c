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
  assert_int_equal(pl_program_start(argv, &err), PL_OK);
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
  assert_int_equal(pl_program_start(argv, &err), PL_ENOENT);
  assert_non_null(strstr(err.message, name));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(runs_with_its_arguments), cmocka_unit_test(says_what_is_not_there)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

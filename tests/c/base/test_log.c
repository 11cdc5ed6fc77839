/* Log lines go to the host's function, by severity. */
#include "base/log.h"

#include <string.h>

#include "support/failing.h"

static char last[2048];

static void keep(void *user, enum pl_log_level level, const char *component, const char *message)
{
  (void)level;
  ++*(int *)user;
  (void)strncpy(last, component, sizeof last - 1);
  (void)strncat(last, "|", 2);
  (void)strncat(last, message, sizeof last - strlen(last) - 1);
}

static void lines_pass_by_level(void **state)
{
  int n = 0;
  pl_log log = {keep, &n, PL_LOG_WARN};
  (void)state;
  pl_logf(&log, PL_LOG_INFO, "test", "quiet");
  assert_int_equal(n, 0);
  pl_logf(&log, PL_LOG_ERROR, "test", "%d lamps", 3);
  assert_int_equal(n, 1);
  assert_string_equal(last, "test|3 lamps");
  pl_logf(NULL, PL_LOG_ERROR, "test", "nobody");
  pl_log silent = {0};
  pl_logf(&silent, PL_LOG_ERROR, "test", "nobody");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(lines_pass_by_level)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

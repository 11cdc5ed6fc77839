/* Modules that are not there, and files that are none. */
#include "io/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/failing.h"

static void missing(void **state)
{
  const pl_module_head *head = NULL;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_module_find("/nonexistent", "tls", 1, &head, &err), PL_ENOENT);
  assert_non_null(strstr(err.message, "/nonexistent/tls.so"));
  assert_null(head);
}

static void not_a_module(void **state)
{
  char folder[] = "/tmp/perilune-test-XXXXXX", path[64];
  const pl_module_head *head = NULL;
  pl_error err = {0};
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/tls.so", folder);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs("text", f) >= 0);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(pl_module_find(folder, "tls", 1, &head, &err), PL_ENOENT);
  assert_non_null(strstr(err.message, "module tls"));
  assert_null(head);
  unlink(path);
  rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(missing), cmocka_unit_test(not_a_module)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

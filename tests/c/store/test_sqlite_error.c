/* What a failed statement is called, and what to do about it. */
#include "store/sqlite_error.h"

#include <string.h>

#include "support/failing.h"

static void each_kind_has_its_code_and_its_advice(void **state)
{
  static const struct {
    int sqlite_code, code;
    const char *advice;
  } rows[] = {
      {SQLITE_FULL, PL_EFULL, "make room"},
      {SQLITE_READONLY_DIRECTORY, PL_EREADONLY, "--db"},
      {SQLITE_NOTADB, PL_ECORRUPT, "restore a backup"},
      {SQLITE_CORRUPT, PL_ECORRUPT, "restore a backup"},
      {SQLITE_BUSY_SNAPSHOT, PL_EBUSY, "another program"},
      {SQLITE_NOMEM, PL_ENOMEM, ""},
      {SQLITE_CANTOPEN, PL_EACCES, "folder"},
      {SQLITE_INTERRUPT, PL_ECANCELED, ""},
      {SQLITE_IOERR_FSYNC, PL_EIO, "disk"},
      {SQLITE_IOERR_DATA, PL_ECORRUPT, "perilune db check"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pl_error err = {0};
    assert_int_equal(pl_sqlite_fail(NULL, rows[i].sqlite_code, "open timeline", "/x/t.db", &err), rows[i].code);
    assert_int_equal(err.code, rows[i].code);
    assert_non_null(strstr(err.message, "open timeline /x/t.db: "));
    assert_non_null(strstr(err.message, rows[i].advice));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_kind_has_its_code_and_its_advice)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

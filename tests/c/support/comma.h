/* A process whose locale writes numbers with a comma, as a host's may. */
#ifndef TEST_COMMA_H
#define TEST_COMMA_H

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/failing.h"
#include "support/temporary.h"

static temporary comma_folder;

/* Skips the test where no such locale can be made. */
static inline void comma_begin(void)
{
  char command[160];
  temporary_open(&comma_folder);
  (void)snprintf(command, sizeof command, "localedef --no-archive -i de_DE -f ISO-8859-1 %s/comma >/dev/null 2>&1", comma_folder.folder);
  int code = system(command); /* which warns, too */
  bool made = code != -1 && !setenv("LOCPATH", comma_folder.folder, 1) && setlocale(LC_NUMERIC, "comma");
  temporary_close(&comma_folder);
  if (!made)
    skip();
  assert_string_equal(localeconv()->decimal_point, ",");
}

static inline void comma_end(void)
{
  (void)setlocale(LC_NUMERIC, "C");
}

#endif

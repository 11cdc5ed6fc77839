/* Looks up embedded Lua. The table is small enough for a linear search. */
#include "engine/modules.h"

#include <string.h>

bool pl_module_text(void *user, const char *name, pl_str *text)
{
  (void)user;
  for (const pl_module *m = pl_modules; m->name; m++) {
    if (strcmp(m->name, name) == 0) {
      *text = pl_str_of(m->text);
      return true;
    }
  }
  return false;
}

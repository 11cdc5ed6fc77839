/* Looks up embedded Lua. The table is small enough for a linear search. */
#include "engine/modules.h"

#include <lua.h>
#include <string.h>

static const pl_module *find(const char *name)
{
  const pl_module *m = pl_modules;
  while (m->name && strcmp(m->name, name) != 0)
    m++;
  return m->name ? m : NULL;
}

bool pl_module_text(const char *name, pl_str *text)
{
  const pl_module *m = find(name);
  if (m)
    *text = pl_str_of(m->text);
  return m;
}

bool pl_module_chunk(void *user, const char *name, pl_str *chunk)
{
  (void)user;
  const pl_module *m = find(name);
  if (!m)
    return false;
  const pl_module_code *code = &pl_modules_code[m - pl_modules];
  bool same = code->data && strcmp(pl_modules_lua, lua_ident) == 0;
  *chunk = same ? (pl_str){code->data, code->len} : pl_str_of(m->text);
  return true;
}

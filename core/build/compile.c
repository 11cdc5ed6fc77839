/* compile: writes our Lua modules as C, compiled by the Lua that this program runs with. Playbooks stay text: people read them.
 * A program of the build, linked with the texts that embed.cmake made. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "engine/modules.h"
#include "script/state.h"

/* A lua_Writer: a string literal on a line of its own, its bytes added to those at user. */
static int write_literal(lua_State *L, const void *bytes, size_t size, void *user)
{
  (void)L;
  printf("\n  \"");
  for (size_t i = 0; i < size; i++)
    printf("\\%03o", ((const unsigned char *)bytes)[i]);
  printf("\"");
  *(size_t *)user += size;
  return ferror(stdout);
}

/* A row of the table. */
static int write_module(lua_State *L, const pl_module *m)
{
  char chunk[300];
  size_t size = 0;
  if (strncmp(m->name, "playbooks/", 10) == 0)
    return printf("{0, 0},\n") < 0;
  (void)snprintf(chunk, sizeof chunk, PL_MODULE_CHUNK, m->name);
  if (luaL_loadbufferx(L, m->text, strlen(m->text), chunk, "t") != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 1;
  }
  printf("{");
  int failed = lua_dump(L, write_literal, &size, 0);
  printf(", %zu},\n", size);
  lua_settop(L, 0);
  return failed;
}

int main(void)
{
  lua_State *L = luaL_newstate();
  size_t size = 0;
  int failed = !L;
  printf("/* Made by core/build/compile.c. */\n#include \"engine/modules.h\"\n\nconst char pl_modules_lua[] =");
  failed = failed || write_literal(L, lua_ident, strlen(lua_ident), &size);
  printf(";\n\nconst pl_module_code pl_modules_code[] = {\n");
  for (const pl_module *m = pl_modules; m->name && !failed; m++)
    failed = write_module(L, m);
  printf("{0, 0}};\n");
  if (L)
    lua_close(L);
  return failed || fflush(stdout) != 0;
}

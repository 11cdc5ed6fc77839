/* perilune.core.program: other programs, for our own trusted modules; playbooks never see it. start(name, arguments ...) -> number |
 * nil, err; its standard streams are /dev/null · ended(number) -> nil while it runs, then its exit code (-1: a signal), once ·
 * wait(number, seconds) -> the same, after waiting without letting others go on: for what is read before a run begins. */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "io/program.h"

enum { ARGUMENTS_MAX = 32 };

static int program_start(lua_State *L)
{
  char *argv[ARGUMENTS_MAX + 1];
  int n = lua_gettop(L);
  pid_t pid;
  pl_error err = {0};
  luaL_argcheck(L, n >= 1 && n <= ARGUMENTS_MAX, 1, "a program and its arguments, at most 32");
  for (int i = 1; i <= n; i++)
    argv[i - 1] = (char *)(uintptr_t)luaL_checkstring(L, i);
  argv[n] = NULL;
  if (pl_program_start(argv, &pid, &err))
    return pl_push_failure(L, &err);
  lua_pushinteger(L, (lua_Integer)pid);
  return 1;
}

static int program_ended(lua_State *L)
{
  int code;
  if (!pl_program_ended((pid_t)luaL_checkinteger(L, 1), &code))
    return 0;
  lua_pushinteger(L, code);
  return 1;
}

static int program_wait(lua_State *L)
{
  int code;
  lua_Number seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 2, "seconds, at most an hour");
  if (!pl_program_wait((pid_t)luaL_checkinteger(L, 1), (int)(seconds * 1000), &code))
    return 0;
  lua_pushinteger(L, code);
  return 1;
}

int pl_open_program(lua_State *L)
{
  static const luaL_Reg functions[] = {{"start", program_start}, {"ended", program_ended}, {"wait", program_wait}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

/* A playbook's state without modules, and chunks that run in its sandbox. */
#ifndef TEST_SCRIPTED_H
#define TEST_SCRIPTED_H

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "script/guard.h"
#include "script/state.h"
#include "support/failing.h"

static inline pl_state *scripted_open(void)
{
  pl_state_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .profile = PL_PROFILE_PLAYBOOK};
  pl_state *s = NULL;
  pl_error err = {0};
  if (pl_state_open(&o, &s, &err))
    fail_msg("%s", err.message);
  return s;
}

/* Runs a chunk with what is on top of the stack as its argument "..." (n values, popped); the text of its error, or "". */
static inline const char *scripted_run(pl_state *s, const char *text, int n)
{
  static char message[600];
  lua_State *L = pl_state_lua(s);
  pl_error err = {0};
  message[0] = '\0';
  if (pl_state_load(s, pl_str_of(text), "t.lua", &err)) {
    lua_pop(L, n);
    return strcpy(message, err.message);
  }
  lua_insert(L, -1 - n);
  if (lua_pcall(L, n, 0, 0) != LUA_OK) {
    (void)snprintf(message, sizeof message, "%s", luaL_tolstring(L, -1, NULL));
    lua_pop(L, 2);
  }
  return message;
}

static inline void scripted_fails(pl_state *s, const char *text, int n, const char *why)
{
  const char *message = scripted_run(s, text, n);
  if (!strstr(message, why))
    fail_msg("%s: \"%s\" instead of \"%s\"", text, message, why);
}

static inline void scripted_works(pl_state *s, const char *text, int n)
{
  const char *message = scripted_run(s, text, n);
  if (*message)
    fail_msg("%s: %s", text, message);
}

#endif

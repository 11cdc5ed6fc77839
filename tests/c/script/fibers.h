/* States whose scripts run in fibers, and a word that waits. */
#ifndef TEST_FIBERS_H
#define TEST_FIBERS_H

#include <lauxlib.h>
#include <string.h>

#include "script/fiber.h"
#include "support/failing.h"

static const char fiber_kind[] = "test";

static inline pl_state *open_state_by(const pl_clock *clock, uint64_t slice_ns)
{
  pl_state_options o = {.alloc = &pl_alloc_default, .clock = clock, .profile = PL_PROFILE_PLAYBOOK, .slice_ns = slice_ns};
  pl_state *s = NULL;
  pl_error err = {0};
  assert_int_equal(pl_state_open(&o, &s, &err), PL_OK);
  return s;
}

static inline pl_state *open_state(uint64_t slice_ns)
{
  return open_state_by(&pl_clock_system, slice_ns);
}

/* Opens a fiber for the function on top of the state's stack. */
static inline void open_fiber(pl_state *s, pl_fiber *f)
{
  assert_int_equal(pl_fiber_open(f, s, NULL, fiber_kind), PL_OK);
  lua_xmove(pl_state_lua(s), f->L, 1);
}

static inline enum pl_fiber_status start(pl_state *s, pl_fiber *f, const char *text)
{
  pl_error err = {0};
  assert_int_equal(pl_state_load(s, pl_str_of(text), "t.lua", &err), PL_OK);
  open_fiber(s, f);
  return pl_fiber_start(f, 0);
}

static inline int after_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  lua_pushinteger(L, (lua_Integer)context);
  return 1;
}

/* A word of scripts that waits for the host and returns 7. */
static inline int wait_word(lua_State *L)
{
  (void)pl_fiber_check(L, "wait");
  return pl_fiber_wait(L, after_k, 7);
}

/* A state whose plain chunks have that word as `wait`, with what a chunk returns on its stack. */
static inline pl_state *open_waiting(const char *text)
{
  pl_state *s = open_state(0);
  lua_State *L = pl_state_lua(s);
  lua_register(L, "wait", wait_word);
  if (luaL_dostring(L, text))
    fail_msg("%s", lua_tostring(L, -1));
  return s;
}

#endif

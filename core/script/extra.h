/* A thread's extraspace: the address of the fiber that runs it, and in its lowest bit whether it is held: nobody but its resumer,
 * which waits further down, may continue or close it. A fiber's own thread is held by the host. */
#ifndef PL_SCRIPT_EXTRA_H
#define PL_SCRIPT_EXTRA_H

#include "script/fiber.h"

enum { PL_EXTRA_HELD = 1 };

static inline uintptr_t *pl_extra(lua_State *L)
{
  return (uintptr_t *)lua_getextraspace(L);
}

static inline void pl_extra_set(lua_State *L, pl_fiber *f, bool held)
{
  *pl_extra(L) = (uintptr_t)f | (held ? PL_EXTRA_HELD : 0);
}

static inline bool pl_extra_is_held(lua_State *L)
{
  return *pl_extra(L) & PL_EXTRA_HELD;
}

#endif

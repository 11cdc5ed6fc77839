/* The coroutine functions and xpcall that scripts get: they pass the host's yields through (script/fiber.h), and nothing that they
 * catch outlives its slice. */
#ifndef PL_SCRIPT_COROUTINE_H
#define PL_SCRIPT_COROUTINE_H

#include <lua.h>

/* Puts them in place of Lua's own; the libraries are open. */
void pl_coroutine_open(lua_State *L);

#endif

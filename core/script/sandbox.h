/* The environment of a user's chunk. */
#ifndef PL_SCRIPT_SANDBOX_H
#define PL_SCRIPT_SANDBOX_H

#include "script/state.h"

/* Makes the read-only parts once a state: the libraries as scripts see them. Protected call wanted. */
void pl_sandbox_open(lua_State *L);

/* Pushes a fresh environment for one chunk: strict globals over the allowed ones. */
void pl_sandbox_push(lua_State *L);

#endif

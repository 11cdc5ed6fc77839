/* What every binding uses: errors as Lua values. */
#ifndef PL_BIND_BIND_H
#define PL_BIND_BIND_H

#include <lua.h>

#include "base/buf.h"

#include "perilune/error.h"

/* Pushes { code = "not_found", message = ..., retryable = ... }, whose tostring is the message. */
void pl_push_error(lua_State *L, const pl_error *err);

/* Pushes nil and the error; returns 2: `return pl_push_failure(L, &err);`. */
int pl_push_failure(lua_State *L, const pl_error *err);

/* Pushes a userdata that owns an empty buffer of the state's allocator: freed with it, also when an error is raised. */
pl_buf *pl_push_buf(lua_State *L, size_t max);

#endif

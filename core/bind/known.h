/* Names that a script may write, and what it is told of another one. */
#ifndef PL_BIND_KNOWN_H
#define PL_BIND_KNOWN_H

#include <lua.h>

#include "base/str.h"

/* Raises unless name is in one of two lists, each ended by NULL; more may be NULL. what: "redis: unknown option". The message
 * names the nearest one, or all and then the hint, which may be NULL. */
void pl_check_known(lua_State *L, const char *what, pl_str name, const char *const *list, const char *const *more, const char *hint);

#endif

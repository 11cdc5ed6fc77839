/* Tokens of OAuth 2 as Lua objects: made by control, read into plans. */
#ifndef PL_BIND_TOKEN_H
#define PL_BIND_TOKEN_H

#include <lua.h>

#include "load/token.h"

/* The token at index, still the object's; NULL: it is none. */
pl_token *pl_token_at(lua_State *L, int index);

#endif

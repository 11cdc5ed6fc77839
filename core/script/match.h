/* Lua's patterns with a budget: string.find, match, gmatch and gsub as the manual (section 6.4.1) describes them, which end with
 * an error when a match takes too many steps, for no hook can interrupt a C function. */
#ifndef PL_SCRIPT_MATCH_H
#define PL_SCRIPT_MATCH_H

#include <lua.h>

#include "base/str.h"

/* Puts the four functions into the global table `string`. */
void pl_match_open(lua_State *L);

/* string.match of a text that is no Lua string, with the pattern at index; pushes what it gives and returns how many values. */
int pl_match(lua_State *L, pl_str text, int pattern);

#endif

/* `require`: our own modules for our own code, and for a playbook what is public of them and files of its folder. */
#ifndef PL_SCRIPT_REQUIRE_H
#define PL_SCRIPT_REQUIRE_H

#include <lua.h>

/* Once a state, before the others. May raise for want of memory, as may the next. */
void pl_require_open(lua_State *L);
/* Makes require(name) of our modules give what open pushes. */
void pl_require_preload(lua_State *L, const char *name, lua_CFunction open);

/* require of our own modules: C openers first, then Lua text; each once. */
int pl_require_module(lua_State *L);
/* require of a playbook. */
int pl_require_script(lua_State *L);

#endif

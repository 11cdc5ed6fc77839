/* Histograms as Lua values: module perilune.core.hist. Values are seconds on the Lua side. */
#ifndef PL_BIND_HIST_H
#define PL_BIND_HIST_H

#include <lua.h>

#include "analysis/hist.h"

/* Pushes a new, empty histogram and returns it. */
pl_hist *pl_push_hist(lua_State *L);
/* The histogram at index; raises when it is none. */
pl_hist *pl_check_hist(lua_State *L, int index);

#endif

/* What the bindings of watches share. */
#ifndef PL_BIND_QUERY_H
#define PL_BIND_QUERY_H

#include <lua.h>

#include "query/watch.h"

/* { min_samples, strict } of the table at index. */
pl_watch_options pl_watch_options_at(lua_State *L, int index);
/* Pushes the verdict row of a watch. */
void pl_push_verdict(lua_State *L, const pl_watch *w);

#endif

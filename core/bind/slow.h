/* Slow requests of a load for Lua. */
#ifndef PL_BIND_SLOW_H
#define PL_BIND_SLOW_H

#include <lua.h>

#include "load/load.h"

/* Pushes the slowest requests of each name of a scenario: array of { key (as load:hist takes it), at_ns (intended start, wall),
 * latency, service, lag (nil: never sent), phases = { [phase] = seconds } of those that it had, status, error or nil, trace_id or
 * nil }; durations in seconds. After done only. */
void pl_push_slow(lua_State *L, const pl_load *load, size_t scenario);

#endif

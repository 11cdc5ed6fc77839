/* Loads of a run: module perilune.core.load. */
#ifndef PL_BIND_LOAD_H
#define PL_BIND_LOAD_H

#include "bind/host.h"

/* protocol(word) -> { operations, options, named } | nil, err   what scripts may write of user:WORD (pl_push_protocol)
 * start(plan) -> load | nil, err. plan: the table that lua/perilune/load.lua made (see pl_plan_read).
 * load:wait() -> true | nil, err          waits until the load has ended and its figures are on the timeline
 * load:stop(drain), load:pause(bool), load:level(scenario index, value)
 * load:stats([scenario index]) -> table   totals so far
 * load:times() -> start, from, to         wall milliseconds of the start and of the measured part; 0 before they happened
 * and what load_figures.c reads of a load that has ended */
int pl_open_load(lua_State *L);

/* Stops every live load of the host, without draining, and runs the loop until they are gone. */
void pl_loads_end(pl_host *host);

#endif

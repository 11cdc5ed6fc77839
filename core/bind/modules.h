/* The modules of this room: each opens one perilune.core.* table (see the file of the same name). */
#ifndef PL_BIND_MODULES_H
#define PL_BIND_MODULES_H

#include <lua.h>

int pl_open_units(lua_State *L);
int pl_open_json(lua_State *L);
int pl_open_clock(lua_State *L);
int pl_open_stats(lua_State *L);
int pl_open_hist(lua_State *L);
int pl_open_timeline(lua_State *L);
int pl_open_query(lua_State *L);
int pl_open_file(lua_State *L);
int pl_open_program(lua_State *L);
int pl_open_target(lua_State *L);
int pl_open_trace(lua_State *L);
int pl_open_feeder(lua_State *L);
int pl_open_route(lua_State *L);
int pl_open_sampler(lua_State *L); /* start and stop: only where there is a run */
/* Only in states with a run: */
int pl_open_writer(lua_State *L);
int pl_open_load(lua_State *L);
int pl_open_watch(lua_State *L);

#endif

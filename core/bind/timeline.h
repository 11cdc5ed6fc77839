/* Reading a timeline: module perilune.core.timeline. */
#ifndef PL_BIND_TIMELINE_H
#define PL_BIND_TIMELINE_H

#include <lua.h>

#include "store/store.h"

/* The reader at index; raises after it was closed. */
pl_reader *pl_check_reader(lua_State *L, int index);

/* Pushes a reader of the store's database, or nil and an error; returns how many values. */
int pl_push_reader_of(lua_State *L, pl_store *store);

#endif

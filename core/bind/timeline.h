/* A timeline that no run holds: module perilune.core.timeline. */
#ifndef PL_BIND_TIMELINE_H
#define PL_BIND_TIMELINE_H

#include <lua.h>

#include "store/store.h"

/* The reader at index; raises after it was closed. */
pl_reader *pl_check_reader(lua_State *L, int index);

/* Opens the file at path for writing, also while a run writes to it; the caller closes *out. Errors: those of pl_store_open. */
int pl_timeline_open_store(lua_State *L, const char *path, pl_store **out, pl_error *err) PL_MUSTCHECK;

/* Pushes a reader of the store's database, or nil and an error; returns how many values. */
int pl_push_reader_of(lua_State *L, pl_store *store);

#endif

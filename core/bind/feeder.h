/* Feeders under their names: opened by the control state, read by the users of all loads. */
#ifndef PL_BIND_FEEDER_H
#define PL_BIND_FEEDER_H

#include <lua.h>

#include "load/feeder.h"

/* A feeder that the control state and its loads share; the control thread counts. */
typedef struct pl_fed {
  pl_feeder *feeder;
  const pl_allocator *alloc;
  char *name;
  unsigned refs;
} pl_fed;

/* The feeders of one load. */
typedef struct pl_feds {
  pl_fed **items;
  size_t n;
} pl_feds;

/* Takes the handles of the table at index, if it is one. Errors: PL_ENOMEM. */
int pl_feds_take(lua_State *L, int index, const pl_allocator *a, pl_feds *out, pl_error *err) PL_MUSTCHECK;
/* Gives the handles back; the last one closes its feeder. Control thread. */
void pl_feds_release(pl_feds *feds, const pl_allocator *a);

/* A worker's readers, one for each feeder of its load. NULL: no memory, or no feeders. */
pl_feeder_reader *pl_feds_readers(const pl_feds *feds, const pl_allocator *a);
/* Frees the readers; NULL is fine. Before the feeders are released. */
void pl_feds_free_readers(const pl_feds *feds, pl_feeder_reader *readers, const pl_allocator *a);

/* user:feed(name) -> row, or nil when all are used up. Upvalue 1: fn(name [, row's number, random]) for the names that no file has:
 * gives what their function makes, or raises. */
int pl_user_word_feed(lua_State *L);

#endif

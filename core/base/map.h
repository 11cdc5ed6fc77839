/* Interning: bytes -> dense ids 0, 1, 2 ... with the bytes kept, in insertion order. */
#ifndef PL_BASE_MAP_H
#define PL_BASE_MAP_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/str.h"

typedef struct pl_intern pl_intern;

/* max: most entries it will take. NULL when there is no memory. */
pl_intern *pl_intern_new(const pl_allocator *a, uint32_t max) PL_MUSTCHECK;
/* NULL is fine. */
void pl_intern_free(pl_intern *m);

/* The id of key, added when new. Returns the id >= 0, or PL_ENOMEM, or PL_ELIMIT when full. */
int64_t pl_intern_id(pl_intern *m, pl_str key);

/* The id of key, or -1. */
int64_t pl_intern_find(const pl_intern *m, pl_str key);

/* The bytes of an id that was given out; valid as long as the map; ended by NUL. */
pl_str pl_intern_key(const pl_intern *m, uint32_t id);
/* How many ids were given out: the next new one. */
uint32_t pl_intern_count(const pl_intern *m);

#endif

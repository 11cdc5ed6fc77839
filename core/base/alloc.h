/* Memory. Every allocation of the library goes through a pl_allocator, which the host may give.
 * Objects keep a pointer to the allocator that made them; the allocator outlives them. */
#ifndef PL_BASE_ALLOC_H
#define PL_BASE_ALLOC_H

#include <stddef.h>

#include "perilune/perilune.h"

/* malloc and free. Static, any thread. */
extern const pl_allocator pl_alloc_default;

/* n bytes, uninitialised; NULL when there is no memory or n is 0. */
void *pl_alloc(const pl_allocator *a, size_t n) PL_MUSTCHECK;

/* count * size bytes, zeroed; NULL when there is no memory, or the product overflows or is 0. */
void *pl_alloc_zero(const pl_allocator *a, size_t count, size_t size) PL_MUSTCHECK;

/* Resizes p (NULL: allocates) from old_n to n > 0 bytes; NULL leaves p as it was. */
void *pl_realloc(const pl_allocator *a, void *p, size_t old_n, size_t n) PL_MUSTCHECK;

/* Frees p of n bytes; p may be NULL. */
void pl_free(const pl_allocator *a, void *p, size_t n);

/* A copy of len bytes plus a NUL (len + 1 bytes to free); NULL when there is no memory. */
char *pl_strndup(const pl_allocator *a, const char *s, size_t len) PL_MUSTCHECK;

/* A copy of s (strlen(s) + 1 bytes to free with pl_strfree). */
char *pl_strdup(const pl_allocator *a, const char *s) PL_MUSTCHECK;

/* Frees a string made by pl_strdup or pl_strndup of a text without inner NULs; NULL is fine. */
void pl_strfree(const pl_allocator *a, char *s);

/* Counts bytes in use and refuses to go over a limit; single thread. Put `counting.allocator` where
 * an allocator is wanted. Shrinking and freeing never fail. */
typedef struct pl_counting {
  pl_allocator allocator; /* fn and user are set by pl_counting_init; user is this struct */
  const pl_allocator *parent;
  size_t used;
  size_t peak;
  size_t max; /* 0: no limit */
} pl_counting;

/* c must not move afterwards. parent is borrowed. */
void pl_counting_init(pl_counting *c, const pl_allocator *parent, size_t max);

#endif

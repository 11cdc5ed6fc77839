/* Memory. Every allocation of the library goes through a pl_allocator, which the host may give.
 * Objects keep a pointer to the allocator that made them; the allocator outlives them. */
#ifndef PL_BASE_ALLOC_H
#define PL_BASE_ALLOC_H

#include <stdbool.h>
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

/* Makes an array of *cap elements of `size` bytes reach element `at`: it doubles, new elements are zero. False: no memory, nothing has
 * changed. An array of no elements may be NULL. */
bool pl_reach(const pl_allocator *a, void **array, size_t *cap, size_t at, size_t size) PL_MUSTCHECK;

/* Frees p of n bytes; p may be NULL. */
void pl_free(const pl_allocator *a, void *p, size_t n);

/* A copy of len bytes plus a NUL (len + 1 bytes to free); NULL when there is no memory. */
char *pl_strndup(const pl_allocator *a, const char *s, size_t len) PL_MUSTCHECK;

/* A copy of s (strlen(s) + 1 bytes to free with pl_strfree). */
char *pl_strdup(const pl_allocator *a, const char *s) PL_MUSTCHECK;

/* Frees a string made by pl_strdup or pl_strndup of a text without inner NULs; NULL is fine. */
void pl_strfree(const pl_allocator *a, char *s);

#endif

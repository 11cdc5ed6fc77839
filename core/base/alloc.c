/* Allocation through the host's function, which is told the size of what it frees. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *system_fn(void *user, void *p, size_t old_size, size_t size)
{
  (void)user;
  (void)old_size;
  if (size == 0) {
    free(p);
    return NULL;
  }
  return realloc(p, size);
}

const pl_allocator pl_alloc_default = {system_fn, NULL};

void *pl_alloc(const pl_allocator *a, size_t n)
{
  return n ? a->fn(a->user, NULL, 0, n) : NULL;
}

void *pl_alloc_zero(const pl_allocator *a, size_t count, size_t size)
{
  if (size && count > SIZE_MAX / size)
    return NULL;
  if (a->fn == system_fn) /* fresh pages are zero: those that nobody looks at are never made */
    return count && size ? calloc(count, size) : NULL;
  void *p = pl_alloc(a, count * size);
  if (p)
    memset(p, 0, count * size);
  return p;
}

void *pl_realloc(const pl_allocator *a, void *p, size_t old_n, size_t n)
{
  return a->fn(a->user, p, p ? old_n : 0, n);
}

bool pl_reach(const pl_allocator *a, void **array, size_t *cap, size_t at, size_t size)
{
  if (at < *cap)
    return true;
  size_t wanted = *cap ? *cap : 8;
  while (wanted <= at && wanted <= SIZE_MAX / 2 / size)
    wanted *= 2;
  char *p = wanted > at ? pl_realloc(a, *array, *cap * size, wanted * size) : NULL;
  if (!p)
    return false;
  memset(p + *cap * size, 0, (wanted - *cap) * size);
  *array = p;
  *cap = wanted;
  return true;
}

void pl_free(const pl_allocator *a, void *p, size_t n)
{
  if (p)
    (void)a->fn(a->user, p, n, 0);
}

char *pl_strndup(const pl_allocator *a, const char *s, size_t len)
{
  if (len == SIZE_MAX)
    return NULL;
  char *copy = pl_alloc(a, len + 1);
  if (!copy)
    return NULL;
  if (len)
    memcpy(copy, s, len);
  copy[len] = '\0';
  return copy;
}

char *pl_strdup(const pl_allocator *a, const char *s)
{
  return pl_strndup(a, s, strlen(s));
}

void pl_strfree(const pl_allocator *a, char *s)
{
  if (s)
    pl_free(a, s, strlen(s) + 1);
}

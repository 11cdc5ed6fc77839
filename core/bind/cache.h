/* What a cell remembers of the texts that its scripts say again and again: by the address of Lua's string, which the cache keeps
 * alive. Short strings (40 bytes) exist once in a state, so the address is the text; longer ones are not taken. */
#ifndef PL_BIND_CACHE_H
#define PL_BIND_CACHE_H

#include <lua.h>
#include <stdint.h>

#include "base/alloc.h"

enum { PL_CACHE_MAX = 8192, PL_CACHE_TEXT = 40 }; /* entries; bytes of a text */

typedef struct pl_cache_entry {
  const char *text; /* NULL: free */
  uint64_t key;
  uint64_t value;
} pl_cache_entry;

typedef struct pl_cache {
  const pl_allocator *alloc;
  pl_cache_entry *entries; /* open addressing, at most half full */
  uint32_t cap, n;         /* cap: a power of two, or 0 */
} pl_cache; /* zeroed but for alloc: empty */

/* Frees the entries; what it kept alive stays so until its state is closed. */
void pl_cache_fini(pl_cache *c);

/* The value of a text (as lua_tostring gives it) under a key; NULL when it is not there. Valid until the next pl_cache_put. */
const uint64_t *pl_cache_find(const pl_cache *c, const char *text, uint64_t key);

/* The same under an address of the cell's own. Without effect when the cache is full and where there is no memory. */
void pl_cache_set(pl_cache *c, const void *address, uint64_t key, uint64_t value);

/* Remembers the string at index; without effect for a long one, when the cache is full and where there is no memory. May raise
 * out of memory. */
void pl_cache_put(lua_State *L, pl_cache *c, int index, uint64_t key, uint64_t value);

/* Keeps the string at index alive as long as its state. May raise out of memory. */
void pl_cache_anchor(lua_State *L, int index);

/* Keys: what a value is of, and what else it depends on. */
enum pl_cache_kind { PL_CACHE_SLOT, PL_CACHE_CHECK, PL_CACHE_DURATION, PL_CACHE_URL, PL_CACHE_TAG };
enum { PL_CACHE_TAGS = 8190 }; /* most sets of tags that are told apart in a key */

static inline uint64_t pl_cache_key(enum pl_cache_kind kind, size_t scenario, unsigned method, uint32_t tags)
{
  return (uint64_t)kind << 61 | (uint64_t)scenario << 40 | (uint64_t)method << 32 | tags;
}

/* The set that a tag is added to, and the address of the tag's value (48 bits). */
static inline uint64_t pl_cache_transition(uint64_t address, uint32_t tags)
{
  return (uint64_t)PL_CACHE_TAG << 61 | address << 13 | tags;
}

#endif

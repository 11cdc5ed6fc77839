/* See cache.h. Strings are anchored in a table of the registry. */
#include "bind/cache.h"

#include <stdbool.h>

static const char anchors_key = 0; /* registry: string -> true */

enum { FIRST = 64 };

static uint32_t place_of(const pl_cache *c, const char *text, uint64_t key)
{
  uint64_t h = ((uint64_t)(uintptr_t)text >> 3) * UINT64_C(0x9e3779b97f4a7c15) ^ key * UINT64_C(0xbf58476d1ce4e5b9);
  h ^= h >> 32;
  return (uint32_t)(h & (c->cap - 1));
}

/* The entry of a text, or the free one where it would be. */
static pl_cache_entry *entry_of(const pl_cache *c, const char *text, uint64_t key)
{
  uint32_t i = place_of(c, text, key);
  while (c->entries[i].text && (c->entries[i].text != text || c->entries[i].key != key))
    i = (i + 1) & (c->cap - 1);
  return &c->entries[i];
}

void pl_cache_fini(pl_cache *c)
{
  pl_free(c->alloc, c->entries, c->cap * sizeof *c->entries);
  c->entries = NULL;
  c->cap = c->n = 0;
}

const uint64_t *pl_cache_find(const pl_cache *c, const char *text, uint64_t key)
{
  if (!c->cap)
    return NULL;
  const pl_cache_entry *e = entry_of(c, text, key);
  return e->text ? &e->value : NULL;
}

static bool grow(pl_cache *c)
{
  pl_cache bigger = {.alloc = c->alloc, .cap = c->cap ? c->cap * 2 : FIRST, .n = c->n};
  bigger.entries = pl_alloc_zero(c->alloc, bigger.cap, sizeof *bigger.entries);
  if (!bigger.entries)
    return false;
  for (uint32_t i = 0; i < c->cap; i++) {
    if (c->entries[i].text)
      *entry_of(&bigger, c->entries[i].text, c->entries[i].key) = c->entries[i];
  }
  pl_cache_fini(c);
  *c = bigger;
  return true;
}

void pl_cache_anchor(lua_State *L, int index)
{
  index = lua_absindex(L, index);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors_key) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &anchors_key);
  }
  lua_pushvalue(L, index);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void pl_cache_set(pl_cache *c, const void *address, uint64_t key, uint64_t value)
{
  if (c->n >= PL_CACHE_MAX || (2 * (c->n + 1) > c->cap && !grow(c)))
    return;
  pl_cache_entry *e = entry_of(c, address, key);
  c->n += !e->text;
  *e = (pl_cache_entry){address, key, value};
}

void pl_cache_put(lua_State *L, pl_cache *c, int index, uint64_t key, uint64_t value)
{
  size_t len;
  index = lua_absindex(L, index);
  const char *text = lua_tolstring(L, index, &len);
  if (len > PL_CACHE_TEXT || c->n >= PL_CACHE_MAX)
    return;
  pl_cache_anchor(L, index);
  pl_cache_set(c, text, key, value);
}

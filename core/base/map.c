/* Interning by open addressing with linear probing; keys are kept apart, each in its own allocation, so that they
 * never move. */
#include "base/map.h"

#include <string.h>

typedef struct entry {
  uint64_t hash;
  char *key;
  size_t len;
} entry;

struct pl_intern {
  const pl_allocator *alloc;
  entry *entries;
  uint32_t count, cap;
  uint32_t *slots; /* entry + 1; 0: empty; n_slots is a power of two */
  uint32_t n_slots;
  uint32_t max;
};

pl_intern *pl_intern_new(const pl_allocator *a, uint32_t max)
{
  pl_intern *m = pl_alloc_zero(a, 1, sizeof *m);
  if (m) {
    m->alloc = a;
    m->max = max;
  }
  return m;
}

void pl_intern_free(pl_intern *m)
{
  if (!m)
    return;
  for (uint32_t i = 0; i < m->count; i++)
    pl_free(m->alloc, m->entries[i].key, m->entries[i].len + 1);
  pl_free(m->alloc, m->entries, m->cap * sizeof *m->entries);
  pl_free(m->alloc, m->slots, m->n_slots * sizeof *m->slots);
  pl_free(m->alloc, m, sizeof *m);
}

/* The slot that holds key, or the empty one where it would go. */
static uint32_t find_slot(const pl_intern *m, pl_str key, uint64_t hash)
{
  uint32_t mask = m->n_slots - 1;
  for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
    if (!m->slots[i])
      return i;
    const entry *e = &m->entries[m->slots[i] - 1];
    if (e->hash == hash && e->len == key.len && (key.len == 0 || memcmp(e->key, key.data, key.len) == 0))
      return i;
  }
}

static int grow_slots(pl_intern *m)
{
  uint32_t n = m->n_slots ? m->n_slots * 2 : 32;
  uint32_t *slots = pl_alloc_zero(m->alloc, n, sizeof *slots);
  if (!slots)
    return PL_ENOMEM;
  pl_free(m->alloc, m->slots, m->n_slots * sizeof *m->slots);
  m->slots = slots;
  m->n_slots = n;
  for (uint32_t i = 0; i < m->count; i++) {
    uint32_t at = (uint32_t)m->entries[i].hash & (n - 1);
    while (slots[at])
      at = (at + 1) & (n - 1);
    slots[at] = i + 1;
  }
  return PL_OK;
}

static int grow_entries(pl_intern *m)
{
  uint32_t cap = m->cap ? m->cap * 2 : 16;
  entry *entries = pl_realloc(m->alloc, m->entries, m->cap * sizeof *entries, cap * sizeof *entries);
  if (!entries)
    return PL_ENOMEM;
  m->entries = entries;
  m->cap = cap;
  return PL_OK;
}

int64_t pl_intern_id(pl_intern *m, pl_str key)
{
  int64_t found = pl_intern_find(m, key);
  if (found >= 0)
    return found;
  if (m->count >= m->max)
    return PL_ELIMIT;
  if ((m->count + 1) * 2 > m->n_slots && grow_slots(m))
    return PL_ENOMEM;
  if (m->count == m->cap && grow_entries(m))
    return PL_ENOMEM;
  char *copy = pl_strndup(m->alloc, key.data, key.len);
  if (!copy)
    return PL_ENOMEM;
  uint64_t hash = pl_hash(key.data, key.len, 0);
  m->entries[m->count] = (entry){hash, copy, key.len};
  m->slots[find_slot(m, key, hash)] = ++m->count;
  return m->count - 1;
}

int64_t pl_intern_find(const pl_intern *m, pl_str key)
{
  if (!m->n_slots)
    return -1;
  return (int64_t)m->slots[find_slot(m, key, pl_hash(key.data, key.len, 0))] - 1;
}

pl_str pl_intern_key(const pl_intern *m, uint32_t id)
{
  return (pl_str){m->entries[id].key, m->entries[id].len};
}

uint32_t pl_intern_count(const pl_intern *m)
{
  return m->count;
}

/* Blocks double up to 64 KiB; a piece that fits no block gets one of its own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "perilune/error.h"

enum { FIRST_BLOCK = 1 << 10, LARGEST_BLOCK = 64 << 10 };

typedef struct pl_arena_block {
  struct pl_arena_block *next;
  size_t size, used; /* bytes behind this head */
} pl_arena_block;

enum { HEAD = (sizeof(pl_arena_block) + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t) };

void pl_arena_init(pl_arena *a, const pl_allocator *alloc, size_t max)
{
  *a = (pl_arena){.alloc = alloc, .max = max};
}

static void free_blocks(pl_arena *a, pl_arena_block *b)
{
  while (b) {
    pl_arena_block *next = b->next;
    a->held -= b->size;
    pl_free(a->alloc, b, HEAD + b->size);
    b = next;
  }
}

void pl_arena_fini(pl_arena *a)
{
  free_blocks(a, a->blocks);
  a->blocks = NULL;
}

void pl_arena_reset(pl_arena *a)
{
  pl_arena_block *b = a->blocks;
  if (!b)
    return;
  if (b->size > LARGEST_BLOCK) {
    pl_arena_fini(a);
    return;
  }
  free_blocks(a, b->next);
  b->next = NULL;
  b->used = 0;
}

static void *refuse(pl_arena *a, int why)
{
  a->bad = why;
  return NULL;
}

static pl_arena_block *new_block(pl_arena *a, size_t need)
{
  size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
  size = size < LARGEST_BLOCK ? size : LARGEST_BLOCK;
  size = size < need ? need : size;
  if (size > a->max || a->held > a->max - size)
    return refuse(a, PL_ELIMIT);
  pl_arena_block *b = pl_alloc(a->alloc, HEAD + size);
  if (!b)
    return refuse(a, PL_ENOMEM);
  *b = (pl_arena_block){.next = a->blocks, .size = size};
  a->blocks = b;
  a->held += size;
  return b;
}

void *pl_arena_take(pl_arena *a, size_t n)
{
  if (n > a->max)
    return refuse(a, PL_ELIMIT);
  n = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
  pl_arena_block *b = a->blocks;
  if (!b || b->size - b->used < n)
    b = new_block(a, n);
  if (!b)
    return NULL;
  char *piece = (char *)b + HEAD + b->used;
  b->used += n;
  memset(piece, 0, n);
  return piece;
}

void *pl_arena_alloc(pl_arena *a, size_t count, size_t size)
{
  return size && count > SIZE_MAX / size ? refuse(a, PL_ELIMIT) : pl_arena_take(a, count * size);
}

pl_str pl_arena_copy(pl_arena *a, pl_str text)
{
  char *copy = text.len < SIZE_MAX ? pl_arena_take(a, text.len + 1) : NULL;
  if (copy && text.len)
    memcpy(copy, text.data, text.len);
  return (pl_str){copy, copy ? text.len : 0};
}

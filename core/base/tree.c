/* Blocks double up to 64 KiB; a piece that fits no block gets one of its own. */
#include "base/tree.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

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

static pl_arena_block *new_block(pl_arena *a, size_t need)
{
  size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
  size = size < LARGEST_BLOCK ? size : LARGEST_BLOCK;
  size = size < need ? need : size;
  if (size > a->max || a->held > a->max - size)
    return NULL;
  pl_arena_block *b = pl_alloc(a->alloc, HEAD + size);
  if (!b)
    return NULL;
  *b = (pl_arena_block){.next = a->blocks, .size = size};
  a->blocks = b;
  a->held += size;
  return b;
}

void *pl_arena_take(pl_arena *a, size_t n)
{
  if (n > a->max)
    return NULL;
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

/* ---- Values ------------------------------------------------------------------------------------- */

static bool items(pl_arena *a, pl_tree *v, enum pl_tree_kind kind, size_t n, size_t cells)
{
  *v = (pl_tree){0};
  if (cells > a->max / sizeof *v)
    return false;
  pl_tree *list = pl_arena_take(a, cells * sizeof *list);
  if (!list)
    return false;
  *v = (pl_tree){.kind = kind, .n = n, .as.items = list};
  return true;
}

bool pl_tree_list(pl_arena *a, pl_tree *v, size_t n)
{
  return items(a, v, PL_TREE_LIST, n, n);
}

bool pl_tree_map(pl_arena *a, pl_tree *v, size_t n)
{
  return items(a, v, PL_TREE_MAP, n, n > SIZE_MAX / 2 ? SIZE_MAX : 2 * n);
}

bool pl_tree_string(pl_arena *a, pl_tree *v, pl_str text)
{
  char *copy = pl_arena_take(a, text.len + 1);
  *v = copy ? pl_tree_text((pl_str){copy, text.len}) : (pl_tree){0};
  if (copy && text.len)
    memcpy(copy, text.data, text.len);
  return copy != NULL;
}

pl_tree pl_tree_boolean(bool b)
{
  return (pl_tree){.kind = PL_TREE_BOOLEAN, .boolean = b};
}

pl_tree pl_tree_integer(int64_t i)
{
  return (pl_tree){.kind = PL_TREE_INTEGER, .as.integer = i};
}

pl_tree pl_tree_number(double d)
{
  return (pl_tree){.kind = PL_TREE_NUMBER, .as.number = d};
}

pl_tree pl_tree_text(pl_str text)
{
  return (pl_tree){.kind = PL_TREE_STRING, .as.string = text};
}

void pl_tree_pair(pl_tree *map, size_t i, const char *key, pl_tree v)
{
  map->as.items[2 * i] = pl_tree_text(pl_str_of(key));
  map->as.items[2 * i + 1] = v;
}

const pl_tree *pl_tree_get(const pl_tree *v, const char *key)
{
  if (!v || v->kind != PL_TREE_MAP)
    return NULL;
  for (size_t i = 0; i < v->n; i++) {
    const pl_tree *pair = &v->as.items[2 * i];
    if (pair[0].kind == PL_TREE_STRING && pl_str_eqc(pair[0].as.string, key))
      return pair[1].kind == PL_TREE_NIL ? NULL : &pair[1];
  }
  return NULL;
}

pl_str pl_tree_get_string(const pl_tree *v, const char *key, pl_str otherwise)
{
  const pl_tree *found = pl_tree_get(v, key);
  return found && found->kind == PL_TREE_STRING ? found->as.string : otherwise;
}

int64_t pl_tree_get_integer(const pl_tree *v, const char *key, int64_t otherwise)
{
  const pl_tree *found = pl_tree_get(v, key);
  if (!found)
    return otherwise;
  if (found->kind == PL_TREE_NUMBER && found->as.number >= -9e15 && found->as.number <= 9e15)
    return (int64_t)found->as.number;
  return found->kind == PL_TREE_INTEGER ? found->as.integer : otherwise;
}

bool pl_tree_get_boolean(const pl_tree *v, const char *key, bool otherwise)
{
  const pl_tree *found = pl_tree_get(v, key);
  return found && found->kind == PL_TREE_BOOLEAN ? found->boolean : otherwise;
}

pl_str pl_tree_as_text(const pl_tree *v, char scratch[32])
{
  int n;
  switch (v->kind) {
  case PL_TREE_STRING:
    return v->as.string;
  case PL_TREE_INTEGER:
    n = snprintf(scratch, 32, "%" PRId64, v->as.integer);
    return (pl_str){scratch, (size_t)n};
  case PL_TREE_NUMBER:
    return (pl_str){scratch, pl_double_text(v->as.number, scratch)};
  case PL_TREE_BOOLEAN:
    return pl_str_of(v->boolean ? "true" : "false");
  case PL_TREE_NIL:
  case PL_TREE_LIST:
  case PL_TREE_MAP:
    break;
  }
  return (pl_str){NULL, 0};
}

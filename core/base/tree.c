/* Making and reading trees. */
#include "base/tree.h"

#include <inttypes.h>
#include <stdio.h>

static bool items(pl_arena *a, pl_tree *v, enum pl_tree_kind kind, size_t n, size_t cells)
{
  *v = (pl_tree){0};
  pl_tree *list = pl_arena_alloc(a, cells, sizeof *list);
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
  pl_str copy = pl_arena_copy(a, text);
  *v = copy.data ? pl_tree_text(copy) : (pl_tree){0};
  return copy.data;
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

/* Lua values as trees (base/tree.h) and back. */
#ifndef PL_BIND_TREE_H
#define PL_BIND_TREE_H

#include <lua.h>

#include "base/tree.h"

/* Copies the value at index into the arena: nil, boolean, number, text, tables of those up to 64 deep. A table that has
 * something under 1 and no whole number but 1..n is a list, of which names are left out; any other is a map of texts, numbers and booleans.
 * Raises for other values and when it does not fit; what was taken stays in the arena. */
void pl_tree_read(lua_State *L, int index, pl_arena *a, pl_tree *out);

/* The list part of the table at index, and apart from it what stands under names. */
void pl_tree_read_parts(lua_State *L, int index, pl_arena *a, pl_tree *list, pl_tree *named);

/* Pushes a copy. */
void pl_tree_push(lua_State *L, const pl_tree *tree);

#endif

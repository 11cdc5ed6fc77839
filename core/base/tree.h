/* Plain values as trees (nil, boolean, number, text, list, map) in an arena: what passes between scripts and the codecs of
 * protocols, neither of which knows the other's types. */
#ifndef PL_BASE_TREE_H
#define PL_BASE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum pl_tree_kind { PL_TREE_NIL, PL_TREE_BOOLEAN, PL_TREE_INTEGER, PL_TREE_NUMBER, PL_TREE_STRING, PL_TREE_LIST, PL_TREE_MAP };

typedef struct pl_tree {
  enum pl_tree_kind kind;
  bool boolean;
  size_t n;               /* LIST: items; MAP: pairs */
  union {
    int64_t integer;
    double number;
    pl_str string;        /* in the arena, or borrowed */
    struct pl_tree *items; /* LIST: n; MAP: key, value, key, value ...: 2 n */
  } as;
} pl_tree; /* zeroed: nil */

/* Fill *v. What takes memory returns false when there is none; *v is nil then. */
bool pl_tree_list(pl_arena *a, pl_tree *v, size_t n) PL_MUSTCHECK; /* of n nils */
bool pl_tree_map(pl_arena *a, pl_tree *v, size_t n) PL_MUSTCHECK;  /* of n pairs of nils */
bool pl_tree_string(pl_arena *a, pl_tree *v, pl_str text) PL_MUSTCHECK; /* a copy */
pl_tree pl_tree_boolean(bool b);
/* A whole number. */
pl_tree pl_tree_integer(int64_t i);
/* A number that need not be whole. */
pl_tree pl_tree_number(double d);
pl_tree pl_tree_text(pl_str text); /* borrowed */

/* Sets pair number i of a map to a literal key. */
void pl_tree_pair(pl_tree *map, size_t i, const char *key, pl_tree v);

/* The value of a key, or NULL: not there, nil, or v is no map (NULL is fine). */
const pl_tree *pl_tree_get(const pl_tree *v, const char *key);
/* The text of a key with a default; for options. A text that is a whole number is no integer. */
pl_str pl_tree_get_string(const pl_tree *v, const char *key, pl_str otherwise);
/* The integer of a key, a number cut to one; otherwise for other kinds and where it is not there. */
int64_t pl_tree_get_integer(const pl_tree *v, const char *key, int64_t otherwise);
/* The boolean of a key; otherwise for any other kind. */
bool pl_tree_get_boolean(const pl_tree *v, const char *key, bool otherwise);

/* Text of a string, number or boolean, as a protocol sends it ("1.5", "true"); other kinds give data NULL. scratch: 32 bytes that
 * the text may lie in. */
pl_str pl_tree_as_text(const pl_tree *v, char scratch[32]);

#endif

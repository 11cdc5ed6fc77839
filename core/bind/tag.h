/* Tags of requests: labels of a script's own, kept as PL_TAG_MARK and "name=value" behind a request's name (load/plan.h). */
#ifndef PL_BIND_TAG_H
#define PL_BIND_TAG_H

#include <lua.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { PL_TAGS_SIZE = 128 }; /* bytes of one user's or request's tags in all */

/* Why a tag, or another label of the user's, cannot have this name ("is a label of perilune's own ..."), or NULL. */
const char *pl_tag_refuse(pl_str name);

/* Appends a request's name with the tags behind it, for people: "checkout {kind=big, vip=yes}". */
void pl_tag_show(pl_buf *out, pl_str key);

/* Puts a tag (name and value at these indices) behind those in `tags` of *n bytes; the same name again replaces it. Raises for
 * a name that pl_tag_refuse refuses, for a value that is no plain text, and when they do not fit. */
void pl_tag_add(lua_State *L, char tags[PL_TAGS_SIZE], uint32_t *n, int name, int value);

/* A set of tags. Those that scripts say again and again have a number in their cell, so that adding one is a look-up. */
enum { PL_TAGS_NONE = 0, PL_TAGS_UNNUMBERED = UINT32_MAX };
typedef struct pl_tagset {
  uint32_t id; /* of the cell's set id - 1, PL_TAGS_NONE, or PL_TAGS_UNNUMBERED: only the text */
  uint32_t n;  /* bytes of the text, where there is no number */
  char text[PL_TAGS_SIZE];
} pl_tagset;

struct pl_cell;
/* Adds a tag as pl_tag_add does. */
void pl_tagset_add(lua_State *L, struct pl_cell *cell, pl_tagset *set, int name, int value);
/* The set's text; valid until it is changed. */
pl_str pl_tagset_text(const struct pl_cell *cell, const pl_tagset *set);

#endif

/* Tags of requests: labels of a script's own, kept as PL_TAG_MARK and "name=value" behind a request's name (load/plan.h). */
#ifndef PL_BIND_TAG_H
#define PL_BIND_TAG_H

#include <lua.h>
#include <stdint.h>

#include "base/str.h"

enum { PL_TAGS_SIZE = 128 }; /* bytes of one user's or request's tags in all */

/* Why a tag, or another label of the user's, cannot have this name ("is a label of perilune's own ..."), or NULL. */
const char *pl_tag_refuse(pl_str name);

/* Puts a tag (name and value at these indices) behind those in `tags` of *n bytes; the same name again replaces it. Raises for
 * a name that pl_tag_refuse refuses, for a value that is no plain text, and when they do not fit. */
void pl_tag_add(lua_State *L, char tags[PL_TAGS_SIZE], uint32_t *n, int name, int value);

#endif

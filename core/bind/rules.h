/* Rules of relabelling out of Lua. */
#ifndef PL_BIND_RULES_H
#define PL_BIND_RULES_H

#include <lua.h>

#include "ingest/relabel.h"

/* Compiles the list at a place of the stack: { action, source_labels = { ... }, separator, regex, target_label, replacement, modulus } each, all of
 * them optional. Raises where it is no such list; errors otherwise are those of pl_relabel_new. */
int pl_check_rules(lua_State *L, int at, const pl_allocator *a, pl_relabel **out, pl_error *err);

#endif

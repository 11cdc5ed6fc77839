/* What was taken and refused of what others send, for Lua. */
#ifndef PL_BIND_COUNTS_H
#define PL_BIND_COUNTS_H

#include <lua.h>

#include "ingest/intake.h"

/* Pushes { samples, series, spans, logs, exemplars, refused = { { reason, count, of, text } ... } }. */
void pl_push_counts(lua_State *L, const pl_intake_counts *counts);

#endif

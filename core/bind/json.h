/* JSON and Lua values, for bindings; the module perilune.core.json is json.c's. */
#ifndef PL_BIND_JSON_H
#define PL_BIND_JSON_H

#include <lua.h>

#include "base/buf.h"
#include "base/str.h"

/* Pushes the value of a JSON text; nothing on failure. Objects and arrays become tables, null json.null (a light userdata),
 * integers stay integers. May raise out of memory. */
int pl_json_push(lua_State *L, pl_str text, pl_error *err) PL_MUSTCHECK;

/* Whether the value at index is json.null. */
bool pl_json_is_null(lua_State *L, int index);

/* Appends the value at index as JSON. A table with keys 1..n is an array; json.array marks an empty one. Errors: PL_EINVAL
 * (function, userdata, mixed keys, a cycle), PL_ELIMIT, PL_ENOMEM. reveal: secrets stand there in
 * clear, for what is sent; else ***. */
int pl_json_encode(lua_State *L, int index, bool reveal, pl_buf *out, pl_error *err) PL_MUSTCHECK;

#endif

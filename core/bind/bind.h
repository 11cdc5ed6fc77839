/* What every binding uses: errors as Lua values, fields of tables, buffers. */
#ifndef PL_BIND_BIND_H
#define PL_BIND_BIND_H

#include <lua.h>

#include "base/buf.h"
#include "base/str.h"

#include "perilune/error.h"

/* Pushes { code = "not_found", message = ..., retryable = ... }, whose tostring is the message. */
void pl_push_error(lua_State *L, const pl_error *err);

/* Pushes nil and the error; returns 2: `return pl_push_failure(L, &err);`. */
int pl_push_failure(lua_State *L, const pl_error *err);

/* t.name = value, t being the table on top. A whole number. */
void pl_set_integer(lua_State *L, const char *name, int64_t value);
/* A whole number of 0 or more, at most 2^63 - 1. */
void pl_set_count(lua_State *L, const char *name, uint64_t value);
/* A number. */
void pl_set_number(lua_State *L, const char *name, double value);
/* A number; NaN leaves the table as it is. */
void pl_set_known(lua_State *L, const char *name, double value);
/* True or false. */
void pl_set_boolean(lua_State *L, const char *name, bool value);
/* A text, which is copied. */
void pl_set_str(lua_State *L, const char *name, pl_str value);
/* A text that ends with NUL, which is copied; NULL: nil. */
void pl_set_text(lua_State *L, const char *name, const char *value);

/* Pushes a userdata that owns an empty buffer of the state's allocator: freed with it, also when an error is raised. */
pl_buf *pl_push_buf(lua_State *L, size_t max);

#endif

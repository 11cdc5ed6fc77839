/* What every binding uses: errors as Lua values, fields of tables, buffers. */
#ifndef PL_BIND_BIND_H
#define PL_BIND_BIND_H

#include <lauxlib.h>

#include "base/buf.h"
#include "base/str.h"

#include "perilune/error.h"

/* Pushes { code = "not_found", message = ..., retryable = ... }, whose tostring is the message. */
void pl_push_error(lua_State *L, const pl_error *err);

/* Pushes nil and the error; returns 2: `return pl_push_failure(L, &err);`. */
int pl_push_failure(lua_State *L, const pl_error *err);

/* Raises an error of the code "invalid": what people wrote, and why it cannot be. It has no place of its own: that is theirs. */
_Noreturn void pl_raise_invalid(lua_State *L, const char *format, ...) PL_PRINTF(2, 3);

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

/* Pushes the metatable of userdata of a name, made at first use: its methods, and what frees it. Scripts see none of it. */
void pl_push_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc);

/* The text at index, which stays its value's. Raises for another value. */
pl_str pl_check_text(lua_State *L, int index);

/* t.name of the table at index, which keeps the text; NULL: there is none. Raises for another value. */
const char *pl_get_text(lua_State *L, int index, const char *name);
/* t.name, copied into out[size], empty where there is none. Raises for another value and for a longer text. what: the word, for the message. */
void pl_get_copy(lua_State *L, int index, const char *what, const char *name, char *out, size_t size);
/* t.name, false where there is none. */
bool pl_get_boolean(lua_State *L, int index, const char *name);

/* The numbers of the array at index, *n of them, least to most (raises for more or fewer, and for what is no number), in memory of the state that is
 * left on the stack. */
double *pl_check_numbers(lua_State *L, int index, size_t least, size_t most, size_t *n);
/* As that, of an array with gaps: what is no number is NaN. */
double *pl_check_numbers_with_gaps(lua_State *L, int index, size_t most, size_t *n);

/* Pushes a userdata that owns an empty buffer of the state's allocator: freed with it, also when an error is raised. */
pl_buf *pl_push_buf(lua_State *L, size_t max);

#endif

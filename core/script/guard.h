/* Values that scripts hold and cannot change or look into: read-only tables, objects with a fixed face, secrets. */
#ifndef PL_SCRIPT_GUARD_H
#define PL_SCRIPT_GUARD_H

#include <lua.h>
#include <stdbool.h>

#include "base/str.h"

/* Replaces the table on top by a read-only view of it; what ("string", "pl") names it in messages. Reading, pairs, ipairs and # work. */
void pl_guard_read_only(lua_State *L, const char *what);

/* Marks the metatable on top as that of a table which rawset must leave alone. */
void pl_guard_mark(lua_State *L);

/* Whether the value at index is a view that pl_guard_read_only made, or an environment of a script. */
bool pl_guard_is_view(lua_State *L, int index);

/* Pushes a secret: tostring and messages show ***, .. with text gives another secret, nothing else can be done with it. */
void pl_secret_push(lua_State *L, pl_str text);

/* The text of a string, number or secret at index, valid as long as that value (a number becomes a string in place); false for
 * other values. For the few places that send it: requests and copies to other states. */
bool pl_secret_text(lua_State *L, int index, pl_str *text);

/* Whether the value at index is a secret. */
bool pl_secret_is(lua_State *L, int index);

/* Module perilune.core.guard for our own Lua: read_only(table, what) -> view; object(what, lookup) -> userdata whose fields are
 * what lookup(object, name) gives; secret(text) -> secret; reveal(value) -> the text of a secret, other values as they are;
 * is_secret(value); upvalues(function) -> { name = { id, value } } of a function that a script's file
 * defines; of other functions nothing.
 * place(function) -> "file.lua:12", where its text begins. */
int pl_open_guard(lua_State *L);

#endif

/* What a script is told of what went wrong: errors are tables { code, message, trace } whose message names file and line, with the
 * line's text below, and whose trace has no frame of our own. */
#ifndef PL_SCRIPT_ERROR_H
#define PL_SCRIPT_ERROR_H

#include <lua.h>

#include "base/str.h"

/* Gives the table on top, an error, the metatable of errors: tostring and .. read its message. */
void pl_error_mark(lua_State *L);

/* Pushes "review.lua:12: " of the innermost frame of a script, or ""; chunk, line: its own, or "" and 0. ar holds what chunk points to. */
void pl_error_place(lua_State *L, const char **chunk, int *line, lua_Debug *ar);

/* Pushes message (NULL: none) and a traceback of L without frames of our own modules and C. */
void pl_error_traceback(lua_State *L, const char *message);

/* The key of the table at index that is spelled most like word, valid as long as the table holds it; NULL: none is near. Of equally near
 * ones the first by the alphabet. */
const char *pl_error_near(lua_State *L, int index, pl_str word);

/* A message handler (lua_pcall): makes an error table of what was raised. A table of the script's stays the same one; a light
 * userdata that is the fiber's owner (pl_fiber.owner) is its own way out and stays as it is. */
int pl_error_handler(lua_State *L);

/* Memory ran out, for which Lua calls no handler: puts a message with the place instead of Lua's on top. */
void pl_error_of_memory(lua_State *L);

/* As a Lua function: try(fn, ...) -> true and results, or false and the error as a table, as an uncaught one would be. fn may wait. */
int pl_error_try(lua_State *L);

#endif

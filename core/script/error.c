/* See error.h. A handler runs where the error was raised, so that the frames are still there. */
#include "script/error.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "script/fiber.h"

enum { TRACE_LEVELS = 24 }; /* frames of a traceback */

static const char error_name[] = "perilune.error";

/* ---- Places ----------------------------------------------------------------------------------------- */

static bool is_user_frame(const lua_Debug *ar)
{
  return ar->source[0] == '@' && ar->currentline > 0;
}

void pl_error_traceback(lua_State *L, const char *message)
{
  luaL_Buffer b;
  lua_Debug ar;
  luaL_buffinit(L, &b);
  if (message) {
    luaL_addstring(&b, message);
    luaL_addchar(&b, '\n');
  }
  luaL_addstring(&b, "stack:");
  for (int level = 0, shown = 0; shown < TRACE_LEVELS && lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sln", &ar);
    if (!is_user_frame(&ar))
      continue;
    char line[256];
    (void)snprintf(line, sizeof line, "\n  %s:%d: in %s", ar.short_src, ar.currentline,
                   ar.name ? ar.name : strcmp(ar.what, "main") == 0 ? "the main chunk" : "a function");
    luaL_addstring(&b, line);
    shown++;
  }
  luaL_pushresult(&b);
}

void pl_error_place(lua_State *L, const char **chunk, int *line, lua_Debug *ar)
{
  for (int level = 0; lua_getstack(L, level, ar); level++) {
    lua_getinfo(L, "Sl", ar);
    if (!is_user_frame(ar))
      continue;
    *chunk = ar->source + 1;
    *line = ar->currentline;
    lua_pushfstring(L, "%s:%d: ", ar->short_src, ar->currentline);
    return;
  }
  *chunk = "";
  *line = 0;
  lua_pushliteral(L, "");
}

const char *pl_error_near(lua_State *L, int index, pl_str word)
{
  const char *near = NULL;
  size_t best = word.len / 3 + 2;
  index = lua_absindex(L, index);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      continue;
    pl_str key;
    key.data = lua_tolstring(L, -1, &key.len);
    size_t distance = pl_edit_distance(word, key);
    if (distance < best || (distance == best && near && strcmp(key.data, near) < 0)) {
      best = distance;
      near = key.data;
    }
  }
  return near;
}

/* ---- The table of an error -------------------------------------------------------------------------- */

static int error_tostring(lua_State *L)
{
  lua_pushliteral(L, "message");
  if (!lua_istable(L, 1) || lua_rawget(L, 1) != LUA_TSTRING)
    lua_pushliteral(L, "error");
  return 1;
}

/* err .. "text": errors read as their messages. */
static int error_concat(lua_State *L)
{
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

void pl_error_mark(lua_State *L)
{
  if (luaL_newmetatable(L, error_name)) {
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, error_concat);
    lua_setfield(L, -2, "__concat");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
}

/* Replaces slot 1 by a new error table with the text on top, which is popped. */
static void replace_error(lua_State *L)
{
  lua_createtable(L, 0, 3);
  lua_pushliteral(L, "script");
  lua_setfield(L, -2, "code");
  lua_insert(L, -2);
  lua_setfield(L, -2, "message");
  lua_replace(L, 1);
}

/* Whether slot 1 is a table that may get fields: libraries and other protected tables may not. */
static bool is_open_table(lua_State *L)
{
  if (!lua_istable(L, 1))
    return false;
  if (luaL_getmetafield(L, 1, "__metatable") == LUA_TNIL)
    return true;
  lua_pop(L, 1);
  lua_getmetatable(L, 1);
  luaL_getmetatable(L, error_name);
  bool ours = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return ours;
}

/* Whether slot 1 is the owner of the fiber that runs L. */
static bool is_owner(lua_State *L)
{
  const pl_fiber *f = pl_fiber_of(L);
  return f && lua_touserdata(L, 1) == f->owner;
}

/* Makes slot 1, whatever was raised, an error table with a message. A table of the script's stays the same one. */
static void shape_error(lua_State *L)
{
  if (lua_isstring(L, 1)) {
    lua_pushvalue(L, 1);
    replace_error(L);
    return;
  }
  if (!is_open_table(L)) {
    lua_pushfstring(L, lua_isnil(L, 1) ? "error(): nil was raised; give a message" : "a %s was raised as an error; give a message", luaL_typename(L, 1));
    replace_error(L);
    return;
  }
  lua_pushliteral(L, "message");
  if (lua_rawget(L, 1) == LUA_TSTRING) {
    lua_pop(L, 1);
    return;
  }
  lua_pushliteral(L, "message");
  lua_pushliteral(L, "code");
  if (lua_rawget(L, 1) == LUA_TSTRING)
    lua_pushfstring(L, "error with code \"%s\" and no message", lua_tostring(L, -1));
  else
    lua_pushliteral(L, "a table without a message was raised as an error");
  lua_replace(L, -2);
  lua_rawset(L, 1);
  lua_pop(L, 1);
}

int pl_error_handler(lua_State *L)
{
  lua_Debug ar;
  const char *chunk;
  int line;
  lua_settop(L, 1);
  if (lua_islightuserdata(L, 1) && is_owner(L))
    return 1;
  shape_error(L);
  lua_pushliteral(L, "trace");
  if (lua_rawget(L, 1) != LUA_TNIL) {
    lua_settop(L, 1);
    return 1;
  }
  lua_pushliteral(L, "message");
  lua_pushliteral(L, "message");
  lua_rawget(L, 1);
  pl_error_place(L, &chunk, &line, &ar);
  const char *message = lua_tostring(L, -2), *place = lua_tostring(L, -1);
  size_t chunk_len = strlen(chunk);
  bool placed = chunk_len && strncmp(message, chunk, chunk_len) == 0 && message[chunk_len] == ':';
  pl_str text = pl_state_source_line(L, chunk, line);
  lua_pushfstring(L, "%s%s", placed ? "" : place, message);
  if (text.len) {
    lua_pushliteral(L, "\n  > ");
    lua_pushlstring(L, text.data, text.len);
    lua_concat(L, 3);
  }
  lua_replace(L, 4);
  lua_settop(L, 4);
  lua_rawset(L, 1);
  lua_pushliteral(L, "trace");
  pl_error_traceback(L, NULL);
  lua_rawset(L, 1);
  lua_settop(L, 1);
  if (!lua_getmetatable(L, 1))
    pl_error_mark(L);
  lua_settop(L, 1);
  return 1;
}

void pl_error_of_memory(lua_State *L)
{
  pl_state *s = pl_state_of(L);
  const pl_state_place *at = pl_state_refused(s);
  pl_str text = pl_state_source_line(L, at->chunk, at->line);
  lua_pop(L, 1);
  if (at->chunk[0])
    lua_pushfstring(L, "%s:%d: ", at->chunk, at->line);
  else
    lua_pushliteral(L, "");
  lua_pushfstring(L, "out of memory: a script may hold %d MiB; keep less of it at a time", (int)(pl_state_memory_max(s) >> 20));
  lua_pushstring(L, text.len ? "\n  > " : "");
  lua_pushlstring(L, text.data, text.len);
  lua_concat(L, 4);
}

/* ---- Calls under the handler ------------------------------------------------------------------------ */

/* Stack: the handler, then true and results, or the error. */
static int try_k(lua_State *L, int status, lua_KContext context)
{
  (void)context;
  bool ok = status == LUA_OK || status == LUA_YIELD;
  lua_pushboolean(L, ok);
  lua_replace(L, 1);
  if (ok)
    return lua_gettop(L);
  if (status == LUA_ERRMEM)
    pl_error_of_memory(L);
  if (!lua_istable(L, 2)) {
    lua_pushcfunction(L, pl_error_handler);
    lua_insert(L, 2);
    lua_call(L, 1, 1);
  }
  return 2;
}

int pl_error_try(lua_State *L)
{
  luaL_checkany(L, 1);
  lua_pushcfunction(L, pl_error_handler);
  lua_insert(L, 1);
  return try_k(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, try_k), 0);
}

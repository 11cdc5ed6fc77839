/* See require.h. What ran is kept by its name, a file of a playbook's folder by its real path. */
#include "script/require.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/file.h"
#include "script/state.h"

enum { MODULE_MAX = 4 << 20, NAME_LONGEST = 255, BELOW_SIZE = NAME_LONGEST + sizeof ".lua" };

static const char loaded_key[] = "perilune.loaded";   /* registry: modules by name, files of the playbook's folder by path */
static const char preload_key[] = "perilune.preload"; /* C openers of our modules */

void pl_require_open(lua_State *L)
{
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, loaded_key);
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, preload_key);
}

void pl_require_preload(lua_State *L, const char *name, lua_CFunction open)
{
  lua_getfield(L, LUA_REGISTRYINDEX, preload_key);
  lua_pushcfunction(L, open);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* ---- Our modules ---------------------------------------------------------------------------------- */

/* The text of module `name`; from lua_dir it is read into b. */
static bool module_text(const pl_state_options *o, const char *name, pl_buf *b, pl_str *text)
{
  if (!o->lua_dir)
    return o->module && o->module(o->module_user, name, text);
  char path[PATH_MAX], rest[256];
  if (!pl_copy(rest, sizeof rest, pl_str_of(name)))
    return false;
  for (char *p = rest; *p; p++)
    *p = *p == '.' ? '/' : *p;
  for (int i = 0; i < 2; i++) {
    int n = snprintf(path, sizeof path, "%s/%s%s.lua", o->lua_dir, rest, i ? "/init" : "");
    pl_buf_clear(b);
    if (n > 0 && (size_t)n < sizeof path && pl_file_read(path, b, NULL) == PL_OK) {
      *text = (pl_str){b->data, b->len};
      return true;
    }
  }
  return false;
}

/* Pushes the loaded chunk of a module, or raises. */
static void load_module(lua_State *L, const char *name)
{
  const pl_state_options *o = pl_state_settings(pl_state_of(L));
  pl_buf b;
  pl_str text = {NULL, 0};
  pl_buf_init(&b, o->alloc, MODULE_MAX);
  if (!module_text(o, name, &b, &text)) {
    pl_buf_fini(&b);
    luaL_error(L, "there is no module \"%s\"", name);
  }
  char chunk[300];
  (void)snprintf(chunk, sizeof chunk, PL_MODULE_CHUNK, name);
  int code = luaL_loadbufferx(L, text.data ? text.data : "", text.len, chunk, "bt");
  pl_buf_fini(&b);
  if (code != LUA_OK)
    lua_error(L);
}

int pl_require_module(lua_State *L)
{
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, loaded_key);
  if (lua_getfield(L, 2, name) != LUA_TNIL)
    return 1;
  lua_pop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, preload_key);
  if (lua_getfield(L, -1, name) == LUA_TNIL) {
    lua_pop(L, 1);
    load_module(L, name);
  }
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, 2, name);
  return 1;
}

/* ---- The playbook's require ------------------------------------------------------------------------ */

static bool is_public(const char *name)
{
  static const char *const modules[] = {"perilune", "perilune.testing", NULL};
  for (const char *const *m = modules; *m; m++) {
    if (strcmp(*m, name) == 0)
      return true;
  }
  return false;
}

/* The file of a module of the playbook's folder, which must really lie in it: below the folder, and its real path. */
static bool folder_file(const char *folder, const char *name, char below[BELOW_SIZE], char path[PATH_MAX])
{
  if (!folder || strlen(name) > NAME_LONGEST || strstr(name, "..") || name[0] == '/' || name[0] == '.')
    return false;
  (void)snprintf(below, BELOW_SIZE, "%s.lua", name);
  for (char *p = below; p < below + strlen(name); p++)
    *p = *p == '.' ? '/' : *p;
  return pl_file_within(folder, below, path, NULL) == PL_OK && access(path, R_OK) == 0;
}

/* Whether the main chunk of this file runs on L's stack. */
static bool is_running(lua_State *L, const char *chunk)
{
  lua_Debug ar;
  for (int level = 0; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "S", &ar);
    if (strcmp(ar.what, "main") == 0 && ar.source[0] == '@' && strcmp(ar.source + 1, chunk) == 0)
      return true;
  }
  return false;
}

int pl_require_script(lua_State *L)
{
  pl_state *s = pl_state_of(L);
  const char *name = luaL_checkstring(L, 1);
  char below[BELOW_SIZE], path[PATH_MAX], key[PATH_MAX + 8];
  lua_settop(L, 1);
  if (is_public(name))
    return pl_require_module(L);
  if (!folder_file(pl_state_settings(s)->folder, name, below, path))
    return luaL_error(L, "require: there is no \"%s\": playbooks may require \"perilune\" and files of their own folder", name);
  (void)snprintf(key, sizeof key, "file:%s", path);
  lua_getfield(L, LUA_REGISTRYINDEX, loaded_key);
  lua_getfield(L, 2, key);
  bool begun = lua_touserdata(L, -1) == s;
  if (begun && is_running(L, below))
    return luaL_error(L, "require: \"%s\" needs a file that needs \"%s\" again: move what both need into a third", name, name);
  if (!begun && !lua_isnil(L, -1))
    return 1;
  lua_pushlightuserdata(L, s); /* until it has run: see is_running */
  lua_setfield(L, 2, key);
  pl_error err = {0};
  pl_buf b;
  pl_buf_init(&b, pl_state_alloc(L), MODULE_MAX);
  int code = pl_file_read(path, &b, &err);
  if (!code)
    code = pl_state_load(s, (pl_str){b.data, b.len}, below, &err);
  pl_buf_fini(&b);
  if (code)
    return luaL_error(L, "%s", err.message);
  if (L != pl_state_lua(s))
    lua_xmove(pl_state_lua(s), L, 1);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1))
    lua_pushboolean(L, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, 2, key);
  return 1;
}

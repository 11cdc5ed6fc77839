/* user.cookies: the jar of the user that runs, as its script reads and changes it. One object a cell. */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/cell.h"
#include "bind/known.h"
#include "bind/option.h"
#include "load/cookie.h"

#define NEVER_S 1e10 /* as many nanoseconds fit into 64 bits; longer is for ever */

static const char cookies_name[] = "perilune.cookies";

static pl_script_user *check_user(lua_State *L)
{
  luaL_checkudata(L, 1, cookies_name);
  return pl_script_user_check(L, "cookies");
}

/* The URL of a text, below the scenario's base when it is relative; of an empty one the base. */
static void read_url(lua_State *L, pl_script_user *su, pl_str text, pl_url *out)
{
  *out = su->user->scenario->base;
  if (text.len)
    (void)pl_script_url(L, su, text, out);
  else if (!out->host.data)
    luaL_error(L, "user.cookies: the scenario has no base; name a URL");
}

/* user.cookies:get([url]) -> { name = value }: of several with one name the one that is sent first, whose path is the longest. */
static int cookies_get(lua_State *L)
{
  pl_script_user *su = check_user(L);
  pl_cookie_at at = {0};
  pl_str text;
  pl_url url;
  text.data = luaL_optlstring(L, 2, "", &text.len);
  read_url(L, su, text, &url);
  lua_newtable(L);
  while (pl_cookie_jar_next(su->user->jar, &url, &at)) {
    lua_pushlstring(L, at.name.data, at.name.len);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushlstring(L, at.value.data, at.value.len);
      lua_rawset(L, -3);
    } else {
      lua_pop(L, 2);
    }
  }
  return 1;
}

/* The text that an option of the table at 4 has, or an empty one; it lives as long as the table. */
static pl_str text_option(lua_State *L, const char *name)
{
  pl_str text = {"", 0};
  int type = lua_getfield(L, 4, name);
  if (type != LUA_TNIL && type != LUA_TSTRING)
    luaL_error(L, "user.cookies:set: %s is a text", name);
  if (type == LUA_TSTRING)
    text.data = lua_tolstring(L, -1, &text.len);
  lua_pop(L, 1);
  return text;
}

static uint64_t max_age_option(lua_State *L)
{
  uint64_t left_ns = UINT64_MAX;
  if (lua_getfield(L, 4, "max_age") != LUA_TNIL) {
    double seconds = pl_script_duration(L, lua_gettop(L), "user.cookies:set: max_age");
    luaL_argcheck(L, seconds >= 0, 4, "max_age is a duration; 0 deletes the cookie");
    left_ns = seconds < NEVER_S ? (uint64_t)(seconds * 1e9) : UINT64_MAX;
  }
  lua_pop(L, 1);
  return left_ns;
}

static void check_options(lua_State *L, const pl_script_user *su)
{
  static const char *const options[] = {"url", "path", "domain", "secure", "max_age", NULL};
  su->user->script_fault = true; /* unless all is well */
  for (lua_pushnil(L); lua_next(L, 4); lua_pop(L, 1)) {
    pl_str name;
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, 4, "options have names");
    name.data = lua_tolstring(L, -2, &name.len);
    pl_check_known(L, "user.cookies:set: unknown option", name, options, NULL, NULL);
  }
  su->user->script_fault = false;
}

/* The options of the table at 4; the text of url goes to its own place. */
static void read_options(lua_State *L, const pl_script_user *su, pl_cookie_spec *out, pl_str *url)
{
  luaL_checktype(L, 4, LUA_TTABLE);
  check_options(L, su);
  *url = text_option(L, "url");
  out->path = text_option(L, "path");
  out->domain = text_option(L, "domain");
  out->left_ns = max_age_option(L);
  int type = lua_getfield(L, 4, "secure");
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN, 4, "secure is true or false");
  out->secure = lua_toboolean(L, -1);
  lua_pop(L, 1);
}

/* user.cookies:set(name, value [, { url, path, domain, secure, max_age }]) */
static int cookies_set(lua_State *L)
{
  pl_script_user *su = check_user(L);
  pl_cookie_spec spec = {.left_ns = UINT64_MAX};
  pl_error err = {0};
  pl_str text = {"", 0};
  pl_url url;
  lua_settop(L, 4);
  spec.name.data = luaL_checklstring(L, 2, &spec.name.len);
  spec.value.data = luaL_checklstring(L, 3, &spec.value.len);
  if (!lua_isnil(L, 4))
    read_options(L, su, &spec, &text);
  read_url(L, su, text, &url);
  pl_cookie_jar *jar = pl_script_jar(su);
  if (!jar)
    return luaL_error(L, "user.cookies:set: out of memory");
  return pl_cookie_jar_set(jar, &url, &spec, &err) ? pl_raise(L, "user.cookies:set", &err) : 0;
}

/* user.cookies:clear([url]): all, or those that would be sent to the URL */
static int cookies_clear(lua_State *L)
{
  pl_script_user *su = check_user(L);
  pl_cookie_jar *jar = su->user->jar;
  pl_str text;
  pl_url url;
  text.data = luaL_optlstring(L, 2, NULL, &text.len);
  if (text.data)
    read_url(L, su, text, &url);
  if (jar && text.data)
    pl_cookie_jar_forget(jar, &url);
  else if (jar)
    pl_cookie_jar_clear(jar);
  return 0;
}

/* user.cookies.NAME. Upvalue 1: its words. */
static int cookies_index(lua_State *L)
{
  static const char *const words[] = {"get", "set", "clear", NULL};
  pl_str name;
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
    return 1;
  name.data = luaL_tolstring(L, 2, &name.len);
  check_user(L)->user->script_fault = true;
  pl_check_known(L, "user.cookies: unknown word", name, words, NULL, NULL);
  return 0;
}

void pl_push_cookies(lua_State *L)
{
  static const luaL_Reg words[] = {{"get", cookies_get}, {"set", cookies_set}, {"clear", cookies_clear}, {NULL, NULL}};
  lua_newuserdatauv(L, 0, 0);
  luaL_newmetatable(L, cookies_name);
  luaL_newlib(L, words);
  lua_pushcclosure(L, cookies_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "cookies");
}

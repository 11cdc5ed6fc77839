/* user:check(answer, { status = 200, { "label", fn }, ... }): checks of an answer, counted by their label. What another protocol's operation
 * gave is checked as well, by { "label", fn } alone: such a check belongs to the user's last request. */
#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/cell.h"

/* The stack of user:check: its three arguments, then */
enum { MESSAGE = 4, CHECK = 5, LABEL = 6 };

/* The number of the label at index, a string that lies at text. */
static uint32_t label_number(lua_State *L, pl_script_user *su, int index, const char *text)
{
  pl_cache *cache = &su->cell->cache;
  uint64_t key = pl_cache_key(PL_CACHE_CHECK, su->scenario, 0, 0);
  const uint64_t *known = pl_cache_find(cache, text, key);
  if (known)
    return (uint32_t)*known;
  uint32_t number = pl_worker_check(su->user->worker, su->user->scenario, (pl_str){text, lua_rawlen(L, index)});
  pl_cache_put(L, cache, index, key, number);
  return number;
}

/* Whether status, which is on top, is the answer's: a number, or a list of them. */
static bool is_status(lua_State *L, int status)
{
  int is_integer;
  lua_Integer expected = lua_tointegerx(L, -1, &is_integer);
  if (is_integer)
    return expected == status;
  luaL_argcheck(L, lua_istable(L, -1), 3, "status is a number or a list of them");
  bool ok = false;
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
  for (lua_Integer i = 1; i <= n && !ok; i++) {
    lua_rawgeti(L, -1, i);
    ok = lua_tointeger(L, -1) == status;
    lua_pop(L, 1);
  }
  return ok;
}

static int unknown_key(lua_State *L, pl_script_user *su, const char *text)
{
  pl_str key = pl_str_of(text);
  su->user->script_fault = true;
  if (pl_edit_distance(key, PL_STR("status")) <= 2)
    return luaL_error(L, "user:check: unknown key \"%s\"; did you mean \"status\"?", key.data);
  return luaL_error(L, "user:check: unknown key \"%s\"; checks are status = 200 and { \"label\", function(answer) ... end }", key.data);
}

static int no_status(lua_State *L, pl_script_user *su)
{
  su->user->script_fault = true;
  return luaL_error(L, "user:check: status is of an HTTP answer; check other values by { \"label\", function(value) ... end }");
}

/* What a check of a value that is no HTTP answer belongs to. */
static pl_answered last_request(lua_State *L, pl_script_user *su)
{
  if (!su->user->first)
    return pl_user_answered(su->user);
  su->user->script_fault = true;
  luaL_error(L, "user:check: this iteration has asked for nothing yet; check what a request gave");
  return (pl_answered){0};
}

/* Whether the value at 2 is what a failed operation gave: there is nothing to look at, and each check of it fails. */
static bool is_nothing(lua_State *L, const pl_answered *answer)
{
  return lua_isnil(L, 2) && answer->outcome != PL_FAIL_NONE;
}

/* The named checks of the table at 3. */
static bool check_named(lua_State *L, pl_script_user *su, pl_answered *answer, bool http)
{
  bool ok = true;
  lua_pushnil(L);
  while (lua_next(L, 3)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      const char *key = lua_tostring(L, -2);
      if (key != su->cell->check_status)
        unknown_key(L, su, key);
      if (!http)
        return no_status(L, su);
      ok = is_status(L, answer->status);
      pl_user_check(su->user, answer, label_number(L, su, -2, key), ok);
    }
    lua_pop(L, 1);
  }
  return ok;
}

/* A check that raised has failed with its message: why, kept with the errors of scripts, and for the caller at *why. */
static void keep_message(lua_State *L, pl_script_user *su, bool *why)
{
  su->user->script_fault = true;
  lua_pushfstring(L, "check \"%s\": %s", lua_tostring(L, LABEL), luaL_tolstring(L, -1, NULL));
  pl_user_note(su->user, lua_tostring(L, -1));
  if (*why)
    return;
  lua_replace(L, MESSAGE);
  *why = true;
}

/* One { "label", fn } of the check table, at CHECK. nothing: is_nothing. */
static bool check_function(lua_State *L, pl_script_user *su, pl_answered *answer, bool nothing, bool *why)
{
  luaL_argcheck(L, lua_istable(L, CHECK), 3, "checks are { \"label\", function(answer) ... end }");
  luaL_argcheck(L, lua_rawgeti(L, CHECK, 1) == LUA_TSTRING, 3, "a check begins with its label");
  luaL_argcheck(L, lua_rawgeti(L, CHECK, 2) == LUA_TFUNCTION, 3, "a check's second part is a function");
  lua_pushvalue(L, 2);
  int status = nothing ? LUA_OK : lua_pcall(L, 1, 1, 0);
  bool ok = !nothing && status == LUA_OK && lua_toboolean(L, -1);
  pl_user_check(su->user, answer, label_number(L, su, LABEL, lua_tostring(L, LABEL)), ok);
  if (status != LUA_OK)
    keep_message(L, su, why);
  return ok;
}

void pl_open_check(lua_State *L)
{
  pl_cell *cell = pl_state_host(L);
  cell->check_status = lua_pushliteral(L, "status");
  pl_cache_anchor(L, -1);
  lua_pop(L, 1);
}

/* -> whether all held, and the message of the first check that raised. */
int pl_user_word_check(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "check");
  bool why = false;
  pl_answered last, *answer = pl_find_answered(L, su->cell, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, MESSAGE);
  bool http = answer != NULL, nothing = false;
  if (!http) {
    last = last_request(L, su);
    answer = &last;
    nothing = is_nothing(L, answer);
  }
  bool ok = check_named(L, su, answer, http);
  for (lua_Integer i = 1; lua_rawgeti(L, 3, i) != LUA_TNIL; i++) {
    ok = check_function(L, su, answer, nothing, &why) && ok;
    lua_settop(L, MESSAGE);
  }
  lua_pushboolean(L, ok);
  if (!why)
    return 1;
  lua_pushvalue(L, MESSAGE);
  return 2;
}

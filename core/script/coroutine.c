/* See coroutine.h. A coroutine runs for the fiber that resumes it, whoever made it; while it waits for the host it is held (extra.h). */
#include "script/coroutine.h"

#include <lauxlib.h>

#include "script/extra.h"

enum coroutine_status { RUNNING, SUSPENDED, NORMAL, DEAD };
static const char *const status_names[] = {"running", "suspended", "normal", "dead"};

/* What co is for L. One that is held waits for the host, so its resumer has not returned: it is normal. */
static enum coroutine_status status_of(lua_State *L, lua_State *co)
{
  lua_Debug ar;
  if (co == L)
    return RUNNING;
  if (pl_extra_is_held(co))
    return NORMAL;
  if (lua_status(co) == LUA_YIELD)
    return SUSPENDED;
  if (lua_status(co) != LUA_OK)
    return DEAD;
  if (lua_getstack(co, 0, &ar))
    return NORMAL;
  return lua_gettop(co) == 0 ? DEAD : SUSPENDED;
}

static lua_State *check_coroutine(lua_State *L)
{
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  return co;
}

static int co_create(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  pl_extra_set(co, NULL, false);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

static int co_status(lua_State *L)
{
  lua_pushstring(L, status_names[status_of(L, check_coroutine(L))]);
  return 1;
}

/* Whether co can be resumed; else pushes false and a message. */
static bool can_resume(lua_State *L, lua_State *co, int nargs)
{
  enum coroutine_status status = status_of(L, co);
  const char *why = NULL;
  if (status == DEAD)
    why = "cannot resume dead coroutine";
  else if (status != SUSPENDED)
    why = "cannot resume non-suspended coroutine";
  else if (!lua_checkstack(co, nargs))
    why = "too many arguments to resume";
  if (!why)
    return true;
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return false;
}

static int resume_k(lua_State *L, int status, lua_KContext context);

/* Moves co's error to L; with wrap it is raised, after co's pending __close variables have run. */
static int pass_error(lua_State *L, lua_State *co, bool wrap)
{
  int status = lua_status(co);
  if (wrap && status != LUA_OK && status != LUA_YIELD) {
    pl_fiber *f = pl_fiber_of(L);
    if (f)
      f->blocked++;
    (void)lua_resetthread(co);
    if (f)
      f->blocked--;
  }
  lua_xmove(co, L, 1);
  if (wrap)
    return lua_error(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

/* Resumes co with nargs values on its stack and hands its outcome to L, or passes a host yield on. wrap: errors are raised. The
 * coroutine belongs to the fiber that runs it, whoever made it. */
static int resume(lua_State *L, lua_State *co, int nargs, bool wrap)
{
  pl_fiber *f = pl_fiber_of(L);
  bool blocked = f && !lua_isyieldable(L);
  int results = 0;
  pl_extra_set(co, f, false);
  if (f)
    f->blocked += blocked;
  int status = lua_resume(co, L, nargs, &results);
  if (f)
    f->blocked -= blocked;
  if (status == LUA_YIELD && f && f->host_yield) {
    pl_extra_set(co, f, true);
    return lua_yieldk(L, 0, (lua_KContext)wrap, resume_k);
  }
  if (status != LUA_OK && status != LUA_YIELD)
    return pass_error(L, co, wrap);
  luaL_checkstack(L, results + 1, "too many results to resume");
  if (!wrap)
    lua_pushboolean(L, 1);
  lua_xmove(co, L, results);
  return results + !wrap;
}

static int resume_k(lua_State *L, int status, lua_KContext wrap)
{
  (void)status;
  lua_State *co = wrap ? lua_tothread(L, lua_upvalueindex(1)) : lua_tothread(L, 1);
  return resume(L, co, 0, wrap != 0);
}

static int co_resume(lua_State *L)
{
  lua_State *co = check_coroutine(L);
  int nargs = lua_gettop(L) - 1;
  if (!can_resume(L, co, nargs))
    return 2;
  lua_xmove(L, co, nargs);
  return resume(L, co, nargs, false);
}

static int co_wrapped(lua_State *L)
{
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int nargs = lua_gettop(L);
  if (!can_resume(L, co, nargs))
    return luaL_error(L, "%s", lua_tostring(L, -1));
  lua_xmove(L, co, nargs);
  return resume(L, co, nargs, true);
}

static int co_wrap(lua_State *L)
{
  co_create(L);
  lua_pushcclosure(L, co_wrapped, 1);
  return 1;
}

/* A script's own yield goes to its own resume; at the bottom of a fiber there is none. */
static int co_yield(lua_State *L)
{
  pl_fiber *f = pl_fiber_of(L);
  if (f && f->L == L)
    return luaL_error(L, "coroutine.yield: there is no coroutine to yield from; waits are plain calls here");
  if (f)
    f->host_yield = false;
  return lua_yield(L, lua_gettop(L));
}

/* coroutine.close: of a suspended or dead coroutine only. One whose calls stand on the C stack cannot be unwound from here. */
static int co_close(lua_State *L)
{
  lua_State *co = check_coroutine(L);
  pl_fiber *f = pl_fiber_of(L);
  enum coroutine_status state = status_of(L, co);
  if (state != SUSPENDED && state != DEAD)
    return luaL_error(L, "cannot close a %s coroutine", status_names[state]);
  pl_extra_set(co, f, false);
  if (f)
    f->blocked++; /* what runs in __close cannot wait */
  int status = lua_resetthread(co);
  if (f)
    f->blocked--;
  lua_pushboolean(L, status == LUA_OK);
  if (status == LUA_OK)
    return 1;
  lua_xmove(co, L, 1);
  return 2;
}

/* ---- xpcall whose handler runs after unwinding, under all limits ------------------------------------------- */

static int handled_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)context;
  lua_pushboolean(L, 0);
  lua_insert(L, 2);
  return lua_gettop(L) - 1;
}

/* Stack: handler, then true and results, or the error. */
static int xpcall_k(lua_State *L, int status, lua_KContext context)
{
  (void)context;
  if (status == LUA_OK || status == LUA_YIELD) {
    lua_pushboolean(L, 1);
    lua_replace(L, 1);
    return lua_gettop(L);
  }
  lua_pushvalue(L, 1);
  lua_insert(L, -2);
  lua_callk(L, 1, LUA_MULTRET, 0, handled_k);
  return handled_k(L, LUA_OK, 0);
}

static int safe_xpcall(lua_State *L)
{
  luaL_checkany(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_replace(L, 1);
  lua_replace(L, 2);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, xpcall_k);
  return xpcall_k(L, status, 0);
}

void pl_coroutine_open(lua_State *L)
{
  static const luaL_Reg own[] = {{"create", co_create}, {"resume", co_resume}, {"wrap", co_wrap},
                                 {"yield", co_yield},   {"close", co_close},   {"status", co_status}, {NULL, NULL}};
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, own, 0);
  lua_pop(L, 1);
  lua_pushcfunction(L, safe_xpcall);
  lua_setglobal(L, "xpcall");
}

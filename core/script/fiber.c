/* Fibers: start, resume, waits and the hook that stops a script which does not wait. A host yield carries no values; the flag
 * host_yield tells it from a script's own. */
#include "script/fiber.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "script/sandbox.h"

enum { HOOK_COUNT = 500, TRACE_LEVELS = 24 }; /* instructions of the VM between two looks at the slice; frames of a traceback */

static const char error_name[] = "perilune.error";

/* A thread's extraspace: the address of the fiber that runs it, and in its lowest bit whether it is held: nobody but its resumer,
 * which waits further down, may continue or close it. A fiber's own thread is held by the host. */
enum { HELD = 1 };

static uintptr_t *extra(lua_State *L)
{
  return (uintptr_t *)lua_getextraspace(L);
}

static void set_extra(lua_State *L, pl_fiber *f, bool held)
{
  *extra(L) = (uintptr_t)f | (held ? HELD : 0);
}

static bool is_held(lua_State *L)
{
  return *extra(L) & HELD;
}

pl_fiber *pl_fiber_of(lua_State *L)
{
  return (pl_fiber *)(*extra(L) & ~(uintptr_t)HELD);
}

/* ---- Errors with a place ------------------------------------------------------------------------------ */

static bool is_user_frame(const lua_Debug *ar)
{
  return ar->source[0] == '@' && ar->currentline > 0;
}

void pl_fiber_traceback(lua_State *L, const char *message)
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

/* "review.lua:12: " of the innermost user frame, or "". Pushes it; *line gets the number. */
static void push_place(lua_State *L, const char **chunk, int *line, lua_Debug *ar)
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

/* Makes an error table { code, message, trace } of what was raised. The message names file and line, with the line's text below.
 * A light userdata is the fiber's owner's own way out (pl_fiber.owner) and stays as it is. */
static int on_error(lua_State *L)
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
  push_place(L, &chunk, &line, &ar);
  const char *message = lua_tostring(L, -2), *place = lua_tostring(L, -1);
  size_t chunk_len = strlen(chunk);
  bool placed = chunk_len && strncmp(message, chunk, chunk_len) == 0 && message[chunk_len] == ':';
  pl_str text = pl_state_source_line(L, chunk, line);
  lua_pushfstring(L, "%s%s", placed ? "" : place, message);
  if (text.len) {
    lua_pushliteral(L, "\n  > ");
    lua_pushlstring(L, text.data, text.len < 120 ? text.len : 120);
    lua_concat(L, 3);
  }
  lua_replace(L, 4);
  lua_settop(L, 4);
  lua_rawset(L, 1);
  lua_pushliteral(L, "trace");
  pl_fiber_traceback(L, NULL);
  lua_rawset(L, 1);
  lua_settop(L, 1);
  if (!lua_getmetatable(L, 1))
    pl_error_mark(L);
  lua_settop(L, 1);
  return 1;
}

/* Memory ran out, for which Lua calls no handler: puts a message with the place instead of Lua's on top. */
static void replace_memory_error(lua_State *L)
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
  lua_pushlstring(L, text.len ? text.data : "", text.len < 120 ? text.len : 120);
  lua_concat(L, 4);
}

/* ---- The hook --------------------------------------------------------------------------------------- */

/* Keeps where the script stood. */
static void note_stop(lua_State *L, const pl_fiber *f)
{
  lua_Debug ar;
  const char *chunk;
  int line;
  push_place(L, &chunk, &line, &ar);
  pl_str text = pl_state_source_line(L, chunk, line);
  (void)snprintf(pl_state_note(f->state), PL_STATE_NOTE, "%sstopped: the script ran longer than %g s without waiting; a loop must end or wait%s%.*s",
                 lua_tostring(L, -1), (double)pl_state_slice(f->state) / 1e9, text.len ? "\n  > " : "", (int)(text.len < 120 ? text.len : 120), text.data ? text.data : "");
  lua_pop(L, 1);
}

const char *pl_fiber_stop_reason(const pl_fiber *f)
{
  return pl_state_note(f->state);
}

/* A slice is measured from the first count on: a turn that ends before has needed no clock. */
static bool slice_over(pl_fiber *f)
{
  uint64_t slice = pl_state_slice(f->state);
  if (!slice)
    return false;
  uint64_t now = pl_now(pl_state_clock(f->state));
  if (!f->slice_end_ns)
    f->slice_end_ns = now + slice;
  return now >= f->slice_end_ns;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
  (void)ar;
  pl_fiber *f = pl_fiber_of(L);
  if (!f || (!f->stop && !slice_over(f)))
    return;
  if (!f->stop)
    note_stop(L, f);
  f->stop = true;
  if (lua_isyieldable(L) && f->blocked == 0) {
    f->host_yield = true;
    lua_yield(L, 0);
    return;
  }
  lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
  luaL_error(L, "stopped");
}

void pl_fiber_hook(pl_state *s)
{
  set_extra(pl_state_lua(s), NULL, true);
  lua_sethook(pl_state_lua(s), on_count, LUA_MASKCOUNT, HOOK_COUNT);
}

/* ---- Life -------------------------------------------------------------------------------------------- */

/* Protected: makes a thread and anchors it. */
static int open_thread(lua_State *L)
{
  pl_fiber *f = lua_touserdata(L, 1);
  f->L = lua_newthread(L);
  set_extra(f->L, f, true);
  f->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

int pl_fiber_open(pl_fiber *f, pl_state *s, void *owner, const char *kind)
{
  lua_State *L = pl_state_lua(s);
  *f = (pl_fiber){.state = s, .owner = owner, .kind = kind, .ref = LUA_NOREF};
  lua_pushcfunction(L, open_thread);
  lua_pushlightuserdata(L, f);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK)
    return PL_OK;
  lua_pop(L, 1);
  f->L = NULL;
  return PL_ENOMEM;
}

void pl_fiber_close(pl_fiber *f)
{
  if (!f->L)
    return;
  /* Whatever still runs in __close gets no new slice. */
  f->stop = true;
  f->blocked++;
  lua_resetthread(f->L);
  set_extra(f->L, NULL, true);
  luaL_unref(pl_state_lua(f->state), LUA_REGISTRYINDEX, f->ref);
  f->L = NULL;
}

/* After the body: k of its pcall. */
static int body_k(lua_State *L, int status, lua_KContext context)
{
  pl_fiber *f = (pl_fiber *)context;
  f->failed = status != LUA_OK && status != LUA_YIELD;
  if (status == LUA_ERRMEM)
    replace_memory_error(L);
  return f->failed ? 1 : lua_gettop(L) - 1;
}

/* The function at the bottom of every fiber: (body, arguments...). */
static int fiber_main(lua_State *L)
{
  pl_fiber *f = pl_fiber_of(L);
  lua_pushcfunction(L, on_error);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, (lua_KContext)f, body_k);
  return body_k(L, status, (lua_KContext)f);
}

static enum pl_fiber_status run(pl_fiber *f, int nargs)
{
  int results = 0;
  f->slice_end_ns = 0;
  f->host_yield = false;
  lua_State *outer = pl_state_runs(f->state, f->L);
  int status = lua_resume(f->L, NULL, nargs, &results);
  (void)pl_state_runs(f->state, outer);
  if (status == LUA_YIELD)
    return f->stop ? PL_FIBER_STOPPED : PL_FIBER_WAITING;
  if (status != LUA_OK || f->failed)
    return f->stop ? PL_FIBER_STOPPED : PL_FIBER_FAILED;
  return PL_FIBER_DONE;
}

enum pl_fiber_status pl_fiber_start(pl_fiber *f, int nargs)
{
  f->failed = false;
  lua_pushcfunction(f->L, fiber_main);
  lua_insert(f->L, -nargs - 2);
  return run(f, nargs + 1);
}

enum pl_fiber_status pl_fiber_resume(pl_fiber *f)
{
  if (f->stop)
    return PL_FIBER_STOPPED;
  return run(f, 0);
}

void pl_fiber_stop(pl_fiber *f)
{
  (void)snprintf(pl_state_note(f->state), PL_STATE_NOTE, "stopped");
  f->stop = true;
}

pl_fiber *pl_fiber_check(lua_State *L, const char *what)
{
  pl_fiber *f = pl_fiber_of(L);
  if (!f)
    luaL_error(L, "%s: nothing can wait here", what);
  if (f->blocked || !lua_isyieldable(L))
    luaL_error(L, "%s cannot wait inside a sort comparator, a gsub function, a finalizer or the top level of a required file: "
               "call it outside and pass the result in", what);
  return f;
}

int pl_fiber_wait(lua_State *L, lua_KFunction k, lua_KContext ctx)
{
  pl_fiber_of(L)->host_yield = true;
  return lua_yieldk(L, 0, ctx, k);
}

/* ---- Coroutines that let host yields through ------------------------------------------------------------ */

enum coroutine_status { RUNNING, SUSPENDED, NORMAL, DEAD };
static const char *const status_names[] = {"running", "suspended", "normal", "dead"};

/* What co is for L. One that is held waits for the host, so its resumer has not returned: it is normal. */
static enum coroutine_status status_of(lua_State *L, lua_State *co)
{
  lua_Debug ar;
  if (co == L)
    return RUNNING;
  if (is_held(co))
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
  set_extra(co, NULL, false);
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
  set_extra(co, f, false);
  if (f)
    f->blocked += blocked;
  int status = lua_resume(co, L, nargs, &results);
  if (f)
    f->blocked -= blocked;
  if (status == LUA_YIELD && f && f->host_yield) {
    set_extra(co, f, true);
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
  set_extra(co, f, false);
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

/* Stack: on_error, then true and results, or the error. */
static int try_k(lua_State *L, int status, lua_KContext context)
{
  (void)context;
  bool ok = status == LUA_OK || status == LUA_YIELD;
  lua_pushboolean(L, ok);
  lua_replace(L, 1);
  if (ok)
    return lua_gettop(L);
  if (status == LUA_ERRMEM)
    replace_memory_error(L);
  if (!lua_istable(L, 2)) {
    lua_pushcfunction(L, on_error);
    lua_insert(L, 2);
    lua_call(L, 1, 1);
  }
  return 2;
}

int pl_fiber_try(lua_State *L)
{
  luaL_checkany(L, 1);
  lua_pushcfunction(L, on_error);
  lua_insert(L, 1);
  return try_k(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, try_k), 0);
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

/* Fibers: start, resume, waits and the hook that stops a script which does not wait. A host yield carries no values; the flag
 * host_yield tells it from a script's own. */
#include "script/fiber.h"

#include <lauxlib.h>
#include <stdio.h>

#include "base/error.h"
#include "script/error.h"
#include "script/extra.h"

enum { HOOK_COUNT = 500, /* instructions of the VM between two looks at the slice */
       PATIENCE = 3 };   /* slices of time in which a script must have had one of CPU */
#define PROBE_NS (10 * PL_MS_NS) /* of a turn, before its CPU time is asked for */

pl_fiber *pl_fiber_of(lua_State *L)
{
  return (pl_fiber *)(*pl_extra(L) & ~(uintptr_t)PL_EXTRA_HELD);
}

/* ---- The hook --------------------------------------------------------------------------------------- */

/* Keeps where the script stood. */
static void note_stop(lua_State *L, const pl_fiber *f)
{
  lua_Debug ar;
  const char *chunk;
  int line;
  pl_error_place(L, &chunk, &line, &ar);
  pl_str text = pl_state_source_line(L, chunk, line);
  (void)snprintf(pl_state_note(f->state), PL_STATE_NOTE, "%sstopped: the script ran longer than %g s without waiting; a loop must end or wait%s%.*s",
                 lua_tostring(L, -1), (double)pl_state_slice(f->state) / 1e9, text.len ? "\n  > " : "", (int)text.len, text.data);
  lua_pop(L, 1);
}

const char *pl_fiber_stop_reason(const pl_fiber *f)
{
  return pl_state_note(f->state);
}

/* A slice is CPU time of this thread, for what others took of the machine is no fault of the script, but for PATIENCE slices by the clock: an end must come
 * on any machine. It is measured from the first count on: a turn that ends before has needed no clock. The CPU's clock is a system call, so it is asked after
 * the first PROBE_NS, where few turns come, and then when the monotonic one, which is never behind it, says that the rest could be used up. */
static bool slice_over(pl_fiber *f)
{
  uint64_t slice = pl_state_slice(f->state);
  if (!slice)
    return false;
  uint64_t now = pl_now(pl_state_clock(f->state));
  if (!f->look_ns) {
    f->look_ns = now + (slice < PROBE_NS ? slice : PROBE_NS);
    f->slice_end_ns = now + PATIENCE * slice;
  }
  if (now < f->look_ns)
    return false;
  uint64_t cpu = pl_thread_cpu_ns();
  if (!f->slice_cpu_ns)
    f->slice_cpu_ns = cpu + slice;
  if (cpu < f->slice_cpu_ns)
    f->look_ns = now + (f->slice_cpu_ns - cpu);
  if (f->look_ns > f->slice_end_ns)
    f->look_ns = f->slice_end_ns;
  return cpu >= f->slice_cpu_ns || now >= f->slice_end_ns;
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
  pl_extra_set(pl_state_lua(s), NULL, true);
  lua_sethook(pl_state_lua(s), on_count, LUA_MASKCOUNT, HOOK_COUNT);
}

/* ---- Life -------------------------------------------------------------------------------------------- */

/* Protected: makes a thread and anchors it. */
static int open_thread(lua_State *L)
{
  pl_fiber *f = lua_touserdata(L, 1);
  f->L = lua_newthread(L);
  pl_extra_set(f->L, f, true);
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
  pl_extra_set(f->L, NULL, true);
  luaL_unref(pl_state_lua(f->state), LUA_REGISTRYINDEX, f->ref);
  f->L = NULL;
}

/* After the body: k of its pcall. */
static int body_k(lua_State *L, int status, lua_KContext context)
{
  pl_fiber *f = (pl_fiber *)context;
  f->failed = status != LUA_OK && status != LUA_YIELD;
  if (status == LUA_ERRMEM)
    pl_error_of_memory(L);
  return f->failed ? 1 : lua_gettop(L) - 1;
}

/* The function at the bottom of every fiber: (body, arguments...). */
static int fiber_main(lua_State *L)
{
  pl_fiber *f = pl_fiber_of(L);
  lua_pushcfunction(L, pl_error_handler);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, (lua_KContext)f, body_k);
  return body_k(L, status, (lua_KContext)f);
}

static enum pl_fiber_status run(pl_fiber *f, int nargs)
{
  int results = 0;
  f->look_ns = f->slice_cpu_ns = 0;
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

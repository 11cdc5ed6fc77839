/* A fiber: one Lua thread that may wait. Tasks of the control state and virtual users are fibers.
 *
 * A C function waits by returning pl_fiber_wait(L, k, ctx) as its last statement; that is a yield which
 * our own coroutine functions pass upward, so a wait works in plain calls, pcall, metamethods, iterators,
 * __close and a script's own coroutines. Whoever completes the operation only marks; the owner resumes
 * from the base of the stack, and results are pushed by the continuation k.
 * The count hook yields in the same way when a slice is used up, so nothing in a script can catch it. */
#ifndef PL_SCRIPT_FIBER_H
#define PL_SCRIPT_FIBER_H

#include <lua.h>

#include "script/state.h"

enum pl_fiber_status {
  PL_FIBER_DONE,    /* the function returned; results are on the fiber's stack */
  PL_FIBER_WAITING, /* it waits: resume when the operation is complete */
  PL_FIBER_FAILED,  /* an error; its value (with traceback) is on top of the fiber's stack */
  PL_FIBER_STOPPED, /* its slice is used up */
};

/* Embedded in a task or user; zero-initialised before pl_fiber_open. The thread's extraspace points here. */
typedef struct pl_fiber {
  pl_state *state;
  lua_State *L;          /* NULL: not open */
  int ref;               /* anchor in the registry */
  void *owner;           /* the task or user; kind says which */
  const char *kind;      /* address compared: pl_task_kind, pl_user_kind */
  uint64_t look_ns;      /* monotonic: when its turn's CPU time is looked at next; 0: its turn has been short so far */
  uint64_t slice_end_ns; /* monotonic: when its turn ends, however little CPU it had */
  uint64_t slice_cpu_ns; /* the thread's CPU time at which its slice is used up; 0: not asked yet */
  bool stop;             /* its slice is used up, or it is being closed */
  bool host_yield;       /* the yield under way is ours: coroutine functions pass it upward */
  bool failed;           /* the body ended with an error */
  unsigned blocked;      /* calls on the stack through which nothing can yield */
} pl_fiber;

/* Makes a thread, which lives until pl_fiber_close. PL_ENOMEM. */
int pl_fiber_open(pl_fiber *f, pl_state *s, void *owner, const char *kind) PL_MUSTCHECK;

/* Lets the thread go; pending __close variables run (limited). */
void pl_fiber_close(pl_fiber *f);

/* Starts the function that lies below nargs arguments on f->L. The body runs under pcall with a handler
 * that adds a traceback without our internals. The thread may be started again after DONE. */
enum pl_fiber_status pl_fiber_start(pl_fiber *f, int nargs);

/* Continues a waiting fiber; its continuation pushes the results. */
enum pl_fiber_status pl_fiber_resume(pl_fiber *f);

/* In a C function: raises a clear error when L cannot wait here (sort comparator, gsub function, require's
 * top level, outside a fiber). what: the word's name for the message. Returns the fiber. */
pl_fiber *pl_fiber_check(lua_State *L, const char *what);

/* Yields to the owner; the last statement of a C function. */
int pl_fiber_wait(lua_State *L, lua_KFunction k, lua_KContext ctx);

/* Sets the count hook of a new state, before it makes threads. */
void pl_fiber_hook(pl_state *s);

/* The fiber that runs L (also from a script's own coroutine), or NULL. */
pl_fiber *pl_fiber_of(lua_State *L);

/* Why the fiber that has just STOPPED was stopped: "review.lua:12: the script ran ...", valid until the next stop in its state. */
const char *pl_fiber_stop_reason(const pl_fiber *f);

#endif

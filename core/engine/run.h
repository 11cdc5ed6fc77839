/* The inside of a run and of a command: one session each, a Lua state with its loop and scheduler. */
#ifndef PL_ENGINE_RUN_H
#define PL_ENGINE_RUN_H

#include <stdatomic.h>

#include "base/buf.h"
#include "bind/host.h"
#include "engine/collector.h"
#include "perilune/perilune.h"

enum { PL_HOST_FUNCTIONS = 256 };

struct pl_engine {
  pl_allocator allocator; /* the host's, or malloc */
  pl_options options;     /* strings are copies */
  pl_clock clock;
  pl_log log;
  pl_host_function functions[PL_HOST_FUNCTIONS];
  size_t n_functions;
  pl_listener_memo listener;
  pl_realtime realtime;                /* what a command was started with: its workers have it */
  unsigned runs;                       /* live ones */
  _Atomic(struct pl_session *) command; /* the session of the command that runs */
  atomic_int cancelling;               /* calls of pl_command_cancel under way: the session must stay */
  uv_mutex_t control_lock;
  struct pl_run *command_run;          /* the run that the command drives, NULL: none; under the lock */
};

/* Words to a run (pl_run_control) that may wait for it, and bytes of one. */
enum { PL_CONTROLS = 16, PL_CONTROL_SIZE = 128 };

/* A Lua state that runs one root task on its own loop: a command, or the control side of a run. */
typedef struct pl_session {
  pl_engine *engine;
  uv_loop_t loop;
  pl_state *state;
  pl_sched *sched;
  pl_host host;
  pl_steady_clock clock;      /* of a run: its timeline does not step */
  uv_async_t wake;            /* cancel from any thread */
  atomic_int cancels;         /* how often it was asked to end */
  atomic_int signal_number;
  int seen_cancels;           /* of those, handled on the loop */
  bool is_command;            /* not the control side of a run */
  bool ended;
  bool failed;                /* the root task failed: error holds why */
  pl_error error;
  pl_task *root;
  uv_mutex_t control_lock;
  char controls[PL_CONTROLS][PL_CONTROL_SIZE]; /* what was asked and not taken yet; under the lock */
  unsigned n_controls;
  bool over;                  /* nobody takes any more; under the lock */
} pl_session;

/* Opens loop, state, bindings and scheduler. The session must not move. */
int pl_session_open(pl_session *s, pl_engine *e, enum pl_profile profile, const char *folder, pl_error *err) PL_MUSTCHECK;
/* Cancels what runs, runs the loop until every handle is closed, closes the state. */
void pl_session_close(pl_session *s);

/* Spawns module.function(argument on top of the state's stack, popped) as the root task. */
int pl_session_start(pl_session *s, const char *module, const char *function, int nargs, pl_error *err) PL_MUSTCHECK;

/* One turn of the loop: PL_DONE when the root task has ended. mode: UV_RUN_NOWAIT or UV_RUN_ONCE. */
int pl_session_turn(pl_session *s, uv_run_mode mode);

/* Asks the session to end: once politely, then at once. signal_number: 0 for none. Any thread, signal handlers too. */
void pl_session_cancel(pl_session *s, int signal_number);

/* Any thread: leaves a word for the session's tasks. PL_EINVAL: too long; PL_EAGAIN: too many wait. */
int pl_session_control(pl_session *s, const char *text, pl_error *err) PL_MUSTCHECK;
/* Takes the oldest word; false: there is none. The session's thread. */
bool pl_session_take_control(pl_session *s, char out[PL_CONTROL_SIZE]);

/* Why the root task of a run that has ended failed, which no playbook causes; NULL where it did not. The run's. */
const pl_error *pl_run_failure(const struct pl_run *run);

/* The run that pl_command_control speaks to from now on. */
void pl_engine_command_run(pl_engine *e, struct pl_run *run);
/* Not to this one any more; where another has taken its place, that stays. */
void pl_engine_command_left(pl_engine *e, const struct pl_run *run);

/* Registers all perilune.core.* modules in a state (engine/bindings.c lists them). */
int pl_bindings_open(pl_state *s, bool with_run) PL_MUSTCHECK;

/* The engine's own module, perilune.core.engine: runs and facts for commands (engine/lua_engine.c). */
int pl_open_engine(lua_State *L);
/* engine.run (engine/lua_run.c). */
int pl_lua_run(lua_State *L);
/* Makes the metatable of what it gives; once a state, before the first. */
void pl_lua_run_register(lua_State *L);

/* Cancels every task and live load of the session and runs the loop until they are gone. */
void pl_session_cancel_tasks(pl_session *s);

#endif

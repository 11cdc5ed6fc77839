/* Tasks: fibers run by a scheduler on a libuv loop. Callbacks only mark a task ready; the scheduler
 * resumes ready tasks once a loop turn, a snapshot at a time. Thousands a thread. */
#ifndef PL_SCRIPT_TASK_H
#define PL_SCRIPT_TASK_H

#include <uv.h>

#include "script/fiber.h"

typedef struct pl_sched pl_sched;
typedef struct pl_task pl_task;
extern const char pl_task_kind[];

/* The scheduler of a state, on a loop. Freed before both. */
int pl_sched_new(pl_state *s, uv_loop_t *loop, pl_sched **out, pl_error *err) PL_MUSTCHECK;
/* All tasks must have ended (pl_sched_cancel_all, then run the loop); its handle is freed by a later turn of the loop. */
void pl_sched_free(pl_sched *sched);
/* Cancels every task, also those that are shielded; they end in later turns of the loop. */
void pl_sched_cancel_all(pl_sched *sched);
/* Tasks that have not ended. */
unsigned pl_sched_live(const pl_sched *sched);

/* Called once, from the loop, when a task ended: status DONE, FAILED or STOPPED, with L the task's stack holding results or error. */
typedef void (*pl_task_done)(void *user, enum pl_fiber_status status, lua_State *L);
/* Spawns a task for the function below nargs arguments on top of L (all popped, also on failure). Tasks do not end with the one that
 * spawned them; who wants that joins them (lua/perilune/task.lua). done and out may be NULL. PL_ENOMEM. */
int pl_task_spawn(pl_sched *sched, lua_State *L, int nargs, pl_task_done done, void *user, pl_task **out) PL_MUSTCHECK;

/* The calling task; raises when L does not run in one. */
pl_task *pl_task_check(lua_State *L, const char *what);

/* Before pl_fiber_wait: says how the pending operation is given up when the task is cancelled. abort must
 * guarantee that pl_task_ready is not called afterwards for this wait. */
void pl_task_waits(pl_task *t, void (*abort)(void *op), void *op);

/* Beside pl_task_waits: the operation is given up after so many seconds (0 up to 1e9), and the code is PL_ETIMEDOUT. PL_ENOMEM. */
int pl_task_limit(pl_task *t, double seconds) PL_MUSTCHECK;

/* Marks a waiting task ready with a code (0, or PL_E...), from a callback on the same loop. */
void pl_task_ready(pl_task *t, int code);

/* In the continuation: the code given to pl_task_ready. Raises when the task was cancelled. */
int pl_task_woken(lua_State *L);

/* Asynchronous and cooperative: the pending operation is aborted, this and every later wait raises
 * "cancelled". */
void pl_task_cancel(pl_task *t);

/* Module perilune.core.task: spawn(fn, ...) -> task; task:join([shield]) -> results or raises; task:cancel([code]); sleep(seconds);
 * yield(); now() (seconds, monotonic); try(fn, ...) (pl_error_try). Deadlines, shields and groups are built on these in
 * lua/perilune/task.lua. */
int pl_open_task(lua_State *L);

#endif

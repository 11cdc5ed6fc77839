/* The scheduler: tasks that are ready, resumed a snapshot at a time from an idle handle, which is active only while there are
 * any. Callbacks of operations mark tasks ready and nothing else. */
#include "script/task.h"

#include <lauxlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "script/error.h"

const char pl_task_kind[] = "task";
static const char box_name[] = "perilune.task";

/* What Lua holds of a task; lives on after the task's end with its outcome in user value 1. */
typedef struct task_box {
  pl_task *task;   /* NULL: it has ended */
  bool failed;
} task_box;

struct pl_task {
  pl_fiber fiber;
  pl_sched *sched;
  pl_task *next_ready, *next, **link;
  bool ready, started, cancelled, shielded;
  bool waiting;             /* an operation is pending: only then may somebody else wake it */
  int code;                 /* of the wake */
  const char *cancel_code;  /* "cancelled" or "timeout" */
  void (*abort)(void *op);
  void *op;
  pl_task_done done;
  void *user;
  task_box *box;
  int box_ref;
  int nargs;
  struct joiner *joiners;
  uv_timer_t *timer;        /* of sleep; made at first use */
};

/* A task that waits for another's end; on its own C stack frame's userdata. */
typedef struct joiner {
  pl_task *task;
  pl_task *of;
  struct joiner *next;
} joiner;

struct pl_sched {
  pl_state *state;
  uv_loop_t *loop;
  const pl_allocator *alloc;
  uv_idle_t *idle;
  pl_task *ready, **ready_end;
  pl_task *all;
  unsigned live;
};

/* ---- Scheduler --------------------------------------------------------------------------------------- */

static void run_task(pl_task *t);

static void on_idle(uv_idle_t *idle)
{
  pl_sched *s = idle->data;
  pl_task *batch = s->ready;
  s->ready = NULL;
  s->ready_end = &s->ready;
  while (batch) {
    pl_task *t = batch;
    batch = t->next_ready;
    t->next_ready = NULL;
    t->ready = false;
    run_task(t);
  }
  if (!s->ready)
    uv_idle_stop(s->idle);
}

static void enqueue(pl_task *t)
{
  pl_sched *s = t->sched;
  if (t->ready)
    return;
  t->ready = true;
  *s->ready_end = t;
  s->ready_end = &t->next_ready;
  uv_idle_start(s->idle, on_idle);
}

int pl_sched_new(pl_state *state, uv_loop_t *loop, pl_sched **out, pl_error *err)
{
  const pl_allocator *a = pl_state_alloc(pl_state_lua(state));
  pl_sched *s = pl_alloc_zero(a, 1, sizeof *s);
  uv_idle_t *idle = pl_alloc_zero(a, 1, sizeof *idle);
  if (!s || !idle || uv_idle_init(loop, idle)) {
    pl_free(a, s, sizeof *s);
    pl_free(a, idle, sizeof *idle);
    return pl_fail(err, PL_ENOMEM, "out of memory for a scheduler");
  }
  *s = (pl_sched){.state = state, .loop = loop, .alloc = a, .idle = idle, .ready_end = &s->ready};
  idle->data = s;
  *out = s;
  return PL_OK;
}

/* Handles close after what they belonged to is gone, so their data is the allocator. */
static void free_handle(uv_handle_t *handle)
{
  pl_free(handle->data, handle, uv_handle_size(handle->type));
}

static void close_handle(uv_handle_t *handle, const pl_allocator *a)
{
  union {
    const pl_allocator *read_only;
    void *data;
  } u = {a};
  handle->data = u.data;
  uv_close(handle, free_handle);
}

void pl_sched_free(pl_sched *s)
{
  close_handle((uv_handle_t *)s->idle, s->alloc);
  pl_free(s->alloc, s, sizeof *s);
}

unsigned pl_sched_live(const pl_sched *s)
{
  return s->live;
}

void pl_sched_cancel_all(pl_sched *s)
{
  for (pl_task *t = s->all; t; t = t->next) {
    t->shielded = false;
    pl_task_cancel(t);
  }
}

/* ---- A task's life ------------------------------------------------------------------------------------ */

static void free_task(pl_task *t)
{
  *t->link = t->next;
  if (t->next)
    t->next->link = t->link;
  if (t->timer)
    close_handle((uv_handle_t *)t->timer, t->sched->alloc);
  if (t->box) {
    t->box->task = NULL;
    luaL_unref(pl_state_lua(t->sched->state), LUA_REGISTRYINDEX, t->box_ref);
  }
  t->sched->live--;
  pl_fiber_close(&t->fiber);
  pl_free(t->sched->alloc, t, sizeof *t);
}

/* Protected: (reason or NULL, box, values...) -> the values, or the reason, as a table in the box. */
static int keep_results(lua_State *L)
{
  const char *reason = lua_touserdata(L, 1);
  lua_remove(L, 1);
  if (reason)
    lua_pushstring(L, reason);
  int n = lua_gettop(L) - 1;
  lua_createtable(L, n, 1);
  lua_insert(L, 2);
  for (int i = n; i >= 1; i--)
    lua_rawseti(L, 2, i);
  lua_pushinteger(L, n);
  lua_setfield(L, 2, "n");
  lua_setiuservalue(L, 1, 1);
  return 0;
}

/* Keeps what the task gave for whoever joins it. */
static void store_outcome(pl_task *t, enum pl_fiber_status status)
{
  lua_State *L = pl_state_lua(t->sched->state), *from = t->fiber.L;
  if (!t->box)
    return;
  t->box->failed = status != PL_FIBER_DONE;
  union {
    const char *text;
    void *pointer;
  } reason = {status == PL_FIBER_STOPPED ? pl_fiber_stop_reason(&t->fiber) : NULL};
  int n = reason.text ? 0 : status == PL_FIBER_DONE ? lua_gettop(from) : 1;
  if (!lua_checkstack(L, n + 4))
    return;
  lua_pushcfunction(L, keep_results);
  lua_pushlightuserdata(L, reason.pointer);
  lua_rawgeti(L, LUA_REGISTRYINDEX, t->box_ref);
  lua_xmove(from, L, n);
  if (lua_pcall(L, n + 2, 0, 0) != LUA_OK)
    lua_pop(L, 1);
}

static void finish_task(pl_task *t, enum pl_fiber_status status)
{
  if (t->done)
    t->done(t->user, status, t->fiber.L);
  store_outcome(t, status);
  for (joiner *j = t->joiners, *next; j; j = next) {
    next = j->next;
    j->of = NULL;
    if (j->task)
      pl_task_ready(j->task, 0);
  }
  free_task(t);
}

/* Protected. */
static int push_cancelled(lua_State *L)
{
  lua_pushliteral(L, "cancelled");
  return 1;
}

/* Ends a task that was cancelled before it began. */
static void finish_unstarted(pl_task *t)
{
  lua_settop(t->fiber.L, 0);
  lua_pushcfunction(t->fiber.L, push_cancelled);
  (void)lua_pcall(t->fiber.L, 0, 1, 0);
  finish_task(t, PL_FIBER_FAILED);
}

static void run_task(pl_task *t)
{
  enum pl_fiber_status status;
  t->waiting = false;
  if (!t->started && t->cancelled) {
    finish_unstarted(t);
    return;
  }
  if (t->started) {
    status = pl_fiber_resume(&t->fiber);
  } else {
    t->started = true;
    status = pl_fiber_start(&t->fiber, t->nargs);
  }
  if (status != PL_FIBER_WAITING)
    finish_task(t, status);
}

int pl_task_spawn(pl_sched *s, lua_State *L, int nargs, pl_task_done done, void *user, pl_task **out)
{
  pl_task *t = pl_alloc_zero(s->alloc, 1, sizeof *t);
  if (!t || pl_fiber_open(&t->fiber, s->state, t, pl_task_kind)) {
    pl_free(s->alloc, t, sizeof *t);
    lua_pop(L, nargs + 1);
    return PL_ENOMEM;
  }
  t->sched = s;
  t->done = done;
  t->user = user;
  t->nargs = nargs;
  t->cancel_code = "cancelled";
  t->next = s->all;
  t->link = &s->all;
  if (t->next)
    t->next->link = &t->next;
  s->all = t;
  s->live++;
  if (!lua_checkstack(t->fiber.L, nargs + 4)) {
    lua_pop(L, nargs + 1);
    free_task(t);
    return PL_ENOMEM;
  }
  lua_xmove(L, t->fiber.L, nargs + 1);
  enqueue(t);
  if (out)
    *out = t;
  return PL_OK;
}

pl_task *pl_task_check(lua_State *L, const char *what)
{
  pl_fiber *f = pl_fiber_check(L, what);
  if (f->kind != pl_task_kind)
    luaL_error(L, "%s: only run(run) and its tasks can do this", what);
  pl_task *t = f->owner;
  if (t->cancelled && !t->shielded) {
    lua_createtable(L, 0, 2);
    lua_pushstring(L, t->cancel_code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, t->cancel_code);
    lua_setfield(L, -2, "message");
    lua_error(L);
  }
  return t;
}

void pl_task_waits(pl_task *t, void (*abort)(void *op), void *op)
{
  t->waiting = true;
  t->abort = abort;
  t->op = op;
  t->code = 0;
}

void pl_task_ready(pl_task *t, int code)
{
  t->waiting = false;
  t->abort = NULL;
  t->code = code;
  if (t->timer)
    uv_timer_stop(t->timer);
  enqueue(t);
}

static void give_up(pl_task *t)
{
  void (*abort)(void *) = t->abort;
  t->abort = NULL;
  if (t->timer)
    uv_timer_stop(t->timer);
  if (abort)
    abort(t->op);
}

static void on_timer(uv_timer_t *timer)
{
  pl_task *t = timer->data;
  give_up(t);
  pl_task_ready(t, PL_ETIMEDOUT);
}

int pl_task_limit(pl_task *t, double seconds)
{
  if (!t->timer) {
    t->timer = pl_alloc_zero(t->sched->alloc, 1, sizeof *t->timer);
    if (!t->timer)
      return PL_ENOMEM;
    uv_timer_init(t->sched->loop, t->timer);
    t->timer->data = t;
  }
  uv_update_time(t->sched->loop);
  /* uv counts whole milliseconds from a cached time: one more keeps a wait from ending early. */
  uv_timer_start(t->timer, on_timer, (uint64_t)(seconds * 1e3) + 1, 0);
  return PL_OK;
}

int pl_task_woken(lua_State *L)
{
  pl_task *t = pl_task_check(L, "a wait");
  return t->code;
}

void pl_task_cancel(pl_task *t)
{
  if (t->cancelled)
    return;
  t->cancelled = true;
  if (t->shielded || !t->waiting)
    return; /* one that runs sees it at its next wait, one that has not begun at its start */
  t->waiting = false;
  give_up(t);
  enqueue(t);
}

/* ---- perilune.core.task --------------------------------------------------------------------------------- */

static task_box *check_box(lua_State *L)
{
  return luaL_checkudata(L, 1, box_name);
}

static int nothing_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)context;
  (void)pl_task_woken(L);
  return 0;
}

/* sleep(seconds) */
static int task_sleep(lua_State *L)
{
  double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 1, "seconds");
  pl_task *t = pl_task_check(L, "sleep");
  if (pl_task_limit(t, seconds))
    return luaL_error(L, "out of memory");
  pl_task_waits(t, NULL, NULL);
  return pl_fiber_wait(L, nothing_k, 0);
}

static int task_yield(lua_State *L)
{
  pl_task *t = pl_task_check(L, "yield");
  pl_task_waits(t, NULL, NULL);
  enqueue(t);
  return pl_fiber_wait(L, nothing_k, 0);
}

static int task_now(lua_State *L)
{
  lua_pushnumber(L, (double)pl_now(pl_state_clock(pl_state_of(L))) / 1e9);
  return 1;
}

/* spawn(fn, ...) -> task */
static int task_spawn(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  pl_fiber *f = pl_fiber_of(L);
  if (!f || f->kind != pl_task_kind)
    return luaL_error(L, "spawn: only run(run) and its tasks can do this");
  pl_task *self = f->owner, *t;
  int nargs = lua_gettop(L) - 1;
  task_box *box = lua_newuserdatauv(L, sizeof *box, 1);
  *box = (task_box){0};
  luaL_setmetatable(L, box_name);
  lua_pushvalue(L, -1);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_insert(L, 1);
  if (pl_task_spawn(self->sched, L, nargs, NULL, NULL, &t)) {
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    return luaL_error(L, "spawn: out of memory");
  }
  box->task = t;
  t->box = box;
  t->box_ref = ref;
  return 1;
}

/* Pushes what an ended task gave, or raises its error. */
static int push_outcome(lua_State *L, const task_box *box)
{
  if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE)
    return luaL_error(L, "the task's results are lost: out of memory");
  if (box->failed) {
    lua_rawgeti(L, -1, 1);
    return lua_error(L);
  }
  lua_getfield(L, -1, "n");
  int n = (int)lua_tointeger(L, -1), at = lua_gettop(L) - 1;
  lua_pop(L, 1);
  luaL_checkstack(L, n, "too many results");
  for (int i = 1; i <= n; i++)
    lua_rawgeti(L, at, i);
  return n;
}

static int join_k(lua_State *L, int status, lua_KContext shield)
{
  (void)status;
  pl_task *t = pl_fiber_of(L)->owner;
  if (shield)
    t->shielded = false;
  else
    (void)pl_task_woken(L);
  return push_outcome(L, check_box(L));
}

static void leave_join(void *op)
{
  joiner *j = op;
  if (!j->of)
    return;
  for (joiner **p = &j->of->joiners; *p; p = &(*p)->next) {
    if (*p == j) {
      *p = j->next;
      break;
    }
  }
  j->of = NULL;
  j->task = NULL;
}

/* task:join([shield]) -> results, or raises. With shield the wait goes on although the waiting task was cancelled. */
static int task_join(lua_State *L)
{
  task_box *box = check_box(L);
  bool shield = lua_toboolean(L, 2);
  lua_settop(L, 1);
  pl_fiber *f = pl_fiber_check(L, "join");
  pl_task *self = f->owner;
  if (shield)
    self->shielded = true;
  (void)pl_task_check(L, "join");
  if (!box->task) {
    self->shielded = self->shielded && !shield;
    return push_outcome(L, box);
  }
  joiner *j = lua_newuserdatauv(L, sizeof *j, 0); /* on this frame's stack: it lives as long as the wait */
  *j = (joiner){self, box->task, box->task->joiners};
  box->task->joiners = j;
  pl_task_waits(self, leave_join, j);
  return pl_fiber_wait(L, join_k, shield);
}

/* task:cancel([code]): "cancelled" (default) or "timeout" */
static int task_cancel(lua_State *L)
{
  task_box *box = check_box(L);
  const char *code = luaL_optstring(L, 2, "cancelled");
  if (!box->task)
    return 0;
  box->task->cancel_code = strcmp(code, "timeout") == 0 ? "timeout" : "cancelled";
  pl_task_cancel(box->task);
  return 0;
}

int pl_open_task(lua_State *L)
{
  static const luaL_Reg methods[] = {{"join", task_join}, {"cancel", task_cancel}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"spawn", task_spawn}, {"sleep", task_sleep}, {"yield", task_yield}, {"now", task_now}, {"try", pl_error_try}, {NULL, NULL}};
  luaL_newmetatable(L, box_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

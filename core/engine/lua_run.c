/* Runs for commands: engine.run(spec) -> handle | nil, err; handle:wait(), :cancel(signal). A command drives a
 * run exactly as a host with its own loop would: descriptor, timeout, step. */
#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "engine/run.h"

static const char run_name[] = "perilune.run";

enum { PAIRS_MAX = 256 };

typedef struct run_box {
  pl_engine *engine;
  pl_run *run;
  uv_poll_t *poll;   /* malloc'd apart: handles outlive the userdata until closed */
  uv_timer_t *timer;
  pl_task *waiter;
  bool done;
} run_box;

static run_box *check_run(lua_State *L)
{
  run_box *b = luaL_checkudata(L, 1, run_name);
  if (!b->run)
    luaL_error(L, "closed run");
  return b;
}

static void free_handle(uv_handle_t *handle)
{
  pl_session *s = handle->loop->data;
  pl_free(&s->engine->allocator, handle, uv_handle_size(handle->type));
}

static void stop_watching(run_box *b)
{
  if (b->poll)
    uv_close((uv_handle_t *)b->poll, free_handle);
  if (b->timer)
    uv_close((uv_handle_t *)b->timer, free_handle);
  b->poll = NULL;
  b->timer = NULL;
}

static void step(run_box *b);

static void on_readable(uv_poll_t *poll, int status, int events)
{
  (void)status;
  (void)events;
  step(poll->data);
}

static void on_timeout(uv_timer_t *timer)
{
  step(timer->data);
}

static void step(run_box *b)
{
  if (pl_run_step(b->run, 5 * PL_MS) == PL_DONE) {
    b->done = true;
    pl_engine_command_left(b->engine, b->run);
    stop_watching(b);
    if (b->waiter) {
      pl_task *waiter = b->waiter;
      b->waiter = NULL;
      pl_task_ready(waiter, 0);
    }
    return;
  }
  int timeout = pl_run_timeout(b->run);
  if (timeout >= 0)
    uv_timer_start(b->timer, on_timeout, (uint64_t)timeout, 0);
  else
    uv_timer_stop(b->timer);
}

static int watch(run_box *b, pl_session *s)
{
  const pl_allocator *a = &s->engine->allocator;
  s->loop.data = s;
  b->poll = pl_alloc(a, sizeof *b->poll);
  if (!b->poll)
    return PL_ENOMEM;
  if (uv_poll_init(&s->loop, b->poll, pl_run_fd(b->run))) {
    pl_free(a, b->poll, sizeof *b->poll);
    b->poll = NULL;
    return PL_EIO;
  }
  b->poll->data = b;
  b->timer = pl_alloc(a, sizeof *b->timer);
  if (!b->timer) {
    stop_watching(b);
    return PL_ENOMEM;
  }
  uv_timer_init(&s->loop, b->timer);
  b->timer->data = b;
  uv_poll_start(b->poll, UV_READABLE, on_readable);
  uv_timer_start(b->timer, on_timeout, 0, 0);
  return PL_OK;
}

/* Reads { name = value } into pairs; the strings stay on the Lua side. */
static size_t read_pairs(lua_State *L, const char *field, pl_pair *pairs)
{
  size_t n = 0;
  lua_getfield(L, 1, field);
  if (lua_isnil(L, -1))
    return 0;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (n == PAIRS_MAX)
      luaL_error(L, "%s: more than %d", field, PAIRS_MAX);
    pairs[n++] = (pl_pair){luaL_checkstring(L, -2), luaL_checkstring(L, -1)};
    lua_pop(L, 1);
  }
  return n; /* the table stays on the stack and keeps the strings */
}

/* Starts the command's run with its timeline at db, NULL: in memory; the host's own runs stay where options.db_path says. */
static int start_at(pl_engine *e, const char *db, const pl_run_spec *spec, pl_run **out, pl_error *err)
{
  const char *of_host = e->options.db_path;
  e->options.db_path = db;
  int code = pl_run_start(e, spec, out, err);
  e->options.db_path = of_host;
  return code;
}

int pl_lua_run(lua_State *L)
{
  pl_session *s = ((pl_host *)pl_state_host(L))->session;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  run_box *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (run_box){.engine = s->engine};
  luaL_setmetatable(L, run_name);
  luaL_checkstack(L, 40, "run");
  pl_pair args[PAIRS_MAX], labels[PAIRS_MAX];
  pl_run_spec spec = {.args = args, .labels = labels};
  spec.n_args = read_pairs(L, "args", args);
  spec.n_labels = read_pairs(L, "labels", labels);
  spec.playbook = pl_get_text(L, 1, "playbook");
  spec.text = pl_get_text(L, 1, "text");
  spec.options_json = pl_get_text(L, 1, "options_json");
  spec.apply = pl_get_boolean(L, 1, "apply");
  spec.strict = pl_get_boolean(L, 1, "strict");
  spec.quiet = pl_get_boolean(L, 1, "quiet");
  lua_getfield(L, 1, "seed");
  spec.seed = (uint64_t)lua_tointeger(L, -1);
  lua_getfield(L, 1, "deadline");
  spec.deadline_ns = (uint64_t)(lua_tonumber(L, -1) * 1e9);
  lua_getfield(L, 1, "workers");
  if (lua_isinteger(L, -1))
    s->engine->options.threads = (int)lua_tointeger(L, -1);
  pl_error err = {0};
  int code = start_at(s->engine, pl_get_text(L, 1, "db"), &spec, &b->run, &err);
  if (!code) {
    code = watch(b, s);
    if (code)
      (void)pl_fail(&err, code, "cannot watch the run");
  }
  if (code)
    return pl_push_failure(L, &err);
  pl_engine_command_run(b->engine, b->run);
  lua_pushvalue(L, 2);
  return 1;
}

static int push_end(lua_State *L, const run_box *b)
{
  lua_createtable(L, 0, 4);
  pl_set_integer(L, "exit", pl_run_exit_code(b->run));
  pl_set_text(L, "json", pl_run_result_json(b->run));
  pl_set_text(L, "id", pl_run_id(b->run));
  const pl_error *failure = pl_run_failure(b->run);
  if (failure) {
    pl_push_error(L, failure);
    lua_setfield(L, -2, "error");
  }
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)pl_task_woken(L);
  return push_end(L, (const run_box *)context);
}

static void forget_waiter(void *op)
{
  ((run_box *)op)->waiter = NULL;
}

/* -> { exit, json, id, error } */
static int run_wait(lua_State *L)
{
  run_box *b = check_run(L);
  pl_task *task = pl_task_check(L, "run:wait");
  if (b->done)
    return push_end(L, b);
  b->waiter = task;
  pl_task_waits(task, forget_waiter, b);
  return pl_fiber_wait(L, wait_k, (lua_KContext)b);
}

static int run_cancel(lua_State *L)
{
  run_box *b = check_run(L);
  pl_run_cancel(b->run, (int)luaL_optinteger(L, 2, 0));
  return 0;
}

static int run_gc(lua_State *L)
{
  run_box *b = lua_touserdata(L, 1);
  stop_watching(b);
  pl_engine_command_left(b->engine, b->run);
  pl_run_free(b->run);
  b->run = NULL;
  return 0;
}

/* Called once by pl_open_engine. */
void pl_lua_run_register(lua_State *L)
{
  static const luaL_Reg methods[] = {{"wait", run_wait}, {"cancel", run_cancel}, {NULL, NULL}};
  luaL_newmetatable(L, run_name);
  lua_pushcfunction(L, run_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

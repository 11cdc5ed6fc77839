/* perilune.core.load: starts loads, waits for them, changes them while they run; load_figures.c reads them. A handle owns the plan,
 * the copies for the workers' states and the pl_load, and lives until the load has ended, whatever Lua does. Control thread. */
#include "bind/load.h"

#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/call.h"
#include "bind/cell.h"
#include "bind/desk.h"
#include "bind/load_handle.h"
#include "script/copy.h"

static const char load_name[] = "perilune.load";

static void free_wrk(pl_load_handle *h)
{
  for (unsigned i = 0; h->wrk.threads && i < h->wrk.n_threads; i++) {
    pl_buf_fini(&h->wrk.threads[i].globals);
    pl_hist_fini(&h->wrk.threads[i].rates);
  }
  pl_free(h->host->alloc, h->wrk.threads, h->wrk.n_threads * sizeof *h->wrk.threads);
}

static void handle_free(pl_load_handle *h)
{
  for (pl_load_handle **p = &h->host->loads; *p; p = &(*p)->next) {
    if (*p == h) {
      *p = h->next;
      break;
    }
  }
  if (h->load)
    pl_load_free(h->load);
  free_wrk(h);
  pl_feds_release(&h->source.feeders, h->host->alloc);
  pl_plan_free(h->plan);
  pl_buf_fini(&h->args);
  pl_buf_fini(&h->data);
  pl_free(h->host->alloc, h, sizeof *h);
}

static void wake_waiter(pl_load_handle *h, int code)
{
  pl_task *waiter = h->waiter;
  h->waiter = NULL;
  if (waiter)
    pl_task_ready(waiter, code);
}

/* Who waits for some time only looks at the load meanwhile: now, or with the next wait. */
static void on_look(void *user)
{
  pl_load_handle *h = user;
  h->may_look = !(h->waiter && h->waits_short);
  if (!h->may_look)
    wake_waiter(h, PL_ETIMEDOUT);
}

static void on_done(void *user)
{
  pl_load_handle *h = user;
  h->done = true;
  pl_health_read(h->host->alloc, &h->health_after);
  wake_waiter(h, 0);
  if (h->orphan)
    handle_free(h);
}

static int load_gc(lua_State *L)
{
  pl_load_handle **box = lua_touserdata(L, 1);
  pl_load_handle *h = *box;
  *box = NULL;
  if (!h)
    return 0;
  if (!h->load || h->done) {
    handle_free(h);
    return 0;
  }
  h->orphan = true;
  h->waiter = NULL;
  pl_load_stop(h->load, false);
  return 0;
}

pl_load_handle *pl_load_check(lua_State *L)
{
  pl_load_handle **box = luaL_checkudata(L, 1, load_name);
  if (!*box || !(*box)->load)
    luaL_error(L, "closed load");
  return *box;
}

pl_load_handle *pl_load_check_done(lua_State *L)
{
  pl_load_handle *h = pl_load_check(L);
  if (!h->done)
    luaL_error(L, "the load still runs: wait for it first");
  return h;
}

size_t pl_load_check_scenario(lua_State *L, const pl_load_handle *h)
{
  lua_Integer scenario = luaL_checkinteger(L, 2);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  return (size_t)scenario - 1;
}

/* ---- Starting --------------------------------------------------------------------------------- */

static int copy_field(lua_State *L, const char *field, pl_buf *out, pl_error *err)
{
  lua_getfield(L, 1, field);
  int code = pl_copy_out(L, -1, out, err);
  lua_pop(L, 1);
  return code;
}

static bool any_scripted(const pl_plan *plan)
{
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    if (plan->scenarios[i].scripted)
      return true;
  }
  return false;
}

static int start(pl_load_handle *h, pl_error *err)
{
  pl_host *host = h->host;
  const pl_plan *plan = pl_plan_of(h->plan);
  pl_feds feeders = h->source.feeders;
  h->source = (pl_user_source){
      .feeders = feeders, .alloc = host->alloc, .clock = host->clock, .log = host->log,
      .memory_max = host->options->script_memory_max, .slice_ns = host->options->script_slice_ns,
      .module = host->module, .lua_dir = host->options->lua_dir,
      .module_dir = host->options->module_dir, .folder = host->folder,
      .text = host->playbook_text, .name = host->playbook_name,
      .args = {h->args.data, h->args.len}, .data = {h->data.data, h->data.len}, .seed = plan->seed,
  };
  h->scripts = h->wrk.threads ? pl_wrk_scripts(&h->wrk) : pl_user_scripts(&h->source);
  pl_health_read(h->host->alloc, &h->health_before);
  pl_load_options o = {
      .alloc = host->alloc, .clock = host->clock, .wall = host->wall, .plan = plan, .scripts = any_scripted(plan) ? &h->scripts : NULL,
      .workers = host->workers, .control = host->loop, .collector = host->collector_loop,
      .collector_box = host->collector, .realtime = *host->realtime,
      .collector_turn = host->desk->turn, .sink = *host->desk->load_sink, .log = host->log, .module_dir = host->options->module_dir,
      .precise = h->precise, .look = on_look, .done = on_done, .user = h,
  };
  if (h->wanted_workers && h->wanted_workers < o.workers)
    o.workers = h->wanted_workers;
  return pl_load_start(&o, &h->load, err);
}

/* The field wrk: a script of wrk's, which takes the place of data. */
static int read_wrk(lua_State *L, pl_load_handle *h, pl_error *err)
{
  lua_getfield(L, 1, "wrk");
  bool given = lua_istable(L, -1);
  lua_pop(L, 1);
  if (!given)
    return copy_field(L, "data", &h->data, err);
  const pl_allocator *a = h->host->alloc;
  h->wrk.common = &h->source;
  h->wrk.n_threads = h->host->workers ? h->host->workers : 1;
  h->wrk.threads = pl_alloc_zero(a, h->wrk.n_threads, sizeof *h->wrk.threads);
  if (!h->wrk.threads)
    return pl_fail(err, PL_ENOMEM, "out of memory for a script");
  for (unsigned i = 0; i < h->wrk.n_threads; i++) {
    pl_buf_init(&h->wrk.threads[i].globals, a, PL_COPY_MAX);
    pl_hist_init(&h->wrk.threads[i].rates, a);
  }
  return copy_field(L, "wrk", &h->data, err);
}

static int load_start(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  pl_host *host = pl_state_host(L);
  if (!host->collector)
    return luaL_error(L, "load: there is no run here");
  pl_load_handle **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, load_name);
  pl_load_handle *h = pl_alloc_zero(host->alloc, 1, sizeof *h);
  if (!h)
    return luaL_error(L, "out of memory for a load");
  h->host = host;
  pl_buf_init(&h->args, host->alloc, PL_COPY_MAX);
  pl_buf_init(&h->data, host->alloc, PL_COPY_MAX);
  h->next = host->loads;
  host->loads = h;
  *box = h;
  pl_error err = {0};
  lua_getfield(L, 1, "workers");
  h->wanted_workers = (unsigned)luaL_optinteger(L, -1, 0);
  lua_getfield(L, 1, "precise");
  h->precise = lua_toboolean(L, -1);
  lua_pop(L, 2);
  int code = copy_field(L, "args", &h->args, &err);
  if (!code)
    code = read_wrk(L, h, &err);
  lua_getfield(L, 1, "feeders");
  if (!code)
    code = pl_feds_take(L, -1, host->alloc, &h->source.feeders, &err);
  lua_pop(L, 1);
  if (!code)
    code = pl_plan_read(L, 1, &(pl_plan_places){host->folder, host->options->module_dir}, host->alloc, &h->plan, &err);
  if (!code)
    code = start(h, &err);
  if (!code)
    return 1;
  return pl_push_failure(L, &err);
}

/* ---- Waiting and control ---------------------------------------------------------------------- */

static void forget_waiter(void *op)
{
  ((pl_load_handle *)op)->waiter = NULL;
}

static int push_outcome(lua_State *L, const pl_load_handle *h)
{
  const pl_error *err = pl_load_error(h->load);
  if (err && err->code)
    return pl_push_failure(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  if (pl_task_woken(L) != PL_ETIMEDOUT)
    return push_outcome(L, (const pl_load_handle *)context);
  lua_pushboolean(L, 0);
  return 1;
}

/* wait([seconds]) -> true; false: it still runs, after so long, or because there is something new to look at; or nil, err */
static int load_wait(lua_State *L)
{
  pl_load_handle *h = pl_load_check(L);
  pl_task *task = pl_task_check(L, "load:wait");
  if (h->done)
    return push_outcome(L, h);
  if (h->waiter)
    return luaL_error(L, "load:wait: another task waits for this load already");
  h->waits_short = !lua_isnoneornil(L, 2);
  if (h->waits_short) {
    lua_Number seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2, "seconds");
    if (pl_task_limit(task, h->may_look ? 0 : seconds))
      return luaL_error(L, "out of memory");
    h->may_look = false;
  }
  h->waiter = task;
  pl_task_waits(task, forget_waiter, h);
  return pl_fiber_wait(L, wait_k, (lua_KContext)h);
}

static int load_stop(lua_State *L)
{
  pl_load_handle *h = pl_load_check(L);
  if (!h->done)
    pl_load_stop(h->load, lua_toboolean(L, 2));
  return 0;
}

static int load_pause(lua_State *L)
{
  pl_load_handle *h = pl_load_check(L);
  if (!h->done)
    pl_load_pause(h->load, lua_toboolean(L, 2));
  return 0;
}

static int load_level(lua_State *L)
{
  pl_load_handle *h = pl_load_check(L);
  size_t scenario = pl_load_check_scenario(L, h);
  double level = luaL_checknumber(L, 3);
  pl_error err = {0};
  if (!h->done && pl_load_level(h->load, scenario, level, &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static int load_protocol(lua_State *L)
{
  const pl_host *host = pl_state_host(L);
  return pl_push_protocol(L, host->options->module_dir, luaL_checkstring(L, 1));
}

/* ---- The module -------------------------------------------------------------------------------- */

void pl_loads_end(pl_host *host)
{
  for (pl_load_handle *h = host->loads; h; h = h->next) {
    if (h->load && !h->done)
      pl_load_stop(h->load, false);
  }
  for (;;) {
    bool live = false;
    for (pl_load_handle *h = host->loads; h; h = h->next)
      live = live || (h->load && !h->done);
    if (!live)
      return;
    uv_run(host->loop, UV_RUN_ONCE);
  }
}

int pl_open_load(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"wait", load_wait}, {"stop", load_stop}, {"pause", load_pause}, {"level", load_level}, {NULL, NULL},
  };
  static const luaL_Reg functions[] = {{"start", load_start}, {"protocol", load_protocol}, {NULL, NULL}};
  luaL_newmetatable(L, load_name);
  lua_pushcfunction(L, load_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  pl_load_add_figures(L);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

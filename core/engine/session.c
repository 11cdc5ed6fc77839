/* Sessions: a loop, a Lua state and a scheduler that run one root task to its end. The session's thread,
 * except pl_session_cancel. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "bind/load.h"
#include "engine/modules.h"
#include "engine/run.h"
#include "io/loop.h"

/* First request: the root task hears of it through perilune.core.engine.cancelled() and by the callbacks
 * that Lua registered; the second one cancels every task. */
static void on_wake(uv_async_t *async)
{
  pl_session *s = async->data;
  int asked = atomic_load(&s->cancels);
  if (asked == s->seen_cancels)
    return;
  bool leaving = s->seen_cancels > 1;
  s->seen_cancels = asked;
  int signal_number = atomic_load(&s->signal_number);
  s->host.cancel_signal = signal_number ? signal_number : -1;
  if (asked > 1 && !leaving)
    pl_sched_cancel_all(s->sched);
  else if (asked > 1)
    return; /* what runs now notes how the session ended */
  else if (s->host.on_cancel)
    s->host.on_cancel(&s->host);
}

static bool is_left(const pl_host *host)
{
  const pl_session *s = host->session;
  return atomic_load(&s->cancels) > (s->is_command ? 0 : 1);
}

static int open_state(pl_session *s, enum pl_profile profile, const char *folder, pl_error *err)
{
  pl_engine *e = s->engine;
  pl_state_options o = {
      .alloc = &e->allocator, .clock = s->host.clock, .log = &e->log, .profile = profile,
      .memory_max = e->options.script_memory_max,
      .slice_ns = profile == PL_PROFILE_PLAYBOOK ? e->options.script_slice_ns : 0,
      .module = pl_module_chunk, .folder = folder, .lua_dir = e->options.lua_dir, .host = &s->host,
  };
  int code = pl_state_open(&o, &s->state, err);
  if (code)
    return code;
  code = pl_bindings_open(s->state, profile == PL_PROFILE_PLAYBOOK);
  if (code)
    return pl_fail(err, code, "out of memory for the bindings");
  code = pl_sched_new(s->state, &s->loop, &s->sched, err);
  s->host.sched = s->sched;
  return code;
}

int pl_session_open(pl_session *s, pl_engine *e, enum pl_profile profile, const char *folder, pl_error *err)
{
  memset(s, 0, sizeof *s);
  s->engine = e;
  int code = pl_loop_open(&s->loop);
  if (code)
    return pl_loop_fail(err, "control loop", code);
  code = uv_async_init(&s->loop, &s->wake, on_wake);
  if (code) {
    pl_loop_close(&s->loop);
    return pl_loop_fail(err, "control loop", code);
  }
  uv_mutex_init(&s->control_lock);
  s->wake.data = s;
  bool is_run = profile == PL_PROFILE_PLAYBOOK;
  pl_steady_clock_init(&s->clock, &e->clock);
  s->host = (pl_host){
      .alloc = &e->allocator, .clock = is_run ? &s->clock.clock : &e->clock, .wall = &e->clock, .log = &e->log, .options = &e->options, .loop = &s->loop,
      .functions = e->functions, .n_functions = e->n_functions, .module = pl_module_chunk, .folder = folder,
      .realtime = &e->realtime, .session = s, .listener = &e->listener, .is_left = is_left,
  };
  s->is_command = !is_run;
  code = open_state(s, profile, folder, err);
  if (code)
    pl_session_close(s);
  return code;
}

void pl_session_cancel_tasks(pl_session *s)
{
  if (!s->sched)
    return;
  pl_sched_cancel_all(s->sched);
  while (pl_sched_live(s->sched) > 0)
    uv_run(&s->loop, UV_RUN_ONCE);
  pl_loads_end(&s->host);
}

void pl_session_close(pl_session *s)
{
  pl_session_cancel_tasks(s);
  if (s->sched)
    pl_sched_free(s->sched);
  if (s->state)
    pl_state_close(s->state);
  s->sched = NULL;
  s->state = NULL;
  pl_loop_close(&s->loop);
  uv_mutex_destroy(&s->control_lock);
}

int pl_session_control(pl_session *s, const char *text, pl_error *err)
{
  if (!text || !*text)
    return pl_fail(err, PL_EINVAL, "control: no word; write rate=800/s, rate=+10%%, users=50, pause, resume or stop");
  if (strlen(text) >= PL_CONTROL_SIZE)
    return pl_fail(err, PL_EINVAL, "control: \"%.40s...\" is longer than %d bytes", text, PL_CONTROL_SIZE - 1);
  uv_mutex_lock(&s->control_lock);
  bool over = s->over, full = s->n_controls == PL_CONTROLS;
  if (!over && !full)
    (void)pl_copy(s->controls[s->n_controls++], PL_CONTROL_SIZE, pl_str_of(text));
  uv_mutex_unlock(&s->control_lock);
  if (over)
    return pl_fail(err, PL_ENOENT, "control: the run has ended");
  return full ? pl_fail(err, PL_EAGAIN, "control: %d words wait already", PL_CONTROLS) : PL_OK;
}

bool pl_session_take_control(pl_session *s, char out[PL_CONTROL_SIZE])
{
  uv_mutex_lock(&s->control_lock);
  bool any = s->n_controls > 0;
  if (any) {
    memcpy(out, s->controls[0], PL_CONTROL_SIZE);
    memmove(s->controls[0], s->controls[1], --s->n_controls * sizeof s->controls[0]);
  }
  uv_mutex_unlock(&s->control_lock);
  return any;
}

static void on_root_done(void *user, enum pl_fiber_status status, lua_State *L)
{
  pl_session *s = user;
  s->ended = true;
  s->root = NULL;
  uv_mutex_lock(&s->control_lock);
  s->over = true;
  uv_mutex_unlock(&s->control_lock);
  if (status == PL_FIBER_DONE)
    return;
  s->failed = true;
  if (status == PL_FIBER_FAILED)
    (void)pl_state_error(L, &s->error);
  else
    (void)pl_fail(&s->error, PL_ECANCELED, "stopped");
}

int pl_session_start(pl_session *s, const char *module, const char *function, int nargs, pl_error *err)
{
  lua_State *L = pl_state_lua(s->state);
  int code = pl_state_require(s->state, module, function, err);
  if (code) {
    lua_pop(L, nargs);
    return code;
  }
  lua_insert(L, -nargs - 1);
  code = pl_task_spawn(s->sched, L, nargs, on_root_done, s, &s->root);
  return code ? pl_fail(err, code, "cannot start %s.%s", module, function) : PL_OK;
}

int pl_session_turn(pl_session *s, uv_run_mode mode)
{
  if (!s->ended)
    uv_run(&s->loop, mode);
  return s->ended ? PL_DONE : PL_AGAIN;
}

void pl_session_cancel(pl_session *s, int signal_number)
{
  if (signal_number)
    atomic_store(&s->signal_number, signal_number);
  atomic_fetch_add(&s->cancels, 1);
  uv_async_send(&s->wake);
}

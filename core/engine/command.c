/* Commands: a Lua module each (lua/perilune/cmd), run as the root task of a trusted session. */
#include <lauxlib.h>
#include <sched.h>
#include <string.h>

#include "base/error.h"
#include "base/locale.h"
#include "engine/run.h"

typedef struct arguments {
  int argc;
  char *const *argv;
} arguments;

/* Protected: argv as a Lua array, the program's name at 0. */
static int push_arguments(lua_State *L)
{
  const arguments *a = lua_touserdata(L, 1);
  lua_createtable(L, a->argc, 1);
  for (int i = 0; i < a->argc; i++) {
    lua_pushstring(L, a->argv[i]);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int start(pl_session *s, const arguments *a, pl_error *err)
{
  lua_State *L = pl_state_lua(s->state);
  lua_pushcfunction(L, push_arguments);
  union {
    const arguments *read_only;
    void *pointer;
  } u = {a};
  lua_pushlightuserdata(L, u.pointer);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_pop(L, 1);
    return pl_fail(err, PL_ENOMEM, "out of memory for the arguments");
  }
  return pl_session_start(s, "perilune.cmd.dispatch", "main", 1, err);
}

static void show_error(const pl_engine *e, const pl_error *err)
{
  if (!e->options.write)
    return;
  char line[sizeof err->message + 32];
  int n = snprintf(line, sizeof line, "perilune: %s\n", err->message);
  if (n > 0)
    (void)e->options.write(e->options.user, PL_STREAM_PROGRESS, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* The session is nobody's target any more: whoever saw it is done with it. Not a lock, for a cancel may come from a signal handler,
 * also of this thread. */
static void leave(pl_engine *e)
{
  atomic_store(&e->command, NULL);
  while (atomic_load(&e->cancelling) > 0)
    sched_yield();
}

static int run_command(pl_engine *e, int argc, char *const argv[])
{
  bool test = argc > 1 && strcmp(argv[1], "test") == 0;
  arguments a = {argc, argv};
  pl_error err = {0};
  pl_session session;
  int code = pl_session_open(&session, e, test ? PL_PROFILE_TEST : PL_PROFILE_COMMAND, NULL, &err);
  if (code) {
    show_error(e, &err);
    return PL_EXIT_INTERNAL;
  }
  session.host.exit_code = -1;
  code = start(&session, &a, &err);
  if (!code) {
    atomic_store(&e->command, &session);
    while (pl_session_turn(&session, UV_RUN_ONCE) != PL_DONE)
      continue;
    leave(e);
    if (session.failed)
      err = session.error;
  }
  int signal_number = atomic_load(&session.signal_number);
  int exit_code = session.host.exit_code;
  pl_session_close(&session);
  if (err.code && exit_code < 0) {
    if (signal_number > 0)
      return PL_EXIT_SIGNAL + signal_number;
    show_error(e, &err);
    return PL_EXIT_INTERNAL;
  }
  return exit_code < 0 ? PL_EXIT_INTERNAL : exit_code;
}

int pl_command(pl_engine *e, int argc, char *const argv[])
{
  pl_locale locale = pl_locale_enter();
  e->realtime = pl_realtime_leave();
  int code = run_command(e, argc, argv);
  pl_realtime_enter(&e->realtime);
  pl_locale_leave(locale);
  return code;
}

int pl_command_control(pl_engine *e, const char *command, pl_error *err)
{
  pl_error_clear(err);
  uv_mutex_lock(&e->control_lock);
  int code = e->command_run ? pl_run_control(e->command_run, command, err) : pl_fail(err, PL_ENOENT, "control: no run is on its way");
  uv_mutex_unlock(&e->control_lock);
  return code;
}

void pl_engine_command_run(pl_engine *e, pl_run *run)
{
  uv_mutex_lock(&e->control_lock);
  e->command_run = run;
  uv_mutex_unlock(&e->control_lock);
}

void pl_engine_command_left(pl_engine *e, const pl_run *run)
{
  uv_mutex_lock(&e->control_lock);
  if (e->command_run == run)
    e->command_run = NULL;
  uv_mutex_unlock(&e->control_lock);
}

void pl_command_cancel(pl_engine *e, int signal_number)
{
  atomic_fetch_add(&e->cancelling, 1);
  pl_session *s = atomic_load(&e->command);
  if (s)
    pl_session_cancel(s, signal_number);
  atomic_fetch_sub(&e->cancelling, 1);
}

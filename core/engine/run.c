/* Runs as C programs see them: start, step, wait, cancel, verdict. What a run does is Lua
 * (lua/perilune/runner.lua) on the session of this run; what it measures goes to its collector. */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/locale.h"
#include "bind/writer.h"
#include "engine/run.h"
#include "io/file.h"
#include "io/usage.h"

enum { PLAYBOOK_MAX = 4 << 20, RESULT_MAX = 64 << 20 };

struct pl_run {
  pl_session session; /* first: loads and commands find it */
  pl_collector *collector;
  pl_buf text;        /* the playbook's source */
  pl_buf result;
  char folder[4096];
  char id[32];
};

/* "/a/b/review.lua" -> "/a/b"; "review.lua" -> ".". */
static void folder_of(const char *path, char *out, size_t size)
{
  const char *slash = strrchr(path, '/');
  if (!slash)
    pl_copy(out, size, PL_STR("."));
  else
    pl_copy(out, size, (pl_str){path, slash == path ? 1 : (size_t)(slash - path)});
}

static unsigned worker_count(const pl_options *o)
{
  if (o->threads >= 0)
    return (unsigned)o->threads;
  unsigned cpus = pl_usable_cpus();
  return cpus > 64 ? 64 : cpus;
}

static void push_pairs(lua_State *L, const pl_pair *pairs, size_t n, const char *field)
{
  lua_createtable(L, 0, (int)n);
  for (size_t i = 0; i < n; i++) {
    lua_pushstring(L, pairs[i].value);
    lua_setfield(L, -2, pairs[i].name);
  }
  lua_setfield(L, -2, field);
}

typedef struct start_request {
  const pl_run_spec *spec;
  const pl_run *run;
} start_request;

/* Protected: builds the table that runner.prepare takes, from light userdata start_request. */
static int push_spec(lua_State *L)
{
  const start_request *request = lua_touserdata(L, 1);
  const pl_run_spec *spec = request->spec;
  lua_createtable(L, 0, 12);
  lua_pushstring(L, spec->playbook ? spec->playbook : "playbook");
  lua_setfield(L, -2, "playbook");
  lua_pushlstring(L, request->run->text.data ? request->run->text.data : "", request->run->text.len);
  lua_setfield(L, -2, "text");
  lua_pushstring(L, request->run->folder);
  lua_setfield(L, -2, "folder");
  push_pairs(L, spec->args, spec->n_args, "args");
  push_pairs(L, spec->labels, spec->n_labels, "labels");
  lua_pushinteger(L, (lua_Integer)(spec->seed ? spec->seed : 1));
  lua_setfield(L, -2, "seed");
  if (spec->deadline_ns) {
    lua_pushnumber(L, (double)spec->deadline_ns / (double)PL_S_NS);
    lua_setfield(L, -2, "deadline");
  }
  lua_pushboolean(L, spec->apply);
  lua_setfield(L, -2, "apply");
  lua_pushboolean(L, spec->strict);
  lua_setfield(L, -2, "strict");
  lua_pushboolean(L, spec->quiet);
  lua_setfield(L, -2, "quiet");
  lua_pushstring(L, spec->options_json);
  lua_setfield(L, -2, "options_json");
  return 1;
}

/* Runs runner.prepare(spec) in a fiber of its own, so that limits hold; it must end without waiting. */
static int prepare(pl_run *run, const pl_run_spec *spec, pl_error *err)
{
  static const char prepare_kind[] = "prepare";
  pl_session *s = &run->session;
  lua_State *L = pl_state_lua(s->state);
  int code = pl_state_require(s->state, "perilune.runner", "prepare", err);
  if (code)
    return code;
  pl_fiber fiber = {0};
  code = pl_fiber_open(&fiber, s->state, run, prepare_kind);
  if (code) {
    lua_pop(L, 1);
    return pl_fail(err, code, "out of memory for a script");
  }
  start_request request = {spec, run};
  lua_pushcfunction(L, push_spec);
  lua_pushlightuserdata(L, &request);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_pop(L, 2);
    pl_fiber_close(&fiber);
    return pl_fail(err, PL_ENOMEM, "out of memory for a script");
  }
  lua_xmove(L, fiber.L, 2);
  enum pl_fiber_status status = pl_fiber_start(&fiber, 1);
  if (status == PL_FIBER_FAILED)
    code = pl_state_error(fiber.L, err);
  else if (status == PL_FIBER_STOPPED)
    code = pl_fail(err, PL_ESCRIPT, "%s (the top level of a playbook only describes it: move work into run(run))", pl_fiber_stop_reason(&fiber));
  else if (status == PL_FIBER_WAITING)
    code = pl_fail(err, PL_ESCRIPT, "%s: nothing can wait at the top level of a playbook; move it into run(run)",
                   spec->playbook ? spec->playbook : "playbook");
  pl_fiber_close(&fiber);
  return code;
}

static int read_playbook(pl_run *run, const pl_run_spec *spec, pl_error *err)
{
  pl_buf_init(&run->text, &run->session.engine->allocator, PLAYBOOK_MAX);
  folder_of(spec->playbook ? spec->playbook : "", run->folder, sizeof run->folder);
  if (spec->text) {
    size_t len = spec->text_len ? spec->text_len : strlen(spec->text);
    int code = pl_buf_add(&run->text, spec->text, len);
    return code ? pl_fail(err, code, "playbook %s: longer than 4 MiB", spec->playbook ? spec->playbook : "") : PL_OK;
  }
  if (!spec->playbook)
    return pl_fail(err, PL_EINVAL, "no playbook was given");
  int code = pl_file_read(spec->playbook, &run->text, err);
  return code ? pl_fail_in(err, "read the playbook"), code : PL_OK;
}

static int open_collector(pl_run *run, pl_error *err)
{
  pl_session *s = &run->session;
  pl_engine *e = s->engine;
  unsigned workers = worker_count(&e->options);
  pl_collector_options o = {&e->allocator, s->host.clock, &e->log, e->options.db_path, &s->loop, workers > 0};
  int code = pl_collector_open(&o, &run->collector, err);
  if (code)
    return code;
  s->host.collector = pl_collector_mailbox(run->collector);
  s->host.collector_loop = pl_collector_loop(run->collector);
  s->host.desk = pl_collector_desk(run->collector);
  s->host.store = pl_collector_store(run->collector);
  s->host.workers = workers;
  return PL_OK;
}

static int start(pl_engine *e, const pl_run_spec *spec, pl_run **out, pl_error *err)
{
  pl_run *run = pl_alloc_zero(&e->allocator, 1, sizeof *run);
  if (!run)
    return pl_fail(err, PL_ENOMEM, "out of memory for a run");
  run->session.engine = e;
  pl_buf_init(&run->result, &e->allocator, RESULT_MAX);
  int code = read_playbook(run, spec, err);
  if (code)
    goto fail_text;
  code = pl_session_open(&run->session, e, PL_PROFILE_PLAYBOOK, run->folder, err);
  if (code)
    goto fail_text;
  run->session.host.playbook_text = (pl_str){run->text.data, run->text.len};
  run->session.host.playbook_name = spec->playbook ? spec->playbook : "playbook";
  run->session.host.result = &run->result;
  run->session.host.run_id = run->id;
  run->session.host.exit_code = -1;
  code = open_collector(run, err);
  if (code)
    goto fail_session;
  code = prepare(run, spec, err);
  if (!code)
    code = pl_session_start(&run->session, "perilune.runner", "main", 0, err);
  if (code)
    goto fail_collector;
  e->runs++;
  *out = run;
  return PL_OK;

fail_collector:
  pl_writer_forget_early(&run->session.host);
  pl_collector_close(run->collector);
fail_session:
  pl_session_close(&run->session);
fail_text:
  pl_buf_fini(&run->text);
  pl_buf_fini(&run->result);
  pl_free(&e->allocator, run, sizeof *run);
  return code;
}

int pl_run_start(pl_engine *e, const pl_run_spec *spec, pl_run **out, pl_error *err)
{
  pl_error_clear(err);
  pl_locale locale = pl_locale_enter();
  int code = start(e, spec, out, err);
  pl_locale_leave(locale);
  return code;
}

static int step(pl_run *run, uint64_t budget_ns)
{
  const pl_clock *clock = &run->session.engine->clock;
  uint64_t end = pl_now(clock) + budget_ns;
  do {
    if (pl_session_turn(&run->session, UV_RUN_NOWAIT) == PL_DONE)
      return PL_DONE;
  } while (pl_run_timeout(run) == 0 && pl_now(clock) < end);
  return PL_AGAIN;
}

int pl_run_step(pl_run *run, uint64_t budget_ns)
{
  pl_locale locale = pl_locale_enter();
  int code = step(run, budget_ns);
  pl_locale_leave(locale);
  return code;
}

int pl_run_fd(const pl_run *run)
{
  return uv_backend_fd(&run->session.loop);
}

int pl_run_timeout(const pl_run *run)
{
  union {
    const uv_loop_t *read_only;
    uv_loop_t *loop;
  } u = {&run->session.loop};
  uv_update_time(u.loop);
  return uv_backend_timeout(u.loop);
}

const pl_error *pl_run_failure(const pl_run *run)
{
  return run->session.failed ? &run->session.error : NULL;
}

int pl_run_wait(pl_run *run, pl_error *err)
{
  pl_error_clear(err);
  pl_locale locale = pl_locale_enter();
  while (pl_session_turn(&run->session, UV_RUN_ONCE) != PL_DONE)
    continue;
  pl_locale_leave(locale);
  if (pl_run_verdict(run) != PL_ERROR)
    return PL_OK;
  const pl_error *why = run->session.failed ? &run->session.error : &run->session.host.error;
  return why->code ? pl_fail(err, why->code, "%s", why->message) : pl_fail(err, PL_ESCRIPT, "the run ended with exit code %d", pl_run_exit_code(run));
}

void pl_run_cancel(pl_run *run, int signal_number)
{
  pl_session_cancel(&run->session, signal_number);
}

int pl_run_control(pl_run *run, const char *command, pl_error *err)
{
  pl_error_clear(err);
  return pl_session_control(&run->session, command, err);
}

const char *pl_verdict_name(enum pl_verdict verdict)
{
  switch (verdict) {
#define NAME_CASE(symbol, name)                                                                    \
  case symbol:                                                                                     \
    return name;
    PL_VERDICT_MAP(NAME_CASE)
#undef NAME_CASE
  }
  return "unknown";
}

enum pl_verdict pl_run_verdict(const pl_run *run)
{
  if (!run->session.ended)
    return PL_UNDECIDED;
  if (run->session.failed)
    return PL_ERROR;
  return (enum pl_verdict)run->session.host.verdict;
}

int pl_run_exit_code(const pl_run *run)
{
  if (!run->session.ended)
    return -1;
  if (run->session.failed || run->session.host.exit_code < 0)
    return PL_EXIT_INTERNAL;
  return run->session.host.exit_code;
}

const char *pl_run_id(const pl_run *run)
{
  return run->id;
}

const char *pl_run_result_json(const pl_run *run)
{
  return run->session.ended && run->result.len ? run->result.data : NULL;
}

int pl_record(pl_run *run, const char *metric, double value, const pl_pair *labels, size_t n_labels, pl_error *err)
{
  pl_error_clear(err);
  if (run->session.ended)
    return pl_fail(err, PL_EMISUSE, "record %s: the run has ended", metric);
  return pl_writer_sample(&run->session.host, metric, value, labels, n_labels, err);
}

void pl_run_free(pl_run *run)
{
  if (!run)
    return;
  pl_engine *e = run->session.engine;
  const pl_allocator a = e->allocator;
  pl_locale locale = pl_locale_enter();
  if (!run->session.ended) {
    pl_run_cancel(run, 0);
    pl_run_cancel(run, 0);
    (void)pl_run_wait(run, NULL);
  }
  pl_session_cancel_tasks(&run->session);
  pl_writer_forget_early(&run->session.host);
  pl_collector_close(run->collector);
  pl_session_close(&run->session);
  pl_buf_fini(&run->text);
  pl_buf_fini(&run->result);
  pl_free(&a, run, sizeof *run);
  e->runs--;
  pl_locale_leave(locale);
}

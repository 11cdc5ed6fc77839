/* The bridge of wrk's scripts. What a script defines when it begins decides what is called for each request: nothing at all where it
 * has neither request nor response nor delay. One worker's thread; Lua runs from the base of the stack only. */
#include "bind/wrk.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "bind/modules.h"
#include "load/worker.h"
#include "script/copy.h"
#include "script/fiber.h"
#include "script/guard.h"

static const char wrk_kind[] = "wrk";

enum { REQUEST_MAX = 64 << 20, RATE_NS = 100000000 };

typedef struct wrk_world {
  const pl_wrk_source *source;
  pl_worker *worker;
  pl_wrk_thread *thread;
  pl_state *state;
  pl_fiber fiber;         /* runs all of the script's functions, one at a time */
  int env;                /* registry reference of its globals */
  bool dynamic, delays, responds; /* it defines request, delay, response */
  bool stopped;           /* thread:stop() */
  pl_buf request;         /* the bytes of a script without request */
  uint32_t n_requests;    /* in them */
  pl_route route;         /* the scenario's, by way of the thread's address */
  pl_reroute reroute;
  char address[64];       /* "::" and the thread's, which reroute points into */
  pl_endpoint *endpoint;
  uint32_t slot;
  uint64_t rate_from_ns;  /* answers are counted since then */
  uint64_t n_answers;
} wrk_world;

/* A user's side: the bytes in flight. */
typedef struct wrk_user {
  pl_buf request;
} wrk_user;

/* ---- Counting requests ------------------------------------------------------------------------------- */

/* The value of a header as a length; 0 where it is none. head: lines that end with CR LF. */
static size_t length_in(pl_str head)
{
  uint64_t length = 0;
  pl_str value = pl_answer_header(head, PL_STR("content-length"));
  return value.data && pl_str_u64(pl_str_trim(value), &length) && length <= REQUEST_MAX ? (size_t)length : 0;
}

/* The size of a request head, its blank line included; 0: there is none. */
static size_t head_size(pl_str text)
{
  const char *end = memmem(text.data, text.len, "\r\n\r\n", 4);
  const char *line = memchr(text.data, '\r', text.len);
  static const char version[] = " HTTP/1.";
  if (!end || (size_t)(line - text.data) < sizeof version || memcmp(line - sizeof version, version, sizeof version - 1) != 0)
    return 0;
  return (size_t)(end - text.data) + 4;
}

int pl_wrk_count(pl_str text, uint32_t *n, pl_error *err)
{
  uint32_t found = 0;
  while (text.len) {
    size_t head = head_size(text);
    if (!head)
      return pl_fail(err, PL_EPARSE, "request %u is no whole HTTP/1.1 request", found + 1);
    size_t size = head + length_in((pl_str){text.data, head});
    if (size > text.len)
      return pl_fail(err, PL_EPARSE, "request %u: its body is shorter than its Content-Length", found + 1);
    text = (pl_str){text.data + size, text.len - size};
    found++;
  }
  if (!found)
    return pl_fail(err, PL_EPARSE, "request gives no text");
  *n = found;
  return PL_OK;
}

/* ---- Calling the script -------------------------------------------------------------------------------- */

/* Pushes a global function of the script on the fiber; false, and nothing, where it is none. */
static bool push_function(const wrk_world *w, const char *name)
{
  lua_State *L = w->fiber.L;
  lua_rawgeti(L, LUA_REGISTRYINDEX, w->env);
  lua_pushstring(L, name);
  bool found = lua_rawget(L, -2) == LUA_TFUNCTION;
  lua_remove(L, -2);
  if (!found)
    lua_pop(L, 1);
  return found;
}

/* Runs what push_function and nargs pushes have put on the fiber. On success its results are there; else it is a new one. */
static int call(wrk_world *w, int nargs, pl_error *err)
{
  enum pl_fiber_status status = pl_fiber_start(&w->fiber, nargs);
  if (status == PL_FIBER_DONE)
    return PL_OK;
  int code = PL_ESCRIPT;
  if (status == PL_FIBER_FAILED)
    code = pl_state_error(w->fiber.L, err);
  else
    code = pl_fail(err, code, "%s", status == PL_FIBER_STOPPED ? pl_fiber_stop_reason(&w->fiber) : "wrk's scripts cannot wait");
  pl_fiber_close(&w->fiber);
  int again = pl_fiber_open(&w->fiber, w->state, w, wrk_kind);
  return again ? again : code;
}

/* Puts the place of the script's request before an error of what it gave. */
static int at_request(const wrk_world *w, pl_error *err)
{
  lua_Debug about;
  lua_State *L = w->fiber.L;
  if (!push_function(w, "request") || !lua_getinfo(L, ">S", &about))
    return pl_fail_in(err, "request");
  return pl_fail_in(err, "%s:%d", about.short_src, about.linedefined);
}

/* The bytes that request gives, into out. */
static int make_request(wrk_world *w, pl_buf *out, uint32_t *n, pl_error *err)
{
  pl_buf_clear(out);
  if (!push_function(w, "request"))
    return pl_fail(err, PL_ESCRIPT, "request is no function any more");
  int code = call(w, 0, err);
  if (code)
    return code;
  lua_State *L = w->fiber.L;
  lua_settop(L, 1);
  pl_str text = {NULL, 0};
  text.data = lua_tolstring(L, 1, &text.len);
  if (text.len)
    code = pl_wrk_count(text, n, err);
  else
    code = pl_fail(err, PL_EPARSE, "request() gives %s; a request's text is what wrk.format() makes", text.data ? "an empty text" : luaL_typename(L, 1));
  if (!code && pl_buf_add(out, text.data, text.len))
    code = pl_fail(err, out->bad, "a request is too long, or out of memory");
  lua_settop(L, 0);
  if (code)
    (void)at_request(w, err);
  return code;
}

/* delay() in nanoseconds. */
static int ask_delay(wrk_world *w, uint64_t *ns, pl_error *err)
{
  *ns = 0;
  if (!push_function(w, "delay"))
    return PL_OK;
  int code = call(w, 0, err);
  if (code)
    return code;
  double ms = lua_gettop(w->fiber.L) > 0 ? lua_tonumber(w->fiber.L, 1) : 0;
  lua_settop(w->fiber.L, 0);
  *ns = ms > 0 && ms < 1e9 ? (uint64_t)(ms * 1e6) : 0;
  return PL_OK;
}

/* { name = value } of a head. */
static int push_headers(lua_State *L)
{
  const pl_answer *a = lua_touserdata(L, 1);
  pl_str rest = a->head;
  (void)pl_str_cut(&rest, '\n');
  lua_newtable(L);
  while (rest.data) {
    pl_str value = pl_str_cut(&rest, '\n'), name = pl_str_cut(&value, ':');
    if (!value.data)
      continue;
    value = pl_str_trim(value);
    lua_pushlstring(L, name.data, name.len);
    lua_pushlstring(L, value.data, value.len);
    lua_rawset(L, -3);
  }
  lua_pushlstring(L, a->body.data, a->body.len);
  return 2;
}

/* (response, status, answer): so that what the answer becomes is made under protection. */
static int call_response(lua_State *L)
{
  lua_pushcfunction(L, push_headers);
  lua_insert(L, 3);
  lua_call(L, 1, 2);
  lua_call(L, 3, 0);
  return 0;
}

static int give_response(wrk_world *w, const pl_answer *a, pl_error *err)
{
  union {
    const pl_answer *read_only;
    void *pointer;
  } u = {a};
  lua_State *L = w->fiber.L;
  lua_pushcfunction(L, call_response);
  if (!push_function(w, "response")) {
    lua_settop(L, 0);
    return PL_OK;
  }
  lua_pushinteger(L, a->status);
  lua_pushlightuserdata(L, u.pointer);
  int code = call(w, 3, err);
  lua_settop(w->fiber.L, 0);
  return code;
}

/* ---- The world ------------------------------------------------------------------------------------------ */

/* thread:stop(). Upvalue 1: the world. */
static int stop(lua_State *L)
{
  ((wrk_world *)lua_touserdata(L, lua_upvalueindex(1)))->stopped = true;
  return 0;
}

/* Runs in the fiber: (perilune.wrk_script, world). Gives the environment and the bytes of a request. */
static int build(lua_State *L)
{
  wrk_world *w = lua_touserdata(L, 2);
  pl_error err = {0};
  pl_seed_random(L, w->source->common->seed, pl_worker_index(w->worker));
  lua_getfield(L, 1, "open");
  if (pl_copy_in(L, w->source->common->data, &err))
    return luaL_error(L, "%s", err.message);
  lua_pushinteger(L, (lua_Integer)pl_worker_index(w->worker) + 1);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, stop, 1);
  lua_call(L, 3, 2);
  return 2;
}

/* The address that setup gave this thread, if it gave another than its own: requests go there. */
static void take_address(wrk_world *w, const pl_scenario *s)
{
  lua_State *L = w->fiber.L;
  w->route = s->route ? *s->route : pl_route_default;
  lua_getfield(L, 1, "wrk");
  lua_getfield(L, -1, "thread");
  lua_getfield(L, -1, "elsewhere");
  const char *text = lua_tostring(L, -1);
  if (text && snprintf(w->address, sizeof w->address, "::%s", text) > 0 && !pl_reroute_parse(pl_str_of(w->address), &w->reroute, NULL)) {
    w->route.reroutes = &w->reroute;
    w->route.n_reroutes = 1;
  }
  lua_pop(L, 3);
}

/* The results of build are on the fiber. */
static int take_script(wrk_world *w, pl_error *err)
{
  const pl_scenario *s = &pl_worker_plan(w->worker)->scenarios[0];
  lua_State *L = w->fiber.L;
  pl_str text;
  text.data = lua_tolstring(L, 2, &text.len);
  take_address(w, s);
  if (!text.data || pl_buf_add(&w->request, text.data, text.len))
    return pl_fail(err, PL_ENOMEM, "out of memory for a request");
  lua_settop(L, 1);
  w->env = luaL_ref(L, LUA_REGISTRYINDEX);
  static const char *const names[] = {"request", "delay", "response"};
  bool *defined[] = {&w->dynamic, &w->delays, &w->responds};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    *defined[i] = push_function(w, names[i]);
    lua_settop(L, 0);
  }
  w->endpoint = pl_client_endpoint(pl_worker_client(w->worker), &s->url, &w->route);
  w->slot = pl_worker_slot(w->worker, s, s->request_name, s->method);
  return w->endpoint ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for a request");
}

/* As wrk does, the first thread asks for a request that is not sent, to see whether it is one. */
static int verify(wrk_world *w, pl_error *err)
{
  if (!w->dynamic)
    return pl_wrk_count((pl_str){w->request.data, w->request.len}, &w->n_requests, err);
  return pl_worker_index(w->worker) == 0 ? make_request(w, &w->request, &w->n_requests, err) : PL_OK;
}

static int open_script(wrk_world *w, pl_error *err)
{
  const pl_user_source *s = w->source->common;
  pl_state_options o = {.alloc = s->alloc, .clock = s->clock, .log = s->log, .profile = PL_PROFILE_PLAYBOOK, .memory_max = s->memory_max,
                        .slice_ns = s->slice_ns, .module = s->module, .folder = s->folder, .lua_dir = s->lua_dir, .host = w};
  int code = pl_state_open(&o, &w->state, err);
  if (!code)
    code = pl_state_preload(w->state, "perilune.core.wrk", pl_open_wrk);
  if (!code)
    code = pl_state_require(w->state, "perilune.wrk_script", NULL, err);
  if (!code)
    code = pl_fiber_open(&w->fiber, w->state, w, wrk_kind);
  if (code)
    return pl_fail(err, code, "out of memory for a script");
  lua_pushcfunction(w->fiber.L, build);
  lua_xmove(pl_state_lua(w->state), w->fiber.L, 1);
  lua_pushlightuserdata(w->fiber.L, w);
  code = call(w, 2, err);
  if (!code)
    code = take_script(w, err);
  if (!code)
    code = verify(w, err);
  pl_state_manual_gc(w->state);
  return code;
}

/* Runs in the fiber: (perilune.wrk_script, buffer, environment). Leaves the globals in the buffer. */
static int leave_globals(lua_State *L)
{
  pl_error err = {0};
  lua_getfield(L, 1, "globals");
  lua_pushvalue(L, 3);
  lua_call(L, 1, 1);
  if (pl_copy_out(L, -1, lua_touserdata(L, 2), &err))
    return luaL_error(L, "%s", err.message);
  return 0;
}

static void save_globals(wrk_world *w)
{
  pl_error err = {0};
  pl_buf *out = &w->thread->globals;
  lua_State *L = w->fiber.L;
  if (!L || w->env == LUA_NOREF || pl_state_require(w->state, "perilune.wrk_script", NULL, &err))
    return;
  lua_settop(L, 0);
  lua_pushcfunction(L, leave_globals);
  lua_xmove(pl_state_lua(w->state), L, 1);
  lua_pushlightuserdata(L, out);
  lua_rawgeti(L, LUA_REGISTRYINDEX, w->env);
  if (call(w, 3, &err))
    pl_buf_clear(out); /* thread:get then finds nothing */
}

static void world_close(void *world)
{
  wrk_world *w = world;
  save_globals(w);
  if (w->fiber.L)
    pl_fiber_close(&w->fiber);
  if (w->state)
    pl_state_close(w->state);
  pl_buf_fini(&w->request);
  pl_free(w->source->common->alloc, w, sizeof *w);
}

static int world_open(void *context, pl_worker *worker, void **out, pl_error *err)
{
  const pl_wrk_source *source = context;
  wrk_world *w = pl_alloc_zero(source->common->alloc, 1, sizeof *w);
  if (!w)
    return pl_fail(err, PL_ENOMEM, "out of memory for scripts");
  w->source = source;
  w->worker = worker;
  w->thread = &source->threads[pl_worker_index(worker) % source->n_threads];
  w->env = LUA_NOREF;
  pl_buf_init(&w->request, source->common->alloc, REQUEST_MAX);
  int code = open_script(w, err);
  if (code)
    world_close(w);
  else
    *out = w;
  return code;
}

/* ---- Users ------------------------------------------------------------------------------------------------ */

static int user_new(void *world, pl_user *u)
{
  const pl_allocator *a = ((wrk_world *)world)->source->common->alloc;
  wrk_user *wu = pl_alloc_zero(a, 1, sizeof *wu);
  if (!wu)
    return PL_ENOMEM;
  pl_buf_init(&wu->request, a, REQUEST_MAX);
  u->script = wu;
  return PL_OK;
}

static void user_free(void *world, pl_user *u)
{
  wrk_user *wu = u->script;
  pl_buf_fini(&wu->request);
  pl_free(((wrk_world *)world)->source->common->alloc, wu, sizeof *wu);
  u->script = NULL;
}

/* The request in out goes out. */
static void send_bytes(const wrk_world *w, pl_user *u, const pl_buf *out, uint32_t n)
{
  const pl_scenario *s = u->scenario;
  pl_exchange *x = &u->exchange;
  x->endpoint = w->endpoint;
  x->head = (pl_str){out->data, out->len};
  x->body = (pl_str){"", 0};
  x->timeout_ns = s->timeout_ns;
  x->connect_timeout_ns = s->connect_timeout_ns;
  x->first_byte_timeout_ns = s->first_byte_timeout_ns;
  x->requests = n;
  x->head_only = out->len > 5 && memcmp(out->data, "HEAD ", 5) == 0;
  x->want_body = w->responds;
  pl_user_send(u, w->slot);
}

static void send_next(wrk_world *w, pl_user *u)
{
  wrk_user *wu = u->script;
  pl_error err = {0};
  uint32_t n = 1;
  if (!w->dynamic) {
    send_bytes(w, u, &w->request, w->n_requests);
    return;
  }
  if (make_request(w, &wu->request, &n, &err))
    pl_user_ended(u, PL_ITERATION_FAILED, err.message);
  else
    send_bytes(w, u, &wu->request, n);
}

static void user_begin(void *world, pl_user *u)
{
  wrk_world *w = world;
  pl_error err = {0};
  uint64_t delay_ns = 0;
  if (w->stopped) {
    pl_user_ended(u, PL_ITERATION_STOPPED, NULL);
    return;
  }
  if (w->delays && ask_delay(w, &delay_ns, &err)) {
    pl_user_ended(u, PL_ITERATION_FAILED, err.message);
    return;
  }
  if (delay_ns)
    pl_user_think(u, delay_ns);
  else
    send_next(w, u);
}

static void user_timer(void *world, pl_user *u)
{
  send_next(world, u);
}

/* wrk's `requests`: how many answers a second came in the last tenth of one. */
static void count_answer(wrk_world *w, uint64_t now_ns)
{
  if (!w->rate_from_ns)
    w->rate_from_ns = now_ns;
  w->n_answers++;
  uint64_t passed = now_ns - w->rate_from_ns;
  if (passed < RATE_NS)
    return;
  pl_hist_record(&w->thread->rates, (uint64_t)((double)w->n_answers * 1e9 / (double)passed));
  w->rate_from_ns = now_ns;
  w->n_answers = 0;
}

/* Tells the script of an answer; false: it failed, and why is in err. */
static bool tell(wrk_world *w, const pl_user *u, pl_error *err)
{
  const pl_answer *a = &u->exchange.answer;
  if (a->failure != PL_FAIL_NONE)
    return true;
  count_answer(w, u->exchange.times.end);
  return !w->responds || give_response(w, a, err) == PL_OK;
}

static void user_answer(void *world, pl_user *u)
{
  pl_error err = {0};
  if (!tell(world, u, &err))
    pl_user_ended(u, PL_ITERATION_FAILED, err.message);
  else
    pl_user_ended(u, u->outcome == PL_FAIL_NONE ? PL_ITERATION_OK : PL_ITERATION_FAILED, NULL);
}

static void user_partly(void *world, pl_user *u)
{
  pl_error err = {0};
  if (!tell(world, u, &err))
    pl_user_note(u, err.message);
}

/* Nothing of the script waits. */
static void user_abort(void *world, pl_user *u)
{
  (void)world;
  (void)u;
}

static bool world_idle(void *world, uint64_t budget_ns)
{
  return pl_state_collect(((wrk_world *)world)->state, budget_ns);
}

pl_script_table pl_wrk_scripts(const pl_wrk_source *source)
{
  union {
    const pl_wrk_source *read_only;
    void *context;
  } u = {source};
  return (pl_script_table){.open = world_open, .close = world_close, .user_new = user_new, .user_free = user_free, .begin = user_begin,
                           .answer = user_answer, .partly = user_partly, .timer = user_timer, .abort = user_abort, .idle = world_idle,
                           .context = u.context};
}

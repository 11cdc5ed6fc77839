/* perilune.core.load: starts loads, waits for them, reads their figures. A handle owns the plan, the copies for
 * the workers' states and the pl_load, and lives until the load has ended, whatever Lua does. Control thread. */
#include "bind/load.h"

#include <lauxlib.h>
#include <math.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/hist.h"
#include "bind/plan.h"
#include "bind/slow.h"
#include "bind/user.h"
#include "bind/wrk.h"
#include "sample/health.h"
#include "script/copy.h"

static const char load_name[] = "perilune.load";

typedef struct pl_load_handle pl_load_handle;

struct pl_load_handle {
  pl_host *host;
  pl_load *load;
  pl_plan_box *plan;
  pl_buf args, data;
  pl_user_source source;
  pl_wrk_source wrk;        /* threads NULL: no script of wrk's */
  pl_script_table scripts;
  pl_health health_before, health_after;
  pl_task *waiter;
  bool done;      /* the load has ended */
  bool orphan;    /* Lua dropped the userdata */
  unsigned wanted_workers; /* 0: as many as the run has */
  bool precise;
  pl_load_handle *next;
};

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

static void on_done(void *user)
{
  pl_load_handle *h = user;
  h->done = true;
  pl_health_read(h->host->alloc, &h->health_after);
  if (h->waiter) {
    pl_task *waiter = h->waiter;
    h->waiter = NULL;
    pl_task_ready(waiter, 0);
  }
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

static pl_load_handle *check_load(lua_State *L)
{
  pl_load_handle **box = luaL_checkudata(L, 1, load_name);
  if (!*box || !(*box)->load)
    luaL_error(L, "closed load");
  return *box;
}

static pl_load_handle *check_done(lua_State *L)
{
  pl_load_handle *h = check_load(L);
  if (!h->done)
    luaL_error(L, "the load still runs: wait for it first");
  return h;
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
      .collector_box = host->collector,
      .sink = *host->desk->load_sink, .log = host->log, .module_dir = host->options->module_dir, .precise = h->precise, .done = on_done, .user = h,
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
    code = pl_plan_read(L, 1, host->folder, host->alloc, &h->plan, &err);
  if (!code)
    code = start(h, &err);
  if (!code)
    return 1;
  lua_pushnil(L);
  pl_push_error(L, &err);
  return 2;
}

/* ---- Waiting and control ---------------------------------------------------------------------- */

static void forget_waiter(void *op)
{
  ((pl_load_handle *)op)->waiter = NULL;
}

static int push_outcome(lua_State *L, const pl_load_handle *h)
{
  const pl_error *err = pl_load_error(h->load);
  if (err && err->code) {
    lua_pushnil(L);
    pl_push_error(L, err);
    return 2;
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)pl_task_woken(L);
  return push_outcome(L, (const pl_load_handle *)context);
}

static int load_wait(lua_State *L)
{
  pl_load_handle *h = check_load(L);
  pl_task *task = pl_task_check(L, "load:wait");
  if (h->done)
    return push_outcome(L, h);
  if (h->waiter)
    return luaL_error(L, "load:wait: another task waits for this load already");
  h->waiter = task;
  pl_task_waits(task, forget_waiter, h);
  return pl_fiber_wait(L, wait_k, (lua_KContext)h);
}

static int load_done(lua_State *L)
{
  lua_pushboolean(L, check_load(L)->done);
  return 1;
}

static int load_stop(lua_State *L)
{
  pl_load_handle *h = check_load(L);
  if (!h->done)
    pl_load_stop(h->load, lua_toboolean(L, 2));
  return 0;
}

static int load_pause(lua_State *L)
{
  pl_load_handle *h = check_load(L);
  if (!h->done)
    pl_load_pause(h->load, lua_toboolean(L, 2));
  return 0;
}

static int load_level(lua_State *L)
{
  pl_load_handle *h = check_load(L);
  lua_Integer scenario = luaL_checkinteger(L, 2);
  double level = luaL_checknumber(L, 3);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  pl_error err = {0};
  if (!h->done && pl_load_level(h->load, (size_t)scenario - 1, level, &err)) {
    lua_pushnil(L);
    pl_push_error(L, &err);
    return 2;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- Figures ---------------------------------------------------------------------------------- */

static void set_count(lua_State *L, const char *name, uint64_t value)
{
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double value)
{
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void set_errors(lua_State *L, const uint64_t *errors)
{
  lua_createtable(L, 0, PL_FAILURES);
  for (int f = PL_FAIL_NONE + 1; f < PL_FAIL_ABORTED; f++)
    set_count(L, pl_failure_name((enum pl_failure)f), errors[f]);
  lua_setfield(L, -2, "errors");
}

static void push_stats(lua_State *L, const pl_load *load, size_t scenario)
{
  pl_load_stats s;
  pl_load_stats_get(load, scenario, &s);
  lua_createtable(L, 0, 24);
  set_count(L, "planned", s.planned);
  set_count(L, "started", s.started);
  set_count(L, "late", s.late);
  set_count(L, "dropped", s.dropped);
  set_count(L, "cancelled", s.cancelled);
  set_count(L, "no_user", s.no_user);
  set_count(L, "requests", s.requests);
  set_count(L, "ok", s.ok);
  set_count(L, "failed", s.failed);
  set_count(L, "aborted", s.aborted);
  set_count(L, "bytes_sent", s.bytes_sent);
  set_count(L, "bytes_received", s.bytes_received);
  set_count(L, "iterations", s.iterations);
  set_count(L, "iterations_failed", s.iterations_failed);
  set_count(L, "iterations_broken", s.iterations_broken);
  set_count(L, "connections_asked", s.connections.asked);
  set_count(L, "connections_made", s.connections.made);
  set_count(L, "connections_failed", s.connections.failed);
  set_count(L, "connections_opened", s.connections.opened);
  set_count(L, "connections_max", s.connections.max);
  set_count(L, "connections_reused", s.connections.reused);
  set_count(L, "users", s.users);
  set_count(L, "users_max", s.users_max);
  set_number(L, "duration", s.duration_s);
  set_number(L, "timeout_limit", s.timeout_s);
  set_count(L, "behind", s.behind);
  set_number(L, "behind_at", s.behind_at_s);
  set_number(L, "rate_planned", s.rate_planned);
  set_number(L, "rate_achieved", s.rate_achieved);
  set_number(L, "kept_up", s.kept_up);
  set_errors(L, s.errors);
}

static int load_stats(lua_State *L)
{
  pl_load_handle *h = check_load(L);
  lua_Integer scenario = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, scenario >= 0 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  push_stats(L, h->load, scenario ? (size_t)scenario - 1 : SIZE_MAX);
  return 1;
}

/* load:hist(scenario or "", name or "", which) -> hist, or nil when nothing was recorded. */
static int load_hist(lua_State *L)
{
  static const char *const which[] = {"latency", "service", "lag", "iteration", "group", "dns", "connect", "tls", "send", "wait", "receive", NULL};
  pl_load_handle *h = check_done(L);
  pl_str scenario, name;
  scenario.data = luaL_optlstring(L, 2, "", &scenario.len);
  name.data = luaL_optlstring(L, 3, "", &name.len);
  int dist = luaL_checkoption(L, 4, "latency", which);
  pl_hist *hist = pl_push_hist(L);
  if (pl_load_hist(h->load, scenario, name, (enum pl_dist)dist, hist))
    lua_pushnil(L);
  return 1;
}

/* key: the name as hist() takes it; name: for people, "cart {kind=big}". */
static void push_name(lua_State *L, pl_str key)
{
  lua_pushlstring(L, key.data, key.len);
  lua_setfield(L, -2, "key");
  pl_str tags = key, name = pl_str_cut(&tags, PL_TAG_MARK);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  luaL_addlstring(&text, name.data, name.len);
  for (const char *before = " {"; tags.data; before = ", ") {
    pl_str tag = pl_str_cut(&tags, PL_TAG_MARK);
    luaL_addstring(&text, before);
    luaL_addlstring(&text, tag.data, tag.len);
  }
  if (name.len != key.len)
    luaL_addchar(&text, '}');
  luaL_pushresult(&text);
  lua_setfield(L, -2, "name");
}

static int load_rows(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  lua_Integer scenario = luaL_checkinteger(L, 2);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  size_t n = pl_load_rows(h->load, (size_t)scenario - 1, NULL, 0);
  pl_load_row *rows = lua_newuserdatauv(L, (n ? n : 1) * sizeof *rows, 0);
  n = pl_load_rows(h->load, (size_t)scenario - 1, rows, n);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_createtable(L, 0, 8);
    push_name(L, rows[i].key.name);
    lua_pushlstring(L, rows[i].key.method.data, rows[i].key.method.len);
    lua_setfield(L, -2, "method");
    set_count(L, "requests", rows[i].requests);
    set_count(L, "ok", rows[i].ok);
    set_count(L, "failed", rows[i].failed);
    set_errors(L, rows[i].errors);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* The tables status and unexpected are on top. */
static void add_status(void *user, int status, uint64_t count, uint64_t failed)
{
  lua_State *L = user;
  lua_pushinteger(L, (lua_Integer)count);
  lua_rawseti(L, -3, status);
  if (!failed)
    return;
  lua_pushinteger(L, (lua_Integer)failed);
  lua_rawseti(L, -2, status);
}

static void add_check(void *user, pl_str label, uint64_t passed, uint64_t failed)
{
  lua_State *L = user;
  lua_createtable(L, 0, 3);
  lua_pushlstring(L, label.data, label.len);
  lua_setfield(L, -2, "label");
  set_count(L, "passed", passed);
  set_count(L, "failed", failed);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void add_text(void *user, pl_str text, uint64_t count)
{
  lua_State *L = user;
  lua_createtable(L, 0, 2);
  lua_pushlstring(L, text.data, text.len);
  lua_setfield(L, -2, "text");
  set_count(L, "count", count);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void set_texts(lua_State *L, const pl_load *load, size_t scenario, enum pl_label_kind kind, const char *field)
{
  lua_newtable(L);
  pl_load_texts(load, scenario, kind, add_text, L);
  lua_setfield(L, -2, field);
}

/* load:details(scenario) -> { status = {[code]=n}, unexpected = {[code]=n}, checks = {...}, and lists of { text, count }:
 * script_errors, given_up, refused, failures ("class: why") } */
static int load_details(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  lua_Integer scenario = luaL_checkinteger(L, 2);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  lua_createtable(L, 0, 6);
  lua_newtable(L);
  lua_newtable(L);
  pl_load_statuses(h->load, (size_t)scenario - 1, add_status, L);
  lua_setfield(L, -3, "unexpected");
  lua_setfield(L, -2, "status");
  lua_newtable(L);
  pl_load_checks(h->load, (size_t)scenario - 1, add_check, L);
  lua_setfield(L, -2, "checks");
  set_texts(L, h->load, (size_t)scenario - 1, PL_LABEL_ERROR, "script_errors");
  set_texts(L, h->load, (size_t)scenario - 1, PL_LABEL_GIVEN_UP, "given_up");
  set_texts(L, h->load, (size_t)scenario - 1, PL_LABEL_REFUSED, "refused");
  set_texts(L, h->load, (size_t)scenario - 1, PL_LABEL_FAILURE, "failures");
  return 1;
}

static void set_known(lua_State *L, const char *name, double value)
{
  if (!isnan(value))
    set_number(L, name, value);
}

/* load:loopback() -> hist: see pl_load_loopback; nil when nothing was measured */
static int load_loopback(lua_State *L)
{
  const pl_hist *h = pl_load_loopback(check_done(L)->load);
  if (!h->count)
    return 0;
  if (pl_hist_add(pl_push_hist(L), h))
    return luaL_error(L, "out of memory for a histogram");
  return 1;
}

/* load:fit(scenario) -> { gaps, mean, cv, ks, p }: see pl_load_fit; nil where it cannot be told */
static int load_fit(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  lua_Integer scenario = luaL_checkinteger(L, 2);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  pl_fit_result r;
  if (!pl_load_fit(h->load, (size_t)scenario - 1, &r))
    return 0;
  lua_createtable(L, 0, 5);
  set_count(L, "gaps", r.gaps);
  set_number(L, "mean", r.mean);
  set_number(L, "cv", r.cv);
  set_known(L, "ks", r.ks);
  set_known(L, "p", r.p);
  return 1;
}

/* load:slow(scenario): see slow.h */
static int load_slow(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  lua_Integer scenario = luaL_checkinteger(L, 2);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  pl_push_slow(L, h->load, (size_t)scenario - 1);
  return 1;
}

/* load:tls() -> { handshakes, resumed, version, cipher, protocol, expires (seconds since 1970 or nil) }, or nil without any */
static int load_tls(lua_State *L)
{
  pl_load_tls t;
  pl_load_tls_get(check_done(L)->load, &t);
  if (!t.handshakes)
    return 0;
  lua_createtable(L, 0, 6);
  set_count(L, "handshakes", t.handshakes);
  set_count(L, "resumed", t.resumed);
  lua_pushstring(L, t.last.version);
  lua_setfield(L, -2, "version");
  lua_pushstring(L, t.last.cipher);
  lua_setfield(L, -2, "cipher");
  lua_pushstring(L, t.last.protocol);
  lua_setfield(L, -2, "protocol");
  if (t.last.expires_s)
    set_count(L, "expires", (uint64_t)t.last.expires_s);
  return 1;
}

/* load:http2() -> { sessions, fallbacks, goaways, resets, refused }, or nil where nothing of it happened */
static int load_http2(lua_State *L)
{
  pl_http2_counts c;
  pl_load_http2_get(check_done(L)->load, &c);
  if (!c.sessions && !c.fallbacks)
    return 0;
  lua_createtable(L, 0, 5);
  set_count(L, "sessions", c.sessions);
  set_count(L, "fallbacks", c.fallbacks);
  set_count(L, "goaways", c.goaways);
  set_count(L, "resets", c.resets);
  set_count(L, "refused", c.refused);
  return 1;
}

static void push_texts(lua_State *L, const char texts[][160], unsigned n, const char *field)
{
  lua_createtable(L, (int)n, 0);
  for (unsigned i = 0; i < n; i++) {
    lua_pushstring(L, texts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, field);
}

/* load:wrk_globals(worker) -> what its script's globals were at the end, or nil */
static int load_wrk_globals(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  lua_Integer worker = luaL_checkinteger(L, 2);
  pl_error err = {0};
  if (!h->wrk.threads || worker < 1 || worker > (lua_Integer)h->wrk.n_threads)
    return 0;
  const pl_buf *globals = &h->wrk.threads[worker - 1].globals;
  return globals->len && pl_copy_in(L, (pl_str){globals->data, globals->len}, &err) == PL_OK ? 1 : 0;
}

/* load:wrk_rates() -> hist of answers a second of each worker, in billionths */
static int load_wrk_rates(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  pl_hist *all = pl_push_hist(L);
  for (unsigned i = 0; h->wrk.threads && i < h->wrk.n_threads; i++) {
    if (pl_hist_add(all, &h->wrk.threads[i].rates))
      return luaL_error(L, "out of memory for a histogram");
  }
  return 1;
}

/* load:generator() -> { limited, reasons, warnings, retransmits, clock_step (s), workers = {{cpu_s, busy, busy_over, waited_s,
 * yielded, preempted}} } */
static int load_generator(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  pl_health_change change = pl_health_between(&h->health_before, &h->health_after);
  pl_machine_health health = {.steal_share = change.steal, .throttled_share = change.throttled, .udp_dropped = change.udp_dropped,
                              .tcp_dropped = change.tcp_dropped, .listen_dropped = change.listen_dropped, .ports = change.ports,
                              .ports_waiting = change.ports_waiting};
  pl_load_verdict v;
  pl_load_judge(h->load, &health, &v);
  lua_createtable(L, 0, 6);
  lua_pushboolean(L, v.limited);
  lua_setfield(L, -2, "limited");
  push_texts(L, v.reasons, v.n_reasons, "reasons");
  push_texts(L, v.warnings, v.n_warnings, "warnings");
  set_count(L, "retransmits", change.retransmits);
  set_number(L, "clock_step", (double)pl_load_clock_step(h->load) * 1e-9);
  lua_newtable(L);
  for (unsigned i = 0; i < pl_load_workers(h->load); i++) {
    pl_load_worker_stats w;
    pl_load_worker_stats_get(h->load, i, &w);
    lua_createtable(L, 0, 6);
    set_number(L, "cpu_s", w.cpu_s);
    set_number(L, "busy", w.busy);
    set_number(L, "busy_over", w.busy_over);
    set_number(L, "waited_s", w.waited_s);
    set_count(L, "yielded", w.yielded);
    set_count(L, "preempted", w.preempted);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "workers");
  return 1;
}

static int load_times(lua_State *L)
{
  int64_t start_ms, from_ms, to_ms;
  pl_load_times(check_load(L)->load, &start_ms, &from_ms, &to_ms);
  lua_pushinteger(L, (lua_Integer)start_ms);
  lua_pushinteger(L, (lua_Integer)from_ms);
  lua_pushinteger(L, (lua_Integer)to_ms);
  return 3;
}

static void set_ms(lua_State *L, const char *name, int64_t ms)
{
  lua_pushinteger(L, (lua_Integer)ms);
  lua_setfield(L, -2, name);
}

/* load:part(scenario) -> { from_ms, to_ms, drained_ms } */
static int load_part(lua_State *L)
{
  pl_load_handle *h = check_done(L);
  lua_Integer scenario = luaL_checkinteger(L, 2);
  luaL_argcheck(L, scenario >= 1 && (size_t)scenario <= pl_plan_of(h->plan)->n_scenarios, 2, "no such scenario");
  pl_load_part part;
  pl_load_part_get(h->load, (size_t)scenario - 1, &part);
  lua_createtable(L, 0, 3);
  set_ms(L, "from_ms", part.from_ms);
  set_ms(L, "to_ms", part.to_ms);
  set_ms(L, "drained_ms", part.drained_ms);
  return 1;
}

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
      {"wait", load_wait},       {"done", load_done},     {"stop", load_stop},       {"pause", load_pause},
      {"level", load_level},     {"stats", load_stats},   {"hist", load_hist},       {"rows", load_rows},
      {"details", load_details}, {"slow", load_slow},     {"fit", load_fit},         {"loopback", load_loopback}, {"tls", load_tls},
      {"http2", load_http2},     {"times", load_times},
      {"generator", load_generator}, {"wrk_globals", load_wrk_globals}, {"wrk_rates", load_wrk_rates},
      {"part", load_part},       {NULL, NULL},
  };
  static const luaL_Reg functions[] = {{"start", load_start}, {NULL, NULL}};
  luaL_newmetatable(L, load_name);
  lua_pushcfunction(L, load_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

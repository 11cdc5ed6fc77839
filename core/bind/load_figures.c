/* What a load measured, as Lua's tables: totals, distributions, rows, checks, the generator's own state. All but stats and times
 * after the load's end only. Control thread. */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/hist.h"
#include "bind/load_handle.h"
#include "bind/slow.h"
#include "bind/tag.h"
#include "script/copy.h"

enum { SHOWN_MAX = 4096 };

static void set_errors(lua_State *L, const uint64_t *errors)
{
  lua_createtable(L, 0, PL_FAILURES);
  for (int f = PL_FAIL_NONE + 1; f < PL_FAIL_ABORTED; f++)
    pl_set_count(L, pl_failure_name((enum pl_failure)f), errors[f]);
  lua_setfield(L, -2, "errors");
}

static void push_stats(lua_State *L, const pl_load *load, size_t scenario)
{
  pl_load_stats s;
  pl_load_stats_get(load, scenario, &s);
  lua_createtable(L, 0, 40);
  pl_set_count(L, "planned", s.planned);
  pl_set_count(L, "started", s.started);
  pl_set_count(L, "late", s.late);
  pl_set_count(L, "dropped", s.dropped);
  pl_set_count(L, "cancelled", s.cancelled);
  pl_set_count(L, "no_user", s.no_user);
  pl_set_count(L, "requests", s.requests);
  pl_set_count(L, "ok", s.ok);
  pl_set_count(L, "failed", s.failed);
  pl_set_count(L, "aborted", s.aborted);
  pl_set_count(L, "bytes_sent", s.bytes_sent);
  pl_set_count(L, "bytes_received", s.bytes_received);
  pl_set_count(L, "iterations", s.iterations);
  pl_set_count(L, "iterations_failed", s.iterations_failed);
  pl_set_count(L, "iterations_broken", s.iterations_broken);
  pl_set_count(L, "iterations_unserved", s.iterations_unserved);
  pl_set_count(L, "never_left", s.never_left);
  pl_set_count(L, "spoke_tls", s.spoke_tls);
  pl_set_count(L, "spoke_http2", s.spoke_http2);
  pl_set_count(L, "connections_asked", s.connections.asked);
  pl_set_count(L, "connections_made", s.connections.made);
  pl_set_count(L, "connections_failed", s.connections.failed);
  pl_set_count(L, "connections_opened", s.connections.opened);
  pl_set_count(L, "connections_max", s.connections.max);
  pl_set_count(L, "connections_reused", s.connections.reused);
  pl_set_count(L, "connections_repeated", s.connections.repeated);
  pl_set_count(L, "users", s.users);
  pl_set_count(L, "users_max", s.users_max);
  pl_set_number(L, "duration", s.duration_s);
  pl_set_number(L, "timeout_limit", s.timeout_s);
  pl_set_count(L, "behind", s.behind);
  pl_set_number(L, "behind_at", s.behind_at_s);
  pl_set_number(L, "rate_planned", s.rate_planned);
  pl_set_number(L, "rate_achieved", s.rate_achieved);
  pl_set_number(L, "kept_up", s.kept_up);
  set_errors(L, s.errors);
}

static int load_stats(lua_State *L)
{
  pl_load_handle *h = pl_load_check(L);
  push_stats(L, h->load, lua_isnoneornil(L, 2) ? SIZE_MAX : pl_load_check_scenario(L, h));
  return 1;
}

/* load:hist(scenario or "", name or "", which) -> hist, or nil when nothing was recorded. */
static int load_hist(lua_State *L)
{
  static const char *const which[] = {"latency", "service", "lag", "iteration", "group", "dns", "connect", "tls", "send", "wait", "receive", NULL};
  pl_load_handle *h = pl_load_check_done(L);
  pl_str scenario, name;
  scenario.data = luaL_optlstring(L, 2, "", &scenario.len);
  name.data = luaL_optlstring(L, 3, "", &name.len);
  int dist = luaL_checkoption(L, 4, "latency", which);
  pl_hist *hist = pl_push_hist(L);
  if (pl_load_hist(h->load, scenario, name, (enum pl_dist)dist, hist))
    lua_pushnil(L);
  return 1;
}

/* key: the name as hist() takes it; name: for people, put together in text. */
static void set_name(lua_State *L, pl_buf *text, pl_str key)
{
  pl_buf_clear(text);
  pl_tag_show(text, key);
  if (text->bad)
    luaL_error(L, "out of memory for a name");
  pl_set_str(L, "key", key);
  pl_set_str(L, "name", (pl_str){text->data, text->len});
}

static int load_rows(lua_State *L)
{
  pl_load_handle *h = pl_load_check_done(L);
  size_t scenario = pl_load_check_scenario(L, h);
  size_t n = pl_load_rows(h->load, scenario, NULL, 0);
  pl_load_row *rows = lua_newuserdatauv(L, (n ? n : 1) * sizeof *rows, 0);
  n = pl_load_rows(h->load, scenario, rows, n);
  pl_buf *text = pl_push_buf(L, SHOWN_MAX);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_createtable(L, 0, 8);
    set_name(L, text, rows[i].key.name);
    pl_set_str(L, "method", rows[i].key.method);
    pl_set_count(L, "requests", rows[i].requests);
    pl_set_count(L, "ok", rows[i].ok);
    pl_set_count(L, "failed", rows[i].failed);
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
  pl_set_str(L, "label", label);
  pl_set_count(L, "passed", passed);
  pl_set_count(L, "failed", failed);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void add_text(void *user, pl_str text, uint64_t count)
{
  lua_State *L = user;
  lua_createtable(L, 0, 2);
  pl_set_str(L, "text", text);
  pl_set_count(L, "count", count);
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
  pl_load_handle *h = pl_load_check_done(L);
  size_t scenario = pl_load_check_scenario(L, h);
  lua_createtable(L, 0, 6);
  lua_newtable(L);
  lua_newtable(L);
  pl_load_statuses(h->load, scenario, add_status, L);
  lua_setfield(L, -3, "unexpected");
  lua_setfield(L, -2, "status");
  lua_newtable(L);
  pl_load_checks(h->load, scenario, add_check, L);
  lua_setfield(L, -2, "checks");
  set_texts(L, h->load, scenario, PL_LABEL_ERROR, "script_errors");
  set_texts(L, h->load, scenario, PL_LABEL_GIVEN_UP, "given_up");
  set_texts(L, h->load, scenario, PL_LABEL_REFUSED, "refused");
  set_texts(L, h->load, scenario, PL_LABEL_FAILURE, "failures");
  return 1;
}

/* load:loopback() -> hist: see pl_load_loopback; nil when nothing was measured */
static int load_loopback(lua_State *L)
{
  const pl_hist *h = pl_load_loopback(pl_load_check_done(L)->load);
  if (!h->count)
    return 0;
  if (pl_hist_add(pl_push_hist(L), h))
    return luaL_error(L, "out of memory for a histogram");
  return 1;
}

/* load:fit(scenario) -> { gaps, mean, cv, ks, p }: see pl_load_fit; nil where it cannot be told */
static int load_fit(lua_State *L)
{
  pl_load_handle *h = pl_load_check_done(L);
  size_t scenario = pl_load_check_scenario(L, h);
  pl_fit_result r;
  if (!pl_load_fit(h->load, scenario, &r))
    return 0;
  lua_createtable(L, 0, 5);
  pl_set_count(L, "gaps", r.gaps);
  pl_set_number(L, "mean", r.mean);
  pl_set_number(L, "cv", r.cv);
  pl_set_known(L, "ks", r.ks);
  pl_set_known(L, "p", r.p);
  return 1;
}

/* load:slow(scenario): see slow.h */
static int load_slow(lua_State *L)
{
  pl_load_handle *h = pl_load_check_done(L);
  size_t scenario = pl_load_check_scenario(L, h);
  pl_push_slow(L, h->load, scenario);
  return 1;
}

/* The mean time of a handshake of one kind, where there was one. */
static void set_handshake_time(lua_State *L, const char *name, const pl_handshakes *h)
{
  if (h->n)
    pl_set_number(L, name, (double)h->total_ns / 1e9 / (double)h->n);
}

/* load:tls() -> { handshakes, resumed (of them), full_mean, resumed_mean (seconds, or nil), version, cipher, protocol, expires
 * (seconds since 1970 or nil) }, or nil without any */
static int load_tls(lua_State *L)
{
  pl_tls_counts t;
  pl_load_tls_get(pl_load_check_done(L)->load, &t);
  if (!t.full.n && !t.resumed.n)
    return 0;
  lua_createtable(L, 0, 8);
  pl_set_count(L, "handshakes", t.full.n + t.resumed.n);
  pl_set_count(L, "resumed", t.resumed.n);
  set_handshake_time(L, "full_mean", &t.full);
  set_handshake_time(L, "resumed_mean", &t.resumed);
  pl_set_text(L, "version", t.last.version);
  pl_set_text(L, "cipher", t.last.cipher);
  pl_set_text(L, "protocol", t.last.protocol);
  if (t.last.expires_s)
    pl_set_count(L, "expires", (uint64_t)t.last.expires_s);
  return 1;
}

/* load:http2() -> { sessions, fallbacks, goaways, resets, refused }, or nil where nothing of it happened */
static int load_http2(lua_State *L)
{
  pl_http2_counts c;
  pl_load_http2_get(pl_load_check_done(L)->load, &c);
  if (!c.sessions && !c.fallbacks)
    return 0;
  lua_createtable(L, 0, 5);
  pl_set_count(L, "sessions", c.sessions);
  pl_set_count(L, "fallbacks", c.fallbacks);
  pl_set_count(L, "goaways", c.goaways);
  pl_set_count(L, "resets", c.resets);
  pl_set_count(L, "refused", c.refused);
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
  pl_load_handle *h = pl_load_check_done(L);
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
  pl_load_handle *h = pl_load_check_done(L);
  pl_hist *all = pl_push_hist(L);
  for (unsigned i = 0; h->wrk.threads && i < h->wrk.n_threads; i++) {
    if (pl_hist_add(all, &h->wrk.threads[i].rates))
      return luaL_error(L, "out of memory for a histogram");
  }
  return 1;
}

static void push_network(lua_State *L, const pl_health_change *c)
{
  pl_set_count(L, "retransmits", c->retransmits);
  pl_set_count(L, "ports", c->ports);
  pl_set_count(L, "ports_waiting", c->ports_waiting);
  pl_set_count(L, "datagrams_dropped", c->udp_dropped);
  pl_set_count(L, "segments_dropped", c->tcp_dropped);
  pl_set_count(L, "connections_dropped", c->listen_dropped);
}

/* { seconds, reason }, as far as the delay is one of the reasons. */
static void push_delay(lua_State *L, const char *name, const pl_load_delay *d)
{
  if (!d->reason)
    return;
  lua_createtable(L, 0, 3);
  pl_set_number(L, "seconds", (double)d->ns * 1e-9);
  pl_set_number(L, "share", d->share);
  pl_set_count(L, "reason", d->reason);
  lua_setfield(L, -2, name);
}

/* load:generator() -> { limited, reasons, started_late, read_late (what of the reasons are delays: { seconds, share (that took as long), reason = its number }), warnings, retransmits, ports, ports_waiting, datagrams_dropped, segments_dropped,
 * connections_dropped, clock_step (s), workers = {{cpu_s, busy, busy_over, waited_s, yielded, preempted}} } */
static int load_generator(lua_State *L)
{
  pl_load_handle *h = pl_load_check_done(L);
  pl_health_change change = pl_health_between(&h->health_before, &h->health_after);
  pl_machine_health health = {.steal_share = change.steal, .throttled_share = change.throttled, .udp_dropped = change.udp_dropped,
                              .tcp_dropped = change.tcp_dropped, .listen_dropped = change.listen_dropped, .ports = change.ports,
                              .ports_waiting = change.ports_waiting};
  pl_load_verdict v;
  pl_load_judge(h->load, &health, &v);
  lua_createtable(L, 0, 13);
  pl_set_boolean(L, "limited", v.limited);
  push_texts(L, v.reasons, v.n_reasons, "reasons");
  push_delay(L, "started_late", &v.started_late);
  push_delay(L, "read_late", &v.read_late);
  push_texts(L, v.warnings, v.n_warnings, "warnings");
  push_network(L, &change);
  pl_set_number(L, "clock_step", (double)pl_load_clock_step(h->load) * 1e-9);
  lua_newtable(L);
  for (unsigned i = 0; i < pl_load_workers(h->load); i++) {
    pl_load_worker_stats w;
    pl_load_worker_stats_get(h->load, i, &w);
    lua_createtable(L, 0, 6);
    pl_set_number(L, "cpu_s", w.cpu_s);
    pl_set_number(L, "busy", w.busy);
    pl_set_number(L, "busy_over", w.busy_over);
    pl_set_number(L, "waited_s", w.waited_s);
    pl_set_count(L, "yielded", w.yielded);
    pl_set_count(L, "preempted", w.preempted);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "workers");
  return 1;
}

static int load_times(lua_State *L)
{
  int64_t start_ms, from_ms, to_ms;
  pl_load_times(pl_load_check(L)->load, &start_ms, &from_ms, &to_ms);
  lua_pushinteger(L, (lua_Integer)start_ms);
  lua_pushinteger(L, (lua_Integer)from_ms);
  lua_pushinteger(L, (lua_Integer)to_ms);
  return 3;
}

/* load:part(scenario) -> { from_ms, to_ms, drained_ms } */
static int load_part(lua_State *L)
{
  pl_load_handle *h = pl_load_check_done(L);
  size_t scenario = pl_load_check_scenario(L, h);
  pl_load_part part;
  pl_load_part_get(h->load, scenario, &part);
  lua_createtable(L, 0, 3);
  pl_set_integer(L, "from_ms", part.from_ms);
  pl_set_integer(L, "to_ms", part.to_ms);
  pl_set_integer(L, "drained_ms", part.drained_ms);
  return 1;
}

void pl_load_add_figures(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"stats", load_stats},     {"hist", load_hist},   {"rows", load_rows},   {"details", load_details},
      {"slow", load_slow},       {"fit", load_fit},     {"part", load_part},   {"loopback", load_loopback},
      {"tls", load_tls},         {"http2", load_http2}, {"times", load_times}, {"generator", load_generator},
      {"wrk_globals", load_wrk_globals}, {"wrk_rates", load_wrk_rates}, {NULL, NULL},
  };
  luaL_setfuncs(L, methods, 0);
}

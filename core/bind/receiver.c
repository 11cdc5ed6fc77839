/* perilune.core.receiver: start{ listen = { host, port }, statsd = …, graphite = …, protocols, role, origin, body, expanded, series, labels, label_bytes, rate, connections } ->
 * number, { http, statsd, graphite } | nil, err · counts(number) -> { samples, series, refused = { { reason, count, of, text } ... } } · stop(number). A host is
 * an address, protocols a list of names; ports are those that it listens at. */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "net/resolver.h"

typedef struct start_call {
  pl_call call;
  pl_receiver_options o;
  char role[32], origin[32];
  uint32_t number;
  pl_receiver_ports ports;
} start_call;

static int start_work(pl_call *call, pl_desk *desk)
{
  start_call *s = (start_call *)call;
  return pl_receivers_start(desk->receivers, &s->o, desk->run, &s->number, &s->ports, &call->err);
}

static void set_port(lua_State *L, const char *name, uint16_t port)
{
  if (port)
    pl_set_count(L, name, port);
}

static int start_push(lua_State *L, pl_call *call)
{
  const start_call *s = (const start_call *)call;
  lua_pushinteger(L, s->number);
  lua_createtable(L, 0, 3);
  set_port(L, "http", s->ports.http);
  set_port(L, "statsd", s->ports.statsd);
  set_port(L, "graphite", s->ports.graphite);
  return 2;
}

/* A whole number of 1 to most of the table at 1. */
static lua_Integer count_field(lua_State *L, const char *name, lua_Integer most)
{
  lua_getfield(L, 1, name);
  lua_Integer n = luaL_checkinteger(L, -1);
  if (n < 1 || n > most)
    luaL_error(L, "receive: %s is 1 to %I", name, most);
  lua_pop(L, 1);
  return n;
}

static void text_field(lua_State *L, const char *name, char *out, size_t size)
{
  pl_str s;
  lua_getfield(L, 1, name);
  s.data = luaL_checklstring(L, -1, &s.len);
  if (!pl_copy(out, size, s))
    luaL_error(L, "receive: %s is too long", name);
  lua_pop(L, 1);
}

/* The field { host, port } of the table at 1; there may be none. */
static void address_field(lua_State *L, const char *name, pl_address *out)
{
  pl_addresses found = {.n = 0};
  if (lua_getfield(L, 1, name) != LUA_TNIL) {
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    const char *host = luaL_checkstring(L, -2);
    lua_Integer port = luaL_checkinteger(L, -1);
    if (port < 0 || port > UINT16_MAX || !pl_address_literal(pl_str_of(host), (uint16_t)port, &found))
      luaL_error(L, "receive: %s:%I is no address", host, port);
    *out = found.list[0];
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
}

static unsigned protocols_field(lua_State *L)
{
  /* In the order of the bits of receiver.h. */
  static const char *const names[] = {"remote_write", "otlp", "push", "influx", "statsd", "graphite", NULL};
  unsigned set = 0;
  lua_getfield(L, 1, "protocols");
  luaL_checktype(L, -1, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
    set |= 1U << luaL_checkoption(L, -1, NULL, names);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  return set;
}

static int receiver_start(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  start_call *s = pl_call_new(L, "receive", sizeof *s, start_work);
  s->call.push = start_push;
  text_field(L, "role", s->role, sizeof s->role);
  text_field(L, "origin", s->origin, sizeof s->origin);
  address_field(L, "listen", &s->o.listen);
  address_field(L, "statsd", &s->o.statsd);
  address_field(L, "graphite", &s->o.graphite);
  s->o.protocols = protocols_field(L);
  s->o.role = pl_str_of(s->role);
  s->o.origin = pl_str_of(s->origin);
  s->o.body_max = (size_t)count_field(L, "body", INT32_MAX);
  s->o.expanded_max = (size_t)count_field(L, "expanded", INT32_MAX);
  s->o.connections = (unsigned)count_field(L, "connections", 4096);
  s->o.limits = (pl_intake_limits){.series = (size_t)count_field(L, "series", PL_FEED_SERIES),
                                   .labels = (size_t)count_field(L, "labels", PL_INTAKE_LABELS),
                                   .label_bytes = (size_t)count_field(L, "label_bytes", 4096)};
  lua_getfield(L, 1, "rate");
  s->o.limits.samples_per_s = luaL_checknumber(L, -1);
  s->o.module_dir = s->call.host->options->module_dir;
  return pl_call_wait(L, &s->call);
}

typedef struct number_call {
  pl_call call;
  uint32_t number;
  pl_intake_counts counts;
} number_call;

static number_call *number_call_new(lua_State *L, int (*work)(pl_call *call, pl_desk *desk))
{
  lua_Integer number = luaL_checkinteger(L, 1);
  number_call *s = pl_call_new(L, "receive", sizeof *s, work);
  s->number = (uint32_t)number;
  return s;
}

static int stop_work(pl_call *call, pl_desk *desk)
{
  pl_receivers_stop(desk->receivers, ((number_call *)call)->number);
  return PL_OK;
}

static int receiver_stop(lua_State *L)
{
  return pl_call_wait(L, &number_call_new(L, stop_work)->call);
}

static int counts_work(pl_call *call, pl_desk *desk)
{
  number_call *s = (number_call *)call;
  const pl_intake_counts *counts = pl_receivers_counts(desk->receivers, s->number);
  if (counts)
    s->counts = *counts;
  return PL_OK;
}

static void push_refused(lua_State *L, enum pl_reason why, uint64_t n)
{
  lua_createtable(L, 0, 4);
  pl_set_text(L, "reason", pl_reason_name(why));
  pl_set_count(L, "count", n);
  pl_set_text(L, "of", pl_reason_of(why));
  pl_set_text(L, "text", pl_reason_text(why));
}

static int counts_push(lua_State *L, pl_call *call)
{
  const pl_intake_counts *c = &((number_call *)call)->counts;
  lua_createtable(L, 0, 3);
  pl_set_count(L, "samples", c->samples);
  pl_set_count(L, "series", c->series);
  lua_newtable(L);
  for (int why = 0; why < PL_REASONS; why++) {
    if (!c->refused[why])
      continue;
    push_refused(L, (enum pl_reason)why, c->refused[why]);
    lua_rawseti(L, -2, luaL_len(L, -2) + 1);
  }
  lua_setfield(L, -2, "refused");
  return 1;
}

static int receiver_counts(lua_State *L)
{
  number_call *s = number_call_new(L, counts_work);
  s->call.push = counts_push;
  return pl_call_wait(L, &s->call);
}

int pl_open_receiver(lua_State *L)
{
  static const luaL_Reg functions[] = {{"start", receiver_start}, {"counts", receiver_counts}, {"stop", receiver_stop}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

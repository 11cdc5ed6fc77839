/* perilune.core.receiver: start{ listen = { host, port }, otlp_grpc = …, statsd = …, graphite = …, protocols, pages, role, origin, body, expanded, series, labels, label_bytes, spans, logs, exemplars, rate, connections } ->
 * number, { http, otlp_grpc, statsd, graphite } | nil, err · counts(number) -> { samples, series, spans, logs, exemplars, refused = { { reason, count, of, text } ... } } · page(number) -> { number, method, path, accept }
 * of the next request for a page | nil · answer(number, its number, status, type, body) · stop(number). A host is an address, protocols a list of names; ports are those that it listens at. */
#include <lauxlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/call.h"
#include "bind/counts.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "net/resolver.h"

enum { BODY_MAX = 128 << 20 }; /* of a page */

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
  lua_createtable(L, 0, 4);
  set_port(L, "http", s->ports.http);
  set_port(L, "otlp_grpc", s->ports.otlp_grpc);
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
    pl_raise_invalid(L, "receive: %s is 1 to %lld", name, (long long)most);
  lua_pop(L, 1);
  return n;
}

/* "unix:/path" as an address. */
static bool unix_address(const char *host, pl_address *out)
{
  const char *path = strncmp(host, "unix:", 5) == 0 ? host + 5 : NULL;
  if (!path || path[0] != '/' || strlen(path) >= sizeof out->un.sun_path)
    return false;
  *out = (pl_address){.un = {.sun_family = AF_UNIX}};
  memcpy(out->un.sun_path, path, strlen(path));
  return true;
}

/* The field { host, port } of the table at 1; there may be none. The host of a Unix socket is "unix:/path". */
static void address_field(lua_State *L, const char *name, pl_address *out)
{
  pl_addresses found = {.n = 0};
  if (lua_getfield(L, 1, name) != LUA_TNIL) {
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    const char *host = luaL_checkstring(L, -2);
    lua_Integer port = luaL_checkinteger(L, -1);
    if (unix_address(host, out)) {
      lua_pop(L, 3);
      return;
    }
    if (port < 0 || port > UINT16_MAX || !pl_address_literal(pl_str_of(host), (uint16_t)port, &found))
      pl_raise_invalid(L, "receive: %s:%lld is no address", host, (long long)port);
    *out = found.list[0];
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
}

static unsigned protocols_field(lua_State *L)
{
  /* In the order of the bits of receiver.h. */
  static const char *const names[] = {"remote_write", "otlp", "push", "influx", "zipkin", "otlp_grpc", "statsd", "graphite", NULL};
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
  pl_get_copy(L, 1, "receive", "role", s->role, sizeof s->role);
  pl_get_copy(L, 1, "receive", "origin", s->origin, sizeof s->origin);
  address_field(L, "listen", &s->o.listen);
  address_field(L, "otlp_grpc", &s->o.otlp_grpc);
  address_field(L, "statsd", &s->o.statsd);
  address_field(L, "graphite", &s->o.graphite);
  s->o.protocols = protocols_field(L);
  s->o.pages = pl_get_boolean(L, 1, "pages");
  s->o.role = pl_str_of(s->role);
  s->o.origin = pl_str_of(s->origin);
  s->o.body_max = (size_t)count_field(L, "body", INT32_MAX);
  s->o.expanded_max = (size_t)count_field(L, "expanded", INT32_MAX);
  s->o.connections = (unsigned)count_field(L, "connections", 4096);
  s->o.limits = (pl_intake_limits){.series = (size_t)count_field(L, "series", PL_FEED_SERIES),
                                   .labels = (size_t)count_field(L, "labels", PL_INTAKE_LABELS),
                                   .label_bytes = (size_t)count_field(L, "label_bytes", 4096),
                                   .events = {[PL_EVENT_SPAN] = (size_t)count_field(L, "spans", INT32_MAX),
                                              [PL_EVENT_LOG] = (size_t)count_field(L, "logs", INT32_MAX),
                                              [PL_EVENT_EXEMPLAR] = (size_t)count_field(L, "exemplars", INT32_MAX)}};
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

static int counts_push(lua_State *L, pl_call *call)
{
  pl_push_counts(L, &((number_call *)call)->counts);
  return 1;
}

static int receiver_counts(lua_State *L)
{
  number_call *s = number_call_new(L, counts_work);
  s->call.push = counts_push;
  return pl_call_wait(L, &s->call);
}

/* ---- Pages ------------------------------------------------------------------------------------------- */

typedef struct page_call {
  pl_call call;
  uint32_t number;
  bool there;
  pl_page_request page;
} page_call;

static int page_work(pl_call *call, pl_desk *desk)
{
  page_call *s = (page_call *)call;
  s->there = pl_receivers_page(desk->receivers, s->number, &s->page);
  return PL_OK;
}

static int page_push(lua_State *L, pl_call *call)
{
  const page_call *s = (const page_call *)call;
  if (!s->there) {
    lua_pushnil(L);
    return 1;
  }
  lua_createtable(L, 0, 4);
  pl_set_count(L, "number", s->page.number);
  pl_set_text(L, "method", s->page.method);
  pl_set_text(L, "path", s->page.path);
  pl_set_text(L, "accept", s->page.accept);
  return 1;
}

static int receiver_page(lua_State *L)
{
  lua_Integer number = luaL_checkinteger(L, 1);
  page_call *s = pl_call_new(L, "pages", sizeof *s, page_work);
  s->number = (uint32_t)number;
  s->call.push = page_push;
  return pl_call_wait(L, &s->call);
}

typedef struct answer_call {
  pl_call call;
  uint32_t number;
  uint64_t page;
  unsigned status;
  char type[128];
  pl_buf body;
} answer_call;

static int answer_work(pl_call *call, pl_desk *desk)
{
  const answer_call *s = (const answer_call *)call;
  const pl_http_answer answer = {.status = s->status, .type = s->type, .body = {s->body.data ? s->body.data : "", s->body.len}};
  pl_receivers_page_answer(desk->receivers, s->number, s->page, &answer);
  return PL_OK;
}

static void answer_release(pl_call *call)
{
  pl_buf_fini(&((answer_call *)call)->body);
}

static int receiver_answer(lua_State *L)
{
  lua_Integer number = luaL_checkinteger(L, 1), page = luaL_checkinteger(L, 2), status = luaL_checkinteger(L, 3);
  size_t type_len;
  const char *type = luaL_checklstring(L, 4, &type_len);
  pl_str body = pl_check_text(L, 5);
  answer_call *s = pl_call_new(L, "pages", sizeof *s, answer_work);
  luaL_argcheck(L, type_len < sizeof s->type, 4, "too long");
  memcpy(s->type, type, type_len + 1);
  pl_buf_init(&s->body, s->call.host->alloc, BODY_MAX);
  s->call.release = answer_release;
  s->number = (uint32_t)number;
  s->page = (uint64_t)page;
  s->status = (unsigned)status;
  if (pl_buf_add(&s->body, body.data, body.len))
    return luaL_error(L, "out of memory, or a page of more than %d MiB", BODY_MAX >> 20);
  return pl_call_wait(L, &s->call);
}

int pl_open_receiver(lua_State *L)
{
  static const luaL_Reg functions[] = {{"start", receiver_start}, {"counts", receiver_counts}, {"page", receiver_page},
                                       {"answer", receiver_answer}, {"stop", receiver_stop},     {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

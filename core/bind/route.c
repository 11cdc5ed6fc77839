/* perilune.core.route: what is written of connections, read as the plan reads it (load/route.h).
 * target(reroutes, host, port) -> host, port | nil, err: where connections for host:port go by an array of "HOST:PORT:TO_HOST:TO_PORT";
 * reroute(text) -> { host, port, to_host, to_port } | nil, err; what is not said is nil there;
 * addresses(text) -> number of them | nil, err: of a local address or a range;
 * url(text) -> true | nil, err: whether it is a URL that requests can be sent to. */
#include "load/route.h"

#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "net/url.h"

static void set_place(lua_State *L, const char *host_name, pl_str host, const char *port_name, uint16_t port)
{
  if (host.len) {
    lua_pushlstring(L, host.data, host.len);
    lua_setfield(L, -2, host_name);
  }
  if (port) {
    lua_pushinteger(L, port);
    lua_setfield(L, -2, port_name);
  }
}

static int route_reroute(lua_State *L)
{
  pl_reroute r;
  pl_error err = {0};
  if (pl_reroute_parse(pl_check_text(L, 1), &r, &err))
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, 4);
  set_place(L, "host", r.host, "port", r.port);
  set_place(L, "to_host", r.to_host, "to_port", r.to_port);
  return 1;
}

static int route_target(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  pl_str host = pl_check_text(L, 2), to_host = host;
  uint16_t port = (uint16_t)luaL_optinteger(L, 3, 0), to_port = port;
  lua_Integer n = luaL_len(L, 1);
  for (lua_Integer i = 1; i <= n; i++) {
    pl_reroute r;
    pl_error err = {0};
    lua_rawgeti(L, 1, i); /* stays on the stack: to_host may be a piece of it */
    if (pl_reroute_parse(pl_check_text(L, -1), &r, &err))
      return pl_push_failure(L, &err);
    if (pl_reroute_fits(&r, host, port)) {
      pl_route_target(&(pl_route){.reroutes = &r, .n_reroutes = 1}, host, port, &to_host, &to_port);
      break;
    }
    lua_pop(L, 1);
  }
  lua_pushlstring(L, to_host.data, to_host.len);
  lua_pushinteger(L, to_port);
  return 2;
}

static int route_addresses(lua_State *L)
{
  pl_local local;
  pl_error err = {0};
  if (pl_local_parse(pl_check_text(L, 1), &local, &err))
    return pl_push_failure(L, &err);
  lua_pushinteger(L, local.n);
  return 1;
}

static int route_url(lua_State *L)
{
  pl_url url;
  pl_error err = {0};
  if (pl_url_parse(pl_check_text(L, 1), &url, &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

int pl_open_route(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"reroute", route_reroute}, {"target", route_target}, {"addresses", route_addresses}, {"url", route_url}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

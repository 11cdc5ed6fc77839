/* perilune.core.lines: open(host, port, datagrams) -> peer | nil, err, which looks the host up and waits for that. peer:send(text, from) -> the
 * place where to go on: from where there is no room yet, #text + 1 at the end | nil, err · :close(). */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "net/line_peer.h"

static const char peer_name[] = "perilune.line_peer";

static int lines_open(lua_State *L)
{
  const char *host = luaL_checkstring(L, 1), *port = luaL_checkstring(L, 2);
  pl_error err = {0};
  pl_line_peer *p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = (pl_line_peer){.fd = -1};
  luaL_setmetatable(L, peer_name);
  return pl_line_peer_init(p, host, port, lua_toboolean(L, 3), &err) ? pl_push_failure(L, &err) : 1;
}

static int peer_send(lua_State *L)
{
  pl_line_peer *p = luaL_checkudata(L, 1, peer_name);
  pl_str text;
  text.data = luaL_checklstring(L, 2, &text.len);
  lua_Integer from = luaL_checkinteger(L, 3);
  luaL_argcheck(L, from >= 1 && (size_t)from <= text.len + 1, 3, "within the text");
  size_t sent;
  pl_error err = {0};
  size_t skip = (size_t)from - 1;
  if (pl_line_peer_send(p, (pl_str){text.data + skip, text.len - skip}, &sent, &err))
    return pl_push_failure(L, &err);
  lua_pushinteger(L, from + (lua_Integer)sent);
  return 1;
}

static int peer_close(lua_State *L)
{
  pl_line_peer_close(luaL_checkudata(L, 1, peer_name));
  return 0;
}

int pl_open_lines(lua_State *L)
{
  static const luaL_Reg methods[] = {{"send", peer_send}, {"close", peer_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", lines_open}, {NULL, NULL}};
  pl_push_class(L, peer_name, methods, peer_close);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

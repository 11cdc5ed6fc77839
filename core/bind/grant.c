/* See grant.h: the hosts and their texts lie in one block. */
#include "bind/grant.h"

#include <arpa/inet.h>
#include <lauxlib.h>
#include <netinet/in.h>
#include <string.h>

enum { HOSTS_MAX = 1024 };

struct pl_granted_host {
  pl_str host;   /* or the end of names, ".example.com" */
  uint16_t port; /* 0: any */
  bool below;    /* names that end so */
};

static bool is_here(const struct sockaddr *address)
{
  if (!address)
    return false;
  if (address->sa_family == AF_UNIX)
    return true;
  if (address->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return (ntohl(in.sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family != AF_INET6)
    return false;
  struct sockaddr_in6 in6;
  memcpy(&in6, address, sizeof in6);
  if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
    return in6.sin6_addr.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

static bool is_named(const pl_granted_host *g, pl_str host, uint16_t port)
{
  if (g->port && g->port != port)
    return false;
  if (!g->below)
    return pl_str_ieq(g->host, host);
  return host.len > g->host.len && pl_str_ieq(g->host, (pl_str){host.data + host.len - g->host.len, g->host.len});
}

bool pl_grants_allow(const pl_grants *g, pl_str host, uint16_t port, const struct sockaddr *address)
{
  for (size_t i = 0; i < g->n; i++) {
    if (is_named(&g->hosts[i], host, port))
      return true;
  }
  return is_here(address);
}

/* Pushes the text of entry number i of the array at index. */
static pl_str push_host(lua_State *L, int index, size_t i)
{
  pl_str text;
  lua_rawgeti(L, index, (lua_Integer)i + 1);
  luaL_checktype(L, -1, LUA_TTABLE);
  lua_getfield(L, -1, "host");
  text.data = luaL_checklstring(L, -1, &text.len);
  lua_remove(L, -2);
  return text;
}

static void read_host(lua_State *L, int index, size_t i, pl_granted_host *g, char **texts)
{
  pl_str text = push_host(L, index, i);
  memcpy(*texts, text.data, text.len);
  g->host = (pl_str){*texts, text.len};
  *texts += text.len;
  lua_rawgeti(L, index, (lua_Integer)i + 1);
  lua_getfield(L, -1, "port");
  g->port = (uint16_t)luaL_optinteger(L, -1, 0);
  lua_getfield(L, -2, "suffix");
  g->below = lua_toboolean(L, -1);
  lua_pop(L, 4);
}

void pl_grants_read(lua_State *L, int index, const pl_allocator *a, pl_grants *out)
{
  if (lua_isnoneornil(L, index))
    return;
  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  size_t n = (size_t)lua_rawlen(L, index), bytes = n * sizeof *out->hosts;
  if (n > HOSTS_MAX)
    luaL_error(L, "%d hosts are granted, at most %d are taken", (int)n, HOSTS_MAX);
  for (size_t i = 0; i < n; i++) {
    bytes += push_host(L, index, i).len;
    lua_pop(L, 1);
  }
  if (!n)
    return;
  pl_granted_host *hosts = pl_alloc_zero(a, 1, bytes);
  if (!hosts)
    luaL_error(L, "out of memory for grants");
  *out = (pl_grants){a, hosts, 0, bytes};
  char *texts = (char *)(hosts + n);
  for (; out->n < n; out->n++)
    read_host(L, index, out->n, &hosts[out->n], &texts);
}

void pl_grants_free(pl_grants *g)
{
  if (g->hosts)
    pl_free(g->alloc, g->hosts, g->bytes);
  *g = (pl_grants){0};
}

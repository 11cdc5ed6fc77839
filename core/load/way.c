/* Routes in a client: each once, with the resolver that it asks, if not the system. */
#include "base/error.h"
#include "load/conn.h"

uint32_t pl_way_id(pl_client *c, const pl_route *route)
{
  uint32_t id = 0;
  while (route && id <= c->n_ways && c->ways[id].route != route)
    id++;
  if (id > PL_SETTINGS_MAX)
    return PL_NO_SETTINGS;
  if (id > c->n_ways)
    c->ways[c->n_ways = id].route = route;
  return id;
}

/* The system tells nobody how long an answer holds, and asks whom it likes. */
static bool asks_itself(const pl_dns *dns)
{
  return dns->keep == PL_DNS_TTL || dns->servers.len;
}

int pl_client_resolver(pl_client *c, const pl_route *route, pl_error *err)
{
  uint32_t id = pl_way_id(c, route);
  if (id == PL_NO_SETTINGS)
    return pl_fail(err, PL_ELIMIT, "more than %d scenarios have routes of their own", PL_SETTINGS_MAX);
  pl_way *w = &c->ways[id];
  if (w->resolver || !asks_itself(&w->route->dns))
    return PL_OK;
  int code = pl_resolver_new(c->o.alloc, c->o.loop, c->o.module_dir, w->route->dns.servers, &w->resolver, err);
  c->handles += code == PL_OK;
  return code;
}

uint64_t pl_way_keep(const pl_client *c, uint32_t way, const pl_lookup *l)
{
  const pl_dns *dns = &c->ways[way].route->dns;
  uint64_t now = pl_now(c->o.clock), keep = dns->keep == PL_DNS_TTL ? l->ttl_s * PL_S_NS : dns->keep_ns;
  return dns->keep == PL_DNS_PINNED || keep > UINT64_MAX - now ? UINT64_MAX : now + keep;
}

void pl_way_take(pl_client *c, uint32_t way, const pl_lookup *l, pl_addresses *out)
{
  pl_way *w = &c->ways[way];
  unsigned first = w->route->dns.in_turn ? c->o.turn + w->turn++ : 0;
  out->n = l->addresses.n;
  for (unsigned i = 0; i < out->n; i++)
    out->list[i] = l->addresses.list[(first + i) % out->n];
}

int pl_way_look_up(pl_client *c, uint32_t way, pl_lookup *l, pl_str host, uint16_t port, void (*done)(pl_lookup *l, int code))
{
  pl_error err = {0};
  int code = pl_client_resolver(c, c->ways[way].route, &err);
  return code ? code : pl_lookup_start(l, c->o.loop, c->ways[way].resolver, host, port, done);
}

static void on_closed(void *client)
{
  pl_client_handle_closed(client);
}

void pl_ways_close(pl_client *c)
{
  for (uint32_t id = 0; id <= c->n_ways; id++) {
    if (c->ways[id].resolver)
      pl_resolver_close(c->ways[id].resolver, on_closed, c);
    c->ways[id].resolver = NULL;
  }
}

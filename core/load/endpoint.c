/* Endpoints: each scheme, host and port once (by each route), with its addresses. Looked up at first use, and again when they are kept
 * no longer; a failed look-up is tried again by the next request. */
#include <stdio.h>
#include <string.h>

#include "load/conn.h"

#define REST_NS PL_S_NS /* of an address that failed, while others can be used */

/* What makes an endpoint the same, into out; its length, 0 when it does not fit. */
static size_t key_of(const pl_url *url, uint32_t route, char *out, size_t size)
{
  int n = snprintf(out, size, "%.*s|%u|%u|", (int)url->scheme.len, url->scheme.data, url->port, route);
  if (n < 0 || (size_t)n + url->host.len >= size)
    return 0;
  char *at = out + n;
  bool path = pl_str_eqc(url->scheme, "unix");
  for (size_t i = 0; i < url->host.len; i++) {
    char c = url->host.data[i];
    *at++ = !path && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
  }
  return (size_t)(at - out);
}

static pl_endpoint *add_endpoint(pl_client *c, const pl_url *url, uint32_t way, pl_str key)
{
  const pl_route *route = c->ways[way].route;
  uint32_t settings = pl_secure_id(c, route->tls);
  if (settings == PL_NO_SETTINGS || pl_intern_count(c->endpoint_names) >= PL_ENDPOINTS_MAX)
    return NULL;
  if (c->n_endpoints == c->endpoints_cap) {
    uint32_t cap = c->endpoints_cap ? 2 * c->endpoints_cap : 8;
    pl_endpoint **list = pl_realloc(c->o.alloc, c->endpoints, c->endpoints_cap * sizeof *list, cap * sizeof *list);
    if (!list)
      return NULL;
    c->endpoints = list;
    c->endpoints_cap = cap;
  }
  pl_endpoint *e = pl_alloc_zero(c->o.alloc, 1, sizeof *e);
  int64_t id = e ? pl_intern_id(c->endpoint_names, key) : -1;
  if (id < 0) {
    pl_free(c->o.alloc, e, sizeof *e);
    return NULL;
  }
  pl_str kept = pl_intern_key(c->endpoint_names, (uint32_t)id);
  e->client = c;
  e->route = route;
  e->way = way;
  e->first = c->o.turn;
  e->expires_ns = UINT64_MAX;
  e->settings = settings;
  e->dialect = route->streams ? &pl_http2_dialect : &pl_http1_dialect;
  e->capacity = route->streams ? pl_streams_capacity(route) : 1;
  e->url = *url;
  e->url.scheme = (pl_str){kept.data, url->scheme.len};
  e->url.host = (pl_str){kept.data + kept.len - url->host.len, url->host.len};
  e->url.user = e->url.target = (pl_str){"", 0};
  pl_route_target(route, e->url.host, e->url.port, &e->to_host, &e->to_port);
  pl_route_peer(route, e->to_host, e->to_port, &e->peer_host, &e->peer_port);
  e->tunnels = route->proxy && !pl_route_asks_proxy(route, url) && !pl_str_eqc(url->scheme, "unix");
  c->endpoints[c->n_endpoints++] = e;
  return e;
}

pl_endpoint *pl_client_endpoint(pl_client *c, const pl_url *url, const pl_route *route)
{
  char text[300];
  uint32_t id = pl_way_id(c, route);
  if (id == PL_NO_SETTINGS)
    return NULL;
  pl_str key = {text, key_of(url, id, text, sizeof text)};
  if (!key.len)
    return NULL;
  int64_t at = pl_intern_find(c->endpoint_names, key);
  return at >= 0 ? c->endpoints[at] : add_endpoint(c, url, id, key);
}

void pl_endpoints_free(pl_client *c)
{
  for (uint32_t i = 0; i < c->n_endpoints; i++) {
    pl_endpoint *e = c->endpoints[i];
    if (e->session)
      c->transport->session_free(e->session);
    pl_free(c->o.alloc, e, sizeof *e);
  }
  pl_free(c->o.alloc, c->endpoints, c->endpoints_cap * sizeof *c->endpoints);
  pl_intern_free(c->endpoint_names);
}

/* ---- Addresses -------------------------------------------------------------------------------- */

static bool unix_address(pl_endpoint *e)
{
  pl_address *a = &e->addresses.list[0];
  if (!pl_str_eqc(e->url.scheme, "unix"))
    return false;
  memset(a, 0, sizeof *a);
  a->un.sun_family = AF_UNIX;
  (void)pl_copy(a->un.sun_path, sizeof a->un.sun_path, e->url.host);
  e->addresses.n = 1;
  return true;
}

/* Of new addresses; false when none is left. */
static bool keep_granted(pl_endpoint *e)
{
  return pl_client_keep_granted(e->client, e->peer_host, e->peer_port, &e->addresses);
}

/* Not byte by byte: what pads them is whatever a resolver left there. */
static bool is_same_address(const pl_address *a, const pl_address *b)
{
  if (a->any.sa_family != b->any.sa_family || pl_address_port(a) != pl_address_port(b))
    return false;
  if (a->any.sa_family == AF_INET)
    return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
  return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0 && a->v6.sin6_scope_id == b->v6.sin6_scope_id;
}

/* Where an IPv4 or IPv6 address is in a list; its length: nowhere. */
static unsigned place_of(const pl_addresses *list, const pl_address *a)
{
  unsigned at = 0;
  while (at < list->n && !is_same_address(&list->list[at], a))
    at++;
  return at;
}

static bool is_same(const pl_addresses *a, const pl_addresses *b)
{
  unsigned i = 0;
  while (i < a->n && i < b->n && place_of(a, &b->list[i]) == i)
    i++;
  return i == a->n && i == b->n;
}

/* A set of addresses of one list, as far as they are in the other, too. */
static uint32_t moved(uint32_t set, const pl_addresses *from, const pl_addresses *to)
{
  uint32_t out = 0;
  for (unsigned i = 0; i < from->n; i++) {
    unsigned at = place_of(to, &from->list[i]);
    if (set >> i & 1 && at < to->n)
      out |= UINT32_C(1) << at;
  }
  return out;
}

/* Connections that are not connected yet know their address, and what they were opened for those it has tried, by its number. */
static void move_connecting(const pl_endpoint *e, const pl_addresses *old)
{
  for (pl_conn *c = e->client->conns; c; c = c->all_next) {
    if (c->endpoint != e || c->state >= PL_CONN_BUSY)
      continue;
    c->address = c->address < old->n ? place_of(&e->addresses, &old->list[c->address]) : PL_ADDRESSES_MAX;
    for (pl_exchange *x = c->exchanges; x; x = x->next)
      x->tried = moved(x->tried, old, &e->addresses);
  }
}

/* Takes what a look-up has found; those that rest, and whose turn it is, stay so. False: none of them is granted. */
static bool renew(pl_endpoint *e, const pl_addresses *found)
{
  pl_addresses old = e->addresses;
  e->addresses = *found;
  bool granted = keep_granted(e);
  if (!e->route->dns.in_turn)
    e->first = 0;
  if (!old.n || is_same(&old, &e->addresses))
    return granted;
  unsigned next = place_of(&e->addresses, &old.list[e->first % old.n]);
  if (e->route->dns.in_turn && next < e->addresses.n)
    e->first = next;
  e->resting = moved(e->resting, &old, &e->addresses);
  move_connecting(e, &old);
  return granted;
}

/* Those that wait are taken off first, and the state is the final one: an owner that is told of a failure may send again. */
static void on_lookup(pl_lookup *l, int code)
{
  pl_endpoint *e = l->user;
  pl_client *c = e->client;
  pl_exchange *waiting = e->unresolved;
  uint64_t now = pl_now(c->o.clock);
  char why[sizeof l->why]; /* an owner that sends again begins the next look-up */
  memcpy(why, l->why, sizeof why);
  e->unresolved = NULL;
  if (waiting)
    waiting->link = &waiting;
  if (!code)
    e->expires_ns = pl_way_keep(c, e->way, l);
  e->state = code ? PL_ENDPOINT_NEW : renew(e, &l->addresses) ? PL_ENDPOINT_READY : PL_ENDPOINT_FAILED;
  while (waiting) {
    pl_exchange *x = waiting;
    pl_exchange_unlink(x);
    x->times.resolved = now;
    x->looked_up = true;
    if (code)
      pl_exchange_fail(x, PL_FAIL_DNS, "%s", why);
    else
      pl_exchange_dispatch(x);
  }
  pl_client_handle_closed(c);
}

void pl_endpoint_resolve(pl_endpoint *e)
{
  bool local = unix_address(e);
  if (!local && e->route->proxy && !pl_client_may(e->client, e->to_host, e->to_port)) {
    e->state = PL_ENDPOINT_FAILED;
    return;
  }
  if (local || pl_address_literal(e->peer_host, e->peer_port, &e->addresses)) {
    e->state = keep_granted(e) ? PL_ENDPOINT_READY : PL_ENDPOINT_FAILED;
    e->expires_ns = UINT64_MAX;
    return;
  }
  e->lookup.user = e;
  if (pl_way_look_up(e->client, e->way, &e->lookup, e->peer_host, e->peer_port, on_lookup))
    return;
  e->client->handles++;
  e->state = PL_ENDPOINT_RESOLVING;
}

bool pl_endpoint_is_fresh(const pl_endpoint *e)
{
  return e->expires_ns == UINT64_MAX || pl_now(e->client->o.clock) < e->expires_ns;
}

static int next_of(const pl_endpoint *e, uint32_t left_out)
{
  for (unsigned i = 0; i < e->addresses.n; i++) {
    unsigned at = (e->first + i) % e->addresses.n;
    if (!(left_out >> at & 1))
      return (int)at;
  }
  return -1;
}

int pl_endpoint_next(pl_endpoint *e, uint32_t tried)
{
  if (e->resting && pl_now(e->client->o.clock) >= e->rest_until_ns)
    e->resting = 0;
  int at = next_of(e, tried | e->resting);
  if (at < 0)
    at = next_of(e, tried);
  if (at >= 0 && e->route->dns.in_turn)
    e->first = (unsigned)at + 1;
  return at;
}

const char *pl_endpoint_whose(const pl_endpoint *e)
{
  return e->route->proxy && !pl_str_eqc(e->url.scheme, "unix") ? "proxy: " : "";
}

void pl_endpoint_demote(pl_endpoint *e, unsigned address)
{
  if (address >= e->addresses.n) /* they are others by now */
    return;
  if (!e->resting)
    e->rest_until_ns = pl_now(e->client->o.clock) + REST_NS;
  e->resting |= UINT32_C(1) << address;
  if (e->first % e->addresses.n == address)
    e->first = (address + 1) % e->addresses.n;
}

/* From a URL to a socket: whom the route says to ask, look-up, grants, one address after the other. */
#include <stdio.h>
#include <string.h>

#include "load/channel_inside.h"

void pl_channel_find_peer(pl_channel *s)
{
  pl_route_target(s->route, s->url.host, s->url.port, &s->to_host, &s->to_port);
  s->peer_host = s->to_host;
  s->peer_port = s->to_port;
  if (pl_byte_line_is_proxied(s->protocol, s->route))
    pl_route_peer(s->route, s->to_host, s->to_port, &s->peer_host, &s->peer_port);
}

void pl_channel_dial_next(pl_channel *s)
{
  enum pl_line_progress progress = PL_LINE_FAILED;
  pl_line_state *st = &s->st;
  for (; s->address < s->addresses.n && progress == PL_LINE_FAILED; s->address += progress == PL_LINE_FAILED) {
    *st = (pl_line_state){.clock = s->client->o.clock, .times = s->operation->times, .fd = -1};
    s->client->stats.asked++;
    progress = s->kind->dial(s->line, &s->addresses.list[s->address].any, st);
    s->client->stats.connect_errors += progress == PL_LINE_FAILED;
  }
  s->encoded = false;
  if (progress == PL_LINE_FAILED) {
    s->operation->answer->lacked = st->lacked;
    pl_channel_fail(s, st->failure, st->why);
    return;
  }
  pl_client_opened(s->client);
  s->operation->answer->new_connection = true;
  s->state = CHANNEL_CONNECTING;
  pl_channel_follow(s, progress);
}

static bool keep_granted(pl_channel *s)
{
  return pl_client_keep_granted(s->client, s->peer_host, s->peer_port, &s->addresses);
}

static void on_lookup(pl_lookup *l, int code)
{
  pl_channel *s = l->user;
  s->looking = false;
  bool wanted = s->state == CHANNEL_RESOLVING && s->operation;
  if (wanted) {
    pl_way_take(s->client, s->way, l, &s->addresses);
    s->expires_ns = pl_way_keep(s->client, s->way, l);
    s->operation->times->resolved = pl_channel_now(s);
    if (code)
      pl_channel_fail(s, PL_FAIL_DNS, l->why);
    else if (!keep_granted(s))
      pl_channel_fail(s, PL_FAIL_CONNECT, "load to this host is not granted");
    else
      pl_channel_dial_next(s);
  }
  pl_channel_let_go(s);
}

/* The Unix socket that the URL names, if it does. */
static bool local_address(pl_channel *s)
{
  pl_str path = s->protocol->socket_path ? s->protocol->socket_path(s->conversation) : (pl_str){0};
  pl_address *a = &s->addresses.list[0];
  if (!path.len)
    return false;
  memset(a, 0, sizeof *a);
  a->un.sun_family = AF_UNIX;
  s->addresses.n = pl_copy(a->un.sun_path, sizeof a->un.sun_path, path);
  return true;
}

void pl_channel_dial(pl_channel *s)
{
  s->address = 0;
  if (s->expires_ns && pl_channel_now(s) >= s->expires_ns)
    s->addresses.n = 0;
  if (!s->addresses.n && s->peer_host.data != s->to_host.data && !pl_client_may(s->client, s->to_host, s->to_port)) {
    pl_channel_fail(s, PL_FAIL_CONNECT, "load to this host is not granted");
    return;
  }
  bool known = s->addresses.n == 0 && (local_address(s) || pl_address_literal(s->peer_host, s->peer_port, &s->addresses));
  if (known && !keep_granted(s)) {
    pl_channel_fail(s, PL_FAIL_CONNECT, "load to this host is not granted");
    return;
  }
  if (s->addresses.n) {
    pl_channel_dial_next(s);
    return;
  }
  s->state = CHANNEL_RESOLVING;
  if (s->looking)
    return;
  s->lookup.user = s;
  if (pl_way_look_up(s->client, s->way, &s->lookup, s->peer_host, s->peer_port, on_lookup)) {
    pl_channel_fail(s, PL_FAIL_DNS, "the name cannot be looked up");
    return;
  }
  s->looking = true;
  pl_channel_hold(s);
}


/* Life of a connection: its socket is opened, connected and secured, waits for work, and is closed. Readiness is level-triggered
 * and registered once. What is said over it, once it stands, is its dialect's (http1_conn.c). */
#include "load/conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/tunnel.h"

static void on_ready(uv_poll_t *poll, int status, int events);

void pl_conn_watch(pl_conn *c, int interest)
{
  if (c->interest == interest)
    return;
  c->interest = interest;
  (void)uv_poll_start(&c->poll, interest, on_ready);
}

/* ---- Exchanges and closing ---------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
  pl_conn *c = handle->data;
  pl_client *client = c->client;
  c->dialect->fini(c);
  pl_tunnel_free(c->tunnel);
  pl_free(client->o.alloc, c, sizeof *c);
  pl_client_handle_closed(client);
}

static void withdraw(pl_conn *c)
{
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  else
    c->pool->end = c->link;
  c->link = NULL;
}

static void offer_first(pl_conn *c)
{
  pl_pool *p = c->pool;
  c->next = p->first;
  c->link = &p->first;
  if (c->next)
    c->next->link = &c->next;
  else
    p->end = &c->next;
  p->first = c;
}

static void offer_last(pl_conn *c)
{
  pl_pool *p = c->pool;
  c->next = NULL;
  c->link = p->first ? p->end : &p->first;
  *c->link = c;
  p->end = &c->next;
}

void pl_conn_offer(pl_conn *c, int room)
{
  c->room = room;
  if (c->link && room <= 0)
    withdraw(c);
  else if (!c->link && room > 0)
    offer_first(c);
  bool idle = room > 0 && !c->exchanges;
  if (c->state < PL_CONN_BUSY || idle == (c->state == PL_CONN_IDLE))
    return;
  c->state = idle ? PL_CONN_IDLE : PL_CONN_BUSY;
  c->client->n_idle += idle ? 1 : -1u;
}

/* x is one of c's exchanges from now on. */
static void attach(pl_conn *c, pl_exchange *x)
{
  pl_exchange_link(c->exchanges ? &c->exchanges->next : &c->exchanges, x);
  x->conn = c;
}

/* Connections that take several exchanges take them in turn. */
void pl_conn_start(pl_conn *c, pl_exchange *x)
{
  withdraw(c);
  if (--c->room > 0)
    offer_last(c);
  if (c->state == PL_CONN_IDLE) {
    c->state = PL_CONN_BUSY;
    c->client->n_idle--;
  }
  attach(c, x);
  if (c->state == PL_CONN_BUSY)
    c->dialect->send(c, x);
}

void pl_conn_answered(pl_conn *c)
{
  c->client->stats.reused += c->reused;
  c->reused = true;
}

static void link_conn(pl_client *client, pl_conn *c)
{
  c->all_next = client->conns;
  c->all_link = &client->conns;
  if (c->all_next)
    c->all_next->all_link = &c->all_next;
  client->conns = c;
}

static void unlink_conn(pl_conn *c)
{
  *c->all_link = c->all_next;
  if (c->all_next)
    c->all_next->all_link = c->all_link;
}

void pl_conn_close(pl_conn *c)
{
  if (c->state == PL_CONN_CLOSING)
    return;
  if (c->link)
    withdraw(c);
  if (c->state == PL_CONN_IDLE)
    c->client->n_idle--;
  unlink_conn(c);
  c->state = PL_CONN_CLOSING;
  for (pl_exchange *x; (x = c->exchanges) != NULL; x->conn = NULL)
    pl_exchange_unlink(x);
  c->dialect->stop(c);
  c->client->stats.open--;
  uv_close((uv_handle_t *)&c->poll, on_closed);
  pl_socket_close(&c->socket);
}

void pl_conn_leave(pl_exchange *x)
{
  pl_conn *c = x->conn;
  c->dialect->leave(c, x);
  pl_client_freed(c->client);
}

void pl_conn_give_up(pl_conn *c, pl_exchange **list)
{
  *list = c->exchanges;
  if (*list)
    (*list)->link = list;
  for (pl_exchange *x = *list; x; x = x->next)
    x->conn = NULL;
  c->exchanges = NULL;
  pl_conn_close(c);
}

void pl_conn_fail(pl_conn *c, enum pl_failure failure, const char *why)
{
  pl_client *client = c->client;
  pl_exchange *list;
  pl_conn_give_up(c, &list);
  pl_client_freed(client);
  while (list)
    pl_exchange_fail(list, failure, "%s", why);
}

void pl_conn_fail_secure(pl_conn *c)
{
  char text[128]; /* the transport's words go with the connection */
  (void)snprintf(text, sizeof text, "%s", c->socket.transport->why(c->socket.connection));
  pl_conn_fail(c, PL_FAIL_TLS, text);
}

void pl_conn_break(pl_conn *c, enum pl_failure failure, const char *why)
{
  bool reused = c->reused;
  pl_exchange *list;
  pl_conn_give_up(c, &list);
  while (list)
    pl_exchange_broken(list, reused, failure, why);
}

/* ---- Opening ----------------------------------------------------------------------------------- */

/* A socket to the first address not tried yet to which a connection can be begun; -1: *why tells of the last one. */
static int open_any(pl_endpoint *e, pl_exchange *x, unsigned *address, const char **why)
{
  for (int at; (at = pl_endpoint_next(e, x->tried)) >= 0;) {
    x->tried |= UINT32_C(1) << at;
    *address = (unsigned)at;
    e->client->stats.asked++;
    int fd = pl_route_connect(e->route, &e->client->local_turn, SOCK_STREAM, &e->addresses.list[at]);
    int error = errno;
    x->answer.lacked = fd < 0 && pl_client_lacks(e->client, error);
    if (fd >= 0)
      return fd;
    e->client->stats.connect_errors++;
    if (!x->answer.lacked)
      pl_endpoint_demote(e, *address);
    *why = strerrordesc_np(error);
  }
  return -1;
}

int pl_conn_open(pl_endpoint *e, pl_exchange *x, const char **why)
{
  pl_client *client = e->client;
  unsigned address = 0;
  int fd = open_any(e, x, &address, why);
  if (fd < 0)
    return PL_ECONNECT;
  pl_conn *c = pl_alloc_zero(client->o.alloc, 1, sizeof *c);
  if (!c || uv_poll_init(client->o.loop, &c->poll, fd)) {
    pl_free(client->o.alloc, c, sizeof *c);
    close(fd);
    *why = "out of memory for a connection";
    return PL_ENOMEM;
  }
  c->poll.data = c;
  c->client = client;
  c->endpoint = e;
  c->pool = x->own ? x->own : &e->offers;
  c->dialect = e->dialect;
  c->socket.fd = fd;
  c->address = address;
  link_conn(client, c);
  client->handles++;
  pl_client_opened(client);
  attach(c, x);
  pl_conn_offer(c, e->capacity - 1);
  x->answer.new_connection = true;
  pl_conn_watch(c, UV_READABLE | UV_WRITABLE);
  return PL_OK;
}

/* ---- Connecting -------------------------------------------------------------------------------- */

/* Looks for a connection anew. */
static void send_off(pl_exchange *x)
{
  pl_exchange_unlink(x);
  pl_exchange_attempt(x);
  pl_exchange_dispatch(x);
}

/* All that waited for it go over to another connection, which may have less room: the server has fallen back meanwhile. */
static void move_to(pl_conn *c, pl_exchange **list)
{
  while (*list && c->room > 0) {
    pl_exchange *x = *list;
    pl_exchange_unlink(x);
    pl_conn_start(c, x);
  }
  while (*list)
    send_off(*list);
}

/* The next address that the exchange has not tried takes the place. */
static void connect_failed(pl_conn *c, int error)
{
  pl_client *client = c->client;
  pl_endpoint *e = c->endpoint;
  const char *why = strerrordesc_np(error);
  pl_exchange *list, *x;
  client->stats.connect_errors++;
  pl_endpoint_demote(e, c->address);
  pl_conn_give_up(c, &list);
  x = list;
  pl_exchange_unlink(x);
  if (pl_conn_open(e, x, &why) == PL_OK) {
    move_to(x->conn, &list);
    return;
  }
  pl_client_freed(client);
  const char *whose = pl_endpoint_whose(e);
  bool lacked = x->answer.lacked;
  pl_exchange_fail(x, PL_FAIL_CONNECT, "%s%s", whose, why);
  while (list) {
    list->answer.lacked = lacked;
    pl_exchange_fail(list, PL_FAIL_CONNECT, "%s%s", whose, why);
  }
}

/* What the connection was opened for goes out. */
static void stand(pl_conn *c)
{
  c->state = PL_CONN_BUSY;
  c->dialect->begin(c);
}

/* The server speaks HTTP/1 only: the first exchange stays, the others look for connections of their own. */
static void fall_back(pl_conn *c)
{
  pl_endpoint *e = c->endpoint;
  e->dialect = c->dialect = &pl_http1_dialect;
  e->capacity = 1;
  pl_conn_offer(c, 0);
  while (c->exchanges->next)
    send_off(c->exchanges->next);
}

static void secured(pl_conn *c)
{
  pl_transport_facts f;
  char why[64];
  pl_secure_note(c->client, &c->socket, &f);
  c->exchanges->times.secured = pl_conn_now(c);
  const char *chosen = f.protocol[0] ? f.protocol : pl_http1_dialect.name;
  bool other = strcmp(chosen, c->dialect->name) != 0;
  if (other && strcmp(chosen, pl_http1_dialect.name) != 0) {
    (void)snprintf(why, sizeof why, "TLS: the server chose %s", f.protocol);
    pl_conn_fail(c, PL_FAIL_TLS, why);
    return;
  }
  if (other) {
    c->client->stats.http2.fallbacks++;
    fall_back(c);
  }
  stand(c);
}

/* Goes on with the handshake. */
static void secure(pl_conn *c)
{
  int code = c->socket.transport->handshake(c->socket.connection);
  if (code == PL_TRANSPORT_DONE) {
    secured(c);
  } else if (code == PL_TRANSPORT_READ || code == PL_TRANSPORT_WRITE) {
    pl_conn_watch(c, code == PL_TRANSPORT_READ ? UV_READABLE : UV_READABLE | UV_WRITABLE);
  } else {
    pl_conn_fail_secure(c);
  }
}

static void begin_secure(pl_conn *c)
{
  pl_endpoint *e = c->endpoint;
  pl_error err = {0};
  pl_secure_peer peer = {e->url.host, pl_str_of(c->dialect->alpn), &e->session};
  if (pl_secure_open(c->client, e->settings, &c->socket, &peer, &err)) {
    pl_conn_fail(c, PL_FAIL_TLS, err.message);
    return;
  }
  c->state = PL_CONN_SECURING;
  secure(c);
}

/* What is sent from now on reaches the target. */
static void reached(pl_conn *c)
{
  c->exchanges->times.connected = pl_conn_now(c);
  if (pl_str_eqc(c->endpoint->url.scheme, "https"))
    begin_secure(c);
  else
    stand(c);
}

/* Goes on with the tunnel. */
static void dig(pl_conn *c)
{
  char why[96];
  switch (pl_tunnel_step(c->tunnel, c->socket.fd, why)) {
  case PL_TUNNEL_READS:
    pl_conn_watch(c, UV_READABLE);
    return;
  case PL_TUNNEL_WRITES:
    pl_conn_watch(c, UV_READABLE | UV_WRITABLE);
    return;
  case PL_TUNNEL_FAILED:
    pl_conn_fail(c, PL_FAIL_CONNECT, why);
    return;
  case PL_TUNNEL_STANDS:
    pl_tunnel_free(c->tunnel);
    c->tunnel = NULL;
    reached(c);
    return;
  }
}

static void begin_tunnel(pl_conn *c)
{
  const pl_endpoint *e = c->endpoint;
  c->tunnel = pl_tunnel_new(c->client->o.alloc, e->route->proxy, e->to_host, e->to_port);
  c->state = PL_CONN_TUNNELLING;
  if (c->tunnel)
    dig(c);
  else
    pl_conn_fail(c, PL_FAIL_CONNECT, "out of memory for a connection");
}

static void on_connected(pl_conn *c)
{
  int error = 0;
  socklen_t size = sizeof error;
  (void)getsockopt(c->socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) {
    connect_failed(c, error);
    return;
  }
  c->client->stats.made++;
  if (c->endpoint->tunnels)
    begin_tunnel(c);
  else
    reached(c);
}

/* ---- Readiness --------------------------------------------------------------------------------- */

/* libuv no longer watches a socket that has an error: what came before the error, and the error, are read now. */
static void receive_to_the_end(pl_conn *c)
{
  while (c->state != PL_CONN_CLOSING && c->dialect->receive(c))
    ;
}

/* What the transport has read already makes the socket readable no more. */
static void receive_all(pl_conn *c)
{
  while (c->dialect->receive(c) && c->state != PL_CONN_CLOSING && pl_socket_pending(&c->socket))
    ;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  pl_conn *c = poll->data;
  if (c->state == PL_CONN_CONNECTING) {
    if (status < 0 || events & UV_WRITABLE)
      on_connected(c);
    return;
  }
  if (c->state == PL_CONN_TUNNELLING) {
    dig(c);
    return;
  }
  if (c->state == PL_CONN_SECURING) {
    secure(c);
    return;
  }
  if (events & UV_WRITABLE && c->interest & UV_WRITABLE) {
    c->dialect->writable(c);
    if (c->state == PL_CONN_CLOSING)
      return;
  }
  if (status < 0)
    receive_to_the_end(c);
  else if (events & UV_READABLE)
    receive_all(c);
}

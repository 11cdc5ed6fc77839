/* Exchanges: who waits for an address, who for a connection, timeouts, retries, the end. No owner is told of anything from inside
 * dispatch: what fails there is told from the loop's next turn, so a send never calls back and never recurses. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/challenge.h"
#include "load/conn.h"
#include "load/cookie.h"

enum { REFUSALS_MAX = 8 };

/* Where an exchange is (pl_exchange.state). */
enum exchange_state {
  EXCHANGE_IDLE,
  EXCHANGE_RESOLVING, /* in its endpoint's list */
  EXCHANGE_WAITING,   /* in the client's list, for a connection */
  EXCHANGE_ACTIVE,    /* has a connection */
  EXCHANGE_FAILED,    /* in the client's list: told from the loop's next turn */
};

/* ---- Client ----------------------------------------------------------------------------------- */

int pl_client_new(const pl_client_options *o, pl_client **out, pl_error *err)
{
  pl_client *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  char *buffer = pl_alloc(o->alloc, PL_READ_SIZE);
  pl_intern *names = pl_intern_new(o->alloc, PL_ENDPOINTS_MAX);
  if (!c || !buffer || !names) {
    pl_free(o->alloc, c, sizeof *c);
    pl_free(o->alloc, buffer, PL_READ_SIZE);
    pl_intern_free(names);
    return pl_fail(err, PL_ENOMEM, "out of memory for an HTTP client");
  }
  c->o = *o;
  c->o.header_max = o->header_max ? o->header_max : 64 << 10;
  c->o.body_max = o->body_max ? o->body_max : 16 << 20;
  c->endpoint_names = names;
  c->read_buffer = buffer;
  c->waiting_end = &c->waiting;
  c->ways[0].route = &pl_route_default;
  c->local_turn = o->turn;
  *out = c;
  return PL_OK;
}

void pl_client_handle_closed(pl_client *c)
{
  if (--c->handles > 0 || !c->closing)
    return;
  void (*done)(void *) = c->closed;
  void *user = c->closed_user;
  const pl_allocator *a = c->o.alloc;
  pl_endpoints_free(c);
  pl_secure_free(c);
  pl_streams_free(c);
  pl_free(a, c->read_buffer, PL_READ_SIZE);
  pl_free(a, c, sizeof *c);
  if (done)
    done(user);
}

static void finish(pl_exchange *x);

void pl_client_close(pl_client *c, void (*done)(void *user), void *user)
{
  c->closing = true;
  c->closed = done;
  c->closed_user = user;
  c->handles++; /* this call's own */
  while (c->conns)
    pl_conn_fail(c->conns, PL_FAIL_ABORTED, "the client is closing");
  while (c->waiting)
    pl_exchange_fail(c->waiting, PL_FAIL_ABORTED, "the client is closing");
  for (uint32_t i = 0; i < c->n_endpoints; i++) {
    pl_endpoint *e = c->endpoints[i];
    while (e->unresolved)
      pl_exchange_fail(e->unresolved, PL_FAIL_ABORTED, "the client is closing");
    if (e->state == PL_ENDPOINT_RESOLVING)
      pl_lookup_cancel(&e->lookup);
  }
  while (c->failed)
    finish(c->failed);
  pl_ways_close(c);
  pl_client_handle_closed(c);
}

void pl_client_stats_get(const pl_client *c, pl_client_stats *out)
{
  *out = c->stats;
}

bool pl_client_lacks(pl_client *c, int error)
{
  if (error != EMFILE && error != ENFILE && error != EADDRNOTAVAIL && error != ENOBUFS)
    return false;
  c->stats.out_of = error;
  return true;
}

void pl_client_opened(pl_client *c)
{
  c->stats.opened++;
  c->stats.open++;
  if (c->stats.open > c->stats.max_open)
    c->stats.max_open = c->stats.open;
}

bool pl_client_keep_granted(const pl_client *c, pl_str host, uint16_t port, pl_addresses *list)
{
  unsigned n = 0;
  for (unsigned i = 0; i < list->n; i++) {
    if (!c->o.granted || c->o.granted(c->o.user, host, port, &list->list[i].any))
      list->list[n++] = list->list[i];
  }
  list->n = n;
  return n > 0;
}

bool pl_client_may(const pl_client *c, pl_str host, uint16_t port)
{
  pl_addresses known = {.n = 0};
  if (!c->o.granted)
    return true;
  if (!pl_address_literal(host, port, &known) && pl_name_is_local(host))
    (void)pl_address_literal(PL_STR("127.0.0.1"), port, &known);
  return c->o.granted(c->o.user, host, port, known.n ? &known.list[0].any : NULL);
}

/* ---- Lists of exchanges ------------------------------------------------------------------------ */

void pl_exchange_link(pl_exchange **head, pl_exchange *x)
{
  x->next = *head;
  x->link = head;
  if (x->next)
    x->next->link = &x->next;
  *head = x;
}

void pl_exchange_unlink(pl_exchange *x)
{
  if (!x->link)
    return;
  pl_client *c = x->endpoint->client;
  if (c->waiting_end == &x->next)
    c->waiting_end = x->link;
  *x->link = x->next;
  if (x->next)
    x->next->link = x->link;
  x->next = NULL;
  x->link = NULL;
}

static void wait_for_connection(pl_client *c, pl_exchange *x)
{
  x->state = EXCHANGE_WAITING;
  x->next = NULL;
  x->link = c->waiting_end;
  *c->waiting_end = x;
  c->waiting_end = &x->next;
}

/* ---- The end of an exchange --------------------------------------------------------------------- */

/* Tells the owner; x may be sent again from inside. */
static void finish(pl_exchange *x)
{
  pl_exchange_unlink(x);
  pl_wheel_cancel(x->endpoint->client->o.wheel, &x->timer);
  x->state = EXCHANGE_IDLE;
  pl_hop_free(x);
  x->done(x);
}

/* Not in this run of the wheel: the sockets get their turn between a failure and the next attempt. */
static void finish_later(pl_exchange *x)
{
  pl_client *c = x->endpoint->client;
  x->state = EXCHANGE_FAILED;
  pl_exchange_link(&c->failed, x);
  pl_wheel_set(c->o.wheel, &x->timer, pl_now(c->o.clock) + PL_WHEEL_TICK_NS);
}

void pl_exchange_fail(pl_exchange *x, enum pl_failure failure, const char *why, ...)
{
  pl_client *c = x->endpoint->client;
  pl_exchange_unlink(x);
  x->conn = NULL;
  if (x->times.end == 0)
    x->times.end = pl_now(c->o.clock);
  va_list args;
  va_start(args, why);
  (void)vsnprintf(x->answer.why, sizeof x->answer.why, why, args);
  va_end(args);
  x->answer.failure = failure;
  x->answer.status = 0;
  x->answer.head = x->answer.body = (pl_str){"", 0};
  if (c->dispatching)
    finish_later(x);
  else
    finish(x);
}

void pl_exchange_complete(pl_exchange *x, bool has_cookie)
{
  if (has_cookie && x->jar && x->parts)
    pl_cookie_jar_take(x->jar, x->parts->url, x->answer.head);
  if (!pl_challenge(x) && !pl_redirect(x))
    finish(x);
}

/* ---- Retries and timeouts ----------------------------------------------------------------------- */

void pl_exchange_attempt(pl_exchange *x)
{
  x->conn = NULL;
  x->retried = x->looked_up = false;
  x->tried = 0;
  x->times.opening = 0;
  x->times.sent = x->times.first_byte = x->times.end = 0;
}

/* RFC 9110 section 9.2.2; of a method that we do not know we do not know it. */
static bool is_idempotent(const pl_exchange *x)
{
  static const char *const methods[] = {"GET ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "TRACE "};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (pl_str_starts(x->head, pl_str_of(methods[i])))
      return true;
  }
  return false;
}

void pl_exchange_broken(pl_exchange *x, bool reused, enum pl_failure failure, const char *why)
{
  pl_client *c = x->endpoint->client;
  pl_exchange_unlink(x);
  /* The server may close an idle connection just when it is used (RFC 9112 section 9.3.1): once more, on a fresh one. */
  if (reused && !x->retried && !x->answered && is_idempotent(x) && !c->closing) {
    pl_exchange_attempt(x);
    x->retried = true;
    c->stats.repeated++;
    pl_exchange_dispatch(x);
    pl_client_freed(c);
    return;
  }
  pl_client_freed(c);
  pl_exchange_fail(x, failure, "%s", why);
}

/* A server that refuses what it did not begin with asks for another connection, or for patience. */
void pl_exchange_refused(pl_exchange *x)
{
  pl_client *c = x->endpoint->client;
  c->stats.http2.refused++;
  if (++x->refusals > REFUSALS_MAX || c->closing) {
    pl_exchange_fail(x, PL_FAIL_RESET, "the server refused the stream %d times", (int)x->refusals);
    return;
  }
  pl_exchange_attempt(x);
  pl_exchange_dispatch(x);
}

static uint64_t limit_after(uint64_t from, uint64_t ns)
{
  return from && ns && ns < UINT64_MAX - from ? from + ns : UINT64_MAX;
}

static bool is_connecting(const pl_exchange *x)
{
  bool opening = x->conn && x->conn->state < PL_CONN_BUSY;
  return x->state == EXCHANGE_RESOLVING || opening;
}

static bool awaits_first_byte(const pl_exchange *x)
{
  return x->times.sent && !x->times.first_byte;
}

/* When what x is doing has taken too long, and the words for it; UINT64_MAX: never. */
static uint64_t due_of(const pl_exchange *x, const char **why)
{
  uint64_t due = limit_after(x->times.begin, x->timeout_ns), step = UINT64_MAX;
  *why = "no complete answer in time";
  if (is_connecting(x)) {
    step = limit_after(x->times.opening, x->connect_timeout_ns);
    *why = "no connection in time";
  } else if (awaits_first_byte(x)) {
    step = limit_after(x->times.sent, x->first_byte_timeout_ns);
    if (step < due)
      *why = "no first byte in time";
  }
  return step < due ? step : due;
}

/* The phase that x is in; PL_PHASES: none, it waits for a connection that another one opens, or for a place. */
static enum pl_phase phase_of(const pl_exchange *x)
{
  const pl_conn *c = x->conn;
  const pl_times *t = &x->times;
  if (x->state == EXCHANGE_RESOLVING)
    return PL_PHASE_DNS;
  if (c && c->state < PL_CONN_BUSY && c->exchanges == x)
    return c->state == PL_CONN_SECURING ? PL_PHASE_TLS : PL_PHASE_CONNECT;
  if (!c || c->state < PL_CONN_BUSY || !t->send)
    return PL_PHASES;
  return t->first_byte ? PL_PHASE_RECEIVE : t->sent ? PL_PHASE_WAIT : PL_PHASE_SEND;
}

/* A timer that is set earlier looks again then: most steps end before their limit and need no second setting. */
void pl_exchange_arm(pl_exchange *x)
{
  const char *why;
  uint64_t due = due_of(x, &why);
  if (due != UINT64_MAX && !(pl_timer_is_set(&x->timer) && x->timer.due_ns <= due))
    pl_wheel_set(x->endpoint->client->o.wheel, &x->timer, due);
}

static void on_timer(pl_timer *t)
{
  pl_exchange *x = (pl_exchange *)((char *)t - offsetof(pl_exchange, timer));
  if (x->state == EXCHANGE_FAILED) {
    finish(x);
    return;
  }
  pl_client *c = x->endpoint->client;
  const char *why;
  uint64_t due = due_of(x, &why);
  if (pl_now(c->o.clock) < due) { /* the limit of a step that is done */
    pl_exchange_arm(x);
    return;
  }
  x->times.end = due;
  pl_phases_cut(&x->times, phase_of(x));
  if (x->conn) {
    if (is_connecting(x))
      pl_endpoint_demote(x->endpoint, x->conn->address);
    pl_conn_leave(x);
  }
  pl_exchange_fail(x, PL_FAIL_TIMEOUT, "%s", why);
}

/* ---- Dispatch ----------------------------------------------------------------------------------- */

/* What takes x without being opened for it; NULL: nothing. */
static pl_conn *offered_to(const pl_exchange *x)
{
  pl_conn *c = x->own ? x->own->first : x->endpoint->offers.first;
  while (c && c->endpoint != x->endpoint)
    c = c->next;
  return c;
}

static pl_conn *idle_of(const pl_endpoint *e)
{
  pl_conn *c = e->offers.first;
  while (c && c->state != PL_CONN_IDLE)
    c = c->next;
  return c;
}

/* Closes an idle connection, one of another endpoint first. False: there is none. */
static bool evict(pl_client *c, const pl_endpoint *own)
{
  pl_conn *idle = NULL;
  for (uint32_t i = 0; c->n_idle && !idle && i < c->n_endpoints; i++)
    idle = c->endpoints[i] == own ? NULL : idle_of(c->endpoints[i]);
  if (!idle)
    idle = idle_of(own);
  for (pl_conn *of_others = c->conns; c->n_idle && !idle && of_others; of_others = of_others->all_next)
    idle = of_others->state == PL_CONN_IDLE ? of_others : NULL;
  if (!idle)
    return false;
  pl_conn_close(idle);
  return true;
}

static void begin_connecting(pl_client *c, pl_exchange *x)
{
  if (!x->times.opening)
    x->times.opening = pl_now(c->o.clock);
}

static bool has_place(const pl_client *c)
{
  return !c->o.max_connections || c->stats.open < c->o.max_connections;
}

/* Whether x should take a connection on offer. A retry does not: it may be as dead as the one before. Where a number of
 * connections was asked for, they are all opened before one of them carries several exchanges. */
static bool suits(const pl_client *c, const pl_conn *offered, const pl_exchange *x)
{
  bool may_open = c->o.max_connections && has_place(c);
  return offered && !x->retried && (offered->state == PL_CONN_IDLE || !may_open);
}

static void start_on(pl_conn *offered, pl_exchange *x)
{
  x->state = EXCHANGE_ACTIVE;
  if (offered->state < PL_CONN_BUSY)
    begin_connecting(offered->client, x);
  pl_conn_start(offered, x);
}

static void find_connection(pl_client *c, pl_endpoint *e, pl_exchange *x)
{
  const char *why = "no address is left to try";
  pl_conn *offered = offered_to(x);
  if (suits(c, offered, x)) {
    start_on(offered, x);
    return;
  }
  if (!has_place(c) && !evict(c, e)) {
    offered = offered_to(x); /* what was evicted is none any more */
    if (offered)
      start_on(offered, x);
    else
      wait_for_connection(c, x);
    return;
  }
  x->state = EXCHANGE_ACTIVE;
  begin_connecting(c, x);
  if (pl_conn_open(e, x, &why))
    pl_exchange_fail(x, PL_FAIL_CONNECT, "%s%s", pl_endpoint_whose(e), why);
}

static void refuse(pl_exchange *x)
{
  const pl_endpoint *e = x->endpoint;
  bool proxy = e->route->proxy && pl_client_may(e->client, e->to_host, e->to_port);
  pl_str host = proxy ? e->peer_host : e->to_host, from = pl_hop_from(x);
  int n = (int)(host.len < 40 ? host.len : 40), m = (int)(from.len < 24 ? from.len : 24);
  x->answer.refused = true;
  if (m)
    pl_exchange_fail(x, PL_FAIL_CONNECT, "load to %.*s is not granted (redirect from %.*s)", n, host.data, m, from.data);
  else
    pl_exchange_fail(x, PL_FAIL_CONNECT, "load to %.*s is not granted", n, host.data);
}

void pl_exchange_dispatch(pl_exchange *x)
{
  pl_endpoint *e = x->endpoint;
  pl_client *c = e->client;
  c->dispatching++;
  bool rested = suits(c, offered_to(x), x);
  if (e->state == PL_ENDPOINT_NEW || (e->state == PL_ENDPOINT_READY && !rested && !x->looked_up && !pl_endpoint_is_fresh(e)))
    pl_endpoint_resolve(e);
  switch (e->state) {
  case PL_ENDPOINT_NEW:
    pl_exchange_fail(x, PL_FAIL_DNS, "the name cannot be looked up");
    break;
  case PL_ENDPOINT_RESOLVING:
    if (rested) {
      find_connection(c, e, x);
      break;
    }
    x->state = EXCHANGE_RESOLVING;
    begin_connecting(c, x);
    pl_exchange_link(&e->unresolved, x);
    break;
  case PL_ENDPOINT_FAILED:
    refuse(x);
    break;
  case PL_ENDPOINT_READY:
    find_connection(c, e, x);
    break;
  }
  if (x->state != EXCHANGE_FAILED)
    pl_exchange_arm(x);
  c->dispatching--;
}

void pl_client_freed(pl_client *c)
{
  if (c->freeing || c->closing)
    return;
  c->freeing = true;
  while (c->waiting && (has_place(c) || c->n_idle)) {
    pl_exchange *x = c->waiting;
    pl_exchange_unlink(x);
    pl_exchange_dispatch(x);
  }
  c->freeing = false;
}

void pl_endpoint_freed(pl_endpoint *e)
{
  pl_client *c = e->client;
  pl_exchange *x = c->waiting;
  if (c->freeing || c->closing)
    return;
  c->freeing = true;
  while (x && (x->endpoint != e || offered_to(x))) {
    pl_exchange *next = x->next;
    if (x->endpoint == e) {
      pl_exchange_unlink(x);
      pl_exchange_dispatch(x);
    }
    x = next;
  }
  c->freeing = false;
  pl_client_freed(c);
}

void pl_client_send(pl_client *c, pl_exchange *x)
{
  assert(!c->closing);
  memset(&x->times, 0, sizeof x->times);
  /* Not the text of why: it is only read after a failure. */
  memset(&x->answer, 0, offsetof(pl_answer, why));
  x->times.begin = pl_now(c->o.clock);
  pl_exchange_attempt(x);
  x->refusals = 0;
  x->answered = 0;
  x->timer.fn = on_timer;
  pl_error err = {0};
  if (x->digest && pl_hop_authorize(x, &err)) {
    c->dispatching++;
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "%s", err.message);
    c->dispatching--;
    return;
  }
  c->asked_ns = x->digest ? 0 : x->times.begin;
  pl_exchange_dispatch(x);
  c->asked_ns = 0;
}

void pl_client_leave(pl_client *c, pl_pool *own)
{
  bool any = own->first != NULL;
  while (own->first)
    pl_conn_close(own->first);
  if (any)
    pl_client_freed(c);
}

bool pl_exchange_waits(const pl_exchange *x)
{
  return x->state == EXCHANGE_WAITING;
}

void pl_client_abort(pl_client *c, pl_exchange *x)
{
  if (x->state == EXCHANGE_IDLE || x->state == EXCHANGE_FAILED)
    return;
  c->dispatching++;
  if (x->conn)
    pl_conn_leave(x);
  pl_exchange_fail(x, PL_FAIL_ABORTED, "the load ended");
  c->dispatching--;
}

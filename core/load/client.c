/* Exchanges and endpoints: who waits for an address, who for a connection, timeouts, redirects, retries. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/conn.h"
#include "load/cookie.h"

/* Where an exchange is (pl_exchange.state). */
enum exchange_state {
  EXCHANGE_IDLE,
  EXCHANGE_RESOLVING, /* in its endpoint's list */
  EXCHANGE_WAITING,   /* in the client's list */
  EXCHANGE_ACTIVE,    /* has a connection */
  EXCHANGE_FAILED,    /* failed inside pl_client_send: told from the loop */
};

/* A redirect's request: its texts live here until the exchange is over. */
struct pl_hop {
  pl_buf url, head;
  pl_url parsed;
  pl_request_parts parts;
  const pl_request_parts *original_parts;
  pl_endpoint *original_endpoint;
  pl_str original_head, original_body;
  bool original_head_only;
};

static void dispatch(pl_exchange *x);

/* ---- Client ----------------------------------------------------------------------------------- */

int pl_client_new(const pl_client_options *o, pl_client **out, pl_error *err)
{
  pl_client *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  char *buffer = pl_alloc(o->alloc, PL_READ_SIZE);
  if (!c || !buffer) {
    pl_free(o->alloc, c, sizeof *c);
    pl_free(o->alloc, buffer, PL_READ_SIZE);
    return pl_fail(err, PL_ENOMEM, "out of memory for an HTTP client");
  }
  c->o = *o;
  c->o.header_max = o->header_max ? o->header_max : 64 << 10;
  c->o.body_max = o->body_max ? o->body_max : 16 << 20;
  c->read_buffer = buffer;
  c->waiting_end = &c->waiting;
  *out = c;
  return PL_OK;
}

static void free_client(void *user)
{
  pl_client *c = user;
  const pl_allocator *a = c->o.alloc;
  while (c->endpoints) {
    pl_endpoint *e = c->endpoints;
    c->endpoints = e->next;
    union {
      const char *read_only;
      char *text;
    } key = {e->key.data};
    pl_free(a, key.text, e->key.len + 1);
    pl_free(a, e, sizeof *e);
  }
  pl_free(a, c->read_buffer, PL_READ_SIZE);
  pl_free(a, c, sizeof *c);
}

/* What pl_client_close was given, until the client is gone. */
static void on_all_closed(void *user)
{
  pl_client *c = user;
  void (*done)(void *) = c->closed_done;
  void *done_user = c->closed_done_user;
  free_client(c);
  if (done)
    done(done_user);
}

void pl_client_close(pl_client *c, void (*done)(void *user), void *user)
{
  c->closing = true;
  c->closed_done = done;
  c->closed_done_user = user;
  c->closed = on_all_closed;
  c->closed_user = c;
  c->handles++; /* this call's own */
  while (c->waiting)
    pl_exchange_fail(c->waiting, PL_FAIL_ABORTED, "the client is closing");
  for (pl_endpoint *e = c->endpoints; e; e = e->next) {
    while (e->unresolved)
      pl_exchange_fail(e->unresolved, PL_FAIL_ABORTED, "the client is closing");
    while (e->idle)
      pl_conn_close(e->idle);
    if (e->state == PL_ENDPOINT_RESOLVING)
      pl_lookup_cancel(&e->lookup);
  }
  if (--c->handles == 0)
    on_all_closed(c);
}

void pl_client_stats_get(const pl_client *c, pl_client_stats *out)
{
  *out = c->stats;
}

/* ---- Endpoints -------------------------------------------------------------------------------- */

static pl_endpoint *find_endpoint(pl_client *c, pl_str key)
{
  for (pl_endpoint *e = c->endpoints; e; e = e->next) {
    if (pl_str_eq(e->key, key))
      return e;
  }
  return NULL;
}

pl_endpoint *pl_client_endpoint(pl_client *c, const pl_url *url)
{
  pl_buf key;
  pl_url bare = *url;
  bare.target = PL_STR("/");
  pl_buf_init(&key, c->o.alloc, 1024);
  pl_endpoint *e = NULL;
  char *copy = NULL;
  if (pl_url_text(&bare, &key))
    goto done;
  e = find_endpoint(c, (pl_str){key.data, key.len});
  if (e)
    goto done;
  copy = pl_strndup(c->o.alloc, key.data, key.len);
  e = pl_alloc_zero(c->o.alloc, 1, sizeof *e);
  if (!e || !copy || pl_url_parse((pl_str){copy, key.len}, &e->url, NULL)) {
    pl_free(c->o.alloc, e, sizeof *e);
    pl_free(c->o.alloc, copy, key.len + 1);
    e = NULL;
    goto done;
  }
  e->client = c;
  e->key = (pl_str){copy, key.len};
  e->next = c->endpoints;
  c->endpoints = e;
done:
  pl_buf_fini(&key);
  return e;
}

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

/* Leaves only granted addresses; false when none is left. */
static bool keep_granted(pl_endpoint *e)
{
  const pl_client_options *o = &e->client->o;
  unsigned n = 0;
  for (unsigned i = 0; i < e->addresses.n; i++) {
    if (!o->granted || o->granted(o->user, e->url.host, e->url.port, &e->addresses.list[i].any))
      e->addresses.list[n++] = e->addresses.list[i];
  }
  e->addresses.n = n;
  return n > 0;
}

static void link_exchange(pl_exchange **head, pl_exchange *x)
{
  x->next = *head;
  x->link = head;
  if (x->next)
    x->next->link = &x->next;
  *head = x;
}

static void unlink_exchange(pl_exchange *x)
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

static void on_lookup(pl_lookup *l, int code)
{
  pl_endpoint *e = l->user;
  pl_client *c = e->client;
  e->addresses = l->addresses;
  e->resolved = pl_now(c->o.clock);
  bool refused = code == PL_OK && !keep_granted(e);
  e->state = code || refused ? PL_ENDPOINT_FAILED : PL_ENDPOINT_READY;
  while (e->unresolved) {
    pl_exchange *x = e->unresolved;
    unlink_exchange(x);
    x->times.resolved = e->resolved;
    if (code)
      pl_exchange_fail(x, PL_FAIL_DNS, "%s", l->why);
    else
      dispatch(x);
  }
  /* A failed look-up is tried again by the next request. */
  if (code)
    e->state = PL_ENDPOINT_NEW;
  if (--c->handles == 0 && c->closing)
    on_all_closed(c);
}

/* Makes the endpoint's addresses known, at once where nobody has to be asked. */
static void resolve(pl_endpoint *e)
{
  if (unix_address(e) || pl_address_literal(e->url.host, e->url.port, &e->addresses)) {
    e->state = keep_granted(e) ? PL_ENDPOINT_READY : PL_ENDPOINT_FAILED;
    return;
  }
  e->lookup.user = e;
  if (pl_lookup_start(&e->lookup, e->client->o.loop, e->url.host, e->url.port, on_lookup))
    return;
  e->client->handles++;
  e->state = PL_ENDPOINT_RESOLVING;
}

/* ---- The life of an exchange ------------------------------------------------------------------- */

static void free_hop(pl_exchange *x)
{
  struct pl_hop *h = x->hop;
  if (!h)
    return;
  x->endpoint = h->original_endpoint;
  x->parts = h->original_parts;
  x->head = h->original_head;
  x->body = h->original_body;
  x->head_only = h->original_head_only;
  pl_buf_fini(&h->url);
  pl_buf_fini(&h->head);
  pl_free(x->endpoint->client->o.alloc, h, sizeof *h);
  x->hop = NULL;
}

/* Tells the owner; x may be sent again from inside. */
static void finish(pl_exchange *x)
{
  pl_wheel_cancel(x->endpoint->client->o.wheel, &x->timer);
  x->state = EXCHANGE_IDLE;
  free_hop(x);
  x->done(x);
}

void pl_exchange_fail(pl_exchange *x, enum pl_failure failure, const char *why, ...)
{
  unlink_exchange(x);
  if (x->times.end == 0)
    x->times.end = pl_now(x->endpoint->client->o.clock);
  va_list args;
  va_start(args, why);
  (void)vsnprintf(x->answer.why, sizeof x->answer.why, why, args);
  va_end(args);
  x->answer.failure = failure;
  x->answer.status = 0;
  x->answer.head = x->answer.body = (pl_str){"", 0};
  finish(x);
}

static bool is_idempotent(const pl_exchange *x)
{
  char first = x->head.len ? x->head.data[0] : 'P';
  return first == 'G' || first == 'H' || first == 'D' || first == 'O' || (first == 'P' && x->head.data[1] == 'U');
}

void pl_exchange_broken(pl_exchange *x, bool reused, enum pl_failure failure, const char *why)
{
  /* The server may close an idle connection just when it is used (RFC 9112 section 9.3.1): once more, on a fresh one. */
  if (!reused || x->retried || !is_idempotent(x) || x->endpoint->client->closing) {
    pl_exchange_fail(x, failure, "%s", why);
    return;
  }
  x->retried = true;
  x->state = EXCHANGE_ACTIVE;
  if (pl_conn_open(x->endpoint, x))
    pl_exchange_fail(x, PL_FAIL_CONNECT, "%s", why);
}

static void on_timer(pl_timer *t)
{
  pl_exchange *x = (pl_exchange *)((char *)t - offsetof(pl_exchange, timer));
  if (x->state == EXCHANGE_FAILED) {
    finish(x);
    return;
  }
  pl_client *c = x->endpoint->client;
  bool connecting = x->conn && x->conn->state == PL_CONN_CONNECTING;
  uint64_t due = x->times.begin + x->timeout_ns;
  if (x->timeout_ns && !connecting && pl_now(c->o.clock) < due) {
    pl_wheel_set(c->o.wheel, t, due); /* the connect's limit passed, and it is connected */
    return;
  }
  if (x->conn) {
    pl_conn *conn = x->conn;
    x->conn = NULL;
    pl_conn_close(conn);
    pl_client_freed(c, NULL);
  }
  x->times.end = t->due_ns;
  pl_exchange_fail(x, PL_FAIL_TIMEOUT, "%s", connecting ? "no connection in time" : "no complete answer in time");
}

/* Fails from the loop's next turn: for errors found inside pl_client_send. */
static void fail_later(pl_exchange *x, enum pl_failure failure, const char *why)
{
  pl_client *c = x->endpoint->client;
  x->answer.failure = failure;
  if (why != x->answer.why)
    (void)snprintf(x->answer.why, sizeof x->answer.why, "%s", why);
  x->times.end = pl_now(c->o.clock);
  x->state = EXCHANGE_FAILED;
  pl_wheel_set(c->o.wheel, &x->timer, 0);
}

static void wait_for_connection(pl_client *c, pl_exchange *x)
{
  x->state = EXCHANGE_WAITING;
  x->next = NULL;
  x->link = c->waiting_end;
  *c->waiting_end = x;
  c->waiting_end = &x->next;
  c->stats.waiting++;
}

/* Gives x a connection, or a place in a queue. */
static void dispatch(pl_exchange *x)
{
  pl_endpoint *e = x->endpoint;
  pl_client *c = e->client;
  if (e->state == PL_ENDPOINT_NEW)
    resolve(e);
  if (e->state == PL_ENDPOINT_RESOLVING) {
    x->state = EXCHANGE_RESOLVING;
    link_exchange(&e->unresolved, x);
    return;
  }
  if (e->state != PL_ENDPOINT_READY) {
    fail_later(x, PL_FAIL_CONNECT, e->state == PL_ENDPOINT_NEW ? "the name cannot be looked up" : "load to this host is not granted");
    return;
  }
  if (e->idle) {
    x->state = EXCHANGE_ACTIVE;
    pl_conn_start(e->idle, x);
    return;
  }
  if (c->o.max_connections && c->stats.open >= c->o.max_connections) {
    wait_for_connection(c, x);
    return;
  }
  x->state = EXCHANGE_ACTIVE;
  if (pl_conn_open(e, x))
    fail_later(x, PL_FAIL_CONNECT, x->answer.why);
}

void pl_client_send(pl_client *c, pl_exchange *x)
{
  memset(&x->times, 0, sizeof x->times);
  /* Not the text of why: it is only read after a failure. */
  memset(&x->answer, 0, offsetof(pl_answer, why));
  x->times.begin = pl_now(c->o.clock);
  x->conn = NULL;
  x->retried = false;
  uint64_t limit = x->timeout_ns;
  if (x->connect_timeout_ns && (!limit || x->connect_timeout_ns < limit))
    limit = x->connect_timeout_ns;
  if (!x->timer.fn)
    x->timer.fn = on_timer;
  if (limit)
    pl_wheel_set(c->o.wheel, &x->timer, x->times.begin + limit);
  if (pl_str_eqc(x->endpoint->url.scheme, "https")) {
    fail_later(x, PL_FAIL_TLS, "https is not in this version");
    return;
  }
  dispatch(x);
}

void pl_client_freed(pl_client *c, pl_conn *idle)
{
  pl_exchange *x = c->waiting;
  if (!x || c->closing)
    return;
  unlink_exchange(x);
  if (idle && idle->endpoint != x->endpoint)
    pl_conn_close(idle);
  dispatch(x);
}

bool pl_exchange_waits(const pl_exchange *x)
{
  return x->state == EXCHANGE_WAITING;
}

void pl_client_abort(pl_client *c, pl_exchange *x)
{
  if (x->state == EXCHANGE_IDLE || x->state == EXCHANGE_FAILED)
    return;
  unlink_exchange(x);
  if (x->conn) {
    pl_conn *conn = x->conn;
    x->conn = NULL;
    pl_conn_close(conn);
    pl_client_freed(c, NULL);
  }
  fail_later(x, PL_FAIL_ABORTED, "the load ended");
}

/* ---- Redirects -------------------------------------------------------------------------------- */

static bool is_redirect(const pl_exchange *x)
{
  int s = x->answer.status;
  return x->parts && x->follow > x->answer.redirects && (s == 301 || s == 302 || s == 303 || s == 307 || s == 308);
}

static struct pl_hop *need_hop(pl_exchange *x)
{
  if (x->hop)
    return x->hop;
  const pl_allocator *a = x->endpoint->client->o.alloc;
  struct pl_hop *h = pl_alloc_zero(a, 1, sizeof *h);
  if (!h)
    return NULL;
  pl_buf_init(&h->url, a, 1 << 16);
  pl_buf_init(&h->head, a, 1 << 17);
  h->original_parts = x->parts;
  h->original_endpoint = x->endpoint;
  h->original_head = x->head;
  h->original_body = x->body;
  h->original_head_only = x->head_only;
  h->parts = *x->parts;
  x->hop = h;
  return h;
}

/* Points x at the place that Location names; false with why when it cannot be followed. */
static bool make_hop(pl_exchange *x, pl_str location, pl_error *err)
{
  struct pl_hop *h = need_hop(x);
  pl_buf url;
  if (!h)
    return false;
  const pl_url *base = x->parts->url;
  pl_buf_init(&url, x->endpoint->client->o.alloc, 1 << 16);
  bool ok = pl_url_join(base, location, &url, err) == PL_OK;
  pl_buf old = h->url;
  h->url = url;
  pl_url parsed;
  ok = ok && pl_url_parse((pl_str){h->url.data, h->url.len}, &parsed, err) == PL_OK;
  pl_buf_fini(&old);
  if (!ok)
    return false;
  h->parsed = parsed;
  h->parts.url = &h->parsed;
  if (x->answer.status == 303 || (x->answer.status <= 302 && !x->head_only)) {
    h->parts.method = PL_STR("GET");
    h->parts.body = (pl_str){"", 0};
  }
  pl_buf_clear(&h->head);
  if (pl_request_head(&h->head, &h->parts, x->jar, err))
    return false;
  x->endpoint = pl_client_endpoint(x->endpoint->client, &h->parsed);
  x->parts = &h->parts;
  x->head = (pl_str){h->head.data, h->head.len};
  x->body = h->parts.body;
  return x->endpoint != NULL;
}

static void follow(pl_exchange *x, pl_str location)
{
  pl_error err = {0};
  pl_endpoint *before = x->endpoint;
  unsigned redirects = x->answer.redirects + 1;
  if (!make_hop(x, location, &err)) {
    if (!x->endpoint)
      x->endpoint = before;
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "redirect: %s", err.code ? err.message : "out of memory");
    return;
  }
  x->answer.redirects = redirects;
  x->answer.status = 0;
  x->conn = NULL;
  x->retried = false;
  dispatch(x);
}

void pl_exchange_complete(pl_exchange *x)
{
  if (x->jar && x->parts)
    pl_cookie_jar_take(x->jar, x->parts->url, x->answer.head);
  if (is_redirect(x)) {
    pl_str location = pl_answer_header(x->answer.head, PL_STR("location"));
    if (location.len) {
      follow(x, location);
      return;
    }
  }
  finish(x);
}

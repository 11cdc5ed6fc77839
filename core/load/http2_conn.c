/* HTTP/2 over a connection: many exchanges, each a stream of the module's session (http2.h). What there is to send is gathered and
 * goes out in one write: at once, or, for what owners ask for while they are told of answers, when all of them were told. Streams
 * come from a pool of the client. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/body.h"
#include "load/conn.h"

enum {
  PIECE = 48 << 10,     /* bytes that a session is asked for at a time */
  UNTOLD = 100,         /* streams of a session before the server has said how many */
  KEEP_MAX = 64 << 10,  /* memory for an answer that a stream keeps for the next one */
};
#define HOLD_NS PL_S_NS /* how long a body waits for 100 Continue */

/* One exchange on its way. */
typedef struct pl_http2_call {
  pl_http2_stream s;      /* first: the module's calls are given it */
  pl_conn *conn;
  pl_exchange *x;
  uint64_t body_at;       /* bytes of the body that the session has taken */
  bool held;              /* the body waits for 100 Continue */
  bool begun;             /* its first bytes went to the socket */
  pl_timer hold;          /* until it waits no more */
  struct pl_http2_call *next, **link; /* of its connection's; of those that nobody uses */
} pl_http2_call;

static void flush(pl_conn *c);

/* ---- Streams ------------------------------------------------------------------------------------ */

int pl_streams_capacity(const pl_route *route)
{
  uint32_t most = route->streams < UNTOLD ? route->streams : UNTOLD;
  return (int)(route->requests && route->requests < most ? route->requests : most);
}

static pl_http2_call *stream_of(pl_http2_stream *s)
{
  return (pl_http2_call *)(void *)s;
}

static void link_stream(pl_http2_call **list, pl_http2_call *st)
{
  st->next = *list;
  st->link = list;
  if (st->next)
    st->next->link = &st->next;
  *list = st;
}

static void unlink_stream(pl_http2_call *st)
{
  *st->link = st->next;
  if (st->next)
    st->next->link = st->link;
}

/* A stream with an empty buffer; NULL: no memory. */
static pl_http2_call *take(pl_client *client)
{
  pl_http2_call *st = client->streams;
  if (st) {
    client->streams = st->next;
    return st;
  }
  st = pl_alloc_zero(client->o.alloc, 1, sizeof *st);
  if (st)
    pl_buf_init(&st->s.in, client->o.alloc, client->o.header_max + client->o.body_max);
  return st;
}

/* Gives it back, its answer forgotten. */
static void give(pl_client *client, pl_http2_call *st)
{
  pl_buf in = st->s.in;
  if (in.cap > KEEP_MAX)
    pl_buf_fini(&in);
  pl_buf_clear(&in);
  *st = (pl_http2_call){.s.in = in, .next = client->streams};
  client->streams = st;
}

void pl_streams_free(pl_client *client)
{
  for (pl_http2_call *st; (st = client->streams) != NULL;) {
    client->streams = st->next;
    pl_buf_fini(&st->s.in);
    pl_free(client->o.alloc, st, sizeof *st);
  }
  if (client->http2)
    client->http2->context_free(client->http2_context);
}

static void end_hold(pl_http2_call *st)
{
  if (!st->held)
    return;
  st->held = false;
  st->conn->http2.held--;
  pl_wheel_cancel(st->conn->client->o.wheel, &st->hold);
}

/* The stream is no longer its connection's, and the exchange has neither. */
static void detach(pl_http2_call *st)
{
  end_hold(st);
  unlink_stream(st);
  st->conn->http2.n_streams--;
  pl_exchange_unlink(st->x);
  st->x->conn = NULL;
  st->x->stream = NULL;
}

/* ---- Sending ------------------------------------------------------------------------------------- */

/* The session's wish for n bytes of a body. */
static int read_body(pl_http2_stream *s, char *out, size_t n, bool *last)
{
  pl_http2_call *st = stream_of(s);
  uint64_t left = pl_body_raw_size(st->x) - st->body_at;
  if (st->held)
    return 0;
  if (n > left)
    n = (size_t)left;
  if (!pl_body_raw(st->x, st->body_at, out, n))
    return PL_EIO;
  st->body_at += n;
  *last = n == left;
  return (int)n;
}

static void release_body(pl_http2_call *st)
{
  pl_conn *c = st->conn;
  end_hold(st);
  st->s.sends_all = true;
  c->client->http2->resume(c->http2.session, &st->s);
}

/* RFC 9110 section 10.1.1: a server that says nothing gets the body, too. */
static void on_hold_over(pl_timer *t)
{
  pl_http2_call *st = (pl_http2_call *)(void *)((char *)t - offsetof(pl_http2_call, hold));
  pl_conn *c = st->conn;
  release_body(st);
  flush(c);
}

static void hold_body(pl_http2_call *st)
{
  st->held = true;
  st->hold.fn = on_hold_over;
  st->conn->http2.held++;
  pl_wheel_set(st->conn->client->o.wheel, &st->hold, pl_conn_now(st->conn) + HOLD_NS);
}

/* How many further streams it takes: as the server, the route's streams at a time and its requests of a connection allow. */
static int room_of(const pl_conn *c)
{
  const pl_route *route = c->endpoint->route;
  uint32_t limit = c->client->http2->limit(c->http2.session), left = route->requests - c->http2.begun;
  limit = limit < route->streams ? limit : route->streams;
  int room = (int)(limit < INT16_MAX ? limit : INT16_MAX) - c->http2.n_streams;
  if (route->requests && room > 0 && left < (uint32_t)room)
    room = (int)left;
  return c->http2.going ? 0 : room;
}

/* The session takes no further streams. */
static void retire(pl_conn *c)
{
  c->http2.going = true;
  pl_conn_offer(c, 0);
}

/* A session that takes no further streams is closed behind the last one. */
static void close_retired(pl_conn *c)
{
  pl_client *client = c->client;
  if (c->state == PL_CONN_CLOSING || !c->http2.going || c->exchanges)
    return;
  pl_conn_close(c);
  pl_client_freed(client);
}

static pl_http2_call *new_stream(pl_conn *c, pl_exchange *x)
{
  const pl_client_options *o = &c->client->o;
  pl_http2_call *st = take(c->client);
  if (!st)
    return NULL;
  st->conn = c;
  st->x = x;
  st->s.header_max = o->header_max;
  st->s.body_max = o->body_max;
  st->s.want_body = x->want_body;
  st->s.first_byte_ns = &x->times.first_byte;
  st->s.body = pl_body_raw_size(x) ? read_body : NULL;
  x->stream = st;
  link_stream(&c->http2.unsent, st);
  c->http2.n_streams++;
  if (st->s.body && x->expect_continue)
    hold_body(st);
  else
    st->s.sends_all = true;
  return st;
}

/* The session takes no further streams, as it turned out: nothing of this one was sent. */
static void turn_away(pl_conn *c, pl_http2_call *st)
{
  pl_exchange *x = st->x;
  detach(st);
  give(c->client, st);
  retire(c);
  pl_exchange_refused(x);
}

/* Gives x to the session. */
static void request(pl_conn *c, pl_exchange *x)
{
  pl_http2_conn *h = &c->http2;
  bool secure = pl_str_eqc(c->endpoint->url.scheme, "https");
  pl_http2_call *st = new_stream(c, x);
  int code = PL_ENOMEM;
  if (st)
    code = c->client->http2->request(h->session, &st->s, secure ? PL_STR("https") : PL_STR("http"), x->head, &h->out);
  if (code == PL_ELIMIT)
    turn_away(c, st);
  else if (code)
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for a request");
  else if (++h->begun == c->endpoint->route->requests)
    retire(c);
}

static void gather(pl_conn *c)
{
  pl_http2_conn *h = &c->http2;
  if (h->dirty)
    return;
  h->dirty = true;
  h->next_dirty = c->client->dirty;
  c->client->dirty = c;
}

static void send_exchange(pl_conn *c, pl_exchange *x)
{
  pl_client *client = c->client;
  request(c, x);
  if (c->state == PL_CONN_CLOSING)
    return;
  if (client->gathering)
    gather(c);
  else
    flush(c);
}

/* ---- The end of streams --------------------------------------------------------------------------- */

/* What follows from the end of a stream for its exchange, which has no connection any more. */
static void conclude(pl_client *client, const pl_http2_call *st, const char *why)
{
  const pl_http2_stream *s = &st->s;
  pl_exchange *x = st->x;
  switch (s->end) {
  case PL_HTTP2_COMPLETE:
    x->answer.status = s->status;
    x->answer.head = (pl_str){s->in.data, s->head_len};
    x->answer.body = (pl_str){s->in.data + s->head_len, s->in.len - s->head_len};
    x->answer.body_cut = s->body_cut;
    x->answer.coded = s->coded;
    pl_exchange_complete(x, s->has_cookie);
    return;
  case PL_HTTP2_REFUSED:
    pl_exchange_refused(x);
    return;
  case PL_HTTP2_RESET:
    client->stats.http2.resets++;
    pl_exchange_fail(x, PL_FAIL_RESET, "the server reset the stream: %s", client->http2->code_name(s->code));
    return;
  case PL_HTTP2_TOO_LONG:
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "the answer's head is longer than the limit, %zu bytes", x->endpoint->client->o.header_max);
    return;
  case PL_HTTP2_NO_BODY:
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "the file of the body cannot be read, or has become shorter");
    return;
  case PL_HTTP2_NO_MEMORY:
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "out of memory for an answer");
    return;
  case PL_HTTP2_OPEN:
  case PL_HTTP2_INVALID:
    break;
  }
  pl_exchange_fail(x, PL_FAIL_PROTOCOL, "HTTP/2: %s", why);
}

/* Tells the owner of a stream that has ended, now. The session has room for others before it hears of it. */
static void settle(pl_conn *c, pl_http2_call *st, uint64_t now)
{
  pl_client *client = c->client;
  const pl_http2_stream *s = &st->s;
  char why[96];
  (void)pl_copy(why, sizeof why, pl_str_of(s->end == PL_HTTP2_INVALID ? client->http2->why(c->http2.session) : ""));
  detach(st);
  if (s->end == PL_HTTP2_COMPLETE)
    pl_conn_answered(c);
  c->reused = true;
  st->x->answer.bytes_sent += s->bytes_sent;
  st->x->answer.bytes_received += s->bytes_received;
  st->x->times.end = now;
  if (s->early) /* and was waited with until the request had gone out */
    st->x->times.first_byte = now;
  pl_conn_offer(c, room_of(c));
  if (client->waiting)
    pl_endpoint_freed(c->endpoint);
  conclude(client, st, why);
  give(client, st);
}

/* Tells the owners of streams that have ended, now (0: asks the clock). */
static void tell(pl_conn *c, uint64_t now)
{
  const pl_http2 *http2 = c->client->http2;
  for (pl_http2_stream *s; c->state != PL_CONN_CLOSING && (s = http2->over(c->http2.session)) != NULL;) {
    now = now ? now : pl_conn_now(c);
    settle(c, stream_of(s), now);
  }
}

/* A stream with a whole answer that came before all of the request had gone out; NULL: there is none. */
static pl_http2_call *answered_early(const pl_conn *c)
{
  pl_http2_call *st = c->http2.unsent;
  while (st && !st->s.early)
    st = st->next;
  return st;
}

/* The connection is at its end, which makes the rest of requests that are answered needless. It may be closed afterwards. */
static void settle_early(pl_conn *c)
{
  retire(c);
  for (pl_http2_call *st; c->state != PL_CONN_CLOSING && (st = answered_early(c)) != NULL;) {
    c->client->http2->drop(c->http2.session, &st->s);
    settle(c, st, pl_conn_now(c));
  }
}

/* The connection is gone: exchanges that have nothing of their answer may be tried once more. */
static void lose(pl_conn *c, enum pl_failure failure, const char *why)
{
  pl_client *client = c->client;
  bool reused = c->reused;
  pl_exchange *list, *x;
  pl_conn_give_up(c, &list);
  pl_client_freed(client);
  while ((x = list) != NULL) {
    if (x->times.first_byte)
      pl_exchange_fail(x, failure, "%s", why);
    else
      pl_exchange_broken(x, reused, PL_FAIL_RESET, why);
  }
}

/* ---- The socket ----------------------------------------------------------------------------------- */

/* The first byte of these requests is about to go out. */
static void stamp_begins(pl_conn *c)
{
  uint64_t now = 0;
  for (pl_http2_call *st = c->http2.unsent; st; st = st->next) {
    pl_exchange *x = st->x;
    if (st->begun)
      continue;
    st->begun = true;
    if (x->times.send)
      continue;
    x->times.send = now = now ? now : pl_conn_now(c);
    if (x->sending)
      x->sending(x);
  }
}

/* Everything went out: so did the requests that are complete. */
static void stamp_ends(pl_conn *c)
{
  uint64_t now = 0;
  for (pl_http2_call *st = c->http2.unsent, *next; st; st = next) {
    next = st->next;
    if (!st->s.sent)
      continue;
    now = now ? now : pl_conn_now(c);
    st->x->times.sent = now;
    unlink_stream(st);
    link_stream(&c->http2.streams, st);
    if (st->x->first_byte_timeout_ns)
      pl_exchange_arm(st->x);
  }
}

/* Fetches what the session has to send, and sends it, until there is no more, or no room. 0, EAGAIN, or what is wrong (EPROTO: the
 * session, or TLS). */
static int push(pl_conn *c)
{
  pl_http2_conn *h = &c->http2;
  for (;;) {
    int code = c->client->http2->send(h->session, &h->out, PIECE);
    if (code)
      return code == PL_ENOMEM ? ENOMEM : EPROTO;
    if (h->out_sent == h->out.len)
      return 0;
    struct iovec part = {h->out.data + h->out_sent, h->out.len - h->out_sent};
    ssize_t n = pl_socket_send(&c->socket, &part, 1);
    if (n < 0 && errno != EINTR)
      return errno == EWOULDBLOCK ? EAGAIN : errno;
    h->out_sent += n > 0 ? (size_t)n : 0;
    if (h->out_sent == h->out.len) {
      pl_buf_clear(&h->out);
      h->out_sent = 0;
    }
  }
}

/* What the session has to say of its end; else what its socket has. */
static void session_failed(pl_conn *c)
{
  char why[96];
  (void)snprintf(why, sizeof why, "HTTP/2: %s", c->client->http2->why(c->http2.session));
  settle_early(c);
  pl_conn_fail(c, PL_FAIL_PROTOCOL, why);
}

static void flush(pl_conn *c)
{
  if (c->state == PL_CONN_CLOSING)
    return;
  stamp_begins(c);
  int error = push(c);
  if (error == 0 || error == EAGAIN) {
    pl_conn_watch(c, error ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    if (!error)
      stamp_ends(c);
    tell(c, 0); /* streams that broke on this side */
    if (c->state != PL_CONN_CLOSING && c->exchanges && c->client->http2->ended(c->http2.session))
      session_failed(c);
    close_retired(c);
    return;
  }
  settle_early(c);
  if (c->state == PL_CONN_CLOSING)
    return;
  if (error == ENOMEM) {
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for requests");
  } else if (error == EPROTO && c->socket.connection) {
    pl_conn_fail_secure(c);
  } else if (error == EPROTO) {
    session_failed(c);
  } else {
    lose(c, PL_FAIL_RESET, "the connection broke while requests were sent");
  }
}

static void flush_all(pl_client *client)
{
  for (pl_conn *c; (c = client->dirty) != NULL;) {
    client->dirty = c->http2.next_dirty;
    c->http2.dirty = false;
    flush(c);
  }
}

static void release_bodies(pl_conn *c)
{
  for (pl_http2_call *st = c->http2.unsent; st; st = st->next) {
    if (st->held && st->s.asked_for_body)
      release_body(st);
  }
}

/* What the server said of the session itself. */
static void heed(pl_conn *c)
{
  if (c->client->http2->going(c->http2.session)) {
    c->client->stats.http2.goaways += !c->http2.going;
    retire(c);
    return;
  }
  int room = room_of(c);
  if (room == c->room)
    return;
  pl_conn_offer(c, room);
  if (room > 0 && c->client->waiting)
    pl_endpoint_freed(c->endpoint);
}

static void on_end(pl_conn *c, ssize_t n)
{
  pl_client *client = c->client;
  int error = n < 0 ? errno : 0;
  settle_early(c);
  if (c->state == PL_CONN_CLOSING)
    return;
  if (error == EPROTO && c->socket.connection) {
    pl_conn_fail_secure(c);
  } else if (!c->exchanges) {
    pl_conn_close(c);
    pl_client_freed(client);
  } else if (error) {
    lose(c, PL_FAIL_RESET, strerrordesc_np(error));
  } else {
    lose(c, PL_FAIL_TRUNCATED, "the connection was closed in the middle of the session");
  }
}

static bool receive(pl_conn *c)
{
  pl_client *client = c->client;
  char *buffer = client->read_buffer;
  ssize_t n = pl_socket_recv(&c->socket, buffer, PL_READ_SIZE);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  if (n <= 0) {
    on_end(c, n);
    return true;
  }
  uint64_t now = pl_conn_now(c);
  int code = client->http2->receive(c->http2.session, buffer, (size_t)n, now);
  client->gathering = true;
  gather(c);
  heed(c);
  tell(c, now);
  if (c->state != PL_CONN_CLOSING && c->http2.held)
    release_bodies(c);
  client->gathering = false;
  flush_all(client);
  if (code && c->state != PL_CONN_CLOSING)
    session_failed(c);
  return true;
}

static void begin(pl_conn *c)
{
  pl_client *client = c->client;
  pl_error err = {0};
  int code = pl_client_http2(client, &err);
  pl_buf_init(&c->http2.out, client->o.alloc, SIZE_MAX / 2);
  if (!code && client->http2->open(client->http2_context, &c->http2.session))
    code = pl_fail(&err, PL_ENOMEM, "out of memory for a session");
  if (code) {
    pl_conn_fail(c, PL_FAIL_PROTOCOL, err.message);
    return;
  }
  client->stats.http2.sessions++;
  pl_exchange *next;
  for (pl_exchange *x = c->exchanges; x && c->state != PL_CONN_CLOSING; x = next) {
    next = x->next;
    request(c, x);
  }
  flush(c);
}

/* ---- Leaving -------------------------------------------------------------------------------------- */

/* The stream alone is cancelled; before the connection stands there is none. */
static void leave(pl_conn *c, pl_exchange *x)
{
  pl_http2_call *st = x->stream;
  if (st) {
    c->client->http2->drop(c->http2.session, &st->s);
    detach(st);
    give(c->client, st);
    pl_conn_offer(c, room_of(c));
    flush(c);
    return;
  }
  pl_exchange_unlink(x);
  x->conn = NULL;
  if (c->exchanges)
    pl_conn_offer(c, c->room + 1);
  else
    pl_conn_close(c);
}

static void stop(pl_conn *c)
{
  pl_http2_conn *h = &c->http2;
  for (pl_http2_call *st; (st = h->unsent ? h->unsent : h->streams) != NULL; give(c->client, st)) {
    end_hold(st);
    unlink_stream(st);
    st->x->stream = NULL;
  }
  h->n_streams = 0;
  if (!h->dirty)
    return;
  pl_conn **at = &c->client->dirty;
  while (*at != c)
    at = &(*at)->http2.next_dirty;
  *at = h->next_dirty;
}

static void fini(pl_conn *c)
{
  pl_buf_fini(&c->http2.out);
  if (c->http2.session)
    c->client->http2->close(c->http2.session);
}

const pl_dialect pl_http2_dialect = {
    .name = "h2", .alpn = "h2,http/1.1", .begin = begin, .send = send_exchange, .writable = flush, .receive = receive,
    .leave = leave, .stop = stop, .fini = fini,
};

/* ---- The module ----------------------------------------------------------------------------------- */

int pl_client_http2(pl_client *client, pl_error *err)
{
  const pl_module_head *head;
  if (client->http2)
    return PL_OK;
  int code = pl_module_find(client->o.module_dir, "http2", PL_HTTP2_ABI, &head, err);
  if (code)
    return code;
  const pl_http2 *http2 = (const pl_http2 *)(const void *)head;
  if (http2->context_new(client->o.alloc, &client->http2_context))
    return pl_fail(err, PL_ENOMEM, "out of memory for HTTP/2");
  client->http2 = http2;
  return PL_OK;
}

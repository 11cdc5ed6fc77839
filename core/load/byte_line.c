/* Bytes over a socket of ours. What goes out stands in one buffer, in order; what came in and was not taken waits in another. Each
 * call does what can be done at once and says in the state what it waits for. Datagrams that no operation waits for stay in the socket: the
 * room of its queue is their bound, and what the kernel has to drop it counts. */
#include "load/byte_line.h"

#include <errno.h>
#include <string.h>

enum { PASSED_OVER_MAX = 1024 }; /* datagrams at a time: more than a socket keeps, and an end where the peer never rests */

bool pl_byte_line_is_proxied(const pl_protocol *p, const pl_route *route)
{
  return route->proxy && !p->datagram && (strcmp(p->scheme, "ws") == 0 || strcmp(p->scheme, "http") == 0);
}

void pl_byte_line_init(pl_byte_line *s, pl_client *client, const pl_protocol *protocol, void *conversation, const pl_url *url,
                       const pl_route *route, uint32_t settings)
{
  *s = (pl_byte_line){.client = client, .protocol = protocol, .conversation = conversation, .host = url->host, .route = route,
                      .settings = settings};
  s->proxied = pl_byte_line_is_proxied(protocol, route);
  pl_route_target(route, url->host, url->port, &s->to_host, &s->to_port);
  s->secure = protocol->secure_scheme && pl_str_eqc(url->scheme, protocol->secure_scheme);
  s->socket.fd = -1;
  pl_buf_init(&s->out, client->o.alloc, PL_BYTE_LINE_MAX);
  pl_buf_init(&s->in, client->o.alloc, PL_BYTE_LINE_MAX);
}

void pl_byte_line_fini(pl_byte_line *s)
{
  if (s->tls_session)
    s->client->transport->session_free(s->tls_session);
  pl_buf_fini(&s->out);
  pl_buf_fini(&s->in);
}

static void hang_up(void *line)
{
  pl_byte_line *s = line;
  pl_buf_clear(&s->out);
  pl_buf_clear(&s->in);
  s->sent = s->taken = 0;
  s->unsent = s->at_end = false;
  if (s->socket.fd >= 0)
    pl_socket_close(&s->socket);
  pl_tunnel_free(s->tunnel);
  s->tunnel = NULL;
}

/* ---- Receiving ------------------------------------------------------------------------------------ */

static enum pl_line_progress flush(pl_byte_line *s, pl_line_state *st);

/* What the conversation said of the bytes that it was offered. */
static enum pl_line_progress reached(pl_byte_line *s, int code, const char *why, pl_line_state *st)
{
  bool flushed = s->out.len == s->sent || s->unsent || flush(s, st) != PL_LINE_FAILED;
  if (code < 0) /* and the peer was told, as far as that goes */
    return pl_line_fail(st, code == PL_ETRUNC ? PL_FAIL_TRUNCATED : PL_FAIL_PROTOCOL, why);
  if (!flushed)
    return PL_LINE_FAILED;
  if (code == PL_PROTOCOL_MORE)
    return PL_LINE_WAITS;
  if (s->phase == PL_BYTE_IDLE) /* begun and never sent, as the script was wrong: nobody waits */
    return PL_LINE_WAITS;
  bool greeting = s->phase == PL_BYTE_GREETING;
  s->phase = PL_BYTE_IDLE;
  return greeting ? PL_LINE_OPEN : PL_LINE_DONE;
}

static void forget_taken(pl_byte_line *s)
{
  pl_buf_drop(&s->in, s->taken);
  s->taken = 0;
}

/* Keeps bytes that nobody takes now. from_in: they are the end of s->in already, and are moved only when what was taken has become as
 * much: a backlog of many small answers is not moved for each. */
static bool keep(pl_byte_line *s, const char *data, size_t len, bool from_in)
{
  if (!from_in)
    return !len || pl_buf_add(&s->in, data, len) == PL_OK;
  s->taken = s->in.len - len;
  if (s->taken >= len)
    forget_taken(s);
  return true;
}

/* Adds bytes behind those that wait. */
static bool add_waiting(pl_byte_line *s, const char *data, size_t len)
{
  if (s->in.len + len > s->in.max)
    forget_taken(s);
  return pl_buf_add(&s->in, data, len) == PL_OK;
}

/* Whether an operation is in flight that wants an answer, or the greeting. */
static bool expects(const pl_byte_line *s)
{
  return s->phase != PL_BYTE_IDLE && !(s->phase == PL_BYTE_BUSY && s->no_answer);
}

/* Offers bytes to the conversation: those that wait, then the new ones. */
static enum pl_line_progress take(pl_byte_line *s, char *data, size_t len, pl_line_state *st)
{
  static const char too_much[] = "the peer sent more than 64 MiB that nobody asked for";
  bool from_in = s->in.len > 0;
  const char *why = "";
  size_t used = 0;
  char none[1];
  if (from_in && len && !add_waiting(s, data, len))
    return pl_line_fail(st, PL_FAIL_PROTOCOL, too_much);
  if (from_in) {
    data = s->in.data + s->taken;
    len = s->in.len - s->taken;
  }
  if (!data) /* so that modules may count from it */
    data = none;
  if (!expects(s) && !s->protocol->listens)
    return keep(s, data, len, from_in) ? PL_LINE_WAITS : pl_line_fail(st, PL_FAIL_PROTOCOL, too_much);
  int code = s->protocol->receive(s->conversation, data, len, &used, &s->out, &why);
  if (code >= 0 && !keep(s, data + used, len - used, from_in))
    return pl_line_fail(st, PL_FAIL_PROTOCOL, too_much);
  return reached(s, code, why, st);
}

/* The transport's words go with the connection. */
static enum pl_line_progress fail_secure(const pl_byte_line *s, pl_line_state *st)
{
  return pl_line_fail(st, PL_FAIL_TLS, s->socket.transport->why(s->socket.connection));
}

/* Whether an end waits for the next operation that reads; one that is being sent goes on, unless the connection broke. */
static bool keeps_end(const pl_byte_line *s, int error)
{
  return s->protocol->keeps_end && !expects(s) && !(error && s->phase == PL_BYTE_BUSY);
}

/* The peer has closed (error 0), or the connection broke. */
static enum pl_line_progress ended(pl_byte_line *s, int error, pl_line_state *st)
{
  if (keeps_end(s, error)) {
    s->at_end = true;
    s->end_error = error;
    st->waits &= ~PL_LINE_READ;
    return PL_LINE_WAITS;
  }
  const char *why = error ? strerror(error) : "the connection was closed";
  if (error == EPROTO && s->socket.connection)
    return fail_secure(s, st);
  bool idle = s->phase == PL_BYTE_IDLE && s->protocol->listens;
  int code = !error && (idle || s->phase == PL_BYTE_BUSY) && s->protocol->ended ? s->protocol->ended(s->conversation, &why) : PL_ERESET;
  if (code == PL_PROTOCOL_DONE)
    return PL_LINE_ENDED;
  bool unread = s->phase == PL_BYTE_IDLE && s->protocol->open_label && s->in.len > s->taken;
  if (!error && (unread || (idle && code == PL_PROTOCOL_MORE))) { /* the next operation sees the end again, behind what was kept */
    st->waits = 0;
    return PL_LINE_WAITS;
  }
  return pl_line_fail(st, error || (st->times && !st->times->first_byte) ? PL_FAIL_RESET : PL_FAIL_TRUNCATED, why);
}

/* Whether what came in is left in the socket for a later operation. */
static bool leaves(const pl_byte_line *s)
{
  return s->protocol->datagram && (s->phase == PL_BYTE_IDLE || s->no_answer);
}

/* Before a datagram that asks for an answer: what came earlier is none. */
static enum pl_line_progress pass_over(pl_byte_line *s, pl_line_state *st)
{
  ssize_t n = 0;
  for (int i = 0; i < PASSED_OVER_MAX && n >= 0; i++)
    n = pl_socket_recv(&s->socket, s->client->read_buffer, PL_READ_SIZE);
  return n < 0 && errno != EAGAIN && errno != EINTR ? ended(s, errno, st) : PL_LINE_WAITS;
}

static enum pl_line_progress receive(pl_byte_line *s, bool broken, pl_line_state *st)
{
  char *buffer = s->client->read_buffer;
  ssize_t n = pl_socket_recv(&s->socket, buffer, PL_READ_SIZE);
  if (n < 0 && (errno == EAGAIN || errno == EINTR) && !broken)
    return PL_LINE_WAITS;
  if (n == 0 && s->protocol->datagram) { /* an empty one: no end */
    st->again = broken;
    return PL_LINE_WAITS;
  }
  if (n <= 0)
    return ended(s, n < 0 ? errno : 0, st);
  uint64_t now = st->times && !st->times->first_byte ? pl_now(st->clock) : 0;
  st->received += (uint64_t)n;
  enum pl_line_progress progress = take(s, buffer, (size_t)n, st);
  if (now && (!s->protocol->answers || s->protocol->answers(s->conversation)))
    st->times->first_byte = now;
  st->again = broken || pl_socket_pending(&s->socket);
  return progress;
}

/* ---- Sending ---------------------------------------------------------------------------------------- */

/* All that there was to say went out: the operation is sent, or what opens the conversation, where that is an operation of its own. */
static void note_sent(const pl_byte_line *s, const pl_line_state *st)
{
  pl_times *t = st->times;
  bool asked = s->unsent ? s->has_request : s->phase == PL_BYTE_GREETING;
  if (asked && t && t->send && !t->sent)
    t->sent = pl_now(st->clock);
}

/* The operation's last byte went out. */
static enum pl_line_progress request_sent(pl_byte_line *s, pl_line_state *st)
{
  s->unsent = false;
  if (!s->no_answer) {
    enum pl_line_progress progress = take(s, NULL, 0, st);
    return progress == PL_LINE_WAITS && s->at_end ? ended(s, s->end_error, st) : progress;
  }
  s->phase = PL_BYTE_IDLE;
  return PL_LINE_DONE;
}

static enum pl_line_progress flush(pl_byte_line *s, pl_line_state *st)
{
  int reads = s->at_end ? 0 : PL_LINE_READ;
  while (s->sent < s->out.len) {
    struct iovec rest = {s->out.data + s->sent, s->out.len - s->sent};
    ssize_t n = pl_socket_send(&s->socket, &rest, 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN) {
      st->waits = reads | PL_LINE_WRITE;
      return PL_LINE_WAITS;
    }
    if (n < 0)
      return pl_line_fail(st, PL_FAIL_RESET, "the connection broke while the request was sent");
    s->sent += (size_t)n;
    st->sent += (uint64_t)n;
  }
  note_sent(s, st);
  st->waits = reads;
  pl_buf_clear(&s->out);
  s->sent = 0;
  return s->unsent ? request_sent(s, st) : PL_LINE_WAITS;
}

static enum pl_line_progress send_request(void *line, pl_str request, bool no_answer, pl_line_state *st)
{
  pl_byte_line *s = line;
  if (pl_buf_add(&s->out, request.data, request.len))
    return pl_line_fail(st, PL_FAIL_PROTOCOL, "out of memory for a request");
  if (st->times)
    st->times->first_byte = 0; /* what came before it was the greeting */
  if (s->protocol->datagram && request.len && !no_answer && pass_over(s, st) == PL_LINE_FAILED)
    return PL_LINE_FAILED;
  s->phase = PL_BYTE_BUSY;
  s->unsent = true;
  s->no_answer = no_answer;
  s->has_request = request.len > 0;
  return flush(s, st);
}

static bool spent(const void *line)
{
  const pl_byte_line *s = line;
  return s->at_end && s->in.len == s->taken;
}

/* ---- Connecting ------------------------------------------------------------------------------------- */

static enum pl_line_progress greet(void *line, pl_line_state *st)
{
  pl_byte_line *s = line;
  const char *why = "out of memory for a greeting";
  int code = s->protocol->greet ? s->protocol->greet(s->conversation, &s->out, &why) : PL_PROTOCOL_DONE;
  s->phase = PL_BYTE_GREETING;
  if (code == PL_PROTOCOL_MORE)
    return flush(s, st);
  s->phase = PL_BYTE_IDLE;
  return code < 0 ? pl_line_fail(st, PL_FAIL_PROTOCOL, why) : PL_LINE_OPEN;
}

static enum pl_line_progress handshake(pl_byte_line *s, pl_line_state *st)
{
  int code = s->socket.transport->handshake(s->socket.connection);
  if (code == PL_TRANSPORT_DONE) {
    pl_transport_facts facts;
    pl_secure_note(s->client, &s->socket, &facts);
    if (st->times)
      st->times->secured = pl_now(st->clock);
    st->securing = false;
    s->phase = PL_BYTE_GREETING;
    st->waits = PL_LINE_READ;
    return PL_LINE_STANDS;
  }
  if (code != PL_TRANSPORT_READ && code != PL_TRANSPORT_WRITE)
    return fail_secure(s, st);
  st->waits = code == PL_TRANSPORT_READ ? PL_LINE_READ : PL_LINE_READ | PL_LINE_WRITE;
  return PL_LINE_WAITS;
}

/* What is sent from now on reaches the target. */
static enum pl_line_progress at_target(pl_byte_line *s, pl_line_state *st)
{
  pl_error err = {0};
  pl_secure_peer peer = {s->host, pl_str_of(s->protocol->alpn), &s->tls_session};
  if (st->times)
    st->times->connected = pl_now(st->clock);
  st->waits = PL_LINE_READ;
  if (!s->secure) {
    s->phase = PL_BYTE_GREETING;
    return PL_LINE_STANDS;
  }
  if (pl_secure_open(s->client, s->settings, &s->socket, &peer, &err))
    return pl_line_fail(st, PL_FAIL_TLS, err.message);
  s->phase = PL_BYTE_SECURING;
  st->securing = true;
  return handshake(s, st);
}

/* Goes on with the tunnel. */
static enum pl_line_progress dig(pl_byte_line *s, pl_line_state *st)
{
  enum pl_tunnel_progress progress = pl_tunnel_step(s->tunnel, s->socket.fd, st->why);
  if (progress == PL_TUNNEL_FAILED) {
    st->failure = PL_FAIL_CONNECT;
    return PL_LINE_FAILED;
  }
  if (progress == PL_TUNNEL_STANDS) {
    pl_tunnel_free(s->tunnel);
    s->tunnel = NULL;
    return at_target(s, st);
  }
  st->waits = progress == PL_TUNNEL_READS ? PL_LINE_READ : PL_LINE_READ | PL_LINE_WRITE;
  return PL_LINE_WAITS;
}

static enum pl_line_progress connected(pl_byte_line *s, pl_line_state *st)
{
  int error = 0;
  socklen_t size = sizeof error;
  (void)getsockopt(s->socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error)
    return pl_line_fail(st, PL_FAIL_CONNECT, strerror(error));
  if (!s->proxied)
    return at_target(s, st);
  s->tunnel = pl_tunnel_new(s->client->o.alloc, s->route->proxy, s->to_host, s->to_port);
  if (!s->tunnel)
    return pl_line_fail(st, PL_FAIL_CONNECT, "out of memory for a connection");
  s->phase = PL_BYTE_TUNNELLING;
  return dig(s, st);
}

static enum pl_line_progress dial(void *line, const struct sockaddr *peer, pl_line_state *st)
{
  pl_byte_line *s = line;
  int fd = pl_route_connect(s->route, &s->client->local_turn, s->protocol->datagram ? SOCK_DGRAM : SOCK_STREAM,
                            (const pl_address *)(const void *)peer);
  if (fd < 0) {
    int error = errno;
    st->lacked = pl_client_lacks(s->client, error);
    return pl_line_fail(st, PL_FAIL_CONNECT, strerror(error));
  }
  s->socket = (pl_socket){.fd = fd};
  s->phase = PL_BYTE_CONNECTING;
  st->fd = fd;
  st->waits = PL_LINE_WRITE;
  return PL_LINE_WAITS;
}

static enum pl_line_progress step(void *line, int ready, pl_line_state *st)
{
  pl_byte_line *s = line;
  enum pl_line_progress progress = PL_LINE_WAITS;
  bool broken = ready & PL_LINE_BROKEN;
  st->again = false;
  if (s->phase == PL_BYTE_CONNECTING)
    return connected(s, st);
  if (s->phase == PL_BYTE_TUNNELLING)
    return dig(s, st);
  if (s->phase == PL_BYTE_SECURING)
    return handshake(s, st);
  if (ready & PL_LINE_WRITE && st->waits & PL_LINE_WRITE)
    progress = flush(s, st);
  if (progress == PL_LINE_WAITS && !broken && leaves(s))
    st->waits &= ~PL_LINE_READ; /* until the next operation */
  else if (progress == PL_LINE_WAITS && ready & (PL_LINE_READ | PL_LINE_BROKEN))
    return receive(s, broken, st);
  st->again = broken;
  return progress;
}

const pl_line_kind pl_byte_line_kind = {.dial = dial, .greet = greet, .send = send_request, .spent = spent, .step = step, .hang_up = hang_up};

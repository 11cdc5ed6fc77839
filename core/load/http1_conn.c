/* HTTP/1.1 over a connection: one exchange at a time, its head and body out, the bytes that come into an answer. A request costs one
 * send and one recv. An answer that comes whole is parsed where it was read; only a partial one is kept in the connection's own
 * buffer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load/body.h"
#include "load/conn.h"

#define HOLD_NS PL_S_NS /* how long a body waits for 100 Continue */

/* ---- Sending ---------------------------------------------------------------------------------- */

/* Bytes of head and body. */
static uint64_t request_size(const pl_exchange *x)
{
  return x->head.len + pl_body_size(x);
}

/* Sends once; after EAGAIN the same bytes are sent again, as a transport demands. EIO: the body's file cannot be read. */
static ssize_t send_rest(const pl_conn *c, const pl_exchange *x, uint64_t total)
{
  size_t head_sent = c->http1.sent < x->head.len ? (size_t)c->http1.sent : x->head.len;
  pl_str body = {NULL, 0};
  if (total > x->head.len && !pl_body_piece(x, c->http1.sent - head_sent, c->client->read_buffer, &body)) {
    errno = EIO;
    return -1;
  }
  union {
    const char *read_only;
    char *base;
  } head = {x->head.data + head_sent}, rest = {body.data};
  struct iovec parts[2];
  int n = 0;
  if (head_sent < x->head.len)
    parts[n++] = (struct iovec){head.base, x->head.len - head_sent};
  if (body.len)
    parts[n++] = (struct iovec){rest.base, body.len};
  return pl_socket_send(&c->socket, parts, n);
}

static void complete_early(pl_conn *c);

static void on_send_error(pl_conn *c, int error)
{
  if (c->http1.answered) {
    c->http1.head.keep_alive = false;
    complete_early(c);
  } else if (error == EIO && c->exchanges->file)
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "the file of the body cannot be read, or has become shorter");
  else if (error == EPROTO && c->socket.connection)
    pl_conn_fail_secure(c);
  else
    pl_conn_break(c, PL_FAIL_RESET, "the connection broke while the request was sent");
}

static void on_hold_over(pl_timer *t);

/* Sends what is left of the request, but no body that is held; watches for room when the socket is full. */
static void send_more(pl_conn *c)
{
  pl_exchange *x = c->exchanges;
  uint64_t total = c->http1.held ? x->head.len : request_size(x);
  while (c->http1.sent < total) {
    ssize_t n = send_rest(c, x, total);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pl_conn_watch(c, UV_READABLE | UV_WRITABLE);
      return;
    }
    if (n < 0) {
      on_send_error(c, errno);
      return;
    }
    c->http1.sent += (uint64_t)n;
    x->answer.bytes_sent += (uint64_t)n;
  }
  pl_conn_watch(c, UV_READABLE);
  if (c->http1.held) {
    c->http1.hold.fn = on_hold_over;
    pl_wheel_set(c->client->o.wheel, &c->http1.hold, pl_conn_now(c) + HOLD_NS);
    return;
  }
  x->times.sent = pl_conn_now(c);
  if (c->http1.answered)
    complete_early(c);
  else if (x->first_byte_timeout_ns)
    pl_exchange_arm(x);
}

/* The body goes out now. */
static void release_body(pl_conn *c)
{
  if (!c->http1.held)
    return;
  c->http1.held = c->http1.got_byte = false; /* 100 Continue is no answer */
  c->exchanges->times.first_byte = 0;
  pl_wheel_cancel(c->client->o.wheel, &c->http1.hold);
  send_more(c);
}

/* RFC 9110 section 10.1.1: a server that says nothing gets the body, too. */
static void on_hold_over(pl_timer *t)
{
  release_body((pl_conn *)(void *)((char *)t - offsetof(pl_conn, http1.hold)));
}

static void send_request(pl_conn *c, pl_exchange *x)
{
  pl_http1 *h = &c->http1;
  h->sent = 0;
  h->held = x->expect_continue && pl_body_size(x) > 0;
  h->got_byte = h->in_body = h->answered = false;
  h->stale = true;
  h->more = x->requests > 1 ? x->requests - 1 : 0;
  if (x->times.send == 0) {
    x->times.send = pl_conn_send_time(c);
    if (x->sending)
      x->sending(x);
  }
  send_more(c);
}

static void begin(pl_conn *c)
{
  c->http1.remaining = c->endpoint->route->requests;
  pl_buf_init(&c->http1.keep, c->client->o.alloc, c->client->o.header_max + c->client->o.body_max + PL_READ_SIZE);
  send_request(c, c->exchanges);
}

static void writable(pl_conn *c)
{
  if (c->state == PL_CONN_BUSY)
    send_more(c);
}

/* ---- Receiving -------------------------------------------------------------------------------- */

/* Whether another request may follow the one that was just answered. */
static bool may_rest(pl_conn *c, const pl_exchange *x)
{
  bool used_up = c->http1.remaining && --c->http1.remaining == 0;
  return c->http1.head.keep_alive && !used_up && !c->client->closing && c->http1.sent >= request_size(x);
}

static void set_answer(const pl_conn *c, pl_exchange *x, pl_str head, pl_str body)
{
  x->answer.status = c->http1.head.status;
  x->answer.head = head;
  x->answer.body = body;
  x->answer.coded = c->http1.head.coded;
}

/* The answer is complete, and others to the same batch come behind it. */
static void complete_part(pl_conn *c, pl_str head, pl_str body)
{
  c->http1.more--;
  c->exchanges->answered++;
  pl_conn_answered(c);
  c->http1.in_body = false;
  if (c->http1.remaining > 1)
    c->http1.remaining--;
  set_answer(c, c->exchanges, head, body);
  c->exchanges->partly(c->exchanges);
}

/* The answer is complete, and the request as far as it is wanted: the connection is free before the owner hears of it, so that its next
 * request can use it. */
static void conclude(pl_conn *c, pl_str head, pl_str body)
{
  pl_exchange *x = c->exchanges;
  pl_client *client = c->client;
  set_answer(c, x, head, body);
  pl_exchange_unlink(x);
  x->conn = NULL;
  pl_conn_answered(c);
  bool has_cookie = c->http1.head.has_cookie;
  if (may_rest(c, x))
    pl_conn_offer(c, 1);
  else
    pl_conn_close(c);
  if (client->waiting)
    pl_client_freed(client);
  pl_exchange_complete(x, has_cookie);
}

static pl_str kept_head(const pl_conn *c)
{
  return (pl_str){c->http1.keep.data, c->http1.head.len};
}

static pl_str kept_body(const pl_conn *c)
{
  return (pl_str){c->http1.keep.data + c->http1.head.len, c->http1.keep.len - c->http1.head.len};
}

/* Keeps a complete answer that is not yet told of. */
static bool keep_answer(pl_conn *c, pl_str head, pl_str body)
{
  pl_buf *keep = &c->http1.keep;
  if (head.data != keep->data) {
    pl_buf_clear(keep);
    return !pl_buf_add(keep, head.data, head.len) && !pl_buf_add(keep, body.data, body.len);
  }
  keep->len = head.len + body.len;
  return true;
}

/* The answer is complete. Where it came before all of the request had gone out, and is no refusal, the server is to get the rest (RFC 9110
 * section 7.5); an error or an end of the connection makes that needless. */
static void complete(pl_conn *c, pl_str head, pl_str body)
{
  bool wanted = c->http1.head.status < 400 && c->http1.head.keep_alive && !c->http1.held;
  if (!wanted || c->http1.sent >= request_size(c->exchanges)) {
    conclude(c, head, body);
    return;
  }
  c->http1.answered = true; /* the socket is watched: there was no room in it */
  if (!keep_answer(c, head, body))
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
}

/* The rest of the request went out behind its answer, or nobody takes it. */
static void complete_early(pl_conn *c)
{
  pl_times *t = &c->exchanges->times;
  t->first_byte = t->end = pl_conn_now(c);
  conclude(c, kept_head(c), kept_body(c));
}

/* Takes body bytes at data (decoded in place). Returns 1 complete, 0 more, PL_EPROTO. */
static int take_body(pl_conn *c, char *data, size_t len, size_t *used, size_t *decoded, const char **why)
{
  switch (c->http1.head.framing) {
  case PL_BODY_NONE:
    *used = *decoded = 0;
    return 1;
  case PL_BODY_LENGTH:
    *used = *decoded = len < c->http1.left ? len : (size_t)c->http1.left;
    c->http1.left -= *used;
    return c->http1.left == 0;
  case PL_BODY_CHUNKED:
    return pl_chunk_decode(&c->http1.chunk, data, len, used, decoded, why);
  case PL_BODY_UNTIL_CLOSE:
    break;
  }
  *used = *decoded = len;
  return 0;
}

/* Keeps decoded body bytes for a script that wants them, up to the limit. */
static int keep_body(pl_conn *c, const char *data, size_t len)
{
  pl_exchange *x = c->exchanges;
  size_t held = c->http1.keep.len - c->http1.head.len, max = c->client->o.body_max;
  if (!x->want_body)
    return PL_OK;
  if (held + len > max) {
    x->answer.body_cut = true;
    len = max - held;
  }
  return pl_buf_add(&c->http1.keep, data, len);
}

static void begin_answer(pl_conn *c, char *data, size_t len);

/* More body of an answer whose head is kept. */
static void continue_body(pl_conn *c, char *data, size_t len)
{
  size_t used, decoded;
  const char *why = "";
  int code = take_body(c, data, len, &used, &decoded, &why);
  if (code < 0) {
    pl_conn_fail(c, PL_FAIL_PROTOCOL, why);
    return;
  }
  if (keep_body(c, data, decoded)) {
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
    return;
  }
  if (code == 0)
    return;
  if (c->http1.more) {
    complete_part(c, kept_head(c), kept_body(c));
    pl_buf_clear(&c->http1.keep);
    c->http1.got_byte = used < len;
    if (used < len)
      begin_answer(c, data + used, len - used);
    return;
  }
  if (used < len)
    c->http1.head.keep_alive = false; /* bytes that nobody asked for */
  complete(c, kept_head(c), kept_body(c));
}

/* A complete head at the front of data. in_keep: data is the connection's buffer. Returns the bytes of an answer behind which the
 * next of its batch begins; 0: there is nothing to look at now. */
static size_t begin_body(pl_conn *c, char *data, size_t len, bool in_keep)
{
  size_t used, decoded, head = c->http1.head.len;
  const char *why = "";
  c->http1.in_body = true;
  c->http1.left = c->http1.head.content_length;
  c->http1.chunk = (pl_chunk){0};
  int code = take_body(c, data + head, len - head, &used, &decoded, &why);
  if (code < 0) {
    pl_conn_fail(c, PL_FAIL_PROTOCOL, why);
    return 0;
  }
  if (code == 1) {
    if (pl_http1_asks_for_tls(c->http1.head.status, (pl_str){data + head, decoded}))
      c->exchanges->answer.spoken = PL_SPOKEN_TLS;
    pl_str body = c->exchanges->want_body ? (pl_str){data + head, decoded} : (pl_str){"", 0};
    if (c->http1.more) {
      complete_part(c, (pl_str){data, head}, body);
      return head + used;
    }
    if (head + used < len)
      c->http1.head.keep_alive = false;
    complete(c, (pl_str){data, head}, body);
    return 0;
  }
  if (in_keep)
    c->http1.keep.len = head + (c->exchanges->want_body ? decoded : 0);
  else if (pl_buf_add(&c->http1.keep, data, head) || keep_body(c, data + head, decoded))
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
  return 0;
}

static void fail_long_head(pl_conn *c)
{
  char why[80];
  (void)snprintf(why, sizeof why, "the answer's head is longer than the limit, %zu bytes", c->client->o.header_max);
  pl_conn_fail(c, PL_FAIL_PROTOCOL, why);
}

/* Bytes of an answer whose head is not complete yet. */
static void begin_answer(pl_conn *c, char *data, size_t len)
{
  bool in_keep = c->http1.keep.len > 0, wanted = false;
  if (in_keep) {
    if (pl_buf_add(&c->http1.keep, data, len)) {
      pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
      return;
    }
    data = c->http1.keep.data;
    len = c->http1.keep.len;
  }
  for (;;) {
    const char *why = "";
    pl_http1_memo *memo = &c->client->heads[len % PL_HEADS];
    int code = pl_http1_parse_again(memo, (pl_str){data, len}, c->exchanges->head_only, &c->http1.head, &why);
    if (code < 0) {
      c->exchanges->answer.spoken = pl_http1_spoken((pl_str){data, len});
      pl_conn_fail(c, PL_FAIL_PROTOCOL, why);
      return;
    }
    if (code == 0)
      break;
    if (c->http1.head.len > c->client->o.header_max) {
      fail_long_head(c);
      return;
    }
    if (c->http1.head.status == 101) {
      pl_conn_fail(c, PL_FAIL_PROTOCOL, "the server switched to a protocol that nobody asked for");
      return;
    }
    size_t taken = c->http1.head.len; /* an interim answer */
    if (c->http1.head.status >= 200) {
      taken = begin_body(c, data, len, in_keep);
      if (!taken)
        return;
    }
    wanted = wanted || c->http1.head.status == 100;
    len -= taken;
    c->http1.got_byte = len > 0 || c->http1.head.status < 200; /* of the answer that is next */
    if (in_keep)
      pl_buf_drop(&c->http1.keep, taken);
    else
      data += taken;
  }
  if (len > c->client->o.header_max) {
    fail_long_head(c);
    return;
  }
  if (!in_keep && pl_buf_add(&c->http1.keep, data, len))
    pl_conn_fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
  else if (wanted)
    release_body(c); /* last: sending may use the buffer that data lay in */
}

static void on_end(pl_conn *c)
{
  if (c->http1.in_body && c->http1.head.framing == PL_BODY_UNTIL_CLOSE && !c->http1.more) {
    complete(c, kept_head(c), kept_body(c));
    return;
  }
  if (c->http1.got_byte)
    pl_conn_fail(c, PL_FAIL_TRUNCATED, "the connection was closed in the middle of the answer");
  else
    pl_conn_break(c, PL_FAIL_RESET, "the connection was closed without an answer");
}

static void on_receive_error(pl_conn *c, int error)
{
  if (error == EPROTO && c->socket.connection)
    pl_conn_fail_secure(c);
  else if (c->http1.got_byte)
    pl_conn_fail(c, PL_FAIL_RESET, "the connection broke in the middle of the answer");
  else
    pl_conn_break(c, PL_FAIL_RESET, strerrordesc_np(error));
}

/* The server closed an idle connection, or sent what nobody asked for. */
static void drop_idle(pl_conn *c)
{
  pl_client *client = c->client;
  pl_conn_close(c);
  pl_client_freed(client);
}

/* False when there is nothing to read now. */
static bool receive(pl_conn *c)
{
  char *buffer = c->client->read_buffer;
  ssize_t n = pl_socket_recv(&c->socket, buffer, PL_READ_SIZE);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  if (c->state == PL_CONN_IDLE) {
    drop_idle(c);
    return true;
  }
  pl_exchange *x = c->exchanges;
  if (c->http1.answered) { /* the end, or what nobody asked for */
    c->http1.head.keep_alive = false;
    complete_early(c);
    return true;
  }
  x->times.end = pl_conn_now(c);
  if (n <= 0) {
    if (n == 0)
      on_end(c);
    else
      on_receive_error(c, errno);
    return true;
  }
  if (!c->http1.got_byte) {
    c->http1.got_byte = true;
    x->times.first_byte = x->times.end;
  }
  x->answer.bytes_received += (uint64_t)n;
  if (c->http1.stale) {
    pl_buf_clear(&c->http1.keep);
    c->http1.stale = false;
  }
  if (c->http1.in_body)
    continue_body(c, buffer, (size_t)n);
  else
    begin_answer(c, buffer, (size_t)n);
  return true;
}

/* ---- Leaving ----------------------------------------------------------------------------------- */

/* Nobody can tell the server that an answer is not wanted any more. */
static void leave(pl_conn *c, pl_exchange *x)
{
  (void)x;
  pl_conn_close(c);
}

static void stop(pl_conn *c)
{
  if (c->http1.held)
    pl_wheel_cancel(c->client->o.wheel, &c->http1.hold);
}

static void fini(pl_conn *c)
{
  pl_buf_fini(&c->http1.keep);
}

const pl_dialect pl_http1_dialect = {
    .name = "http/1.1", .alpn = "http/1.1", .begin = begin, .send = send_request, .writable = writable, .receive = receive,
    .leave = leave, .stop = stop, .fini = fini,
};

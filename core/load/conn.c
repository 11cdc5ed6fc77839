/* One connection: connect, send, receive, and the way of bytes into an answer. Readiness is level-triggered and registered
 * once; a request costs one send and one recv. An answer that comes whole is parsed where it was read; only a partial one is
 * kept in the connection's own buffer. */
#include "load/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "load/body.h"

#define HOLD_NS PL_S_NS /* how long a body waits for 100 Continue */

static void on_ready(uv_poll_t *poll, int status, int events);

static uint64_t now_of(const pl_conn *c)
{
  return pl_now(c->client->o.clock);
}

static void watch(pl_conn *c, int interest)
{
  if (c->interest == interest)
    return;
  c->interest = interest;
  (void)uv_poll_start(&c->poll, interest, on_ready);
}

/* ---- Opening and closing ---------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
  pl_conn *c = handle->data;
  pl_client *client = c->client;
  pl_buf_fini(&c->keep);
  pl_free(client->o.alloc, c, sizeof *c);
  pl_client_handle_closed(client);
}

static void link_idle(pl_conn *c)
{
  c->state = PL_CONN_IDLE;
  c->next = c->endpoint->idle;
  c->link = &c->endpoint->idle;
  if (c->next)
    c->next->link = &c->next;
  c->endpoint->idle = c;
  c->client->n_idle++;
}

static void unlink_idle(pl_conn *c)
{
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  c->link = NULL;
  c->client->n_idle--;
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
  if (c->state == PL_CONN_IDLE)
    unlink_idle(c);
  unlink_conn(c);
  c->state = PL_CONN_CLOSING;
  if (c->exchange)
    c->exchange->conn = NULL;
  c->exchange = NULL;
  if (c->held)
    pl_wheel_cancel(c->client->o.wheel, &c->hold);
  c->client->stats.open--;
  uv_close((uv_handle_t *)&c->poll, on_closed);
  pl_socket_close(&c->socket);
}

/* Closes, and gives back the exchange; the place is free for others once pl_client_freed is called. */
static pl_exchange *give_up(pl_conn *c)
{
  pl_exchange *x = c->exchange;
  pl_conn_close(c);
  return x;
}

static void fail(pl_conn *c, enum pl_failure failure, const char *why)
{
  pl_client *client = c->client;
  pl_exchange *x = give_up(c);
  pl_client_freed(client);
  pl_exchange_fail(x, failure, "%s", why);
}

/* A new non-blocking socket that is connecting; -1 with errno. */
static int open_socket(const pl_address *a)
{
  int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  int on = 1;
  if (a->any.sa_family != AF_UNIX)
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, &a->any, pl_address_size(a)) == 0 || errno == EINPROGRESS)
    return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

/* A socket to the first address not tried yet to which a connection can be begun; -1: *why tells of the last one. */
static int open_any(pl_endpoint *e, pl_exchange *x, unsigned *address, const char **why)
{
  for (int at; (at = pl_endpoint_next(e, x->tried)) >= 0;) {
    x->tried |= UINT32_C(1) << at;
    *address = (unsigned)at;
    int fd = open_socket(&e->addresses.list[at]);
    if (fd >= 0)
      return fd;
    int error = errno;
    if (error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == ENOBUFS)
      e->client->stats.out_of = error;
    else
      pl_endpoint_demote(e, *address);
    *why = strerrordesc_np(error);
  }
  return -1;
}

static void count_open(pl_client *client)
{
  client->handles++;
  client->stats.opened++;
  client->stats.open++;
  if (client->stats.open > client->stats.max_open)
    client->stats.max_open = client->stats.open;
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
  c->exchange = x;
  c->socket.fd = fd;
  c->address = address;
  pl_buf_init(&c->keep, client->o.alloc, client->o.header_max + client->o.body_max + PL_READ_SIZE);
  link_conn(client, c);
  count_open(client);
  x->conn = c;
  x->answer.new_connection = true;
  watch(c, UV_READABLE | UV_WRITABLE);
  return PL_OK;
}

/* ---- Sending ---------------------------------------------------------------------------------- */

/* Bytes of head and body. */
static uint64_t request_size(const pl_exchange *x)
{
  return x->head.len + pl_body_size(x);
}

/* Sends once; after EAGAIN the same bytes are sent again, as a transport demands. EIO: the body's file cannot be read. */
static ssize_t send_rest(const pl_conn *c, const pl_exchange *x, uint64_t total)
{
  size_t head_sent = c->sent < x->head.len ? (size_t)c->sent : x->head.len;
  pl_str body = {NULL, 0};
  if (total > x->head.len && !pl_body_piece(x, c->sent - head_sent, c->client->read_buffer, &body)) {
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

static void fail_secure(pl_conn *c);

static void on_send_error(pl_conn *c, int error)
{
  bool reused = c->reused;
  if (error == EIO && c->exchange->file)
    fail(c, PL_FAIL_PROTOCOL, "the file of the body cannot be read, or has become shorter");
  else if (error == EPROTO && c->socket.connection)
    fail_secure(c);
  else
    pl_exchange_broken(give_up(c), reused, PL_FAIL_RESET, "the connection broke while the request was sent");
}

static void on_hold_over(pl_timer *t);

/* Sends what is left of the request, but no body that is held; watches for room when the socket is full. */
static void send_more(pl_conn *c)
{
  pl_exchange *x = c->exchange;
  uint64_t total = c->held ? x->head.len : request_size(x);
  while (c->sent < total) {
    ssize_t n = send_rest(c, x, total);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      watch(c, UV_READABLE | UV_WRITABLE);
      return;
    }
    if (n < 0) {
      on_send_error(c, errno);
      return;
    }
    c->sent += (uint64_t)n;
    x->answer.bytes_sent += (uint64_t)n;
  }
  watch(c, UV_READABLE);
  if (c->held) {
    c->hold.fn = on_hold_over;
    pl_wheel_set(c->client->o.wheel, &c->hold, now_of(c) + HOLD_NS);
    return;
  }
  x->times.sent = now_of(c);
  if (x->first_byte_timeout_ns)
    pl_exchange_arm(x);
}

/* The body goes out now. */
static void release_body(pl_conn *c)
{
  if (!c->held)
    return;
  c->held = c->got_byte = false; /* 100 Continue is no answer */
  pl_wheel_cancel(c->client->o.wheel, &c->hold);
  send_more(c);
}

/* RFC 9110 section 10.1.1: a server that says nothing gets the body, too. */
static void on_hold_over(pl_timer *t)
{
  release_body((pl_conn *)(void *)((char *)t - offsetof(pl_conn, hold)));
}

static void begin_request(pl_conn *c)
{
  c->state = PL_CONN_BUSY;
  c->sent = 0;
  c->held = c->exchange->expect_continue && pl_body_size(c->exchange) > 0;
  c->got_byte = c->in_body = false;
  c->stale = true;
  pl_exchange *x = c->exchange;
  if (x->times.send == 0) {
    x->times.send = now_of(c);
    if (x->sending)
      x->sending(x);
  }
  send_more(c);
}

void pl_conn_start(pl_conn *c, pl_exchange *x)
{
  unlink_idle(c);
  c->exchange = x;
  x->conn = c;
  begin_request(c);
}

/* The next address that this exchange has not tried takes the place. */
static void connect_failed(pl_conn *c, int error)
{
  pl_client *client = c->client;
  pl_endpoint *e = c->endpoint;
  const char *why = strerrordesc_np(error);
  client->stats.connect_errors++;
  pl_endpoint_demote(e, c->address);
  pl_exchange *x = give_up(c);
  if (pl_conn_open(e, x, &why) == PL_OK)
    return;
  pl_client_freed(client);
  pl_exchange_fail(x, PL_FAIL_CONNECT, "%s", why);
}

/* The transport's words go with the connection. */
static void fail_secure(pl_conn *c)
{
  char text[128];
  (void)snprintf(text, sizeof text, "%s", c->socket.transport->why(c->socket.connection));
  fail(c, PL_FAIL_TLS, text);
}

static void secured(pl_conn *c)
{
  pl_transport_facts f;
  char why[64];
  pl_secure_note(c->client, &c->socket, &f);
  c->exchange->times.secured = now_of(c);
  if (!f.protocol[0] || strcmp(f.protocol, "http/1.1") == 0) {
    begin_request(c);
    return;
  }
  (void)snprintf(why, sizeof why, "TLS: the server chose %s", f.protocol);
  fail(c, PL_FAIL_TLS, why);
}

/* Goes on with the handshake. */
static void secure(pl_conn *c)
{
  int code = c->socket.transport->handshake(c->socket.connection);
  if (code == PL_TRANSPORT_DONE) {
    secured(c);
  } else if (code == PL_TRANSPORT_READ || code == PL_TRANSPORT_WRITE) {
    watch(c, code == PL_TRANSPORT_READ ? UV_READABLE : UV_READABLE | UV_WRITABLE);
  } else {
    fail_secure(c);
  }
}

static void begin_secure(pl_conn *c)
{
  pl_endpoint *e = c->endpoint;
  pl_error err = {0};
  if (pl_secure_open(c->client, e->settings, &c->socket, &(pl_secure_peer){e->url.host, PL_STR("http/1.1"), &e->session}, &err)) {
    fail(c, PL_FAIL_TLS, err.message);
    return;
  }
  c->state = PL_CONN_SECURING;
  secure(c);
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
  c->exchange->times.connected = now_of(c);
  if (pl_str_eqc(c->endpoint->url.scheme, "https"))
    begin_secure(c);
  else
    begin_request(c);
}

/* ---- Receiving -------------------------------------------------------------------------------- */

/* The answer is complete: the connection is free before the owner hears of it, so that its next request can use it. */
static void complete(pl_conn *c, pl_str head, pl_str body)
{
  pl_exchange *x = c->exchange;
  pl_client *client = c->client;
  x->answer.status = c->head.status;
  x->answer.head = head;
  x->answer.body = body;
  x->answer.coded = c->head.coded;
  x->conn = NULL;
  c->exchange = NULL;
  c->reused = true;
  bool has_cookie = c->head.has_cookie;
  if (c->head.keep_alive && !client->closing && c->sent >= request_size(x))
    link_idle(c);
  else
    pl_conn_close(c);
  if (client->waiting)
    pl_client_freed(client);
  pl_exchange_complete(x, has_cookie);
}

/* Takes body bytes at data (decoded in place). Returns 1 complete, 0 more, PL_EPROTO. */
static int take_body(pl_conn *c, char *data, size_t len, size_t *used, size_t *decoded, const char **why)
{
  switch (c->head.framing) {
  case PL_BODY_NONE:
    *used = *decoded = 0;
    return 1;
  case PL_BODY_LENGTH:
    *used = *decoded = len < c->left ? len : (size_t)c->left;
    c->left -= *used;
    return c->left == 0;
  case PL_BODY_CHUNKED:
    return pl_chunk_decode(&c->chunk, data, len, used, decoded, why);
  case PL_BODY_UNTIL_CLOSE:
    break;
  }
  *used = *decoded = len;
  return 0;
}

/* Keeps decoded body bytes for a script that wants them, up to the limit. */
static int keep_body(pl_conn *c, const char *data, size_t len)
{
  pl_exchange *x = c->exchange;
  size_t held = c->keep.len - c->head.len, max = c->client->o.body_max;
  if (!x->want_body)
    return PL_OK;
  if (held + len > max) {
    x->answer.body_cut = true;
    len = max - held;
  }
  return pl_buf_add(&c->keep, data, len);
}

static pl_str kept_head(const pl_conn *c)
{
  return (pl_str){c->keep.data, c->head.len};
}

static pl_str kept_body(const pl_conn *c)
{
  return (pl_str){c->keep.data + c->head.len, c->keep.len - c->head.len};
}

/* More body of an answer whose head is kept. */
static void continue_body(pl_conn *c, char *data, size_t len)
{
  size_t used, decoded;
  const char *why = "";
  int code = take_body(c, data, len, &used, &decoded, &why);
  if (code < 0) {
    fail(c, PL_FAIL_PROTOCOL, why);
    return;
  }
  if (keep_body(c, data, decoded)) {
    fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
    return;
  }
  if (code == 0)
    return;
  if (used < len)
    c->head.keep_alive = false; /* bytes that nobody asked for */
  complete(c, kept_head(c), kept_body(c));
}

/* A complete head at the front of data. in_keep: data is the connection's buffer. */
static void begin_body(pl_conn *c, char *data, size_t len, bool in_keep)
{
  size_t used, decoded, head = c->head.len;
  const char *why = "";
  c->in_body = true;
  c->left = c->head.content_length;
  c->chunk = (pl_chunk){0};
  int code = take_body(c, data + head, len - head, &used, &decoded, &why);
  if (code < 0) {
    fail(c, PL_FAIL_PROTOCOL, why);
    return;
  }
  if (code == 1) {
    if (head + used < len)
      c->head.keep_alive = false;
    complete(c, (pl_str){data, head}, c->exchange->want_body ? (pl_str){data + head, decoded} : (pl_str){"", 0});
    return;
  }
  if (in_keep)
    c->keep.len = head + (c->exchange->want_body ? decoded : 0);
  else if (pl_buf_add(&c->keep, data, head) || keep_body(c, data + head, decoded))
    fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
}

/* Bytes of an answer whose head is not complete yet. */
static void begin_answer(pl_conn *c, char *data, size_t len)
{
  bool in_keep = c->keep.len > 0, wanted = false;
  if (in_keep) {
    if (pl_buf_add(&c->keep, data, len)) {
      fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
      return;
    }
    data = c->keep.data;
    len = c->keep.len;
  }
  for (;;) {
    const char *why = "";
    int code = pl_http1_parse((pl_str){data, len}, c->exchange->head_only, &c->head, &why);
    if (code < 0) {
      fail(c, PL_FAIL_PROTOCOL, why);
      return;
    }
    if (code == 0)
      break;
    if (c->head.len > c->client->o.header_max) {
      fail(c, PL_FAIL_PROTOCOL, "the answer's head is longer than the limit");
      return;
    }
    if (c->head.status == 101) {
      fail(c, PL_FAIL_PROTOCOL, "the server switched to a protocol that nobody asked for");
      return;
    }
    if (c->head.status >= 200) {
      begin_body(c, data, len, in_keep);
      return;
    }
    wanted = wanted || c->head.status == 100; /* an interim answer */
    len -= c->head.len;
    if (in_keep)
      pl_buf_drop(&c->keep, c->head.len);
    else
      data += c->head.len;
  }
  if (len > c->client->o.header_max) {
    fail(c, PL_FAIL_PROTOCOL, "the answer's head is longer than the limit");
    return;
  }
  if (!in_keep && pl_buf_add(&c->keep, data, len))
    fail(c, PL_FAIL_PROTOCOL, "out of memory for an answer");
  else if (wanted)
    release_body(c); /* last: sending may use the buffer that data lay in */
}

static void on_end(pl_conn *c)
{
  if (c->in_body && c->head.framing == PL_BODY_UNTIL_CLOSE) {
    complete(c, kept_head(c), kept_body(c));
    return;
  }
  bool reused = c->reused;
  if (c->got_byte)
    fail(c, PL_FAIL_TRUNCATED, "the connection was closed in the middle of the answer");
  else
    pl_exchange_broken(give_up(c), reused, PL_FAIL_RESET, "the connection was closed without an answer");
}

static void on_receive_error(pl_conn *c, int error)
{
  bool reused = c->reused;
  if (error == EPROTO && c->socket.connection)
    fail_secure(c);
  else if (c->got_byte)
    fail(c, PL_FAIL_RESET, "the connection broke in the middle of the answer");
  else
    pl_exchange_broken(give_up(c), reused, PL_FAIL_RESET, strerrordesc_np(error));
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
  pl_exchange *x = c->exchange;
  x->times.end = now_of(c);
  if (n <= 0) {
    if (n == 0)
      on_end(c);
    else
      on_receive_error(c, errno);
    return true;
  }
  if (!c->got_byte) {
    c->got_byte = true;
    x->times.first_byte = x->times.end;
  }
  x->answer.bytes_received += (uint64_t)n;
  if (c->stale) {
    pl_buf_clear(&c->keep);
    c->stale = false;
  }
  if (c->in_body)
    continue_body(c, buffer, (size_t)n);
  else
    begin_answer(c, buffer, (size_t)n);
  return true;
}

/* libuv no longer watches a socket that has an error: what came before the error, and the error, are read now. */
static void receive_to_the_end(pl_conn *c)
{
  while (c->state != PL_CONN_CLOSING && receive(c))
    ;
}

/* What the transport has read already makes the socket readable no more. */
static void receive_all(pl_conn *c)
{
  while (receive(c) && c->state != PL_CONN_CLOSING && pl_socket_pending(&c->socket))
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
  if (c->state == PL_CONN_SECURING) {
    secure(c);
    return;
  }
  if (events & UV_WRITABLE && c->state == PL_CONN_BUSY && c->interest & UV_WRITABLE) {
    send_more(c);
    if (c->state == PL_CONN_CLOSING)
      return;
  }
  if (status < 0)
    receive_to_the_end(c);
  else if (events & UV_READABLE)
    receive_all(c);
}

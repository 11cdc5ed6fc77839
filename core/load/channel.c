/* One connection for one conversation. A channel is closed, on its way (resolving, connecting, greeting), ready, or busy with its
 * one operation. What goes out stands in one buffer, in order; what came in and was not taken waits in another. A failure closes
 * the connection; protocols without open_label connect again with the next operation. */
#include "load/channel.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "load/conn.h"

enum { OUT_MAX = 64 << 20, IN_MAX = 64 << 20, URL_MAX = 4096 };
#define LATER_NS (100 * PL_US_NS) /* failures found in a call are told after the next poll */

enum channel_state {
  CHANNEL_CLOSED,
  CHANNEL_RESOLVING,
  CHANNEL_CONNECTING,
  CHANNEL_SECURING,
  CHANNEL_GREETING,
  CHANNEL_READY,
  CHANNEL_BUSY,
};

/* One socket with its handle, which outlives the channel's interest in it until libuv has closed it. */
typedef struct wire {
  uv_poll_t poll;
  pl_channel *channel;
  pl_socket socket;
  int interest;
} wire;

struct pl_channel {
  pl_client *client;
  const pl_protocol *protocol;
  void *conversation;
  pl_buf url_text;
  pl_url url;                 /* pieces of url_text */
  enum channel_state state;
  pl_addresses addresses;     /* n 0: not known yet */
  unsigned address;           /* the one in use */
  pl_lookup lookup;
  wire *wire;                 /* NULL: not connected */
  uint32_t settings;          /* of TLS: pl_secure_id */
  void *tls_session;          /* the last one, the transport's */
  pl_channel_operation *operation; /* in flight; NULL: none */
  pl_buf request;             /* its bytes, until they go to out */
  bool encoded;               /* request holds the operation, and the conversation expects its answer */
  pl_str name;                /* of the operation, for encoding it once more after a greeting; */
  const pl_tree *args, *named; /* its arguments */
  bool opening;               /* it is the opening itself */
  bool no_answer;             /* it is complete once it is sent */
  bool inside;                /* pl_channel_start is on the stack: nothing may be told yet */
  bool told_later;            /* it is over: told from the timer */
  bool closing;
  pl_timer timer;
  pl_buf out;                 /* bytes to send; */
  size_t sent;                /* so many of them are */
  bool unsent;                /* the request is in out, its end included */
  pl_buf in;                  /* bytes that nobody has taken yet */
  pl_arena arena;             /* of the value of the last operation */
  pl_tree value;
  bool looking;               /* the look-up runs, for whom it may concern */
  unsigned handles;           /* of libuv, and look-ups, that still point here */
};

static void connect_next(pl_channel *s);
static void flush(pl_channel *s);
static void take(pl_channel *s, char *data, size_t len);

static uint64_t now_of(const pl_channel *s)
{
  return pl_now(s->client->o.clock);
}

/* ---- Handles ------------------------------------------------------------------------------------ */

static void free_channel(pl_channel *s)
{
  const pl_allocator *a = s->client->o.alloc;
  s->protocol->close(s->conversation);
  pl_free(a, s->conversation, s->protocol->size);
  if (s->tls_session)
    s->client->transport->session_free(s->tls_session);
  pl_buf_fini(&s->url_text);
  pl_buf_fini(&s->request);
  pl_buf_fini(&s->out);
  pl_buf_fini(&s->in);
  pl_arena_fini(&s->arena);
  pl_free(a, s, sizeof *s);
}

static void hold(pl_channel *s)
{
  s->handles++;
  s->client->handles++;
}

static void let_go(pl_channel *s)
{
  pl_client *client = s->client;
  if (--s->handles == 0 && s->closing)
    free_channel(s);
  pl_client_handle_closed(client);
}

static void on_wire_closed(uv_handle_t *handle)
{
  wire *w = handle->data;
  pl_channel *s = w->channel;
  pl_free(s->client->o.alloc, w, sizeof *w);
  let_go(s);
}

static void drop_wire(pl_channel *s)
{
  wire *w = s->wire;
  s->state = CHANNEL_CLOSED;
  pl_buf_clear(&s->out);
  pl_buf_clear(&s->in);
  s->sent = 0;
  s->unsent = false;
  if (!w)
    return;
  s->wire = NULL;
  s->client->stats.open--;
  uv_close((uv_handle_t *)&w->poll, on_wire_closed);
  pl_socket_close(&w->socket);
}

/* ---- The end of an operation --------------------------------------------------------------------- */

static void finish(pl_channel *s)
{
  pl_channel_operation *op = s->operation;
  pl_wheel_cancel(s->client->o.wheel, &s->timer);
  s->operation = NULL;
  s->told_later = false;
  op->done(op->user);
}

static void set_failure(pl_channel *s, enum pl_failure failure, const char *why)
{
  pl_answer *a = s->operation->answer;
  a->failure = failure;
  (void)snprintf(a->why, sizeof a->why, "%s", why);
  s->operation->times->end = now_of(s);
  drop_wire(s);
}

static void tell_later(pl_channel *s, uint64_t wait_ns)
{
  s->told_later = true;
  pl_wheel_set(s->client->o.wheel, &s->timer, wait_ns ? now_of(s) + wait_ns : 0);
}

static void fail_later(pl_channel *s, enum pl_failure failure, const char *why)
{
  set_failure(s, failure, why);
  tell_later(s, LATER_NS);
}

static void fail(pl_channel *s, enum pl_failure failure, const char *why)
{
  if (!s->operation || s->told_later) {
    drop_wire(s);
    return;
  }
  if (s->inside) {
    fail_later(s, failure, why);
    return;
  }
  set_failure(s, failure, why);
  finish(s);
}

static void on_timer(pl_timer *t)
{
  pl_channel *s = (pl_channel *)((char *)t - offsetof(pl_channel, timer));
  if (s->told_later)
    finish(s);
  else
    fail(s, PL_FAIL_TIMEOUT, s->state < CHANNEL_READY ? "no connection in time" : "no complete answer in time");
}

/* Takes the value over from the conversation; false: it has failed. */
static bool take_value(pl_channel *s)
{
  pl_answer *a = s->operation->answer;
  const char *why = "";
  pl_arena_reset(&s->arena);
  s->value = (pl_tree){0};
  if (s->protocol->result(s->conversation, &s->arena, &s->value, &a->status, &why)) {
    fail(s, PL_FAIL_PROTOCOL, "out of memory for an answer");
    return false;
  }
  if (a->status)
    (void)snprintf(a->why, sizeof a->why, "%s", why);
  return true;
}

static void complete(pl_channel *s)
{
  s->state = CHANNEL_READY;
  s->operation->times->end = now_of(s);
  if (!take_value(s))
    return;
  if (s->inside)
    tell_later(s, 0);
  else
    finish(s);
}

/* ---- Connecting ---------------------------------------------------------------------------------- */

static void watch(pl_channel *s, int interest);

static void note_send(pl_channel *s)
{
  s->operation->times->send = now_of(s);
  s->operation->sending(s->operation->user);
}

static int encode(pl_channel *s, pl_protocol_request *request, pl_error *err)
{
  pl_buf_clear(&s->request);
  int code = s->protocol->begin(s->conversation, s->name, s->args, s->named, &s->request, request, err);
  if (!code && s->request.bad)
    code = pl_fail(err, s->request.bad, "%s: the request is too large, or out of memory", s->protocol->word);
  s->encoded = code == PL_OK;
  s->no_answer = request->no_answer;
  return code;
}

/* The conversation is open: what began with the connection goes on. */
static void become_ready(pl_channel *s)
{
  pl_protocol_request request = {0};
  s->state = CHANNEL_BUSY;
  if (s->opening) {
    complete(s);
    return;
  }
  note_send(s);
  if ((!s->encoded && encode(s, &request, NULL)) || pl_buf_add(&s->out, s->request.data, s->request.len)) {
    fail(s, PL_FAIL_PROTOCOL, "out of memory for a request");
    return;
  }
  s->unsent = true;
  flush(s);
}

static void greet(pl_channel *s)
{
  const char *why = "out of memory for a greeting";
  int code = PL_PROTOCOL_DONE;
  s->state = CHANNEL_GREETING;
  s->encoded = false; /* the conversation begins anew */
  if (s->opening)
    note_send(s);
  if (s->protocol->greet)
    code = s->protocol->greet(s->conversation, &s->out, &why);
  if (code < 0) {
    fail(s, PL_FAIL_PROTOCOL, why);
    return;
  }
  if (code == PL_PROTOCOL_DONE)
    become_ready(s);
  else
    flush(s);
}

/* ---- TLS ------------------------------------------------------------------------------------------- */

/* The transport's words go with the connection. */
static void fail_secure(pl_channel *s)
{
  char why[128];
  (void)snprintf(why, sizeof why, "%s", s->wire->socket.transport->why(s->wire->socket.connection));
  fail(s, PL_FAIL_TLS, why);
}

static void secure(pl_channel *s)
{
  const pl_socket *socket = &s->wire->socket;
  int code = socket->transport->handshake(socket->connection);
  if (code == PL_TRANSPORT_DONE) {
    pl_transport_facts facts;
    pl_secure_note(s->client, socket, &facts);
    s->operation->times->secured = now_of(s);
    watch(s, UV_READABLE);
    greet(s);
  } else if (code == PL_TRANSPORT_READ || code == PL_TRANSPORT_WRITE) {
    watch(s, code == PL_TRANSPORT_READ ? UV_READABLE : UV_READABLE | UV_WRITABLE);
  } else {
    fail_secure(s);
  }
}

static void begin_secure(pl_channel *s)
{
  pl_error err = {0};
  pl_secure_peer peer = {s->url.host, pl_str_of(s->protocol->alpn), &s->tls_session};
  if (pl_secure_open(s->client, s->settings, &s->wire->socket, &peer, &err)) {
    fail(s, PL_FAIL_TLS, err.message);
    return;
  }
  s->state = CHANNEL_SECURING;
  secure(s);
}

static void on_connected(pl_channel *s)
{
  int error = 0;
  socklen_t size = sizeof error;
  (void)getsockopt(s->wire->socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (!error) {
    s->operation->times->connected = now_of(s);
    watch(s, UV_READABLE);
    if (s->protocol->secure_scheme && pl_str_eqc(s->url.scheme, s->protocol->secure_scheme))
      begin_secure(s);
    else
      greet(s);
    return;
  }
  s->client->stats.connect_errors++;
  drop_wire(s);
  if (++s->address < s->addresses.n)
    connect_next(s);
  else
    fail(s, PL_FAIL_CONNECT, strerror(error));
}

/* False when there is nothing to read now. */
static bool receive(pl_channel *s)
{
  char *buffer = s->client->read_buffer;
  ssize_t n = pl_socket_recv(&s->wire->socket, buffer, PL_READ_SIZE);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  if (n > 0) {
    take(s, buffer, (size_t)n);
    return true;
  }
  if (n < 0 && errno == EPROTO && s->wire->socket.connection) {
    fail_secure(s);
    return true;
  }
  const char *why = n < 0 ? strerror(errno) : "the connection was closed";
  enum pl_failure failure = n < 0 || (s->operation && !s->operation->times->first_byte) ? PL_FAIL_RESET : PL_FAIL_TRUNCATED;
  bool busy = s->state == CHANNEL_BUSY;
  if (n == 0 && busy && s->protocol->ended && s->protocol->ended(s->conversation, &why) == PL_PROTOCOL_DONE) {
    complete(s);
    drop_wire(s);
    return true;
  }
  fail(s, failure, why);
  return true;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  wire *w = poll->data;
  pl_channel *s = w->channel;
  if (s->wire != w)
    return;
  if (s->state == CHANNEL_SECURING) {
    secure(s);
    return;
  }
  if (s->state == CHANNEL_CONNECTING) {
    on_connected(s);
    return;
  }
  if (events & UV_WRITABLE && w->interest & UV_WRITABLE)
    flush(s);
  if (status < 0) { /* libuv no longer watches it: what came before the error, and the error, are read now */
    while (s->wire == w && receive(s))
      ;
  } else if (s->wire == w && events & UV_READABLE) {
    while (receive(s) && s->wire == w && pl_socket_pending(&w->socket))
      ;
  }
}

static void watch(pl_channel *s, int interest)
{
  if (s->wire->interest == interest)
    return;
  s->wire->interest = interest;
  (void)uv_poll_start(&s->wire->poll, interest, on_ready);
}

static int open_socket(const pl_channel *s)
{
  const pl_address *a = &s->addresses.list[s->address];
  int type = (s->protocol->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, on = 1;
  int fd = socket(a->any.sa_family, type, 0);
  if (fd < 0)
    return -1;
  if (!s->protocol->datagram)
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, &a->any, pl_address_size(a)) == 0 || errno == EINPROGRESS)
    return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

static wire *new_wire(pl_channel *s, int fd)
{
  wire *w = pl_alloc_zero(s->client->o.alloc, 1, sizeof *w);
  if (!w || uv_poll_init(s->client->o.loop, &w->poll, fd)) {
    pl_free(s->client->o.alloc, w, sizeof *w);
    return NULL;
  }
  w->poll.data = w;
  w->channel = s;
  w->socket.fd = fd;
  return w;
}

static void count_opened(pl_client_stats *stats)
{
  stats->opened++;
  stats->open++;
  if (stats->open > stats->max_open)
    stats->max_open = stats->open;
}

/* Connects to addresses[address] or one behind it. */
static void connect_next(pl_channel *s)
{
  int fd = -1;
  for (; s->address < s->addresses.n && fd < 0; s->address += fd < 0)
    fd = open_socket(s);
  if (fd < 0) {
    int saved = errno;
    if (saved == EMFILE || saved == ENFILE || saved == EADDRNOTAVAIL || saved == ENOBUFS)
      s->client->stats.out_of = saved;
    fail_later(s, PL_FAIL_CONNECT, strerror(saved));
    return;
  }
  s->wire = new_wire(s, fd);
  if (!s->wire) {
    close(fd);
    fail_later(s, PL_FAIL_CONNECT, "out of memory for a connection");
    return;
  }
  hold(s);
  count_opened(&s->client->stats);
  s->operation->answer->new_connection = true;
  s->state = CHANNEL_CONNECTING;
  watch(s, UV_WRITABLE);
}

static bool keep_granted(pl_channel *s)
{
  const pl_client_options *o = &s->client->o;
  unsigned n = 0;
  for (unsigned i = 0; i < s->addresses.n; i++) {
    if (!o->granted || o->granted(o->user, s->url.host, s->url.port, &s->addresses.list[i].any))
      s->addresses.list[n++] = s->addresses.list[i];
  }
  s->addresses.n = n;
  return n > 0;
}

static void on_lookup(pl_lookup *l, int code)
{
  pl_channel *s = l->user;
  s->looking = false;
  bool wanted = s->state == CHANNEL_RESOLVING && s->operation;
  if (wanted) {
    s->addresses = l->addresses;
    s->operation->times->resolved = now_of(s);
    if (code)
      fail(s, PL_FAIL_DNS, l->why);
    else if (!keep_granted(s))
      fail(s, PL_FAIL_CONNECT, "load to this host is not granted");
    else
      connect_next(s);
  }
  let_go(s);
}

/* From closed to connecting, by way of the address where it is not known yet. */
static void connect_first(pl_channel *s)
{
  s->address = 0;
  if (s->addresses.n == 0 && pl_address_literal(s->url.host, s->url.port, &s->addresses) && !keep_granted(s)) {
    fail_later(s, PL_FAIL_CONNECT, "load to this host is not granted");
    return;
  }
  if (s->addresses.n) {
    connect_next(s);
    return;
  }
  s->state = CHANNEL_RESOLVING;
  if (s->looking)
    return;
  s->lookup.user = s;
  if (pl_lookup_start(&s->lookup, s->client->o.loop, s->url.host, s->url.port, on_lookup)) {
    fail_later(s, PL_FAIL_DNS, "the name cannot be looked up");
    return;
  }
  s->looking = true;
  hold(s);
}

/* ---- Sending and receiving ------------------------------------------------------------------------ */

/* The request's last byte went out. */
static void request_sent(pl_channel *s)
{
  s->unsent = false;
  s->operation->times->sent = now_of(s);
  s->operation->answer->bytes_sent += s->request.len;
  if (s->no_answer)
    complete(s);
  else
    take(s, NULL, 0);
}

static void flush(pl_channel *s)
{
  while (s->sent < s->out.len) {
    struct iovec rest = {s->out.data + s->sent, s->out.len - s->sent};
    ssize_t n = pl_socket_send(&s->wire->socket, &rest, 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN) {
      watch(s, UV_READABLE | UV_WRITABLE);
      return;
    }
    if (n < 0) {
      fail(s, PL_FAIL_RESET, "the connection broke while the request was sent");
      return;
    }
    s->sent += (size_t)n;
  }
  watch(s, UV_READABLE);
  pl_buf_clear(&s->out);
  s->sent = 0;
  if (s->unsent)
    request_sent(s);
}

/* What receive said. */
static void progress(pl_channel *s, int code, const char *why)
{
  if (code < 0) {
    fail(s, PL_FAIL_PROTOCOL, why);
    return;
  }
  if (s->out.len > s->sent && !s->unsent)
    flush(s);
  if (code == PL_PROTOCOL_MORE || !s->wire)
    return;
  if (s->state == CHANNEL_GREETING)
    become_ready(s);
  else
    complete(s);
}

static void refuse_more(pl_channel *s)
{
  fail(s, PL_FAIL_PROTOCOL, "the peer sent more than 64 MiB that nobody asked for");
}

/* Keeps bytes that nobody takes now; false: it has failed. from_in: they are the end of s->in already. */
static bool keep(pl_channel *s, const char *data, size_t len, bool from_in)
{
  if (from_in)
    pl_buf_drop(&s->in, s->in.len - len);
  else if (len && pl_buf_add(&s->in, data, len)) {
    refuse_more(s);
    return false;
  }
  return true;
}

/* Offers bytes to the conversation: those that wait, then the new ones. */
static void take(pl_channel *s, char *data, size_t len)
{
  bool from_in = s->in.len > 0;
  const char *why = "";
  size_t used = 0;
  pl_channel_operation *op = s->operation;
  if (op && len && !op->times->first_byte)
    op->times->first_byte = now_of(s);
  if (op)
    op->answer->bytes_received += len;
  if (from_in && len && pl_buf_add(&s->in, data, len)) {
    refuse_more(s);
    return;
  }
  if (from_in) {
    data = s->in.data;
    len = s->in.len;
  }
  if (s->state != CHANNEL_GREETING && s->state != CHANNEL_BUSY) {
    if (!s->protocol->datagram) /* a datagram that nobody waits for is lost, as in a full socket */
      (void)keep(s, data, len, from_in);
    return;
  }
  int code = s->protocol->receive(s->conversation, data, len, &used, &s->out, &why);
  if (code < 0 || keep(s, data + used, len - used, from_in))
    progress(s, code, why);
}

/* ---- Public --------------------------------------------------------------------------------------- */

static int parse_url(pl_channel *s, pl_str url, pl_error *err)
{
  const pl_protocol *p = s->protocol;
  const pl_url_scheme schemes[] = {{p->scheme, p->port}, {p->secure_scheme, p->secure_port}, {NULL, 0}};
  int code = pl_buf_add(&s->url_text, url.data, url.len);
  if (code)
    return pl_fail(err, code, "%s: the URL is longer than %d bytes, or out of memory", p->word, URL_MAX);
  return pl_url_parse_schemes((pl_str){s->url_text.data, s->url_text.len}, schemes, &s->url, err);
}

static void init_buffers(pl_channel *s, const pl_allocator *a)
{
  pl_buf_init(&s->url_text, a, URL_MAX);
  pl_buf_init(&s->request, a, OUT_MAX);
  pl_buf_init(&s->out, a, OUT_MAX);
  pl_buf_init(&s->in, a, IN_MAX);
  pl_arena_init(&s->arena, a, IN_MAX);
  s->timer.fn = on_timer;
}

int pl_channel_new(pl_client *client, const pl_protocol *protocol, pl_str url, const pl_tree *options, const pl_tls_settings *tls,
                   pl_channel **out, pl_error *err)
{
  const pl_allocator *a = client->o.alloc;
  pl_channel *s = pl_alloc_zero(a, 1, sizeof *s);
  void *conversation = pl_alloc_zero(a, 1, protocol->size);
  if (!s || !conversation) {
    pl_free(a, s, sizeof *s);
    pl_free(a, conversation, protocol->size);
    return pl_fail(err, PL_ENOMEM, "out of memory for a channel");
  }
  s->client = client;
  s->settings = pl_secure_id(client, tls);
  s->protocol = protocol;
  s->conversation = conversation;
  init_buffers(s, a);
  int code = s->settings == PL_NO_SETTINGS
                 ? pl_fail(err, PL_ELIMIT, "more than %d scenarios have TLS settings of their own", PL_SETTINGS_MAX)
                 : parse_url(s, url, err);
  if (!code)
    code = protocol->open(conversation, &s->url, options, a, err);
  if (code)
    free_channel(s);
  else
    *out = s;
  return code;
}

void pl_channel_close(pl_channel *s)
{
  if (!s)
    return;
  pl_wheel_cancel(s->client->o.wheel, &s->timer);
  s->operation = NULL;
  s->closing = true;
  if (s->state == CHANNEL_RESOLVING)
    pl_lookup_cancel(&s->lookup);
  drop_wire(s);
  if (s->handles == 0)
    free_channel(s);
}

int pl_channel_begin(pl_channel *s, pl_str operation, const pl_tree *args, const pl_tree *named, pl_protocol_request *request,
                     pl_error *err)
{
  if (s->operation)
    return pl_fail(err, PL_EMISUSE, "%s: an operation is in flight", s->protocol->word);
  *request = (pl_protocol_request){0};
  pl_buf_clear(&s->request);
  s->opening = operation.data == NULL;
  if (s->opening) {
    (void)snprintf(request->label, sizeof request->label, "%s", s->protocol->open_label);
    return PL_OK;
  }
  s->name = operation;
  s->args = args;
  s->named = named;
  return encode(s, request, err);
}

void pl_channel_start(pl_channel *s, pl_channel_operation *op)
{
  assert(!s->operation);
  memset(op->times, 0, sizeof *op->times);
  memset(op->answer, 0, offsetof(pl_answer, why));
  op->times->begin = now_of(s);
  s->operation = op;
  if (op->timeout_ns)
    pl_wheel_set(s->client->o.wheel, &s->timer, op->times->begin + op->timeout_ns);
  s->inside = true;
  if (s->state == CHANNEL_READY)
    become_ready(s);
  else if (s->protocol->open_label && !s->opening)
    fail(s, PL_FAIL_RESET, "the connection is closed");
  else
    connect_first(s);
  s->inside = false;
}

void pl_channel_abort(pl_channel *s)
{
  if (s->operation && !s->told_later)
    fail_later(s, PL_FAIL_ABORTED, "the load ended");
}

const pl_tree *pl_channel_value(const pl_channel *s)
{
  return &s->value;
}

const pl_protocol *pl_channel_protocol(const pl_channel *s)
{
  return s->protocol;
}

bool pl_channel_is_open(const pl_channel *s)
{
  return s->state >= CHANNEL_READY;
}

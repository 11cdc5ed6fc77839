/* One line for one conversation. A channel is closed, on its way (resolving, connecting), ready, or busy with its one operation.
 * The line (line.h) does what can be done at once; the channel polls its socket, keeps its limits and tells the owner. A failure hangs
 * up; protocols without open_label connect again with the next operation. */
#include "load/channel.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/byte_line.h"
#include "load/parts.h"

enum { REQUEST_MAX = PL_BYTE_LINE_MAX, VALUE_MAX = 64 << 20, URL_MAX = 4096 };
#define LATER_NS (100 * PL_US_NS) /* failures found in a call are told after the next poll */

_Static_assert(PL_LINE_READ == (int)UV_READABLE && PL_LINE_WRITE == (int)UV_WRITABLE, "what a line waits for is what libuv polls");

enum channel_state {
  CHANNEL_CLOSED,
  CHANNEL_RESOLVING,
  CHANNEL_CONNECTING, /* up to the end of the greeting */
  CHANNEL_READY,
  CHANNEL_BUSY,
};

/* The poll of one socket, which outlives the channel's interest in it until libuv has closed it. */
typedef struct watcher {
  uv_poll_t poll;
  pl_channel *channel;
  int fd;
  int interest;
} watcher;

/* Work in libuv's pool. */
typedef struct errand {
  uv_work_t request;
  pl_channel *channel;
  pl_line_work work;
} errand;

struct pl_channel {
  pl_client *client;
  const pl_protocol *protocol;
  void *conversation;
  pl_buf url_text;
  pl_url url;                 /* pieces of url_text */
  enum channel_state state;
  pl_addresses addresses;     /* n 0: not known yet */
  uint64_t expires_ns;        /* of addresses that were looked up; 0: never */
  unsigned address;           /* the one in use */
  pl_lookup lookup;
  bool looking;               /* the look-up runs, for whom it may concern */
  pl_byte_line bytes;         /* the line of protocols without one of their own */
  const pl_line_kind *kind;
  void *line;
  pl_line_state st;
  watcher *watcher;           /* NULL: nobody watches the line's socket */
  const pl_route *route;
  uint32_t way;               /* as of an endpoint, and so are the next two */
  pl_str to_host, peer_host;
  uint16_t to_port, peer_port;
  pl_channel_operation *operation; /* in flight; NULL: none */
  pl_buf request;             /* its bytes, until they are sent */
  bool encoded;               /* request holds the operation, and the conversation expects its answer */
  pl_str name;                /* of the operation, for encoding it once more after a greeting; */
  const pl_tree *args, *named; /* its arguments */
  bool opening;               /* it is the opening itself */
  bool no_answer;             /* it is complete once it is sent */
  bool preparing;             /* what is in flight goes before it, since */
  uint64_t prepares_from_ns;
  uint64_t aside_ns;          /* and took so long already */
  uint64_t turn_ns;           /* of a batch: before what is sent in this turn */
  bool since_opening;         /* the opening asked for its answer */
  uint64_t opened_from_ns;    /* begin of the opening, */
  uint64_t opened_send_ns;    /* and its send */
  bool inside;                /* pl_channel_start is on the stack: nothing may be told yet */
  bool told_later;            /* it is over: told from the timer */
  bool closing;
  pl_timer timer;
  pl_arena arena;             /* of the value of the last operation */
  pl_tree value;
  unsigned handles;           /* of libuv, look-ups and errands, that still point here */
};

static void connect_next(pl_channel *s);

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
  pl_byte_line_fini(&s->bytes);
  pl_buf_fini(&s->url_text);
  pl_buf_fini(&s->request);
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

static void on_watcher_closed(uv_handle_t *handle)
{
  watcher *w = handle->data;
  pl_channel *s = w->channel;
  pl_free(s->client->o.alloc, w, sizeof *w);
  let_go(s);
}

static void drop_watcher(pl_channel *s)
{
  if (s->watcher)
    uv_close((uv_handle_t *)&s->watcher->poll, on_watcher_closed);
  s->watcher = NULL;
}

static void hang_up(pl_channel *s)
{
  bool dialled = s->state >= CHANNEL_CONNECTING;
  s->state = CHANNEL_CLOSED;
  drop_watcher(s);
  if (!dialled)
    return;
  s->client->stats.open--;
  s->kind->hang_up(s->line);
}

static void run_errand(uv_work_t *request)
{
  errand *e = request->data;
  e->work.run(e->work.data);
}

static void on_errand_done(uv_work_t *request, int status)
{
  errand *e = request->data;
  pl_channel *s = e->channel;
  if (status) /* it never ran */
    e->work.run(e->work.data);
  pl_free(s->client->o.alloc, e, sizeof *e);
  let_go(s);
}

/* Has the peer told, by another thread, that nobody waits for its answer any more. */
static void give_up(pl_channel *s)
{
  pl_line_work work = s->kind->give_up(s->line);
  if (!work.run)
    return;
  errand *e = pl_alloc_zero(s->client->o.alloc, 1, sizeof *e);
  if (e) {
    e->request.data = e;
    e->channel = s;
    e->work = work;
  }
  if (!e || uv_queue_work(s->client->o.loop, &e->request, run_errand, on_errand_done)) {
    pl_free(s->client->o.alloc, e, sizeof *e);
    work.run(work.data);
    return;
  }
  hold(s);
}

/* ---- The end of an operation --------------------------------------------------------------------- */

static void finish(pl_channel *s)
{
  pl_channel_operation *op = s->operation;
  pl_wheel_cancel(s->client->o.wheel, &s->timer);
  if (op->n_parts)
    pl_parts_tell(s->protocol, s->conversation, op, &s->arena, true);
  s->operation = NULL;
  s->told_later = false;
  op->done(op->user);
}

/* It is over, and its figures are complete. */
static void close_books(pl_channel *s)
{
  pl_answer *a = s->operation->answer;
  a->bytes_sent = s->st.sent;
  a->bytes_received = s->st.received;
  s->operation->times->end = now_of(s);
  s->st.times = NULL;
}

/* The phase that the operation is in; PL_PHASES: none, such as a log-in. */
static enum pl_phase phase_of(const pl_channel *s)
{
  const pl_times *t = s->operation->times;
  if (s->state == CHANNEL_RESOLVING)
    return PL_PHASE_DNS;
  if (s->preparing)
    return PL_PHASES;
  if (!t->send)
    return s->st.securing ? PL_PHASE_TLS : t->connected ? PL_PHASES : PL_PHASE_CONNECT;
  return t->first_byte ? PL_PHASE_RECEIVE : s->st.waits & PL_LINE_WRITE ? PL_PHASE_SEND : PL_PHASE_WAIT;
}

static void set_failure(pl_channel *s, enum pl_failure failure, const char *why)
{
  pl_answer *a = s->operation->answer;
  a->failure = failure;
  (void)snprintf(a->why, sizeof a->why, "%s", why);
  close_books(s);
  enum pl_phase during = phase_of(s);
  if (failure == PL_FAIL_TIMEOUT) {
    s->operation->times->end = s->timer.due_ns;
    pl_phases_cut(s->operation->times, during);
  }
  if (s->operation->n_parts)
    pl_parts_fail(s->operation, during);
  if (s->state == CHANNEL_BUSY && s->kind->give_up && (failure == PL_FAIL_TIMEOUT || failure == PL_FAIL_ABORTED))
    give_up(s);
  hang_up(s);
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
    hang_up(s);
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
  if (s->operation->n_parts)
    return true;
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

/* over: the connection as well. */
static void complete(pl_channel *s, bool over)
{
  pl_times *t = s->operation->times;
  s->state = CHANNEL_READY;
  close_books(s);
  if (s->since_opening && !t->first_byte) /* it came with the opening's answer */
    t->first_byte = t->end;
  if (!take_value(s))
    return;
  if (over)
    hang_up(s);
  if (s->inside)
    tell_later(s, 0);
  else
    finish(s);
}

/* ---- The line ------------------------------------------------------------------------------------ */

static void on_ready(uv_poll_t *poll, int status, int events);

static watcher *new_watcher(pl_channel *s)
{
  watcher *w = pl_alloc_zero(s->client->o.alloc, 1, sizeof *w);
  if (!w || uv_poll_init(s->client->o.loop, &w->poll, s->st.fd)) {
    pl_free(s->client->o.alloc, w, sizeof *w);
    return NULL;
  }
  w->poll.data = w;
  w->channel = s;
  w->fd = s->st.fd;
  hold(s);
  return w;
}

/* Watches the line's socket for what the line waits for; false: there is no memory. */
static bool watch(pl_channel *s)
{
  if (s->watcher && s->watcher->fd != s->st.fd)
    drop_watcher(s);
  if (!s->watcher)
    s->watcher = new_watcher(s);
  watcher *w = s->watcher;
  if (w && w->interest != s->st.waits && uv_poll_start(&w->poll, s->st.waits, on_ready) == 0)
    w->interest = s->st.waits;
  return w != NULL;
}

static void note_send(pl_channel *s)
{
  pl_times *t = s->operation->times;
  t->send = s->since_opening ? s->opened_send_ns : now_of(s);
  if (s->opening)
    s->opened_send_ns = t->send;
  if (!s->since_opening)
    s->operation->sending(s->operation->user, s->aside_ns);
}

static int encode(pl_channel *s, pl_protocol_request *request, pl_error *err)
{
  pl_buf_clear(&s->request);
  int code = s->protocol->begin(s->conversation, s->name, s->args, s->named, &s->request, request, err);
  if (!code && s->request.bad)
    code = pl_fail(err, s->request.bad, "%s: the request is too large, or out of memory", s->protocol->word);
  s->encoded = code == PL_OK;
  s->no_answer = request->no_answer;
  s->preparing = request->prepares;
  s->since_opening = request->since_opening;
  return code;
}

/* The conversation is open: what began with the connection goes on. */
static enum pl_line_progress send_operation(pl_channel *s)
{
  pl_protocol_request request = {0};
  s->state = CHANNEL_BUSY;
  if (s->opening)
    return PL_LINE_DONE;
  if (!s->encoded && encode(s, &request, NULL))
    return pl_line_fail(&s->st, PL_FAIL_PROTOCOL, "out of memory for a request");
  if (s->preparing)
    s->prepares_from_ns = now_of(s);
  else
    note_send(s);
  s->turn_ns = s->operation->times->send;
  return s->kind->send(s->line, (pl_str){s->request.data, s->request.len}, s->no_answer, &s->st);
}

/* The conversation knows now what it had to. */
static enum pl_line_progress send_prepared(pl_channel *s)
{
  s->aside_ns += now_of(s) - s->prepares_from_ns;
  s->encoded = false;
  return send_operation(s);
}

static enum pl_line_progress greet(pl_channel *s)
{
  if (s->opening)
    note_send(s);
  return s->kind->greet(s->line, &s->st);
}

/* The line failed. */
static void line_failed(pl_channel *s)
{
  bool another = s->st.failure == PL_FAIL_CONNECT && s->operation && !s->told_later && !s->operation->times->connected;
  s->client->stats.connect_errors += s->st.failure == PL_FAIL_CONNECT;
  if (!another) {
    fail(s, s->st.failure, s->st.why);
    return;
  }
  hang_up(s);
  s->address++;
  connect_next(s);
}

/* Where the parts of a batch are; those that are done are told of, the last ones with the batch. */
static void look_at_parts(pl_channel *s, enum pl_line_progress progress)
{
  pl_channel_operation *op = s->operation;
  if (!op || !op->n_parts || s->state != CHANNEL_BUSY || s->preparing || s->told_later)
    return;
  pl_parts_look(s->protocol, s->conversation, op, s->turn_ns, now_of(s));
  if (!s->inside && progress == PL_LINE_WAITS)
    pl_parts_tell(s->protocol, s->conversation, op, &s->arena, false);
}

/* What the line has reached, until it waits. The channel may be closed afterwards. */
static void follow(pl_channel *s, enum pl_line_progress progress)
{
  bool connected = progress == PL_LINE_STANDS || (progress == PL_LINE_OPEN && !s->kind->greet);
  s->client->stats.made += connected;
  if (progress == PL_LINE_STANDS)
    progress = greet(s);
  if (progress == PL_LINE_OPEN)
    progress = send_operation(s);
  while (progress == PL_LINE_DONE && s->preparing)
    progress = send_prepared(s);
  look_at_parts(s, progress);
  if (progress == PL_LINE_FAILED)
    line_failed(s);
  else if (progress == PL_LINE_ENDED)
    complete(s, true);
  else if (!watch(s))
    fail(s, PL_FAIL_CONNECT, "out of memory for a connection");
  else if (progress == PL_LINE_DONE)
    complete(s, false);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  watcher *w = poll->data;
  pl_channel *s = w->channel;
  int ready = status < 0 ? PL_LINE_READ | PL_LINE_BROKEN : events & w->interest;
  if (s->watcher != w)
    return;
  if (s->operation && s->operation->n_parts)
    s->turn_ns = now_of(s);
  if (status < 0) {
    w->interest = 0; /* libuv no longer watches it */
  } else if (s->kind->moves && s->state == CHANNEL_CONNECTING) {
    (void)uv_poll_stop(&w->poll);
    w->interest = 0;
  }
  do
    follow(s, s->kind->step(s->line, ready, &s->st));
  while (s->watcher == w && s->st.again);
}

/* ---- Connecting ---------------------------------------------------------------------------------- */

/* Connects to addresses[address] or one behind it. The conversation begins anew. */
static void connect_next(pl_channel *s)
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
    fail(s, st->failure, st->why);
    return;
  }
  pl_client_opened(s->client);
  s->operation->answer->new_connection = true;
  s->state = CHANNEL_CONNECTING;
  follow(s, progress);
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

/* From closed to connecting, by way of the address where it is not known yet. */
static void connect_first(pl_channel *s)
{
  s->address = 0;
  if (s->expires_ns && now_of(s) >= s->expires_ns)
    s->addresses.n = 0;
  if (!s->addresses.n && s->peer_host.data != s->to_host.data && !pl_client_may(s->client, s->to_host, s->to_port)) {
    fail_later(s, PL_FAIL_CONNECT, "load to this host is not granted");
    return;
  }
  bool known = s->addresses.n == 0 && (local_address(s) || pl_address_literal(s->peer_host, s->peer_port, &s->addresses));
  if (known && !keep_granted(s)) {
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
  if (pl_way_look_up(s->client, s->way, &s->lookup, s->peer_host, s->peer_port, on_lookup)) {
    fail_later(s, PL_FAIL_DNS, "the name cannot be looked up");
    return;
  }
  s->looking = true;
  hold(s);
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

static void find_peer(pl_channel *s)
{
  pl_route_target(s->route, s->url.host, s->url.port, &s->to_host, &s->to_port);
  s->peer_host = s->to_host;
  s->peer_port = s->to_port;
  if (pl_byte_line_is_proxied(s->protocol, s->route))
    pl_route_peer(s->route, s->to_host, s->to_port, &s->peer_host, &s->peer_port);
}

static void init_buffers(pl_channel *s, const pl_allocator *a)
{
  pl_buf_init(&s->url_text, a, URL_MAX);
  pl_buf_init(&s->request, a, REQUEST_MAX);
  pl_arena_init(&s->arena, a, VALUE_MAX);
  s->timer.fn = on_timer;
}

int pl_channel_new(pl_client *client, const pl_protocol *protocol, pl_str url, const pl_tree *options, const pl_route *route,
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
  s->route = route ? route : &pl_route_default;
  s->way = pl_way_id(client, route);
  s->protocol = protocol;
  s->conversation = conversation;
  init_buffers(s, a);
  uint32_t settings = pl_secure_id(client, s->route->tls);
  int code = settings == PL_NO_SETTINGS || s->way == PL_NO_SETTINGS
                 ? pl_fail(err, PL_ELIMIT, "more than %d scenarios have routes of their own", PL_SETTINGS_MAX)
                 : parse_url(s, url, err);
  if (!code)
    find_peer(s);
  if (!code)
    code = protocol->open(conversation, &s->url, options, a, err);
  pl_byte_line_init(&s->bytes, client, protocol, conversation, &s->url, s->route, settings);
  s->kind = protocol->line ? protocol->line : &pl_byte_line_kind;
  s->line = protocol->line ? conversation : &s->bytes;
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
  hang_up(s);
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
  s->since_opening = s->preparing = false;
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
  uint64_t now = now_of(s);
  if (s->opening)
    s->opened_from_ns = now;
  op->times->begin = s->since_opening ? s->opened_from_ns : now;
  s->operation = op;
  if (op->n_parts) {
    pl_arena_reset(&s->arena);
    pl_parts_begin(op);
  }
  s->st.times = op->times;
  s->st.sent = s->st.received = 0;
  s->aside_ns = 0;
  if (op->timeout_ns)
    pl_wheel_set(s->client->o.wheel, &s->timer, now + op->timeout_ns);
  s->inside = true;
  if (s->state == CHANNEL_READY) {
    s->client->stats.reused++;
    follow(s, send_operation(s));
  } else if (s->protocol->open_label && !s->opening) {
    fail(s, PL_FAIL_RESET, "the connection is closed");
  } else {
    connect_first(s);
  }
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

const char *pl_channel_part_label(const pl_channel *s, size_t i)
{
  return s->protocol->part_label(s->conversation, i);
}

const pl_protocol *pl_channel_protocol(const pl_channel *s)
{
  return s->protocol;
}

bool pl_channel_is_open(const pl_channel *s)
{
  return s->state >= CHANNEL_READY;
}

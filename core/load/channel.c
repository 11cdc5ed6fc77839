/* One line for one conversation. A channel is closed, on its way (resolving, connecting), ready, or busy with its one operation.
 * The line (line.h) does what can be done at once; the channel polls its socket, keeps its limits and tells the owner. A failure hangs
 * up; protocols without open_label connect again with the next operation. */
#include "load/channel_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/parts.h"

enum { REQUEST_MAX = PL_BYTE_LINE_MAX, VALUE_MAX = 64 << 20, URL_MAX = 4096 };
#define LATER_NS (100 * PL_US_NS) /* failures found in a call are told after the next poll */

_Static_assert(PL_LINE_READ == (int)UV_READABLE && PL_LINE_WRITE == (int)UV_WRITABLE, "what a line waits for is what libuv polls");

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

void pl_channel_hold(pl_channel *s)
{
  s->handles++;
  s->client->handles++;
}

void pl_channel_let_go(pl_channel *s)
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
  pl_channel_let_go(s);
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
  pl_channel_let_go(s);
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
  pl_channel_hold(s);
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
  s->operation->times->end = pl_channel_now(s);
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
  pl_wheel_set(s->client->o.wheel, &s->timer, wait_ns ? pl_channel_now(s) + wait_ns : 0);
}

static void fail_later(pl_channel *s, enum pl_failure failure, const char *why)
{
  set_failure(s, failure, why);
  tell_later(s, LATER_NS);
}

void pl_channel_fail(pl_channel *s, enum pl_failure failure, const char *why)
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

/* Whether parts of a batch are on their way that may have limits of their own. */
static bool has_limits(const pl_channel *s)
{
  return s->operation && s->operation->n_parts && s->protocol->part_limits && s->state == CHANNEL_BUSY && !s->preparing && !s->told_later;
}

/* Parts that are over their limits are done, and the others go on. */
static void heed_limits(pl_channel *s)
{
  uint64_t now = pl_channel_now(s);
  bool ended = false;
  uint64_t next = s->protocol->part_limits(s->conversation, now, &ended);
  next = next && (!s->due_ns || next < s->due_ns) ? next : s->due_ns;
  if (next)
    pl_wheel_set(s->client->o.wheel, &s->timer, next);
  if (!ended)
    return;
  s->turn_ns = now;
  pl_channel_follow(s, s->kind->send(s->line, (pl_str){"", 0}, false, &s->st));
}

static void on_timer(pl_timer *t)
{
  pl_channel *s = (pl_channel *)((char *)t - offsetof(pl_channel, timer));
  if (s->told_later)
    finish(s);
  else if (has_limits(s) && (!s->due_ns || t->due_ns < s->due_ns))
    heed_limits(s);
  else
    pl_channel_fail(s, PL_FAIL_TIMEOUT, s->state < CHANNEL_READY ? "no connection in time" : "no complete answer in time");
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
    pl_channel_fail(s, PL_FAIL_PROTOCOL, "out of memory for an answer");
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
  if (over || (s->opening && s->operation->answer->status))
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
  pl_channel_hold(s);
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
  t->send = s->since_opening ? s->opened_send_ns : pl_channel_now(s);
  if (s->opening)
    s->opened_send_ns = t->send;
  if (!s->since_opening)
    s->operation->sending(s->operation->user, s->aside_ns);
}

static int encode(pl_channel *s, pl_protocol_request *request, pl_error *err)
{
  pl_buf_clear(&s->request);
  int code = s->protocol->begin(s->conversation, s->name, s->args, s->named, &s->request, request, err);
  code = code ? code : s->request.bad;
  if (code) /* where the protocol has not said more */
    (void)pl_fail(err, code, "%s: the request is too large, or out of memory", s->protocol->word);
  s->encoded = code == PL_OK;
  s->no_answer = request->no_answer;
  s->preparing = request->prepares;
  s->since_opening = request->since_opening;
  s->known = request->known;
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
    s->prepares_from_ns = pl_channel_now(s);
  else if (!s->known)
    note_send(s);
  s->turn_ns = s->operation->times->send;
  return s->kind->send(s->line, (pl_str){s->request.data, s->request.len}, s->no_answer, &s->st);
}

/* The conversation knows now what it had to. */
static enum pl_line_progress send_prepared(pl_channel *s)
{
  s->aside_ns += pl_channel_now(s) - s->prepares_from_ns;
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
    pl_channel_fail(s, s->st.failure, s->st.why);
    return;
  }
  hang_up(s);
  s->address++;
  pl_channel_dial_next(s);
}

/* Where the parts of a batch are; those that are done are told of, the last ones with the batch. */
static void look_at_parts(pl_channel *s, enum pl_line_progress progress)
{
  pl_channel_operation *op = s->operation;
  if (!op || !op->n_parts || s->state != CHANNEL_BUSY || s->preparing || s->told_later)
    return;
  pl_parts_look(s->protocol, s->conversation, op, s->turn_ns, pl_channel_now(s));
  if (!s->inside && progress == PL_LINE_WAITS)
    pl_parts_tell(s->protocol, s->conversation, op, &s->arena, false);
}

void pl_channel_follow(pl_channel *s, enum pl_line_progress progress)
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
    pl_channel_fail(s, PL_FAIL_CONNECT, "out of memory for a connection");
  else if (progress == PL_LINE_DONE)
    complete(s, false);
  else if (has_limits(s))
    heed_limits(s);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  watcher *w = poll->data;
  pl_channel *s = w->channel;
  int ready = status < 0 ? PL_LINE_READ | PL_LINE_BROKEN : events & w->interest;
  if (s->watcher != w)
    return;
  if (s->operation && s->operation->n_parts)
    s->turn_ns = pl_channel_now(s);
  if (status < 0) {
    w->interest = 0; /* libuv no longer watches it */
  } else if (s->kind->moves && s->state == CHANNEL_CONNECTING) {
    (void)uv_poll_stop(&w->poll);
    w->interest = 0;
  }
  do
    pl_channel_follow(s, s->kind->step(s->line, ready, &s->st));
  while (s->watcher == w && s->st.again);
}

static bool is_spent(const pl_channel *s)
{
  return s->state == CHANNEL_READY && s->kind->spent && s->kind->spent(s->line);
}

/* Whether a connection stands that takes operations; else why it does not, in the conversation's words where it has some. */
static bool is_usable(const pl_channel *s, enum pl_failure *failure, const char **why)
{
  *why = "the connection is closed";
  int code = s->protocol->over ? s->protocol->over(s->conversation, why) : 0;
  *failure = code == PL_EPROTO ? PL_FAIL_PROTOCOL : PL_FAIL_RESET;
  return s->state >= CHANNEL_READY && !code;
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
    pl_channel_find_peer(s);
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
  uint64_t now = pl_channel_now(s);
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
  s->due_ns = op->timeout_ns ? now + op->timeout_ns : 0;
  if (s->due_ns)
    pl_wheel_set(s->client->o.wheel, &s->timer, s->due_ns);
  if (s->request.len && is_spent(s))
    hang_up(s);
  s->inside = true;
  enum pl_failure failure;
  const char *why;
  if (is_usable(s, &failure, &why)) {
    s->client->stats.reused++;
    pl_channel_follow(s, send_operation(s));
  } else if (s->protocol->open_label && !s->opening) {
    pl_channel_fail(s, failure, why);
  } else {
    pl_channel_dial(s);
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
  enum pl_failure failure;
  const char *why;
  return is_usable(s, &failure, &why) && !is_spent(s);
}

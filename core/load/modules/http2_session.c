/* Sessions by nghttp2. Its callbacks only write down what came: answers grow in their streams, and streams that ended wait in a list
 * for their owner, so that nobody calls into a session from inside it. A request's head is turned into bytes at once: it need not
 * live longer than the call. */
#include "load/modules/http2_session.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

#include "load/modules/http2_head.h"

enum {
  WINDOW = (1 << 30) - 1,  /* bytes that the server may send ahead, on a stream and in all: we always read */
  LIMIT_UNTOLD = 100,      /* streams at a time before the server's settings have come */
  FRAME_HEAD = 9,
  CLASS = 64, CLASSES = 16 /* sizes of memory that is kept for the next stream */
};

/* Memory of nghttp2's, before what it gets: its calls to free do not say how much that was. */
typedef union piece {
  struct {
    size_t size;
    union piece *next; /* while nobody has it */
  } at;
  max_align_t align;
} piece;

typedef struct context {
  const pl_allocator *alloc;
  nghttp2_mem memory;
  nghttp2_session_callbacks *callbacks;
  nghttp2_option *option;
  pl_http2_heads heads;
  piece *kept[CLASSES]; /* of (i + 1) * CLASS bytes */
} context;

typedef struct session {
  context *c;
  nghttp2_session *ng;
  pl_http2_stream *over, **over_end; /* ended, and the owner does not know */
  bool going, settled; /* GOAWAY, SETTINGS came */
  uint64_t now_ns;     /* of the running call of receive */
  int32_t last_id;     /* the stream that was asked for last: */
  pl_http2_stream *last;
  char why[160];
} session;

/* ---- Memory ------------------------------------------------------------------------------------- */

/* The class of a size; CLASSES: it is too large to be kept. */
static size_t class_of(size_t n)
{
  size_t i = (n + CLASS - 1) / CLASS;
  return i == 0 ? 0 : i <= CLASSES ? i - 1 : CLASSES;
}

static void *take(size_t n, void *user)
{
  context *c = user;
  size_t class = class_of(n);
  piece *p = class < CLASSES ? c->kept[class] : NULL;
  if (p) {
    c->kept[class] = p->at.next;
    return p + 1;
  }
  size_t size = class < CLASSES ? (class + 1) * CLASS : n;
  p = size < SIZE_MAX - sizeof *p ? pl_alloc(c->alloc, sizeof *p + size) : NULL;
  if (!p)
    return NULL;
  p->at.size = size;
  return p + 1;
}

static void give(void *memory, void *user)
{
  context *c = user;
  if (!memory)
    return;
  piece *p = (piece *)memory - 1;
  size_t class = class_of(p->at.size);
  if (class == CLASSES) {
    pl_free(c->alloc, p, sizeof *p + p->at.size);
    return;
  }
  p->at.next = c->kept[class];
  c->kept[class] = p;
}

static void *take_zeroed(size_t n, size_t size, void *user)
{
  void *memory = size && n > SIZE_MAX / size ? NULL : take(n * size, user);
  return memory ? memset(memory, 0, n * size) : NULL;
}

static void *resize(void *memory, size_t n, void *user)
{
  size_t old = memory ? ((piece *)memory - 1)->at.size : 0;
  if (memory && n <= old)
    return memory;
  void *larger = take(n, user);
  if (larger && memory) {
    memcpy(larger, memory, old);
    give(memory, user);
  }
  return larger;
}

/* ---- Streams that are over ----------------------------------------------------------------------- */

/* NULL: none, or its owner does not want it any more. Most calls ask for the stream of the call before. */
static pl_http2_stream *stream_of(session *s, int32_t id)
{
  if (id != s->last_id) {
    s->last = id ? nghttp2_session_get_stream_user_data(s->ng, id) : NULL;
    s->last_id = id;
  }
  return s->last;
}

static void finish(session *s, pl_http2_stream *x)
{
  x->over = true;
  x->next = NULL;
  *s->over_end = x;
  s->over_end = &x->next;
}

static void unlink_over(session *s, pl_http2_stream **at)
{
  pl_http2_stream *x = *at;
  *at = x->next;
  if (!x->next)
    s->over_end = at;
  x->over = false;
}

/* Where the list points to a stream that is in it. */
static pl_http2_stream **place_of(session *s, const pl_http2_stream *x)
{
  pl_http2_stream **at = &s->over;
  while (*at != x)
    at = &(*at)->next;
  return at;
}

pl_http2_stream *pl_http2_over(void *session_)
{
  session *s = session_;
  pl_http2_stream *x = s->over;
  if (x)
    unlink_over(s, &s->over);
  return x;
}

/* The session forgets a stream that goes on without its owner. */
static void let_go(session *s, pl_http2_stream *x, uint32_t code)
{
  (void)nghttp2_session_set_stream_user_data(s->ng, x->id, NULL);
  s->last_id = 0;
  s->last = NULL;
  (void)nghttp2_submit_rst_stream(s->ng, NGHTTP2_FLAG_NONE, x->id, code);
}

/* What closes a stream that has no end yet is on our side: what the server answered, or its GOAWAY. */
static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code, void *user)
{
  session *s = user;
  pl_http2_stream *x = stream_of(s, id);
  (void)ng;
  s->last_id = 0;
  s->last = NULL;
  if (!x)
    return 0;
  if (x->end == PL_HTTP2_OPEN)
    x->end = code == NGHTTP2_REFUSED_STREAM ? PL_HTTP2_REFUSED : PL_HTTP2_INVALID;
  if (x->end == PL_HTTP2_INVALID && !s->why[0])
    (void)snprintf(s->why, sizeof s->why, "%s", nghttp2_http2_strerror(code));
  finish(s, x);
  return 0;
}

/* ---- Answers ------------------------------------------------------------------------------------- */

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
  session *s = user;
  pl_http2_stream *x = stream_of(s, frame->hd.stream_id);
  (void)ng;
  if (!x || x->head_len)
    return 0;
  if (!*x->first_byte_ns)
    *x->first_byte_ns = s->now_ns;
  pl_buf_clear(&x->in); /* an interim answer */
  x->status = 0;
  return 0;
}

/* nghttp2 resets the stream, and tells of its end. */
static int give_up(pl_http2_stream *x, enum pl_http2_end end)
{
  x->end = end;
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* "name: value\r\n" */
static int add_line(pl_http2_stream *x, pl_buf *to, pl_str name, pl_str value)
{
  size_t n = name.len + value.len + 4;
  if (to->len + n > x->header_max)
    return give_up(x, PL_HTTP2_TOO_LONG);
  char *p = pl_buf_room(to, n);
  if (!p)
    return give_up(x, PL_HTTP2_NO_MEMORY);
  memcpy(p, name.data, name.len);
  memcpy(p + name.len, ": ", 2);
  memcpy(p + name.len + 2, value.data, value.len);
  memcpy(p + n - 2, "\r\n", 2);
  to->len += n;
  return 0;
}

/* nghttp2 has seen to it that it is three digits; those of a status begin with no zero (RFC 9110, section 15). */
static int begin_head(session *s, pl_http2_stream *x, pl_str status)
{
  int code = 0;
  for (size_t i = 0; i < status.len && i < 3; i++)
    code = code * 10 + (status.data[i] - '0');
  if (code < 100) {
    (void)snprintf(s->why, sizeof s->why, "a status below 100");
    return give_up(x, PL_HTTP2_INVALID);
  }
  x->status = code;
  bool added = !pl_buf_adds(&x->in, "HTTP/2 ") && !pl_buf_add(&x->in, status.data, status.len) && !pl_buf_adds(&x->in, "\r\n");
  return added ? 0 : give_up(x, PL_HTTP2_NO_MEMORY);
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name_data, size_t name_len, const uint8_t *value_data,
                     size_t value_len, uint8_t flags, void *user)
{
  session *s = user;
  pl_http2_stream *x = stream_of(s, frame->hd.stream_id);
  pl_str name = {(const char *)name_data, name_len}, value = {(const char *)value_data, value_len};
  (void)ng, (void)flags;
  if (!x)
    return 0;
  if (x->head_len)
    return x->trailers ? add_line(x, x->trailers, name, value) : 0;
  if (name.len && name.data[0] == ':')
    return begin_head(s, x, value);
  x->coded = x->coded || pl_str_eq(name, PL_STR("content-encoding"));
  x->has_cookie = x->has_cookie || pl_str_eq(name, PL_STR("set-cookie"));
  return add_line(x, &x->in, name, value);
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t n, void *user)
{
  pl_http2_stream *x = stream_of(user, id);
  (void)flags;
  if (!x || !x->want_body)
    return 0;
  pl_buf *to = x->data ? x->data : &x->in;
  size_t held = x->data ? to->len : to->len - x->head_len;
  if (held + n > x->body_max) {
    x->body_cut = true;
    n = x->body_max - held;
  }
  if (!pl_buf_add(to, data, n))
    return 0;
  x->end = PL_HTTP2_NO_MEMORY;
  return nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

static void end_head(pl_http2_stream *x)
{
  if (x->status >= 200) {
    x->end = pl_buf_add(&x->in, "\r\n", 2) ? PL_HTTP2_NO_MEMORY : x->end;
    x->head_len = x->in.len;
  }
  if (x->status == 100) { /* it is no answer */
    x->asked_for_body = true;
    *x->first_byte_ns = 0;
  }
}

static void take_frame(session *s, const nghttp2_frame *frame)
{
  pl_http2_stream *x = stream_of(s, frame->hd.stream_id);
  if (!x)
    return;
  x->bytes_received += FRAME_HEAD + frame->hd.length;
  if (frame->hd.type == NGHTTP2_HEADERS && !x->head_len)
    end_head(x);
  if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
    return;
  if (x->end == PL_HTTP2_OPEN)
    x->end = PL_HTTP2_COMPLETE;
  x->early = !x->sent && x->sends_all && x->end == PL_HTTP2_COMPLETE && x->status < 400; /* over with the last byte of the request */
  if (!x->sent && !x->early) { /* the rest of the request is of no use any more */
    let_go(s, x, NGHTTP2_NO_ERROR);
    finish(s, x);
  }
}

static void take_reset(session *s, const nghttp2_frame *frame)
{
  pl_http2_stream *x = stream_of(s, frame->hd.stream_id);
  if (!x || x->end != PL_HTTP2_OPEN)
    return;
  x->code = frame->rst_stream.error_code;
  x->end = x->code == NGHTTP2_REFUSED_STREAM ? PL_HTTP2_REFUSED : PL_HTTP2_RESET;
}

static int on_frame_received(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
  session *s = user;
  (void)ng;
  switch (frame->hd.type) {
  case NGHTTP2_HEADERS:
  case NGHTTP2_DATA:
    take_frame(s, frame);
    break;
  case NGHTTP2_RST_STREAM:
    take_reset(s, frame);
    break;
  case NGHTTP2_GOAWAY:
    s->going = true;
    (void)snprintf(s->why, sizeof s->why, "GOAWAY: %s", nghttp2_http2_strerror(frame->goaway.error_code));
    break;
  case NGHTTP2_SETTINGS:
    s->settled = true;
    break;
  default:
    break;
  }
  return 0;
}

static int on_invalid_frame(nghttp2_session *ng, const nghttp2_frame *frame, int error, void *user)
{
  session *s = user;
  pl_http2_stream *x = stream_of(s, frame->hd.stream_id);
  (void)ng;
  if (x && x->end == PL_HTTP2_OPEN)
    x->end = PL_HTTP2_INVALID;
  if (!s->why[0])
    (void)snprintf(s->why, sizeof s->why, "%s", nghttp2_strerror(error));
  return 0;
}

/* What nghttp2 has to say of a breach of the rules; the first line of it. */
static int on_error(nghttp2_session *ng, int error, const char *text, size_t len, void *user)
{
  session *s = user;
  (void)ng, (void)error;
  (void)snprintf(s->why, sizeof s->why, "%.*s", (int)(len < 150 ? len : 150), text);
  return 0;
}

/* ---- Requests ------------------------------------------------------------------------------------ */

static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
  (void)ng;
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
    return 0;
  pl_http2_stream *x = stream_of(user, frame->hd.stream_id);
  if (!x)
    return 0;
  x->bytes_sent += FRAME_HEAD + frame->hd.length;
  x->head_sent = true;
  x->sent = x->sent || frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  return 0;
}

static ssize_t read_body(nghttp2_session *ng, int32_t id, uint8_t *out, size_t n, uint32_t *flags, nghttp2_data_source *source, void *user)
{
  pl_http2_stream *x = source->ptr;
  bool last = false;
  (void)ng, (void)id, (void)user;
  int got = x->body(x, (char *)out, n, &last);
  if (got < 0) {
    x->end = PL_HTTP2_NO_BODY;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (last)
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  else if (got == 0)
    return NGHTTP2_ERR_DEFERRED;
  return got;
}

static int code_of(int error)
{
  return error == NGHTTP2_ERR_NOMEM || error == NGHTTP2_ERR_CALLBACK_FAILURE ? PL_ENOMEM : PL_EPROTO;
}

/* Appends one piece of output; *n 0: there is none. */
static int pull(session *s, pl_buf *out, size_t *n)
{
  const uint8_t *data;
  ssize_t got = nghttp2_session_mem_send(s->ng, &data);
  *n = got > 0 ? (size_t)got : 0;
  return got < 0 ? code_of((int)got) : pl_buf_add(out, data, *n);
}

int pl_http2_send(void *session_, pl_buf *out, size_t enough)
{
  size_t n = 1;
  int code = PL_OK;
  while (!code && n && out->len < enough)
    code = pull(session_, out, &n);
  return code;
}

/* Heads go before bodies, so the stream's is among the next pieces. */
int pl_http2_request(void *session_, pl_http2_stream *x, pl_str scheme, pl_str head, pl_buf *out)
{
  session *s = session_;
  nghttp2_data_provider body = {.source.ptr = x, .read_callback = read_body};
  const pl_http2_head *h = pl_http2_head_find(&s->c->heads, scheme, head);
  if (!h)
    return PL_ENOMEM;
  x->id = nghttp2_submit_request(s->ng, NULL, h->fields, h->n_fields, x->body ? &body : NULL, x);
  if (x->id < 0) {
    s->going = s->going || x->id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE;
    return x->id == NGHTTP2_ERR_NOMEM ? PL_ENOMEM : PL_ELIMIT;
  }
  size_t n = 1;
  int code = PL_OK;
  while (!code && n && !x->head_sent)
    code = pull(s, out, &n);
  if (!code && !x->head_sent)
    code = PL_ELIMIT;
  if (code && x->over)
    unlink_over(s, place_of(s, x));
  return code;
}

void pl_http2_drop(void *session_, pl_http2_stream *x)
{
  session *s = session_;
  if (x->over)
    unlink_over(s, place_of(s, x));
  else
    let_go(s, x, NGHTTP2_CANCEL);
}

void pl_http2_resume(void *session_, pl_http2_stream *x)
{
  const session *s = session_;
  (void)nghttp2_session_resume_data(s->ng, x->id);
}

/* ---- Sessions ------------------------------------------------------------------------------------ */

int pl_http2_receive(void *session_, const char *data, size_t n, uint64_t now_ns)
{
  session *s = session_;
  s->now_ns = now_ns;
  if (!s->going)
    s->why[0] = '\0';
  ssize_t used = nghttp2_session_mem_recv(s->ng, (const uint8_t *)data, n);
  if (used < 0) {
    if (!s->why[0])
      (void)snprintf(s->why, sizeof s->why, "%s", nghttp2_strerror((int)used));
    return code_of((int)used);
  }
  return PL_OK;
}

uint32_t pl_http2_limit(const void *session_)
{
  const session *s = session_;
  return s->settled ? nghttp2_session_get_remote_settings(s->ng, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) : LIMIT_UNTOLD;
}

bool pl_http2_going(const void *session_)
{
  const session *s = session_;
  return s->going;
}

bool pl_http2_ended(const void *session_)
{
  const session *s = session_;
  return !nghttp2_session_want_read(s->ng) && !nghttp2_session_want_write(s->ng);
}

const char *pl_http2_why(const void *session_)
{
  const session *s = session_;
  if (!s->settled)
    return "the server does not speak it";
  return s->why[0] ? s->why : "no reason given";
}

const char *pl_http2_code_name(uint32_t code)
{
  return nghttp2_http2_strerror(code);
}

void pl_http2_close(void *session_)
{
  session *s = session_;
  nghttp2_session_del(s->ng);
  pl_free(s->c->alloc, s, sizeof *s);
}

int pl_http2_open(void *context_, void **out)
{
  /* nginx, once it is told a size of the table, does without one: heads come as they are, and nothing is kept. */
  static const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, NGHTTP2_DEFAULT_HEADER_TABLE_SIZE},
                                                    {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                                    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW}};
  context *c = context_;
  session *s = pl_alloc_zero(c->alloc, 1, sizeof *s);
  if (!s)
    return PL_ENOMEM;
  s->c = c;
  s->over_end = &s->over;
  if (nghttp2_session_client_new3(&s->ng, c->callbacks, s, c->option, &c->memory)) {
    pl_free(c->alloc, s, sizeof *s);
    return PL_ENOMEM;
  }
  if (nghttp2_submit_settings(s->ng, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings) ||
      nghttp2_session_set_local_window_size(s->ng, NGHTTP2_FLAG_NONE, 0, WINDOW)) {
    pl_http2_close(s);
    return PL_ENOMEM;
  }
  *out = s;
  return PL_OK;
}

void pl_http2_context_free(void *context_)
{
  context *c = context_;
  if (!c)
    return;
  nghttp2_session_callbacks_del(c->callbacks);
  nghttp2_option_del(c->option);
  pl_http2_heads_free(&c->heads);
  for (size_t i = 0; i < CLASSES; i++) {
    for (piece *p; (p = c->kept[i]) != NULL;) {
      c->kept[i] = p->at.next;
      pl_free(c->alloc, p, sizeof *p + (i + 1) * CLASS);
    }
  }
  pl_free(c->alloc, c, sizeof *c);
}

static void set_callbacks(nghttp2_session_callbacks *b)
{
  nghttp2_session_callbacks_set_on_begin_headers_callback(b, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(b, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(b, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(b, on_frame_received);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(b, on_invalid_frame);
  nghttp2_session_callbacks_set_on_frame_send_callback(b, on_frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(b, on_stream_close);
  nghttp2_session_callbacks_set_error_callback2(b, on_error);
}

int pl_http2_context_new(const pl_allocator *a, void **out)
{
  context *c = pl_alloc_zero(a, 1, sizeof *c);
  if (!c)
    return PL_ENOMEM;
  c->alloc = c->heads.alloc = a;
  c->memory = (nghttp2_mem){c, take, give, take_zeroed, resize};
  if (nghttp2_session_callbacks_new(&c->callbacks) || nghttp2_option_new(&c->option)) {
    pl_http2_context_free(c);
    return PL_ENOMEM;
  }
  set_callbacks(c->callbacks);
  nghttp2_option_set_no_closed_streams(c->option, 1);
  *out = c;
  return PL_OK;
}

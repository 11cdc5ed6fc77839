/* See grpcd_session.h. What cannot be taken is said when the client has sent all of its call; what comes of it until then is dropped. */
#include "net/modules/grpcd_session.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

enum { STREAMS = 100, WINDOW = 1 << 20, HEADERS_MAX = 16 << 10, PATH_SIZE = 256, CODING_SIZE = 32, PREFIX = 5, TEXT_SIZE = 1024, ANSWER_MAX = 1 << 20 };

/* Where a call stands. */
enum state {
  READING,  /* its message comes */
  TOLD,     /* it waits for its answer */
  ANSWERED, /* the answer is there */
};

struct pl_grpcd_call {
  pl_http_request request; /* first: a request is its call */
  pl_grpcd *server;
  pl_grpcd_session *session; /* NULL: its connection or its stream is gone */
  int32_t stream;
  enum state state;
  bool grpc;               /* its Content-Type says so */
  bool packed;             /* its message is compressed, by: */
  char coding[CODING_SIZE];
  char path[PATH_SIZE], method[8];
  unsigned refused;        /* the status; what comes of its message is dropped */
  pl_buf in;               /* the message, behind its prefix */
  pl_buf out;              /* the answer's, likewise; so much of it is sent: */
  size_t sent;
  pl_grpcd_call *next, **link; /* of its session's, or of the orphans */
};

struct pl_grpcd_session {
  pl_grpcd *server;
  nghttp2_session *http2;
  pl_grpcd_call *calls;
};

/* ---- Calls --------------------------------------------------------------------------------------------- */

static void link_call(pl_grpcd_call **list, pl_grpcd_call *c)
{
  c->next = *list;
  c->link = list;
  if (c->next)
    c->next->link = &c->next;
  *list = c;
}

static void unlink_call(pl_grpcd_call *c)
{
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
}

static void drop_message(pl_grpcd_call *c)
{
  c->server->bodies -= c->in.len;
  pl_buf_fini(&c->in);
}

static void free_call(pl_grpcd_call *c)
{
  unlink_call(c);
  drop_message(c);
  pl_buf_fini(&c->out);
  pl_free(c->server->o.alloc, c, sizeof *c);
}

/* Its stream is gone: whoever was told of it may still answer. */
static void leave(pl_grpcd_call *c)
{
  if (c->state != TOLD) {
    free_call(c);
    return;
  }
  unlink_call(c);
  c->session = NULL;
  link_call(&c->server->orphans, c);
}

static pl_grpcd_call *new_call(pl_grpcd_session *s, int32_t stream)
{
  const pl_httpd_options *o = &s->server->o;
  pl_grpcd_call *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  if (!c)
    return NULL;
  c->server = s->server;
  c->session = s;
  c->stream = stream;
  pl_buf_init(&c->in, o->alloc, o->body_max > SIZE_MAX - PREFIX ? SIZE_MAX : o->body_max + PREFIX);
  pl_buf_init(&c->out, o->alloc, ANSWER_MAX);
  link_call(&s->calls, c);
  return c;
}

void pl_grpcd_fini(pl_grpcd *g)
{
  while (g->orphans)
    free_call(g->orphans);
}

/* ---- Answers --------------------------------------------------------------------------------------------- */

/* The status of gRPC that says what one of HTTP does: clients try again after 14 (unavailable) alone. */
static const char *grpc_status(unsigned status)
{
  switch (status) {
  case 400:
    return "3"; /* invalid argument */
  case 404:
  case 405:
  case 415:
    return "12"; /* unimplemented */
  case 413:
    return "8"; /* resource exhausted */
  case 503:
    return "14";
  default:
    return "13"; /* internal */
  }
}

/* A text as grpc-message has it: what is not printable, and %, as %XX. As much as fits. */
static size_t encode(pl_str text, char out[TEXT_SIZE])
{
  static const char digits[] = "0123456789ABCDEF";
  size_t n = 0;
  for (size_t i = 0; i < text.len && n + 3 <= TEXT_SIZE; i++) {
    unsigned char byte = (unsigned char)text.data[i];
    if (byte >= ' ' && byte <= '~' && byte != '%') {
      out[n++] = (char)byte;
      continue;
    }
    out[n++] = '%';
    out[n++] = digits[byte >> 4];
    out[n++] = digits[byte & 15];
  }
  return n;
}

/* nghttp2 copies what it is given, though its type says that it may write there. */
static nghttp2_nv field(const char *name, const char *value, size_t len)
{
  union {
    const char *in;
    uint8_t *out;
  } n = {name}, v = {value};
  return (nghttp2_nv){.name = n.out, .namelen = strlen(name), .value = v.out, .valuelen = len, .flags = NGHTTP2_NV_FLAG_NONE};
}

static ssize_t read_answer(nghttp2_session *http2, int32_t stream, uint8_t *out, size_t room, uint32_t *flags, nghttp2_data_source *source, void *user)
{
  pl_grpcd_call *c = source->ptr;
  const nghttp2_nv trailer = field("grpc-status", "0", 1);
  size_t left = c->out.len - c->sent, n = room < left ? room : left;
  (void)user;
  memcpy(out, c->out.data + c->sent, n);
  c->sent += n;
  if (c->sent == c->out.len) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (nghttp2_submit_trailer(http2, stream, &trailer, 1))
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  return (ssize_t)n;
}

static int submit_message(pl_grpcd_call *c, pl_str message)
{
  const nghttp2_nv fields[] = {field(":status", "200", 3), field("content-type", "application/grpc", 16), field("grpc-accept-encoding", "identity,gzip", 13)};
  const unsigned char prefix[PREFIX] = {0, (unsigned char)(message.len >> 24), (unsigned char)(message.len >> 16), (unsigned char)(message.len >> 8),
                                        (unsigned char)message.len};
  const nghttp2_data_provider answer = {.source.ptr = c, .read_callback = read_answer};
  if (pl_buf_add(&c->out, prefix, PREFIX) || pl_buf_add(&c->out, message.data, message.len))
    return NGHTTP2_ERR_NOMEM;
  return nghttp2_submit_response(c->session->http2, c->stream, fields, sizeof fields / sizeof *fields, &answer);
}

static int submit_refusal(const pl_grpcd_call *c, unsigned status, pl_str why)
{
  char text[TEXT_SIZE];
  const char *code = grpc_status(status);
  const nghttp2_nv fields[] = {field(":status", "200", 3), field("content-type", "application/grpc", 16), field("grpc-accept-encoding", "identity,gzip", 13),
                               field("grpc-status", code, strlen(code)), field("grpc-message", text, encode(why, text))};
  const nghttp2_nv foreign = field(":status", "415", 3);
  return c->grpc ? nghttp2_submit_response(c->session->http2, c->stream, fields, sizeof fields / sizeof *fields, NULL)
                 : nghttp2_submit_response(c->session->http2, c->stream, &foreign, 1, NULL);
}

static void answer(pl_grpcd_call *c, unsigned status, pl_str text)
{
  c->state = ANSWERED;
  if (!c->session) {
    free_call(c);
    return;
  }
  bool good = status == 200 ? !submit_message(c, text) : !submit_refusal(c, status, text);
  drop_message(c); /* what the text may be of */
  if (!good)
    (void)nghttp2_submit_rst_stream(c->session->http2, NGHTTP2_FLAG_NONE, c->stream, NGHTTP2_INTERNAL_ERROR);
}

void pl_grpcd_answer(pl_http_request *r, const pl_http_answer *a)
{
  pl_grpcd_call *c = (pl_grpcd_call *)r;
  pl_str text = a->body;
  while (text.len && text.data[text.len - 1] == '\n' && a->status != 200)
    text.len--;
  if (c->state != ANSWERED)
    answer(c, a->status, text);
}

pl_str pl_grpcd_header(const pl_http_request *r, const char *name)
{
  const pl_grpcd_call *c = (const pl_grpcd_call *)r;
  if (pl_str_ieq(pl_str_of(name), PL_STR("Content-Type")))
    return PL_STR("application/grpc");
  return pl_str_ieq(pl_str_of(name), PL_STR("Content-Encoding")) && c->packed ? pl_str_of(c->coding) : (pl_str){NULL, 0};
}

/* ---- What comes ------------------------------------------------------------------------------------------ */

static const char *refusal(unsigned status)
{
  switch (status) {
  case 400:
    return "not one message";
  case 404:
    return "nothing is received there";
  case 413:
    return "the message is too long";
  case 503:
    return "too much at a time, try again later";
  default:
    return "not taken";
  }
}

static void refuse(pl_grpcd_call *c, unsigned status)
{
  c->refused = status;
  drop_message(c);
  c->server->o.refused(c->server->o.user, status);
}

/* All of the head is there. */
static void on_head(pl_grpcd_call *c)
{
  const pl_httpd_options *o = &c->server->o;
  c->request.method = pl_str_of(c->method);
  c->request.path = pl_str_of(c->path);
  if (!c->grpc)
    refuse(c, 415);
  else
    c->refused = o->begin(o->user, &c->request);
}

/* The one message that the bytes are; false: they are none. */
static bool unframe(pl_grpcd_call *c)
{
  const unsigned char *at = (const unsigned char *)c->in.data;
  if (c->in.len < PREFIX || at[0] > 1)
    return false;
  size_t len = (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | at[4];
  c->packed = at[0];
  c->request.body = (pl_str){c->in.data + PREFIX, len};
  return len == c->in.len - PREFIX && (!c->packed || c->coding[0]);
}

/* All of the call is there. */
static void on_end(pl_grpcd_call *c)
{
  const pl_httpd_options *o = &c->server->o;
  if (!c->refused && !unframe(c))
    refuse(c, 400);
  c->state = TOLD;
  if (c->refused)
    answer(c, c->refused, pl_str_of(refusal(c->refused)));
  else
    o->request(o->user, &c->request);
}

static int on_begin_headers(nghttp2_session *http2, const nghttp2_frame *frame, void *session)
{
  pl_grpcd_session *s = session;
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
    return 0;
  pl_grpcd_call *c = new_call(s, frame->hd.stream_id);
  return c ? nghttp2_session_set_stream_user_data(http2, frame->hd.stream_id, c) : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name_, size_t name_len, const uint8_t *value_, size_t value_len,
                     uint8_t flags, void *session)
{
  pl_grpcd_call *c = nghttp2_session_get_stream_user_data(http2, frame->hd.stream_id);
  pl_str name = {(const char *)name_, name_len}, value = {(const char *)value_, value_len};
  (void)flags, (void)session;
  if (!c || c->state != READING || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
    return 0;
  if (pl_str_eqc(name, ":path"))
    (void)pl_copy(c->path, sizeof c->path, value);
  else if (pl_str_eqc(name, ":method"))
    (void)pl_copy(c->method, sizeof c->method, value);
  else if (pl_str_eqc(name, "grpc-encoding"))
    (void)pl_copy(c->coding, sizeof c->coding, value);
  else if (pl_str_eqc(name, "content-type"))
    c->grpc = pl_str_starts(value, PL_STR("application/grpc"));
  return 0;
}

static int on_frame(nghttp2_session *http2, const nghttp2_frame *frame, void *session)
{
  pl_grpcd_call *c = nghttp2_session_get_stream_user_data(http2, frame->hd.stream_id);
  (void)session;
  if (!c || c->state != READING || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
    return 0;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    on_head(c);
  if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
    on_end(c);
  return 0;
}

static int on_data(nghttp2_session *http2, uint8_t flags, int32_t stream, const uint8_t *data, size_t len, void *session)
{
  pl_grpcd_call *c = nghttp2_session_get_stream_user_data(http2, stream);
  (void)flags, (void)session;
  if (!c || c->state != READING || c->refused)
    return 0;
  pl_grpcd *g = c->server;
  if (len > g->o.bodies_max || g->bodies > g->o.bodies_max - len)
    refuse(c, 503);
  else if (pl_buf_add(&c->in, data, len))
    refuse(c, c->in.bad == PL_ELIMIT ? 413 : 503);
  else
    g->bodies += len;
  return 0;
}

static int on_stream_close(nghttp2_session *http2, int32_t stream, uint32_t code, void *session)
{
  pl_grpcd_call *c = nghttp2_session_get_stream_user_data(http2, stream);
  (void)code, (void)session;
  if (c)
    leave(c);
  return 0;
}

/* ---- Sessions -------------------------------------------------------------------------------------------- */

static int new_http2(pl_grpcd_session *s)
{
  nghttp2_session_callbacks *b = NULL;
  nghttp2_option *o = NULL;
  int code = nghttp2_session_callbacks_new(&b) || nghttp2_option_new(&o) ? NGHTTP2_ERR_NOMEM : 0;
  if (!code) {
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_session_callbacks_set_on_begin_headers_callback(b, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(b, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(b, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(b, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(b, on_stream_close);
    code = nghttp2_session_server_new2(&s->http2, b, s, o);
  }
  nghttp2_session_callbacks_del(b);
  nghttp2_option_del(o);
  return code;
}

int pl_grpcd_session_new(pl_grpcd *g, pl_grpcd_session **out)
{
  static const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
                                                    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_MAX}};
  pl_grpcd_session *s = pl_alloc_zero(g->o.alloc, 1, sizeof *s);
  if (!s)
    return PL_ENOMEM;
  s->server = g;
  if (new_http2(s) || nghttp2_submit_settings(s->http2, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings) ||
      nghttp2_session_set_local_window_size(s->http2, NGHTTP2_FLAG_NONE, 0, WINDOW)) {
    pl_grpcd_session_free(s);
    return PL_ENOMEM;
  }
  *out = s;
  return PL_OK;
}

void pl_grpcd_session_free(pl_grpcd_session *s)
{
  while (s->calls)
    leave(s->calls);
  nghttp2_session_del(s->http2);
  pl_free(s->server->o.alloc, s, sizeof *s);
}

int pl_grpcd_session_take(pl_grpcd_session *s, pl_str bytes)
{
  ssize_t n = nghttp2_session_mem_recv(s->http2, (const uint8_t *)bytes.data, bytes.len);
  return n >= 0 ? PL_OK : n == NGHTTP2_ERR_NOMEM ? PL_ENOMEM : PL_EPROTO;
}

int pl_grpcd_session_give(pl_grpcd_session *s, pl_buf *out, size_t most)
{
  const uint8_t *data;
  ssize_t n = 1;
  while (out->len < most && (n = nghttp2_session_mem_send(s->http2, &data)) > 0) {
    if (pl_buf_add(out, data, (size_t)n))
      return PL_ENOMEM;
  }
  return n >= 0 ? PL_OK : PL_ENOMEM;
}

void pl_grpcd_session_put_off(pl_grpcd_session *s)
{
  for (pl_grpcd_call *c = s->calls; c; c = c->next) {
    if (c->state == TOLD)
      answer(c, 503, pl_str_of(refusal(503)));
  }
}

void pl_grpcd_session_end(pl_grpcd_session *s)
{
  (void)nghttp2_session_terminate_session(s->http2, NGHTTP2_NO_ERROR);
}

bool pl_grpcd_session_waits(const pl_grpcd_session *s)
{
  bool waits = false;
  for (const pl_grpcd_call *c = s->calls; c && !waits; c = c->next)
    waits = c->state == TOLD;
  return waits;
}

bool pl_grpcd_session_over(pl_grpcd_session *s)
{
  return !nghttp2_session_want_read(s->http2) && !nghttp2_session_want_write(s->http2);
}

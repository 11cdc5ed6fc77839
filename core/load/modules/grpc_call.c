/* The bytes of messages are a flag, a length and the message (PROTOCOL-HTTP2.md, Length-Prefixed-Message). */
#include "load/modules/grpc_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "format/deflate.h"
#include "load/modules/http2_session.h"

enum { PREFIX = 5, HEAD_MAX = 64 << 10, BROUGHT_MAX = 64 << 10 };

static const char *const names[] = {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
                                    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
                                    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};
enum { CANCELLED = 1, UNKNOWN = 2, PERMISSION_DENIED = 7, RESOURCE_EXHAUSTED = 8, UNIMPLEMENTED = 12, INTERNAL = 13, UNAVAILABLE = 14, UNAUTHENTICATED = 16 };

const char *pl_grpc_status_name(int status)
{
  return status >= 0 && status <= UNAUTHENTICATED ? names[status] : "UNKNOWN";
}

void pl_grpc_call_init(pl_grpc_call *c, const pl_allocator *a)
{
  *c = (pl_grpc_call){.alloc = a};
  pl_buf_init(&c->up, a, 2 * PL_GRPC_MESSAGE_MAX);
  pl_buf_init(&c->down, a, 2 * PL_GRPC_MESSAGE_MAX);
  pl_buf_init(&c->plain, a, PL_GRPC_MESSAGE_MAX);
  pl_buf_init(&c->trailers, a, BROUGHT_MAX);
  pl_buf_init(&c->head, a, HEAD_MAX);
  pl_buf_init(&c->s.in, a, BROUGHT_MAX);
}

void pl_grpc_call_fini(pl_grpc_call *c)
{
  pl_buf_fini(&c->up);
  pl_buf_fini(&c->down);
  pl_buf_fini(&c->plain);
  pl_buf_fini(&c->trailers);
  pl_buf_fini(&c->head);
  pl_buf_fini(&c->s.in);
}

void pl_grpc_call_reset(pl_grpc_call *c)
{
  pl_buf up = c->up, down = c->down, plain = c->plain, trailers = c->trailers, head = c->head, in = c->s.in;
  *c = (pl_grpc_call){.alloc = c->alloc, .up = up, .down = down, .plain = plain, .trailers = trailers, .head = head, .s.in = in};
  pl_buf_clear(&c->up);
  pl_buf_clear(&c->down);
  pl_buf_clear(&c->trailers);
  pl_buf_clear(&c->head);
  pl_buf_clear(&c->s.in);
}

/* ---- Requests ------------------------------------------------------------------------------------ */

static bool is_key(pl_str key)
{
  for (size_t i = 0; i < key.len; i++) {
    char k = key.data[i];
    if (!((k >= 'a' && k <= 'z') || (k >= 'A' && k <= 'Z') || (k >= '0' && k <= '9') || k == '-' || k == '_' || k == '.'))
      return false;
  }
  return key.len > 0;
}

static bool is_binary(pl_str key)
{
  return key.len > 4 && pl_str_ieq((pl_str){key.data + key.len - 4, 4}, PL_STR("-bin"));
}

static int add_metadata(pl_grpc_call *c, pl_str key, const pl_tree *v, pl_error *err)
{
  char scratch[32];
  pl_str text = pl_tree_as_text(v, scratch);
  bool binary = is_binary(key);
  if (!is_key(key) || !text.data)
    return pl_fail(err, PL_EINVAL, "grpc: metadata \"%.*s\": a key is letters, digits, - _ ., its value a text", (int)(key.len < 60 ? key.len : 60), key.data);
  for (size_t i = 0; i < text.len && !binary; i++) {
    if ((unsigned char)text.data[i] < ' ' || (unsigned char)text.data[i] > '~')
      return pl_fail(err, PL_EINVAL, "grpc: metadata \"%.*s\": only printable ASCII; other bytes need a key that ends in -bin", (int)key.len, key.data);
  }
  (void)pl_buf_addf(&c->head, "%.*s: ", (int)key.len, key.data);
  (void)(binary ? pl_base64(&c->head, text) : pl_buf_add(&c->head, text.data, text.len));
  return pl_buf_adds(&c->head, "\r\n") ? pl_fail(err, PL_ENOMEM, "grpc: metadata are too long, or out of memory") : PL_OK;
}

static int add_all_metadata(pl_grpc_call *c, const pl_tree *metadata, pl_error *err)
{
  int code = PL_OK;
  if (metadata && metadata->kind == PL_TREE_LIST && metadata->n == 0)
    return PL_OK;
  if (metadata && metadata->kind != PL_TREE_MAP)
    return pl_fail(err, PL_EINVAL, "grpc: metadata is a table { key = text }");
  for (size_t i = 0; metadata && i < metadata->n && !code; i++) {
    const pl_tree *key = &metadata->as.items[2 * i], *v = &metadata->as.items[2 * i + 1];
    pl_str name = key->kind == PL_TREE_STRING ? key->as.string : (pl_str){"", 0};
    size_t n = v->kind == PL_TREE_LIST ? v->n : 1;
    for (size_t k = 0; k < n && !code; k++)
      code = add_metadata(c, name, v->kind == PL_TREE_LIST ? &v->as.items[k] : v, err);
  }
  return code;
}

/* At most eight digits, in the finest unit that holds them. */
static void add_deadline(pl_buf *head, double seconds)
{
  static const struct {
    double per_second;
    char name;
  } units[] = {{1e9, 'n'}, {1e6, 'u'}, {1e3, 'm'}, {1, 'S'}};
  size_t i = 0;
  while (i < 3 && seconds * units[i].per_second > 99999999.0)
    i++;
  (void)pl_buf_addf(head, "grpc-timeout: %.0f%c\r\n", seconds * units[i].per_second, units[i].name);
}

int pl_grpc_call_head(pl_grpc_call *c, pl_str authority, pl_str path, const pl_tree *metadata, double deadline_s, pl_error *err)
{
  (void)pl_buf_addf(&c->head, "POST /%.*s HTTP/1.1\r\nHost: %.*s\r\ncontent-type: application/grpc\r\nte: trailers\r\n"
                    "grpc-accept-encoding: gzip, deflate\r\nuser-agent: perilune/" PL_VERSION "\r\n",
                    (int)path.len, path.data, (int)authority.len, authority.data);
  if (c->compress)
    (void)pl_buf_adds(&c->head, "grpc-encoding: gzip\r\n");
  if (deadline_s > 0)
    add_deadline(&c->head, deadline_s);
  int code = add_all_metadata(c, metadata, err);
  if (!code && pl_buf_adds(&c->head, "\r\n"))
    code = pl_fail(err, PL_ENOMEM, "grpc: out of memory");
  return code;
}

size_t pl_grpc_call_message(pl_grpc_call *c)
{
  size_t from = c->up.len;
  (void)pl_buf_add(&c->up, "\0\0\0\0\0", PREFIX);
  return from;
}

/* Compresses the message that began at `from` in place. Without memory, or where it becomes no shorter, it stays as it is. */
static void pack(pl_grpc_call *c, size_t from)
{
  pl_str message = {c->up.data + from + PREFIX, c->up.len - from - PREFIX};
  pl_buf_clear(&c->plain);
  if (pl_deflate(PL_DEFLATE_GZIP, message, &c->plain) || c->plain.len >= message.len)
    return;
  memcpy(c->up.data + from + PREFIX, c->plain.data, c->plain.len);
  c->up.data[from] = 1;
  c->up.len = from + PREFIX + c->plain.len;
}

void pl_grpc_call_sealed(pl_grpc_call *c, size_t from)
{
  if (c->up.bad)
    return;
  if (c->compress)
    pack(c, from);
  size_t n = c->up.len - from - PREFIX;
  for (int i = 0; i < 4; i++)
    c->up.data[from + 1 + (size_t)i] = (char)(n >> (24 - 8 * i));
}

void pl_grpc_call_unsaid(pl_grpc_call *c, size_t from)
{
  c->up.len = from;
  c->up.bad = 0;
}

static int read_up(pl_http2_stream *s, char *out, size_t n, bool *last)
{
  pl_grpc_call *c = (pl_grpc_call *)(void *)s;
  size_t left = c->up.len - c->up_at;
  n = n < left ? n : left;
  if (n)
    memcpy(out, c->up.data + c->up_at, n);
  c->up_at += n;
  if (c->up_at == c->up.len) {
    pl_buf_clear(&c->up);
    c->up_at = 0;
    *last = c->up_end;
  }
  return (int)n;
}

int pl_grpc_call_begin(pl_grpc_call *c, void *session, bool secure, pl_buf *out)
{
  c->s.header_max = BROUGHT_MAX;
  c->s.body_max = 2 * PL_GRPC_MESSAGE_MAX;
  c->s.want_body = true;
  c->s.data = &c->down;
  c->s.trailers = &c->trailers;
  c->s.first_byte_ns = &c->first_byte_ns;
  c->s.body = read_up;
  int code = pl_http2_request(session, &c->s, secure ? PL_STR("https") : PL_STR("http"), (pl_str){c->head.data, c->head.len}, out);
  c->begun = code == PL_OK;
  return code;
}

/* ---- Answers ------------------------------------------------------------------------------------- */

/* The rest is no whole message: it may come, unless the stream ended well. */
static int part_of_message(const pl_grpc_call *c, size_t left, const char **why)
{
  if (!left || !c->over || c->status)
    return 0;
  *why = "grpc: the last message is cut";
  return PL_EPROTO;
}

int pl_grpc_call_next(pl_grpc_call *c, pl_str *message, const char **why)
{
  const unsigned char *p = (const unsigned char *)c->down.data + c->down_at;
  size_t left = c->down.len - c->down_at;
  if (left < PREFIX)
    return part_of_message(c, left, why);
  size_t n = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
  if (p[0] > 1 || n > PL_GRPC_MESSAGE_MAX) {
    *why = p[0] > 1 ? "grpc: a message is neither plain nor compressed" : "grpc: a message is longer than the limit";
    return PL_EPROTO;
  }
  if (left - PREFIX < n)
    return part_of_message(c, left, why);
  c->packed = p[0] == 1;
  *message = (pl_str){c->down.data + c->down_at + PREFIX, n};
  c->down_at += PREFIX + n;
  return 1;
}

/* The value of a line "name: value\r\n", name in lower case. */
static pl_str line_of(const pl_buf *lines, pl_str name)
{
  pl_str rest = {lines->data, lines->len};
  while (rest.len) {
    pl_str value = pl_str_cut(&rest, '\n'), key = pl_str_cut(&value, ':');
    if (value.data && pl_str_eq(key, name))
      return pl_str_trim(value);
  }
  return (pl_str){NULL, 0};
}

int pl_grpc_call_unpack(pl_grpc_call *c, pl_str *message, const char **why)
{
  if (!c->packed)
    return PL_OK;
  pl_str coding = line_of(&c->s.in, PL_STR("grpc-encoding"));
  bool gzip = pl_str_eq(coding, PL_STR("gzip"));
  if (!gzip && !pl_str_eq(coding, PL_STR("deflate"))) {
    *why = "grpc: a message is compressed, and not as gzip or deflate";
    return PL_EPROTO;
  }
  pl_buf_clear(&c->plain);
  int code = pl_inflate(gzip ? PL_DEFLATE_GZIP : PL_DEFLATE_ZLIB, *message, &c->plain);
  if (code) {
    *why = code == PL_ENOMEM ? "out of memory" : code == PL_ELIMIT ? "grpc: a message is longer than the limit" : "grpc: a compressed message is broken";
    return code == PL_ENOMEM ? code : PL_EPROTO;
  }
  *message = (pl_str){c->plain.len ? c->plain.data : "", c->plain.len};
  return PL_OK;
}

/* "a%20b" as it is meant; control bytes become dots. */
static void percent_decode(char *out, size_t size, pl_str s)
{
  size_t n = 0;
  for (size_t i = 0; i < s.len && n + 1 < size; i++) {
    int c = (unsigned char)s.data[i];
    if (c == '%' && i + 2 < s.len && pl_hex_digit(s.data[i + 1]) >= 0 && pl_hex_digit(s.data[i + 2]) >= 0) {
      c = pl_hex_digit(s.data[i + 1]) << 4 | pl_hex_digit(s.data[i + 2]);
      i += 2;
    }
    out[n++] = c < ' ' ? '.' : (char)c;
  }
  out[n] = '\0';
}

static void set_status(pl_grpc_call *c, int status, const char *text)
{
  c->status = status;
  (void)snprintf(c->message, sizeof c->message, "%s", text);
}

/* What a status of HTTP means where there is none of gRPC (doc/http-grpc-status-mapping.md). */
static int status_of_http(int status)
{
  switch (status) {
  case 400:
    return INTERNAL;
  case 401:
    return UNAUTHENTICATED;
  case 403:
    return PERMISSION_DENIED;
  case 404:
    return UNIMPLEMENTED;
  case 429:
  case 502:
  case 503:
  case 504:
    return UNAVAILABLE;
  default:
    return UNKNOWN;
  }
}

static int status_of_reset(uint32_t code)
{
  enum { REFUSED_STREAM = 7, CANCEL = 8, ENHANCE_YOUR_CALM = 11, INADEQUATE_SECURITY = 12 };
  switch (code) {
  case REFUSED_STREAM:
    return UNAVAILABLE;
  case CANCEL:
    return CANCELLED;
  case ENHANCE_YOUR_CALM:
    return RESOURCE_EXHAUSTED;
  case INADEQUATE_SECURITY:
    return PERMISSION_DENIED;
  default:
    return INTERNAL;
  }
}

static void status_of_answer(pl_grpc_call *c)
{
  bool alone = !line_of(&c->trailers, PL_STR("grpc-status")).data; /* or in the head, when nothing follows that */
  const pl_buf *lines = alone ? &c->s.in : &c->trailers;
  uint64_t status;
  char text[32];
  if (pl_str_u64(line_of(lines, PL_STR("grpc-status")), &status) && status <= UNAUTHENTICATED) {
    c->status = (int)status;
    percent_decode(c->message, sizeof c->message, line_of(lines, PL_STR("grpc-message")));
    return;
  }
  (void)snprintf(text, sizeof text, "HTTP status %d", c->s.status);
  set_status(c, status_of_http(c->s.status), c->s.status == 200 ? "the server gave no status" : text);
}

void pl_grpc_call_ended(pl_grpc_call *c, const char *session_why)
{
  c->over = true;
  switch (c->s.end) {
  case PL_HTTP2_COMPLETE:
    status_of_answer(c);
    return;
  case PL_HTTP2_REFUSED:
    set_status(c, UNAVAILABLE, "the server refused the stream");
    return;
  case PL_HTTP2_RESET:
    set_status(c, status_of_reset(c->s.code), pl_http2_code_name(c->s.code));
    return;
  case PL_HTTP2_TOO_LONG:
    set_status(c, RESOURCE_EXHAUSTED, "the metadata are longer than the limit");
    return;
  case PL_HTTP2_NO_MEMORY:
    set_status(c, RESOURCE_EXHAUSTED, "the answer is longer than the limit, or out of memory");
    return;
  case PL_HTTP2_OPEN:
  case PL_HTTP2_NO_BODY:
  case PL_HTTP2_INVALID:
    break;
  }
  set_status(c, INTERNAL, session_why);
}

/* What stands under a key that ends in -bin: the bytes that it is the Base64 of, with padding or without; the text where it is none. */
static bool read_binary(const pl_grpc_call *c, pl_str text, pl_arena *arena, pl_tree *out)
{
  pl_buf coded, bytes;
  pl_buf_init(&coded, c->head.alloc, text.len + 3);
  pl_buf_init(&bytes, c->head.alloc, text.len);
  (void)pl_buf_add(&coded, text.data, text.len);
  while (coded.len % 4 && !coded.bad)
    (void)pl_buf_addc(&coded, '=');
  int code = coded.bad ? coded.bad : pl_base64_decode(&bytes, (pl_str){coded.data, coded.len});
  *out = pl_tree_text(text);
  bool taken = code == PL_EPARSE || (!code && (!bytes.len || pl_tree_string(arena, out, (pl_str){bytes.data, bytes.len})));
  pl_buf_fini(&coded);
  pl_buf_fini(&bytes);
  return taken;
}

bool pl_grpc_call_metadata(const pl_grpc_call *c, bool trailing, pl_arena *arena, pl_tree *out)
{
  const pl_buf *lines = trailing ? &c->trailers : &c->s.in;
  size_t n = 0, at = 0;
  for (size_t i = 0; i < lines->len; i++)
    n += lines->data[i] == '\n';
  if (!pl_tree_map(arena, out, n))
    return false;
  for (pl_str rest = {lines->data, lines->len}; rest.len && at < n;) {
    pl_str value = pl_str_cut(&rest, '\n'), key = pl_str_cut(&value, ':');
    if (!value.data)
      continue; /* the status line, or the blank one */
    out->as.items[2 * at] = pl_tree_text(key);
    value = pl_str_trim(value);
    out->as.items[2 * at + 1] = pl_tree_text(value);
    if (is_binary(key) && !read_binary(c, value, arena, &out->as.items[2 * at + 1]))
      return false;
    at++;
  }
  out->n = at;
  return true;
}

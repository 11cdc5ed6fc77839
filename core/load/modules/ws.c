/* WebSocket (RFC 6455), with permessage-deflate (RFC 7692).
 *
 *   local w, why = user:ws("ws://127.0.0.1:8080/chat", { headers = {...}, protocols = "chat", compress = true })
 *   w:send("text")  w:send { bytes, binary = true }  w:send { "text", fragment = 1024 } -- in frames of so many bytes at most
 *   local message, why = w:receive()            -- its latency is the wait for it
 *   local answer = w:exchange("question")       -- round trip: send, then the next message
 *   w:ping()                                    -- round trip of a ping
 *   w:finish { code = 1000, reason = "bye" }    -- the closing handshake; operations behind it fail, and the server closes the connection
 *
 * Frames are decoded as they arrive, also between operations; messages that nobody waits for stand in a queue. Pings are answered at once,
 * and so is a close frame; messages that came before it can still be received. Without context
 * takeover in either direction, so that a connection holds no window. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sha1.h"
#include "load/modules/get.h"
#include "load/protocol.h"

enum { MESSAGE_MAX = 16 << 20, QUEUE_MAX = 16 << 20, CONTROL_MAX = 125 };
enum { FINAL = 0x80, DEFLATED = 0x40 }; /* of a frame's first byte, besides the */
enum opcode { OP_CONTINUATION = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

/* What the operation in flight waits for. */
enum wanted { WANT_NOTHING, WANT_MESSAGE, WANT_PONG, WANT_CLOSE };

typedef struct frame {
  unsigned char head[14]; /* as far as it is there */
  size_t head_len, head_need;
  bool final, deflated;
  unsigned opcode;
  uint64_t left;          /* bytes of payload to come */
} frame;

typedef struct ws {
  const pl_allocator *alloc;
  pl_get get;
  char key[32];           /* Sec-WebSocket-Key */
  pl_str protocols;       /* offered, in head */
  bool offer_deflate;
  bool open, deflate;     /* as agreed */
  pl_rng rng;             /* of masks */
  frame frame;
  unsigned message_opcode; /* of the message under way; 0: none */
  bool message_deflated;
  pl_buf message;
  char control[CONTROL_MAX];
  size_t control_len;
  pl_buf queue;           /* whole messages: size_t length, bytes */
  size_t queue_at;        /* where the first one begins that was not received yet */
  enum wanted want;
  pl_buf value;           /* of the operation that is done */
  bool has_value;
  const char *end;        /* why it is over; NULL: it is not, or it is not known */
  int end_code;           /* and of what class that is: PL_EPROTO, PL_ERESET */
  char why[160];
} ws;

/* ---- Opening --------------------------------------------------------------------------------------- */

static int ws_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  ws *c = c_;
  c->alloc = a;
  pl_buf_init(&c->message, a, MESSAGE_MAX);
  pl_buf_init(&c->queue, a, QUEUE_MAX);
  pl_buf_init(&c->value, a, MESSAGE_MAX);
  pl_rng_init(&c->rng, (uint64_t)(uintptr_t)c, 0, 0, 0); /* masks need to differ, not to be repeated */
  c->offer_deflate = pl_tree_get_boolean(options, "compress", false);
  int code = pl_get_init(&c->get, url, pl_str_eqc(url->scheme, "wss") ? 443 : 80, options, a, err);
  pl_str protocols = pl_tree_get_string(options, "protocols", (pl_str){"", 0});
  if (!code && protocols.len)
    code = pl_buf_addf(&c->get.head, "Sec-WebSocket-Protocol: %.*s\r\n", (int)protocols.len, protocols.data);
  return code;
}

static void ws_close(void *c_)
{
  ws *c = c_;
  pl_get_fini(&c->get);
  pl_buf_fini(&c->message);
  pl_buf_fini(&c->queue);
  pl_buf_fini(&c->value);
}

static int ws_greet(void *c_, pl_buf *out, const char **why)
{
  ws *c = c_;
  uint64_t nonce[2] = {pl_rng_u64(&c->rng), pl_rng_u64(&c->rng)};
  pl_buf key;
  *why = "ws: out of memory";
  pl_buf_init(&key, c->alloc, sizeof c->key);
  (void)pl_base64(&key, (pl_str){(const char *)nonce, sizeof nonce});
  const char *text = pl_buf_cstr(&key);
  (void)snprintf(c->key, sizeof c->key, "%s", text ? text : "");
  pl_buf_fini(&key);
  c->open = false;
  c->end = NULL;
  (void)pl_buf_add(out, c->get.head.data, c->get.head.len);
  (void)pl_buf_addf(out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n", c->key,
                    c->offer_deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
                                       "server_no_context_takeover\r\n"
                                     : "");
  return out->bad || !text ? PL_ENOMEM : PL_PROTOCOL_MORE;
}

/* Whether the answer proves that the server understood (RFC 6455 section 4.1). */
static bool accepted(ws *c)
{
  char text[80];
  uint8_t digest[20];
  pl_buf wanted;
  int n = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", c->key);
  pl_sha1(text, (size_t)n, digest);
  pl_buf_init(&wanted, c->alloc, 64);
  (void)pl_base64(&wanted, (pl_str){(const char *)digest, sizeof digest});
  bool good = pl_str_eq(pl_get_header(&c->get, "sec-websocket-accept"), (pl_str){wanted.data, wanted.len});
  pl_buf_fini(&wanted);
  return good;
}

static int open_answer(ws *c, const char *data, size_t len, size_t *used, const char **why)
{
  pl_http1_head head;
  int code = pl_get_answer(&c->get, data, len, used, &head, why);
  if (code <= 0)
    return code;
  *why = c->why;
  if (head.status != 101) {
    (void)snprintf(c->why, sizeof c->why, "ws: status %d instead of 101", head.status);
    return pl_get_refused(&c->get, &head) ? PL_PROTOCOL_DONE : PL_EPROTO;
  }
  if (!accepted(c)) {
    (void)snprintf(c->why, sizeof c->why, "ws: Sec-WebSocket-Accept is wrong");
    return PL_EPROTO;
  }
  pl_str extensions = pl_get_header(&c->get, "sec-websocket-extensions");
  c->deflate = extensions.data && pl_str_starts(extensions, PL_STR("permessage-deflate"));
  if (c->deflate && !c->offer_deflate) {
    (void)snprintf(c->why, sizeof c->why, "ws: the server uses an extension that was not offered");
    return PL_EPROTO;
  }
  c->open = true;
  return PL_PROTOCOL_DONE;
}

/* ---- Frames out ------------------------------------------------------------------------------------ */

/* first: the first byte of its head, FIN, RSV and opcode (RFC 6455 section 5.2). */
static int add_frame(ws *c, pl_buf *out, unsigned first, pl_str payload)
{
  unsigned char head[14] = {(unsigned char)first};
  size_t n = 2, size_bytes = payload.len < 126 ? 0 : payload.len < 65536 ? 2 : 8;
  head[1] = (unsigned char)(0x80 | (size_bytes == 0 ? payload.len : size_bytes == 2 ? 126 : 127));
  for (size_t i = size_bytes; i > 0; i--)
    head[n++] = (unsigned char)(payload.len >> (8 * (i - 1)));
  uint32_t mask = (uint32_t)pl_rng_u64(&c->rng);
  memcpy(head + n, &mask, 4);
  const unsigned char *key = head + n;
  (void)pl_buf_add(out, head, n + 4);
  char *to = payload.len ? pl_buf_room(out, payload.len) : NULL;
  if (payload.len && !to)
    return out->bad;
  for (size_t i = 0; i < payload.len; i++)
    to[i] = (char)((unsigned char)payload.data[i] ^ key[i % 4]);
  out->len += payload.len;
  return out->bad;
}

/* Deflates into out without the empty block at its end (RFC 7692 section 7.2.1). */
static int deflate_message(pl_str payload, pl_buf *out)
{
  z_stream z = {0};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return PL_ENOMEM;
  size_t most = deflateBound(&z, payload.len) + 16;
  char *to = pl_buf_room(out, most);
  union {
    const char *read_only;
    Bytef *bytes;
  } from = {payload.data};
  union {
    char *text;
    Bytef *bytes;
  } room = {to};
  z.next_in = from.bytes;
  z.avail_in = (uInt)payload.len;
  z.next_out = room.bytes;
  z.avail_out = (uInt)most;
  int code = to ? deflate(&z, Z_SYNC_FLUSH) : Z_MEM_ERROR;
  if (code == Z_OK)
    out->len += z.total_out - 4;
  (void)deflateEnd(&z);
  return code == Z_OK ? PL_OK : PL_ENOMEM;
}

/* A message in frames of at most `most` bytes; the first says what it is. */
static int add_frames(ws *c, pl_buf *out, unsigned first, pl_str payload, size_t most)
{
  int code = PL_OK;
  while (!code && payload.len > most) {
    code = add_frame(c, out, first, (pl_str){payload.data, most});
    payload = (pl_str){payload.data + most, payload.len - most};
    first = OP_CONTINUATION;
  }
  return code ? code : add_frame(c, out, FINAL | first, payload);
}

static int add_message(ws *c, pl_buf *out, unsigned opcode, pl_str payload, size_t most)
{
  if (!c->deflate)
    return add_frames(c, out, opcode, payload, most);
  pl_buf packed;
  pl_buf_init(&packed, c->alloc, MESSAGE_MAX + 1024);
  int code = deflate_message(payload, &packed);
  if (!code)
    code = add_frames(c, out, DEFLATED | opcode, (pl_str){packed.data, packed.len}, most);
  pl_buf_fini(&packed);
  return code;
}

/* RFC 6455 section 7.4: those that a client may send. */
static bool is_close_code(int64_t code)
{
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

static int begin_close(ws *c, const pl_tree *named, pl_buf *out, pl_error *err)
{
  int64_t code = pl_tree_get_integer(named, "code", 1000);
  if (!is_close_code(code))
    return pl_fail(err, PL_EINVAL, "ws: %lld is no code of a closing: write 1000, or one of your own from 3000 to 4999", (long long)code);
  pl_str reason = pl_tree_get_string(named, "reason", (pl_str){"", 0});
  char payload[CONTROL_MAX] = {(char)(code >> 8 & 0xff), (char)(code & 0xff)};
  if (reason.len > sizeof payload - 2 || !pl_utf8_valid(reason))
    return pl_fail(err, PL_EINVAL, "ws: reason is at most %zu bytes of UTF-8 (RFC 6455, section 5.5)", sizeof payload - 2);
  memcpy(payload + 2, reason.data, reason.len);
  c->want = WANT_CLOSE;
  return add_frame(c, out, FINAL | OP_CLOSE, (pl_str){payload, reason.len + 2});
}

static int ws_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                    pl_protocol_request *request, pl_error *err)
{
  ws *c = c_;
  char scratch[32];
  c->has_value = false;
  c->want = WANT_NOTHING; /* also where the operation is none */
  (void)snprintf(request->label, sizeof request->label, "ws %.*s", (int)operation.len, operation.data);
  if (c->end && !pl_str_eqc(operation, "receive")) { /* nothing is sent, and receive says why */
    c->want = WANT_PONG;
    return PL_OK;
  }
  if (pl_str_eqc(operation, "receive")) {
    c->want = WANT_MESSAGE;
    return PL_OK;
  }
  if (pl_str_eqc(operation, "finish"))
    return begin_close(c, named, out, err);
  if (pl_str_eqc(operation, "ping")) {
    c->want = WANT_PONG;
    return add_frame(c, out, FINAL | OP_PING, PL_STR("perilune"));
  }
  pl_str text = args->n == 1 ? pl_tree_as_text(&args->as.items[0], scratch) : (pl_str){NULL, 0};
  if (!text.data || text.len > MESSAGE_MAX)
    return pl_fail(err, PL_EINVAL, "ws: %.*s takes one text of at most 16 MiB", (int)operation.len, operation.data);
  int64_t most = pl_tree_get_integer(named, "fragment", MESSAGE_MAX + 1024);
  if (most < 1)
    return pl_fail(err, PL_EINVAL, "ws: fragment is a number of bytes, from 1 on");
  request->no_answer = pl_str_eqc(operation, "send");
  c->want = request->no_answer ? WANT_NOTHING : WANT_MESSAGE;
  return add_message(c, out, pl_tree_get_boolean(named, "binary", false) ? OP_BINARY : OP_TEXT, text, (size_t)most);
}

/* ---- Frames in ------------------------------------------------------------------------------------- */

/* Takes bytes of a frame's head; 1 when it is complete. */
static int take_head(frame *f, const char *data, size_t len, size_t *used, const char **why)
{
  f->head_need = f->head_need < 2 ? 2 : f->head_need;
  while (f->head_len < f->head_need && *used < len) {
    f->head[f->head_len++] = (unsigned char)data[(*used)++];
    if (f->head_len == 2) {
      unsigned size = f->head[1] & 0x7f;
      f->head_need = 2 + (size == 126 ? 2 : size == 127 ? 8 : 0);
      *why = "ws: the server masked a frame";
      if (f->head[1] & 0x80)
        return PL_EPROTO;
    }
  }
  if (f->head_len < f->head_need)
    return 0;
  f->final = f->head[0] & 0x80;
  f->deflated = f->head[0] & 0x40;
  f->opcode = f->head[0] & 0x0f;
  f->left = f->head_need == 2 ? f->head[1] & 0x7f : 0;
  for (size_t i = 2; i < f->head_need; i++)
    f->left = f->left << 8 | f->head[i];
  return 1;
}

/* The rules of RFC 6455 section 5 for a head that has just come. */
static int check_head(ws *c, const char **why)
{
  const frame *f = &c->frame;
  bool control = f->opcode >= 8;
  *why = "ws: a reserved bit or opcode is used";
  if (f->head[0] & 0x30 || (f->opcode > 2 && f->opcode < 8) || f->opcode > 10)
    return PL_EPROTO;
  if (f->deflated && (!c->deflate || control || f->opcode == OP_CONTINUATION))
    return PL_EPROTO;
  *why = "ws: a control frame is fragmented or longer than 125 bytes";
  if (control && (!f->final || f->left > CONTROL_MAX))
    return PL_EPROTO;
  *why = "ws: fragments are out of order";
  if (!control && (f->opcode == OP_CONTINUATION) != (c->message_opcode != 0))
    return PL_EPROTO;
  *why = "ws: a message is larger than 16 MiB";
  if (!control && f->left > MESSAGE_MAX - c->message.len)
    return PL_EPROTO;
  if (!control && f->opcode != OP_CONTINUATION) {
    c->message_opcode = f->opcode;
    c->message_deflated = f->deflated;
  }
  if (control)
    c->control_len = 0;
  return PL_OK;
}

/* Inflates the message under way in place. */
static int inflate_message(ws *c, const char **why)
{
  static const char tail[4] = {0, 0, (char)0xff, (char)0xff};
  z_stream z = {0};
  pl_buf plain;
  pl_buf_init(&plain, c->alloc, MESSAGE_MAX);
  *why = "ws: out of memory for a message, or it is larger than 16 MiB";
  if (pl_buf_add(&c->message, tail, sizeof tail) || inflateInit2(&z, -15) != Z_OK)
    return PL_ENOMEM;
  union {
    char *text;
    Bytef *bytes;
  } in = {c->message.data}, out;
  z.next_in = in.bytes;
  z.avail_in = (uInt)c->message.len;
  int code = Z_OK, result = PL_OK;
  while (code == Z_OK && (z.avail_in > 0 || z.avail_out == 0) && !result) {
    size_t room = plain.max - plain.len < 16384 ? plain.max - plain.len : 16384;
    out.text = room ? pl_buf_room(&plain, room) : NULL;
    if (!out.text) {
      result = PL_ENOMEM;
      break;
    }
    z.next_out = out.bytes;
    z.avail_out = (uInt)room;
    code = inflate(&z, Z_SYNC_FLUSH);
    plain.len += room - z.avail_out;
  }
  (void)inflateEnd(&z);
  if (!result && code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
    *why = "ws: a message is not deflated as it says";
    result = PL_EPROTO;
  }
  pl_buf_fini(&c->message);
  c->message = plain;
  return result;
}

/* Forgets what was received: when that is as much as what was not, or room is needed, so that messages are not moved for each. */
static void shift_queue(ws *c)
{
  pl_buf_drop(&c->queue, c->queue_at);
  c->queue_at = 0;
}

static bool into_queue(ws *c)
{
  size_t len = c->message.len;
  if (c->queue.len + sizeof len + len > c->queue.max)
    shift_queue(c);
  return pl_buf_add(&c->queue, &len, sizeof len) == PL_OK && (!len || pl_buf_add(&c->queue, c->message.data, len) == PL_OK);
}

/* One message out of the queue, if there is one. */
static bool from_queue(ws *c)
{
  size_t len;
  if (c->queue.len == 0)
    return false;
  const char *at = c->queue.data + c->queue_at;
  memcpy(&len, at, sizeof len);
  pl_buf_clear(&c->value);
  if (len && pl_buf_add(&c->value, at + sizeof len, len))
    return false;
  c->queue_at += sizeof len + len;
  if (c->queue_at >= c->queue.len - c->queue_at)
    shift_queue(c);
  c->has_value = true;
  return true;
}

/* A whole message: to the operation that waits, or into the queue. 1: the operation is done. */
static int take_message(ws *c, const char **why)
{
  bool text = c->message_opcode == OP_TEXT;
  int code = c->message_deflated ? inflate_message(c, why) : PL_OK;
  c->message_opcode = 0;
  if (code)
    return code;
  *why = "ws: a text is not UTF-8";
  if (text && !pl_utf8_valid((pl_str){c->message.data, c->message.len}))
    return PL_EPROTO;
  if (c->want == WANT_MESSAGE) {
    pl_buf before = c->value;
    c->value = c->message;
    c->message = before;
    c->has_value = true;
  } else {
    *why = "ws: more than 16 MiB of messages that nobody receives";
    if (!into_queue(c))
      return PL_EPROTO;
  }
  pl_buf_clear(&c->message);
  return c->want == WANT_MESSAGE;
}

/* Nothing more comes, and nothing more is sent. */
static void end_with(ws *c, int code, const char *why)
{
  c->end = why;
  c->end_code = code;
}

static int take_control(ws *c, pl_buf *out, const char **why)
{
  pl_str payload = {c->control, c->control_len};
  if (c->frame.opcode == OP_PING)
    return add_frame(c, out, FINAL | OP_PONG, payload);
  if (c->frame.opcode == OP_PONG)
    return c->want == WANT_PONG;
  if (c->want == WANT_CLOSE) {
    end_with(c, PL_ERESET, "the connection is closed");
    return 1;
  }
  int code = payload.len >= 2 ? (unsigned char)payload.data[0] << 8 | (unsigned char)payload.data[1] : 1005; /* 1005: none was given */
  (void)add_frame(c, out, FINAL | OP_CLOSE, (pl_str){payload.data, payload.len < 2 ? 0 : 2});
  (void)snprintf(c->why, sizeof c->why, "ws: closed by the server: %d %.*s", code, payload.len > 2 ? (int)payload.len - 2 : 0,
                 payload.len > 2 ? payload.data + 2 : "");
  *why = c->why;
  return PL_EPROTO;
}

static int take_payload(ws *c, const char *data, size_t len, size_t *used)
{
  frame *f = &c->frame;
  size_t n = len - *used < f->left ? len - *used : (size_t)f->left;
  int code = PL_OK;
  if (f->opcode >= 8) {
    memcpy(c->control + c->control_len, data + *used, n);
    c->control_len += n;
  } else if (n) {
    code = pl_buf_add(&c->message, data + *used, n);
  }
  *used += n;
  f->left -= n;
  return code;
}

/* What has come of the frame under way; *whole: all of it, and it is dealt with. As receive. */
static int take_frame(ws *c, const char *data, size_t len, size_t *used, pl_buf *out, bool *whole, const char **why)
{
  frame *f = &c->frame;
  bool complete = f->head_need && f->head_len == f->head_need;
  int code = complete ? 1 : take_head(f, data, len, used, why);
  if (code == 1 && !complete)
    code = check_head(c, why) ? PL_EPROTO : 1;
  if (code <= 0)
    return code;
  *why = "ws: out of memory for a message";
  if (take_payload(c, data, len, used))
    return PL_ENOMEM;
  if (f->left)
    return 0;
  f->head_len = f->head_need = 0;
  *whole = true;
  return f->opcode >= 8 ? take_control(c, out, why) : f->final ? take_message(c, why) : 0;
}

/* Takes frames to the end of data, also behind the one that the operation waits for: a ping may be among them. What breaks the conversation
 * when nobody waits is told to the next operation. */
static int ws_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  ws *c = c_;
  *used = 0;
  if (!c->open)
    return open_answer(c, data, len, used, why);
  bool done = c->want == WANT_MESSAGE && from_queue(c), whole = true;
  while (whole && !c->end) {
    c->want = done ? WANT_NOTHING : c->want;
    whole = false;
    int code = take_frame(c, data, len, used, out, &whole, why);
    if (code < 0)
      end_with(c, PL_EPROTO, *why);
    done = done || code == 1;
  }
  if (c->end)
    *used = len;
  *why = c->end;
  bool fails = c->end && !done && c->want != WANT_NOTHING;
  c->want = done ? WANT_NOTHING : c->want;
  return fails ? PL_EPROTO : done ? PL_PROTOCOL_DONE : PL_PROTOCOL_MORE;
}

static int ws_ended(void *c_, const char **why)
{
  ws *c = c_;
  bool finished = c->want == WANT_CLOSE;
  if (!c->end)
    end_with(c, PL_ERESET, finished ? "the connection is closed" : "the connection was closed without a close frame");
  *why = c->end;
  if (c->want == WANT_NOTHING && c->queue.len)
    return PL_PROTOCOL_MORE;
  return finished ? PL_PROTOCOL_DONE : PL_ETRUNC;
}

static int ws_over(const void *c_, const char **why)
{
  const ws *c = c_;
  if (!c->end || c->queue.len)
    return 0;
  *why = c->end;
  return c->end_code;
}

static int ws_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  ws *c = c_;
  (void)arena;
  *status = c->get.refused;
  *why = c->why;
  if (c->has_value)
    *value = pl_tree_text((pl_str){c->value.data ? c->value.data : "", c->value.len});
  else if (c->open)
    *value = pl_tree_boolean(true);
  return PL_OK;
}

static const char *const operations[] = {"send", "receive", "exchange", "ping", "finish", NULL};
static const pl_protocol_option options[] = {{"headers", PL_TREE_NIL}, {"protocols", PL_TREE_STRING}, {"compress", PL_TREE_BOOLEAN}, {0}};
static const pl_protocol_option named_options[] = {{"binary", PL_TREE_BOOLEAN}, {"fragment", PL_TREE_INTEGER}, {"code", PL_TREE_INTEGER},
                                                   {"reason", PL_TREE_STRING}, {0}};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"ws", PL_PROTOCOL_ABI}, .word = "ws", .listens = true, .scheme = "ws", .secure_scheme = "wss", .port = 80, .secure_port = 443,
    .operations = operations,
    .options = options, .named = named_options, .open_label = "ws open", .size = sizeof(ws), .open = ws_open, .close = ws_close, .greet = ws_greet,
    .begin = ws_begin, .receive = ws_receive, .ended = ws_ended, .over = ws_over, .result = ws_result,
};

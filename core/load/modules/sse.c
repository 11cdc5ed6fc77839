/* Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 *
 *   local stream, why = user:sse("http://127.0.0.1:8080/events", { headers = { ["X-Room"] = "1" } })
 *   local event, why = stream:next()      -- { event = "message", data = "...", id = "..." }
 *
 * The opening is done when the answer's head is there. The latency of the first event, which has a name of its own, counts from where
 * that of the opening does, its service time from the opening's send: the time to the first event. Those of later ones are the gaps between them, as a script that asks at once
 * sees them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "load/modules/get.h"
#include "load/protocol.h"

enum { EVENT_MAX = 16 << 20 };

typedef struct sse {
  pl_get get;
  pl_http1_head head;
  bool open;          /* the answer's head is there */
  bool begun;         /* its first line, too, before which a byte order mark may stand */
  pl_chunk chunk;
  uint64_t left;      /* bytes to come of a body with a length */
  bool first_done;
  pl_buf line;        /* the line under way */
  bool after_cr;      /* the last line ended with CR: a LF that follows belongs to it */
  pl_buf name, data, id; /* of the event under way */
  bool has_data;
  char why[80];
} sse;

static int sse_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  sse *c = c_;
  pl_buf_init(&c->line, a, EVENT_MAX);
  pl_buf_init(&c->name, a, 1 << 10);
  pl_buf_init(&c->data, a, EVENT_MAX);
  pl_buf_init(&c->id, a, 1 << 10);
  return pl_get_init(&c->get, url, pl_str_eqc(url->scheme, "https") ? 443 : 80, options, a, err);
}

static void sse_close(void *c_)
{
  sse *c = c_;
  pl_get_fini(&c->get);
  pl_buf_fini(&c->line);
  pl_buf_fini(&c->name);
  pl_buf_fini(&c->data);
  pl_buf_fini(&c->id);
}

static int sse_greet(void *c_, pl_buf *out, const char **why)
{
  sse *c = c_;
  c->open = c->begun = false;
  *why = "sse: out of memory";
  (void)pl_buf_add(out, c->get.head.data, c->get.head.len);
  return pl_buf_adds(out, "Accept: text/event-stream\r\nCache-Control: no-store\r\n\r\n") ? PL_ENOMEM : PL_PROTOCOL_MORE;
}

static int sse_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                     pl_protocol_request *request, pl_error *err)
{
  sse *c = c_;
  (void)operation, (void)named, (void)out;
  if (args->n)
    return pl_fail(err, PL_EINVAL, "sse: next takes no arguments");
  (void)snprintf(request->label, sizeof request->label, "sse %s", c->first_done ? "event" : "first event");
  request->since_opening = !c->first_done;
  pl_buf_clear(&c->name);
  pl_buf_clear(&c->data);
  c->has_data = false;
  return PL_OK;
}

/* ---- Events ---------------------------------------------------------------------------------------- */

/* A whole line; 1 when it ends an event that has data. */
static int take_line(sse *c)
{
  pl_str value = {c->line.data, c->line.len};
  if (!c->begun && pl_str_starts(value, PL_STR("\xef\xbb\xbf")))
    value = (pl_str){value.data + 3, value.len - 3};
  c->begun = true;
  bool is_empty = value.len == 0;
  pl_str field = pl_str_cut(&value, ':');
  if (is_empty) {
    if (!c->has_data)
      pl_buf_clear(&c->name); /* an event without data is none */
    return c->has_data;
  }
  if (value.len && value.data[0] == ' ')
    value = (pl_str){value.data + 1, value.len - 1};
  int code = PL_OK;
  if (pl_str_eqc(field, "data")) {
    code = c->has_data ? pl_buf_addc(&c->data, '\n') : PL_OK;
    code = code || !value.len ? code : pl_buf_add(&c->data, value.data, value.len);
    c->has_data = true;
  } else if (pl_str_eqc(field, "event") || (pl_str_eqc(field, "id") && !(value.len && memchr(value.data, 0, value.len)))) {
    pl_buf *to = field.len == 2 ? &c->id : &c->name;
    pl_buf_clear(to);
    code = value.len ? pl_buf_add(to, value.data, value.len) : PL_OK;
  }
  return code;
}

/* Bytes of the stream; 1 when an event is complete. */
static int take_text(sse *c, const char *data, size_t len, size_t *used)
{
  for (size_t i = 0; i < len; i++) {
    char byte = data[i];
    *used = i + 1;
    if (byte == '\n' && c->after_cr) {
      c->after_cr = false;
      continue;
    }
    c->after_cr = byte == '\r';
    if (byte != '\n' && byte != '\r') {
      if (pl_buf_addc(&c->line, byte))
        return PL_ENOMEM;
      continue;
    }
    int code = take_line(c);
    pl_buf_clear(&c->line);
    if (code)
      return code;
  }
  *used = len;
  return 0;
}

/* One step through a chunked body: at most to the end of one piece of data, so that bytes behind an event stay in place. */
static int take_chunked(sse *c, char *data, size_t len, size_t *used, const char **why)
{
  *used = 0;
  while (*used < len && c->chunk.state != PL_CHUNK_DONE) {
    size_t n = 1, taken, decoded, text;
    if (c->chunk.state == PL_CHUNK_DATA) {
      n = len - *used < c->chunk.left ? len - *used : (size_t)c->chunk.left;
      int code = take_text(c, data + *used, n, &text);
      if (code < 0)
        return code;
      if (pl_chunk_decode(&c->chunk, data + *used, text, &taken, &decoded, why) < 0)
        return PL_EPROTO;
      *used += text;
      if (code == 1)
        return 1;
      continue;
    }
    if (pl_chunk_decode(&c->chunk, data + *used, n, &taken, &decoded, why) < 0)
      return PL_EPROTO;
    *used += n;
  }
  *why = "sse: the stream has ended";
  return c->chunk.state == PL_CHUNK_DONE ? PL_ETRUNC : 0;
}

/* Bytes of a body that says how long it is. */
static int take_sized(sse *c, const char *data, size_t len, size_t *used, const char **why)
{
  int code = take_text(c, data, len < c->left ? len : (size_t)c->left, used);
  c->left -= *used;
  *why = "sse: the stream has ended";
  return code == 0 && c->left == 0 ? PL_ETRUNC : code;
}

static int take_body(sse *c, char *data, size_t len, size_t *used, const char **why)
{
  switch (c->head.framing) {
  case PL_BODY_CHUNKED:
    return take_chunked(c, data, len, used, why);
  case PL_BODY_NONE:
  case PL_BODY_LENGTH:
    return take_sized(c, data, len, used, why);
  case PL_BODY_UNTIL_CLOSE:
    break;
  }
  return take_text(c, data, len, used);
}

/* RFC 9110, 8.3.1: of either case. */
static bool is_event_stream(pl_str type)
{
  static const char wanted[] = "text/event-stream";
  return type.len >= sizeof wanted - 1 && strncasecmp(type.data, wanted, sizeof wanted - 1) == 0;
}

static int open_stream(sse *c, char *data, size_t len, size_t *used, const char **why)
{
  int code = pl_get_answer(&c->get, data, len, used, &c->head, why);
  if (code <= 0)
    return code;
  pl_str type = pl_get_header(&c->get, "content-type");
  type = type.data ? type : PL_STR("no type");
  *why = c->why;
  if (c->head.status != 200 || !is_event_stream(type)) {
    (void)snprintf(c->why, sizeof c->why, "sse: status %d, %.*s instead of an event stream", c->head.status,
                   (int)(type.len < 30 ? type.len : 30), type.data);
    return pl_get_refused(&c->get, &c->head) ? PL_PROTOCOL_DONE : PL_EPROTO;
  }
  c->open = true;
  c->left = c->head.content_length;
  c->chunk = (pl_chunk){0};
  return PL_PROTOCOL_DONE;
}

static int sse_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  sse *c = c_;
  (void)out;
  if (!c->open)
    return open_stream(c, data, len, used, why);
  int code = take_body(c, data, len, used, why);
  if (code == PL_ENOMEM || code == PL_ELIMIT)
    *why = "sse: an event is larger than 16 MiB, or out of memory";
  c->first_done = c->first_done || code == 1;
  return code;
}

static int sse_ended(void *c_, const char **why)
{
  (void)c_;
  *why = "sse: the stream has ended";
  return PL_ETRUNC;
}

static int sse_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  sse *c = c_;
  *status = c->get.refused;
  *why = c->why;
  if (!c->has_data)
    return PL_OK; /* the opening */
  if (!pl_tree_map(arena, value, 3))
    return PL_ENOMEM;
  pl_tree_pair(value, 0, "event", pl_tree_text(c->name.len ? (pl_str){c->name.data, c->name.len} : PL_STR("message")));
  pl_tree_pair(value, 1, "data", pl_tree_text((pl_str){c->data.data ? c->data.data : "", c->data.len}));
  pl_tree_pair(value, 2, "id", pl_tree_text((pl_str){c->id.data ? c->id.data : "", c->id.len}));
  return PL_OK;
}

static const char *const operations[] = {"next", NULL};
static const pl_protocol_option options[] = {{"headers", PL_TREE_NIL}, {0}};
static const pl_protocol_option named_options[] = {{0}};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"sse", PL_PROTOCOL_ABI}, .word = "sse", .scheme = "http", .secure_scheme = "https", .port = 80, .secure_port = 443,
    .operations = operations,
    .options = options, .named = named_options, .open_label = "sse open", .size = sizeof(sse), .open = sse_open, .close = sse_close, .greet = sse_greet,
    .begin = sse_begin, .receive = sse_receive, .ended = sse_ended, .result = sse_result,
};

/* JSON out by a few lines of our own; in as events of yajl, whose memory comes from our allocator. */
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/error.h"

/* ---- Writing ---------------------------------------------------------------------------------- */

void pl_json_out_init(pl_json_out *j, pl_buf *buf)
{
  *j = (pl_json_out){.buf = buf};
}

/* What must stand before a value or key: a comma, unless it is the first or follows its key. */
static void separate(pl_json_out *j)
{
  if (j->after_key) {
    j->after_key = false;
    return;
  }
  uint64_t bit = UINT64_C(1) << (j->depth & 63);
  if (j->comma & bit)
    (void)pl_buf_addc(j->buf, ',');
  j->comma |= bit;
}

static void begin(pl_json_out *j, char c)
{
  separate(j);
  (void)pl_buf_addc(j->buf, c);
  j->depth++;
  j->comma &= ~(UINT64_C(1) << (j->depth & 63));
}

static void end(pl_json_out *j, char c)
{
  j->depth--;
  (void)pl_buf_addc(j->buf, c);
}

void pl_json_begin_object(pl_json_out *j)
{
  begin(j, '{');
}

void pl_json_end_object(pl_json_out *j)
{
  end(j, '}');
}

void pl_json_begin_array(pl_json_out *j)
{
  begin(j, '[');
}

void pl_json_end_array(pl_json_out *j)
{
  end(j, ']');
}

static void escape(pl_buf *b, char c)
{
  static const char short_form[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
  if (c == '"' || c == '\\')
    (void)pl_buf_addf(b, "\\%c", c);
  else if ((size_t)c < sizeof short_form && short_form[(unsigned char)c])
    (void)pl_buf_addf(b, "\\%c", short_form[(unsigned char)c]);
  else
    (void)pl_buf_addf(b, "\\u%04x", (unsigned)(unsigned char)c);
}

static void write_string(pl_buf *b, pl_str s)
{
  (void)pl_buf_addc(b, '"');
  while (s.len) {
    size_t plain = 0;
    while (plain < s.len) {
      unsigned char c = (unsigned char)s.data[plain];
      size_t n = c < 0x80 ? (c >= 0x20 && c != '"' && c != '\\') : pl_utf8_length((pl_str){s.data + plain, s.len - plain});
      if (!n)
        break;
      plain += n;
    }
    (void)pl_buf_add(b, s.data, plain);
    s.data += plain;
    s.len -= plain;
    if (!s.len)
      break;
    if ((unsigned char)s.data[0] < 0x80)
      escape(b, s.data[0]);
    else
      (void)pl_buf_adds(b, "\xEF\xBF\xBD");
    s.data++;
    s.len--;
  }
  (void)pl_buf_addc(b, '"');
}

void pl_json_key(pl_json_out *j, pl_str key)
{
  separate(j);
  write_string(j->buf, key);
  (void)pl_buf_addc(j->buf, ':');
  j->after_key = true;
}

void pl_json_string(pl_json_out *j, pl_str s)
{
  separate(j);
  write_string(j->buf, s);
}

void pl_json_double(pl_json_out *j, double v)
{
  char text[32];
  separate(j);
  if (!isfinite(v))
    (void)pl_buf_adds(j->buf, "null");
  else if (v == 0 && signbit(v))
    (void)pl_buf_adds(j->buf, "-0.0"); /* "-0" is the integer 0 to many readers */
  else
    (void)pl_buf_add(j->buf, text, pl_double_text(v, text));
}

void pl_json_int(pl_json_out *j, int64_t v)
{
  separate(j);
  (void)pl_buf_addf(j->buf, "%lld", (long long)v);
}

void pl_json_bool(pl_json_out *j, bool v)
{
  separate(j);
  (void)pl_buf_adds(j->buf, v ? "true" : "false");
}

void pl_json_null(pl_json_out *j)
{
  separate(j);
  (void)pl_buf_adds(j->buf, "null");
}

/* ---- Reading ---------------------------------------------------------------------------------- */

typedef struct reader {
  pl_json_fn fn;
  void *user;
  int depth, max_depth;
  int stop; /* what fn returned, or PL_ELIMIT */
} reader;

static int give(reader *r, pl_json_event *event)
{
  event->depth = r->depth;
  r->stop = r->fn(r->user, event);
  return r->stop == 0;
}

static int on_null(void *ctx)
{
  return give(ctx, &(pl_json_event){.kind = PL_JSON_NULL});
}

static int on_bool(void *ctx, int v)
{
  return give(ctx, &(pl_json_event){.kind = PL_JSON_BOOL, .boolean = v != 0});
}

static int on_number(void *ctx, const char *text, size_t len)
{
  pl_json_event event = {.kind = PL_JSON_DOUBLE};
  pl_str digits = {text, len};
  uint64_t magnitude;
  bool negative = len && text[0] == '-';
  if (negative)
    digits = (pl_str){text + 1, len - 1};
  if (pl_str_u64(digits, &magnitude) && magnitude <= INT64_MAX) {
    event.kind = PL_JSON_INT;
    event.integer = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    event.number = (double)event.integer;
  } else if (!pl_str_double((pl_str){text, len}, &event.number)) {
    event.number = negative ? -INFINITY : INFINITY;
  }
  return give(ctx, &event);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
  return give(ctx, &(pl_json_event){.kind = PL_JSON_STRING, .string = {(const char *)s, len}});
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
  return give(ctx, &(pl_json_event){.kind = PL_JSON_KEY, .string = {(const char *)s, len}});
}

static int open_container(reader *r, enum pl_json_kind kind)
{
  if (r->depth == r->max_depth) {
    r->stop = PL_ELIMIT;
    return 0;
  }
  int go_on = give(r, &(pl_json_event){.kind = kind});
  r->depth++;
  return go_on;
}

static int close_container(reader *r, enum pl_json_kind kind)
{
  r->depth--;
  return give(r, &(pl_json_event){.kind = kind});
}

static int on_object(void *ctx)
{
  return open_container(ctx, PL_JSON_OBJECT);
}

static int on_object_end(void *ctx)
{
  return close_container(ctx, PL_JSON_OBJECT_END);
}

static int on_array(void *ctx)
{
  return open_container(ctx, PL_JSON_ARRAY);
}

static int on_array_end(void *ctx)
{
  return close_container(ctx, PL_JSON_ARRAY_END);
}

/* yajl does not look at what its allocator gives, and frees without a size. So each block begins with its size and its place in
 * a list, and an allocation that fails leaves yajl at once: what it holds is then freed by the list. */
typedef struct yajl_memory yajl_memory;

typedef union block_head {
  struct {
    size_t size;
    union block_head *next, **link;
  } of;
  max_align_t align;
} block_head;

struct yajl_memory {
  const pl_allocator *alloc;
  block_head *blocks;
  jmp_buf out;
};

static void *link_block(yajl_memory *m, block_head *b, size_t size)
{
  b->of.size = size;
  b->of.next = m->blocks;
  b->of.link = &m->blocks;
  if (b->of.next)
    b->of.next->of.link = &b->of.next;
  m->blocks = b;
  return b + 1;
}

static void unlink_block(block_head *b)
{
  *b->of.link = b->of.next;
  if (b->of.next)
    b->of.next->of.link = b->of.link;
}

static void *yajl_take(void *ctx, size_t size)
{
  yajl_memory *m = ctx;
  block_head *b = pl_alloc(m->alloc, size + sizeof *b);
  if (!b)
    longjmp(m->out, 1);
  return link_block(m, b, size);
}

static void yajl_give(void *ctx, void *p)
{
  yajl_memory *m = ctx;
  if (!p)
    return;
  block_head *b = (block_head *)p - 1;
  unlink_block(b);
  pl_free(m->alloc, b, b->of.size + sizeof *b);
}

static void *yajl_resize(void *ctx, void *p, size_t size)
{
  yajl_memory *m = ctx;
  if (!p)
    return yajl_take(ctx, size);
  block_head *b = (block_head *)p - 1;
  unlink_block(b);
  block_head *moved = pl_realloc(m->alloc, b, b->of.size + sizeof *b, size + sizeof *b);
  if (!moved) {
    (void)link_block(m, b, b->of.size);
    longjmp(m->out, 1);
  }
  return link_block(m, moved, size);
}

static void give_all(yajl_memory *m)
{
  while (m->blocks)
    yajl_give(m, m->blocks + 1);
}

static int syntax_error(yajl_handle h, pl_str text, pl_error *err)
{
  size_t at = yajl_get_bytes_consumed(h), line = 1, column = 1;
  for (size_t i = 0; i < at && i < text.len; i++) {
    column = text.data[i] == '\n' ? 1 : column + 1;
    line += text.data[i] == '\n';
  }
  unsigned char *why = yajl_get_error(h, 0, (const unsigned char *)text.data, text.len);
  size_t len = why ? strcspn((const char *)why, "\n") : 0;
  int code = pl_fail(err, PL_EPARSE, "not JSON at line %zu, column %zu: %.*s", line, column, (int)len,
                     why ? (const char *)why : "");
  if (why)
    yajl_free_error(h, why);
  return code;
}

/* Parses with yajl; does not return when memory ends. */
static int parse(yajl_memory *m, pl_str text, reader *r, pl_error *err)
{
  static const yajl_callbacks callbacks = {
      .yajl_null = on_null,         .yajl_boolean = on_bool,     .yajl_number = on_number, .yajl_string = on_string,
      .yajl_start_map = on_object,  .yajl_map_key = on_key,      .yajl_end_map = on_object_end,
      .yajl_start_array = on_array, .yajl_end_array = on_array_end,
  };
  yajl_alloc_funcs memory = {yajl_take, yajl_resize, yajl_give, m};
  yajl_handle h = yajl_alloc(&callbacks, &memory, r);
  yajl_status status = yajl_parse(h, (const unsigned char *)(text.data ? text.data : ""), text.len);
  if (status == yajl_status_ok)
    status = yajl_complete_parse(h);
  int code = PL_OK;
  if (status == yajl_status_error)
    code = syntax_error(h, text, err);
  else if (status == yajl_status_client_canceled)
    code = r->stop == PL_ELIMIT ? pl_fail(err, PL_ELIMIT, "JSON is nested deeper than %d", r->max_depth) : r->stop;
  yajl_free(h);
  return code;
}

int pl_json_parse(const pl_allocator *a, pl_str text, int max_depth, pl_json_fn fn, void *user, pl_error *err)
{
  yajl_memory m = {.alloc = a};
  reader r = {.fn = fn, .user = user, .max_depth = max_depth};
  if (setjmp(m.out) == 0)
    return parse(&m, text, &r, err);
  give_all(&m);
  return pl_fail(err, PL_ENOMEM, "out of memory for JSON");
}

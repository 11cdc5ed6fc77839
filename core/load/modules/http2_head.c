/* A head is a text that is kept, and fields that point into it; names lie behind it, in lower case. */
#include "load/modules/http2_head.h"

#include <string.h>

static void free_head(const pl_allocator *a, pl_http2_head *h)
{
  pl_free(a, h->text, h->text_size);
  pl_free(a, h->fields, h->room * sizeof *h->fields);
  *h = (pl_http2_head){0};
}

void pl_http2_heads_free(pl_http2_heads *h)
{
  for (size_t i = 0; i < PL_HTTP2_HEADS; i++)
    free_head(h->alloc, &h->list[i]);
}

/* Memory for one more head: its text, its scheme and its names. */
static bool make_room(const pl_allocator *a, pl_http2_head *h, pl_str scheme, pl_str head)
{
  size_t lines = 4; /* the pseudo headers */
  for (const char *p = head.data, *end = p + head.len; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
    lines++;
  size_t size = scheme.len + 2 * head.len;
  if (size > h->text_size) {
    char *text = pl_realloc(a, h->text, h->text_size, size);
    if (!text)
      return false;
    h->text = text;
    h->text_size = size;
  }
  if (lines > h->room) {
    nghttp2_nv *fields = pl_realloc(a, h->fields, h->room * sizeof *fields, lines * sizeof *fields);
    if (!fields)
      return false;
    h->fields = fields;
    h->room = lines;
  }
  return true;
}

/* nghttp2 does not write to what it is given, though its type says so. */
static uint8_t *bytes_of(pl_str s)
{
  union {
    const char *read_only;
    uint8_t *bytes;
  } u = {s.data};
  return u.bytes;
}

static void set_field(nghttp2_nv *f, pl_str name, pl_str value)
{
  *f = (nghttp2_nv){.name = bytes_of(name), .namelen = name.len, .value = bytes_of(value), .valuelen = value.len,
                    .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static bool belongs_to_connection(pl_str name, pl_str value)
{
  static const char *const names[] = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (pl_str_eqc(name, names[i]))
      return true;
  }
  return pl_str_eqc(name, "te") && !pl_str_ieq(value, PL_STR("trailers"));
}

/* The name in lower case, at *to, which moves on. */
static pl_str lower_case(pl_str name, char **to)
{
  pl_str lower = {*to, name.len};
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    (*to)[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
  }
  *to += name.len;
  return lower;
}

static void make(pl_http2_head *h)
{
  pl_str rest = h->head, line = pl_str_cut(&rest, '\n');
  pl_str method = pl_str_cut(&line, ' '), path = pl_str_cut(&line, ' '), authority = {"", 0};
  char *names = h->text + h->scheme.len + h->head.len;
  size_t n = 4;
  while (rest.data) {
    pl_str value = pl_str_cut(&rest, '\n'), name = lower_case(pl_str_cut(&value, ':'), &names);
    if (!value.data)
      continue; /* the blank line */
    value = pl_str_trim(value);
    if (pl_str_eqc(name, "host"))
      authority = value;
    if (!belongs_to_connection(name, value))
      set_field(&h->fields[n++], name, value);
  }
  set_field(&h->fields[0], PL_STR(":method"), method);
  set_field(&h->fields[1], PL_STR(":scheme"), h->scheme);
  set_field(&h->fields[2], PL_STR(":authority"), authority);
  set_field(&h->fields[3], PL_STR(":path"), path);
  h->n_fields = n;
}

static bool is_of(const pl_http2_head *h, pl_str scheme, pl_str head)
{
  return h->text && pl_str_eq(h->head, head) && pl_str_eq(h->scheme, scheme);
}

const pl_http2_head *pl_http2_head_find(pl_http2_heads *heads, pl_str scheme, pl_str head)
{
  pl_http2_head *list = heads->list;
  size_t at = 0;
  while (at < PL_HTTP2_HEADS && !is_of(&list[at], scheme, head))
    at++;
  bool found = at < PL_HTTP2_HEADS;
  if (!found)
    at = PL_HTTP2_HEADS - 1; /* the one that was not used for the longest time makes room */
  if (at > 0) {
    pl_http2_head first = list[at];
    memmove(list + 1, list, at * sizeof *list);
    list[0] = first;
  }
  if (found)
    return list;
  list[0].head.len = SIZE_MAX; /* equals none, should there be no memory */
  if (!make_room(heads->alloc, list, scheme, head))
    return NULL;
  memcpy(list->text, scheme.data, scheme.len);
  memcpy(list->text + scheme.len, head.data, head.len);
  list->scheme = (pl_str){list->text, scheme.len};
  list->head = (pl_str){list->text + scheme.len, head.len};
  make(list);
  return list;
}

/* See get.h. */
#include "load/modules/get.h"

#include <string.h>

#include "base/error.h"
#include "load/auth.h"

enum { HEAD_MAX = 64 << 10 };

static bool is_line(pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] == '\r' || s.data[i] == '\n' || s.data[i] == '\0')
      return false;
  }
  return true;
}

static int add_headers(pl_get *g, const pl_tree *headers, pl_error *err)
{
  static const char what[] = "headers is a table { name = value } of texts without line ends";
  char scratch[32];
  if (headers && headers->kind != PL_TREE_MAP && (headers->kind != PL_TREE_LIST || headers->n))
    return pl_fail(err, PL_EINVAL, what);
  for (size_t i = 0; headers && i < headers->n; i++) {
    const pl_tree *pair = &headers->as.items[2 * i];
    pl_str name = pair[0].as.string, value = pl_tree_as_text(&pair[1], scratch);
    if (pair[0].kind != PL_TREE_STRING || !value.data || !is_line(name) || !is_line(value) || memchr(name.data, ':', name.len))
      return pl_fail(err, PL_EINVAL, what);
    (void)pl_buf_addf(&g->head, "%.*s: %.*s\r\n", (int)name.len, name.data, (int)value.len, value.data);
  }
  return PL_OK;
}

int pl_get_init(pl_get *g, const pl_url *url, uint16_t usual_port, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  pl_buf_init(&g->head, a, HEAD_MAX);
  pl_buf_init(&g->answer, a, HEAD_MAX);
  (void)pl_buf_addf(&g->head, "GET %.*s HTTP/1.1\r\nHost: %s%.*s%s", (int)url->target.len, url->target.data, url->ipv6 ? "[" : "",
                    (int)url->host.len, url->host.data, url->ipv6 ? "]" : "");
  if (url->port != usual_port)
    (void)pl_buf_addf(&g->head, ":%u", url->port);
  (void)pl_buf_adds(&g->head, "\r\n");
  if (url->user.len) {
    (void)pl_buf_adds(&g->head, "Authorization: ");
    (void)pl_basic_authorization(&g->head, url->user);
    (void)pl_buf_adds(&g->head, "\r\n");
  }
  int code = add_headers(g, pl_tree_get(options, "headers"), err);
  return g->head.bad ? pl_fail(err, g->head.bad, "the headers are larger than 64 KiB, or out of memory") : code;
}

void pl_get_fini(pl_get *g)
{
  pl_buf_fini(&g->head);
  pl_buf_fini(&g->answer);
}

int pl_get_answer(pl_get *g, const char *data, size_t len, size_t *used, pl_http1_head *head, const char **why)
{
  size_t before = g->answer.len, room = g->answer.max - before;
  *used = len < room ? len : room;
  *why = "out of memory for the answer's head";
  if (*used && pl_buf_add(&g->answer, data, *used))
    return PL_ENOMEM;
  for (size_t at = 0;;) {
    int code = pl_http1_parse((pl_str){g->answer.data + at, g->answer.len - at}, false, head, why);
    *why = code == 0 ? "the answer's head is longer than 64 KiB" : *why;
    if (code <= 0)
      return code == 0 && g->answer.len == g->answer.max ? PL_EPROTO : code;
    at += head->len;
    if (head->status >= 200 || head->status == 101) {
      *used = at - before;
      g->answer.len = at;
      pl_buf_drop(&g->answer, at - head->len);
      return 1;
    }
  }
}

bool pl_get_refused(pl_get *g, const pl_http1_head *head)
{
  g->refused = head->status >= 400 ? head->status : 0;
  return g->refused != 0;
}

pl_str pl_get_header(const pl_get *g, const char *name)
{
  pl_str rest = {g->answer.data, g->answer.len};
  while (rest.data) {
    pl_str value = pl_str_cut(&rest, '\n'), found = pl_str_cut(&value, ':');
    if (value.data && pl_str_ieq(found, pl_str_of(name)))
      return pl_str_trim(value);
  }
  return (pl_str){NULL, 0};
}

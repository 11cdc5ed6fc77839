/* Head, endpoint and slot of a static request are made when the worker opens; afterwards a request is one
 * pl_client_send of the user's exchange. */
#include "load/static_request.h"

#include "base/error.h"

enum { HEAD_MAX = 64 << 10 };

/* "GET /path", without the query: a label must not grow with its values. */
static int default_name(const pl_scenario *s, pl_buf *out)
{
  pl_str path = s->url.target;
  for (size_t i = 0; i < path.len; i++) {
    if (path.data[i] == '?')
      path.len = i;
  }
  pl_buf_add(out, s->method.data, s->method.len);
  pl_buf_addc(out, ' ');
  return pl_buf_add(out, path.data, path.len);
}

static int find_slot(pl_static_request *r, pl_worker *w, const pl_scenario *s)
{
  pl_str name = s->request_name;
  pl_buf text;
  pl_buf_init(&text, r->head.alloc, HEAD_MAX);
  int code = PL_OK;
  if (!name.len) {
    code = default_name(s, &text);
    name = (pl_str){text.data, text.len};
  }
  if (!code)
    r->slot = pl_worker_slot(w, s, name, s->method);
  pl_buf_fini(&text);
  return code;
}

/* What goes out in a row: heads and bodies, one behind the other. */
static int repeat(pl_static_request *r, const pl_scenario *s, pl_error *err)
{
  size_t one = r->head.len + s->body.len;
  if (s->has_file || s->chunked || s->expect_continue || r->parts.auth)
    return pl_fail(err, PL_EINVAL, "pipeline: with plain bodies only, and without Digest");
  if (one * s->pipeline > HEAD_MAX)
    return pl_fail(err, PL_EINVAL, "pipeline: %u requests of %zu bytes are more than %d KiB", s->pipeline, one, HEAD_MAX >> 10);
  pl_buf all;
  pl_buf_init(&all, r->head.alloc, HEAD_MAX);
  for (uint32_t i = 0; i < s->pipeline; i++) {
    (void)pl_buf_add(&all, r->head.data, r->head.len);
    (void)pl_buf_add(&all, s->body.data, s->body.len);
  }
  pl_buf_fini(&r->head);
  r->head = all;
  return r->head.bad ? pl_fail(err, r->head.bad, "out of memory for a pipeline") : PL_OK;
}

int pl_static_request_init(pl_static_request *r, pl_worker *w, const pl_scenario *s, pl_error *err)
{
  r->endpoint = pl_client_endpoint(pl_worker_client(w), &s->url, s->route);
  if (!r->endpoint)
    return pl_fail(err, PL_ENOMEM, "out of memory for the endpoint");
  r->parts = (pl_request_parts){.method = s->method, .url = &s->url, .headers = s->headers,
                                .n_headers = s->n_headers, .body = s->body, .file = s->has_file ? &s->file : NULL,
                                .route = s->route, .chunked = s->chunked, .expect_continue = s->expect_continue,
                                .auth = s->auth.kind == PL_AUTH_DIGEST ? &s->auth : NULL};
  int code = pl_request_head(&r->head, &r->parts, NULL, err);
  if (!code && s->pipeline > 1)
    code = repeat(r, s, err);
  if (code)
    return code;
  code = find_slot(r, w, s);
  return code ? pl_fail(err, code, "out of memory for the request's name") : PL_OK;
}

void pl_static_request_fini(pl_static_request *r)
{
  pl_buf_fini(&r->head);
}

void pl_static_request_prepare(const pl_static_request *r, const pl_scenario *s, pl_exchange *x)
{
  x->endpoint = r->endpoint;
  x->head = (pl_str){r->head.data, r->head.len};
  x->body = s->body;
  x->file = r->parts.file;
  x->chunked = s->chunked;
  x->expect_continue = s->expect_continue;
  x->parts = &r->parts;
  x->timeout_ns = s->timeout_ns;
  x->connect_timeout_ns = s->connect_timeout_ns;
  x->first_byte_timeout_ns = s->first_byte_timeout_ns;
  x->follow = s->follow;
  x->head_only = pl_str_eqc(s->method, "HEAD");
  if (s->pipeline < 2)
    return;
  x->requests = s->pipeline;
  x->body = (pl_str){"", 0};
  x->parts = NULL; /* a redirect is an answer: others come behind it */
}

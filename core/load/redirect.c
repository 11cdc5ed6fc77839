/* Redirects: an answer that names another place becomes the same exchange's next request. What the user meant for one origin
 * (credentials, cookies, the Host header) is not sent to another. */
#include "load/challenge.h"

#include <string.h>

#include "base/error.h"
#include "load/trace_context.h"

void pl_hop_free(pl_exchange *x)
{
  struct pl_hop *h = x->hop;
  if (!h)
    return;
  const pl_allocator *a = x->endpoint->client->o.alloc;
  x->endpoint = h->original_endpoint;
  x->parts = h->original_parts;
  x->head = h->original_head;
  x->body = h->original_body;
  x->file = h->original_parts->file;
  x->chunked = h->original_parts->chunked;
  x->expect_continue = h->original_parts->expect_continue;
  x->head_only = h->original_head_only;
  pl_buf_fini(&h->url);
  pl_buf_fini(&h->head);
  pl_buf_fini(&h->authorization);
  pl_free(a, h->headers, h->n_headers * sizeof *h->headers);
  pl_free(a, h, sizeof *h);
  x->hop = NULL;
}

pl_str pl_hop_from(const pl_exchange *x)
{
  return x->hop ? x->hop->original_endpoint->url.host : (pl_str){"", 0};
}

struct pl_hop *pl_hop_need(pl_exchange *x)
{
  if (x->hop)
    return x->hop;
  const pl_allocator *a = x->endpoint->client->o.alloc;
  size_t n = x->parts->n_headers;
  struct pl_hop *h = pl_alloc_zero(a, 1, sizeof *h);
  pl_header *headers = n ? pl_alloc(a, n * sizeof *headers) : NULL;
  if (!h || (n && !headers)) {
    pl_free(a, h, sizeof *h);
    pl_free(a, headers, n * sizeof *headers);
    return NULL;
  }
  if (n)
    memcpy(headers, x->parts->headers, n * sizeof *headers);
  pl_buf_init(&h->url, a, 1 << 16);
  pl_buf_init(&h->head, a, 1 << 17);
  pl_buf_init(&h->authorization, a, 1 << 16);
  h->headers = headers;
  h->n_headers = n;
  h->original_parts = x->parts;
  h->original_endpoint = x->endpoint;
  h->original_head = x->head;
  h->original_body = x->body;
  h->original_head_only = x->head_only;
  h->parts = *x->parts;
  h->parts.headers = headers;
  x->hop = h;
  return h;
}

/* Drops the user's headers of these names. */
static void drop_headers(struct pl_hop *h, const pl_str *names, size_t n_names)
{
  size_t kept = 0;
  for (size_t i = 0; i < h->parts.n_headers; i++) {
    bool dropped = false;
    for (size_t k = 0; k < n_names; k++)
      dropped = dropped || pl_str_ieq(h->headers[i].name, names[k]);
    if (!dropped)
      h->headers[kept++] = h->headers[i];
  }
  h->parts.n_headers = kept;
}

static bool same_origin(const pl_url *a, const pl_url *b)
{
  return pl_str_eq(a->scheme, b->scheme) && a->port == b->port && pl_str_ieq(a->host, b->host);
}

/* GET takes the place of POST after 301 and 302, of every other method after 303 (RFC 9110 section 15.4, as browsers do it). */
static void change_method(struct pl_hop *h, int status)
{
  static const pl_str of_body[] = {{"content-type", 12}, {"content-length", 14}, {"content-encoding", 16},
                                   {"content-language", 16}, {"content-location", 16}, {"transfer-encoding", 17}};
  pl_str method = h->parts.method;
  bool post = pl_str_eqc(method, "POST") && (status == 301 || status == 302);
  bool other = status == 303 && !pl_str_eqc(method, "GET") && !pl_str_eqc(method, "HEAD");
  if (!post && !other)
    return;
  h->parts.method = PL_STR("GET");
  h->parts.body = (pl_str){"", 0};
  h->parts.file = NULL;
  h->parts.chunked = h->parts.expect_continue = false;
  drop_headers(h, of_body, sizeof of_body / sizeof *of_body);
}

/* Reads Location against the URL of the request before; it becomes h->parsed. */
static int next_url(struct pl_hop *h, const pl_url *base, pl_str location, pl_error *err)
{
  static const pl_str of_origin[] = {{"authorization", 13}, {"proxy-authorization", 19}, {"cookie", 6}, {"host", 4}};
  pl_buf url;
  pl_url parsed;
  pl_buf_init(&url, h->url.alloc, h->url.max);
  int code = pl_url_join(base, location, &url, err);
  if (!code)
    code = pl_url_parse((pl_str){url.data, url.len}, &parsed, err);
  if (code) {
    pl_buf_fini(&url);
    return code;
  }
  if (!same_origin(base, &parsed)) {
    drop_headers(h, of_origin, sizeof of_origin / sizeof *of_origin);
    h->parts.authorization = (pl_str){"", 0};
    h->parts.auth = NULL;
  } else if (!parsed.user.len && base->user.data == h->original_parts->url->user.data) {
    parsed.user = base->user;
  }
  pl_buf_fini(&h->url); /* base pointed into it */
  h->url = url;
  h->parsed = parsed;
  h->parts.url = &h->parsed;
  return PL_OK;
}

int pl_hop_write(pl_exchange *x, pl_error *err)
{
  struct pl_hop *h = x->hop;
  pl_buf_clear(&h->head);
  int code = pl_request_head(&h->head, &h->parts, x->jar, err);
  if (!code && x->trace.len && pl_head_take(&h->head, x->trace))
    code = pl_fail(err, PL_ENOMEM, "out of memory for a request");
  if (code)
    return code;
  x->parts = &h->parts;
  x->head = (pl_str){h->head.data, h->head.len};
  x->body = h->parts.body;
  x->file = h->parts.file;
  x->chunked = h->parts.chunked;
  x->expect_continue = h->parts.expect_continue;
  x->head_only = pl_str_eqc(h->parts.method, "HEAD");
  return PL_OK;
}

/* Makes x the request for the place that Location names. */
static int make_hop(pl_exchange *x, pl_str location, pl_error *err)
{
  struct pl_hop *h = pl_hop_need(x);
  if (!h)
    return pl_fail(err, PL_ENOMEM, "out of memory");
  int code = next_url(h, x->parts->url, location, err);
  if (code)
    return code;
  change_method(h, x->answer.status);
  pl_endpoint *e = pl_client_endpoint(x->endpoint->client, &h->parsed, x->endpoint->route);
  if (!e)
    return pl_fail(err, PL_ENOMEM, "out of memory for another host");
  x->endpoint = e;
  code = pl_hop_write(x, err);
  return code ? code : pl_hop_authorize(x, err);
}

bool pl_redirect(pl_exchange *x)
{
  int s = x->answer.status;
  if (!x->parts || !x->follow || !(s == 301 || s == 302 || s == 303 || s == 307 || s == 308))
    return false;
  pl_str location = pl_answer_header(x->answer.head, PL_STR("location"));
  if (!location.len)
    return false;
  if (x->answer.redirects == x->follow) {
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "more than %u redirects", (unsigned)x->follow);
    return true;
  }
  pl_error err = {0};
  if (make_hop(x, location, &err)) {
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "redirect: %s", err.message);
    return true;
  }
  x->answer.redirects++;
  x->answer.status = 0;
  pl_exchange_attempt(x);
  pl_exchange_dispatch(x);
  return true;
}

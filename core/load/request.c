/* Heads of requests, and headers of answers. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "load/auth.h"
#include "load/client.h"
#include "load/cookie.h"

#define AGENT "perilune/" PL_VERSION

static bool is_token(pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c))
      return false;
  }
  return s.len > 0;
}

static bool is_value(pl_str s)
{
  return !(s.len && (memchr(s.data, '\r', s.len) || memchr(s.data, '\n', s.len) || memchr(s.data, '\0', s.len)));
}

/* Which headers were given. */
typedef struct given_headers {
  bool host, agent, length, authorization, expect, connection;
} given_headers;

static int add_headers(pl_buf *out, const pl_request_parts *p, given_headers *given, pl_error *err)
{
  for (size_t i = 0; i < p->n_headers; i++) {
    const pl_header *h = &p->headers[i];
    if (!is_token(h->name) || !is_value(h->value))
      return pl_fail(err, PL_EINVAL, "header \"%.*s\": a name is letters, digits and -, a value has no line end",
                     (int)(h->name.len < 60 ? h->name.len : 60), h->name.data);
    given->host |= pl_str_ieq(h->name, PL_STR("host"));
    given->agent |= pl_str_ieq(h->name, PL_STR("user-agent"));
    given->length |= pl_str_ieq(h->name, PL_STR("content-length")) || pl_str_ieq(h->name, PL_STR("transfer-encoding"));
    given->expect |= pl_str_ieq(h->name, PL_STR("expect"));
    given->connection |= pl_str_ieq(h->name, PL_STR("connection"));
    given->authorization |= pl_str_ieq(h->name, PL_STR("authorization"));
    (void)pl_buf_addf(out, "%.*s: %.*s\r\n", (int)h->name.len, h->name.data, (int)h->value.len, h->value.data);
  }
  return PL_OK;
}

static bool has_body(pl_str method)
{
  return pl_str_eqc(method, "POST") || pl_str_eqc(method, "PUT") || pl_str_eqc(method, "PATCH");
}

int pl_request_host(pl_buf *out, const pl_url *u)
{
  if (pl_str_eqc(u->scheme, "unix"))
    return pl_buf_adds(out, "localhost");
  (void)pl_buf_addf(out, "%s%.*s%s", u->ipv6 ? "[" : "", (int)u->host.len, u->host.data, u->ipv6 ? "]" : "");
  if (u->port != (pl_str_eqc(u->scheme, "https") ? 443 : 80))
    (void)pl_buf_addf(out, ":%u", u->port);
  return out->bad;
}

static int add_authorization(pl_buf *out, const pl_request_parts *p, pl_error *err)
{
  pl_str value = p->authorization;
  if (!value.len && !p->url->user.len)
    return PL_OK;
  if (!is_value(value))
    return pl_fail(err, PL_EINVAL, "the credentials hold a line end, which no header does: are they from a file that ends with one?");
  (void)pl_buf_adds(out, "Authorization: ");
  if (value.len)
    (void)pl_buf_add(out, value.data, value.len);
  else
    (void)pl_basic_authorization(out, p->url->user);
  (void)pl_buf_adds(out, "\r\n");
  return PL_OK;
}

static void add_length(pl_buf *out, const pl_request_parts *p)
{
  uint64_t size = p->file ? p->file->size : p->body.len;
  if (p->chunked)
    (void)pl_buf_adds(out, "Transfer-Encoding: chunked\r\n");
  else if (size || has_body(p->method))
    (void)pl_buf_addf(out, "Content-Length: %" PRIu64 "\r\n", size);
}

int pl_request_head(pl_buf *out, const pl_request_parts *p, const pl_cookie_jar *jar, pl_error *err)
{
  const pl_url *u = p->url;
  given_headers given = {0};
  if (!is_token(p->method))
    return pl_fail(err, PL_EINVAL, "\"%.*s\" is no method", (int)p->method.len, p->method.data);
  const pl_proxy *proxy = p->route && pl_route_asks_proxy(p->route, u) ? p->route->proxy : NULL;
  (void)pl_buf_addf(out, "%.*s %s", (int)p->method.len, p->method.data, proxy ? "http://" : "");
  if (proxy)
    (void)pl_request_host(out, u);
  (void)pl_buf_addf(out, "%.*s HTTP/1.1\r\n", (int)u->target.len, u->target.data);
  int code = add_headers(out, p, &given, err);
  if (code)
    return code;
  if (!given.host) {
    (void)pl_buf_adds(out, "Host: ");
    (void)pl_request_host(out, u);
    (void)pl_buf_adds(out, "\r\n");
  }
  if (!given.agent)
    (void)pl_buf_adds(out, "User-Agent: " AGENT "\r\n");
  if (!given.authorization)
    code = add_authorization(out, p, err);
  if (code)
    return code;
  if (!given.length)
    add_length(out, p);
  if (proxy && proxy->authorization.len)
    (void)pl_buf_addf(out, "Proxy-Authorization: %.*s\r\n", (int)proxy->authorization.len, proxy->authorization.data);
  if (p->route && p->route->requests == 1 && !given.connection)
    (void)pl_buf_adds(out, "Connection: close\r\n");
  if (p->expect_continue && !given.expect)
    (void)pl_buf_adds(out, "Expect: 100-continue\r\n");
  (void)pl_cookie_jar_header(jar, u, out);
  (void)pl_buf_adds(out, "\r\n");
  return out->bad ? pl_fail(err, out->bad, "a request head is too long, or out of memory") : PL_OK;
}

pl_str pl_answer_header(pl_str head, pl_str name)
{
  const char *at = head.data, *end = at + head.len;
  while (at && at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    pl_str line = {at, (size_t)((newline ? newline : end) - at)};
    if (line.len > name.len && line.data[name.len] == ':' && pl_str_ieq((pl_str){at, name.len}, name))
      return pl_str_trim((pl_str){at + name.len + 1, line.len - name.len - 1});
    at = newline ? newline + 1 : NULL;
  }
  return (pl_str){NULL, 0};
}

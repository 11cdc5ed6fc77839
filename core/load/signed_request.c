/* See signed_request.h. */
#include "load/signed_request.h"

#include <string.h>

#include "load/worker.h"

enum { HEAD_MAX = 256 << 10, TEXTS_MAX = 64 << 10 };

bool pl_is_signed(const pl_scenario *s)
{
  return s->auth.kind == PL_AUTH_SIGV4 || s->auth.kind == PL_AUTH_OAUTH2;
}

static pl_signed_request *make(pl_user *u)
{
  const pl_allocator *a = u->worker->o.alloc;
  const pl_request_parts *parts = &u->executor->request.parts;
  pl_signed_request *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return NULL;
  pl_buf_init(&r->head, a, HEAD_MAX);
  pl_buf_init(&r->texts, a, TEXTS_MAX);
  r->n_headers = parts->n_headers + PL_SIGNATURE_HEADERS;
  r->headers = pl_alloc_zero(a, r->n_headers, sizeof *r->headers);
  if (!r->headers) {
    pl_signed_request_free(r, a);
    return NULL;
  }
  if (parts->n_headers)
    memcpy(r->headers, parts->headers, parts->n_headers * sizeof *r->headers);
  return r;
}

void pl_signed_request_free(pl_signed_request *r, const pl_allocator *a)
{
  if (!r)
    return;
  pl_buf_fini(&r->head);
  pl_buf_fini(&r->texts);
  pl_free(a, r->headers, r->n_headers * sizeof *r->headers);
  pl_free(a, r, sizeof *r);
}

static bool add_signature(pl_user *u, pl_signed_request *r)
{
  const pl_scenario *s = u->scenario;
  size_t own = u->executor->request.parts.n_headers;
  if (!r->payload[0])
    pl_sha256_hex(s->body.data ? s->body.data : "", s->body.len, r->payload);
  pl_str payload = s->has_file ? PL_STR("UNSIGNED-PAYLOAD") : pl_str_of(r->payload);
  int64_t now_s = pl_wall(u->worker->o.clock) / (int64_t)PL_S_NS;
  r->parts.n_headers = own;
  int n = pl_auth_sign(&s->auth, &r->parts, now_s, payload, &r->texts, r->headers + own);
  r->parts.n_headers = own + (n > 0 ? (size_t)n : 0);
  return n >= 0;
}

/* Copied: the worker's copy moves on while the request is in flight. */
static bool add_token(pl_user *u, pl_signed_request *r)
{
  pl_str value = pl_user_bearer(u);
  pl_buf_clear(&r->texts);
  r->parts.authorization = (pl_str){r->texts.data, value.len};
  if (pl_buf_add(&r->texts, value.data, value.len))
    return false;
  r->parts.authorization.data = r->texts.data;
  return value.len > 0;
}

bool pl_sign_request(pl_user *u)
{
  if (!u->signed_request)
    u->signed_request = make(u);
  pl_signed_request *r = u->signed_request;
  if (!r)
    return false;
  r->parts = u->executor->request.parts;
  r->parts.headers = r->headers;
  bool good = u->scenario->auth.kind == PL_AUTH_SIGV4 ? add_signature(u, r) : add_token(u, r);
  pl_buf_clear(&r->head);
  if (!good || pl_request_head(&r->head, &r->parts, NULL, NULL))
    return false;
  u->exchange.head = (pl_str){r->head.data, r->head.len};
  u->exchange.parts = &r->parts;
  return true;
}

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
  r->n_headers = parts->n_headers + PL_SIGNATURE_HEADERS;
  for (int i = 0; i < 2; i++) {
    pl_signed_head *h = &r->made[i];
    pl_buf_init(&h->head, a, HEAD_MAX);
    pl_buf_init(&h->texts, a, TEXTS_MAX);
    h->headers = pl_alloc_zero(a, r->n_headers, sizeof *h->headers);
    if (!h->headers) {
      pl_signed_request_free(r, a);
      return NULL;
    }
    if (parts->n_headers)
      memcpy(h->headers, parts->headers, parts->n_headers * sizeof *h->headers);
  }
  return r;
}

void pl_signed_request_free(pl_signed_request *r, const pl_allocator *a)
{
  if (!r)
    return;
  for (int i = 0; i < 2; i++) {
    pl_buf_fini(&r->made[i].head);
    pl_buf_fini(&r->made[i].texts);
    pl_free(a, r->made[i].headers, r->n_headers * sizeof *r->made[i].headers);
  }
  pl_free(a, r, sizeof *r);
}

static bool add_signature(const pl_user *u, pl_signed_request *r, pl_signed_head *h)
{
  const pl_scenario *s = u->scenario;
  size_t own = h->parts.n_headers;
  if (!r->payload[0])
    pl_sha256_hex(s->body.data ? s->body.data : "", s->body.len, r->payload);
  pl_str payload = s->has_file ? PL_STR("UNSIGNED-PAYLOAD") : pl_str_of(r->payload);
  int64_t now_s = pl_wall(u->worker->o.clock) / (int64_t)PL_S_NS;
  int n = pl_auth_sign(&s->auth, &h->parts, now_s, payload, &h->texts, h->headers + own);
  h->parts.n_headers = own + (n > 0 ? (size_t)n : 0);
  return n >= 0;
}

/* Copied: the worker's copy moves on while the request is in flight. */
static bool add_token(pl_user *u, pl_signed_head *h)
{
  pl_str value = pl_user_bearer(u);
  pl_buf_clear(&h->texts);
  if (pl_buf_add(&h->texts, value.data, value.len))
    return false;
  h->parts.authorization = (pl_str){h->texts.data, value.len};
  return value.len > 0;
}

bool pl_sign_request(pl_user *u)
{
  if (!u->signed_request)
    u->signed_request = make(u);
  pl_signed_request *r = u->signed_request;
  if (!r)
    return false;
  pl_signed_head *h = &r->made[r->next];
  h->parts = u->executor->request.parts;
  h->parts.headers = h->headers;
  bool good = u->scenario->auth.kind == PL_AUTH_SIGV4 ? add_signature(u, r, h) : add_token(u, h);
  pl_buf_clear(&h->head);
  if (!good || pl_request_head(&h->head, &h->parts, NULL, NULL))
    return false;
  u->exchange.head = (pl_str){h->head.data, h->head.len};
  u->exchange.parts = &h->parts;
  r->next = !r->next;
  return true;
}

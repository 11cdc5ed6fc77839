/* Digest authentication of an exchange: a 401 with a challenge becomes the same exchange's next request, once; later requests
 * of the same user answer it in advance. */
#include "load/challenge.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"

static bool applies(const pl_exchange *x)
{
  return x->digest && x->parts && x->parts->auth;
}

int pl_hop_authorize(pl_exchange *x, pl_error *err)
{
  if (!applies(x) || !x->digest->known)
    return PL_OK;
  struct pl_hop *h = pl_hop_need(x);
  if (!h)
    return pl_fail(err, PL_ENOMEM, "out of memory for an authorization");
  char cnonce[40];
  const pl_request_parts *p = x->parts;
  uint64_t now = pl_now(x->endpoint->client->o.clock);
  (void)snprintf(cnonce, sizeof cnonce, "%016" PRIx64 "%08x", now, (unsigned)x->digest->count);
  pl_buf_clear(&h->authorization);
  int code = pl_digest_value(x->digest, p->auth, p->method, p->url->target, pl_str_of(cnonce), &h->authorization);
  if (code)
    return pl_fail(err, code, "out of memory for an authorization");
  h->parts.authorization = (pl_str){h->authorization.data, h->authorization.len};
  return pl_hop_write(x, err);
}

/* Takes the first challenge of the answer that can be answered. */
static bool take_challenge(pl_exchange *x)
{
  pl_str head = x->answer.head;
  while (head.data) {
    pl_str line = pl_str_cut(&head, '\n'), value = line, name = pl_str_cut(&value, ':');
    if (value.data && pl_str_ieq(name, PL_STR("www-authenticate")) && pl_digest_take(x->digest, pl_str_trim(value)))
      return true;
  }
  return false;
}

bool pl_challenge(pl_exchange *x)
{
  if (x->answer.status != 401 || !applies(x) || (x->hop && x->hop->challenged) || !take_challenge(x))
    return false;
  pl_error err = {0};
  if (pl_hop_authorize(x, &err)) {
    pl_exchange_fail(x, PL_FAIL_PROTOCOL, "%s", err.message);
    return true;
  }
  x->hop->challenged = true;
  x->answer.status = 0;
  pl_exchange_attempt(x);
  pl_exchange_dispatch(x);
  return true;
}

/* See resolver.h. */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

socklen_t pl_address_size(const pl_address *a)
{
  if (a->any.sa_family == AF_INET)
    return sizeof a->v4;
  return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->un;
}

bool pl_address_literal(pl_str host, uint16_t port, pl_addresses *out)
{
  char text[64];
  pl_address *a = &out->list[0];
  if (!pl_copy(text, sizeof text, host))
    return false;
  memset(a, 0, sizeof *a);
  if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons(port);
  } else if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons(port);
  } else {
    return false;
  }
  out->n = 1;
  return true;
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcasecmp(text + n - m, end) == 0;
}

/* RFC 6761, section 6.3: these names are this machine, whatever its files and its name server say. */
static bool is_localhost(const char *host)
{
  return strcasecmp(host, "localhost") == 0 || ends_with(host, ".localhost");
}

static void on_result(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
  pl_lookup *l = request->data;
  for (struct addrinfo *a = status ? NULL : found; a && l->addresses.n < PL_ADDRESSES_MAX; a = a->ai_next) {
    if (a->ai_family != AF_INET && a->ai_family != AF_INET6)
      continue;
    pl_address *to = &l->addresses.list[l->addresses.n++];
    memset(to, 0, sizeof *to);
    memcpy(to, a->ai_addr, a->ai_addrlen);
    if (a->ai_family == AF_INET)
      to->v4.sin_port = htons(l->port);
    else
      to->v6.sin6_port = htons(l->port);
  }
  uv_freeaddrinfo(found);
  if (status && status != UV_ECANCELED && is_localhost(l->host) && pl_address_literal(PL_STR("127.0.0.1"), l->port, &l->addresses))
    status = 0;
  int code = status == UV_ECANCELED ? PL_ECANCELED : l->addresses.n ? PL_OK : PL_ERESOLVE;
  if (code)
    (void)snprintf(l->why, sizeof l->why, "%.100s does not resolve: %s", l->host, status ? uv_strerror(status) : "no address");
  l->done(l, code);
}

int pl_lookup_start(pl_lookup *l, uv_loop_t *loop, pl_str host, uint16_t port, void (*done)(pl_lookup *l, int code))
{
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
  if (!pl_copy(l->host, sizeof l->host, host))
    return PL_EINVAL;
  l->port = port;
  l->done = done;
  l->addresses.n = 0;
  l->why[0] = '\0';
  l->request.data = l;
  return uv_getaddrinfo(loop, &l->request, on_result, l->host, NULL, &hints) ? PL_ERESOLVE : PL_OK;
}

void pl_lookup_cancel(pl_lookup *l)
{
  (void)uv_cancel((uv_req_t *)&l->request);
}

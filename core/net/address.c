/* See address.h. */
#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

void pl_addresses_add(pl_addresses *list, const struct sockaddr *a, uint16_t port)
{
  if (list->n == PL_ADDRESSES_MAX || (a->sa_family != AF_INET && a->sa_family != AF_INET6))
    return;
  pl_address *to = &list->list[list->n++];
  *to = (pl_address){0};
  if (a->sa_family == AF_INET)
    to->v4 = *(const struct sockaddr_in *)(const void *)a;
  else
    to->v6 = *(const struct sockaddr_in6 *)(const void *)a;
  pl_address_set_port(to, port);
}

socklen_t pl_address_size(const pl_address *a)
{
  if (a->any.sa_family == AF_INET)
    return sizeof a->v4;
  return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->un;
}

uint16_t pl_address_port(const pl_address *a)
{
  return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

void pl_address_set_port(pl_address *a, uint16_t port)
{
  *(a->any.sa_family == AF_INET6 ? &a->v6.sin6_port : &a->v4.sin_port) = htons(port);
}

bool pl_address_is_loopback(const pl_address *a)
{
  if (a->any.sa_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
  return a->any.sa_family == AF_INET && ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool pl_address_literal(pl_str host, uint16_t port, pl_addresses *out)
{
  char text[64];
  pl_address a;
  memset(&a, 0, sizeof a);
  if (!pl_copy(text, sizeof text, host))
    return false;
  if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
    a.v4.sin_family = AF_INET;
  else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1)
    a.v6.sin6_family = AF_INET6;
  else
    return false;
  pl_address_set_port(&a, port);
  out->list[0] = a;
  out->n = 1;
  return true;
}

void pl_address_text(const pl_address *a, char *out, size_t size)
{
  char host[INET6_ADDRSTRLEN] = "?";
  bool six = a->any.sa_family == AF_INET6;
  (void)inet_ntop(a->any.sa_family, six ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr, host, sizeof host);
  (void)snprintf(out, size, six ? "[%s]:%u" : "%s:%u", host, pl_address_port(a));
}

/* Addresses of sockets. */
#ifndef PL_NET_ADDRESS_H
#define PL_NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/un.h>

enum { PL_ADDRESSES_MAX = 16 };

typedef union pl_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_un un;
} pl_address;

typedef struct pl_addresses {
  pl_address list[PL_ADDRESSES_MAX];
  unsigned n;
} pl_addresses;

/* Appends an IPv4 or IPv6 address with another port; others, and those beyond the maximum, are left out. */
static inline void pl_addresses_add(pl_addresses *list, const struct sockaddr *a, uint16_t port)
{
  if (list->n == PL_ADDRESSES_MAX || (a->sa_family != AF_INET && a->sa_family != AF_INET6))
    return;
  pl_address *to = &list->list[list->n++];
  *to = (pl_address){0};
  if (a->sa_family == AF_INET) {
    to->v4 = *(const struct sockaddr_in *)(const void *)a;
    to->v4.sin_port = htons(port);
  } else {
    to->v6 = *(const struct sockaddr_in6 *)(const void *)a;
    to->v6.sin6_port = htons(port);
  }
}

#endif

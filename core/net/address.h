/* Addresses of sockets. */
#ifndef PL_NET_ADDRESS_H
#define PL_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/un.h>

#include "base/str.h"

enum { PL_ADDRESSES_MAX = 16, PL_ADDRESS_TEXT = 64 };

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
void pl_addresses_add(pl_addresses *list, const struct sockaddr *a, uint16_t port);

/* Bytes of an address, for connect(). */
socklen_t pl_address_size(const pl_address *a);
/* The port of an IPv4 or IPv6 address. */
uint16_t pl_address_port(const pl_address *a);
/* Gives an IPv4 or IPv6 address another port. */
void pl_address_set_port(pl_address *a, uint16_t port);

/* 127.0.0.0/8 or ::1 (RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
bool pl_address_is_loopback(const pl_address *a);

/* An IPv4 or IPv6 literal without asking anybody; false when host is a name, and *out as it was. */
bool pl_address_literal(pl_str host, uint16_t port, pl_addresses *out);
/* An IPv4 or IPv6 address as "127.0.0.1:80", "[::1]:80"; at most size bytes with the NUL, PL_ADDRESS_TEXT are enough. */
void pl_address_text(const pl_address *a, char *out, size_t size);

#endif

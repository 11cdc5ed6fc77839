/* DNS by a library of its own, as the module "dns": the system's getaddrinfo tells neither how long an answer holds nor may it be told
 * whom to ask. The module knows no loop: its owner watches the sockets that it names. One thread. */
#ifndef PL_NET_DNS_H
#define PL_NET_DNS_H

#include "base/alloc.h"
#include "io/module.h"
#include "net/address.h"

#define PL_DNS_ABI 1

enum { PL_DNS_READ = 1, PL_DNS_WRITE = 2 };

typedef struct pl_dns_answer {
  int code;             /* PL_OK, PL_ERESOLVE, PL_ECANCELED */
  const char *why;      /* of a failure */
  pl_addresses addresses;
  uint32_t ttl_s;       /* the least of all records that led to them */
} pl_dns_answer;

typedef void (*pl_dns_told)(void *query, const pl_dns_answer *answer);

typedef struct pl_dns_module {
  pl_module_head head;
  /* servers: "10.0.0.1,[::1]:5353"; empty: the system's. watch says which events of a socket matter from now on; 0: it is about to
   * be closed. Errors: PL_EINVAL (servers), PL_ENOMEM. */
  int (*open)(const char *servers, void (*watch)(void *user, int fd, int events), void *user, void **out, pl_error *err);
  /* Ends what was asked, as cancelled, and closes every socket. */
  void (*close)(void *dns);
  /* told is called once, maybe from inside. */
  void (*ask)(void *dns, const char *host, uint16_t port, pl_dns_told told, void *query);
  /* A socket is ready for these events; fd -1: time has passed. */
  void (*ready)(void *dns, int fd, int events);
  /* Milliseconds after which to call ready though no socket is; -1: nothing is asked. */
  int (*due_ms)(void *dns);
} pl_dns_module;

#endif

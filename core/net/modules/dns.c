/* DNS by c-ares: names of /etc/hosts and of DNS, with the time that their records hold. */
#include "net/dns.h"

#include <ares.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

enum { TIMEOUT_MS = 2000, TRIES = 3 };

typedef struct dns {
  ares_channel channel;
  void (*watch)(void *user, int fd, int events);
  void *user;
} dns;

typedef struct query {
  pl_dns_told told;
  void *query;
  uint16_t port;
} query;

static void on_socket(void *data, ares_socket_t fd, int read, int write)
{
  dns *d = data;
  d->watch(d->user, fd, (read ? PL_DNS_READ : 0) | (write ? PL_DNS_WRITE : 0));
}

static int dns_open(const char *servers, void (*watch)(void *user, int fd, int events), void *user, void **out, pl_error *err)
{
  dns *d = calloc(1, sizeof *d);
  if (!d)
    return pl_fail(err, PL_ENOMEM, "out of memory for DNS");
  *d = (dns){.watch = watch, .user = user};
  struct ares_options o = {.sock_state_cb = on_socket, .sock_state_cb_data = d, .timeout = TIMEOUT_MS, .tries = TRIES};
  int code = ares_init_options(&d->channel, &o, ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (code) {
    free(d);
    return pl_fail(err, PL_ENOMEM, "DNS: %s", ares_strerror(code));
  }
  if (servers[0])
    code = ares_set_servers_ports_csv(d->channel, servers);
  if (code) {
    ares_destroy(d->channel);
    free(d);
    return pl_fail(err, PL_EINVAL, "DNS servers \"%s\": %s; write addresses such as 10.0.0.1,127.0.0.1:5353", servers, ares_strerror(code));
  }
  *out = d;
  return PL_OK;
}

static void dns_close(void *dns_)
{
  dns *d = dns_;
  ares_destroy(d->channel);
  free(d);
}

static uint32_t least(uint32_t a, int b)
{
  return b >= 0 && (uint32_t)b < a ? (uint32_t)b : a;
}

static void take(const struct ares_addrinfo *found, uint16_t port, pl_dns_answer *a)
{
  a->ttl_s = UINT32_MAX;
  for (const struct ares_addrinfo_cname *c = found->cnames; c; c = c->next)
    a->ttl_s = least(a->ttl_s, c->ttl);
  for (const struct ares_addrinfo_node *n = found->nodes; n; n = n->ai_next) {
    pl_addresses_add(&a->addresses, n->ai_addr, port);
    a->ttl_s = least(a->ttl_s, n->ai_ttl);
  }
}

/* c-ares says ARES_ECONNREFUSED also where servers did answer, but each of them that it failed or refused (SERVFAIL, REFUSED, NOTIMP). */
static const char *why_of(int status)
{
  return status == ARES_ECONNREFUSED ? "each name server failed or refused it, or was not reached" : ares_strerror(status);
}

static void on_answer(void *query_, int status, int timeouts, struct ares_addrinfo *found)
{
  query *q = query_;
  pl_dns_answer a = {.code = PL_OK, .why = "no address"};
  (void)timeouts;
  if (status == ARES_SUCCESS)
    take(found, q->port, &a);
  else
    a.why = why_of(status);
  if (status == ARES_ECANCELLED || status == ARES_EDESTRUCTION)
    a.code = PL_ECANCELED;
  else if (!a.addresses.n)
    a.code = PL_ERESOLVE;
  if (found)
    ares_freeaddrinfo(found);
  q->told(q->query, &a);
  free(q);
}

static void dns_ask(void *dns_, const char *host, uint16_t port, pl_dns_told told, void *query_)
{
  dns *d = dns_;
  query *q = malloc(sizeof *q);
  if (!q) {
    told(query_, &(pl_dns_answer){.code = PL_ERESOLVE, .why = "out of memory"});
    return;
  }
  *q = (query){told, query_, port};
  const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  ares_getaddrinfo(d->channel, host, NULL, &hints, on_answer, q);
}

static void dns_ready(void *dns_, int fd, int events)
{
  dns *d = dns_;
  ares_process_fd(d->channel, events & PL_DNS_READ ? fd : ARES_SOCKET_BAD, events & PL_DNS_WRITE ? fd : ARES_SOCKET_BAD);
}

static int dns_due_ms(void *dns_)
{
  dns *d = dns_;
  struct timeval wait;
  const struct timeval *due = ares_timeout(d->channel, NULL, &wait);
  return due ? (int)(due->tv_sec * 1000 + due->tv_usec / 1000 + 1) : -1;
}

extern const pl_dns_module pl_module_entry;
PL_API const pl_dns_module pl_module_entry = {
    .head = {"dns", PL_DNS_ABI}, .open = dns_open, .close = dns_close, .ask = dns_ask, .ready = dns_ready, .due_ms = dns_due_ms,
};

/* See sock_diag.h. */
#include "sample/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sample/netlink.h"

typedef struct told {
  void (*fn)(void *user, const pl_address *local, uint64_t inode);
  void *user;
} told;

static pl_address address_of(const struct inet_diag_msg *m)
{
  pl_address a = {0};
  if (m->idiag_family == AF_INET6) {
    a.v6.sin6_family = AF_INET6;
    a.v6.sin6_port = m->id.idiag_sport;
    memcpy(&a.v6.sin6_addr, m->id.idiag_src, sizeof a.v6.sin6_addr);
  } else {
    a.v4.sin_family = AF_INET;
    a.v4.sin_port = m->id.idiag_sport;
    memcpy(&a.v4.sin_addr, m->id.idiag_src, sizeof a.v4.sin_addr);
  }
  return a;
}

static void take_message(void *user, pl_str body)
{
  const told *t = user;
  struct inet_diag_msg m;
  if (body.len < sizeof m)
    return;
  memcpy(&m, body.data, sizeof m);
  pl_address local = address_of(&m);
  t->fn(t->user, &local, m.idiag_inode);
}

int pl_sock_diag_listening(int family, void (*fn)(void *user, const pl_address *local, uint64_t inode), void *user)
{
  const struct inet_diag_req_v2 body = {.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << TCP_LISTEN};
  pl_netlink n;
  int code = pl_netlink_open(&n, NETLINK_SOCK_DIAG);
  if (!code)
    code = pl_netlink_dump(&n, SOCK_DIAG_BY_FAMILY, (pl_str){(const char *)&body, sizeof body}, SOCK_DIAG_BY_FAMILY, take_message, &(told){fn, user});
  pl_netlink_close(&n);
  return code;
}

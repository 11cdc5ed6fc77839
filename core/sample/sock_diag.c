/* See sock_diag.h. One question, answered by several datagrams, the last of which is NLMSG_DONE. */
#include "sample/sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "perilune/error.h"

enum { ANSWER = 32 << 10 };

typedef struct question {
  struct nlmsghdr head;
  struct inet_diag_req_v2 body;
} question;

static int ask(int fd, int family)
{
  question q = {.head = {.nlmsg_len = sizeof q, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                .body = {.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << TCP_LISTEN}};
  struct timeval limit = {.tv_sec = 1};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit))
    return -1;
  return send(fd, &q, sizeof q, MSG_NOSIGNAL) == (ssize_t)sizeof q ? 0 : -1;
}

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

/* The messages of one datagram: 1 when it was the last one, 0, or -1. */
static int read_messages(char *bytes, size_t len, void (*fn)(void *user, const pl_address *local, uint64_t inode), void *user)
{
  struct nlmsghdr head;
  for (size_t at = 0; at + sizeof head <= len; at += NLMSG_ALIGN(head.nlmsg_len)) {
    memcpy(&head, bytes + at, sizeof head);
    if (head.nlmsg_type == NLMSG_DONE)
      return 1;
    if (head.nlmsg_type == NLMSG_ERROR || head.nlmsg_len < sizeof head || at + head.nlmsg_len > len)
      return -1;
    struct inet_diag_msg m;
    if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || head.nlmsg_len < NLMSG_LENGTH(sizeof m))
      continue;
    memcpy(&m, bytes + at + NLMSG_HDRLEN, sizeof m);
    pl_address local = address_of(&m);
    fn(user, &local, m.idiag_inode);
  }
  return 0;
}

int pl_sock_diag_listening(int family, void (*fn)(void *user, const pl_address *local, uint64_t inode), void *user)
{
  char bytes[ANSWER];
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  int state = fd < 0 || ask(fd, family) ? -1 : 0;
  while (state == 0) {
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EINTR)
      continue;
    state = n <= 0 ? -1 : read_messages(bytes, (size_t)n, fn, user);
  }
  if (fd >= 0)
    close(fd);
  return state == 1 ? PL_OK : PL_EIO;
}

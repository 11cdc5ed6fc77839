/* See netlink.h. The last datagram of an answer has NLMSG_DONE; what answers an older question is passed over. */
#include "sample/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER = 32 << 10, BODY_MAX = 256, TYPE_BITS = 0x3fff };

typedef struct question {
  struct nlmsghdr head;
  char body[BODY_MAX];
} question;

typedef struct listening {
  uint32_t number;
  uint16_t answer;
  void (*fn)(void *user, pl_str body);
  void *user;
} listening;

int pl_netlink_open(pl_netlink *n, int protocol)
{
  struct timeval limit = {.tv_sec = 1};
  *n = (pl_netlink){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};
  if (n->fd >= 0 && setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0)
    return PL_OK;
  pl_netlink_close(n);
  return PL_EIO;
}

void pl_netlink_close(pl_netlink *n)
{
  if (n->fd >= 0)
    close(n->fd);
  n->fd = -1;
}

static bool ask(pl_netlink *n, uint16_t type, pl_str body)
{
  question q = {.head = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + body.len), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = ++n->number}};
  if (body.len > sizeof q.body)
    return false;
  memcpy(q.body, body.data, body.len);
  return send(n->fd, &q, q.head.nlmsg_len, MSG_NOSIGNAL) == (ssize_t)q.head.nlmsg_len;
}

/* The messages of one datagram: 1 when it was the last one, 0, or -1. */
static int read_messages(const listening *l, const char *bytes, size_t len)
{
  struct nlmsghdr head;
  for (size_t at = 0; at + sizeof head <= len; at += NLMSG_ALIGN(head.nlmsg_len)) {
    memcpy(&head, bytes + at, sizeof head);
    if (head.nlmsg_len < sizeof head || at + head.nlmsg_len > len)
      return -1;
    if (head.nlmsg_seq != l->number)
      continue;
    if (head.nlmsg_type == NLMSG_DONE)
      return 1;
    if (head.nlmsg_type == NLMSG_ERROR)
      return -1;
    if (head.nlmsg_type == l->answer)
      l->fn(l->user, (pl_str){bytes + at + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN});
  }
  return 0;
}

int pl_netlink_dump(pl_netlink *n, uint16_t type, pl_str body, uint16_t answer, void (*fn)(void *user, pl_str body), void *user)
{
  char bytes[ANSWER];
  int state = ask(n, type, body) ? 0 : -1;
  const listening l = {n->number, answer, fn, user};
  while (state == 0) {
    ssize_t got = recv(n->fd, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EINTR)
      continue;
    state = got <= 0 ? -1 : read_messages(&l, bytes, (size_t)got);
  }
  return state == 1 ? PL_OK : PL_EIO;
}

bool pl_netlink_attribute(pl_str *rest, uint16_t *type, pl_str *value)
{
  struct nlattr a;
  if (rest->len < sizeof a)
    return false;
  memcpy(&a, rest->data, sizeof a);
  if (a.nla_len < sizeof a || a.nla_len > rest->len)
    return false;
  *type = a.nla_type & TYPE_BITS;
  *value = (pl_str){rest->data + sizeof a, a.nla_len - sizeof a};
  size_t whole = (a.nla_len + 3u) & ~(size_t)3; /* each begins at four bytes */
  whole = whole < rest->len ? whole : rest->len;
  *rest = (pl_str){rest->data + whole, rest->len - whole};
  return true;
}

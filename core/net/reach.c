/* getaddrinfo, and one non-blocking connect that poll waits for. */
#include "net/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"

enum { WAIT_MS = 1000 };

int pl_reach_look_up(const char *host, const char *service, pl_addresses *out, pl_error *err)
{
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
  int code = getaddrinfo(host, service, &hints, &list);
  if (code)
    return pl_fail(err, PL_ERESOLVE, "%s:%s: %s", host, service, gai_strerror(code));
  out->n = 0;
  for (const struct addrinfo *a = list; a; a = a->ai_next) {
    const pl_address *found = (const pl_address *)(const void *)a->ai_addr; /* of one of the two families, or left out */
    pl_addresses_add(out, a->ai_addr, pl_address_port(found));
  }
  freeaddrinfo(list);
  return PL_OK;
}

bool pl_reach_connect(const pl_address *a)
{
  socklen_t length = sizeof(int);
  int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
  if (fd < 0)
    return false;
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  bool made = connect(fd, &a->any, pl_address_size(a)) == 0;
  if (!made && errno == EINPROGRESS)
    made = poll(&p, 1, WAIT_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
  close(fd);
  return made;
}

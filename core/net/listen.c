/* See listen.h. */
#include "net/listen.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

enum { BACKLOG = 128 };

int pl_listen(const pl_address *a, pl_error *err)
{
  int yes = 1;
  int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool good = fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) && !bind(fd, &a->any, pl_address_size(a)) && !listen(fd, BACKLOG);
  if (good)
    return fd;
  int code = errno == EADDRINUSE ? PL_EBUSY : errno == EADDRNOTAVAIL ? PL_EINVAL : pl_code_of_errno(errno);
  (void)pl_fail_sys(err, code, errno, "listen");
  if (fd >= 0)
    (void)close(fd);
  return -1;
}

uint16_t pl_listen_port(int fd)
{
  pl_address a = {0};
  socklen_t size = sizeof a;
  return getsockname(fd, &a.any, &size) ? 0 : pl_address_port(&a);
}

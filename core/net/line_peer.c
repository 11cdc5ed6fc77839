/* Non-blocking sockets; a connect is asked about with each send. */
#include "net/line_peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/reach.h"

int pl_line_peer_init(pl_line_peer *p, const char *host, const char *port, bool datagrams, pl_error *err)
{
  *p = (pl_line_peer){.datagrams = datagrams, .fd = -1};
  return pl_reach_look_up(host, port, &p->addresses, err);
}

void pl_line_peer_close(pl_line_peer *p)
{
  if (p->fd >= 0)
    close(p->fd);
  p->fd = -1;
  p->made = false;
}

/* Closes, and says why. */
static int fail(pl_line_peer *p, int code, int sys_errno, pl_error *err)
{
  char text[PL_ADDRESS_TEXT];
  pl_address_text(&p->addresses.list[p->at], text, sizeof text);
  pl_line_peer_close(p);
  if (code == PL_ECONNECT)
    p->at = (p->at + 1) % p->addresses.n;
  return pl_fail(err, code, "%s: %s", text, sys_errno ? strerror(sys_errno) : "the peer has closed the connection");
}

static int begin(pl_line_peer *p, pl_error *err)
{
  const pl_address *to = &p->addresses.list[p->at];
  p->fd = socket(to->any.sa_family, (p->datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (p->fd < 0 || (connect(p->fd, &to->any, pl_address_size(to)) && errno != EINPROGRESS))
    return fail(p, PL_ECONNECT, errno, err);
  return PL_OK;
}

/* 1: it is connected and may take something; 0: not yet. */
static int ready(pl_line_peer *p, pl_error *err)
{
  struct pollfd f = {.fd = p->fd, .events = POLLOUT};
  int error = 0;
  socklen_t length = sizeof error;
  if (poll(&f, 1, 0) != 1)
    return 0;
  if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error)
    return fail(p, p->made ? PL_ERESET : PL_ECONNECT, error, err);
  char c;
  if (!p->datagrams && recv(p->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
    return fail(p, PL_ERESET, 0, err);
  p->made = true;
  return 1;
}

/* How much of the text goes with one call; 0: its first line is too long. */
static size_t piece(const pl_line_peer *p, pl_str text)
{
  if (!p->datagrams)
    return text.len;
  size_t most = text.len < PL_LINE_DATAGRAM ? text.len : PL_LINE_DATAGRAM;
  const char *end = memrchr(text.data, '\n', most);
  return end ? (size_t)(end - text.data) + 1 : text.len <= PL_LINE_DATAGRAM ? text.len : 0;
}

int pl_line_peer_send(pl_line_peer *p, pl_str text, size_t *sent, pl_error *err)
{
  int code = p->fd < 0 ? begin(p, err) : PL_OK;
  size_t done = 0;
  while (!code && done < text.len && (code = ready(p, err)) > 0) {
    code = PL_OK;
    size_t n = piece(p, (pl_str){text.data + done, text.len - done});
    if (!n)
      return pl_fail(err, PL_ELIMIT, "a line of more than %d bytes", PL_LINE_DATAGRAM);
    ssize_t went = send(p->fd, text.data + done, n, MSG_NOSIGNAL);
    if (went < 0 && (errno == EAGAIN || errno == EINTR))
      break;
    if (went < 0)
      return fail(p, PL_ERESET, errno, err);
    done += (size_t)went;
  }
  if (code < 0)
    return code;
  *sent = done;
  return PL_OK;
}

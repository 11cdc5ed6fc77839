/* See tunnel.h. The proxy's head is read to its end and no further: the target does not speak before it is spoken to, so bytes behind
 * the head are an error. */
#include "load/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "load/http1.h"

enum { HEAD_MAX = 16 << 10 };

struct pl_tunnel {
  const pl_allocator *alloc;
  pl_buf out;
  size_t sent;
  pl_buf in;
};

pl_tunnel *pl_tunnel_new(const pl_allocator *a, const pl_proxy *proxy, pl_str host, uint16_t port)
{
  pl_tunnel *t = pl_alloc_zero(a, 1, sizeof *t);
  if (!t)
    return NULL;
  t->alloc = a;
  pl_buf_init(&t->out, a, HEAD_MAX);
  pl_buf_init(&t->in, a, HEAD_MAX);
  bool ipv6 = memchr(host.data, ':', host.len) != NULL;
  const char *before = ipv6 ? "[" : "", *after = ipv6 ? "]" : "";
  (void)pl_buf_addf(&t->out, "CONNECT %s%.*s%s:%u HTTP/1.1\r\nHost: %s%.*s%s:%u\r\n", before, (int)host.len, host.data, after, port, before,
                    (int)host.len, host.data, after, port);
  if (proxy->authorization.len)
    (void)pl_buf_addf(&t->out, "Proxy-Authorization: %.*s\r\n", (int)proxy->authorization.len, proxy->authorization.data);
  if (pl_buf_adds(&t->out, "\r\n")) {
    pl_tunnel_free(t);
    return NULL;
  }
  return t;
}

void pl_tunnel_free(pl_tunnel *t)
{
  if (!t)
    return;
  pl_buf_fini(&t->out);
  pl_buf_fini(&t->in);
  pl_free(t->alloc, t, sizeof *t);
}

static enum pl_tunnel_progress fail(char why[96], const char *text)
{
  (void)snprintf(why, 96, "proxy: %s", text);
  return PL_TUNNEL_FAILED;
}

static enum pl_tunnel_progress send_all(pl_tunnel *t, int fd, char why[96])
{
  while (t->sent < t->out.len) {
    ssize_t n = send(fd, t->out.data + t->sent, t->out.len - t->sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK ? PL_TUNNEL_WRITES : fail(why, strerrordesc_np(errno));
    t->sent += (size_t)n;
  }
  return PL_TUNNEL_READS;
}

/* "403 Forbidden" of the status line. */
static pl_str status_text(pl_str head)
{
  pl_str line = pl_str_cut(&head, '\r');
  (void)pl_str_cut(&line, ' ');
  return line;
}

/* What came so far. A length or chunks of a good answer mean nothing: the tunnel begins behind the head. */
static enum pl_tunnel_progress judge(pl_tunnel *t, char why[96])
{
  pl_http1_head head;
  const char *wrong = "";
  pl_str all = {t->in.data, t->in.len};
  int code = pl_http1_parse(all, false, &head, &wrong);
  if (code < 0)
    return fail(why, wrong);
  if (code == 0)
    return PL_TUNNEL_READS;
  if (head.status < 200 || head.status > 299) {
    pl_str text = status_text(all);
    (void)snprintf(why, 96, "proxy: CONNECT was refused: %.*s", (int)(text.len < 60 ? text.len : 60), text.data);
    return PL_TUNNEL_FAILED;
  }
  return head.len == all.len ? PL_TUNNEL_STANDS : fail(why, "bytes that nobody asked for");
}

static enum pl_tunnel_progress receive(pl_tunnel *t, int fd, char why[96])
{
  char bytes[4096];
  for (;;) {
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK ? PL_TUNNEL_READS : fail(why, strerrordesc_np(errno));
    if (n == 0)
      return fail(why, "it closed the connection");
    if (pl_buf_add(&t->in, bytes, (size_t)n))
      return fail(why, "the head of its answer is too long, or out of memory");
    enum pl_tunnel_progress progress = judge(t, why);
    if (progress != PL_TUNNEL_READS)
      return progress;
  }
}

enum pl_tunnel_progress pl_tunnel_step(pl_tunnel *t, int fd, char why[96])
{
  enum pl_tunnel_progress progress = send_all(t, fd, why);
  return progress == PL_TUNNEL_READS ? receive(t, fd, why) : progress;
}

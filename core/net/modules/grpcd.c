/* gRPC's unary calls over HTTP/2 without TLS, by nghttp2, as the module "grpcd": it tells calls as httpd.h tells requests (grpcd_session.h says how).
 * An epoll descriptor that somebody else watches holds all sockets. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/listen.h"
#include "net/modules/grpcd_session.h"

enum { EVENTS = 64, TURNS_MAX = 64, READ_SIZE = 64 << 10, PIECE = 64 << 10, OUT_MAX = 16 << 20, FULL_MS = 1000 };

/* A connection. */
typedef struct peer {
  int fd;
  pl_grpcd_session *session;
  pl_buf out;        /* what the socket did not take yet */
  bool writing;      /* it is watched for room */
  bool ending;       /* it is closed once all is sent */
  uint64_t heard_ns;
  struct peer *next, **link;
} peer;

typedef struct grpcd {
  pl_grpcd calls;
  int listener, epoll;
  bool full;         /* the listener is not watched */
  unsigned n;
  peer *peers;
  char read[READ_SIZE];
} grpcd;

/* ---- Connections --------------------------------------------------------------------------------------- */

static int watch(const grpcd *d, int op, int fd, uint32_t events, void *what)
{
  return epoll_ctl(d->epoll, op, fd, &(struct epoll_event){.events = events, .data.ptr = what});
}

static void set_full(grpcd *d, bool full)
{
  if (d->full != full)
    (void)watch(d, EPOLL_CTL_MOD, d->listener, full ? 0 : EPOLLIN, NULL);
  d->full = full;
}

static void drop(grpcd *d, peer *p)
{
  *p->link = p->next;
  if (p->next)
    p->next->link = p->link;
  (void)close(p->fd);
  pl_grpcd_session_free(p->session);
  pl_buf_fini(&p->out);
  pl_free(d->calls.o.alloc, p, sizeof *p);
  d->n--;
  set_full(d, false);
}

/* Takes the socket over; false: no memory, and it is the caller's. */
static bool add(grpcd *d, int fd)
{
  peer *p = pl_alloc_zero(d->calls.o.alloc, 1, sizeof *p);
  if (!p || pl_grpcd_session_new(&d->calls, &p->session)) {
    pl_free(d->calls.o.alloc, p, sizeof *p);
    return false;
  }
  if (watch(d, EPOLL_CTL_ADD, fd, EPOLLIN, p)) {
    pl_grpcd_session_free(p->session);
    pl_free(d->calls.o.alloc, p, sizeof *p);
    return false;
  }
  p->fd = fd;
  p->heard_ns = pl_now(&pl_clock_system);
  pl_buf_init(&p->out, d->calls.o.alloc, OUT_MAX);
  p->next = d->peers;
  p->link = &d->peers;
  if (p->next)
    p->next->link = &p->next;
  d->peers = p;
  d->n++;
  return true;
}

static void accept_all(grpcd *d)
{
  int fd = 0;
  while (d->n < d->calls.o.connections && (fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
    if (!add(d, fd))
      (void)close(fd);
  }
  bool none = fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED);
  set_full(d, d->n >= d->calls.o.connections || (fd < 0 && !none)); /* without descriptors it looks again later */
}

/* ---- Bytes ----------------------------------------------------------------------------------------------- */

/* Sends what there is, as far as the socket takes it. false: the connection is over. */
static bool send_all(peer *p)
{
  for (;;) {
    if (pl_grpcd_session_give(p->session, &p->out, PIECE))
      return false;
    if (!p->out.len)
      return !p->ending && !pl_grpcd_session_over(p->session);
    ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    pl_buf_drop(&p->out, (size_t)n);
  }
}

static void flush(grpcd *d, peer *p)
{
  if (!send_all(p)) {
    drop(d, p);
    return;
  }
  bool writing = p->out.len > 0;
  if (writing != p->writing)
    (void)watch(d, EPOLL_CTL_MOD, p->fd, EPOLLIN | (writing ? EPOLLOUT : 0), p);
  p->writing = writing;
}

/* One piece: what is left makes the descriptor readable again. */
static void receive(grpcd *d, peer *p)
{
  ssize_t n = recv(p->fd, d->read, READ_SIZE, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n > 0)
    p->heard_ns = pl_now(&pl_clock_system);
  if (n <= 0)
    drop(d, p);
  else if (!p->ending && pl_grpcd_session_take(p->session, (pl_str){d->read, (size_t)n}))
    p->ending = true; /* its client is told why first */
}

/* ---- The daemon ------------------------------------------------------------------------------------------ */

static int open_parts(grpcd *d, pl_error *err)
{
  d->listener = pl_listen(&d->calls.o.address, err);
  if (d->listener < 0)
    return err->code;
  d->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (d->epoll < 0 || watch(d, EPOLL_CTL_ADD, d->listener, EPOLLIN, NULL))
    return pl_fail_sys(err, PL_EIO, errno, "epoll");
  return PL_OK;
}

static void free_daemon(grpcd *d)
{
  const pl_allocator *a = d->calls.o.alloc;
  if (d->listener >= 0)
    (void)close(d->listener);
  if (d->epoll >= 0)
    (void)close(d->epoll);
  pl_free(a, d, sizeof *d);
}

static int grpcd_open(const pl_httpd_options *o, void **out, pl_error *err)
{
  pl_error why = {0};
  grpcd *d = pl_alloc_zero(o->alloc, 1, sizeof *d);
  if (!d)
    return pl_fail(err, PL_ENOMEM, "out of memory for a server");
  d->calls.o = *o;
  d->listener = d->epoll = -1;
  int code = open_parts(d, &why);
  if (code) {
    free_daemon(d);
    return pl_fail(err, code, "%s", why.message);
  }
  *out = d;
  return PL_OK;
}

static int grpcd_fd(void *grpcd_)
{
  return ((const grpcd *)grpcd_)->epoll;
}

static uint16_t grpcd_port(void *grpcd_)
{
  return pl_listen_port(((const grpcd *)grpcd_)->listener);
}

/* Does what is ready; false: nothing was. */
static bool serve(grpcd *d)
{
  struct epoll_event events[EVENTS];
  int n = epoll_wait(d->epoll, events, EVENTS, 0);
  for (int i = 0; i < n; i++) {
    if (!events[i].data.ptr)
      accept_all(d);
    else if (events[i].events & ~(uint32_t)EPOLLOUT)
      receive(d, events[i].data.ptr);
  }
  for (peer *p = d->peers, *next; p; p = next) {
    next = p->next;
    flush(d, p);
  }
  return n > 0;
}

/* Ends those that have been silent for too long; the milliseconds until the next one has. */
static int end_silent(grpcd *d)
{
  uint64_t now = pl_now(&pl_clock_system), idle_ns = d->calls.o.idle_s * PL_S_NS, due_ms = UINT64_MAX;
  for (peer *p = d->peers, *next; p; p = next) {
    uint64_t silent_ns = now - p->heard_ns;
    next = p->next;
    if (pl_grpcd_session_waits(p->session))
      continue;
    if (silent_ns >= idle_ns) {
      pl_grpcd_session_end(p->session);
      (void)send_all(p);
      drop(d, p);
    } else if ((idle_ns - silent_ns) / PL_MS_NS + 1 < due_ms) {
      due_ms = (idle_ns - silent_ns) / PL_MS_NS + 1;
    }
  }
  if (d->full && d->n < d->calls.o.connections && due_ms > FULL_MS)
    due_ms = FULL_MS;
  return due_ms == UINT64_MAX ? -1 : due_ms > INT32_MAX ? INT32_MAX : (int)due_ms;
}

static int grpcd_turn(void *grpcd_)
{
  grpcd *d = grpcd_;
  bool more = true;
  if (d->n < d->calls.o.connections)
    set_full(d, false);
  for (int i = 0; i < TURNS_MAX && more; i++)
    more = serve(d);
  int due_ms = end_silent(d);
  return more ? 0 : due_ms;
}

static void grpcd_close(void *grpcd_)
{
  grpcd *d = grpcd_;
  while (d->peers) {
    peer *p = d->peers;
    pl_grpcd_session_put_off(p->session);
    if (send_all(p)) {
      pl_grpcd_session_end(p->session);
      (void)send_all(p);
    }
    drop(d, p);
  }
  pl_grpcd_fini(&d->calls);
  free_daemon(d);
}

static pl_str grpcd_argument(const pl_http_request *r, const char *name)
{
  (void)r, (void)name;
  return (pl_str){NULL, 0};
}

extern const pl_httpd_module pl_module_entry;
PL_API const pl_httpd_module pl_module_entry = {
    .head = {"grpcd", PL_HTTPD_ABI}, .open = grpcd_open, .close = grpcd_close, .fd = grpcd_fd, .port = grpcd_port, .turn = grpcd_turn,
    .header = pl_grpcd_header, .argument = grpcd_argument, .answer = pl_grpcd_answer,
};

/* See line_server.h. A stream that is too fast is not read for a while, so that its sender waits. */
#include "ingest/line_server.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { PIECE = PL_LINE_MAX + 1, BACKLOG = 128, PORT_TRIES = 16, AGAIN_MS = 100, QUEUE_BYTES = 4 << 20 };

typedef struct connection {
  uv_tcp_t tcp; /* first: handles are connections */
  pl_line_server *server;
  struct connection *next, *previous;
  pl_lines lines;
  size_t len;
  char bytes[2 * PIECE]; /* a line that is not whole, and what comes behind it */
} connection;

struct pl_line_server {
  pl_line_server_options o;
  uv_udp_t udp;
  uv_tcp_t tcp;
  uv_timer_t timer; /* looks at the queue, and lets streams go on */
  connection *connections;
  unsigned n_connections;
  unsigned handles; /* not closed yet, connections included */
  uint16_t port;
  bool made; /* the Unix socket at its path is ours */
  uint32_t dropped; /* datagrams, as the kernel said last */
  char datagram[PIECE];
};

static void closed_one(pl_line_server *s)
{
  if (--s->handles == 0)
    pl_free(s->o.alloc, s, sizeof *s);
}

static void on_closed(uv_handle_t *handle)
{
  closed_one(handle->data);
}

/* ---- Streams --------------------------------------------------------------------------------------- */

static void on_connection_closed(uv_handle_t *handle)
{
  connection *c = (connection *)(void *)handle;
  pl_line_server *s = c->server;
  pl_free(s->o.alloc, c, sizeof *c);
  closed_one(s);
}

static void drop_connection(connection *c)
{
  pl_line_server *s = c->server;
  if (c->next)
    c->next->previous = c->previous;
  if (c->previous)
    c->previous->next = c->next;
  else
    s->connections = c->next;
  s->n_connections--;
  uv_close((uv_handle_t *)&c->tcp, on_connection_closed);
}

static void give_stream(connection *c, bool last)
{
  pl_line_server *s = c->server;
  pl_str text = {c->bytes, c->len};
  s->o.take(s->o.user, &c->lines, &text, last);
  if (text.len)
    memmove(c->bytes, text.data, text.len);
  c->len = text.len;
}

/* The last line may lack its line feed; of a stream that broke nobody knows whether it is whole. */
static void end_stream(connection *c, bool good)
{
  if (good)
    give_stream(c, true);
  else if (c->len)
    pl_intake_refuse(c->server->o.intake, PL_REASON_LINE, 1);
}

static void on_room(uv_handle_t *handle, size_t hint, uv_buf_t *out)
{
  connection *c = (connection *)(void *)handle;
  (void)hint;
  *out = uv_buf_init(c->bytes + c->len, (unsigned)(sizeof c->bytes - c->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  connection *c = (connection *)(void *)stream;
  (void)buf;
  if (n > 0) {
    c->len += (size_t)n;
    give_stream(c, false);
    if (!pl_intake_rate_allows(c->server->o.intake))
      (void)uv_read_stop(stream);
  } else if (n < 0) {
    end_stream(c, n == UV_EOF);
    drop_connection(c);
  }
}

static void on_connection(uv_stream_t *listener, int status)
{
  pl_line_server *s = listener->data;
  connection *c = status ? NULL : pl_alloc_zero(s->o.alloc, 1, sizeof *c);
  if (!c || uv_tcp_init(listener->loop, &c->tcp)) {
    pl_free(s->o.alloc, c, sizeof *c);
    pl_intake_refuse(s->o.intake, PL_REASON_CONNECTION, 1);
    return;
  }
  uv_unref((uv_handle_t *)&c->tcp);
  c->server = s;
  c->next = s->connections;
  if (c->next)
    c->next->previous = c;
  s->connections = c;
  s->n_connections++;
  s->handles++;
  bool over = s->n_connections > s->o.connections;
  if (over)
    pl_intake_refuse(s->o.intake, PL_REASON_CONNECTION, 1);
  if (uv_accept(listener, (uv_stream_t *)&c->tcp) || over || uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read))
    drop_connection(c);
}

/* ---- Datagrams ------------------------------------------------------------------------------------- */

static void on_datagram_room(uv_handle_t *handle, size_t hint, uv_buf_t *out)
{
  pl_line_server *s = handle->data;
  (void)hint;
  *out = uv_buf_init(s->datagram, sizeof s->datagram);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
  pl_line_server *s = udp->data;
  pl_lines lines = {.number = 0};
  (void)flags;
  (void)from; /* senders at a Unix socket have no name as a rule */
  if (n <= 0)
    return;
  if (!pl_intake_rate_allows(s->o.intake)) {
    pl_intake_refuse(s->o.intake, PL_REASON_DATAGRAM, 1);
    return;
  }
  pl_str text = {buf->base, (size_t)n};
  s->o.take(s->o.user, &lines, &text, true);
}

/* Counts datagrams that fell because nobody took them in time. */
static void look_at_queue(pl_line_server *s)
{
  uint32_t info[SK_MEMINFO_VARS] = {0};
  socklen_t size = sizeof info;
  uv_os_fd_t fd;
  if (!s->o.datagrams || uv_fileno((uv_handle_t *)&s->udp, &fd) || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size))
    return;
  pl_intake_refuse(s->o.intake, PL_REASON_QUEUE, info[SK_MEMINFO_DROPS] - s->dropped);
  s->dropped = info[SK_MEMINFO_DROPS];
}

static void on_timer(uv_timer_t *timer)
{
  pl_line_server *s = timer->data;
  look_at_queue(s);
  if (!pl_intake_rate_allows(s->o.intake))
    return;
  for (connection *c = s->connections; c; c = c->next)
    (void)uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read); /* UV_EALREADY where it is read */
}

/* ---- Servers --------------------------------------------------------------------------------------- */

static void own(pl_line_server *s, void *handle)
{
  ((uv_handle_t *)handle)->data = s;
  uv_unref(handle);
  s->handles++;
}

/* A libuv code. */
static int listen_stream(pl_line_server *s, uv_loop_t *loop)
{
  pl_address bound = {0};
  int size = sizeof bound;
  int code = uv_tcp_init(loop, &s->tcp);
  if (code)
    return code;
  own(s, &s->tcp);
  code = uv_tcp_bind(&s->tcp, &s->o.address.any, 0);
  if (!code)
    code = uv_listen((uv_stream_t *)&s->tcp, BACKLOG, on_connection);
  if (!code)
    code = uv_tcp_getsockname(&s->tcp, &bound.any, &size);
  s->port = pl_address_port(&bound);
  return code;
}

static int listen_datagrams(pl_line_server *s, uv_loop_t *loop)
{
  pl_address at = s->o.address;
  int queue = QUEUE_BYTES;
  pl_address_set_port(&at, s->port);
  int code = uv_udp_init(loop, &s->udp);
  if (code)
    return code;
  own(s, &s->udp);
  code = uv_udp_bind(&s->udp, &at.any, 0);
  if (!code)
    code = uv_udp_recv_start(&s->udp, on_datagram_room, on_datagram);
  (void)uv_recv_buffer_size((uv_handle_t *)&s->udp, &queue);
  return code;
}

/* Removes a socket that nobody reads any more, which a process that was killed leaves. */
static void make_way(int fd, const struct sockaddr_un *at)
{
  struct stat info;
  if (lstat(at->sun_path, &info) == 0 && S_ISSOCK(info.st_mode) && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED)
    (void)unlink(at->sun_path);
}

/* A libuv code. */
static int listen_unix(pl_line_server *s, uv_loop_t *loop)
{
  const struct sockaddr_un *at = &s->o.address.un;
  int code = uv_udp_init(loop, &s->udp);
  int fd = code ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (code)
    return code;
  own(s, &s->udp);
  if (fd < 0)
    return uv_translate_sys_error(errno);
  make_way(fd, at);
  if (bind(fd, (const struct sockaddr *)at, sizeof *at)) {
    code = uv_translate_sys_error(errno);
    close(fd);
    return code;
  }
  s->made = true;
  code = uv_udp_open(&s->udp, fd);
  if (code)
    close(fd);
  return code ? code : uv_udp_recv_start(&s->udp, on_datagram_room, on_datagram);
}

static int listen_once(pl_line_server *s, uv_loop_t *loop)
{
  int code = uv_timer_init(loop, &s->timer);
  if (code)
    return code;
  own(s, &s->timer);
  code = uv_timer_start(&s->timer, on_timer, AGAIN_MS, AGAIN_MS);
  if (!code && s->o.address.any.sa_family == AF_UNIX)
    return listen_unix(s, loop);
  if (!code)
    code = listen_stream(s, loop);
  if (!code && s->o.datagrams)
    code = listen_datagrams(s, loop);
  return code;
}

static int open_once(const pl_line_server_options *o, uv_loop_t *loop, pl_line_server **out)
{
  pl_line_server *s = pl_alloc_zero(o->alloc, 1, sizeof *s);
  if (!s)
    return UV_ENOMEM;
  s->o = *o;
  int code = listen_once(s, loop);
  if (code)
    pl_line_server_close(s);
  else
    *out = s;
  return code;
}

int pl_line_server_open(const pl_line_server_options *o, uv_loop_t *loop, pl_line_server **out, pl_error *err)
{
  bool is_unix = o->address.any.sa_family == AF_UNIX;
  unsigned tries = is_unix || pl_address_port(&o->address) ? 1 : PORT_TRIES; /* a port that is free to one kind of socket may not be so to the other */
  int code = UV_EADDRINUSE;
  while (code == UV_EADDRINUSE && tries--)
    code = open_once(o, loop, out);
  if (!code)
    return PL_OK;
  int kind = code == UV_EADDRINUSE ? PL_EBUSY : code == UV_ENOMEM ? PL_ENOMEM : PL_EIO;
  char where[sizeof o->address.un.sun_path];
  if (is_unix)
    (void)snprintf(where, sizeof where, "%s", o->address.un.sun_path);
  else
    pl_address_text(&o->address, where, sizeof where);
  return pl_fail(err, kind, "%s: %s: %s", o->name, where, uv_strerror(code));
}

static void close_handle(void *handle)
{
  if (((uv_handle_t *)handle)->data)
    uv_close(handle, on_closed);
}

void pl_line_server_close(pl_line_server *s)
{
  if (!s)
    return;
  if (s->handles == 0) {
    pl_free(s->o.alloc, s, sizeof *s);
    return;
  }
  while (s->connections)
    drop_connection(s->connections);
  if (s->udp.data)
    look_at_queue(s);
  if (s->made)
    (void)unlink(s->o.address.un.sun_path);
  close_handle(&s->udp);
  close_handle(&s->tcp);
  close_handle(&s->timer);
}

uint16_t pl_line_server_port(const pl_line_server *s)
{
  return s->port;
}

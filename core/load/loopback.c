/* A loop and a client of their own on the calling thread; a blocking socket on the server's. Everything ends from one timer: when the
 * requests are done it is set to now. */
#include "load/loopback.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "load/client.h"

enum { REQUESTS = 50, LIMIT_MS = 30 };

typedef struct loopback {
  const pl_clock *clock;
  uv_loop_t loop;
  uv_timer_t limit;
  uv_thread_t thread;
  int listener;
  uint16_t port;
  pl_wheel *wheel;
  pl_client *client;
  pl_buf head;
  pl_exchange exchange;
  unsigned answered;
  pl_hist *out;
} loopback;

/* ---- The server --------------------------------------------------------------------------------- */

static int listen_here(uint16_t *port)
{
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1) || getsockname(fd, (struct sockaddr *)&at, &size)) {
    close(fd);
    return -1;
  }
  *port = ntohs(at.sin_port);
  return fd;
}

/* A read is a request: the client sends the next when it has the answer. Ends when the client, or the listener, is closed. */
static void serve(void *user)
{
  static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const loopback *b = user;
  char request[1024];
  int fd = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
  if (fd < 0)
    return;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (recv(fd, request, sizeof request, 0) > 0) {
    if (send(fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0)
      break;
  }
  close(fd);
}

/* ---- The client --------------------------------------------------------------------------------- */

static bool granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  (void)user, (void)host, (void)port, (void)address;
  return true;
}

static void on_closed(void *user)
{
  uv_close((uv_handle_t *)&((loopback *)user)->limit, NULL);
}

static void on_limit(uv_timer_t *timer)
{
  loopback *b = timer->data;
  pl_client_close(b->client, on_closed, b);
}

static void on_done(pl_exchange *x)
{
  loopback *b = x->user;
  if (x->answer.failure == PL_FAIL_ABORTED)
    return;
  bool good = x->answer.failure == PL_FAIL_NONE;
  if (good && b->answered++)
    pl_hist_record_n(b->out, x->times.end - x->times.send, 1);
  if (good && b->answered <= REQUESTS)
    pl_client_send(b->client, x);
  else
    uv_timer_start(&b->limit, on_limit, 0, 0);
}

static int prepare(loopback *b, const pl_allocator *a)
{
  char text[64];
  pl_url url;
  (void)snprintf(text, sizeof text, "http://127.0.0.1:%u/", b->port);
  pl_client_options o = {.alloc = a, .clock = b->clock, .loop = &b->loop, .wheel = b->wheel, .granted = granted};
  int code = pl_client_new(&o, &b->client, NULL);
  if (code)
    return code;
  pl_request_parts parts = {.method = PL_STR("GET"), .url = &url};
  code = pl_url_parse(pl_str_of(text), &url, NULL);
  if (!code)
    code = pl_request_head(&b->head, &parts, NULL, NULL);
  if (!code && !(b->exchange.endpoint = pl_client_endpoint(b->client, &url, NULL)))
    code = PL_ENOMEM;
  b->exchange.head = (pl_str){b->head.data, b->head.len};
  b->exchange.done = on_done;
  b->exchange.user = b;
  return code;
}

/* The loop is open. */
static void run(loopback *b, const pl_allocator *a)
{
  b->wheel = pl_wheel_new(a, pl_now(b->clock));
  int code = b->wheel ? prepare(b, a) : PL_ENOMEM;
  if (b->client) {
    uv_timer_init(&b->loop, &b->limit);
    b->limit.data = b;
    uv_timer_start(&b->limit, on_limit, code ? 0 : LIMIT_MS, 0);
    if (!code)
      pl_client_send(b->client, &b->exchange);
    uv_run(&b->loop, UV_RUN_DEFAULT);
  }
  pl_wheel_free(b->wheel);
}

void pl_loopback_measure(const pl_allocator *a, const pl_clock *clock, pl_hist *out)
{
  loopback b = {.clock = clock, .out = out};
  pl_buf_init(&b.head, a, 4096);
  b.listener = listen_here(&b.port);
  if (b.listener < 0)
    return;
  if (uv_thread_create(&b.thread, serve, &b) == 0) {
    if (pl_loop_open(&b.loop) == 0) {
      run(&b, a);
      pl_loop_close(&b.loop);
    }
    (void)shutdown(b.listener, SHUT_RD); /* wakes an accept to which nobody came */
    uv_thread_join(&b.thread);
  }
  close(b.listener);
  pl_buf_fini(&b.head);
}

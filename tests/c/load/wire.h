/* A client on the test's own loop, and the other end of its connections as plain sockets that the test reads and writes itself:
 * what is on the wire, and in which pieces, is in the test's hands. One header, used by the tests of this folder. */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/conn.h"
#include "load/cookie.h"
#include "support/failing.h"

enum { WIRE_EXCHANGES = 8, WIRE_WAIT_MS = 10000 };

typedef struct wire wire;

/* An exchange with what it needs, and what became of it. */
typedef struct wire_exchange {
  pl_exchange x;
  wire *w;
  pl_url url;
  pl_request_parts parts;
  const pl_route *route;
  pl_buf head;
  int dones;
  bool pending;
  enum pl_failure failure;
  int status;
  unsigned redirects;
  bool new_connection, body_cut;
  char why[96], body[256];
  size_t body_len;
  void (*then)(struct wire_exchange *e); /* called by done; or NULL */
} wire_exchange;

struct wire {
  uv_loop_t loop;
  uv_timer_t ticks;
  pl_wheel *wheel;
  pl_client *client;
  bool sending;    /* pl_client_send is on the stack: nothing may be told */
  bool closed;
  int listener[2]; /* two servers: [0] is the one that most tests use */
  int port[2];
  char url[2][96];
  wire_exchange e[WIRE_EXCHANGES];
};

static inline bool wire_granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  (void)user, (void)port, (void)address;
  return !pl_str_eqc(host, "127.9.9.9");
}

static inline void wire_listen(wire *w, int i)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  w->listener[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(w->listener[i], (struct sockaddr *)&a, size), 0);
  assert_int_equal(listen(w->listener[i], 64), 0);
  assert_int_equal(getsockname(w->listener[i], (struct sockaddr *)&a, &size), 0);
  w->port[i] = ntohs(a.sin_port);
  (void)snprintf(w->url[i], sizeof w->url[i], "http://127.0.0.1:%d/a?q=1", w->port[i]);
}

static inline void wire_tick(uv_timer_t *timer)
{
  wire *w = timer->data;
  pl_wheel_run(w->wheel, pl_now(&pl_clock_system), 4096);
}

static inline void wire_open(wire *w, uint32_t max_connections)
{
  memset(w, 0, sizeof *w);
  uv_loop_init(&w->loop);
  w->wheel = pl_wheel_new(&pl_alloc_default, pl_now(&pl_clock_system));
  uv_timer_init(&w->loop, &w->ticks);
  w->ticks.data = w;
  uv_timer_start(&w->ticks, wire_tick, 1, 1);
  pl_client_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .loop = &w->loop, .wheel = w->wheel,
                         .max_connections = max_connections, .granted = wire_granted, .module_dir = TEST_MODULE_DIR};
  assert_int_equal(pl_client_new(&o, &w->client, NULL), 0);
  wire_listen(w, 0);
  wire_listen(w, 1);
}

static inline void wire_closed(void *user)
{
  ((wire *)user)->closed = true;
}

static inline void wire_close(wire *w)
{
  pl_client_close(w->client, wire_closed, w);
  uv_close((uv_handle_t *)&w->ticks, NULL);
  while (!w->closed)
    uv_run(&w->loop, UV_RUN_ONCE);
  uv_run(&w->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&w->loop), 0);
  pl_wheel_free(w->wheel);
  for (int i = 0; i < WIRE_EXCHANGES; i++)
    pl_buf_fini(&w->e[i].head);
  for (int i = 0; i < 2; i++)
    close(w->listener[i]);
}

/* For a fixture of cmocka: *state is a new wire, */
static inline int wire_set_up_with(void **state, uint32_t max_connections)
{
  wire *w = malloc(sizeof *w);
  assert_non_null(w);
  wire_open(w, max_connections);
  *state = w;
  return 0;
}

/* without a limit of its connections, */
static inline int wire_set_up(void **state)
{
  return wire_set_up_with(state, 0);
}

/* and is freed. */
static inline int wire_tear_down(void **state)
{
  wire_close(*state);
  free(*state);
  return 0;
}

static inline void wire_done(pl_exchange *x)
{
  wire_exchange *e = x->user;
  assert_false(e->w->sending);
  e->pending = false;
  e->dones++;
  e->failure = x->answer.failure;
  e->status = x->answer.status;
  e->redirects = x->answer.redirects;
  e->new_connection = x->answer.new_connection;
  e->body_cut = x->answer.body_cut;
  (void)pl_copy(e->why, sizeof e->why, e->failure ? pl_str_of(x->answer.why) : PL_STR(""));
  e->body_len = x->answer.body.len;
  (void)pl_copy(e->body, sizeof e->body, x->answer.body);
  if (e->then)
    e->then(e);
}

/* Exchange i becomes a request; url must live. */
static inline wire_exchange *wire_request(wire *w, int i, const char *method, const char *url)
{
  wire_exchange *e = &w->e[i];
  e->w = w;
  assert_int_equal(pl_url_parse(pl_str_of(url), &e->url, NULL), 0);
  e->parts.method = pl_str_of(method);
  e->parts.url = &e->url;
  pl_buf_fini(&e->head);
  pl_buf_init(&e->head, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_request_head(&e->head, &e->parts, NULL, NULL), 0);
  e->x.endpoint = pl_client_endpoint(w->client, &e->url, e->route);
  assert_non_null(e->x.endpoint);
  e->x.head = (pl_str){e->head.data, e->head.len};
  e->x.body = e->parts.body;
  e->x.parts = &e->parts;
  e->x.head_only = strcmp(method, "HEAD") == 0;
  e->x.want_body = true;
  e->x.follow = 5;
  e->x.done = wire_done;
  e->x.user = e;
  return e;
}

static inline void wire_send(wire_exchange *e)
{
  e->pending = true;
  e->w->sending = true;
  pl_client_send(e->w->client, &e->x);
  e->w->sending = false;
}

static inline wire_exchange *wire_get(wire *w, int i, const char *url)
{
  wire_exchange *e = wire_request(w, i, "GET", url);
  wire_send(e);
  return e;
}

static inline void wire_turn(wire *w)
{
  uv_run(&w->loop, UV_RUN_ONCE);
}

/* Runs the loop until an exchange is done once more than `before`. */
static inline void wire_await(wire_exchange *e)
{
  int before = e->dones;
  uint64_t limit = pl_now(&pl_clock_system) + WIRE_WAIT_MS * PL_MS_NS;
  while (e->dones == before) {
    wire_turn(e->w);
    if (pl_now(&pl_clock_system) > limit)
      fail_msg("the exchange does not end");
  }
}

/* Runs the loop until fd can be read (a request came, a connection was made or closed). */
static inline void wire_await_fd(wire *w, int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLIN};
  uint64_t limit = pl_now(&pl_clock_system) + WIRE_WAIT_MS * PL_MS_NS;
  while (poll(&p, 1, 0) == 0) {
    wire_turn(w);
    if (pl_now(&pl_clock_system) > limit)
      fail_msg("nothing comes");
  }
}

/* The next connection to server i. */
static inline int wire_accept(wire *w, int i)
{
  wire_await_fd(w, w->listener[i]);
  int fd = accept(w->listener[i], NULL, NULL), on = 1;
  assert_true(fd >= 0);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* of a Unix socket: no */
  return fd;
}

/* Reads a whole request head from fd as text. */
static inline const char *wire_read(wire *w, int fd)
{
  static char text[8192];
  size_t n = 0;
  text[0] = '\0';
  while (!strstr(text, "\r\n\r\n")) {
    wire_await_fd(w, fd);
    ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);
    assert_true(got > 0);
    n += (size_t)got;
    text[n] = '\0';
  }
  return text;
}

static inline void wire_write(int fd, const char *text)
{
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Runs the loop until the client has read n bytes of e's answer, or it is over. */
static inline void wire_await_bytes(wire_exchange *e, uint64_t n)
{
  while (e->pending && e->x.answer.bytes_received < n)
    wire_turn(e->w);
}

/* Accepts, reads a request and answers it. Returns the connection. */
static inline int wire_serve(wire *w, int i, const char *answer)
{
  int fd = wire_accept(w, i);
  (void)wire_read(w, fd);
  wire_write(fd, answer);
  return fd;
}

/* Closes so that the other end's next send or read fails with ECONNRESET. */
static inline void wire_reset(int fd)
{
  struct linger now = {.l_onoff = 1};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

#define WIRE_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

#endif

/* A small HTTP server on the test's own loop: answers at once, after a delay, or never; counts requests and
 * how many it had at a time. One header, used by the tests of this folder. */
#ifndef TEST_HTTP_SERVER_H
#define TEST_HTTP_SERVER_H

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef struct http_server {
  uv_loop_t *loop;
  uv_tcp_t tcp;
  int port;
  int status;         /* of every answer */
  uint64_t delay_ms;
  bool hold;          /* never answers */
  uint64_t requests;
  unsigned now, most; /* requests that wait for their answer */
  unsigned open;      /* handles */
  void (*first)(void *user); /* told of the first request; or NULL */
  void *user;
  char url[64];
  char last[512];     /* what came last, cut */
} http_server;

typedef struct http_peer {
  uv_tcp_t tcp;
  uv_timer_t timer;
  http_server *server;
  unsigned matched; /* bytes of "\r\n\r\n" seen */
  int handles;
  char in[4096];
} http_peer;

static void peer_closed(uv_handle_t *handle)
{
  http_peer *p = handle->data;
  p->server->open--;
  if (--p->handles == 0)
    free(p);
}

static void peer_close(http_peer *p)
{
  if (uv_is_closing((uv_handle_t *)&p->tcp))
    return;
  uv_close((uv_handle_t *)&p->tcp, peer_closed);
  uv_close((uv_handle_t *)&p->timer, peer_closed);
}

static void written(uv_write_t *w, int status)
{
  (void)status;
  free(w);
}

static void answer(http_peer *p)
{
  static const char form[] = "HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok";
  struct {
    uv_write_t write;
    char text[64];
  } *out = calloc(1, sizeof *out);
  int n = snprintf(out->text, sizeof out->text, form, p->server->status);
  uv_buf_t buf = uv_buf_init(out->text, (unsigned)n);
  p->server->now--;
  uv_write(&out->write, (uv_stream_t *)&p->tcp, &buf, 1, written);
}

static void on_delay(uv_timer_t *timer)
{
  answer(timer->data);
}

static void on_request(http_peer *p)
{
  http_server *s = p->server;
  if (s->requests++ == 0 && s->first)
    s->first(s->user);
  s->now++;
  s->most = s->now > s->most ? s->now : s->most;
  if (s->hold)
    return;
  if (s->delay_ms)
    uv_timer_start(&p->timer, on_delay, s->delay_ms, 0);
  else
    answer(p);
}

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
  http_peer *p = handle->data;
  (void)size;
  *buf = uv_buf_init(p->in, sizeof p->in);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  http_peer *p = stream->data;
  if (n < 0) {
    peer_close(p);
    return;
  }
  (void)pl_copy(p->server->last, sizeof p->server->last, (pl_str){buf->base, (size_t)n});
  for (ssize_t i = 0; i < n; i++) {
    p->matched = buf->base[i] == "\r\n\r\n"[p->matched] ? p->matched + 1 : buf->base[i] == '\r';
    if (p->matched == 4) {
      p->matched = 0;
      on_request(p);
    }
  }
}

static void on_peer(uv_stream_t *stream, int status)
{
  http_server *s = stream->data;
  http_peer *p = calloc(1, sizeof *p);
  if (status || !p)
    abort();
  p->server = s;
  p->handles = 2;
  s->open += 2;
  uv_tcp_init(s->loop, &p->tcp);
  uv_timer_init(s->loop, &p->timer);
  p->tcp.data = p->timer.data = p;
  uv_accept(stream, (uv_stream_t *)&p->tcp);
  uv_tcp_nodelay(&p->tcp, 1);
  uv_read_start((uv_stream_t *)&p->tcp, give_buffer, on_bytes);
}

static void http_server_open(http_server *s, uv_loop_t *loop)
{
  *s = (http_server){.loop = loop, .status = 200, .open = 1};
  struct sockaddr_in address;
  int length = sizeof address;
  uv_ip4_addr("127.0.0.1", 0, &address);
  uv_tcp_init(loop, &s->tcp);
  s->tcp.data = s;
  if (uv_tcp_bind(&s->tcp, (struct sockaddr *)&address, 0) || uv_listen((uv_stream_t *)&s->tcp, 512, on_peer))
    abort();
  uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&address, &length);
  s->port = ntohs(address.sin_port);
  (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/page?q=1", s->port);
}

static void server_closed(uv_handle_t *handle)
{
  http_server *s = handle->data;
  s->open--;
}

static void close_any(uv_handle_t *handle, void *server)
{
  if (handle->type == UV_TCP && handle->data != server)
    peer_close(handle->data);
}

/* Closes all of it and runs the loop until it is gone. Call when only the server's handles are left. */
static void http_server_close(http_server *s)
{
  uv_close((uv_handle_t *)&s->tcp, server_closed);
  uv_walk(s->loop, close_any, s);
  while (s->open)
    uv_run(s->loop, UV_RUN_ONCE);
}

#endif

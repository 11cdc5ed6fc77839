/* A name server for tests, on the test's own loop: every name ending in ".known" has two addresses, and of each ".broken" it answers SERVFAIL. */
#ifndef TEST_DNS_SERVER_H
#define TEST_DNS_SERVER_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "support/failing.h"

typedef struct dns_server {
  uv_poll_t poll;
  int fd;
  char address[32]; /* "127.0.0.1:PORT" */
  unsigned asked;
  bool silent;      /* it takes questions, and does not answer */
} dns_server;

static inline void dns_put(unsigned char **at, const void *bytes, size_t n)
{
  memcpy(*at, bytes, n);
  *at += n;
}

/* Answers the question in q with two A records that hold for seven and nine seconds; other types and names: with none. */
static inline size_t dns_answer(unsigned char *q, size_t n)
{
  static const unsigned char records[2][16] = {{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 1}, {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 7, 0, 4, 127, 0, 0, 2}};
  unsigned char *end = q + 12;
  while (*end)
    end += *end + 1;
  bool known = end - q > 18 && memcmp(end - 6, "\5known", 6) == 0, broken = end - q > 19 && memcmp(end - 7, "\6broken", 7) == 0, a = end[2] == 1;
  end += 5;
  (void)n;
  q[2] = 0x81;
  q[3] = known ? 0x80 : broken ? 0x82 : 0x83;
  memset(q + 6, 0, 6);
  q[7] = known && a ? 2 : 0;
  for (int i = 0; i < 2 && known && a; i++)
    dns_put(&end, records[i], 16);
  return (size_t)(end - q);
}

static inline void dns_ready(uv_poll_t *poll, int status, int events)
{
  dns_server *s = poll->data;
  unsigned char q[1024];
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  (void)status, (void)events;
  ssize_t n = recvfrom(s->fd, q, sizeof q - 64, 0, (struct sockaddr *)&from, &size);
  if (n < 17)
    return;
  s->asked++;
  if (!s->silent)
    (void)sendto(s->fd, q, dns_answer(q, (size_t)n), 0, (struct sockaddr *)&from, size);
}

static inline void dns_open(dns_server *s, uv_loop_t *loop)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  memset(s, 0, sizeof *s);
  s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_int_equal(bind(s->fd, (struct sockaddr *)&a, size), 0);
  assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &size), 0);
  (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%d", ntohs(a.sin_port));
  uv_poll_init(loop, &s->poll, s->fd);
  s->poll.data = s;
  uv_poll_start(&s->poll, UV_READABLE, dns_ready);
}

static inline void dns_closed(uv_handle_t *handle)
{
  close(((dns_server *)handle->data)->fd);
}

static inline void dns_close(dns_server *s)
{
  uv_close((uv_handle_t *)&s->poll, dns_closed);
}

#endif

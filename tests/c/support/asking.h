/* A client that sends bytes to 127.0.0.1 from a thread of its own, and keeps what comes until the peer closes, while the caller's loop
 * runs. */
#ifndef TEST_ASKING_H
#define TEST_ASKING_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

typedef struct asking {
  uint16_t port;
  const char *bytes;
  size_t len;
  char answer[4096]; /* ended by NUL */
  uv_async_t done;
} asking;

static inline void asking_thread(void *arg)
{
  asking *a = arg;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(a->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  size_t n = 0;
  ssize_t got = 1;
  if (!connect(fd, (struct sockaddr *)&to, sizeof to) && send(fd, a->bytes, a->len, MSG_NOSIGNAL) == (ssize_t)a->len) {
    for (; got > 0 && n < sizeof a->answer - 1; n += got > 0 ? (size_t)got : 0)
      got = recv(fd, a->answer + n, sizeof a->answer - 1 - n, 0);
  }
  a->answer[n] = '\0';
  (void)close(fd);
  uv_async_send(&a->done);
}

static inline void asking_done(uv_async_t *async)
{
  uv_close((uv_handle_t *)async, NULL);
}

/* Sends and waits for the end; gives the status of the answer, 0: there is none. */
static inline int ask(uv_loop_t *loop, asking *a, uint16_t port, const char *bytes, size_t len)
{
  uv_thread_t thread;
  int status = 0;
  a->port = port;
  a->bytes = bytes;
  a->len = len;
  uv_async_init(loop, &a->done, asking_done);
  uv_thread_create(&thread, asking_thread, a);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_thread_join(&thread);
  return sscanf(a->answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

#endif

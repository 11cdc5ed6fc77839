/* What this machine's loopback costs by itself: a client that does nothing but send a request each millisecond and spin until its answer is
 * whole. On standard output one JSON object: { "p50", "mean" } in seconds, from before the send to behind the last byte.
 *
 *     bare PORT */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { REQUESTS = 600, FIRST = 100, EACH_NS = 1000000, ANSWER_MAX = 4096, PATIENCE_NS = 1000000000 }; /* less than the 0.95 s a real-time thread has */

static uint64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Spins until size bytes are there, or (size 0) until nothing has come for a while: how many came; 0 where they do not. */
static size_t take(int fd, size_t size)
{
  char answer[ANSWER_MAX];
  size_t have = 0;
  uint64_t last = now_ns();
  for (;;) {
    ssize_t n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    if (n == 0)
      return 0;
    have += n > 0 ? (size_t)n : 0;
    if (size && have >= size)
      return have == size ? have : 0;
    uint64_t now = now_ns();
    last = n > 0 ? now : last;
    if (now - last > (size || !have ? PATIENCE_NS : EACH_NS))
      return size ? 0 : have;
  }
}

static int by_size(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
  static const char request[] = "GET / HTTP/1.1\r\nHost: bare\r\n\r\n";
  static uint64_t took[REQUESTS];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argc == 2 ? argv[1] : "0", NULL, 10)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  double sum = 0;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (argc != 2 || fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) || send(fd, request, sizeof request - 1, 0) < 0)
    return 1;
  size_t size = take(fd, 0);
  uint64_t next = now_ns();
  for (int i = 0; i < REQUESTS; i++, next += EACH_NS) {
    while (now_ns() < next)
      ;
    uint64_t began = now_ns();
    if (!size || send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0 || !take(fd, size))
      return 1;
    took[i] = now_ns() - began;
  }
  qsort(took + FIRST, REQUESTS - FIRST, sizeof *took, by_size);
  for (int i = FIRST; i < REQUESTS; i++)
    sum += (double)took[i];
  printf("{\"p50\":%.9f,\"mean\":%.9f}\n", (double)took[(FIRST + REQUESTS) / 2] / 1e9, sum / (REQUESTS - FIRST) / 1e9);
  return 0;
}

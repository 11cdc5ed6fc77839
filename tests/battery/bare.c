/* What this machine does to a client by itself: one that does nothing but send a request each millisecond and spin until its answer is
 * whole. On standard output one JSON object: { "p50", "mean" } in seconds, from before the send to behind the last byte.
 *
 *     bare PORT
 *
 * With a rate it sends at the moments of a Poisson process, spinning before each, and reads what came only to be rid of it: the server
 * says what became of those moments.
 *
 *     bare PORT RATE SECONDS */
#include <arpa/inet.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { REQUESTS = 600, FIRST = 100, EACH_NS = 1000000, ANSWER_MAX = 4096, PATIENCE_NS = 1000000000 }; /* less than the 0.95 s a real-time thread has */
enum { CONNS = 64, SPIN_NS = 100000 }; /* that thread sleeps until so shortly before a moment */

static const char request[] = "GET / HTTP/1.1\r\nHost: bare\r\n\r\n";

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

/* A connection; -1 where there is none. */
static int connection(uint16_t port)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static bool send_request(int fd)
{
  return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1;
}

static int transit(uint16_t port)
{
  static uint64_t took[REQUESTS];
  double sum = 0;
  int fd = connection(port);
  if (fd < 0 || !send_request(fd))
    return 1;
  size_t size = take(fd, 0);
  uint64_t next = now_ns();
  for (int i = 0; i < REQUESTS; i++, next += EACH_NS) {
    while (now_ns() < next)
      ;
    uint64_t began = now_ns();
    if (!size || !send_request(fd) || !take(fd, size))
      return 1;
    took[i] = now_ns() - began;
  }
  qsort(took + FIRST, REQUESTS - FIRST, sizeof *took, by_size);
  for (int i = FIRST; i < REQUESTS; i++)
    sum += (double)took[i];
  printf("{\"p50\":%.9f,\"mean\":%.9f}\n", (double)took[(FIRST + REQUESTS) / 2] / 1e9, sum / (REQUESTS - FIRST) / 1e9);
  return 0;
}

static void wait_until(uint64_t ns)
{
  uint64_t now = now_ns();
  if (ns > now + 2 * SPIN_NS)
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = (long)(ns - now - SPIN_NS) % 1000000000}, NULL);
  while (now_ns() < ns)
    ;
}

static int poisson(uint16_t port, double rate_per_s, double seconds)
{
  char answer[ANSWER_MAX];
  int fds[CONNS];
  for (int i = 0; i < CONNS; i++) {
    fds[i] = connection(port);
    if (fds[i] < 0)
      return 1;
  }
  srand48(1);
  uint64_t began = now_ns();
  double due_s = 0;
  for (unsigned i = 0;; i = (i + 1) % CONNS) {
    due_s += -log1p(-drand48()) / rate_per_s;
    if (due_s > seconds)
      return 0;
    while (recv(fds[i], answer, sizeof answer, MSG_DONTWAIT) > 0)
      ;
    wait_until(began + (uint64_t)(due_s * 1e9));
    if (!send_request(fds[i]))
      return 1;
  }
}

int main(int argc, char **argv)
{
  uint16_t port = (uint16_t)strtoul(argc > 1 ? argv[1] : "0", NULL, 10);
  return argc == 4 ? poisson(port, strtod(argv[2], NULL), strtod(argv[3], NULL)) : argc == 2 ? transit(port) : 2;
}

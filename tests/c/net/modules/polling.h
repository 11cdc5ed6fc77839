/* Sockets that a module names, watched by poll: what stands for its owner's loop. Sockets of the test's own are watched among them. */
#ifndef TEST_POLLING_H
#define TEST_POLLING_H

#include <poll.h>
#include <string.h>

#include "support/failing.h"

enum { POLLING_MAX = 16, POLLING_READ = 1, POLLING_WRITE = 2 };

typedef struct polling {
  struct pollfd sockets[POLLING_MAX];
  nfds_t n;
} polling;

/* Which events of a socket matter from now on; 0: it is about to be closed. Only what was watched may be closed. */
static inline void polling_watch(polling *p, int fd, int events)
{
  nfds_t i = 0;
  while (i < p->n && p->sockets[i].fd != fd)
    i++;
  if (!events) {
    assert_true(i < p->n);
    p->sockets[i] = p->sockets[--p->n];
    return;
  }
  assert_true(i < POLLING_MAX);
  p->n += i == p->n;
  p->sockets[i] = (struct pollfd){.fd = fd, .events = (short)((events & POLLING_READ ? POLLIN : 0) | (events & POLLING_WRITE ? POLLOUT : 0))};
}

/* Waits until one is ready, or for so many milliseconds (-1: without end). ready is what was watched; gives how many that are. */
static inline nfds_t polling_wait(const polling *p, int ms, struct pollfd ready[POLLING_MAX])
{
  memcpy(ready, p->sockets, sizeof p->sockets);
  assert_true(poll(ready, p->n, ms) >= 0);
  return p->n;
}

/* What a socket is ready for; a failure is told as readable. */
static inline int polling_events(const struct pollfd *ready)
{
  return (ready->revents & POLLOUT ? POLLING_WRITE : 0) | (ready->revents & ~POLLOUT ? POLLING_READ : 0);
}

#endif

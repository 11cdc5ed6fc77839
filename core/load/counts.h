/* What is counted of a scenario, once for all who count, add up and read it: a worker in a frame, the collector over frames, workers
 * and scenarios. */
#ifndef PL_LOAD_COUNTS_H
#define PL_LOAD_COUNTS_H

#include <stdint.h>

/* X(name, rule): how the figures of two parts are joined. By the interval of the intended start down to warmup_starts, the others by
 * that of the end. */
#define PL_COUNT_MAP(X)                                                                                             \
  X(planned, sum)                                                                                                   \
  X(started, sum)                                                                                                   \
  X(late, sum)                                                                                                      \
  X(dropped, sum)                                                                                                   \
  X(cancelled, sum)                                                                                                 \
  X(no_user, sum)        /* of the late ones: those that waited for a user */                                       \
  X(warmup_starts, sum)                                                                                             \
  X(iterations, sum)                                                                                                \
  X(iterations_failed, sum)                                                                                         \
  X(iterations_broken, sum)                                                                                         \
  X(iterations_unserved, sum) /* of these: those of users whose `start` got no answer */                            \
  X(never_left, sum)     /* requests for whose connections this machine had nothing left */                         \
  X(spoke_tls, sum)      /* failed requests whose server speaks TLS where it was asked without, */                  \
  X(spoke_http2, sum)    /* or HTTP/2 where it was asked in HTTP/1 */                                               \
  X(bytes_sent, sum)                                                                                                \
  X(bytes_received, sum)                                                                                            \
  X(ended_in_time, sum)  /* answers until the end of the duration */                                                \
  X(in_time, sum)        /* iterations that ended until then, with an answer if they asked for one; */              \
  X(in_time_ns, sum)     /* their durations */                                                                      \
  X(first_end_ns, least) /* of the first measured answer; 0: none */                                                \
  X(timeout_ns, least)   /* shortest limit that a request reached; 0: none did */                                   \
  X(until_ns, most)      /* end of the measured part, once it is known; else 0 */
/* Declares them as members of a struct. */
#define PL_COUNT_MEMBER(name, rule) uint64_t name;
/* Joins those of *from to those of *into, two pointers to structs that have them. */
#define PL_COUNT_JOIN(name, rule) into->name = pl_count_##rule(into->name, from->name);

/* Both together. */
static inline uint64_t pl_count_sum(uint64_t a, uint64_t b)
{
  return a + b;
}

/* The smaller one; 0 stands for none. */
static inline uint64_t pl_count_least(uint64_t a, uint64_t b)
{
  return !a || (b && b < a) ? b : a;
}

/* The larger one. */
static inline uint64_t pl_count_most(uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

#endif

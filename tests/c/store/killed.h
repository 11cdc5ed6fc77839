/* A writer in a process of its own that is killed at a random moment. */
#ifndef TEST_KILLED_H
#define TEST_KILLED_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "store/stored.h"

/* Writes on from a number, and a byte to fd after each commit, until there is nothing more or nobody reads. */
typedef void (*killed_writer)(const char *path, int64_t from, int fd);

/* Lets a writer go on at this number and kills it within most_us of its first commit; how many commits it told. */
static inline int64_t killed_after(killed_writer write_on, const char *path, int64_t from, pl_rng *r, uint64_t most_us)
{
  int ends[2], status;
  char bytes[512];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    write_on(path, from, ends[1]);
    _exit(1);
  }
  assert_true(pid > 0);
  close(ends[1]);
  int64_t said = 0;
  ssize_t n = read(ends[0], bytes, 1); /* it is at work */
  assert_true(usleep((useconds_t)pl_rng_below(r, most_us)) == 0);
  assert_int_equal(kill(pid, SIGKILL), 0);
  for (; n > 0; n = read(ends[0], bytes, sizeof bytes))
    said += n;
  assert_true(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  close(ends[0]);
  return said;
}

#endif

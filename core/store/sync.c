/* One thread, one flag under a lock. SQLite locks nothing of its log, so that a descriptor of our own may come and go. */
#include "store/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "perilune/error.h"

struct pl_syncer {
  const pl_allocator *alloc;
  char *log; /* its path */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool started, asked, ending;
  int failed; /* errno */
};

static int sync_log(const pl_syncer *s)
{
  int fd = open(s->log, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? 0 : errno; /* a log that is gone was copied into the database, which was synced */
  int failed = fdatasync(fd) ? errno : 0;
  close(fd);
  return failed;
}

static void *serve(void *user)
{
  pl_syncer *s = user;
  pthread_setname_np(pthread_self(), "pl-sync");
  pthread_mutex_lock(&s->lock);
  for (;;) {
    while (!s->asked && !s->ending)
      pthread_cond_wait(&s->wake, &s->lock);
    if (!s->asked)
      break;
    s->asked = false;
    pthread_mutex_unlock(&s->lock);
    int failed = sync_log(s);
    pthread_mutex_lock(&s->lock);
    if (failed)
      s->failed = failed;
  }
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

int pl_syncer_new(const pl_allocator *a, const char *path, pl_syncer **out)
{
  size_t len = strlen(path);
  pl_syncer *s = pl_alloc_zero(a, 1, sizeof *s);
  char *log = pl_alloc(a, len + sizeof "-wal");
  if (!s || !log) {
    pl_free(a, log, len + sizeof "-wal");
    pl_free(a, s, sizeof *s);
    return PL_ENOMEM;
  }
  memcpy(log, path, len);
  memcpy(log + len, "-wal", sizeof "-wal");
  s->alloc = a;
  s->log = log;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->wake, NULL);
  *out = s;
  return PL_OK;
}

void pl_syncer_free(pl_syncer *s)
{
  if (!s)
    return;
  pthread_mutex_lock(&s->lock);
  s->ending = true;
  pthread_cond_signal(&s->wake);
  pthread_mutex_unlock(&s->lock);
  if (s->started)
    pthread_join(s->thread, NULL);
  pthread_cond_destroy(&s->wake);
  pthread_mutex_destroy(&s->lock);
  pl_strfree(s->alloc, s->log);
  pl_free(s->alloc, s, sizeof *s);
}

/* Signals are for the threads of the host. */
static bool start(pl_syncer *s)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  s->started = pthread_create(&s->thread, NULL, serve, s) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return s->started;
}

int pl_syncer_ask(pl_syncer *s)
{
  if (!s->started && !start(s))
    return sync_log(s);
  pthread_mutex_lock(&s->lock);
  int failed = s->failed;
  s->failed = 0;
  s->asked = true;
  pthread_cond_signal(&s->wake);
  pthread_mutex_unlock(&s->lock);
  return failed;
}

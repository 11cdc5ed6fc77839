/* See crew.h. Parts are handed out by one atomic counter; the last thread to leave tells those who wait. */
#include "io/crew.h"

#include <signal.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/error.h"

struct pl_crew {
  const pl_allocator *alloc;
  pl_crew_work work;
  void *user;
  size_t n;
  atomic_size_t next, done;
  atomic_bool cancelled;
  uv_mutex_t lock; /* of working */
  uv_cond_t ended;
  unsigned working; /* threads that have not left */
  unsigned threads;
  uv_thread_t thread[PL_CREW_MAX];
};

/* One part; false: none is left. */
static bool work_once(pl_crew *c)
{
  if (atomic_load(&c->cancelled))
    return false;
  size_t i = atomic_fetch_add(&c->next, 1);
  if (i >= c->n)
    return false;
  c->work(c->user, i);
  atomic_fetch_add(&c->done, 1);
  return true;
}

static void run_thread(void *arg)
{
  pl_crew *c = arg;
  while (work_once(c))
    ;
  uv_mutex_lock(&c->lock);
  if (--c->working == 0)
    uv_cond_broadcast(&c->ended);
  uv_mutex_unlock(&c->lock);
}

static void start_threads(pl_crew *c, unsigned wanted)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  uv_mutex_lock(&c->lock);
  while (c->threads < wanted && uv_thread_create(&c->thread[c->threads], run_thread, c) == 0)
    c->threads++;
  c->working = c->threads;
  uv_mutex_unlock(&c->lock);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int pl_crew_start(const pl_allocator *a, unsigned threads, size_t n, pl_crew_work work, void *user, pl_crew **out, pl_error *err)
{
  pl_crew *c = pl_alloc_zero(a, 1, sizeof *c);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for threads");
  c->alloc = a;
  c->work = work;
  c->user = user;
  c->n = n;
  if (uv_mutex_init(&c->lock)) {
    pl_free(a, c, sizeof *c);
    return pl_fail(err, PL_ENOMEM, "out of memory for threads");
  }
  if (uv_cond_init(&c->ended)) {
    uv_mutex_destroy(&c->lock);
    pl_free(a, c, sizeof *c);
    return pl_fail(err, PL_ENOMEM, "out of memory for threads");
  }
  *out = c; /* before the first thread, which may ask whether it was cancelled */
  unsigned most = threads < PL_CREW_MAX ? threads : PL_CREW_MAX;
  start_threads(c, n < most ? (unsigned)n : most);
  if (threads && n && !c->threads) {
    *out = NULL;
    pl_crew_free(c);
    return pl_fail(err, PL_EAGAIN, "the system starts no thread: its limit is reached (ulimit -u)");
  }
  return 0;
}

bool pl_crew_wait(pl_crew *c, unsigned limit_ms)
{
  uint64_t until = uv_hrtime() + (uint64_t)limit_ms * 1000000;
  if (!c->threads) {
    bool more = true;
    while (more && uv_hrtime() < until)
      more = work_once(c);
    return !more;
  }
  uv_mutex_lock(&c->lock);
  for (uint64_t now = uv_hrtime(); c->working > 0 && now < until; now = uv_hrtime())
    (void)uv_cond_timedwait(&c->ended, &c->lock, until - now);
  bool ended = c->working == 0;
  uv_mutex_unlock(&c->lock);
  return ended;
}

size_t pl_crew_done(pl_crew *c)
{
  return atomic_load(&c->done);
}

void pl_crew_cancel(pl_crew *c)
{
  atomic_store(&c->cancelled, true);
}

bool pl_crew_is_cancelled(pl_crew *c)
{
  return atomic_load(&c->cancelled);
}

void pl_crew_free(pl_crew *c)
{
  if (!c)
    return;
  pl_crew_cancel(c);
  for (unsigned i = 0; i < c->threads; i++)
    uv_thread_join(&c->thread[i]);
  uv_cond_destroy(&c->ended);
  uv_mutex_destroy(&c->lock);
  pl_free(c->alloc, c, sizeof *c);
}

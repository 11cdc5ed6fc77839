/* The right to real time (CAP_SYS_NICE, or RLIMIT_RTPRIO) is found by trying, in a thread that may lose it. */
#include "io/realtime.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <uv.h>

static bool is_realtime(const pl_realtime *r)
{
  return r->policy == SCHED_FIFO || r->policy == SCHED_RR;
}

static bool set(int policy, int priority)
{
  return pthread_setschedparam(pthread_self(), policy, &(struct sched_param){.sched_priority = priority}) == 0;
}

static void *try_both_ways(void *realtime)
{
  const pl_realtime *r = realtime;
  return set(SCHED_OTHER, 0) && set(r->policy, r->priority) ? realtime : NULL;
}

static bool may_come_back(pl_realtime *r)
{
  pthread_t thread;
  void *may = NULL;
  return pthread_create(&thread, NULL, try_both_ways, r) == 0 && pthread_join(thread, &may) == 0 && may;
}

static void do_nothing(uv_work_t *work)
{
  (void)work;
}

/* The pool is made with its first work, and like the thread that asks. */
static void make_pool(void)
{
  uv_loop_t loop;
  uv_work_t work;
  if (uv_loop_init(&loop))
    return;
  if (uv_queue_work(&loop, &work, do_nothing, NULL) == 0)
    (void)uv_run(&loop, UV_RUN_DEFAULT);
  (void)uv_loop_close(&loop);
}

pl_realtime pl_realtime_leave(void)
{
  pl_realtime none = {.policy = SCHED_OTHER}, r = none;
  struct sched_param p;
  if (pthread_getschedparam(pthread_self(), &r.policy, &p))
    return none;
  r.priority = p.sched_priority;
  if (!is_realtime(&r) || !may_come_back(&r))
    return none;
  make_pool();
  return set(SCHED_OTHER, 0) ? r : none;
}

void pl_realtime_enter(const pl_realtime *r)
{
  if (is_realtime(r))
    (void)set(r->policy, r->priority);
}

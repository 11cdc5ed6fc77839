#include "io/realtime.h"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "support/failing.h"

enum { PRIORITY = 3 };

static int policy(void)
{
  int is = -1;
  struct sched_param p;
  return pthread_getschedparam(pthread_self(), &is, &p) == 0 ? is : -1;
}

static bool become_realtime(void)
{
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY}) == 0;
}

static void *tell_policy(void *out)
{
  *(int *)out = policy();
  return NULL;
}

static int policy_of_a_new_thread(void)
{
  pthread_t thread;
  int is = -1;
  if (pthread_create(&thread, NULL, tell_policy, &is) == 0)
    (void)pthread_join(thread, NULL);
  return is;
}

static void tell_of_pool(uv_work_t *work)
{
  *(int *)work->data = policy();
}

static int policy_of_the_pool(void)
{
  uv_loop_t loop;
  int is = -1;
  uv_work_t work = {.data = &is};
  uv_loop_init(&loop);
  uv_queue_work(&loop, &work, tell_of_pool, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return is;
}

enum { RIGHT, NOT_ALLOWED, WRONG };

/* In a child, for each thread of this process would stay as it became. */
static void assert_right(int (*look)(void))
{
  pid_t child = fork();
  if (child == 0)
    _exit(look());
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == NOT_ALLOWED)
    skip();
  assert_int_equal(WEXITSTATUS(status), RIGHT);
}

static int leave_and_enter(void)
{
  if (!become_realtime())
    return NOT_ALLOWED;
  pl_realtime r = pl_realtime_leave();
  bool right = r.policy == SCHED_FIFO && r.priority == PRIORITY && policy() == SCHED_OTHER && policy_of_a_new_thread() == SCHED_OTHER &&
               policy_of_the_pool() == SCHED_FIFO;
  pl_realtime_enter(&r);
  struct sched_param p = {0};
  int is = -1;
  right = right && pthread_getschedparam(pthread_self(), &is, &p) == 0 && is == SCHED_FIFO && p.sched_priority == PRIORITY;
  return right ? RIGHT : WRONG;
}

static void it_is_left_and_taken_back(void **state)
{
  (void)state;
  assert_right(leave_and_enter);
}

static int leave_without_a_right(void)
{
  enum { NOBODY = 65534 };
  if (!become_realtime() || setuid(NOBODY))
    return NOT_ALLOWED;
  pl_realtime r = pl_realtime_leave();
  return r.policy == SCHED_OTHER && policy() == SCHED_FIFO ? RIGHT : WRONG;
}

static void what_could_not_be_taken_back_is_kept(void **state)
{
  (void)state;
  assert_right(leave_without_a_right);
}

static int leave_what_is_none(void)
{
  pl_realtime r = pl_realtime_leave();
  bool right = r.policy == SCHED_OTHER && policy() == SCHED_OTHER;
  pl_realtime_enter(&r);
  return right && policy() == SCHED_OTHER ? RIGHT : WRONG;
}

static void an_ordinary_thread_has_none(void **state)
{
  (void)state;
  assert_right(leave_what_is_none);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_left_and_taken_back),
      cmocka_unit_test(what_could_not_be_taken_back_is_kept),
      cmocka_unit_test(an_ordinary_thread_has_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Mailboxes: jobs between two threads, in the order of posting; and with both ends on one loop. */
#include "io/mailbox.h"

#include "io/loop.h"
#include "support/failing.h"

enum { JOBS = 2000 };

typedef struct work_item {
  pl_job job;
  int number, answer;
} work_item;

typedef struct place {
  int worked;
  bool in_order;
} place;

static int answered;

static void do_work(pl_job *job, void *where)
{
  work_item *item = (work_item *)job;
  place *p = where;
  p->in_order = p->in_order && item->number == p->worked;
  p->worked++;
  item->answer = item->number * 2;
}

static void on_done(pl_job *job)
{
  work_item *item = (work_item *)job;
  assert_int_equal(item->answer, item->number * 2);
  answered++;
}

static void on_stop(uv_async_t *async)
{
  uv_stop(async->loop);
}

static void serve(void *arg)
{
  uv_loop_t *loop = arg;
  uv_run(loop, UV_RUN_DEFAULT);
}

static void post_all(pl_mailbox *box, work_item *items)
{
  for (int i = 0; i < JOBS; i++) {
    items[i] = (work_item){.job = {.work = do_work, .done = on_done}, .number = i};
    pl_mailbox_post(box, &items[i].job);
  }
}

static void between_threads(void **state)
{
  static work_item items[JOBS];
  uv_loop_t client, server;
  uv_async_t stop;
  uv_thread_t thread;
  pl_mailbox box;
  pl_error err = {0};
  place p = {.in_order = true};
  (void)state;
  answered = 0;
  uv_loop_init(&client);
  uv_loop_init(&server);
  uv_async_init(&server, &stop, on_stop);
  assert_int_equal(pl_mailbox_open(&box, &client, &server, &p, &err), PL_OK);
  uv_thread_create(&thread, serve, &server);
  post_all(&box, items);
  while (answered < JOBS)
    uv_run(&client, UV_RUN_ONCE);
  uv_async_send(&stop);
  uv_thread_join(&thread);
  assert_true(p.in_order && p.worked == JOBS);
  pl_mailbox_close_server(&box);
  pl_mailbox_close_client(&box);
  pl_loop_close(&server);
  pl_loop_close(&client);
}

static void on_one_loop(void **state)
{
  static work_item items[JOBS];
  uv_loop_t loop;
  pl_mailbox box;
  pl_error err = {0};
  place p = {.in_order = true};
  (void)state;
  answered = 0;
  uv_loop_init(&loop);
  assert_int_equal(pl_mailbox_open(&box, &loop, &loop, &p, &err), PL_OK);
  post_all(&box, items);
  assert_int_equal(p.worked, 0); /* never from inside post */
  while (answered < JOBS)
    uv_run(&loop, UV_RUN_ONCE);
  assert_true(p.in_order);
  pl_mailbox_close_server(&box);
  pl_mailbox_close_client(&box);
  pl_loop_close(&loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(between_threads), cmocka_unit_test(on_one_loop)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

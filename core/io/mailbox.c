/* Jobs travel on two lock-free stacks, each taken whole by its reader and put back into posting order. A server that goes before its client
 * (a worker in real time) takes the CPU in the middle of a post, so its loop is woken by a descriptor of its own: libuv's uv_async_t may wait, spinning,
 * until uv_async_send has returned, which it never would. */
#include "io/mailbox.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

static void push(_Atomic(pl_job *) *stack, pl_job *job)
{
  job->next = atomic_load_explicit(stack, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(stack, &job->next, job, memory_order_release, memory_order_relaxed))
    continue;
}

/* All jobs of a stack, oldest first. */
static pl_job *take(_Atomic(pl_job *) *stack)
{
  pl_job *newest = atomic_exchange_explicit(stack, NULL, memory_order_acquire), *oldest = NULL;
  while (newest) {
    pl_job *next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

static void work_off(pl_mailbox *box)
{
  for (pl_job *job = take(&box->to_server), *next; job; job = next) {
    next = job->next;
    bool answered = job->done != NULL;
    job->work(job, box->place);
    if (answered) {
      push(&box->to_client, job);
      uv_async_send(&box->client_wake);
    }
  }
}

static void on_server(uv_poll_t *poll, int status, int events)
{
  (void)status;
  (void)events;
  pl_mailbox *box = poll->data;
  uint64_t posts;
  (void)!read(box->server_fd, &posts, sizeof posts); /* none: what it told of was worked off before */
  work_off(box);
}

static void on_client(uv_async_t *async)
{
  pl_mailbox *box = async->data;
  for (pl_job *job = take(&box->to_client), *next; job; job = next) {
    next = job->next;
    job->done(job);
  }
}

int pl_mailbox_open(pl_mailbox *box, uv_loop_t *client, uv_loop_t *server, void *place, pl_error *err)
{
  atomic_init(&box->to_server, NULL);
  atomic_init(&box->to_client, NULL);
  box->place = place;
  box->open = 0;
  box->server_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (box->server_fd < 0)
    return pl_fail_sys(err, PL_EIO, errno, "mailbox");
  int code = uv_poll_init(server, &box->server_wake, box->server_fd);
  if (code) {
    close(box->server_fd);
    return pl_fail(err, PL_EIO, "mailbox: %s", uv_strerror(code));
  }
  box->server_wake.data = box->client_wake.data = box;
  code = uv_poll_start(&box->server_wake, UV_READABLE, on_server);
  if (!code)
    code = uv_async_init(client, &box->client_wake, on_client);
  if (code) {
    uv_close((uv_handle_t *)&box->server_wake, NULL);
    close(box->server_fd);
    return pl_fail(err, PL_EIO, "mailbox: %s", uv_strerror(code));
  }
  box->open = 2;
  return PL_OK;
}

void pl_mailbox_post(pl_mailbox *box, pl_job *job)
{
  push(&box->to_server, job);
  (void)!write(box->server_fd, &(uint64_t){1}, sizeof(uint64_t)); /* fails only where 2^64 posts wait */
}

void pl_mailbox_drain(pl_mailbox *box)
{
  work_off(box);
  on_client(&box->client_wake);
}

static void on_closed(uv_handle_t *handle)
{
  pl_mailbox *box = handle->data;
  box->open--;
}

void pl_mailbox_close_server(pl_mailbox *box)
{
  uv_close((uv_handle_t *)&box->server_wake, on_closed);
}

void pl_mailbox_close_client(pl_mailbox *box)
{
  uv_close((uv_handle_t *)&box->client_wake, on_closed);
  close(box->server_fd); /* here, for the server may have closed its end while a post was about to write */
  box->server_fd = -1;
}

/* Sockets that are watched for somebody who knows no loop. */
#include "net/watch.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "support/failing.h"

typedef struct fixture {
  uv_loop_t loop;
  pl_watches watches;
  int ends[2];
  int fd, events;
  unsigned closed;
} fixture;

static void on_ready(void *user, int fd, int events)
{
  fixture *f = user;
  f->fd = fd;
  f->events = events;
}

static void on_closed(void *user)
{
  ((fixture *)user)->closed++;
}

static void open_all(fixture *f, const pl_allocator *a)
{
  *f = (fixture){.fd = -1};
  assert_int_equal(pl_loop_open(&f->loop), 0);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, f->ends), 0);
  f->watches = (pl_watches){.alloc = a, .loop = &f->loop, .ready = on_ready, .closed = on_closed, .user = f};
}

static void close_all(fixture *f)
{
  pl_loop_close(&f->loop);
  close(f->ends[0]);
  close(f->ends[1]);
}

static void events_are_those_that_matter(void **state)
{
  fixture f;
  (void)state;
  open_all(&f, &pl_alloc_default);
  pl_watch_set(&f.watches, f.ends[0], UV_READABLE);
  uv_run(&f.loop, UV_RUN_NOWAIT);
  assert_int_equal(f.fd, -1);
  assert_int_equal(write(f.ends[1], "x", 1), 1);
  uv_run(&f.loop, UV_RUN_ONCE);
  assert_int_equal(f.fd, f.ends[0]);
  assert_int_equal(f.events, UV_READABLE);
  pl_watch_set(&f.watches, f.ends[0], UV_WRITABLE);
  uv_run(&f.loop, UV_RUN_ONCE);
  assert_int_equal(f.events, UV_WRITABLE);
  assert_int_equal(f.watches.handles, 1);
  pl_watch_set(&f.watches, f.ends[0], 0);
  pl_watch_set(&f.watches, f.ends[0], 0); /* once is enough */
  assert_int_equal(f.closed, 0);
  uv_run(&f.loop, UV_RUN_DEFAULT);
  assert_int_equal(f.closed, 1);
  assert_int_equal(f.watches.handles, 0);
  close_all(&f);
}

/* The same number may be another socket before the old handle is gone. */
static void a_socket_may_come_again(void **state)
{
  fixture f;
  (void)state;
  open_all(&f, &pl_alloc_default);
  pl_watch_set(&f.watches, f.ends[0], UV_WRITABLE);
  pl_watch_set(&f.watches, f.ends[0], 0);
  pl_watch_set(&f.watches, f.ends[0], UV_WRITABLE);
  assert_int_equal(f.watches.handles, 2);
  uv_run(&f.loop, UV_RUN_ONCE);
  assert_int_equal(f.fd, f.ends[0]);
  pl_watch_set(&f.watches, f.ends[0], 0);
  uv_run(&f.loop, UV_RUN_DEFAULT);
  assert_int_equal(f.closed, 2);
  close_all(&f);
}

static void without_memory_nothing_is_watched(void **state)
{
  fixture f;
  failing none;
  (void)state;
  failing_init(&none, 1);
  open_all(&f, &none.allocator);
  pl_watch_set(&f.watches, f.ends[0], UV_WRITABLE);
  uv_run(&f.loop, UV_RUN_NOWAIT);
  assert_int_equal(f.fd, -1);
  assert_int_equal(f.watches.handles, 0);
  close_all(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_are_those_that_matter),
      cmocka_unit_test(a_socket_may_come_again),
      cmocka_unit_test(without_memory_nothing_is_watched),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* See watch.h. */
#include "net/watch.h"

struct pl_watch {
  uv_poll_t poll;
  pl_watches *of;
  int fd;
  pl_watch *next;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
  const pl_watch *w = poll->data;
  w->of->ready(w->of->user, w->fd, status < 0 ? UV_READABLE | UV_WRITABLE : events);
}

static void on_closed(uv_handle_t *handle)
{
  pl_watch *w = handle->data;
  pl_watches *of = w->of;
  pl_free(of->alloc, w, sizeof *w);
  of->handles--;
  of->closed(of->user);
}

static pl_watch *add(pl_watches *of, int fd)
{
  pl_watch *w = pl_alloc_zero(of->alloc, 1, sizeof *w);
  if (!w || uv_poll_init(of->loop, &w->poll, fd)) {
    pl_free(of->alloc, w, sizeof *w);
    return NULL;
  }
  w->poll.data = w;
  w->of = of;
  w->fd = fd;
  w->next = of->list;
  of->list = w;
  of->handles++;
  return w;
}

void pl_watch_set(pl_watches *of, int fd, int events)
{
  pl_watch **at = &of->list;
  while (*at && (*at)->fd != fd)
    at = &(*at)->next;
  pl_watch *w = *at ? *at : events ? add(of, fd) : NULL;
  if (w && events) {
    (void)uv_poll_start(&w->poll, events, on_ready);
  } else if (w) {
    *at = w->next;
    uv_close((uv_handle_t *)&w->poll, on_closed);
  }
}

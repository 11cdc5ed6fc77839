/* See loop.h. */
#include "io/loop.h"

static void close_handle(uv_handle_t *handle, void *arg)
{
  (void)arg;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

void pl_loop_close(uv_loop_t *loop)
{
  while (uv_loop_close(loop) == UV_EBUSY) {
    uv_walk(loop, close_handle, NULL);
    uv_run(loop, UV_RUN_ONCE);
  }
}

/* See loop.h. */
#include "io/loop.h"

#include <unistd.h>

#include "base/descriptors.h"

int pl_loop_open(uv_loop_t *loop)
{
  loop->backend_fd = -1;
  int code = uv_loop_init(loop);
#if UV_VERSION_HEX < 0x012D00
  /* Up to 1.44 the epoll descriptor stays open when what comes after it fails. */
  if (code && loop->backend_fd >= 0)
    close(loop->backend_fd);
#endif
  return code;
}

int pl_loop_fail(pl_error *err, const char *what, int uv)
{
  char advice[PL_RAISE_TEXT];
  if (uv != UV_EMFILE)
    return pl_fail(err, PL_EIO, "%s: %s", what, uv_strerror(uv));
  pl_descriptor_advice(advice);
  return pl_fail(err, PL_EIO, "%s: %s: %s", what, uv_strerror(uv), advice);
}

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

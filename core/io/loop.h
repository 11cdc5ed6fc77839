/* libuv loops, begun and ended in good order. */
#ifndef PL_IO_LOOP_H
#define PL_IO_LOOP_H

#include <uv.h>

#include "base/error.h"

/* uv_loop_init; one that fails keeps no descriptor. A libuv code. */
int pl_loop_open(uv_loop_t *loop);

/* Says that a loop, or a handle of it, could not be had, and what to do where descriptors have run out. Returns PL_EIO. */
int pl_loop_fail(pl_error *err, const char *what, int uv);

/* Closes every handle that is still open, runs the loop until their callbacks came, closes the loop. */
void pl_loop_close(uv_loop_t *loop);

#endif

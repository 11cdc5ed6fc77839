/* libuv loops, begun and ended in good order. */
#ifndef PL_IO_LOOP_H
#define PL_IO_LOOP_H

#include <uv.h>

/* uv_loop_init; one that fails keeps no descriptor. A libuv code. */
int pl_loop_open(uv_loop_t *loop);

/* Closes every handle that is still open, runs the loop until their callbacks came, closes the loop. */
void pl_loop_close(uv_loop_t *loop);

#endif

/* Ending a libuv loop in good order. */
#ifndef PL_IO_LOOP_H
#define PL_IO_LOOP_H

#include <uv.h>

/* Closes every handle that is still open, runs the loop until their callbacks came, closes the loop. */
void pl_loop_close(uv_loop_t *loop);

#endif

/* How long the scheduler lets a thread run on while another one waits for the same CPU. */
#ifndef PL_IO_SLICE_H
#define PL_IO_SLICE_H

/* Asks for the shortest slice for the calling thread, of which the host's must not be one: a thread that asks for little at a time
 * is let onto the CPU sooner, before others end the slice that they have begun. Its share of the CPU stays the same. Does nothing
 * where the thread is scheduled in real time, or where the kernel (Linux before 6.12) or a sandbox knows no such wish. */
void pl_slice_shorten(void);

#endif

/* Real time of a program that was started so (chrt -f 5 perilune load ...): it is for the threads that measure. All else would hold them up, for
 * of equal priorities none interrupts another. */
#ifndef PL_IO_REALTIME_H
#define PL_IO_REALTIME_H

typedef struct pl_realtime {
  int policy;   /* SCHED_FIFO or SCHED_RR; else there is none */
  int priority;
} pl_realtime;

/* The calling thread, and with it the threads and programs that it starts from now on, is an ordinary one. What it had before: none, and nothing
 * has changed, where that was not real time, or could not be taken back. libuv's pool of threads keeps it: who wakes a loop in real time must not be
 * interrupted by it meanwhile (uv_async_t, mailbox.c). */
pl_realtime pl_realtime_leave(void);

/* The calling thread has it from now on. None, or no right to it: nothing happens. */
void pl_realtime_enter(const pl_realtime *r);

#endif

/* The collector of a run: owns the store's writer, the samplers' timers, the feed; receives the load's
 * figures. A thread of its own, or, without threads, a guest on the control loop. */
#ifndef PL_ENGINE_COLLECTOR_H
#define PL_ENGINE_COLLECTOR_H

#include "bind/desk.h"

typedef struct pl_collector pl_collector;

typedef struct pl_collector_options {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  const char *db_path;  /* NULL: in memory */
  uv_loop_t *control;   /* the caller's loop */
  bool threaded;
} pl_collector_options;

/* Opens the store and, when threaded, starts the thread. Control thread. Errors of pl_store_open. */
int pl_collector_open(const pl_collector_options *o, pl_collector **out, pl_error *err) PL_MUSTCHECK;

/* Where jobs for the desk are posted; the control thread's end. */
pl_mailbox *pl_collector_mailbox(pl_collector *c);
/* The loop that jobs run on: its own, or the control loop. */
uv_loop_t *pl_collector_loop(pl_collector *c);
/* What jobs are given; its own thread only. */
pl_desk *pl_collector_desk(pl_collector *c);
/* The timeline, for pl_reader_of on the control thread only. */
pl_store *pl_collector_store(pl_collector *c);

/* Stops samplers, commits, joins the thread, closes the store. Blocks for as long as the last commit takes.
 * NULL is fine. */
void pl_collector_close(pl_collector *c);

#endif

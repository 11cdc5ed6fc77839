/* What the engine lends to the bindings of one Lua state, and to their jobs on the collector's side. */
#ifndef PL_BIND_HOST_H
#define PL_BIND_HOST_H

#include "base/buf.h"
#include "io/mailbox.h"
#include "load/load.h"
#include "perilune/perilune.h"
#include "query/watch.h"
#include "sample/listener.h"
#include "script/task.h"
#include "store/store.h"

typedef struct pl_desk pl_desk;

enum { PL_RUN_ID_SIZE = 32 };

/* A host function registered with pl_register. */
typedef struct pl_host_function {
  char name[64];
  pl_host_fn fn;
  void *user;
} pl_host_function;

/* Who listened at the address that was asked for last: several words ask within a second, and each look takes milliseconds. */
typedef struct pl_listener_memo {
  pl_address address;
  pl_listener found;
  int code;
  uint64_t until_ns; /* monotonic; 0: nothing is kept */
} pl_listener_memo;

/* Found by pl_state_host(L). Belongs to the control thread, except where a field says otherwise. */
typedef struct pl_host {
  const pl_allocator *alloc;
  const pl_clock *clock;      /* of a run: its wall time does not step */
  const pl_clock *wall;       /* the system's */
  const pl_log *log;
  const pl_options *options;
  uv_loop_t *loop;          /* control loop */
  pl_sched *sched;          /* NULL while the state is set up */
  pl_mailbox *collector;    /* NULL in states without a run */
  uv_loop_t *collector_loop;
  pl_desk *desk;            /* touched by jobs, on the collector's loop, only */
  pl_store *store;          /* for pl_reader_of on the control thread; NULL without a run */
  const pl_realtime *realtime; /* of the workers; the engine's */
  unsigned workers;         /* load workers a load may use; 0: they run on the control loop */
  int64_t run;              /* id of the run's row, 0 before run_begin */
  char *run_id;             /* its text, PL_RUN_ID_SIZE bytes; NULL without a run */
  uint32_t pending_samples; /* own samples on their way to the collector */
  int64_t last_sample_ns;   /* moment of the last of them */
  struct pl_job *early;     /* own samples from before the run began, the last one first */
  struct pl_load_handle *loads; /* live loads, see bind/load_handle.h */
  const pl_host_function *functions;
  size_t n_functions;
  pl_str playbook_text;     /* for the workers' states */
  const char *playbook_name;
  const char *folder;
  pl_module_fn module;
  void *session;            /* the engine's */
  pl_listener_memo *listener; /* the engine's */
  bool (*is_left)(const struct pl_host *host); /* nobody wants the answer of what blocks now: a command was asked to end, a run twice.
                                                  Any thread */
  int cancel_signal;        /* once it was asked to end: the signal's number, or -1 */
  void (*on_cancel)(struct pl_host *host); /* the binding that tells the waiting tasks; or NULL */
  void *cancel_user;
  pl_buf *result;           /* where the run's result JSON goes */
  int verdict, exit_code;   /* set by perilune.core.engine.finish */
  pl_error error;           /* set by it, too: what a run whose verdict is PL_ERROR ended with; or empty */
} pl_host;

#endif

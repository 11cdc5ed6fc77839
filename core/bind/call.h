/* Waiting for a job of the collector: the pattern behind every binding that touches the store, the
 * samplers or live objectives. The call outlives a cancelled task: its job still ends, its result is
 * dropped. */
#ifndef PL_BIND_CALL_H
#define PL_BIND_CALL_H

#include "bind/host.h"

typedef struct pl_call pl_call;

/* Embedded first in the binding's own struct, which is zeroed memory of pl_call_new. */
struct pl_call {
  pl_job job;
  pl_host *host;
  pl_task *task;  /* who waits; NULL: nobody */
  size_t size;    /* of the embedding struct */
  bool finished;  /* the job's done was called */
  bool detached;  /* the Lua side is gone: free when finished */
  int code;       /* set by work on the collector's side, with err */
  pl_error err;
  int (*work)(pl_call *call, pl_desk *desk);   /* collector's thread */
  int (*push)(lua_State *L, pl_call *call);    /* control thread, in the continuation; NULL: pushes true */
  void (*release)(pl_call *call);              /* frees what the struct owns; NULL: nothing */
};

/* A zeroed call of `size` bytes, owned by a userdata that it pushes on L's stack: fill it, then return
 * pl_call_wait. Raises when there is no collector (a state without a run) or no memory. */
void *pl_call_new(lua_State *L, const char *what, size_t size,
                  int (*work)(pl_call *call, pl_desk *desk));

/* Posts the job and waits: `return pl_call_wait(L, call);`. Gives push's results, or nil and the error. */
int pl_call_wait(lua_State *L, pl_call *call);

#endif

/* wrk's scripts as a pl_script_table: one Lua state a worker, whose functions never wait, instead of a fiber a user. */
#ifndef PL_BIND_WRK_H
#define PL_BIND_WRK_H

#include "analysis/hist.h"
#include "bind/user.h"

/* What one worker's script leaves behind: written by the worker's thread, read when the load is over. */
typedef struct pl_wrk_thread {
  pl_buf globals; /* pl_copy_out of its globals */
  pl_hist rates;  /* answers a second, every tenth of a second */
} pl_wrk_thread;

/* All borrowed for as long as the load lives. */
typedef struct pl_wrk_source {
  const pl_user_source *common; /* its data is what perilune.wrk_script.open takes */
  pl_wrk_thread *threads;       /* one for each worker */
  unsigned n_threads;
} pl_wrk_source;

/* The table for pl_load_options.scripts; source is its context. */
pl_script_table pl_wrk_scripts(const pl_wrk_source *source);

/* How many whole requests text holds, by their heads and lengths. Errors: PL_EPARSE. */
int pl_wrk_count(pl_str text, uint32_t *n, pl_error *err) PL_MUSTCHECK;

#endif

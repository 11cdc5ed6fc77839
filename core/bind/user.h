/* The whole bridge of a virtual user: Lua cells of a worker behind load/user.h's pl_script_table. */
#ifndef PL_BIND_USER_H
#define PL_BIND_USER_H

#include "base/clock.h"
#include "base/log.h"
#include "bind/feeder.h"
#include "load/user.h"
#include "script/state.h"

/* What every worker needs to build its cells. All borrowed for as long as the load lives; read-only. */
typedef struct pl_user_source {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  size_t memory_max;     /* of one cell */
  uint64_t slice_ns;
  pl_module_fn module;
  const char *lua_dir;   /* or NULL */
  const char *module_dir; /* of protocol modules; NULL: beside the library */
  const char *folder;
  pl_str text;           /* the playbook */
  const char *name;
  pl_str args;           /* pl_copy_out of the run's args */
  pl_str data;           /* pl_copy_out of run:load's data */
  pl_feds feeders;
  uint64_t seed;
} pl_user_source;

/* Lua's own math.random of a worker's state: from the run's seed and the worker. Call protected. */
void pl_seed_random(lua_State *L, uint64_t seed, unsigned worker);

/* The table for pl_load_options.scripts; source is its context. */
pl_script_table pl_user_scripts(const pl_user_source *source);

#endif

/* A load as Lua holds it: load.c starts, drives and frees it, load_figures.c reads it. Private to them. Control thread. */
#ifndef PL_BIND_LOAD_HANDLE_H
#define PL_BIND_LOAD_HANDLE_H

#include "bind/host.h"
#include "bind/plan.h"
#include "bind/user.h"
#include "bind/wrk.h"
#include "sample/health.h"

typedef struct pl_load_handle pl_load_handle;

struct pl_load_handle {
  pl_host *host;
  pl_load *load;
  pl_plan_box *plan;
  pl_buf args, data;
  pl_user_source source;
  pl_wrk_source wrk;        /* threads NULL: no script of wrk's */
  pl_script_table scripts;
  pl_health health_before, health_after;
  pl_task *waiter;
  bool waits_short;  /* for some time only */
  bool may_look;     /* there is something new, and nobody was told */
  bool done;      /* the load has ended */
  bool orphan;    /* Lua dropped the userdata */
  unsigned wanted_workers; /* 0: as many as the run has */
  bool precise;
  pl_load_handle *next;
};

/* The load at argument 1, which stays its userdata's. Raises where it is none, or closed. */
pl_load_handle *pl_load_check(lua_State *L);
/* The same; raises also while it still runs. */
pl_load_handle *pl_load_check_done(lua_State *L);

/* Argument 2, a scenario of the plan counted from 1, as an index from 0 on. Raises where there is none. */
size_t pl_load_check_scenario(lua_State *L, const pl_load_handle *h);

/* Adds the methods of load_figures.c to the table on top. */
void pl_load_add_figures(lua_State *L);

#endif

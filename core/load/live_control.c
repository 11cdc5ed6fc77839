/* What control says to workers while they run: stop, pause, another level. An order is a job in each worker's mailbox. */
#include "base/descriptors.h"
#include "base/error.h"
#include "base/log.h"
#include "load/limits.h"
#include "load/load_inside.h"

#define LEVEL_AHEAD_NS (5 * PL_MS_NS) /* a change of level reaches all workers before it holds */
#define PAST_NS (120 * PL_S_NS)       /* further back no start is looked for in the stages */

enum order_kind { ORDER_STOP, ORDER_ABORT, ORDER_PAUSE, ORDER_RESUME, ORDER_LEVEL };

typedef struct order {
  pl_job job;
  const pl_allocator *alloc;
  enum order_kind kind;
  size_t scenario;
  uint64_t at_ns;
  double level;
} order;

/* A seat without a worker failed to open one, and is about to end anyway. */
static void obey(pl_job *job, void *place)
{
  order *o = (order *)((char *)job - offsetof(order, job));
  pl_seat *s = place;
  pl_error err = {0};
  if (s->worker) {
    switch (o->kind) {
    case ORDER_STOP:
    case ORDER_ABORT:
      pl_worker_stop(s->worker, o->kind == ORDER_STOP);
      break;
    case ORDER_PAUSE:
    case ORDER_RESUME:
      pl_worker_pause(s->worker, o->kind == ORDER_PAUSE);
      break;
    case ORDER_LEVEL:
      if (pl_worker_level(s->worker, o->scenario, o->at_ns, o->level)) {
        (void)pl_fail(&err, PL_ENOMEM, "worker %u: no memory for the new level", s->index);
        pl_load_fail(s->load, &err);
      }
      break;
    }
  }
  pl_free(o->alloc, o, sizeof *o);
}

static int tell(pl_load *l, const order *what)
{
  int code = PL_OK;
  for (unsigned i = 0; i < l->n_seats; i++) {
    pl_seat *s = &l->seats[i];
    if (s->closing)
      continue;
    order *o = pl_alloc(l->o.alloc, sizeof *o);
    if (!o) {
      code = PL_ENOMEM;
      continue;
    }
    *o = *what;
    o->alloc = l->o.alloc;
    o->job = (pl_job){.work = obey};
    pl_mailbox_post(&s->box, &o->job);
  }
  return code;
}

void pl_load_stop(pl_load *l, bool drain)
{
  if (!l->started) {
    l->early = drain ? PL_LOAD_DRAIN : PL_LOAD_CUT;
    return;
  }
  if (tell(l, &(order){.kind = drain ? ORDER_STOP : ORDER_ABORT}))
    pl_logf(l->o.log, PL_LOG_ERROR, "load", "no memory to stop a worker before its time");
}

void pl_load_pause(pl_load *l, bool paused)
{
  if (tell(l, &(order){.kind = paused ? ORDER_PAUSE : ORDER_RESUME}))
    pl_logf(l->o.log, PL_LOG_ERROR, "load", "no memory to pause a worker");
}

/* Control's own copy, for the result. */
static int change_stages(pl_load *l, size_t scenario, uint64_t at_ns, double level)
{
  const pl_scenario *s = &l->o.plan->scenarios[scenario];
  pl_live_stages *live = &l->stages[scenario];
  size_t capacity = live->n + 3;
  pl_stage *own = pl_alloc_zero(l->o.alloc, capacity, sizeof *own);
  if (!own)
    return PL_ENOMEM;
  uv_mutex_lock(&l->lock);
  uint64_t begin = l->start_ns + s->offset_ns;
  uv_mutex_unlock(&l->lock);
  uint64_t t = at_ns > begin ? at_ns - begin : 0;
  uint64_t end = s->duration_ns ? s->duration_ns : pl_stages_duration(s->stages, s->n_stages);
  live->n = pl_stages_change(live->list, live->n, t > PAST_NS ? t - PAST_NS : 0, t, level, end, own);
  pl_free(l->o.alloc, live->own, live->capacity * sizeof *own);
  live->list = live->own = own;
  live->capacity = capacity;
  return PL_OK;
}

int pl_load_level(pl_load *l, size_t scenario, double level, pl_error *err)
{
  int code = pl_level_check(l->o.plan, scenario, level, pl_descriptor_limit(), err);
  if (code)
    return code;
  order o = {.kind = ORDER_LEVEL, .scenario = scenario, .level = level,
             .at_ns = pl_now(l->o.clock) + LEVEL_AHEAD_NS};
  code = change_stages(l, scenario, o.at_ns, level);
  if (!code)
    code = tell(l, &o);
  return code ? pl_fail(err, code, "out of memory for the new level") : PL_OK;
}

/* Jobs for the collector as Lua calls. A call is owned by a userdata until its job is done and by the job
 * afterwards, whichever ends last. Control thread, except work. */
#include "bind/call.h"

#include <lauxlib.h>

#include "bind/bind.h"

static const char call_name[] = "perilune.call";

static void call_free(pl_call *call)
{
  const pl_allocator *a = call->host->alloc;
  if (call->release)
    call->release(call);
  pl_free(a, call, call->size);
}

static int box_gc(lua_State *L)
{
  pl_call **box = lua_touserdata(L, 1);
  pl_call *call = *box;
  *box = NULL;
  if (!call)
    return 0;
  call->task = NULL;
  if (call->finished)
    call_free(call);
  else
    call->detached = true;
  return 0;
}

void *pl_call_new(lua_State *L, const char *what, size_t size,
                  int (*work)(pl_call *call, pl_desk *desk))
{
  pl_host *host = pl_state_host(L);
  if (!host || !host->collector)
    luaL_error(L, "%s: there is no run here", what);
  pl_call **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  if (luaL_newmetatable(L, call_name)) {
    lua_pushcfunction(L, box_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  pl_call *call = pl_alloc_zero(host->alloc, 1, size);
  if (!call)
    luaL_error(L, "%s: out of memory", what);
  call->host = host;
  call->size = size;
  call->work = work;
  call->finished = true; /* until it is posted */
  *box = call;
  return call;
}

static void job_work(pl_job *job, void *place)
{
  pl_call *call = (pl_call *)job;
  call->code = call->work(call, place);
}

static void job_done(pl_job *job)
{
  pl_call *call = (pl_call *)job;
  call->finished = true;
  if (call->task)
    pl_task_ready(call->task, 0);
  if (call->detached)
    call_free(call);
}

static void post(pl_call *call)
{
  call->finished = false;
  call->job.work = job_work;
  call->job.done = job_done;
  pl_mailbox_post(call->host->collector, &call->job);
}

/* The task was cancelled: the job goes on, nobody is told. */
static void forget(void *op)
{
  pl_call *call = op;
  call->task = NULL;
}

static int wait_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  pl_call *call = (pl_call *)context;
  (void)pl_task_woken(L);
  if (call->code < 0)
    return pl_push_failure(L, &call->err);
  if (call->push)
    return call->push(L, call);
  lua_pushboolean(L, 1);
  return 1;
}

int pl_call_wait(lua_State *L, pl_call *call)
{
  pl_task *task = pl_task_check(L, "this word");
  call->task = task;
  pl_task_waits(task, forget, call);
  post(call);
  return pl_fiber_wait(L, wait_k, (lua_KContext)call);
}

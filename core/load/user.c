/* Life of a virtual user: an iteration begins, requests are sent, answers come, the iteration ends; user_record.c records it. Moves
 * latency_from_ns: the intended start, then the end of each answer plus think time. The worker's thread. */
#include <string.h>

#include "load/signed_request.h"
#include "load/trace_context.h"
#include "load/user_inside.h"
#include "load/worker.h"

void pl_user_init(pl_user *u, pl_executor *e, uint32_t id)
{
  memset(u, 0, sizeof *u);
  u->worker = e->worker;
  u->executor = e;
  u->scenario = e->scenario;
  u->id = id;
  u->iteration = PL_NO_ITERATION;
  if (e->scenario->route && e->scenario->route->sharing != PL_SHARED_BY_ALL)
    u->exchange.own = &u->own;
  if (e->scenario->traced)
    u->trace = pl_trace_context_new(u->worker->o.alloc);
  if (!e->scenario->scripted) {
    pl_static_request_prepare(&e->request, e->scenario, &u->exchange);
    if (e->scenario->auth.kind == PL_AUTH_DIGEST)
      u->exchange.digest = pl_user_digest(u);
    u->slot = e->request.slot;
  }
}

void pl_user_fini(pl_user *u)
{
  if (u->script)
    u->worker->o.scripts->user_free(u->worker->world, u);
  u->script = NULL;
  u->iteration = PL_NO_ITERATION;
  pl_client_leave(u->worker->client, &u->own);
  pl_cookie_jar_free(u->jar);
  u->jar = NULL;
  pl_free(u->worker->o.alloc, u->digest, sizeof *u->digest);
  u->digest = u->exchange.digest = NULL;
  pl_signed_request_free(u->signed_request, u->worker->o.alloc);
  u->signed_request = NULL;
  pl_trace_context_free(u->trace, u->worker->o.alloc);
  u->trace = NULL;
}

pl_str pl_user_bearer(pl_user *u)
{
  pl_token_copy *copy = &u->executor->token;
  if (pl_token_read(u->scenario->auth.renewed, copy))
    return (pl_str){"", 0};
  u->bearer = copy->generation;
  return (pl_str){copy->value.data, copy->value.len};
}

pl_digest *pl_user_digest(pl_user *u)
{
  if (!u->digest)
    u->digest = pl_alloc_zero(u->worker->o.alloc, 1, sizeof *u->digest);
  return u->digest;
}

/* ---- Sending ------------------------------------------------------------------------------------ */

static void on_answer(pl_exchange *x);
static void on_partly(pl_exchange *x);
static void on_parts(pl_user *u);

/* Where connections are limited a send may wait for one: such a start was late, too. */
static void send_counted(pl_user *u)
{
  pl_worker *w = u->worker;
  bool start = u->first && u->measured && u->executor->has_schedule && !u->late;
  pl_client_send(w->client, &u->exchange);
  if (start && pl_exchange_waits(&u->exchange))
    pl_record_counts(w->recorder, u->intended_ns, u->executor->index)->late++;
}

static void send_now(pl_user *u)
{
  if (u->operation.start)
    u->operation.start(u->operation.operation);
  else if (u->worker->connections_limited)
    send_counted(u);
  else
    pl_client_send(u->worker->client, &u->exchange);
  u->first = false;
}

static void on_send_due(pl_timer *t)
{
  send_now(PL_USER_OF(t, timer));
}

/* The plan caps the rate of a load without a grant: sends are held back, never bunched. */
uint64_t pl_user_part_due(pl_user *u)
{
  pl_worker *w = u->worker;
  if (!w->send_gap_ns)
    return 0;
  uint64_t now = pl_now(w->o.clock);
  uint64_t due = w->send_next_ns > now ? w->send_next_ns : now;
  w->send_next_ns = due + w->send_gap_ns;
  return due;
}

static void send_or_hold(pl_user *u, uint32_t slot)
{
  pl_worker *w = u->worker;
  pl_user_settle(u);
  u->request++;
  u->slot = slot;
  u->state = PL_USER_WAITING;
  u->outcome = PL_FAIL_NONE;
  u->exchange.sending = pl_user_sending;
  u->exchange.done = on_answer;
  u->exchange.partly = on_partly;
  u->exchange.user = u;
  if (!w->send_gap_ns) {
    send_now(u);
    return;
  }
  u->timer.fn = on_send_due;
  pl_wheel_set(w->wheel, &u->timer, pl_user_part_due(u));
  uint32_t requests = u->operation.start ? u->operation.requests : u->exchange.requests;
  if (requests > 1)
    w->send_next_ns += (requests - 1) * w->send_gap_ns;
}

/* The head that static requests share is copied for the line. */
static void add_trace(pl_user *u)
{
  const pl_static_request *r = &u->executor->request;
  bool shared = !u->scenario->scripted && !u->signed_request;
  pl_str head = shared ? (pl_str){r->head.data, r->head.len} : u->exchange.head;
  pl_trace_context_add(u->trace, &u->exchange, head);
}

void pl_user_send(pl_user *u, uint32_t slot)
{
  u->operation.start = NULL;
  if (u->trace)
    add_trace(u);
  send_or_hold(u, slot);
}

void pl_user_operate(pl_user *u, uint32_t slot, pl_user_operation operation)
{
  u->operation = operation;
  if (operation.latency_from_ns)
    u->latency_from_ns = operation.latency_from_ns;
  send_or_hold(u, slot);
}

void pl_user_operation_sending(pl_user *u, uint64_t aside_ns)
{
  u->latency_from_ns += aside_ns;
  pl_user_sending(&u->exchange);
}

void pl_user_operation_done(pl_user *u)
{
  if (u->operation.parts)
    on_parts(u);
  else
    on_answer(&u->exchange);
}

/* ---- Iterations --------------------------------------------------------------------------------- */

/* What streams of random numbers are keyed by beside the seed and the scenario. */
typedef struct stream_key {
  uint64_t who, which;
} stream_key;

/* A start of a schedule draws by its number alone: which user of the pool takes it is a matter of who happens to be free. `start` and
 * `stop` are of the user there, and elsewhere `start` is the first part of the user's first iteration. */
static stream_key key_of(const pl_user *u)
{
  static const uint64_t anybody = UINT64_MAX, at_start = UINT64_C(1) << 63, at_stop = UINT64_C(1) << 62;
  bool open = u->scenario->model == PL_MODEL_OPEN;
  if (u->leaving)
    return (stream_key){u->id, at_stop | u->turns};
  if (open)
    return u->starting ? (stream_key){u->id, at_start | u->turns} : (stream_key){anybody, u->iteration};
  return (stream_key){u->id, u->scenario->model == PL_MODEL_ITERATIONS_EACH ? u->iteration : u->turns};
}

pl_rng *pl_user_rng(pl_user *u)
{
  stream_key key = key_of(u);
  if (!u->drawn)
    pl_rng_init(&u->rng, u->worker->plan->seed, pl_executor_stream(u->executor), key.who, key.which);
  u->drawn = true;
  return &u->rng;
}

static void begin_streams(pl_user *u)
{
  stream_key key = key_of(u);
  u->drawn = false;
  if (u->trace)
    pl_trace_context_begin(u->trace, u->worker->plan->seed, pl_executor_stream(u->executor), key.who, key.which);
}

static void note_begin(pl_user *u)
{
  pl_worker *w = u->worker;
  pl_executor *e = u->executor;
  u->measured = u->intended_ns >= e->measured_ns;
  if (e->has_schedule)
    w->now_ns = pl_now(w->o.clock);
}

void pl_user_begin(pl_user *u)
{
  pl_worker *w = u->worker;
  u->started = u->leaving;
  u->turns += !u->leaving;
  if (u->leaving)
    u->measured = false;
  else
    note_begin(u);
  u->begun_ns = w->now_ns;
  u->latency_from_ns = u->intended_ns;
  u->first = true;
  u->script_fault = u->unsendable = false;
  begin_streams(u);
  if (!u->scenario->scripted) {
    if (pl_is_signed(u->scenario))
      (void)pl_sign_request(u);
    pl_user_send(u, u->slot);
    return;
  }
  u->state = PL_USER_RUNNING;
  w->garbage = true;
  w->o.scripts->begin(w->world, u);
}

static void iteration_over(pl_user *u, enum pl_iteration_end end)
{
  pl_user_record_iteration(u, end);
  if (end == PL_ITERATION_STOPPED || u->leaving) {
    u->state = PL_USER_ENDED;
    pl_worker_ready(u->worker, u); /* its script may not be freed from inside */
    return;
  }
  if (u->exchange.own && u->scenario->route->sharing == PL_OF_AN_ITERATION)
    pl_client_leave(u->worker->client, &u->own);
  u->state = PL_USER_IDLE;
  u->executor->kind->user_done(u->executor, u);
}

void pl_user_has_started(pl_user *u)
{
  u->starting = false;
  if (u->scenario->model == PL_MODEL_OPEN)
    begin_streams(u);
  u->unserved = !u->first && u->outcome >= PL_FAIL_DNS && u->outcome <= PL_FAIL_TRUNCATED;
}

void pl_user_ended(pl_user *u, enum pl_iteration_end end, const char *why)
{
  pl_worker *w = u->worker;
  w->now_ns = pl_now(w->o.clock);
  bool given_up = end == PL_ITERATION_GIVEN_UP;
  if (given_up && u->pending && u->outcome == PL_FAIL_NONE)
    u->outcome = PL_FAIL_SCRIPT; /* an error in the script does not make an answer a bad one */
  if (why)
    pl_user_record_text(u, given_up ? PL_LABEL_GIVEN_UP : PL_LABEL_ERROR, why);
  iteration_over(u, end);
}

/* The script's iteration is unwound from outside; it may or may not say that it ended. */
static void abort_script(pl_user *u)
{
  pl_worker *w = u->worker;
  u->state = PL_USER_RUNNING;
  w->o.scripts->abort(w->world, u);
  if (u->state == PL_USER_RUNNING)
    iteration_over(u, PL_ITERATION_ABORTED);
}

/* ---- Answers ------------------------------------------------------------------------------------ */

static void static_answered(pl_user *u)
{
  if (u->outcome == PL_FAIL_ABORTED)
    iteration_over(u, PL_ITERATION_ABORTED);
  else
    iteration_over(u, u->outcome == PL_FAIL_NONE ? PL_ITERATION_OK : PL_ITERATION_FAILED);
}

static void script_answered(pl_user *u)
{
  pl_worker *w = u->worker;
  if (u->outcome == PL_FAIL_ABORTED) {
    abort_script(u);
    return;
  }
  u->state = PL_USER_RUNNING;
  w->garbage = true;
  w->o.scripts->answer(w->world, u);
}

/* All parts of an operation are complete, and recorded. */
static void on_parts(pl_user *u)
{
  u->latency_from_ns = u->exchange.times.end;
  u->request++; /* none of them is the last one, whose outcome waits for its checks */
  script_answered(u);
  pl_worker_drain(u->worker);
}

static void on_answer(pl_exchange *x)
{
  pl_user *u = x->user;
  pl_worker *w = u->worker;
  bool request = pl_user_record_answer(u);
  u->latency_from_ns = request ? x->times.end : u->latency_from_ns + (x->times.end - x->times.begin);
  if (u->scenario->scripted)
    script_answered(u);
  else
    static_answered(u);
  pl_worker_drain(w);
}

static void on_partly(pl_exchange *x)
{
  pl_user *u = x->user;
  pl_user_record_partly(u);
  if (u->scenario->scripted)
    u->worker->o.scripts->partly(u->worker->world, u);
}

static void on_think(pl_timer *t)
{
  pl_user *u = PL_USER_OF(t, timer);
  pl_worker *w = u->worker;
  u->state = PL_USER_RUNNING;
  w->garbage = true;
  w->o.scripts->timer(w->world, u);
  pl_worker_drain(w);
}

void pl_user_think(pl_user *u, uint64_t ns)
{
  u->latency_from_ns += ns;
  u->state = PL_USER_THINKING;
  u->timer.fn = on_think;
  pl_wheel_set(u->worker->wheel, &u->timer, pl_now(u->worker->o.clock) + ns);
}

/* ---- Cutting ------------------------------------------------------------------------------------ */

static void cut_request(pl_user *u)
{
  if (!pl_timer_is_set(&u->timer)) {
    if (u->operation.start)
      u->operation.abort(u->operation.operation);
    else
      pl_client_abort(u->worker->client, &u->exchange);
    return; /* goes on in on_answer */
  }
  pl_wheel_cancel(u->worker->wheel, &u->timer); /* held back by the rate cap: it was never sent */
  if (u->scenario->scripted)
    abort_script(u);
  else
    iteration_over(u, PL_ITERATION_ABORTED);
}

void pl_user_cut(pl_user *u)
{
  switch (u->state) {
  case PL_USER_WAITING:
    cut_request(u);
    return;
  case PL_USER_THINKING:
    pl_wheel_cancel(u->worker->wheel, &u->timer);
    abort_script(u);
    return;
  case PL_USER_IDLE:
  case PL_USER_PACING:
  case PL_USER_READY: /* worker.c drops it */
  case PL_USER_RUNNING:
  case PL_USER_ENDED:
    return;
  }
}

/* Life of a virtual user: an iteration begins, requests are sent, answers judged and recorded, the
 * iteration ends. Latency counts from latency_from_ns: the intended start, then the end of each answer plus
 * think time. A request's outcome is settled when no check can change it any more: at the next send, or at
 * the iteration's end. */
#include <stdio.h>
#include <string.h>

#include "load/trace_context.h"
#include "load/signed_request.h"
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

/* ---- Recording one request ---------------------------------------------------------------------- */

static bool is_expected(const pl_user *u, int status)
{
  const uint16_t *pairs = u->n_expected ? u->expected : u->scenario->expected_status;
  size_t n = u->n_expected ? u->n_expected : u->scenario->n_expected;
  if (!n)
    return u->scenario->expected ? u->scenario->expected(u->scenario, status) : status < 400;
  for (size_t i = 0; i < n; i++) {
    if (status >= pairs[2 * i] && status <= pairs[2 * i + 1])
      return true;
  }
  return false;
}

/* Whether the request in flight is HTTP's: alone, or a part of an operation. */
static bool is_http(const pl_user *u)
{
  return !u->operation.start || u->operation.http;
}

static enum pl_failure judge(const pl_user *u)
{
  const pl_answer *a = &u->exchange.answer;
  if (a->failure != PL_FAIL_NONE)
    return a->failure;
  bool good = is_http(u) ? is_expected(u, a->status) : a->status == 0;
  return good ? PL_FAIL_NONE : PL_FAIL_STATUS;
}

/* A phase that a limit has cut is left out: as a whole one it would look shorter than it was. */
static void record_phases(const pl_user *u)
{
  const pl_times *t = &u->exchange.times;
  pl_recorder *r = u->worker->recorder;
  uint64_t phases_ns[PL_PHASES], end = t->end;
  uint32_t slot = pl_recorder_phase_slot(r, u->slot);
  pl_phases_of(t, phases_ns);
  for (unsigned i = 0; i < PL_PHASES; i++) {
    if (phases_ns[i] != PL_NO_PHASE && t->cut != i + 1)
      pl_record_dist(r, end, slot, (enum pl_dist)(PL_DIST_PHASE + i), phases_ns[i]);
  }
}

/* One of the slowest of its name: kept whole. */
static void record_example(const pl_user *u, uint64_t latency_ns, uint64_t service_ns)
{
  const pl_times *t = &u->exchange.times;
  pl_example e = {
      .latency_ns = latency_ns, .service_ns = service_ns, .intended_ns = t->end - latency_ns, .sent_ns = t->send, .end_ns = t->end,
      .user = u->id, .status = (uint16_t)u->exchange.answer.status, .outcome = (uint8_t)judge(u),
  };
  pl_phases_of(t, e.phases_ns);
  if (u->trace && is_http(u)) {
    e.trace_high = u->trace->high;
    e.trace_low = u->trace->low;
  }
  pl_record_example(u->worker->recorder, u->slot, &e);
}

/* Service time counts from the send; a timeout's from begin, for it may never have been sent. */
static void record_durations(const pl_user *u)
{
  const pl_times *t = &u->exchange.times;
  pl_recorder *r = u->worker->recorder;
  uint64_t from = u->exchange.answer.failure == PL_FAIL_TIMEOUT || !t->send ? t->begin : t->send;
  uint64_t service = t->end - from;
  uint64_t latency = service; /* without a schedule they are the same, kept once: pl_merge_latency_is_service */
  if (u->executor->has_schedule) {
    latency = t->end - u->latency_from_ns;
    pl_record_dist(r, t->end, u->slot, PL_DIST_SERVICE, service);
  }
  if (pl_record_latency(r, t->end, u->slot, latency))
    record_example(u, latency, service);
}

/* Durations are those of answers and of timeouts, whose end is their limit; other failures have none. */
static void record_times(const pl_user *u)
{
  enum pl_failure failure = u->exchange.answer.failure;
  if (failure != PL_FAIL_NONE && failure != PL_FAIL_TIMEOUT)
    return;
  record_durations(u);
  record_phases(u);
}

static void count_answered(const pl_user *u, pl_scenario_counts *c)
{
  uint64_t end = u->exchange.times.end;
  c->ended_in_time += end <= u->executor->end_ns;
  if (!c->first_end_ns)
    c->first_end_ns = end;
}

static void record_answer(const pl_user *u)
{
  const pl_answer *a = &u->exchange.answer;
  uint64_t end = u->exchange.times.end;
  if (!u->measured || a->failure == PL_FAIL_ABORTED)
    return;
  record_times(u);
  pl_scenario_counts *c = pl_record_counts(u->worker->recorder, end, u->executor->index);
  c->bytes_sent += a->bytes_sent;
  c->bytes_received += a->bytes_received;
  if (a->failure == PL_FAIL_NONE)
    count_answered(u, c);
  else if (a->failure == PL_FAIL_TIMEOUT)
    c->timeout_ns = pl_count_least(c->timeout_ns, end - u->exchange.times.begin);
}

/* Counts a text by itself. */
static void record_text(const pl_user *u, enum pl_label_kind kind, const char *text)
{
  pl_recorder *r = u->worker->recorder;
  if (u->measured)
    pl_record_label(r, u->worker->now_ns, pl_recorder_label(r, kind, u->executor->index, pl_str_of(text)), 1);
}

/* Why there is no answer, or what a peer that speaks another protocol has refused: the class alone does not tell what to do. */
static void record_failure(const pl_user *u, const pl_answer *a)
{
  char text[sizeof a->why + 32];
  enum pl_failure class = a->failure == PL_FAIL_NONE ? PL_FAIL_STATUS : a->failure;
  if (a->failure == PL_FAIL_ABORTED)
    return;
  (void)snprintf(text, sizeof text, "%s: %s", pl_failure_name(class), a->why);
  if (a->refused)
    record_text(u, PL_LABEL_REFUSED, a->why);
  else
    record_text(u, PL_LABEL_FAILURE, text);
}

static void count_outcome(const pl_user *u, int status, enum pl_failure outcome)
{
  uint64_t end = u->exchange.times.end;
  if (u->measured)
    pl_record_outcome(u->worker->recorder, end, u->slot, status, outcome, end > u->executor->end_ns);
}

/* Counts the outcome of the last request, once. */
static void settle(pl_user *u)
{
  if (!u->pending)
    return;
  u->pending = false;
  count_outcome(u, u->exchange.answer.status, u->outcome);
}

/* ---- Sending ------------------------------------------------------------------------------------ */

static void on_answer(pl_exchange *x);
static void on_partly(pl_exchange *x);
static void on_parts(pl_user *u);

/* The start is a fact now: its first request is on its way or has failed, or it needed none. */
static void count_start(pl_user *u)
{
  if (u->started)
    return;
  u->started = true;
  pl_scenario_counts *c = pl_record_counts(u->worker->recorder, u->intended_ns, u->executor->index);
  if (u->measured)
    c->started++;
  else
    c->warmup_starts++;
}

/* Schedule lag: what the first request waited for a user, for a connection and for being connected. */
static void on_sending(pl_exchange *x)
{
  pl_user *u = x->user;
  if (u->started)
    return;
  count_start(u);
  uint64_t send = x->times.send;
  if (u->scenario->model == PL_MODEL_OPEN)
    pl_record_send(u->worker->recorder, send, u->executor->index);
  if (u->measured && u->executor->has_schedule)
    pl_record_dist(u->worker->recorder, send, u->executor->index, PL_DIST_LAG,
                   send > u->latency_from_ns ? send - u->latency_from_ns : 0);
}

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
  settle(u);
  u->request++;
  u->slot = slot;
  u->state = PL_USER_WAITING;
  u->outcome = PL_FAIL_NONE;
  u->exchange.sending = on_sending;
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
  on_sending(&u->exchange);
}

void pl_user_operation_done(pl_user *u)
{
  if (u->operation.parts)
    on_parts(u);
  else
    on_answer(&u->exchange);
}

/* ---- Iterations --------------------------------------------------------------------------------- */

pl_rng *pl_user_rng(pl_user *u)
{
  if (!u->drawn)
    pl_rng_init(&u->rng, u->worker->plan->seed, u->executor->index, u->id, u->iteration);
  u->drawn = true;
  return &u->rng;
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
  if (u->leaving)
    u->measured = false;
  else
    note_begin(u);
  u->begun_ns = w->now_ns;
  u->latency_from_ns = u->intended_ns;
  u->first = true;
  u->script_fault = u->drawn = false;
  if (u->trace)
    pl_trace_context_begin(u->trace, w->plan->seed, u->executor->index, u->id, u->iteration);
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

/* An error in the script that no failed request explains. */
static bool is_broken(const pl_user *u, enum pl_iteration_end end)
{
  return end == PL_ITERATION_FAILED && u->scenario->scripted && (u->first || u->outcome == PL_FAIL_NONE || u->script_fault);
}

static void record_end(const pl_user *u, enum pl_iteration_end end)
{
  pl_recorder *r = u->worker->recorder;
  uint64_t now = u->worker->now_ns;
  bool answered = u->first || u->exchange.answer.failure == PL_FAIL_NONE; /* or nothing was asked */
  pl_scenario_counts *c = pl_record_counts(r, now, u->executor->index);
  c->iterations++;
  if (answered && now <= u->executor->end_ns) {
    c->in_time++;
    c->in_time_ns += now - u->intended_ns;
  }
  c->iterations_failed += end == PL_ITERATION_FAILED || end == PL_ITERATION_GIVEN_UP;
  c->iterations_broken += is_broken(u, end);
  pl_record_dist(r, now, u->executor->index, PL_DIST_ITERATION, now - u->intended_ns);
}

/* A start of which nothing was sent when the load ended. */
static void count_cancelled(pl_user *u)
{
  u->started = true;
  if (u->measured)
    pl_record_counts(u->worker->recorder, u->intended_ns, u->executor->index)->cancelled++;
}

static void iteration_over(pl_user *u, enum pl_iteration_end end)
{
  settle(u);
  if (end != PL_ITERATION_ABORTED)
    count_start(u);
  else if (!u->started)
    count_cancelled(u);
  if (u->measured && end != PL_ITERATION_ABORTED)
    record_end(u, end);
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

void pl_user_ended(pl_user *u, enum pl_iteration_end end, const char *why)
{
  pl_worker *w = u->worker;
  w->now_ns = pl_now(w->o.clock);
  bool given_up = end == PL_ITERATION_GIVEN_UP;
  if (given_up && u->pending && u->outcome == PL_FAIL_NONE)
    u->outcome = PL_FAIL_SCRIPT; /* an error in the script does not make an answer a bad one */
  if (why)
    record_text(u, given_up ? PL_LABEL_GIVEN_UP : PL_LABEL_ERROR, why);
  iteration_over(u, end);
}

void pl_user_note(pl_user *u, const char *text)
{
  u->worker->now_ns = pl_now(u->worker->o.clock);
  record_text(u, PL_LABEL_ERROR, text);
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

/* Receive lag: from the poll's return to the read that brought the answer. A failure may have been found elsewhere. */
static void note_turn(pl_worker *w, const pl_exchange *x)
{
  uint64_t end = x->times.end;
  if (x->answer.failure != PL_FAIL_NONE) {
    w->now_ns = pl_now(w->o.clock);
    return;
  }
  w->now_ns = end;
  if (!w->turn_ns)
    w->turn_ns = end;
  pl_record_receive_lag(w->recorder, end, end - w->turn_ns);
}

/* The request in flight is over: records and judges it. Its outcome waits for its checks, if anything of it was sent. */
static void end_request(pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  bool unsent = x->answer.failure == PL_FAIL_ABORTED && !x->times.send;
  note_turn(u->worker, x);
  if (!unsent)
    count_start(u);
  record_answer(u);
  if (x->answer.status == 401 && u->scenario->auth.kind == PL_AUTH_OAUTH2)
    pl_token_refuse(u->scenario->auth.renewed, u->bearer);
  if (x->answer.failure != PL_FAIL_NONE || (!is_http(u) && x->answer.status))
    record_failure(u, &x->answer);
  u->pending = !unsent;
  u->outcome = judge(u);
  u->n_expected = 0;
}

/* What was sent in a row with a request that failed, and is behind it, has no answer either. */
static void record_unanswered(pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  enum pl_failure failure = x->answer.failure;
  if (x->requests < 2 || failure == PL_FAIL_NONE || !x->times.send || !u->measured)
    return;
  if (failure == PL_FAIL_TRUNCATED)
    failure = PL_FAIL_RESET; /* no byte of them came */
  for (uint32_t i = x->answered + 1; i < x->requests; i++) {
    if (failure == PL_FAIL_TIMEOUT)
      record_durations(u);
    count_outcome(u, 0, failure);
  }
}

static void on_answer(pl_exchange *x)
{
  pl_user *u = x->user;
  pl_worker *w = u->worker;
  end_request(u);
  u->latency_from_ns = x->times.end;
  if (u->scenario->scripted) {
    script_answered(u);
  } else {
    record_unanswered(u);
    static_answered(u);
  }
  pl_worker_drain(w);
}

/* Each answer to a batch is a request. The latency of a script's batch is one, at the last answer; the requests of a pipeline have
 * their own, all from the send. */
static void on_partly(pl_exchange *x)
{
  pl_user *u = x->user;
  pl_worker *w = u->worker;
  note_turn(w, x);
  count_start(u);
  u->outcome = judge(u);
  if (u->measured)
    count_answered(u, pl_record_counts(w->recorder, x->times.end, u->executor->index));
  count_outcome(u, x->answer.status, u->outcome);
  if (u->scenario->scripted)
    w->o.scripts->partly(w->world, u);
  else if (u->measured)
    record_durations(u);
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

/* ---- What scripts record ------------------------------------------------------------------------ */

pl_answered pl_user_answered(const pl_user *u)
{
  return (pl_answered){.request = u->request, .iteration = u->iteration, .slot = u->slot,
                       .status = u->exchange.answer.status, .measured = u->measured, .outcome = u->outcome};
}

/* Its outcome is counted at once: a check moves it. */
pl_answered pl_user_part_done(pl_user *u)
{
  enum pl_failure before = u->outcome;
  u->request++;
  end_request(u);
  pl_answered answered = pl_user_answered(u);
  settle(u);
  if (before != PL_FAIL_NONE && u->outcome != PL_FAIL_ABORTED)
    u->outcome = before; /* what explains an error of the script: the first failure */
  return answered;
}

/* The outcome of the last request still waits; that of an earlier one was counted as good and moves. */
static void fail_checked(pl_user *u, pl_answered *a)
{
  bool last = a->request == u->request;
  if (a->outcome != PL_FAIL_NONE || a->iteration != u->iteration || (last && !u->pending))
    return;
  a->outcome = PL_FAIL_CHECK;
  if (last)
    u->outcome = PL_FAIL_CHECK;
  else if (a->measured)
    pl_record_moved(u->worker->recorder, u->worker->now_ns, a->slot, a->status, PL_FAIL_NONE, PL_FAIL_CHECK);
}

void pl_user_check(pl_user *u, pl_answered *answered, uint32_t check, bool ok)
{
  if (!ok)
    fail_checked(u, answered);
  if (u->measured)
    pl_record_label(u->worker->recorder, u->worker->now_ns, check, ok ? 1 : 0);
}

void pl_user_group(pl_user *u, pl_str group, uint64_t duration_ns)
{
  pl_worker *w = u->worker;
  if (u->measured)
    pl_record_dist(w->recorder, w->now_ns, pl_worker_slot(w, u->scenario, group, PL_STR("")),
                   PL_DIST_GROUP, duration_ns);
}

void pl_user_metric(pl_user *u, pl_str metric, double value)
{
  pl_worker *w = u->worker;
  if (u->measured)
    pl_record_label(w->recorder, w->now_ns,
                    pl_recorder_label(w->recorder, PL_LABEL_METRIC, u->executor->index, metric), value);
}

/* What is recorded of a virtual user: durations, outcome and bytes of each request, the start and the end of each iteration, checks
 * and values of its script. Latency counts from latency_from_ns, service time from the send. A request's outcome is settled when no
 * check can change it any more: at the next send, or at the iteration's end. The worker's thread. */
#include <stdio.h>

#include "load/trace_context.h"
#include "load/user_inside.h"
#include "load/worker.h"

/* ---- Judging ------------------------------------------------------------------------------------- */

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

/* ---- Durations ----------------------------------------------------------------------------------- */

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

/* The request with all that is known of it. */
static pl_example example_of(const pl_user *u, uint64_t latency_ns, uint64_t service_ns)
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
  return e;
}

/* Whether the request's trace, which is random, was chosen. */
static bool is_kept(const pl_user *u)
{
  return u->scenario->kept_below && u->trace && is_http(u) && u->trace->high && u->trace->high < u->scenario->kept_below;
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
  bool slow = pl_record_latency(r, t->end, u->slot, latency), kept = is_kept(u);
  if (!slow && !kept)
    return;
  pl_example e = example_of(u, latency, service);
  if (slow)
    pl_record_example(r, u->slot, &e);
  if (kept)
    pl_record_kept(r, u->slot, &e);
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

/* ---- Counts -------------------------------------------------------------------------------------- */

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
  c->never_left += a->lacked;
}

static void count_outcome(const pl_user *u, int status, enum pl_failure outcome)
{
  uint64_t end = u->exchange.times.end;
  if (u->measured)
    pl_record_outcome(u->worker->recorder, end, u->slot, status, outcome, end > u->executor->end_ns);
}

void pl_user_settle(pl_user *u)
{
  if (!u->pending)
    return;
  u->pending = false;
  count_outcome(u, u->exchange.answer.status, u->outcome);
}

void pl_user_record_text(const pl_user *u, enum pl_label_kind kind, const char *text)
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
    pl_user_record_text(u, PL_LABEL_REFUSED, a->why);
  else
    pl_user_record_text(u, PL_LABEL_FAILURE, text);
}

/* ---- Starts ------------------------------------------------------------------------------------- */

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
void pl_user_sending(pl_exchange *x)
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

/* ---- Answers ------------------------------------------------------------------------------------ */

/* Receive lag: from the poll's return, or the moment from which somebody waited for it, to the read that brought the answer. A failure may have been
 * found elsewhere. */
static void note_turn(const pl_user *u, const pl_exchange *x)
{
  pl_worker *w = u->worker;
  uint64_t end = x->times.end;
  if (x->answer.failure != PL_FAIL_NONE) {
    w->now_ns = pl_now(w->o.clock);
    return;
  }
  w->now_ns = end;
  if (!w->turn_ns)
    w->turn_ns = end;
  uint64_t since = w->turn_ns > x->times.send ? w->turn_ns : x->times.send;
  if (u->measured)
    pl_record_receive_lag(w->recorder, end, end > since ? end - since : 0);
}

/* What a scenario's pipeline has sent behind a request that failed has no answer either. */
static void record_unanswered(const pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  enum pl_failure failure = x->answer.failure;
  if (failure == PL_FAIL_NONE || !x->times.send || !u->measured)
    return;
  if (failure == PL_FAIL_TRUNCATED)
    failure = PL_FAIL_RESET; /* no byte of them came */
  for (uint32_t i = x->answered + 1; i < x->requests; i++) {
    if (failure == PL_FAIL_TIMEOUT)
      record_durations(u);
    count_outcome(u, 0, failure);
  }
}

/* That a failed request was of another protocol than its server speaks. */
static void record_spoken(const pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  pl_scenario_counts *c = pl_record_counts(u->worker->recorder, x->times.end, u->executor->index);
  c->spoke_tls += x->answer.spoken == PL_SPOKEN_TLS;
  c->spoke_http2 += x->answer.spoken == PL_SPOKEN_HTTP2;
  if (x->answer.spoken == PL_SPOKEN_TLS && u->outcome == PL_FAIL_STATUS)
    pl_user_record_text(u, PL_LABEL_FAILURE, "status: the server asks for TLS");
}

/* The answer was known before anybody was asked: it is no request. What the script makes of it is its own affair, but it
 * is told of, and an iteration that asked for nothing else was not what it should be. */
static bool take_known(pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  if (is_http(u) || x->times.send || x->answer.failure != PL_FAIL_NONE)
    return false;
  u->worker->now_ns = x->times.end;
  u->outcome = PL_FAIL_NONE;
  u->unsendable = true;
  pl_user_record_text(u, PL_LABEL_ERROR, x->answer.why);
  return true;
}

bool pl_user_record_answer(pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  if (take_known(u))
    return false;
  bool unsent = x->answer.failure == PL_FAIL_ABORTED && !x->times.send;
  note_turn(u, x);
  if (!unsent)
    count_start(u);
  record_answer(u);
  if (x->requests > 1 && !u->scenario->scripted)
    record_unanswered(u);
  if (x->answer.status == 401 && u->scenario->auth.kind == PL_AUTH_OAUTH2)
    pl_token_refuse(u->scenario->auth.renewed, u->bearer);
  if (x->answer.failure != PL_FAIL_NONE || (!is_http(u) && x->answer.status))
    record_failure(u, &x->answer);
  u->pending = !unsent;
  u->outcome = judge(u);
  if (u->measured && u->outcome != PL_FAIL_NONE)
    record_spoken(u);
  u->n_expected = 0;
  return true;
}

void pl_user_record_partly(pl_user *u)
{
  const pl_exchange *x = &u->exchange;
  note_turn(u, x);
  count_start(u);
  u->outcome = judge(u);
  if (u->measured)
    count_answered(u, pl_record_counts(u->worker->recorder, x->times.end, u->executor->index));
  count_outcome(u, x->answer.status, u->outcome);
  if (u->measured && !u->scenario->scripted)
    record_durations(u);
}

/* ---- Iterations --------------------------------------------------------------------------------- */

/* An error in the script that no failed request explains, or calls of which none could be sent as it is written. */
static bool is_broken(const pl_user *u, enum pl_iteration_end end)
{
  bool failed = end == PL_ITERATION_FAILED && (u->first || u->outcome == PL_FAIL_NONE || u->script_fault);
  return u->scenario->scripted && (failed || u->unsendable);
}

/* Of these one that may lack what `start` did not get. */
static bool is_unserved(const pl_user *u, enum pl_iteration_end end)
{
  return is_broken(u, end) && u->unserved && !u->script_fault && !u->unsendable;
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
  c->iterations_unserved += is_unserved(u, end);
  pl_record_dist(r, now, u->executor->index, PL_DIST_ITERATION, now - u->intended_ns);
}

/* A start of which nothing was sent when the load ended. */
static void count_cancelled(pl_user *u)
{
  u->started = true;
  if (u->measured)
    pl_record_counts(u->worker->recorder, u->intended_ns, u->executor->index)->cancelled++;
}

void pl_user_record_iteration(pl_user *u, enum pl_iteration_end end)
{
  pl_user_settle(u);
  u->unsendable = u->unsendable && !u->started;
  if (end != PL_ITERATION_ABORTED)
    count_start(u);
  else if (!u->started)
    count_cancelled(u);
  if (u->measured && end != PL_ITERATION_ABORTED)
    record_end(u, end);
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
  (void)pl_user_record_answer(u);
  pl_answered answered = pl_user_answered(u);
  pl_user_settle(u);
  if (before != PL_FAIL_NONE && u->outcome != PL_FAIL_ABORTED)
    u->outcome = before; /* what explains an error of the script: the first failure */
  return answered;
}

/* The outcome of the last request still waits; that of an earlier one was counted as good and moves. False: it stays as it was. */
static bool fail_answered(pl_user *u, pl_answered *a, enum pl_failure failure)
{
  uint64_t now = u->worker->now_ns;
  bool last = a->request == u->request;
  if (a->outcome != PL_FAIL_NONE || a->iteration != u->iteration || (last && !u->pending))
    return false;
  a->outcome = failure;
  if (last)
    u->outcome = failure;
  else if (a->measured)
    pl_record_moved(u->worker->recorder, now, a->slot, a->status, failure, now > u->executor->end_ns);
  return true;
}

void pl_user_check(pl_user *u, pl_answered *answered, uint32_t check, bool ok)
{
  if (!ok)
    (void)fail_answered(u, answered, PL_FAIL_CHECK);
  if (u->measured)
    pl_record_label(u->worker->recorder, u->worker->now_ns, check, ok ? 1 : 0);
}

void pl_user_undecodable(pl_user *u, pl_answered *answered, const char *why)
{
  char text[256];
  (void)snprintf(text, sizeof text, "%s: %s", pl_failure_name(PL_FAIL_PROTOCOL), why);
  if (fail_answered(u, answered, PL_FAIL_PROTOCOL))
    pl_user_record_text(u, PL_LABEL_FAILURE, text);
}

void pl_user_note(pl_user *u, const char *text)
{
  u->worker->now_ns = pl_now(u->worker->o.clock);
  pl_user_record_text(u, PL_LABEL_ERROR, text);
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

/* The load's figures as others read them: totals at any time (a copy under the lock, as new as the last
 * second), distributions, tables and the verdict after done, straight from the quiet merger. Control thread. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "load/load_inside.h"
#include "load/verdict.h"

/* ---- Totals ------------------------------------------------------------------------------------- */

/* The measured part of a scenario in monotonic ns; `until` is now while it runs. */
static void measured_part(const pl_load *l, size_t i, const pl_merge_totals *t, uint64_t *from, uint64_t *until)
{
  const pl_scenario *s = &l->o.plan->scenarios[i];
  *from = l->start_ns + s->offset_ns + s->warmup_ns;
  *until = t->until_ns ? t->until_ns : pl_now(l->o.clock);
  if (*until < *from)
    *until = *from;
}

static double per_second(uint64_t count, uint64_t from, uint64_t until)
{
  return until > from ? (double)count / ((double)(until - from) * 1e-9) : 0;
}

/* Starts of the measured part that were planned so early that they could be answered in time: by Little's law as many as the rate
 * holds in a mean iteration are in flight at the end, and no sign of a target that does not keep up. The mean of those that ended in
 * time, for what ends later grows with the backlog. */
static double answerable(const pl_load *l, size_t i, const pl_merge_totals *t, uint64_t from, uint64_t until)
{
  const pl_live_stages *s = &l->stages[i];
  uint64_t begin = l->start_ns + l->o.plan->scenarios[i].offset_ns, mean = t->in_time ? t->in_time_ns / t->in_time : 0;
  uint64_t last = until > from + mean ? until - mean : from;
  double before = pl_stages_area(s->list, s->n, from - begin), whole = pl_stages_area(s->list, s->n, until - begin) - before;
  double part = pl_stages_area(s->list, s->n, last - begin) - before;
  if (whole <= 0) { /* a schedule without stages: as if it were even */
    whole = (double)(until - from);
    part = (double)(last - from);
  }
  return whole > 0 ? floor((double)t->planned * part / whole + 1e-9) : 0;
}

static double kept_up(uint64_t answered, double planned, bool scheduled)
{
  if (!scheduled || (double)answered >= planned)
    return answered > 0 || !scheduled ? 1 : 0;
  return (double)answered / planned;
}

static void add_counts(const pl_merge_totals *t, pl_load_stats *out)
{
  out->planned += t->planned;
  out->started += t->started;
  out->late += t->late;
  out->dropped += t->dropped;
  out->cancelled += t->cancelled;
  out->no_user += t->no_user;
  out->warmup_starts += t->warmup_starts;
  if (t->behind > out->behind) {
    out->behind = t->behind;
    out->behind_at_s = (double)t->behind_second;
  }
  out->iterations += t->iterations;
  out->iterations_failed += t->iterations_failed;
  out->iterations_broken += t->iterations_broken;
  out->iterations_unserved += t->iterations_unserved;
  out->never_left += t->never_left;
  out->spoke_tls += t->spoke_tls;
  out->spoke_http2 += t->spoke_http2;
  out->bytes_sent += t->bytes_sent;
  out->bytes_received += t->bytes_received;
  out->users += t->users;
  out->users_max += t->users_max;
  double limit = (double)t->timeout_ns * 1e-9;
  if (limit > 0 && (out->timeout_s <= 0 || limit < out->timeout_s))
    out->timeout_s = limit;
  for (int f = 0; f < PL_FAILURES; f++) {
    out->errors[f] += f == PL_FAIL_NONE ? 0 : t->outcomes[f];
    if (f == PL_FAIL_NONE)
      out->ok += t->outcomes[f];
    else if (f == PL_FAIL_ABORTED)
      out->aborted += t->outcomes[f];
    else
      out->failed += t->outcomes[f];
  }
  out->requests = out->ok + out->failed;
}

void pl_load_stats_get(const pl_load *load, size_t scenario, pl_load_stats *out)
{
  union {
    const pl_load *read_only;
    pl_load *l;
  } view = {load}; /* the lock is the only thing written */
  pl_load *l = view.l;
  uint64_t first = UINT64_MAX, last = 0, in_time = 0;
  double in_reach = 0;
  bool scheduled = false;
  memset(out, 0, sizeof *out);
  uv_mutex_lock(&l->lock);
  for (size_t i = 0; i < l->n_scenarios && l->start_ns; i++) {
    if (scenario != SIZE_MAX && scenario != i)
      continue;
    const pl_merge_totals *t = &l->totals[i];
    uint64_t from, until;
    measured_part(l, i, t, &from, &until);
    add_counts(t, out);
    out->rate_achieved += per_second(t->ended_in_time, from, until);
    if (l->o.plan->scenarios[i].model == PL_MODEL_OPEN && t->planned > 0) {
      out->rate_planned += per_second(t->planned, from, until);
      in_time += t->in_time;
      in_reach += l->done ? answerable(l, i, t, from, until) : 0;
      scheduled = true;
    }
    first = from < first ? from : first;
    last = until > last ? until : last;
  }
  out->connections = l->connections;
  uv_mutex_unlock(&l->lock);
  out->kept_up = l->done ? kept_up(in_time, in_reach, scheduled) : 0;
  out->duration_s = last > first ? (double)(last - first) * 1e-9 : 0;
}

void pl_load_times(const pl_load *l, int64_t *start_ms, int64_t *measured_from_ms, int64_t *measured_to_ms)
{
  union {
    const pl_load *read_only;
    pl_load *l;
  } view = {l};
  uint64_t first = UINT64_MAX, last = 0;
  bool open = false;
  uv_mutex_lock(&view.l->lock);
  for (size_t i = 0; i < l->n_scenarios; i++) {
    uint64_t from, until;
    measured_part(l, i, &l->totals[i], &from, &until);
    open = open || !l->totals[i].until_ns;
    first = from < first ? from : first;
    last = until > last ? until : last;
  }
  *start_ms = l->start_ms;
  bool begun = l->start_ns && pl_now(l->o.clock) >= first;
  *measured_from_ms = begun ? l->start_ms + (int64_t)((first - l->start_ns) / PL_MS_NS) : 0;
  *measured_to_ms = begun && !open ? l->start_ms + (int64_t)((last - l->start_ns + PL_MS_NS - 1) / PL_MS_NS) : 0;
  uv_mutex_unlock(&view.l->lock);
}

void pl_load_part_get(const pl_load *l, size_t scenario, pl_load_part *out)
{
  assert(l->done);
  const pl_merge_totals *t = &l->totals[scenario];
  uint64_t from, until;
  measured_part(l, scenario, t, &from, &until);
  *out = (pl_load_part){
      .from_ms = l->start_ms + (int64_t)((from - l->start_ns) / PL_MS_NS),
      .to_ms = l->start_ms + (int64_t)((until - l->start_ns + PL_MS_NS - 1) / PL_MS_NS),
      .drained_ms = pl_merge_end_ms(l->merge),
  };
  if (out->drained_ms < out->to_ms)
    out->drained_ms = out->to_ms;
}

const pl_error *pl_load_error(const pl_load *l)
{
  return &l->error;
}

/* ---- After done --------------------------------------------------------------------------------- */

int pl_load_hist(const pl_load *l, pl_str scenario, pl_str name, enum pl_dist which, pl_hist *into)
{
  assert(l->done);
  return pl_merge_hist(l->merge, scenario, name, which, into);
}

static void fill_row(const pl_merge_row *r, pl_load_row *out)
{
  *out = (pl_load_row){.key = r->key};
  for (uint32_t i = 0; i < r->n_outcomes; i++) {
    uint64_t n = r->outcomes[i].count;
    uint16_t outcome = r->outcomes[i].outcome;
    out->errors[outcome] += outcome == PL_FAIL_NONE ? 0 : n;
    out->ok += outcome == PL_FAIL_NONE ? n : 0;
    out->failed += outcome == PL_FAIL_NONE || outcome == PL_FAIL_ABORTED ? 0 : n;
  }
  out->requests = out->ok + out->failed;
}

size_t pl_load_rows(const pl_load *l, size_t scenario, pl_load_row *out, size_t max)
{
  assert(l->done);
  size_t n = 0;
  for (uint32_t i = 0; i < pl_merge_rows(l->merge); i++) {
    pl_merge_row r;
    pl_merge_row_get(l->merge, i, &r);
    if (r.scenario != scenario || r.n_outcomes == 0)
      continue;
    if (n < max)
      fill_row(&r, &out[n]);
    n++;
  }
  return n;
}

void pl_load_examples(const pl_load *l, size_t scenario,
                      void (*fn)(void *user, const pl_load_key *key, const pl_example_list *list, pl_load_start_time start), void *user)
{
  assert(l->done);
  pl_load_start_time start = {l->start_ns, l->start_ms};
  for (uint32_t i = 0; i < pl_merge_rows(l->merge); i++) {
    pl_merge_row r;
    pl_merge_row_get(l->merge, i, &r);
    const pl_example_list *list = pl_merge_examples(l->merge, i);
    if (r.scenario == scenario && list && list->n)
      fn(user, &r.key, list, start);
  }
}

void pl_load_statuses(const pl_load *l, size_t scenario,
                      void (*fn)(void *user, int status, uint64_t count, uint64_t failed), void *user)
{
  assert(l->done);
  uint64_t by_status[1000] = {0}, failed[1000] = {0};
  for (uint32_t i = 0; i < pl_merge_rows(l->merge); i++) {
    pl_merge_row r;
    pl_merge_row_get(l->merge, i, &r);
    for (uint32_t k = 0; r.scenario == scenario && k < r.n_outcomes; k++) {
      const pl_outcome_count *o = &r.outcomes[k];
      uint16_t status = o->status < 1000 ? o->status : 0;
      by_status[status] += o->count;
      failed[status] += o->outcome == PL_FAIL_STATUS ? o->count : 0;
    }
  }
  for (int status = 100; status < 1000; status++) { /* those below are not HTTP's: user_record.c keeps what their peers said */
    if (by_status[status])
      fn(user, status, by_status[status], failed[status]);
  }
}

void pl_load_checks(const pl_load *l, size_t scenario,
                    void (*fn)(void *user, pl_str label, uint64_t passed, uint64_t failed), void *user)
{
  assert(l->done);
  for (uint32_t i = 0; i < pl_merge_labels(l->merge); i++) {
    pl_merge_label c;
    pl_merge_label_get(l->merge, i, &c);
    uint64_t passed = (uint64_t)c.sum;
    if (c.kind == PL_LABEL_CHECK && c.scenario == scenario && c.n)
      fn(user, c.text, passed, c.n - passed);
  }
}

void pl_load_texts(const pl_load *l, size_t scenario, enum pl_label_kind kind,
                   void (*fn)(void *user, pl_str text, uint64_t count), void *user)
{
  assert(l->done);
  for (uint32_t i = 0; i < pl_merge_labels(l->merge); i++) {
    pl_merge_label e;
    pl_merge_label_get(l->merge, i, &e);
    if (e.kind == kind && e.scenario == scenario && e.n)
      fn(user, e.text, e.n);
  }
}

/* ---- Verdict ------------------------------------------------------------------------------------ */

unsigned pl_load_workers(const pl_load *l)
{
  return l->n_seats;
}

void pl_load_worker_stats_get(const pl_load *l, unsigned worker, pl_load_worker_stats *out)
{
  *out = l->worker_stats[worker];
}

void pl_load_tls_get(const pl_load *l, pl_tls_counts *out)
{
  assert(l->done);
  *out = (pl_tls_counts){0};
  for (unsigned i = 0; i < l->n_seats; i++)
    pl_tls_counts_add(out, &pl_merge_worker_get(l->merge, i)->client.tls);
}

void pl_load_http2_get(const pl_load *l, pl_http2_counts *out)
{
  assert(l->done);
  *out = (pl_http2_counts){0};
  for (unsigned i = 0; i < l->n_seats; i++) {
    const pl_http2_counts *c = &pl_merge_worker_get(l->merge, i)->client.http2;
    out->sessions += c->sessions;
    out->fallbacks += c->fallbacks;
    out->goaways += c->goaways;
    out->resets += c->resets;
    out->refused += c->refused;
  }
}

bool pl_load_fit(const pl_load *l, size_t scenario, pl_fit_result *out)
{
  assert(l->done);
  const pl_live_stages *s = &l->stages[scenario];
  return s->list == l->o.plan->scenarios[scenario].stages && pl_merge_fit(l->merge, scenario, out);
}

const pl_hist *pl_load_loopback(const pl_load *l)
{
  assert(l->done);
  return &l->loopback;
}

int64_t pl_load_clock_step(const pl_load *l)
{
  assert(l->done);
  return l->steps.largest_ns;
}

static uint64_t quantile_or_0(const pl_hist *h, double p)
{
  return h->count ? pl_hist_quantile(h, p) : 0;
}

/* h: NULL is none; with less than so many values none, either. A quantile beyond which there are fewer than ten values says little more than the maximum: nobody is judged by it. */
static pl_lateness lateness(const pl_hist *h, uint64_t fewest)
{
  static const struct {
    double p;
    uint64_t least;
  } levels[] = {{0.99, 1000}, {0.95, 200}, {0.90, 100}, {0.50, 20}};
  for (size_t i = 0; h && h->count >= fewest && i < sizeof levels / sizeof *levels; i++) {
    if (h->count >= levels[i].least)
      return (pl_lateness){pl_hist_quantile(h, levels[i].p), levels[i].p};
  }
  return (pl_lateness){0};
}

/* Of the scenario that has the fewest. */
static uint64_t least_locals(const pl_plan *plan)
{
  uint64_t least = UINT64_MAX;
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    uint64_t n = plan->scenarios[i].route ? pl_route_locals(plan->scenarios[i].route) : 0;
    least = n < least ? n : least;
  }
  return least;
}

void pl_load_judge(const pl_load *l, const pl_machine_health *health, pl_load_verdict *out)
{
  assert(l->done);
  pl_load_stats s;
  pl_hist latency;
  pl_load_stats_get(l, SIZE_MAX, &s);
  pl_hist_init(&latency, l->o.alloc);
  int code = pl_merge_hist(l->merge, (pl_str){0}, (pl_str){0}, PL_DIST_LATENCY, &latency);
  pl_verdict_facts f = {
      .workers = l->worker_stats, .n_workers = l->n_seats,
      .latency_p50_ns = quantile_or_0(&latency, 0.50), .latency_p99_ns = quantile_or_0(&latency, 0.99),
      .pacing_lag = lateness(pl_merge_pacing_lag(l->merge), 0),
      .receive_lag = lateness(pl_merge_receive_lag(l->merge), 1000), /* of a short load it is that of its begin, with all connections at once */
      .planned = s.planned, .dropped = s.dropped, .no_user = s.no_user,
      .lost_records = pl_merge_lost(l->merge) + (code == PL_ENOMEM),
      .lost_users = pl_merge_lost_users(l->merge), .users_peak = s.users_max,
      .connections = s.connections, .locals = least_locals(l->o.plan), .requests = s.requests, .health = *health,
      .clock_step_ns = l->steps.largest_ns,
  };
  for (size_t i = 0; i < l->n_scenarios; i++)
    f.users_max += l->o.plan->scenarios[i].model == PL_MODEL_OPEN ? l->o.plan->scenarios[i].max_users : 0;
  for (unsigned i = 0; i < l->n_seats && !f.out_of; i++)
    f.out_of = pl_merge_worker_get(l->merge, i)->client.out_of;
  pl_hist_fini(&latency);
  pl_verdict_judge(&f, out);
}

/* Frames of all workers become seconds. Each worker's frames wait in a queue until every worker has left a
 * second behind; then that second is added up, given to the sink and folded into 10 s, 60 s and the whole
 * load, all by adding histograms, so nothing is approximated. Counts for a second that was given already
 * (a start that waited for a user) count in the next one: what was given never changes. So do outcomes that came after the
 * measured part had ended in the middle of a second: the second holds what was answered in time, which rates are made of. */
#include "load/merge.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "load/recorder.h"

enum { LEVEL_SECOND, LEVEL_TEN, LEVEL_MINUTE, LEVEL_WHOLE, LEVELS };
static const unsigned level_seconds[LEVELS] = {1, 10, 60, 0};

/* One label set of the whole load. */
typedef struct row {
  uint32_t scenario;
  pl_load_key key;
  pl_hist *dist[PL_DISTS][LEVELS];
  uint32_t n_outcomes, n_given; /* n_given: outcomes that the sink has seen */
  pl_outcome_count outcomes[PL_CELL_OUTCOMES];
  uint64_t given[PL_CELL_OUTCOMES]; /* by outcome: the total that the sink has */
  pl_outcome_count *put_off; /* of the drain in the second in which the measured part ends */
  uint32_t n_put_off;
} row;

typedef struct label {
  enum pl_label_kind kind;
  uint32_t scenario;
  pl_str text;
  pl_tally total, second;
  bool given;
} label;

typedef struct source { /* one worker */
  pl_recorder *recorder;
  pl_frame *first, **end;  /* taken and not merged yet */
  uint64_t reached;        /* second of the newest frame */
  uint64_t left;           /* seconds that it has left behind */
  bool ended;
  uint32_t *row_of;        /* its slots and labels as rows and labels of the load */
  uint32_t n_rows;
  uint32_t *label_of;
  uint32_t n_labels;
  uint32_t *users, *users_top, *users_peak; /* by scenario: now, most of the open second, most ever */
  uint64_t *ended_in;      /* by scenario: 1 + the second in which its measured part ended; 0: not yet */
  uint64_t second_cpu_ns, second_wall_ns;
  pl_merge_worker stats;
} source;

struct pl_merge {
  const pl_allocator *alloc;
  const pl_plan *plan;
  pl_load_sink sink;
  source *sources;
  unsigned n_sources;
  uint32_t n_scenarios, rows_max, n_rows, n_labels;
  pl_intern *row_names, *label_names;
  row **rows;
  label *labels;
  pl_merge_totals *totals; /* by scenario */
  uint64_t *second_planned;
  bool *starts_given;
  pl_hist receive_lag, pacing_lag;
  uint64_t lost, lost_users;
  uint64_t second; /* the open one */
  int64_t start_ms;
  uint64_t start_ns;
  bool any_put_off;
  bool done;
};

/* ---- Life --------------------------------------------------------------------------------------- */

static void row_free(const pl_allocator *a, row *r)
{
  if (!r)
    return;
  for (int d = 0; d < PL_DISTS; d++) {
    for (int level = 0; level < LEVELS; level++) {
      if (r->dist[d][level]) {
        pl_hist_fini(r->dist[d][level]);
        pl_free(a, r->dist[d][level], sizeof(pl_hist));
      }
    }
  }
  pl_free(a, r->put_off, PL_CELL_OUTCOMES * sizeof *r->put_off);
  pl_free(a, r, sizeof *r);
}

static void source_fini(const pl_merge *m, source *s)
{
  pl_free(m->alloc, s->row_of, m->rows_max * sizeof *s->row_of);
  pl_free(m->alloc, s->label_of, PL_LABELS_MAX * sizeof *s->label_of);
  pl_free(m->alloc, s->users, m->n_scenarios * sizeof *s->users);
  pl_free(m->alloc, s->users_top, m->n_scenarios * sizeof *s->users_top);
  pl_free(m->alloc, s->users_peak, m->n_scenarios * sizeof *s->users_peak);
  pl_free(m->alloc, s->ended_in, m->n_scenarios * sizeof *s->ended_in);
}

void pl_merge_free(pl_merge *m)
{
  if (!m)
    return;
  for (unsigned i = 0; m->sources && i < m->n_sources; i++)
    source_fini(m, &m->sources[i]);
  for (uint32_t i = 0; m->rows && i < m->n_rows; i++)
    row_free(m->alloc, m->rows[i]);
  pl_free(m->alloc, m->sources, m->n_sources * sizeof *m->sources);
  pl_free(m->alloc, m->rows, m->rows_max * sizeof(row *));
  pl_free(m->alloc, m->labels, PL_LABELS_MAX * sizeof *m->labels);
  pl_free(m->alloc, m->totals, m->n_scenarios * sizeof *m->totals);
  pl_free(m->alloc, m->second_planned, m->n_scenarios * sizeof *m->second_planned);
  pl_free(m->alloc, m->starts_given, m->n_scenarios * sizeof *m->starts_given);
  pl_intern_free(m->row_names);
  pl_intern_free(m->label_names);
  pl_hist_fini(&m->receive_lag);
  pl_hist_fini(&m->pacing_lag);
  pl_free(m->alloc, m, sizeof *m);
}

static int source_init(pl_merge *m, source *s, pl_recorder *recorder)
{
  s->recorder = recorder;
  s->end = &s->first;
  s->row_of = pl_alloc(m->alloc, m->rows_max * sizeof *s->row_of);
  s->label_of = pl_alloc(m->alloc, PL_LABELS_MAX * sizeof *s->label_of);
  s->users = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *s->users);
  s->users_top = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *s->users_top);
  s->users_peak = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *s->users_peak);
  s->ended_in = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *s->ended_in);
  return s->row_of && s->label_of && s->users && s->users_top && s->users_peak && s->ended_in ? PL_OK : PL_ENOMEM;
}

/* A row under a new text. The row first: an id without one would move all later rows away from theirs. */
static uint32_t add_row(pl_merge *m, const pl_slot_key *k, pl_str text)
{
  row *r = pl_alloc_zero(m->alloc, 1, sizeof *r);
  int64_t id = r ? pl_intern_id(m->row_names, text) : -1;
  if (id < 0) {
    pl_free(m->alloc, r, sizeof *r);
    return UINT32_MAX;
  }
  const char *kept = pl_intern_key(m->row_names, (uint32_t)id).data + 4;
  r->scenario = k->scenario;
  r->key = (pl_load_key){m->plan->scenarios[k->scenario].name,
                         {kept + k->method.len + 1, k->name.len}, {kept, k->method.len}};
  m->rows[m->n_rows++] = r;
  return (uint32_t)id;
}

/* The row of a label set, made when new; beyond the plan's limit the scenario's "__other__". The text made
 * of it is that of the recorder: scenario number, method, NUL, name. UINT32_MAX: no memory. */
static uint32_t row_of(pl_merge *m, const pl_slot_key *k)
{
  char text[4 + 32 + 1 + 512];
  memcpy(text, &k->scenario, 4);
  size_t n = 4;
  if (k->method.len)
    memcpy(text + n, k->method.data, k->method.len);
  n += k->method.len;
  text[n++] = 0;
  if (k->name.len)
    memcpy(text + n, k->name.data, k->name.len);
  n += k->name.len;
  int64_t known = pl_intern_find(m->row_names, (pl_str){text, n});
  bool other = pl_str_eqc(k->name, "__other__");
  if (known < 0 && !other && m->n_rows >= m->rows_max - m->n_scenarios)
    return row_of(m, &(pl_slot_key){k->scenario, PL_STR("__other__"), {"", 0}});
  return known >= 0 ? (uint32_t)known : add_row(m, k, (pl_str){text, n});
}

static int make(pl_merge *m, const pl_merge_options *o)
{
  m->row_names = pl_intern_new(m->alloc, m->rows_max);
  m->label_names = pl_intern_new(m->alloc, PL_LABELS_MAX);
  m->rows = pl_alloc_zero(m->alloc, m->rows_max, sizeof(row *));
  m->labels = pl_alloc_zero(m->alloc, PL_LABELS_MAX, sizeof *m->labels);
  m->totals = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->totals);
  m->second_planned = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->second_planned);
  m->starts_given = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->starts_given);
  m->sources = pl_alloc_zero(m->alloc, m->n_sources, sizeof *m->sources);
  if (!m->row_names || !m->label_names || !m->rows || !m->labels || !m->totals ||
      !m->second_planned || !m->starts_given || !m->sources)
    return PL_ENOMEM;
  for (unsigned i = 0; i < m->n_sources; i++) {
    if (source_init(m, &m->sources[i], o->recorders[i]))
      return PL_ENOMEM;
  }
  for (uint32_t s = 0; s < m->n_scenarios; s++) {
    if (row_of(m, &(pl_slot_key){s, {"", 0}, {"", 0}}) != s)
      return PL_ENOMEM;
  }
  return PL_OK;
}

int pl_merge_new(const pl_merge_options *o, pl_merge **out, pl_error *err)
{
  pl_merge *m = pl_alloc_zero(o->alloc, 1, sizeof *m);
  if (!m)
    return pl_fail(err, PL_ENOMEM, "out of memory for the merger");
  m->alloc = o->alloc;
  m->plan = o->plan;
  m->sink = o->sink;
  m->n_sources = o->workers;
  m->n_scenarios = (uint32_t)o->plan->n_scenarios;
  m->rows_max = 2 * m->n_scenarios + (o->plan->names_max ? o->plan->names_max : PL_NAMES_MAX);
  pl_hist_init(&m->receive_lag, o->alloc);
  pl_hist_init(&m->pacing_lag, o->alloc);
  if (make(m, o)) {
    pl_merge_free(m);
    return pl_fail(err, PL_ENOMEM, "out of memory for the merger");
  }
  *out = m;
  return PL_OK;
}

void pl_merge_begin(pl_merge *m, int64_t start_ms, uint64_t start_ns)
{
  m->start_ms = start_ms;
  m->start_ns = start_ns;
}

/* ---- One frame into the open second ------------------------------------------------------------- */

/* Rows for the slots that this frame speaks of for the first time. */
static void learn_slots(pl_merge *m, source *s, const pl_frame *f)
{
  for (; s->n_rows < f->n_slots; s->n_rows++)
    s->row_of[s->n_rows] = row_of(m, pl_recorder_slot_key(s->recorder, s->n_rows));
}

static uint32_t label_of(pl_merge *m, const pl_label_key *k)
{
  char text[8 + PL_LABEL_TEXT];
  uint32_t head[2] = {(uint32_t)k->kind, k->scenario};
  memcpy(text, head, 8);
  if (k->text.len)
    memcpy(text + 8, k->text.data, k->text.len);
  int64_t id = pl_intern_id(m->label_names, (pl_str){text, k->text.len + 8});
  if (id < 0)
    return UINT32_MAX;
  if ((uint32_t)id == m->n_labels) {
    pl_str kept = pl_intern_key(m->label_names, (uint32_t)id);
    m->labels[m->n_labels++] =
        (label){.kind = k->kind, .scenario = k->scenario, .text = {kept.data + 8, kept.len - 8}};
  }
  return (uint32_t)id;
}

static void add_hist(pl_merge *m, row *r, int which, int level, const pl_hist *from)
{
  pl_hist *h = r->dist[which][level];
  if (!h) {
    h = pl_alloc(m->alloc, sizeof *h);
    if (h)
      pl_hist_init(h, m->alloc);
    r->dist[which][level] = h;
  }
  if (!h || pl_hist_add(h, from))
    m->lost += from->count;
}

static void add_outcome(pl_outcome_count *list, uint32_t *n, const pl_outcome_count *o)
{
  for (uint32_t i = 0; i < *n; i++) {
    if (list[i].status == o->status && list[i].outcome == o->outcome) {
      list[i].count += o->count;
      return;
    }
  }
  if (*n >= PL_CELL_OUTCOMES - PL_FAILURES && o->status != 0) {
    add_outcome(list, n, &(pl_outcome_count){0, o->outcome, false, o->count});
    return;
  }
  list[(*n)++] = (pl_outcome_count){o->status, o->outcome, false, o->count};
}

/* The outcome counts in the next second. False: no memory, so it must count in this one. */
static bool put_off(pl_merge *m, row *r, const pl_outcome_count *o)
{
  if (!r->put_off)
    r->put_off = pl_alloc_zero(m->alloc, PL_CELL_OUTCOMES, sizeof *r->put_off);
  if (!r->put_off)
    return false;
  add_outcome(r->put_off, &r->n_put_off, o);
  m->any_put_off = true;
  return true;
}

/* What was put off a second ago. */
static void add_put_off(pl_merge *m)
{
  for (uint32_t i = 0; i < m->n_rows && m->any_put_off; i++) {
    row *r = m->rows[i];
    for (uint32_t k = 0; k < r->n_put_off; k++)
      add_outcome(r->outcomes, &r->n_outcomes, &r->put_off[k]);
    r->n_put_off = 0;
  }
  m->any_put_off = false;
}

static void merge_cell(pl_merge *m, const source *s, const pl_cell *c)
{
  uint32_t id = s->row_of[c->slot];
  if (id == UINT32_MAX) {
    for (int d = 0; d < PL_DISTS; d++)
      m->lost += c->dist[d] ? c->dist[d]->count : 0;
    return;
  }
  row *r = m->rows[id];
  for (int d = 0; d < PL_DISTS; d++) {
    if (c->dist[d] && (c->dist[d]->count || c->dist[d]->lost))
      add_hist(m, r, d, LEVEL_SECOND, c->dist[d]);
  }
  for (uint32_t i = 0; i < c->n_outcomes; i++) {
    const pl_outcome_count *o = &c->outcomes[i];
    if (!o->late || s->ended_in[r->scenario] != m->second + 1 || !put_off(m, r, o))
      add_outcome(r->outcomes, &r->n_outcomes, o);
    m->totals[r->scenario].outcomes[c->outcomes[i].outcome] += c->outcomes[i].count;
  }
}

static void merge_labels(pl_merge *m, source *s, const pl_frame *f)
{
  for (; s->n_labels < f->n_labels; s->n_labels++)
    s->label_of[s->n_labels] = label_of(m, pl_recorder_label_key(s->recorder, s->n_labels));
  for (uint32_t i = 0; i < f->n_labels; i++) {
    if (!f->tallies[i].n || s->label_of[i] == UINT32_MAX)
      continue;
    label *l = &m->labels[s->label_of[i]];
    l->second.n += f->tallies[i].n;
    l->second.sum += f->tallies[i].sum;
    l->total.n += f->tallies[i].n;
    l->total.sum += f->tallies[i].sum;
  }
}

/* 0 stands for no limit. */
static uint64_t shorter_limit(uint64_t a, uint64_t b)
{
  return !a || (b && b < a) ? b : a;
}

static void merge_counts(pl_merge *m, source *s, const pl_frame *f)
{
  for (uint32_t i = 0; i < m->n_scenarios; i++) {
    const pl_scenario_counts *c = &f->counts[i];
    pl_merge_totals *t = &m->totals[i];
    t->planned += c->planned;
    t->started += c->started;
    t->late += c->late;
    t->dropped += c->dropped;
    t->cancelled += c->cancelled;
    t->no_user += c->no_user;
    t->warmup_starts += c->warmup_starts;
    t->iterations += c->iterations;
    t->iterations_failed += c->iterations_failed;
    t->iterations_broken += c->iterations_broken;
    t->bytes_sent += c->bytes_sent;
    t->bytes_received += c->bytes_received;
    t->ended_in_time += c->ended_in_time;
    if (c->first_end_ns && (!t->first_end_ns || c->first_end_ns < t->first_end_ns))
      t->first_end_ns = c->first_end_ns;
    t->in_time += c->in_time;
    t->in_time_ns += c->in_time_ns;
    t->timeout_ns = shorter_limit(t->timeout_ns, c->timeout_ns);
    t->until_ns = c->until_ns > t->until_ns ? c->until_ns : t->until_ns;
    if (c->until_ns > m->start_ns && (c->until_ns - m->start_ns) % PL_S_NS)
      s->ended_in[i] = 1 + (c->until_ns - m->start_ns) / PL_S_NS;
    if (c->users_peak > s->users_peak[i]) {
      t->users_max += c->users_peak - s->users_peak[i];
      s->users_peak[i] = c->users_peak;
    }
    m->second_planned[i] += c->planned + c->warmup_planned;
    if (f->noted)
      s->users[i] = f->users[i];
    s->users_top[i] = f->users_top[i] > s->users_top[i] ? f->users_top[i] : s->users_top[i];
  }
}

static void merge_frame(pl_merge *m, source *s, pl_frame *f)
{
  learn_slots(m, s, f);
  merge_counts(m, s, f);
  for (const pl_cell *c = f->touched; c; c = c->next)
    merge_cell(m, s, c);
  merge_labels(m, s, f);
  if (pl_hist_add(&m->receive_lag, &f->receive_lag) || pl_hist_add(&m->pacing_lag, &f->pacing_lag))
    m->lost++;
  s->second_cpu_ns += f->cpu_ns;
  s->second_wall_ns += f->wall_ns;
  if (f->noted) {
    s->stats.connections = f->connections;
    s->stats.connections_opened = f->connections_opened;
    s->stats.connections_max = f->connections_max;
    s->stats.handshakes = f->handshakes;
    s->stats.resumed = f->resumed;
    s->stats.tls = f->tls;
  }
  s->stats.out_of = f->out_of ? f->out_of : s->stats.out_of;
  m->lost += f->lost;
  m->lost_users += f->lost_users;
}

/* ---- A whole second ----------------------------------------------------------------------------- */

/* A closed loop without pace has no intended starts: its latency is its service time, recorded once. */
static bool latency_is_service(const pl_merge *m, uint32_t scenario)
{
  const pl_scenario *s = &m->plan->scenarios[scenario];
  return s->model != PL_MODEL_OPEN && s->pace_ns == 0;
}

static int64_t second_ms(const pl_merge *m, uint64_t second)
{
  return m->start_ms + (int64_t)second * 1000;
}

int64_t pl_merge_end_ms(const pl_merge *m)
{
  return second_ms(m, m->second);
}

/* Gives what a level of all rows holds and folds it into the next one. */
static void give_level(pl_merge *m, int level, int64_t ts_ms)
{
  for (uint32_t i = 0; i < m->n_rows; i++) {
    row *r = m->rows[i];
    for (int d = 0; d < PL_DISTS; d++) {
      pl_hist *h = r->dist[d][level];
      if (!h || !h->count)
        continue;
      m->sink.dist(m->sink.user, &r->key, (enum pl_dist)d, ts_ms, level_seconds[level], h);
      if (d == PL_DIST_LATENCY && latency_is_service(m, r->scenario))
        m->sink.dist(m->sink.user, &r->key, PL_DIST_SERVICE, ts_ms, level_seconds[level], h);
      if (level == LEVEL_WHOLE)
        continue;
      add_hist(m, r, d, level + 1, h);
      pl_hist_clear(h);
    }
  }
}

/* A total never falls: what moved to another outcome is made up by the next ones. */
static void give_outcomes(pl_merge *m, row *r, int64_t ts_ms)
{
  for (uint32_t i = 0; i < r->n_outcomes; i++) {
    const pl_outcome_count *o = &r->outcomes[i];
    char status[8];
    (void)snprintf(status, sizeof status, "%u", (unsigned)o->status);
    pl_str outcome = pl_str_of(pl_failure_name((enum pl_failure)o->outcome));
    r->given[i] = o->count > r->given[i] ? o->count : r->given[i];
    if (i >= r->n_given)
      m->sink.count(m->sink.user, "load_requests_total", &r->key, "status", pl_str_of(status),
                    "outcome", outcome, ts_ms - 1, 0);
    m->sink.count(m->sink.user, "load_requests_total", &r->key, "status", pl_str_of(status),
                  "outcome", outcome, ts_ms, (double)r->given[i]);
  }
  r->n_given = r->n_outcomes;
}

static void give_total(pl_merge *m, uint32_t scenario, const char *metric, const char *name,
                       const char *value, int64_t ts_ms, uint64_t total)
{
  const pl_load_key *key = &m->rows[scenario]->key;
  if (!m->starts_given[scenario])
    m->sink.count(m->sink.user, metric, key, name, pl_str_of(value), NULL, (pl_str){0}, ts_ms - 1, 0);
  m->sink.count(m->sink.user, metric, key, name, pl_str_of(value), NULL, (pl_str){0}, ts_ms, (double)total);
}

static void give_scenario(pl_merge *m, uint32_t i, int64_t ts_ms)
{
  pl_merge_totals *t = &m->totals[i];
  give_total(m, i, "load_starts_total", "outcome", "started", ts_ms, t->started);
  give_total(m, i, "load_starts_total", "outcome", "late", ts_ms, t->late);
  give_total(m, i, "load_starts_total", "outcome", "dropped", ts_ms, t->dropped);
  give_total(m, i, "load_starts_total", "outcome", "cancelled", ts_ms, t->cancelled);
  give_total(m, i, "load_bytes_total", "direction", "sent", ts_ms, t->bytes_sent);
  give_total(m, i, "load_bytes_total", "direction", "received", ts_ms, t->bytes_received);
  m->starts_given[i] = true;
  uint32_t users = 0, top = 0;
  for (unsigned w = 0; w < m->n_sources; w++) {
    users += m->sources[w].users[i];
    top += m->sources[w].users_top[i];
    m->sources[w].users_top[i] = m->sources[w].users[i];
  }
  t->users = users;
  m->sink.gauge(m->sink.user, "load_users", &m->rows[i]->key, ts_ms, top);
  if (m->plan->scenarios[i].model == PL_MODEL_OPEN)
    m->sink.gauge(m->sink.user, "load_rate_planned", &m->rows[i]->key, ts_ms,
                  (double)m->second_planned[i]);
  m->second_planned[i] = 0;
}

static void give_check(pl_merge *m, label *l, bool ok, int64_t ts_ms)
{
  const pl_load_key *key = &m->rows[l->scenario]->key;
  double passed = l->total.sum;
  pl_str value = ok ? PL_STR("true") : PL_STR("false");
  if (!l->given)
    m->sink.count(m->sink.user, "load_checks_total", key, "check", l->text, "ok", value, ts_ms - 1, 0);
  m->sink.count(m->sink.user, "load_checks_total", key, "check", l->text, "ok", value, ts_ms,
                ok ? passed : (double)l->total.n - passed);
}

static void give_labels(pl_merge *m, int64_t ts_ms)
{
  for (uint32_t i = 0; i < m->n_labels; i++) {
    label *l = &m->labels[i];
    if (l->kind == PL_LABEL_CHECK) {
      give_check(m, l, true, ts_ms);
      give_check(m, l, false, ts_ms);
      l->given = true;
    } else if (l->kind == PL_LABEL_METRIC && l->second.n) {
      m->sink.gauge(m->sink.user, l->text.data, &m->rows[l->scenario]->key, ts_ms,
                    l->second.sum / (double)l->second.n);
    }
    l->second = (pl_tally){0};
  }
}

/* Busy share: CPU time of the worker's thread over wall time. A piece shorter than half a second says
 * nothing and is left out. */
static void judge_workers(pl_merge *m)
{
  for (unsigned i = 0; i < m->n_sources; i++) {
    source *s = &m->sources[i];
    s->stats.cpu_ns += s->second_cpu_ns;
    s->stats.wall_ns += s->second_wall_ns;
    if (s->second_wall_ns >= PL_S_NS / 2) {
      s->stats.seconds++;
      s->stats.busy_seconds += (double)s->second_cpu_ns >= 0.97 * (double)s->second_wall_ns;
    }
    s->second_cpu_ns = s->second_wall_ns = 0;
  }
}

static void give_connections(pl_merge *m, int64_t ts_ms)
{
  double open = 0;
  for (unsigned i = 0; i < m->n_sources; i++)
    open += m->sources[i].stats.connections;
  m->sink.gauge(m->sink.user, "load_connections", &(pl_load_key){0}, ts_ms, open);
}

/* The open second, stamped ts. */
static void close_second(pl_merge *m, int64_t ts)
{
  add_put_off(m);
  for (unsigned i = 0; i < m->n_sources; i++) {
    source *s = &m->sources[i];
    while (s->first && s->first->index / PL_FRAMES_A_SECOND <= m->second) {
      pl_frame *f = s->first;
      s->first = f->next;
      if (!s->first)
        s->end = &s->first;
      merge_frame(m, s, f);
      pl_recorder_give_back(s->recorder, f);
    }
  }
  judge_workers(m);
  give_level(m, LEVEL_SECOND, ts);
  for (uint32_t i = 0; i < m->n_rows; i++)
    give_outcomes(m, m->rows[i], ts);
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    give_scenario(m, i, ts);
  give_labels(m, ts);
  give_connections(m, ts);
  m->sink.second(m->sink.user, ts);
  m->second++;
  if (m->second % 10 == 0)
    give_level(m, LEVEL_TEN, second_ms(m, m->second - 10));
  if (m->second % 60 == 0)
    give_level(m, LEVEL_MINUTE, second_ms(m, m->second - 60));
}

/* When the last measured part ended: no second of the future, in which another load may begin. */
static int64_t end_of_parts_ms(const pl_merge *m)
{
  uint64_t until_ns = m->start_ns;
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    until_ns = m->totals[i].until_ns > until_ns ? m->totals[i].until_ns : until_ns;
  return m->start_ms + (int64_t)((until_ns - m->start_ns + PL_MS_NS - 1) / PL_MS_NS);
}

static void give_end(pl_merge *m)
{
  give_level(m, LEVEL_TEN, second_ms(m, m->second / 10 * 10));
  give_level(m, LEVEL_MINUTE, second_ms(m, m->second / 60 * 60));
  give_level(m, LEVEL_WHOLE, m->start_ms);
  m->sink.done(m->sink.user);
}

/* ---- Taking ------------------------------------------------------------------------------------- */

static void take_frames(source *s)
{
  for (pl_frame *f; (f = pl_recorder_take(s->recorder)) != NULL;) {
    f->next = NULL;
    *s->end = f;
    s->end = &f->next;
    s->reached = f->index / PL_FRAMES_A_SECOND;
    s->left = (f->index + 1) / PL_FRAMES_A_SECOND;
    s->ended = s->ended || f->last;
  }
}

bool pl_merge_run(pl_merge *m)
{
  if (m->done)
    return true;
  uint64_t left = UINT64_MAX; /* seconds that every worker which still runs has left behind */
  uint64_t newest = 0;
  bool ended = true;
  for (unsigned i = 0; i < m->n_sources; i++) {
    source *s = &m->sources[i];
    take_frames(s);
    newest = s->reached > newest ? s->reached : newest;
    if (!s->ended && s->left < left)
      left = s->left;
    ended = ended && s->ended;
  }
  if (ended)
    left = newest + 1;
  while (m->second < left)
    close_second(m, second_ms(m, m->second));
  if (ended && m->any_put_off)
    close_second(m, end_of_parts_ms(m));
  if (ended) {
    m->done = true;
    give_end(m);
  }
  return ended;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static void add_totals(pl_merge_totals *into, const pl_merge_totals *t)
{
  into->planned += t->planned;
  into->started += t->started;
  into->late += t->late;
  into->dropped += t->dropped;
  into->cancelled += t->cancelled;
  into->no_user += t->no_user;
  into->warmup_starts += t->warmup_starts;
  into->iterations += t->iterations;
  into->iterations_failed += t->iterations_failed;
  into->iterations_broken += t->iterations_broken;
  into->bytes_sent += t->bytes_sent;
  into->bytes_received += t->bytes_received;
  into->ended_in_time += t->ended_in_time;
  if (t->first_end_ns && (!into->first_end_ns || t->first_end_ns < into->first_end_ns))
    into->first_end_ns = t->first_end_ns;
  into->in_time += t->in_time;
  into->in_time_ns += t->in_time_ns;
  into->timeout_ns = shorter_limit(into->timeout_ns, t->timeout_ns);
  into->until_ns = t->until_ns > into->until_ns ? t->until_ns : into->until_ns;
  for (int f = 0; f < PL_FAILURES; f++)
    into->outcomes[f] += t->outcomes[f];
  into->users += t->users;
  into->users_max += t->users_max;
}

void pl_merge_totals_get(const pl_merge *m, size_t scenario, pl_merge_totals *out)
{
  *out = (pl_merge_totals){0};
  for (uint32_t i = 0; i < m->n_scenarios; i++) {
    if (scenario == SIZE_MAX || scenario == i)
      add_totals(out, &m->totals[i]);
  }
}

const pl_merge_worker *pl_merge_worker_get(const pl_merge *m, unsigned worker)
{
  return &m->sources[worker].stats;
}

const pl_hist *pl_merge_receive_lag(const pl_merge *m)
{
  return &m->receive_lag;
}

const pl_hist *pl_merge_pacing_lag(const pl_merge *m)
{
  return &m->pacing_lag;
}

uint64_t pl_merge_lost(const pl_merge *m)
{
  return m->lost;
}

uint64_t pl_merge_lost_users(const pl_merge *m)
{
  return m->lost_users;
}

/* Whether a row's name is this one, with any tags. */
static bool is_named(pl_str full, pl_str name)
{
  return pl_str_starts(full, name) && (full.len == name.len || full.data[name.len] == PL_TAG_MARK);
}

int pl_merge_hist(const pl_merge *m, pl_str scenario, pl_str name, enum pl_dist which, pl_hist *into)
{
  bool found = false;
  for (uint32_t i = 0; i < m->n_rows; i++) {
    const row *r = m->rows[i];
    if ((scenario.len && !pl_str_eq(scenario, r->key.scenario)) || (name.len && !is_named(r->key.name, name)))
      continue;
    bool alias = which == PL_DIST_SERVICE && latency_is_service(m, r->scenario);
    const pl_hist *h = r->dist[alias ? PL_DIST_LATENCY : which][LEVEL_WHOLE];
    if (!h || !h->count)
      continue;
    if (pl_hist_add(into, h))
      return PL_ENOMEM;
    found = true;
  }
  return found ? PL_OK : PL_ENOENT;
}

uint32_t pl_merge_rows(const pl_merge *m)
{
  return m->n_rows;
}

void pl_merge_row_get(const pl_merge *m, uint32_t i, pl_merge_row *out)
{
  const row *r = m->rows[i];
  *out = (pl_merge_row){r->key, r->scenario, r->outcomes, r->n_outcomes};
}

uint32_t pl_merge_labels(const pl_merge *m)
{
  return m->n_labels;
}

void pl_merge_label_get(const pl_merge *m, uint32_t i, pl_merge_label *out)
{
  const label *l = &m->labels[i];
  *out = (pl_merge_label){l->kind, l->scenario, l->text, l->total.n, l->total.sum};
}

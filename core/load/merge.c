/* Frames of all workers become seconds. A worker's frames are added to the open second as they come; those of later seconds wait in
 * a queue until every worker has left the open one behind, which is then given to the sink and folded into 10 s, 60 s and the whole
 * load, all by adding histograms, so nothing is approximated. Counts for a second that was given already
 * (a start that waited for a user) count in the next one: what was given never changes. So do outcomes that came after the
 * measured part had ended in the middle of a second: the second holds what was answered in time, which rates are made of. */
#include "load/merge.h"

#include <string.h>

#include "base/error.h"
#include "load/merge_inside.h"

enum { SECOND_MIN_MS = 2 };

/* ---- Life ---------------------------------------------------------------------------------------- */

static void level_free(const pl_allocator *a, pl_merge_set *r, int level)
{
  for (int d = 0; d < PL_DISTS; d++) {
    if (r->dist[d][level]) {
      pl_hist_fini(r->dist[d][level]);
      pl_free(a, r->dist[d][level], sizeof(pl_hist));
      r->dist[d][level] = NULL;
    }
  }
}

static void row_settle(const pl_allocator *a, pl_merge_set *r)
{
  for (int level = 0; level < LEVEL_WHOLE; level++)
    level_free(a, r, level);
  pl_free(a, r->slow[0], sizeof *r->slow[0]);
  r->slow[0] = NULL;
  pl_free(a, r->put_off, PL_CELL_OUTCOMES * sizeof *r->put_off);
  r->put_off = NULL;
}

static void row_free(const pl_allocator *a, pl_merge_set *r)
{
  row_settle(a, r);
  level_free(a, r, LEVEL_WHOLE);
  pl_free(a, r->slow[1], sizeof *r->slow[1]);
  pl_free(a, r, sizeof *r);
}

static void source_settle(const pl_merge *m, pl_merge_source *s)
{
  pl_free(m->alloc, s->row_of, m->rows_max * sizeof *s->row_of);
  pl_free(m->alloc, s->label_of, PL_LABELS_MAX * sizeof *s->label_of);
  s->row_of = s->label_of = NULL;
}

static void source_fini(const pl_merge *m, pl_merge_source *s)
{
  source_settle(m, s);
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
  for (uint32_t i = 0; i < m->n_rows; i++)
    row_free(m->alloc, m->rows[i]);
  pl_free(m->alloc, m->sources, m->n_sources * sizeof *m->sources);
  pl_free(m->alloc, m->rows, m->rows_cap * sizeof *m->rows);
  pl_free(m->alloc, m->labels, m->labels_cap * sizeof *m->labels);
  pl_free(m->alloc, m->totals, m->n_scenarios * sizeof *m->totals);
  pl_free(m->alloc, m->second_planned, m->n_scenarios * sizeof *m->second_planned);
  for (uint32_t i = 0; m->fits && i < m->n_scenarios; i++)
    pl_fit_fini(&m->fits[i], m->alloc);
  pl_free(m->alloc, m->fits, m->n_scenarios * sizeof *m->fits);
  pl_free(m->alloc, m->given, m->n_scenarios * sizeof *m->given);
  pl_intern_free(m->row_names);
  pl_intern_free(m->label_names);
  pl_hist_fini(&m->receive_lag);
  pl_hist_fini(&m->pacing_lag);
  pl_free(m->alloc, m, sizeof *m);
}

static int source_init(pl_merge *m, pl_merge_source *s, pl_recorder *recorder)
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
  pl_merge_set *r = pl_alloc_zero(m->alloc, 1, sizeof *r);
  bool fits = pl_reach(m->alloc, (void **)&m->rows, &m->rows_cap, m->n_rows, sizeof *m->rows);
  int64_t id = r && fits ? pl_intern_id(m->row_names, text) : -1;
  if (id < 0) {
    pl_free(m->alloc, r, sizeof *r);
    return UINT32_MAX;
  }
  const char *kept = pl_intern_key(m->row_names, (uint32_t)id).data + 4;
  r->scenario = k->scenario;
  r->crowded = id >= m->n_scenarios + PL_PHASE_NAMES_MAX;
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
  m->totals = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->totals);
  m->second_planned = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->second_planned);
  m->given = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->given);
  m->fits = pl_alloc_zero(m->alloc, m->n_scenarios, sizeof *m->fits);
  m->sources = pl_alloc_zero(m->alloc, m->n_sources, sizeof *m->sources);
  if (!m->row_names || !m->label_names || !m->totals || !m->second_planned || !m->given || !m->fits || !m->sources)
    return PL_ENOMEM;
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    pl_fit_init(&m->fits[i], &m->plan->scenarios[i], m->plan->seed);
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
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    m->fits[i].begin_ns = start_ns + m->plan->scenarios[i].offset_ns;
}

/* ---- One frame into the open second -------------------------------------------------------------- */

/* Rows for the slots that this frame speaks of for the first time. Where one worker has given the phases of a name to its scenario, those
 * of the others follow from now on: what stands under a name is all of it. */
static void learn_slots(pl_merge *m, pl_merge_source *s, const pl_frame *f)
{
  for (; s->n_rows < f->n_slots; s->n_rows++) {
    uint32_t slot = s->n_rows, row = row_of(m, pl_recorder_slot_key(s->recorder, slot));
    s->row_of[slot] = row;
    if (row != UINT32_MAX && pl_recorder_phase_slot(s->recorder, slot) != slot)
      m->rows[row]->crowded = true;
  }
}

static uint32_t label_of(pl_merge *m, const pl_label_key *k)
{
  char text[8 + PL_LABEL_TEXT];
  uint32_t head[2] = {(uint32_t)k->kind, k->scenario};
  memcpy(text, head, 8);
  if (k->text.len)
    memcpy(text + 8, k->text.data, k->text.len);
  bool fits = pl_reach(m->alloc, (void **)&m->labels, &m->labels_cap, m->n_labels, sizeof *m->labels);
  int64_t id = fits ? pl_intern_id(m->label_names, (pl_str){text, k->text.len + 8}) : -1;
  if (id < 0)
    return UINT32_MAX;
  if ((uint32_t)id == m->n_labels) {
    pl_str kept = pl_intern_key(m->label_names, (uint32_t)id);
    m->labels[m->n_labels++] =
        (pl_merge_text){.kind = k->kind, .scenario = k->scenario, .text = {kept.data + 8, kept.len - 8}};
  }
  return (uint32_t)id;
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
static bool put_off(pl_merge *m, pl_merge_set *r, const pl_outcome_count *o)
{
  if (!r->put_off)
    r->put_off = pl_alloc_zero(m->alloc, PL_CELL_OUTCOMES, sizeof *r->put_off);
  if (!r->put_off)
    return false;
  add_outcome(r->put_off, &r->n_put_off, o);
  m->any_put_off = true;
  return true;
}

/* What was put off in the second that has ended counts in the one that begins. */
static void add_put_off(pl_merge *m)
{
  for (uint32_t i = 0; i < m->n_rows && m->any_put_off; i++) {
    pl_merge_set *r = m->rows[i];
    for (uint32_t k = 0; k < r->n_put_off; k++)
      add_outcome(r->outcomes, &r->n_outcomes, &r->put_off[k]);
    r->n_put_off = 0;
  }
  m->carried = m->any_put_off;
  m->any_put_off = false;
}

void pl_merge_add_hist(pl_merge *m, pl_merge_set *r, int which, int level, const pl_hist *from)
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

static void add_examples(pl_merge *m, pl_merge_set *r, const pl_example_list *from)
{
  for (int i = 0; i < 2; i++) {
    if (!r->slow[i])
      r->slow[i] = pl_alloc_zero(m->alloc, 1, sizeof *r->slow[i]);
    if (r->slow[i])
      pl_examples_merge(r->slow[i], from);
    else
      m->lost += from->n;
  }
}

static void merge_cell(pl_merge *m, const pl_merge_source *s, const pl_cell *c)
{
  uint32_t id = s->row_of[c->slot];
  if (id == UINT32_MAX) {
    for (int d = 0; d < PL_DISTS; d++)
      m->lost += c->dist[d] ? c->dist[d]->count : 0;
    return;
  }
  pl_merge_set *r = m->rows[id];
  for (int d = 0; d < PL_DISTS; d++) {
    if (c->dist[d] && (c->dist[d]->count || c->dist[d]->lost))
      pl_merge_add_hist(m, d >= PL_DIST_PHASE && r->crowded ? m->rows[r->scenario] : r, d, LEVEL_SECOND, c->dist[d]);
  }
  if (c->examples && c->examples->n)
    add_examples(m, r, c->examples);
  if (c->kept && c->kept->n && m->sink.kept)
    m->sink.kept(m->sink.user, &r->key, c->kept, m->start_ms, m->start_ns);
  for (uint32_t i = 0; i < c->n_outcomes; i++) {
    const pl_outcome_count *o = &c->outcomes[i];
    if (!o->late || s->ended_in[r->scenario] != m->second + 1 || !put_off(m, r, o))
      add_outcome(r->outcomes, &r->n_outcomes, o);
    m->totals[r->scenario].outcomes[c->outcomes[i].outcome] += c->outcomes[i].count;
  }
}

static void merge_labels(pl_merge *m, pl_merge_source *s, const pl_frame *f)
{
  for (; s->n_labels < f->n_labels; s->n_labels++)
    s->label_of[s->n_labels] = label_of(m, pl_recorder_label_key(s->recorder, s->n_labels));
  for (uint32_t i = 0; i < f->n_labels && i < f->tallies_cap; i++) {
    if (!f->tallies[i].n || s->label_of[i] == UINT32_MAX)
      continue;
    pl_merge_text *l = &m->labels[s->label_of[i]];
    l->second.n += f->tallies[i].n;
    l->second.sum += f->tallies[i].sum;
    l->total.n += f->tallies[i].n;
    l->total.sum += f->tallies[i].sum;
  }
}

static void join_counts(pl_merge_totals *into, const pl_scenario_counts *from)
{
  PL_COUNT_MAP(PL_COUNT_JOIN)
}

static void merge_counts(pl_merge *m, pl_merge_source *s, const pl_frame *f)
{
  for (uint32_t i = 0; i < m->n_scenarios; i++) {
    const pl_scenario_counts *c = &f->counts[i];
    pl_merge_totals *t = &m->totals[i];
    join_counts(t, c);
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

static void merge_sends(pl_merge *m, const pl_frame *f)
{
  uint64_t begin = m->start_ns + f->index * PL_FRAME_NS, second = m->start_ns + m->second * PL_S_NS;
  for (uint32_t i = 0; i < m->n_scenarios; i++) {
    if (pl_fit_add(&m->fits[i], &f->sends[i], begin, second, m->alloc))
      m->fits[i].scenario = NULL; /* without memory nothing is told */
  }
}

static void merge_frame(pl_merge *m, pl_merge_source *s, pl_frame *f)
{
  learn_slots(m, s, f);
  merge_counts(m, s, f);
  for (const pl_cell *c = f->touched; c; c = c->next)
    merge_cell(m, s, c);
  merge_labels(m, s, f);
  merge_sends(m, f);
  if (pl_hist_add(&m->receive_lag, &f->receive_lag) || pl_hist_add(&m->pacing_lag, &f->pacing_lag))
    m->lost++;
  s->second_cpu_ns += f->cpu_ns;
  s->second_busy_ns += f->cpu_ns > f->polled_ns ? f->cpu_ns - f->polled_ns : 0;
  s->second_wall_ns += f->wall_ns;
  s->stats.stalled_ns += f->stalled_ns;
  if (f->noted) {
    s->stats.client = f->client;
    s->stats.usage = f->usage;
  }
  m->lost += f->lost;
  m->lost_users += f->lost_users;
}

/* ---- A whole second ------------------------------------------------------------------------------ */

static int64_t second_ms(const pl_merge *m, uint64_t second)
{
  return m->start_ms + (int64_t)second * 1000;
}

int64_t pl_merge_end_ms(const pl_merge *m)
{
  return second_ms(m, m->second);
}

/* Busy share: CPU time of the worker's thread, without polls that found nothing, over wall time. A piece shorter than half a second says
 * nothing and is left out. */
static void judge_workers(pl_merge *m)
{
  for (unsigned i = 0; i < m->n_sources; i++) {
    pl_merge_source *s = &m->sources[i];
    s->stats.cpu_ns += s->second_cpu_ns;
    s->stats.busy_ns += s->second_busy_ns;
    s->stats.wall_ns += s->second_wall_ns;
    if (s->second_wall_ns >= PL_S_NS / 2) {
      s->stats.seconds++;
      s->stats.busy_seconds += (double)s->second_busy_ns >= 0.97 * (double)s->second_wall_ns;
    }
    s->second_cpu_ns = s->second_busy_ns = s->second_wall_ns = 0;
  }
}

/* The frames of the open second that were taken; a frame is merged when it comes, so that no second is work for its end alone. */
static void merge_open(pl_merge *m)
{
  for (unsigned i = 0; i < m->n_sources; i++) {
    pl_merge_source *s = &m->sources[i];
    while (s->first && s->first->index / PL_FRAMES_A_SECOND <= m->second) {
      pl_frame *f = s->first;
      s->first = f->next;
      if (!s->first)
        s->end = &s->first;
      merge_frame(m, s, f);
      pl_recorder_give_back(s->recorder, f);
    }
  }
}

/* When the last measured part ended. */
static int64_t end_of_parts_ms(const pl_merge *m)
{
  uint64_t until_ns = m->start_ns;
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    until_ns = m->totals[i].until_ns > until_ns ? m->totals[i].until_ns : until_ns;
  return m->start_ms + (int64_t)((until_ns - m->start_ns + PL_MS_NS - 1) / PL_MS_NS);
}

/* When the last worker handed over its last frame. */
static int64_t end_of_load_ms(const pl_merge *m)
{
  uint64_t most_ns = 0;
  for (unsigned i = 0; i < m->n_sources; i++) {
    const pl_merge_source *s = &m->sources[i];
    uint64_t ran_ns = s->stats.wall_ns + s->second_wall_ns;
    most_ns = ran_ns > most_ns ? ran_ns : most_ns;
  }
  return m->start_ms + (int64_t)((most_ns + PL_MS_NS - 1) / PL_MS_NS);
}

/* When the open second ends. The last one ends no later than the load, so that another one may begin behind it, or with the measured part where
 * what came after it was put off; and later than 1 ms after it began, by which databases of older versions are told (query/growth.h). */
static int64_t end_of_second_ms(const pl_merge *m, int64_t begin_ms, bool last)
{
  int64_t stop_ms = m->any_put_off ? end_of_parts_ms(m) : end_of_load_ms(m);
  if (!last || stop_ms > begin_ms + 1000)
    return begin_ms + 1000;
  return stop_ms < begin_ms + SECOND_MIN_MS ? begin_ms + SECOND_MIN_MS : stop_ms;
}

/* The open second, which begins at begin_ms; gives when it ends. */
static int64_t close_second(pl_merge *m, int64_t begin_ms, bool last)
{
  merge_open(m);
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    pl_fit_close(&m->fits[i], m->start_ns + m->second * PL_S_NS);
  int64_t end_ms = end_of_second_ms(m, begin_ms, last);
  judge_workers(m);
  pl_merge_give_second(m, begin_ms, end_ms);
  m->second++;
  add_put_off(m);
  if (m->second % 10 == 0)
    pl_merge_give_level(m, LEVEL_TEN, second_ms(m, m->second - 10));
  if (m->second % 60 == 0)
    pl_merge_give_level(m, LEVEL_MINUTE, second_ms(m, m->second - 60));
  return end_ms;
}

/* Figures outlive the load; what it took to make them goes. */
static void settle(pl_merge *m)
{
  for (uint32_t i = 0; i < m->n_rows; i++)
    row_settle(m->alloc, m->rows[i]);
  for (unsigned i = 0; i < m->n_sources; i++)
    source_settle(m, &m->sources[i]);
}

static void give_end(pl_merge *m)
{
  pl_merge_give_level(m, LEVEL_TEN, second_ms(m, m->second / 10 * 10));
  pl_merge_give_level(m, LEVEL_MINUTE, second_ms(m, m->second / 60 * 60));
  pl_merge_give_level(m, LEVEL_WHOLE, m->start_ms);
  m->sink.done(m->sink.user);
}

/* ---- Taking -------------------------------------------------------------------------------------- */

static void take_frames(pl_merge_source *s)
{
  for (pl_frame *f; (f = pl_recorder_take(s->recorder)) != NULL;) {
    f->next = NULL;
    *s->end = f;
    s->end = &f->next;
    s->reached = f->index / PL_FRAMES_A_SECOND;
    s->frames = f->index + 1;
    s->left = s->frames / PL_FRAMES_A_SECOND;
    s->ended = s->ended || f->last;
  }
}

/* Has rules look at the open second, once for each quarter of it that all workers have told of. */
static void look_ahead(pl_merge *m)
{
  uint64_t frames = UINT64_MAX, before = m->second * PL_FRAMES_A_SECOND;
  for (unsigned i = 0; i < m->n_sources; i++) {
    const pl_merge_source *s = &m->sources[i];
    if (!s->ended && s->frames < frames)
      frames = s->frames;
  }
  if (!m->sink.looks_ahead || frames <= before || frames == m->ahead_frames || !m->sink.looks_ahead(m->sink.user))
    return;
  m->ahead_frames = frames;
  pl_merge_give_ahead(m, second_ms(m, m->second));
  m->ahead_broken = m->sink.judge_ahead(m->sink.user, (double)(frames - before) / PL_FRAMES_A_SECOND) || m->ahead_broken;
}

bool pl_merge_take_broken(pl_merge *m)
{
  bool broken = m->ahead_broken;
  m->ahead_broken = false;
  return broken;
}

bool pl_merge_run(pl_merge *m)
{
  if (m->done)
    return true;
  uint64_t left = UINT64_MAX; /* seconds that every worker which still runs has left behind */
  uint64_t newest = 0;
  bool ended = true;
  for (unsigned i = 0; i < m->n_sources; i++) {
    pl_merge_source *s = &m->sources[i];
    take_frames(s);
    newest = s->reached > newest ? s->reached : newest;
    if (!s->ended && s->left < left)
      left = s->left;
    ended = ended && s->ended;
  }
  if (ended)
    left = newest + 1;
  merge_open(m);
  int64_t end_ms = second_ms(m, m->second);
  while (m->second < left)
    end_ms = close_second(m, second_ms(m, m->second), ended && m->second + 1 == left);
  if (ended && m->carried)
    (void)close_second(m, end_ms, true);
  if (ended) {
    m->done = true;
    give_end(m);
    settle(m);
  } else {
    look_ahead(m);
  }
  return ended;
}

/* Two frames are open: `now` and, once something fell behind its end, `later`; so a record always goes
 * by its own time. Frames change hands at a tick, or when a record lies behind the end of both.
 * Invariants: now->index < later->index; only `later` may be unused (its index is then free). */
#include "load/recorder.h"

#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "io/ring.h"

#define RETRY_NS (10 * PL_MS_NS) /* a collector that lags is not waited for in a busy loop */

struct pl_recorder {
  const pl_allocator *alloc;
  void (*handed)(void *user);
  void *user;
  uint32_t n_scenarios;
  uint32_t slots_max;
  uint64_t start_ns;
  pl_frame *now, *later;
  uint64_t later_from_ns; /* records at or after this go to `later`: its start, or the end of `now` */
  uint64_t retry_ns;        /* no frame was free: not before then */
  uint64_t cpu_ns, polled_ns, wall_ns; /* at the last hand-over */
  pl_intern *slot_names, *label_names;
  pl_slot_key *slots;
  pl_label_key *labels;
  uint32_t n_slots, n_labels;
  uint32_t of_kind[PL_LABEL_KINDS];
  pl_ring *full, *empty;
  pl_frame *frames[PL_FRAMES_MAX]; /* all that exist */
  unsigned n_frames;
  uint64_t lost; /* records without memory for a cell, since the last hand-over */
};

/* ---- Frames ------------------------------------------------------------------------------------- */

static void cells_free(const pl_allocator *a, pl_cell *c)
{
  while (c) {
    pl_cell *next = c->next;
    for (int d = 0; d < PL_DISTS; d++) {
      if (c->dist[d]) {
        pl_hist_fini(c->dist[d]);
        pl_free(a, c->dist[d], sizeof *c->dist[d]);
      }
    }
    pl_free(a, c->examples, sizeof *c->examples);
    pl_free(a, c->kept, sizeof *c->kept);
    pl_free(a, c, sizeof *c);
    c = next;
  }
}

static void frame_free(const pl_recorder *r, pl_frame *f)
{
  if (!f)
    return;
  cells_free(r->alloc, f->touched);
  cells_free(r->alloc, f->spare);
  pl_hist_fini(&f->receive_lag);
  pl_hist_fini(&f->pacing_lag);
  pl_free(r->alloc, f->cell_of, f->cells_cap * sizeof *f->cell_of);
  pl_free(r->alloc, f->tallies, f->tallies_cap * sizeof *f->tallies);
  pl_free(r->alloc, f->counts, r->n_scenarios * sizeof *f->counts);
  pl_free(r->alloc, f->sends, r->n_scenarios * sizeof *f->sends);
  pl_free(r->alloc, f->users, r->n_scenarios * sizeof *f->users);
  pl_free(r->alloc, f->users_top, r->n_scenarios * sizeof *f->users_top);
  pl_free(r->alloc, f, sizeof *f);
}

static pl_frame *frame_new(pl_recorder *r)
{
  if (r->n_frames == PL_FRAMES_MAX)
    return NULL;
  pl_frame *f = pl_alloc_zero(r->alloc, 1, sizeof *f);
  if (!f)
    return NULL;
  pl_hist_init(&f->receive_lag, r->alloc);
  pl_hist_init(&f->pacing_lag, r->alloc);
  f->counts = pl_alloc_zero(r->alloc, r->n_scenarios, sizeof *f->counts);
  f->sends = pl_alloc_zero(r->alloc, r->n_scenarios, sizeof *f->sends);
  f->users = pl_alloc_zero(r->alloc, r->n_scenarios, sizeof *f->users);
  f->users_top = pl_alloc_zero(r->alloc, r->n_scenarios, sizeof *f->users_top);
  if (!f->counts || !f->sends || !f->users || !f->users_top) {
    frame_free(r, f);
    return NULL;
  }
  r->frames[r->n_frames++] = f;
  return f;
}

/* A frame that comes back to more than a second's worth of empty ones was made while the collector lagged, and goes. */
static void shed_frame(pl_recorder *r)
{
  pl_frame *f = pl_ring_count(r->empty) > PL_FRAMES_A_SECOND ? pl_ring_pop(r->empty) : NULL;
  for (unsigned i = 0; f && i < r->n_frames; i++) {
    if (r->frames[i] == f) {
      r->frames[i] = r->frames[--r->n_frames];
      frame_free(r, f);
      return;
    }
  }
}

static pl_frame *frame_empty(pl_recorder *r)
{
  pl_frame *f = pl_ring_pop(r->empty);
  shed_frame(r);
  return f ? f : frame_new(r);
}

static void cell_clear(pl_cell *c)
{
  c->n_outcomes = 0;
  c->floor_ns = 0;
  if (c->examples)
    c->examples->n = 0;
  if (c->kept)
    c->kept->n = 0;
  for (int d = 0; d < PL_DISTS; d++) {
    if (c->dist[d] && c->dist[d]->count)
      pl_hist_clear(c->dist[d]);
  }
}

static void frame_clear(const pl_recorder *r, pl_frame *f)
{
  while (f->touched) {
    pl_cell *c = f->touched;
    f->touched = c->next;
    f->cell_of[c->slot] = NULL;
    cell_clear(c);
    c->next = f->spare;
    f->spare = c;
  }
  if (f->tallies_cap)
    memset(f->tallies, 0, f->tallies_cap * sizeof *f->tallies);
  memset(f->counts, 0, r->n_scenarios * sizeof *f->counts);
  for (uint32_t i = 0; i < r->n_scenarios; i++)
    f->sends[i].n = 0;
  memset(f->users, 0, r->n_scenarios * sizeof *f->users);
  memset(f->users_top, 0, r->n_scenarios * sizeof *f->users_top);
  pl_hist_clear(&f->receive_lag);
  pl_hist_clear(&f->pacing_lag);
  f->used = f->last = f->noted = false;
  f->cpu_ns = f->polled_ns = f->wall_ns = 0;
  f->lost = 0;
  f->lost_users = 0;
  f->stalled_ns = 0;
}

static uint64_t index_at(const pl_recorder *r, uint64_t t)
{
  return t > r->start_ns ? (t - r->start_ns) / PL_FRAME_NS : 0;
}

static uint64_t begin_of(const pl_recorder *r, uint64_t index)
{
  return r->start_ns + index * PL_FRAME_NS;
}

static void hand_over(pl_recorder *r, pl_frame *f)
{
  f->n_slots = r->n_slots;
  f->n_labels = r->n_labels;
  f->lost += r->lost;
  r->lost = 0;
  bool fits = pl_ring_push(r->full, f); /* the ring holds all frames that can exist */
  assert(fits);
  (void)fits;
  r->handed(r->user);
}

/* Hands `now` over and goes on with `later`. Without an empty frame all stays as it is: the open frames
 * take more time than a quarter second, and lose no record. */
static bool advance(pl_recorder *r)
{
  pl_frame *fresh = frame_empty(r);
  if (!fresh)
    return false;
  if (!r->later->used)
    r->later->index = r->now->index + 1;
  hand_over(r, r->now);
  r->now = r->later;
  r->now->used = true;
  r->later = fresh;
  r->later_from_ns = begin_of(r, r->now->index + 1);
  return true;
}

/* The frame of a moment behind the end of `now`. */
static pl_frame *frame_later(pl_recorder *r, uint64_t t)
{
  while (r->later->used && t >= begin_of(r, r->later->index + 1)) {
    if (!advance(r))
      return r->later;
    if (t < r->later_from_ns)
      return r->now;
  }
  if (!r->later->used) {
    r->later->used = true;
    r->later->index = index_at(r, t);
    r->later_from_ns = begin_of(r, r->later->index);
  }
  return r->later;
}

static inline pl_frame *frame_at(pl_recorder *r, uint64_t t)
{
  return t < r->later_from_ns ? r->now : frame_later(r, t);
}

/* ---- Life --------------------------------------------------------------------------------------- */

static int make(pl_recorder *r)
{
  r->slot_names = pl_intern_new(r->alloc, r->slots_max);
  r->label_names = pl_intern_new(r->alloc, PL_LABELS_MAX);
  r->slots = pl_alloc_zero(r->alloc, r->slots_max, sizeof *r->slots);
  r->labels = pl_alloc_zero(r->alloc, PL_LABELS_MAX, sizeof *r->labels);
  r->full = pl_ring_new(r->alloc, PL_FRAMES_MAX);
  r->empty = pl_ring_new(r->alloc, PL_FRAMES_MAX);
  if (!r->slot_names || !r->label_names || !r->slots || !r->labels || !r->full || !r->empty)
    return PL_ENOMEM;
  r->now = frame_new(r);
  r->later = frame_new(r);
  if (!r->now || !r->later)
    return PL_ENOMEM;
  r->now->used = true;
  for (uint32_t s = 0; s < r->n_scenarios; s++) {
    if (pl_recorder_slot(r, s, PL_STR(""), PL_STR("")) != s)
      return PL_ENOMEM;
  }
  return PL_OK;
}

int pl_recorder_new(const pl_recorder_options *o, pl_recorder **out, pl_error *err)
{
  pl_recorder *r = pl_alloc_zero(o->alloc, 1, sizeof *r);
  if (!r)
    return pl_fail(err, PL_ENOMEM, "out of memory for a recorder");
  r->alloc = o->alloc;
  r->handed = o->handed;
  r->user = o->user;
  r->n_scenarios = (uint32_t)o->plan->n_scenarios;
  /* a scenario itself, its "__other__", and the names */
  r->slots_max = 2 * r->n_scenarios + (o->plan->names_max ? o->plan->names_max : PL_NAMES_MAX);
  int code = make(r);
  if (code) {
    pl_recorder_free(r);
    return pl_fail(err, code, "out of memory for a recorder");
  }
  *out = r;
  return PL_OK;
}

void pl_recorder_free(pl_recorder *r)
{
  if (!r)
    return;
  for (unsigned i = 0; i < r->n_frames; i++)
    frame_free(r, r->frames[i]);
  pl_ring_free(r->full);
  pl_ring_free(r->empty);
  pl_intern_free(r->slot_names);
  pl_intern_free(r->label_names);
  pl_free(r->alloc, r->slots, r->slots_max * sizeof *r->slots);
  pl_free(r->alloc, r->labels, PL_LABELS_MAX * sizeof *r->labels);
  pl_free(r->alloc, r, sizeof *r);
}

void pl_recorder_begin(pl_recorder *r, uint64_t start_ns, uint64_t cpu_ns)
{
  r->start_ns = start_ns;
  r->wall_ns = start_ns;
  r->cpu_ns = cpu_ns;
  r->later_from_ns = begin_of(r, 1);
}

/* ---- Names -------------------------------------------------------------------------------------- */

/* "scenario number, method, NUL, name": what makes a slot the same. Returns the length, at most size. */
static size_t slot_text(char *out, size_t size, uint32_t scenario, pl_str name, pl_str method)
{
  size_t n = sizeof scenario;
  memcpy(out, &scenario, n);
  size_t m = method.len < 32 ? method.len : 32;
  if (m)
    memcpy(out + n, method.data, m);
  n += m;
  out[n++] = 0;
  size_t k = name.len < size - n ? name.len : size - n;
  if (k)
    memcpy(out + n, name.data, k);
  return n + k;
}

static uint32_t slot_of(pl_recorder *r, uint32_t scenario, pl_str name, pl_str method)
{
  char text[512];
  size_t n = slot_text(text, sizeof text, scenario, name, method);
  int64_t id = pl_intern_id(r->slot_names, (pl_str){text, n});
  if (id < 0)
    return UINT32_MAX;
  if ((uint32_t)id == r->n_slots) {
    pl_str kept = pl_intern_key(r->slot_names, (uint32_t)id);
    const char *p = kept.data + sizeof scenario;
    size_t m = strlen(p);
    r->slots[id] = (pl_slot_key){scenario, {p + m + 1, kept.len - sizeof scenario - m - 1}, {p, m}};
    r->n_slots++;
  }
  return (uint32_t)id;
}

uint32_t pl_recorder_slot(pl_recorder *r, uint32_t scenario, pl_str name, pl_str method)
{
  char text[512];
  size_t n = slot_text(text, sizeof text, scenario, name, method);
  bool known = pl_intern_find(r->slot_names, (pl_str){text, n}) >= 0;
  uint32_t slot = UINT32_MAX;
  if (known || r->n_slots < r->slots_max - r->n_scenarios)
    slot = slot_of(r, scenario, name, method);
  if (slot == UINT32_MAX)
    slot = slot_of(r, scenario, PL_STR("__other__"), PL_STR(""));
  return slot == UINT32_MAX ? scenario : slot;
}

uint32_t pl_recorder_phase_slot(const pl_recorder *r, uint32_t slot)
{
  return slot < r->n_scenarios + PL_PHASE_NAMES_MAX ? slot : r->slots[slot].scenario;
}

/* The label, added when new and fewer than `most` of its kind exist; UINT32_MAX: no place. */
static uint32_t label_of(pl_recorder *r, enum pl_label_kind kind, uint32_t scenario, pl_str text,
                         uint32_t most)
{
  char key[8 + PL_LABEL_TEXT];
  uint32_t head[2] = {(uint32_t)kind, scenario};
  size_t n = text.len < PL_LABEL_TEXT ? text.len : PL_LABEL_TEXT;
  memcpy(key, head, 8);
  if (n)
    memcpy(key + 8, text.data, n);
  int64_t id = pl_intern_find(r->label_names, (pl_str){key, n + 8});
  if (id >= 0)
    return (uint32_t)id;
  if (r->of_kind[kind] >= most)
    return UINT32_MAX;
  id = pl_intern_id(r->label_names, (pl_str){key, n + 8});
  if (id < 0)
    return UINT32_MAX;
  pl_str kept = pl_intern_key(r->label_names, (uint32_t)id);
  r->labels[id] = (pl_label_key){kind, scenario, {kept.data + 8, kept.len - 8}};
  r->of_kind[kind]++;
  r->n_labels++;
  return (uint32_t)id;
}

uint32_t pl_recorder_label(pl_recorder *r, enum pl_label_kind kind, uint32_t scenario, pl_str text)
{
  static const uint32_t most[] = {
      [PL_LABEL_CHECK] = PL_CHECKS_MAX,  [PL_LABEL_ERROR] = PL_TEXTS_MAX,     [PL_LABEL_GIVEN_UP] = PL_TEXTS_MAX,
      [PL_LABEL_REFUSED] = PL_TEXTS_MAX, [PL_LABEL_FAILURE] = PL_TEXTS_MAX,  [PL_LABEL_METRIC] = PL_METRICS_MAX,
  };
  uint32_t id = label_of(r, kind, scenario, text, most[kind]);
  return id != UINT32_MAX ? id : label_of(r, kind, scenario, PL_STR("other"), PL_LABELS_MAX);
}

/* ---- Recording ---------------------------------------------------------------------------------- */

static pl_cell *cell_new(pl_recorder *r, pl_frame *f, uint32_t slot)
{
  if (!pl_reach(r->alloc, (void **)&f->cell_of, &f->cells_cap, slot, sizeof *f->cell_of))
    return NULL;
  pl_cell *c = f->spare;
  if (c)
    f->spare = c->next;
  else if (!(c = pl_alloc_zero(r->alloc, 1, sizeof *c)))
    return NULL;
  c->slot = slot;
  c->next = f->touched;
  f->touched = c;
  f->cell_of[slot] = c;
  return c;
}

static inline pl_cell *cell_at(pl_recorder *r, pl_frame *f, uint32_t slot)
{
  pl_cell *c = pl_frame_cell(f, slot);
  return c ? c : cell_new(r, f, slot);
}

static pl_hist *hist_new(pl_recorder *r, pl_cell *c, enum pl_dist which)
{
  pl_hist *h = pl_alloc(r->alloc, sizeof *h);
  if (!h)
    return NULL;
  pl_hist_init(h, r->alloc);
  c->dist[which] = h;
  return h;
}

/* The cell that took the value; NULL: no memory, it is lost. */
static inline pl_cell *record(pl_recorder *r, uint64_t t, uint32_t slot, enum pl_dist which, uint64_t value_ns)
{
  pl_cell *c = cell_at(r, frame_at(r, t), slot);
  pl_hist *h = c ? c->dist[which] : NULL;
  if (!h && c)
    h = hist_new(r, c, which);
  if (!h) {
    r->lost++;
    return NULL;
  }
  pl_hist_record(h, value_ns);
  return c;
}

void pl_record_dist(pl_recorder *r, uint64_t t, uint32_t slot, enum pl_dist which, uint64_t value_ns)
{
  (void)record(r, t, slot, which, value_ns);
}

bool pl_record_latency(pl_recorder *r, uint64_t t, uint32_t slot, uint64_t value_ns)
{
  const pl_cell *c = record(r, t, slot, PL_DIST_LATENCY, value_ns);
  return c && value_ns > c->floor_ns;
}

void pl_record_example(pl_recorder *r, uint32_t slot, const pl_example *e)
{
  pl_cell *c = cell_at(r, frame_at(r, e->end_ns), slot);
  if (c && !c->examples)
    c->examples = pl_alloc_zero(r->alloc, 1, sizeof *c->examples);
  if (!c || !c->examples) {
    r->lost++;
    return;
  }
  pl_examples_add(c->examples, e);
  c->floor_ns = pl_examples_floor(c->examples);
}

void pl_record_kept(pl_recorder *r, uint32_t slot, const pl_example *e)
{
  pl_cell *c = cell_at(r, frame_at(r, e->end_ns), slot);
  if (c && !c->kept)
    c->kept = pl_alloc_zero(r->alloc, 1, sizeof *c->kept);
  if (c && c->kept)
    pl_kept_add(c->kept, e);
  else
    r->lost++;
}

static void add_outcome(pl_recorder *r, uint64_t t, uint32_t slot, pl_outcome_count add)
{
  pl_cell *c = cell_at(r, frame_at(r, t), slot);
  if (!c) {
    r->lost++;
    return;
  }
  for (uint32_t i = 0; i < c->n_outcomes; i++) {
    pl_outcome_count *o = &c->outcomes[i];
    if (o->status == add.status && o->outcome == add.outcome && o->late == add.late) {
      o->count += add.count;
      return;
    }
  }
  /* The last places are kept for status 0, so that every outcome still has one. */
  if (c->n_outcomes >= PL_CELL_OUTCOMES - 2 * PL_FAILURES && add.status != 0) {
    add.status = 0;
    add_outcome(r, t, slot, add);
    return;
  }
  c->outcomes[c->n_outcomes++] = add;
}

void pl_record_outcome(pl_recorder *r, uint64_t t, uint32_t slot, int status, enum pl_failure outcome, bool late)
{
  add_outcome(r, t, slot, (pl_outcome_count){(uint16_t)status, (uint8_t)outcome, late, 1});
}

void pl_record_moved(pl_recorder *r, uint64_t t, uint32_t slot, int status, enum pl_failure to, bool late)
{
  add_outcome(r, t, slot, (pl_outcome_count){(uint16_t)status, PL_FAIL_NONE, late, UINT64_MAX});
  add_outcome(r, t, slot, (pl_outcome_count){(uint16_t)status, (uint8_t)to, late, 1});
}

void pl_record_label(pl_recorder *r, uint64_t t, uint32_t label, double value)
{
  pl_frame *f = label < r->n_labels ? frame_at(r, t) : NULL;
  if (!f || (label >= f->tallies_cap && !pl_reach(r->alloc, (void **)&f->tallies, &f->tallies_cap, label, sizeof *f->tallies))) {
    r->lost++;
    return;
  }
  pl_tally *tally = &f->tallies[label];
  tally->n++;
  tally->sum += value;
}

pl_scenario_counts *pl_record_counts(pl_recorder *r, uint64_t t, uint32_t scenario)
{
  return &frame_at(r, t)->counts[scenario];
}

void pl_record_send(pl_recorder *r, uint64_t t, uint32_t scenario)
{
  pl_frame *f = frame_at(r, t);
  pl_sends *s = &f->sends[scenario];
  uint64_t begin = begin_of(r, f->index);
  if (s->n < PL_SENDS && t >= begin && t - begin <= UINT32_MAX)
    s->after_ns[s->n++] = (uint32_t)(t - begin);
}

void pl_record_receive_lag(pl_recorder *r, uint64_t t, uint64_t value_ns)
{
  pl_hist_record(&frame_at(r, t)->receive_lag, value_ns);
}

void pl_record_pacing_lag(pl_recorder *r, uint64_t t, uint64_t value_ns)
{
  pl_hist_record(&frame_at(r, t)->pacing_lag, value_ns);
}

void pl_record_stall(pl_recorder *r, uint64_t t, uint64_t ns)
{
  frame_at(r, t)->stalled_ns += ns;
}

void pl_record_no_user(pl_recorder *r, uint64_t t)
{
  frame_at(r, t)->lost_users++;
}

/* ---- Handing over ------------------------------------------------------------------------------- */

uint64_t pl_recorder_due(const pl_recorder *r)
{
  uint64_t end = begin_of(r, r->now->index + 1);
  return end > r->retry_ns ? end : r->retry_ns;
}

static void note_state(pl_recorder *r, uint64_t now, const pl_recorder_state *state)
{
  pl_frame *f = r->now;
  f->noted = true;
  f->cpu_ns = state->cpu_ns - r->cpu_ns;
  f->polled_ns = state->polled_ns - r->polled_ns;
  f->wall_ns = now > r->wall_ns ? now - r->wall_ns : 0;
  r->cpu_ns = state->cpu_ns;
  r->polled_ns = state->polled_ns;
  r->wall_ns = now > r->wall_ns ? now : r->wall_ns;
  for (uint32_t i = 0; i < r->n_scenarios && state->users; i++) {
    f->users[i] = state->users[i];
    f->users_top[i] = state->users_top[i] > f->users_top[i] ? state->users_top[i] : f->users_top[i];
  }
  f->client = state->client;
  f->usage = state->usage;
}

void pl_recorder_tick(pl_recorder *r, uint64_t now, const pl_recorder_state *state)
{
  if (now < pl_recorder_due(r))
    return;
  note_state(r, now, state);
  uint64_t index = index_at(r, now);
  while (r->now->index < index) {
    if (!r->later->used) {
      r->later->used = true;
      r->later->index = index;
    }
    if (!advance(r)) {
      r->retry_ns = now + RETRY_NS;
      return;
    }
    note_state(r, now, state);
  }
}

void pl_recorder_end(pl_recorder *r, uint64_t now, const pl_recorder_state *state)
{
  note_state(r, now, state);
  if (r->later->used) {
    pl_frame *later = r->later;
    hand_over(r, r->now);
    r->now = later;
    note_state(r, now, state);
  }
  r->later = NULL;
  r->now->last = true;
  hand_over(r, r->now);
}

/* ---- The collector's side ----------------------------------------------------------------------- */

pl_frame *pl_recorder_take(pl_recorder *r)
{
  return pl_ring_pop(r->full);
}

void pl_recorder_give_back(pl_recorder *r, pl_frame *f)
{
  frame_clear(r, f);
  bool fits = pl_ring_push(r->empty, f);
  assert(fits);
  (void)fits;
}

const pl_slot_key *pl_recorder_slot_key(const pl_recorder *r, uint32_t slot)
{
  return &r->slots[slot];
}

const pl_label_key *pl_recorder_label_key(const pl_recorder *r, uint32_t label)
{
  return &r->labels[label];
}

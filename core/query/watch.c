/* Watches: series to slots, slots to groups (scopes), seconds to windows. See watch.h; judge.c judges. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "query/watch_inside.h"

enum { SLOTS_MAX = 20000, GROUPS_MAX = 1000, SCOPE_MAX = 64 << 10 };
enum { AHEAD_LEAST = 10 }; /* bad ones in a piece of a second: fewer may be those of a ramp's begin, of which the rest of the second has many more */

static const pl_str SCENARIO = {"scenario", 8};

/* ---- Life ------------------------------------------------------------------------------------------- */

static void count_of(pl_expr *e, const char *name)
{
  *e = (pl_expr){.metric = *pl_metric_find(pl_str_of(name))};
  e->aggregate = e->metric.kind == PL_METRIC_SHARE ? PL_AGG_RATIO : PL_AGG_SUM;
}

/* Counts of the same scenarios, each for itself. */
static void take_scenarios(pl_expr *to, const pl_expr *from)
{
  for (size_t i = 0; i < from->n_matchers; i++) {
    if (pl_str_eq(from->matchers[i].label, SCENARIO))
      to->matchers[to->n_matchers++] = from->matchers[i];
  }
  to->by[to->n_by++] = SCENARIO;
}

/* Latencies of a load are told together with what is missing in them. */
static void look_beside(pl_watch *w)
{
  const pl_expr *e = &w->objective->condition.expr;
  if (e->metric.kind != PL_METRIC_DIST || !e->metric.of_load)
    return;
  count_of(&w->lost, "dropped_ratio");
  take_scenarios(&w->lost, e);
  w->sides[PL_SIDE_LOST].expr = &w->lost;
  if (e->metric.timeouts) {
    count_of(&w->timeouts, "timeouts");
    memcpy(w->timeouts.matchers, e->matchers, sizeof e->matchers);
    memcpy(w->timeouts.by, e->by, sizeof e->by);
    w->timeouts.n_matchers = e->n_matchers;
    w->timeouts.n_by = e->n_by;
    w->sides[PL_SIDE_TIMEOUTS].expr = &w->timeouts;
  }
}

int pl_watch_new(const pl_allocator *a, pl_objective *o, const pl_watch_options *options, pl_watch **out, pl_error *err)
{
  pl_watch *w = pl_alloc_zero(a, 1, sizeof *w);
  if (!w) {
    pl_objective_free(o);
    return pl_fail(err, PL_ENOMEM, "out of memory for an objective");
  }
  w->alloc = a;
  w->objective = o;
  pl_buf_init(&w->scope, a, SCOPE_MAX);
  if (options)
    w->options = *options;
  w->sides[PL_SIDE_MAIN].expr = &o->condition.expr;
  w->sides[PL_SIDE_WHEN].expr = o->has_when ? &o->when.expr : NULL;
  look_beside(w);
  *out = w;
  return PL_OK;
}

void pl_watch_free(pl_watch *w)
{
  if (!w)
    return;
  for (int k = 0; k < PL_SIDES; k++) {
    pl_side *side = &w->sides[k];
    for (size_t i = 0; i < side->n; i++)
      pl_group_fini(&side->groups[i], w->alloc);
    pl_free(w->alloc, side->groups, side->cap * sizeof *side->groups);
  }
  pl_buf_fini(&w->scope);
  pl_free(w->alloc, w->slots, w->cap_slots * sizeof *w->slots);
  pl_objective_free(w->objective);
  pl_free(w->alloc, w, sizeof *w);
}

const pl_objective *pl_watch_objective(const pl_watch *w)
{
  return w->objective;
}

static bool listed(const char *const *names, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++) {
    if (strcmp(names[i], name) == 0)
      return true;
  }
  return false;
}

size_t pl_watch_metrics(const pl_watch *w, const char *names[PL_WATCH_METRICS])
{
  size_t n = 0;
  for (int k = 0; k < PL_SIDES; k++) {
    const pl_expr *e = w->sides[k].expr;
    if (e && !listed(names, n, e->metric.metric))
      names[n++] = e->metric.metric;
    if (e && e->metric.part_metric && !listed(names, n, e->metric.part_metric))
      names[n++] = e->metric.part_metric;
  }
  return n;
}

/* ---- Series ----------------------------------------------------------------------------------------- */

static pl_str label_of(const pl_series_info *info, pl_str name)
{
  for (size_t i = 0; i < info->n_labels; i++) {
    if (pl_str_eq(info->labels[i].name, name))
      return info->labels[i].value;
  }
  return (pl_str){"", 0};
}

static bool matches(const pl_expr *e, const pl_series_info *info)
{
  for (size_t i = 0; i < e->n_matchers; i++) {
    if (!pl_matcher_holds(&e->matchers[i], info->labels, info->n_labels))
      return false;
  }
  return true;
}

static bool names_scenario(const pl_expr *e)
{
  for (size_t i = 0; i < e->n_matchers; i++) {
    if (pl_str_eq(e->matchers[i].label, SCENARIO))
      return true;
  }
  return false;
}

static void add_to_scope(pl_buf *scope, const pl_series_info *info, pl_str label)
{
  pl_str value = label_of(info, label);
  (void)pl_buf_addf(scope, "%s%.*s=%.*s", scope->len ? "," : "", (int)label.len, label.data, (int)value.len, value.data);
}

/* "scenario=browse,name=checkout": each scenario alone where none is named, and the labels of `by`. NULL: it does not fit. */
static const char *scope_of(pl_watch *w, const pl_expr *e, const pl_series_info *info)
{
  bool each = e->metric.of_load && !names_scenario(e);
  pl_buf_clear(&w->scope);
  if (each)
    add_to_scope(&w->scope, info, SCENARIO);
  for (size_t i = 0; i < e->n_by; i++) {
    if (!each || !pl_str_eq(e->by[i], SCENARIO))
      add_to_scope(&w->scope, info, e->by[i]);
  }
  return w->scope.bad ? NULL : pl_buf_cstr(&w->scope);
}

/* A new group; -1: it does not fit. */
static int32_t add_group(pl_watch *w, enum pl_side_kind kind, const char *scope, const char *scenario)
{
  pl_side *side = &w->sides[kind];
  uint64_t window_s = kind == PL_SIDE_MAIN ? w->objective->window_s : 0;
  if (side->n == GROUPS_MAX || !pl_reach(w->alloc, (void **)&side->groups, &side->cap, side->n, sizeof *side->groups))
    return -1;
  if (pl_group_init(&side->groups[side->n], scope, scenario, window_s, w->alloc)) {
    pl_group_fini(&side->groups[side->n], w->alloc);
    return -1;
  }
  return (int32_t)side->n++;
}

/* The group of a scope, made when new; -1: it does not fit. */
static int32_t find_group(pl_watch *w, enum pl_side_kind kind, const char *scope, const char *scenario)
{
  pl_side *side = &w->sides[kind];
  for (size_t i = 0; i < side->n; i++) {
    pl_group *g = &side->groups[i];
    if (strcmp(g->scope, scope) != 0)
      continue;
    if (strcmp(g->scenario, scenario) != 0)
      g->scenario[0] = '\0';
    return (int32_t)i;
  }
  return add_group(w, kind, scope, scenario);
}

/* The role of a series of the metric's name; false: none. */
static bool role_of(const pl_expr *e, const pl_series_info *info, enum pl_slot_role *role)
{
  const pl_metric_name *m = &e->metric;
  *role = PL_ROLE_VALUE;
  if (m->kind == PL_METRIC_UNUSED) {
    *role = pl_str_eqc(info->name, m->metric) ? PL_ROLE_WHOLE_GAUGE : PL_ROLE_PART_GAUGE;
    return pl_str_eqc(info->name, m->metric) || pl_str_eqc(info->name, m->part_metric);
  }
  if (!pl_str_eqc(info->name, m->metric))
    return false;
  if (m->part_label) {
    pl_str value = label_of(info, pl_str_of(m->part_label));
    *role = pl_metric_is_part(m, value) ? PL_ROLE_PART : PL_ROLE_VALUE;
    return m->kind != PL_METRIC_SHARE || !pl_metric_is_ignored(m, value); /* the others of a counter say that there were none of the part */
  }
  return true;
}

static bool fits_distributions(enum pl_aggregate a)
{
  return a == PL_AGG_QUANTILE || a == PL_AGG_MEAN || a == PL_AGG_MIN || a == PL_AGG_MAX || a == PL_AGG_COUNT;
}

/* Whether a series is of the kind that the side reads. What is known by its full name alone is what its first series is: numbers, or
 * distributions. */
static bool is_of_kind(pl_side *side, const pl_series_info *info)
{
  pl_expr *e = side->expr;
  bool dist = info->kind == PL_SERIES_DIST;
  if (dist && side->n == 0 && e->metric_text[0] && e->metric.kind == PL_METRIC_GAUGE && fits_distributions(e->aggregate))
    e->metric.kind = PL_METRIC_DIST;
  return dist == (e->metric.kind == PL_METRIC_DIST);
}

/* How a side uses a series. */
static pl_slot_use use_of(pl_watch *w, enum pl_side_kind kind, const pl_series_info *info, const char *scenario)
{
  const pl_expr *e = w->sides[kind].expr;
  pl_slot_use use = {.group = -1};
  if (!e || !role_of(e, info, &use.role) || !matches(e, info) || !is_of_kind(&w->sides[kind], info))
    return use;
  const char *scope = scope_of(w, e, info);
  use.group = scope ? find_group(w, kind, scope, scenario) : -1;
  w->incomplete = w->incomplete || use.group < 0;
  return use;
}

int pl_watch_series(pl_watch *w, const pl_series_info *info)
{
  pl_slot s = {.scenario = ""};
  bool wanted = false;
  if (pl_str_starts(info->name, PL_STR("load_")))
    (void)pl_copy(s.scenario, sizeof s.scenario, label_of(info, SCENARIO));
  for (int k = 0; k < PL_SIDES; k++) {
    s.uses[k] = use_of(w, (enum pl_side_kind)k, info, s.scenario);
    wanted = wanted || s.uses[k].group >= 0;
  }
  if (!wanted)
    return -1;
  if (w->n_slots == SLOTS_MAX || !pl_reach(w->alloc, (void **)&w->slots, &w->cap_slots, w->n_slots, sizeof *w->slots)) {
    w->incomplete = true;
    return -1;
  }
  w->slots[w->n_slots] = s;
  return (int)w->n_slots++;
}

int pl_watch_part(pl_watch *w, const pl_part *part, pl_error *err)
{
  return pl_parts_add(&w->parts, part, err);
}

/* ---- Data --------------------------------------------------------------------------------------------------- */

/* What a measured start led to counts until the drain is over; rates, and levels at a time, until the end. */
static bool counts_drained(const pl_expr *e)
{
  bool level = e->metric.kind == PL_METRIC_GAUGE || e->metric.kind == PL_METRIC_UNUSED;
  return e->metric.of_load && !level && e->aggregate != PL_AGG_RATE;
}

static bool measured(const pl_watch *w, const pl_expr *e, const char *scenario, int64_t ts_ms)
{
  return pl_parts_count(&w->parts, scenario, ts_ms, counts_drained(e));
}

/* Two loads may have seconds that begin within one of the wall: each is covered for itself. The 0 before a new total is none. */
static void note_second(const pl_watch *w, const pl_side *side, pl_group *g, int64_t ts_ms, bool empty)
{
  g->phase_ms = ts_ms % 1000;
  if (!side->expr->metric.of_load || empty || ts_ms == g->noted_ms)
    return;
  g->second.covered_s += pl_parts_covered_s(&w->parts, g->scenario, ts_ms);
  g->noted_ms = ts_ms;
}

static void add_increment(const pl_watch *w, const pl_side *side, const pl_slot *s, pl_slot_use *use, int64_t ts_ms, double value)
{
  pl_group *g = &side->groups[use->group];
  double step = use->has_last ? value - use->last : 0;
  if (step < 0)
    step = value; /* the counter began anew */
  use->last = value;
  bool counts = use->has_last && measured(w, side->expr, s->scenario, ts_ms);
  use->has_last = true;
  if (!counts)
    return;
  bool beside = side->expr->metric.kind == PL_METRIC_COUNTER && side->expr->metric.part_label && use->role != PL_ROLE_PART;
  g->second.all += beside ? 0 : step;
  g->second.part += use->role == PL_ROLE_PART ? step : 0;
  g->second.n++;
}

static void add_gauge(pl_watch *w, const pl_side *side, const pl_slot *s, const pl_slot_use *use, int64_t ts_ms, double value)
{
  pl_group *g = &side->groups[use->group];
  if (!measured(w, side->expr, s->scenario, ts_ms))
    return;
  if (use->role == PL_ROLE_WHOLE_GAUGE) {
    g->whole = value;
    return;
  }
  if (use->role == PL_ROLE_PART_GAUGE) {
    if (!(g->whole > 0))
      return;
    value = 1 - value / g->whole;
  }
  if (pl_tally_add_value(&g->second, value, side->expr->aggregate == PL_AGG_QUANTILE, w->alloc))
    w->incomplete = true;
  g->second.n++;
}

/* The second pass looks at conditions, and at histograms, only. */
static bool is_open(const pl_watch *w, int kind, const pl_slot *s)
{
  return s->uses[kind].group >= 0 && (!w->second_pass || kind == PL_SIDE_WHEN);
}

void pl_watch_sample(pl_watch *w, int number, int64_t ts_ms, double value)
{
  pl_slot *s = &w->slots[number];
  for (int k = 0; k < PL_SIDES && !isnan(value); k++) {
    const pl_side *side = &w->sides[k];
    if (!is_open(w, k, s))
      continue;
    note_second(w, side, &side->groups[s->uses[k].group], ts_ms, value == 0);
    if (side->expr->metric.kind == PL_METRIC_COUNTER || side->expr->metric.kind == PL_METRIC_SHARE)
      add_increment(w, side, s, &s->uses[k], ts_ms, value);
    else
      add_gauge(w, side, s, &s->uses[k], ts_ms, value);
  }
}

static void add_hist(pl_watch *w, const pl_side *side, pl_group *g, const pl_hist *h)
{
  if (w->second_pass && side == &w->sides[PL_SIDE_MAIN]) {
    g->second.part += (double)pl_hist_count_at_most(h, g->threshold);
    g->second.all += (double)h->count;
  } else if (pl_tally_add_hist(&g->second, h, w->alloc)) {
    w->incomplete = true;
  }
  g->second.n += h->count;
}

void pl_watch_dist(pl_watch *w, int number, int64_t ts_ms, const pl_hist *h)
{
  const pl_slot *s = &w->slots[number];
  for (int k = 0; k < PL_SIDES; k++) {
    const pl_side *side = &w->sides[k];
    if (s->uses[k].group < 0 || !measured(w, side->expr, s->scenario, ts_ms))
      continue;
    pl_group *g = &side->groups[s->uses[k].group];
    note_second(w, side, g, ts_ms, h->count == 0);
    add_hist(w, side, g, h);
  }
}

/* ---- Seconds --------------------------------------------------------------------------------------------------- */

/* Where the second of this group's data begins that lies in the wall second of ts_ms. */
static int64_t begin_of(const pl_group *g, int64_t ts_ms)
{
  return ts_ms - ts_ms % 1000 + g->phase_ms;
}

/* Completes the running second: the time that it covers, the share that it makes. */
static void finish_second(pl_watch *w, const pl_expr *e, pl_group *g, int64_t ts_ms)
{
  pl_tally *t = &g->second;
  if (t->covered_s == 0 && (t->n || g->total.n))
    t->covered_s = pl_parts_covered_s(&w->parts, g->scenario, begin_of(g, ts_ms));
  if (e->metric.kind != PL_METRIC_SHARE || !(t->all > 0))
    return;
  if (pl_tally_add_value(t, t->part / t->all, e->aggregate == PL_AGG_QUANTILE, w->alloc))
    w->incomplete = true;
}

/* The value of the full window, and how many samples it stands on; also moves the running second into it. */
static bool slide(pl_watch *w, pl_group *g, double *value, uint64_t *samples)
{
  const pl_expr *e = &w->objective->condition.expr;
  if (pl_seconds_add(&g->window, &g->second))
    w->incomplete = true;
  if (g->window.count < g->window.cap)
    return false;
  const pl_tally *sum = pl_seconds_sum(&g->window);
  if (!sum) {
    w->incomplete = true;
    return false;
  }
  *samples = pl_tally_samples(sum, e);
  return pl_tally_value(sum, e, value);
}

/* Keeps the value that is worst for the objective: one that fails before one that holds. */
static void keep_worst(const pl_condition *c, pl_group *g, double value, bool newest)
{
  bool holds = pl_condition_holds(c->compare, value, c->limit), held = pl_condition_holds(c->compare, g->worst, c->limit);
  bool worse = holds == held ? (pl_condition_lower_is_better(c) ? value > g->worst : value < g->worst) : held;
  if (!g->has_worst || newest || worse)
    g->worst = value;
  g->has_worst = true;
}

/* A condition in one scope: whether it holds in this second. */
static void close_condition(pl_watch *w, pl_group *g, int64_t ts_ms)
{
  const pl_condition *c = &w->objective->when;
  double value;
  finish_second(w, &c->expr, g, ts_ms);
  g->holds = g->second.n > 0 && pl_tally_value(&g->second, &c->expr, &value) && pl_condition_holds(c->compare, value, c->limit);
  g->total.n += g->second.n;
  pl_tally_clear(&g->second);
}

/* Whether the objective's condition holds for the data of this group. */
static bool is_judged(const pl_watch *w, const pl_group *g)
{
  const pl_side *when = &w->sides[PL_SIDE_WHEN];
  if (!when->expr)
    return true;
  for (size_t i = 0; i < when->n; i++) {
    const pl_group *c = &when->groups[i];
    bool same = !c->scenario[0] || !g->scenario[0] || strcmp(c->scenario, g->scenario) == 0;
    if (same && c->holds)
      return true;
  }
  return false;
}

/* This second does not belong to the objective: windows begin anew after it. */
static bool skip_second(pl_group *g)
{
  pl_seconds_clear(&g->window);
  g->broken_for_s = 0;
  pl_tally_clear(&g->second);
  return false;
}

uint64_t pl_watch_needed(const pl_watch *w)
{
  const pl_expr *e = &w->objective->condition.expr;
  if (w->options.min_samples)
    return w->options.min_samples;
  if (e->metric.kind == PL_METRIC_DIST && e->aggregate == PL_AGG_QUANTILE && e->p < 1)
    return (uint64_t)ceil(10 / (1 - e->p) * (1 - 1e-9)); /* 99.9 / 100 is a little more than 0.999 */
  return 1;
}

/* Whether the objective is broken by this value, and has been for long enough. */
static bool judge_second(const pl_watch *w, pl_group *g, double value, int64_t ts_ms)
{
  const pl_objective *o = w->objective;
  const pl_condition *c = &o->condition;
  if (g->window.cap)
    keep_worst(c, g, value, o->over == PL_OVER_LAST || !o->has_condition);
  if (!o->has_condition || pl_condition_holds(c->compare, value, c->limit)) {
    g->broken_for_s = 0;
    return false;
  }
  g->broken_for_s++;
  g->broken_most_s = g->broken_for_s > g->broken_most_s ? g->broken_for_s : g->broken_most_s;
  if (!g->broken_at_ms)
    g->broken_at_ms = ts_ms;
  return g->broken_for_s > o->for_s;
}

/* Adds the running second to the totals. */
static void add_second(pl_watch *w, pl_group *g)
{
  bool shares = g->second.n > 0 && w->objective->condition.expr.metric.kind == PL_METRIC_SHARE;
  if ((shares && pl_pairs_add(&g->shares, g->second.part, g->second.all, w->alloc)) || pl_tally_add(&g->total, &g->second, w->alloc))
    w->incomplete = true;
}

/* The value to judge in this second, over the window or over all; false: none, or of too few samples. */
static bool value_now(pl_watch *w, pl_group *g, bool has_data, double *value)
{
  const pl_expr *e = &w->objective->condition.expr;
  uint64_t samples = pl_tally_samples(&g->total, e);
  bool known = g->window.cap ? (has_data || g->window.count) && slide(w, g, value, &samples) : pl_tally_value(&g->total, e, value);
  return known && samples >= pl_watch_needed(w);
}

/* A rate is taken over the measured part, so over what lies before the first answer, too: a stall at the start counts. */
static void catch_up(pl_watch *w, pl_group *g, int64_t ts_ms)
{
  const pl_expr *e = &w->objective->condition.expr;
  int64_t begin = begin_of(g, ts_ms), first = pl_parts_first_ms(&w->parts, g->scenario);
  if (!e->metric.of_load || e->aggregate != PL_AGG_RATE || w->sides[PL_SIDE_WHEN].expr || first >= begin)
    return;
  pl_tally data = g->second;
  double value;
  for (int64_t s = begin - (begin - first + 999) / 1000 * 1000; s < begin; s += 1000) {
    pl_tally_init(&g->second);
    g->second.n = 1; /* of a counter: it did not rise */
    g->second.covered_s = pl_parts_covered_s(&w->parts, g->scenario, s);
    if (g->second.covered_s <= 0) {
      pl_seconds_clear(&g->window);
      continue;
    }
    add_second(w, g);
    if (value_now(w, g, true, &value))
      (void)judge_second(w, g, value, s);
  }
  g->second = data;
}

/* A condition bars the data of its seconds from an objective over all; of one over a window it decides when that is judged. */
static bool close_group(pl_watch *w, pl_group *g, int64_t ts_ms)
{
  const pl_expr *e = &w->objective->condition.expr;
  double value;
  bool has_data = g->second.n > 0, judged = is_judged(w, g);
  if (!w->second_pass && has_data)
    *(judged ? &g->held_s : &g->barred_s) += 1;
  if ((!judged && !g->window.cap) || (!has_data && !measured(w, e, g->scenario, begin_of(g, ts_ms))))
    return skip_second(g);
  if (w->second_pass) {
    if (pl_pairs_add(&g->passes, g->second.part, g->second.all, w->alloc))
      w->incomplete = true;
    pl_tally_clear(&g->second);
    return false;
  }
  if (has_data && !g->begun)
    catch_up(w, g, ts_ms);
  g->begun = g->begun || has_data;
  finish_second(w, e, g, ts_ms);
  add_second(w, g);
  bool known = value_now(w, g, has_data, &value);
  pl_tally_clear(&g->second);
  if (!judged)
    g->broken_for_s = 0;
  return known && judged && judge_second(w, g, value, ts_ms);
}

bool pl_watch_second(pl_watch *w, int64_t ts_ms)
{
  bool broken = false;
  for (size_t i = 0; i < w->sides[PL_SIDE_WHEN].n; i++)
    close_condition(w, &w->sides[PL_SIDE_WHEN].groups[i], ts_ms);
  for (int k = PL_SIDE_LOST; k <= PL_SIDE_TIMEOUTS; k++) {
    for (size_t i = 0; i < w->sides[k].n; i++) {
      pl_group *g = &w->sides[k].groups[i];
      if (pl_tally_add(&g->total, &g->second, w->alloc))
        w->incomplete = true;
      pl_tally_clear(&g->second);
    }
  }
  for (size_t i = 0; i < w->sides[PL_SIDE_MAIN].n; i++) {
    pl_group *g = &w->sides[PL_SIDE_MAIN].groups[i];
    g->ahead = false;
    broken = close_group(w, g, ts_ms) || broken;
  }
  return broken;
}

void pl_watch_begin_load(pl_watch *w)
{
  pl_side *side = &w->sides[PL_SIDE_MAIN];
  for (size_t i = 0; i < side->n && !w->objective->has_condition; i++) {
    side->groups[i].has_worst = false;
    pl_seconds_clear(&side->groups[i].window);
  }
}

void pl_watch_second_pass(pl_watch *w)
{
  const pl_side *side = &w->sides[PL_SIDE_MAIN];
  w->second_pass = true;
  for (size_t i = 0; i < w->n_slots; i++)
    w->slots[i].uses[PL_SIDE_WHEN].has_last = false;
  for (size_t i = 0; i < side->n; i++) {
    pl_group *g = &side->groups[i];
    if (side->expr->metric.kind == PL_METRIC_DIST && side->expr->aggregate == PL_AGG_QUANTILE && g->total.hist)
      g->threshold = pl_hist_quantile(g->total.hist, side->expr->p);
  }
}

/* ---- Ahead of a second's end ------------------------------------------------------------------------- */

bool pl_watch_looks_ahead(const pl_watch *w)
{
  const pl_objective *o = w->objective;
  const pl_expr *e = &o->condition.expr;
  bool is_share = e->metric.kind == PL_METRIC_SHARE && e->metric.of_load && e->aggregate == PL_AGG_RATIO;
  return w->options.stops && is_share && o->has_condition && !o->has_when && !o->for_s && pl_condition_lower_is_better(&o->condition);
}

void pl_watch_ahead(pl_watch *w, int number, int64_t ts_ms, double value, bool is_new)
{
  const pl_slot *s = &w->slots[number];
  const pl_slot_use *use = &s->uses[PL_SIDE_MAIN];
  const pl_side *side = &w->sides[PL_SIDE_MAIN];
  if (use->group < 0 || !(use->has_last || is_new) || !measured(w, side->expr, s->scenario, ts_ms))
    return;
  pl_group *g = &side->groups[use->group];
  double step = value - (use->has_last ? use->last : 0);
  g->ahead_all += step > 0 ? step : 0;
  g->ahead_part += step > 0 && use->role == PL_ROLE_PART ? step : 0;
}

static bool judge_group_ahead(const pl_watch *w, pl_group *g, double share)
{
  const pl_condition *c = &w->objective->condition;
  double part = g->total.part, all = g->total.all;
  if (g->window.cap)
    pl_seconds_newest(&g->window, g->window.cap - 1, &part, &all);
  bool will_be_full = !g->window.cap || g->window.count + 1 >= g->window.cap;
  double so_far = all + g->ahead_all, whole = all + g->ahead_all / share;
  part += g->ahead_part;
  g->ahead = will_be_full && g->ahead_part >= AHEAD_LEAST && so_far >= (double)pl_watch_needed(w) && !pl_condition_holds(c->compare, part / whole, c->limit);
  g->ahead_value = part / so_far;
  g->ahead_part = g->ahead_all = 0;
  return g->ahead;
}

bool pl_watch_judge_ahead(pl_watch *w, double share)
{
  bool broken = false;
  for (size_t i = 0; i < w->sides[PL_SIDE_MAIN].n; i++)
    broken = judge_group_ahead(w, &w->sides[PL_SIDE_MAIN].groups[i], share) || broken;
  return broken;
}

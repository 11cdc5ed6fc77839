/* Watches: series to slots, slots to groups (scopes), seconds to windows. See watch.h. */
#include "query/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "base/error.h"
#include "query/group.h"

enum { SLOTS_MAX = 20000, GROUPS_MAX = 1000, RANGES_MAX = 256, SECONDS_MAX = 86400 };

/* What a series' data mean to the watch. */
enum slot_role { ROLE_VALUE, ROLE_PART, ROLE_TOTAL_GAUGE, ROLE_PART_GAUGE };

typedef struct slot {
  uint32_t group;
  enum slot_role role;
  char scenario[64];   /* of load series: whose parts count */
  bool of_load;
  bool to_the_end;     /* answers to the part's starts count also when they come after its end */
  double last;         /* counters: the total before */
  bool has_last;
} slot;

typedef struct range {
  char scenario[64];
  int64_t from_ms, to_ms;
} range;

struct pl_watch {
  const pl_allocator *alloc;
  pl_objective *objective;
  pl_watch_options options;
  slot *slots;
  size_t n_slots, cap_slots;
  pl_group *groups;
  size_t n_groups, cap_groups;
  range ranges[RANGES_MAX];
  size_t n_ranges;
  bool second_pass;
  bool lost;           /* out of memory, or more scopes than fit */
};

int pl_watch_new(const pl_allocator *a, pl_objective *o, const pl_watch_options *options, pl_watch **out, pl_error *err)
{
  pl_watch *w = pl_alloc_zero(a, 1, sizeof *w);
  if (!w) {
    pl_objective_free(o);
    return pl_fail(err, PL_ENOMEM, "out of memory for an objective");
  }
  w->alloc = a;
  w->objective = o;
  if (options)
    w->options = *options;
  *out = w;
  return PL_OK;
}

static void free_group(pl_watch *w, pl_group *g)
{
  pl_tally_fini(&g->total, w->alloc);
  pl_tally_fini(&g->second, w->alloc);
  for (uint64_t i = 0; g->window && i < g->window_cap; i++)
    pl_tally_fini(&g->window[i], w->alloc);
  pl_free(w->alloc, g->window, g->window_cap * sizeof *g->window);
  pl_free(w->alloc, g->below, g->cap_passes * sizeof *g->below);
  pl_free(w->alloc, g->of, g->cap_passes * sizeof *g->of);
  pl_free(w->alloc, g->parts, g->cap_shares * sizeof *g->parts);
  pl_free(w->alloc, g->alls, g->cap_shares * sizeof *g->alls);
}

void pl_watch_free(pl_watch *w)
{
  if (!w)
    return;
  for (size_t i = 0; i < w->n_groups; i++)
    free_group(w, &w->groups[i]);
  pl_free(w->alloc, w->groups, w->cap_groups * sizeof *w->groups);
  pl_free(w->alloc, w->slots, w->cap_slots * sizeof *w->slots);
  pl_objective_free(w->objective);
  pl_free(w->alloc, w, sizeof *w);
}

const pl_objective *pl_watch_objective(const pl_watch *w)
{
  return w->objective;
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
    const pl_matcher *m = &e->matchers[i];
    if (pl_str_eq(label_of(info, m->label), m->value) != (m->op == PL_MATCH_EQ))
      return false;
  }
  return true;
}

static bool names_scenario(const pl_expr *e)
{
  for (size_t i = 0; i < e->n_matchers; i++) {
    if (pl_str_eqc(e->matchers[i].label, "scenario"))
      return true;
  }
  return false;
}

/* "scenario=browse,name=checkout": each scenario alone where none is named, and the labels of `by`. */
static void scope_of(const pl_expr *e, const pl_series_info *info, char out[128])
{
  size_t n = 0;
  out[0] = '\0';
  if (e->metric.of_load && !names_scenario(e)) {
    pl_str scenario = label_of(info, PL_STR("scenario"));
    n = (size_t)snprintf(out, 128, "scenario=%.*s", (int)(scenario.len < 60 ? scenario.len : 60), scenario.data);
  }
  for (size_t i = 0; i < e->n_by && n < 100; i++) {
    pl_str value = label_of(info, e->by[i]);
    n += (size_t)snprintf(out + n, 128 - n, "%s%.*s=%.*s", n ? "," : "", (int)(e->by[i].len < 20 ? e->by[i].len : 20), e->by[i].data,
                          (int)(value.len < 40 ? value.len : 40), value.data);
  }
}

/* Room for one more element; new memory is zero. */
static bool grow(const pl_allocator *a, void **array, size_t *cap, size_t n, size_t size)
{
  if (n < *cap)
    return true;
  size_t wanted = *cap ? *cap * 2 : 8;
  void *p = pl_realloc(a, *array, *cap * size, wanted * size);
  if (!p)
    return false;
  memset((char *)p + *cap * size, 0, (wanted - *cap) * size);
  *array = p;
  *cap = wanted;
  return true;
}

static int find_group(pl_watch *w, const char *scope)
{
  for (size_t i = 0; i < w->n_groups; i++) {
    if (strcmp(w->groups[i].scope, scope) == 0)
      return (int)i;
  }
  if (w->n_groups == GROUPS_MAX || !grow(w->alloc, (void **)&w->groups, &w->cap_groups, w->n_groups, sizeof *w->groups)) {
    w->lost = true;
    return -1;
  }
  pl_group *g = &w->groups[w->n_groups];
  memset(g, 0, sizeof *g);
  (void)pl_copy(g->scope, sizeof g->scope, pl_str_of(scope));
  pl_tally_init(&g->total);
  pl_tally_init(&g->second);
  if (w->objective->window_s) {
    g->window = pl_alloc_zero(w->alloc, w->objective->window_s, sizeof *g->window);
    if (!g->window) {
      w->lost = true;
      return -1;
    }
    g->window_cap = w->objective->window_s;
    for (uint64_t i = 0; i < g->window_cap; i++)
      pl_tally_init(&g->window[i]);
  }
  return (int)w->n_groups++;
}

/* The role of a series of the metric's name; false: none. */
static bool role_of(const pl_expr *e, const pl_series_info *info, enum slot_role *role)
{
  const pl_metric_name *m = &e->metric;
  *role = ROLE_VALUE;
  if (m->kind == PL_METRIC_UNUSED) {
    *role = pl_str_eqc(info->name, m->metric) ? ROLE_TOTAL_GAUGE : ROLE_PART_GAUGE;
    return pl_str_eqc(info->name, m->metric) || pl_str_eqc(info->name, m->part_metric);
  }
  if (!pl_str_eqc(info->name, m->metric))
    return false;
  if (m->kind == PL_METRIC_SHARE) {
    pl_str value = label_of(info, pl_str_of(m->part_label));
    *role = pl_metric_is_part(m, value) ? ROLE_PART : ROLE_VALUE;
    return !pl_metric_is_ignored(m, value);
  }
  return true;
}

/* Requests of a load count whole, else an error_ratio would miss the timeouts of its last seconds; a rate is one of the part. */
static bool counts_to_the_end(const pl_expr *e)
{
  return e->metric.kind != PL_METRIC_GAUGE && e->metric.kind != PL_METRIC_UNUSED && e->aggregate != PL_AGG_RATE;
}

int pl_watch_series(pl_watch *w, const pl_series_info *info)
{
  const pl_expr *e = &w->objective->condition.expr;
  enum slot_role role;
  char scope[128];
  if (!role_of(e, info, &role) || !matches(e, info))
    return -1;
  /* A histogram of all names of a scenario would count its requests twice. */
  if (e->metric.kind == PL_METRIC_DIST && info->kind != PL_SERIES_DIST)
    return -1;
  if (w->n_slots == SLOTS_MAX || !grow(w->alloc, (void **)&w->slots, &w->cap_slots, w->n_slots, sizeof *w->slots)) {
    w->lost = true;
    return -1;
  }
  scope_of(e, info, scope);
  int group = find_group(w, scope);
  if (group < 0)
    return -1;
  slot *s = &w->slots[w->n_slots];
  *s = (slot){.group = (uint32_t)group, .role = role, .of_load = pl_str_starts(info->name, PL_STR("load_"))};
  s->to_the_end = s->of_load && counts_to_the_end(e);
  (void)pl_copy(s->scenario, sizeof s->scenario, label_of(info, PL_STR("scenario")));
  return (int)w->n_slots++;
}

/* ---- Measured parts --------------------------------------------------------------------------------------- */

void pl_watch_range(pl_watch *w, pl_str scenario, int64_t from_ms, int64_t to_ms)
{
  for (size_t i = 0; i < w->n_ranges; i++) {
    range *r = &w->ranges[i];
    if (pl_str_eqc(scenario, r->scenario) && r->to_ms == INT64_MAX) {
      r->from_ms = from_ms;
      r->to_ms = to_ms;
      return;
    }
  }
  if (w->n_ranges == RANGES_MAX)
    return;
  range *r = &w->ranges[w->n_ranges++];
  (void)pl_copy(r->scenario, sizeof r->scenario, scenario);
  r->from_ms = from_ms;
  r->to_ms = to_ms;
}

static bool measured(const pl_watch *w, const slot *s, int64_t ts_ms)
{
  if (!w->n_ranges)
    return true;
  for (size_t i = 0; i < w->n_ranges; i++) {
    const range *r = &w->ranges[i];
    bool mine = !s->of_load || !s->scenario[0] || strcmp(s->scenario, r->scenario) == 0;
    /* A second belongs to the part in which it ends. */
    if (mine && ts_ms + 999 >= r->from_ms && (ts_ms < r->to_ms || s->to_the_end))
      return true;
  }
  return false;
}

/* ---- Data --------------------------------------------------------------------------------------------------- */

static void add_increment(pl_watch *w, slot *s, pl_group *g, int64_t ts_ms, double value)
{
  double step = s->has_last ? value - s->last : 0;
  if (step < 0)
    step = value; /* the counter began anew */
  s->last = value;
  bool counts = s->has_last && measured(w, s, ts_ms);
  s->has_last = true;
  if (!counts)
    return;
  g->second.all += step;
  g->second.part += s->role == ROLE_PART ? step : 0;
  g->second.n++;
}

static void add_gauge(pl_watch *w, slot *s, pl_group *g, int64_t ts_ms, double value)
{
  if (!measured(w, s, ts_ms))
    return;
  if (s->role == ROLE_TOTAL_GAUGE) {
    g->when_all = value; /* the total that shares are taken of */
    return;
  }
  if (s->role == ROLE_PART_GAUGE) {
    if (!(g->when_all > 0))
      return;
    value = 1 - value / g->when_all;
  }
  g->second.sum += value;
  g->second.min = fmin(g->second.min, value);
  g->second.max = fmax(g->second.max, value);
  g->second.n++;
  g->last = value;
  g->has_last = true;
}

void pl_watch_sample(pl_watch *w, int number, int64_t ts_ms, double value)
{
  slot *s = &w->slots[number];
  pl_group *g = &w->groups[s->group];
  if (w->second_pass)
    return;
  enum pl_metric_kind kind = w->objective->condition.expr.metric.kind;
  if (kind == PL_METRIC_COUNTER || kind == PL_METRIC_SHARE)
    add_increment(w, s, g, ts_ms, value);
  else
    add_gauge(w, s, g, ts_ms, value);
}

void pl_watch_dist(pl_watch *w, int number, int64_t ts_ms, const pl_hist *h)
{
  slot *s = &w->slots[number];
  pl_group *g = &w->groups[s->group];
  if (!measured(w, s, ts_ms))
    return;
  if (w->second_pass) {
    g->second.part += (double)pl_hist_count_at_most(h, g->threshold);
    g->second.all += (double)h->count;
    return;
  }
  if (pl_tally_add_hist(&g->second, h, w->alloc))
    w->lost = true;
  g->second.n += h->count;
}

/* ---- Seconds --------------------------------------------------------------------------------------------------- */

static void append(pl_watch *w, double **a, double **b, size_t *n, size_t *cap, double va, double vb)
{
  size_t cap_a = *cap, cap_b = *cap;
  if (*n >= SECONDS_MAX || !grow(w->alloc, (void **)a, &cap_a, *n, sizeof **a) || !grow(w->alloc, (void **)b, &cap_b, *n, sizeof **b))
    return;
  *cap = cap_a;
  (*a)[*n] = va;
  (*b)[(*n)++] = vb;
}

/* The window's value once it is full; also moves the running second into it. */
static bool slide(pl_watch *w, pl_group *g, double *value)
{
  uint64_t at = (g->window_first + g->window_count) % g->window_cap;
  if (g->window_count == g->window_cap)
    g->window_first = (g->window_first + 1) % g->window_cap;
  else
    g->window_count++;
  pl_tally_clear(&g->window[at]);
  if (pl_tally_add(&g->window[at], &g->second, w->alloc))
    w->lost = true;
  if (g->window_count < g->window_cap)
    return false;
  pl_tally sum;
  pl_tally_init(&sum);
  for (uint64_t i = 0; i < g->window_cap; i++) {
    if (pl_tally_add(&sum, &g->window[i], w->alloc))
      w->lost = true;
  }
  bool known = pl_tally_value(&sum, &w->objective->condition.expr, g->last, value);
  pl_tally_fini(&sum, w->alloc);
  return known;
}

/* Keeps the value that is worst for the objective. */
static void keep_worst(const pl_condition *c, pl_group *g, double value, bool newest)
{
  bool lower_is_better = c->compare == PL_LESS || c->compare == PL_LESS_EQUAL;
  if (!g->has_worst || newest || (lower_is_better ? value > g->worst : value < g->worst))
    g->worst = value;
  g->has_worst = true;
}

static bool close_group(pl_watch *w, pl_group *g, int64_t ts_ms)
{
  const pl_objective *o = w->objective;
  const pl_condition *c = &o->condition;
  double value;
  if (w->second_pass) {
    append(w, &g->below, &g->of, &g->n_passes, &g->cap_passes, g->second.part, g->second.all);
    pl_tally_clear(&g->second);
    return false;
  }
  bool has_data = g->second.n > 0;
  if (has_data)
    g->second.seconds = 1;
  if (has_data && c->expr.metric.kind == PL_METRIC_SHARE)
    append(w, &g->parts, &g->alls, &g->n_shares, &g->cap_shares, g->second.part, g->second.all);
  if (pl_tally_add(&g->total, &g->second, w->alloc))
    w->lost = true;
  bool known = g->window ? (has_data || g->window_count) && slide(w, g, &value) : pl_tally_value(&g->total, &c->expr, g->last, &value);
  pl_tally_clear(&g->second);
  if (!known || !o->has_condition)
    return false;
  if (g->window)
    keep_worst(c, g, value, o->over == PL_OVER_LAST);
  bool enough = pl_tally_samples(&g->total, &c->expr) >= (w->options.min_samples ? w->options.min_samples : 1);
  if (pl_condition_holds(c->compare, value, c->limit) || !enough) {
    g->broken_for_s = 0;
    return false;
  }
  g->broken_for_s++;
  if (!g->broken_at_ms)
    g->broken_at_ms = ts_ms;
  return g->broken_for_s > o->for_s;
}

bool pl_watch_second(pl_watch *w, int64_t ts_ms)
{
  bool broken = false;
  for (size_t i = 0; i < w->n_groups; i++)
    broken = close_group(w, &w->groups[i], ts_ms) || broken;
  return broken;
}

void pl_watch_second_pass(pl_watch *w)
{
  const pl_expr *e = &w->objective->condition.expr;
  w->second_pass = true;
  for (size_t i = 0; i < w->n_groups; i++) {
    pl_group *g = &w->groups[i];
    if (e->metric.kind == PL_METRIC_DIST && e->aggregate == PL_AGG_QUANTILE && g->total.hist)
      g->threshold = pl_hist_quantile(g->total.hist, e->p);
  }
}

/* ---- Judgement ----------------------------------------------------------------------------------------------------- */

/* Samples without which the aggregate cannot be told. */
static uint64_t needed(const pl_watch *w)
{
  const pl_expr *e = &w->objective->condition.expr;
  if (w->options.min_samples)
    return w->options.min_samples;
  if (e->metric.kind == PL_METRIC_DIST && e->aggregate == PL_AGG_QUANTILE && e->p < 1)
    return (uint64_t)ceil(10 / (1 - e->p) - 1e-9);
  return 1;
}

/* Interval of the group's value from the seconds: for quantiles the share below is resampled and inverted (Woodruff 1952). */
static bool interval(const pl_watch *w, const pl_group *g, double *lo, double *hi)
{
  const pl_expr *e = &w->objective->condition.expr;
  pl_interval share;
  if (g->window)
    return false;
  if (e->metric.kind == PL_METRIC_SHARE && g->n_shares >= 5 && pl_bootstrap_ratio(g->parts, g->alls, g->n_shares, 0.95, &share)) {
    *lo = share.lo;
    *hi = share.hi;
    return true;
  }
  bool quantile = e->metric.kind == PL_METRIC_DIST && e->aggregate == PL_AGG_QUANTILE && g->total.hist;
  if (!quantile || g->n_passes < 5 || !pl_bootstrap_ratio(g->below, g->of, g->n_passes, 0.95, &share))
    return false;
  double spread_lo = fmax(0, e->p - (share.hi - share.value)), spread_hi = fmin(1, e->p + (share.value - share.lo));
  *lo = (double)pl_hist_quantile(g->total.hist, spread_lo) / 1e9;
  *hi = (double)pl_hist_quantile(g->total.hist, spread_hi) / 1e9;
  return true;
}

static void judge_group(const pl_watch *w, const pl_group *g, pl_watch_result *r)
{
  const pl_objective *o = w->objective;
  const pl_condition *c = &o->condition;
  memset(r, 0, sizeof *r);
  (void)pl_copy(r->scope, sizeof r->scope, pl_str_of(g->scope));
  r->samples = pl_tally_samples(&g->total, &c->expr);
  r->seconds = g->total.seconds;
  r->broken_at_ms = g->broken_at_ms;
  r->known = g->window ? g->has_worst : pl_tally_value(&g->total, &c->expr, g->last, &r->value);
  if (g->window)
    r->value = g->worst;
  r->verdict = PL_VERDICT_INCONCLUSIVE;
  if (!r->known) {
    (void)snprintf(r->why, sizeof r->why, g->window && r->samples ? "no full window of %llu s was measured" : "no data",
                   (unsigned long long)o->window_s);
    return;
  }
  r->beyond = g->total.hist && g->total.hist->over > 0 && r->value * 1e9 >= (double)PL_HIST_MAX_VALUE;
  if (r->samples < needed(w)) {
    (void)snprintf(r->why, sizeof r->why, "too few samples: %llu, at least %llu are needed", (unsigned long long)r->samples,
                   (unsigned long long)needed(w));
    return;
  }
  r->has_interval = interval(w, g, &r->lo, &r->hi);
  bool held = o->for_s ? g->broken_for_s <= o->for_s : pl_condition_holds(c->compare, r->value, c->limit);
  r->verdict = held ? PL_VERDICT_PASS : PL_VERDICT_FAIL;
  r->marginal = r->has_interval && r->lo <= c->limit && c->limit <= r->hi && r->lo < r->hi;
  if (r->marginal && w->options.strict) {
    r->verdict = PL_VERDICT_INCONCLUSIVE;
    (void)snprintf(r->why, sizeof r->why, "the interval straddles the limit");
  }
}

/* Fail is worse than inconclusive, which is worse than pass; among equals the value nearer to failing. */
static bool is_worse(const pl_condition *c, const pl_watch_result *a, const pl_watch_result *b)
{
  static const int rank[] = {[PL_VERDICT_PASS] = 0, [PL_VERDICT_INCONCLUSIVE] = 1, [PL_VERDICT_FAIL] = 2};
  if (rank[a->verdict] != rank[b->verdict])
    return rank[a->verdict] > rank[b->verdict];
  bool lower_is_better = c->compare == PL_LESS || c->compare == PL_LESS_EQUAL;
  return lower_is_better ? a->value > b->value : a->value < b->value;
}

void pl_watch_judge(const pl_watch *w, pl_watch_result *out)
{
  memset(out, 0, sizeof *out);
  out->verdict = PL_VERDICT_INCONCLUSIVE;
  (void)snprintf(out->why, sizeof out->why, "no data");
  for (size_t i = 0; i < w->n_groups; i++) {
    pl_watch_result r;
    judge_group(w, &w->groups[i], &r);
    if (i == 0 || is_worse(&w->objective->condition, &r, out))
      *out = r;
  }
  if (w->n_groups == 1 && w->objective->condition.expr.n_by == 0)
    out->scope[0] = '\0';
  if (w->lost && out->verdict == PL_VERDICT_PASS) {
    out->verdict = PL_VERDICT_INCONCLUSIVE;
    (void)snprintf(out->why, sizeof out->why, "figures were lost for want of memory");
  }
}

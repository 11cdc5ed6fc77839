/* The verdict of a watch: each scope alone, the worst decides. See watch.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "analysis/ranks.h"
#include "query/watch_inside.h"

/* More lost starts than this share, and latencies say nothing. */
#define LOST_SHARE 0.001

/* The share of a ratio from its seconds. */
static bool share_interval(const pl_pairs *seconds, pl_watch_result *r, pl_interval *share)
{
  r->few_seconds = true;
  if (!pl_bootstrap_ratio(seconds->part, seconds->all, seconds->n, 0.95, share))
    return false;
  r->few_seconds = share->too_few;
  return true;
}

/* Interval of the group's value from the seconds: for quantiles the share below is resampled and inverted (Woodruff 1952). The
 * extremes have none: no second without them says how far they may lie. */
static void add_interval(const pl_expr *e, const pl_group *g, pl_watch_result *r)
{
  pl_interval share;
  bool quantile = e->metric.kind == PL_METRIC_DIST && e->aggregate == PL_AGG_QUANTILE && e->p > 0 && e->p < 1;
  if (g->window.cap)
    return;
  bool ratio = e->metric.kind == PL_METRIC_SHARE && e->aggregate == PL_AGG_RATIO && r->value > 0 && r->value < 1;
  if (ratio && share_interval(&g->shares, r, &share)) { /* of none or all no second tells how rare the other is */
    r->lo = share.lo;
    r->hi = share.hi;
    r->has_interval = r->lo < r->hi;
  } else if (quantile && g->total.hist && share_interval(&g->passes, r, &share)) {
    r->lo = (double)pl_hist_quantile(g->total.hist, fmax(0, e->p - (share.value - share.at_least))) / 1e9;
    r->hi = (double)pl_hist_quantile(g->total.hist, fmin(1, e->p + (share.at_most - share.value))) / 1e9;
    r->has_interval = true;
  }
}

/* How many answers of the same scope timed out. */
static double timeouts_of(const pl_watch *w, const pl_group *g)
{
  const pl_side *side = &w->sides[PL_SIDE_TIMEOUTS];
  for (size_t i = 0; i < side->n; i++) {
    if (strcmp(side->groups[i].scope, g->scope) == 0)
      return side->groups[i].total.all;
  }
  return 0;
}

/* Which share of the planned starts was lost: of the group's scenario, or of all that the objective names. */
static double lost_share(const pl_watch *w, const pl_group *g)
{
  const pl_side *side = &w->sides[PL_SIDE_LOST];
  double part = 0, all = 0;
  for (size_t i = 0; i < side->n; i++) {
    const pl_group *lost = &side->groups[i];
    if (g->scenario[0] && strcmp(lost->scenario, g->scenario) != 0)
      continue;
    part += lost->total.part;
    all += lost->total.all;
  }
  return all > 0 ? part / all : 0;
}

/* Whether the value stands on answers that timed out, so that it is at least this much. */
static bool is_beyond(const pl_watch *w, const pl_group *g)
{
  const pl_expr *e = &w->objective->condition.expr;
  const pl_hist *h = g->total.hist;
  if (!h || e->aggregate == PL_AGG_COUNT || e->aggregate == PL_AGG_RATE || e->aggregate == PL_AGG_MIN)
    return false;
  double censored = timeouts_of(w, g) + (double)h->over;
  if (e->aggregate == PL_AGG_QUANTILE)
    return (double)pl_nearest_rank(e->p, h->count) > (double)h->count - censored;
  return censored > 0;
}

static void inconclusive(pl_watch_result *r, const char *why)
{
  r->verdict = PL_VERDICT_INCONCLUSIVE;
  (void)pl_copy(r->why, sizeof r->why, pl_str_of(why));
}

/* Why there is no value. */
static void explain_nothing(const pl_watch *w, const pl_group *g, pl_watch_result *r)
{
  const pl_objective *o = w->objective;
  r->verdict = PL_VERDICT_INCONCLUSIVE;
  if (o->has_when && !g->held_s && g->barred_s)
    (void)snprintf(r->why, sizeof r->why, "its condition never held in %llu s", (unsigned long long)g->barred_s);
  else if (g->window.cap && r->samples)
    (void)snprintf(r->why, sizeof r->why, "no full window of %llu s with at least %llu sample%s", (unsigned long long)o->window_s,
                   (unsigned long long)pl_watch_needed(w), pl_watch_needed(w) == 1 ? "" : "s");
  else
    (void)snprintf(r->why, sizeof r->why, "no data");
}

/* What takes away the ground under a verdict. */
static void doubt(const pl_watch *w, const pl_group *g, pl_watch_result *r)
{
  const pl_condition *c = &w->objective->condition;
  double lost = lost_share(w, g);
  if (r->samples < pl_watch_needed(w)) {
    r->verdict = PL_VERDICT_INCONCLUSIVE;
    (void)snprintf(r->why, sizeof r->why, "too few samples: %llu, at least %llu are needed", (unsigned long long)r->samples,
                   (unsigned long long)pl_watch_needed(w));
  } else if (lost > LOST_SHARE) {
    r->verdict = PL_VERDICT_INCONCLUSIVE;
    (void)snprintf(r->why, sizeof r->why, "%.3g %% of the planned starts were dropped or cancelled: what they would have waited is not in it", 100 * lost);
  } else if (r->beyond && r->verdict == PL_VERDICT_PASS && pl_condition_lower_is_better(c)) {
    inconclusive(r, "it lies among timeouts: how far above is not known");
  } else if (r->marginal && w->options.strict) {
    inconclusive(r, "the interval straddles the limit");
  }
}

static bool has_held(const pl_objective *o, const pl_group *g, double value)
{
  if (!o->for_s)
    return pl_condition_holds(o->condition.compare, value, o->condition.limit);
  return (o->over == PL_OVER_LAST ? g->broken_for_s : g->broken_most_s) <= o->for_s;
}

static void judge_group(const pl_watch *w, const pl_group *g, pl_watch_result *r)
{
  const pl_objective *o = w->objective;
  const pl_condition *c = &o->condition;
  memset(r, 0, sizeof *r);
  r->scope = g->scope;
  r->samples = pl_tally_samples(&g->total, &c->expr);
  r->seconds = g->held_s;
  r->broken_at_ms = g->broken_at_ms;
  r->known = g->window.cap ? g->has_worst : pl_tally_value(&g->total, &c->expr, &r->value);
  if (!r->known && !g->ahead) {
    explain_nothing(w, g, r);
    return;
  }
  if (g->window.cap)
    r->value = g->worst;
  if (g->ahead)
    r->value = g->ahead_value;
  r->known = true;
  r->beyond = is_beyond(w, g);
  add_interval(&c->expr, g, r);
  r->verdict = has_held(o, g, r->value) ? PL_VERDICT_PASS : PL_VERDICT_FAIL;
  r->marginal = r->has_interval && r->lo <= c->limit && c->limit <= r->hi && r->lo < r->hi;
  doubt(w, g, r);
}

/* Fail is worse than inconclusive, which is worse than pass; among equals the value nearer to failing. */
static bool is_worse(const pl_condition *c, const pl_watch_result *a, const pl_watch_result *b)
{
  static const int rank[] = {[PL_VERDICT_PASS] = 0, [PL_VERDICT_INCONCLUSIVE] = 1, [PL_VERDICT_FAIL] = 2};
  if (rank[a->verdict] != rank[b->verdict])
    return rank[a->verdict] > rank[b->verdict];
  return pl_condition_lower_is_better(c) ? a->value > b->value : a->value < b->value;
}

/* Of an expression that is not judged: one of which nothing is known says nothing. */
static bool is_told(const pl_watch *w, const pl_watch_result *a, const pl_watch_result *b)
{
  return !w->objective->has_condition && a->known != b->known ? a->known : is_worse(&w->objective->condition, a, b);
}

/* Whether loads were measured, but none of the scope's scenario: what was sent of it belongs to a search, or to a comparison of two. */
static bool is_of_no_load(const pl_watch *w, const pl_group *g)
{
  return w->parts.n && g->scenario[0] && pl_parts_first_ms(&w->parts, g->scenario) == INT64_MAX;
}

size_t pl_watch_scopes(const pl_watch *w)
{
  return w->sides[PL_SIDE_MAIN].n;
}

void pl_watch_judge_scope(const pl_watch *w, size_t i, pl_watch_result *out)
{
  const pl_group *g = &w->sides[PL_SIDE_MAIN].groups[i];
  if (!is_of_no_load(w, g)) {
    judge_group(w, g, out);
    return;
  }
  *out = (pl_watch_result){.scope = g->scope};
  inconclusive(out, "no load of its scenario was measured");
}

void pl_watch_judge(const pl_watch *w, pl_watch_result *out)
{
  const pl_side *side = &w->sides[PL_SIDE_MAIN];
  size_t judged = 0;
  memset(out, 0, sizeof *out);
  out->scope = "";
  inconclusive(out, "no data");
  for (size_t i = 0; i < side->n; i++) {
    pl_watch_result r;
    if (is_of_no_load(w, &side->groups[i]))
      continue;
    judge_group(w, &side->groups[i], &r);
    if (judged++ == 0 || is_told(w, &r, out))
      *out = r;
  }
  if (judged == 1 && side->expr->n_by == 0)
    out->scope = "";
  if (w->incomplete && out->verdict == PL_VERDICT_PASS)
    inconclusive(out, "figures were lost for want of memory");
}

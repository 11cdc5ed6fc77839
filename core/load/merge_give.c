/* What a complete second, and each longer interval, tells the sink: distributions, running totals, gauges. The collector's thread. */
#include <stdio.h>

#include "load/merge_inside.h"

static const unsigned level_seconds[LEVELS] = {1, 10, 60, 0};

bool pl_merge_latency_is_service(const pl_merge *m, uint32_t scenario)
{
  const pl_scenario *s = &m->plan->scenarios[scenario];
  return s->model != PL_MODEL_OPEN && s->pace_ns == 0;
}

static void give_examples(pl_merge *m, pl_merge_set *r)
{
  pl_example_list *list = r->slow[0];
  if (!list || !list->n)
    return;
  m->sink.examples(m->sink.user, &r->key, list, m->start_ms, m->start_ns);
  list->n = 0;
}

void pl_merge_give_level(pl_merge *m, int level, int64_t ts_ms)
{
  for (uint32_t i = 0; i < m->n_rows; i++) {
    pl_merge_set *r = m->rows[i];
    if (level == LEVEL_TEN)
      give_examples(m, r);
    for (int d = 0; d < PL_DISTS; d++) {
      pl_hist *h = r->dist[d][level];
      if (!h || !h->count)
        continue;
      m->sink.dist(m->sink.user, &r->key, (enum pl_dist)d, ts_ms, level_seconds[level], h);
      if (d == PL_DIST_LATENCY && pl_merge_latency_is_service(m, r->scenario))
        m->sink.dist(m->sink.user, &r->key, PL_DIST_SERVICE, ts_ms, level_seconds[level], h);
      if (level == LEVEL_WHOLE)
        continue;
      pl_merge_add_hist(m, r, d, level + 1, h);
      pl_hist_clear(h);
    }
  }
}

/* The piece of a second with which a load ends tells of what grew in it alone: elsewhere a sample a few milliseconds behind the one before would
 * only mislead those who reckon with the usual distance of samples, as PromQL's rate does. Where something was put off behind the piece, its begin is told. */
static bool is_told(const pl_merge *m, int64_t begin_ms, int64_t end_ms, bool grew)
{
  return grew || end_ms - begin_ms == 1000 || m->any_put_off;
}

/* A total never falls: what moved to another outcome is made up by the next ones, also where it is below zero until they come. */
static void give_outcomes(pl_merge *m, pl_merge_set *r, int64_t begin_ms, int64_t end_ms)
{
  for (uint32_t i = 0; i < r->n_outcomes; i++) {
    const pl_outcome_count *o = &r->outcomes[i];
    char status[8];
    (void)snprintf(status, sizeof status, "%u", (unsigned)o->status);
    pl_str outcome = pl_str_of(pl_failure_name((enum pl_failure)o->outcome));
    bool grew = (int64_t)o->count > (int64_t)r->given[i];
    r->given[i] = grew ? o->count : r->given[i];
    if (i >= r->n_given)
      m->sink.count(m->sink.user, "load_requests_total", &r->key, "status", pl_str_of(status),
                    "outcome", outcome, begin_ms, 0);
    if (i >= r->n_given || is_told(m, begin_ms, end_ms, grew))
      m->sink.count(m->sink.user, "load_requests_total", &r->key, "status", pl_str_of(status),
                    "outcome", outcome, end_ms, (double)r->given[i]);
  }
  r->n_given = r->n_outcomes;
}

/* Totals of a scenario, as they are given. */
static const struct {
  const char *metric, *label, *value;
} scenario_totals[PL_MERGE_GIVEN] = {
    {"load_starts_total", "outcome", "started"},   {"load_starts_total", "outcome", "late"}, {"load_starts_total", "outcome", "dropped"},
    {"load_starts_total", "outcome", "cancelled"}, {"load_bytes_total", "direction", "sent"}, {"load_bytes_total", "direction", "received"},
};

static void give_outcomes_ahead(const pl_merge *m, const pl_merge_set *r, int64_t begin_ms)
{
  for (uint32_t i = 0; i < r->n_outcomes; i++) {
    const pl_outcome_count *o = &r->outcomes[i];
    uint64_t total = (int64_t)o->count > (int64_t)r->given[i] ? o->count : r->given[i];
    char status[8];
    (void)snprintf(status, sizeof status, "%u", (unsigned)o->status);
    m->sink.ahead(m->sink.user, "load_requests_total", &r->key, "status", pl_str_of(status), "outcome",
                  pl_str_of(pl_failure_name((enum pl_failure)o->outcome)), begin_ms, (double)total);
  }
}

void pl_merge_give_ahead(pl_merge *m, int64_t begin_ms)
{
  for (uint32_t i = 0; i < m->n_rows; i++)
    give_outcomes_ahead(m, m->rows[i], begin_ms);
  for (uint32_t i = 0; i < m->n_scenarios; i++) {
    const pl_merge_totals *t = &m->totals[i];
    const uint64_t now[] = {t->started, t->late, t->dropped, t->cancelled}; /* the first of scenario_totals */
    for (size_t k = 0; k < sizeof now / sizeof *now; k++)
      m->sink.ahead(m->sink.user, scenario_totals[k].metric, &m->rows[i]->key, scenario_totals[k].label, pl_str_of(scenario_totals[k].value), NULL,
                    (pl_str){0}, begin_ms, (double)now[k]);
  }
}

static void give_totals(pl_merge *m, uint32_t scenario, int64_t begin_ms, int64_t end_ms)
{
  const pl_load_key *key = &m->rows[scenario]->key;
  const pl_merge_totals *t = &m->totals[scenario];
  pl_merge_given *given = &m->given[scenario];
  const uint64_t now[PL_MERGE_GIVEN] = {t->started, t->late, t->dropped, t->cancelled, t->bytes_sent, t->bytes_received};
  for (int k = 0; k < PL_MERGE_GIVEN; k++) {
    pl_str value = pl_str_of(scenario_totals[k].value);
    if (!given->any)
      m->sink.count(m->sink.user, scenario_totals[k].metric, key, scenario_totals[k].label, value, NULL, (pl_str){0}, begin_ms, 0);
    if (!given->any || is_told(m, begin_ms, end_ms, now[k] != given->totals[k]))
      m->sink.count(m->sink.user, scenario_totals[k].metric, key, scenario_totals[k].label, value, NULL, (pl_str){0}, end_ms, (double)now[k]);
    given->totals[k] = now[k];
  }
  given->any = true;
}

static void give_scenario(pl_merge *m, uint32_t i, int64_t begin_ms, int64_t end_ms)
{
  pl_merge_totals *t = &m->totals[i];
  uint64_t accounted = t->started + t->dropped + t->cancelled, behind = t->planned > accounted ? t->planned - accounted : 0;
  if (behind > t->behind) {
    t->behind = behind;
    t->behind_second = m->second;
  }
  give_totals(m, i, begin_ms, end_ms);
  uint32_t users = 0, top = 0;
  for (unsigned w = 0; w < m->n_sources; w++) {
    users += m->sources[w].users[i];
    top += m->sources[w].users_top[i];
    m->sources[w].users_top[i] = m->sources[w].users[i];
  }
  t->users = users;
  m->sink.gauge(m->sink.user, "load_users", &m->rows[i]->key, begin_ms, top);
  if (m->plan->scenarios[i].model == PL_MODEL_OPEN)
    m->sink.gauge(m->sink.user, "load_rate_planned", &m->rows[i]->key, begin_ms,
                  (double)m->second_planned[i]);
  m->second_planned[i] = 0;
}

static void give_check(pl_merge *m, pl_merge_text *l, bool ok, int64_t begin_ms, int64_t end_ms)
{
  const pl_load_key *key = &m->rows[l->scenario]->key;
  double passed = l->total.sum;
  pl_str value = ok ? PL_STR("true") : PL_STR("false");
  if (!l->given)
    m->sink.count(m->sink.user, "load_checks_total", key, "check", l->text, "ok", value, begin_ms, 0);
  m->sink.count(m->sink.user, "load_checks_total", key, "check", l->text, "ok", value, end_ms,
                ok ? passed : (double)l->total.n - passed);
}

static void give_labels(pl_merge *m, int64_t begin_ms, int64_t end_ms)
{
  for (uint32_t i = 0; i < m->n_labels; i++) {
    pl_merge_text *l = &m->labels[i];
    if (l->kind == PL_LABEL_CHECK && (!l->given || is_told(m, begin_ms, end_ms, l->second.n > 0))) {
      give_check(m, l, true, begin_ms, end_ms);
      give_check(m, l, false, begin_ms, end_ms);
      l->given = true;
    } else if (l->kind == PL_LABEL_METRIC && l->second.n) {
      m->sink.gauge(m->sink.user, l->text.data, &m->rows[l->scenario]->key, begin_ms,
                    l->second.sum / (double)l->second.n);
    }
    l->second = (pl_tally){0};
  }
}

static void give_connections(pl_merge *m, int64_t ts_ms)
{
  double open = 0;
  for (unsigned i = 0; i < m->n_sources; i++)
    open += (double)m->sources[i].stats.client.open;
  m->sink.gauge(m->sink.user, "load_connections", &(pl_load_key){0}, ts_ms, open);
}

void pl_merge_give_second(pl_merge *m, int64_t begin_ms, int64_t end_ms)
{
  pl_merge_give_level(m, LEVEL_SECOND, begin_ms);
  for (uint32_t i = 0; i < m->n_rows; i++)
    give_outcomes(m, m->rows[i], begin_ms, end_ms);
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    give_scenario(m, i, begin_ms, end_ms);
  give_labels(m, begin_ms, end_ms);
  give_connections(m, begin_ms);
  m->sink.second(m->sink.user, begin_ms);
}

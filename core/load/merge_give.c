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

/* A total never falls: what moved to another outcome is made up by the next ones, also where it is below zero until they come. */
static void give_outcomes(pl_merge *m, pl_merge_set *r, int64_t ts_ms)
{
  for (uint32_t i = 0; i < r->n_outcomes; i++) {
    const pl_outcome_count *o = &r->outcomes[i];
    char status[8];
    (void)snprintf(status, sizeof status, "%u", (unsigned)o->status);
    pl_str outcome = pl_str_of(pl_failure_name((enum pl_failure)o->outcome));
    r->given[i] = (int64_t)o->count > (int64_t)r->given[i] ? o->count : r->given[i];
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
  uint64_t accounted = t->started + t->dropped + t->cancelled, behind = t->planned > accounted ? t->planned - accounted : 0;
  if (behind > t->behind) {
    t->behind = behind;
    t->behind_second = m->second;
  }
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

static void give_check(pl_merge *m, pl_merge_text *l, bool ok, int64_t ts_ms)
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
    pl_merge_text *l = &m->labels[i];
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

static void give_connections(pl_merge *m, int64_t ts_ms)
{
  double open = 0;
  for (unsigned i = 0; i < m->n_sources; i++)
    open += (double)m->sources[i].stats.client.open;
  m->sink.gauge(m->sink.user, "load_connections", &(pl_load_key){0}, ts_ms, open);
}

void pl_merge_give_second(pl_merge *m, int64_t ts_ms)
{
  pl_merge_give_level(m, LEVEL_SECOND, ts_ms);
  for (uint32_t i = 0; i < m->n_rows; i++)
    give_outcomes(m, m->rows[i], ts_ms);
  for (uint32_t i = 0; i < m->n_scenarios; i++)
    give_scenario(m, i, ts_ms);
  give_labels(m, ts_ms);
  give_connections(m, ts_ms);
  m->sink.second(m->sink.user, ts_ms);
}

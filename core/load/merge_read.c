/* The figures of a merger that is quiet: totals, workers, distributions, rows and labels of the whole load. The control thread, or
 * the collector's between seconds. */
#include "base/error.h"
#include "load/merge_inside.h"

static void add_totals(pl_merge_totals *into, const pl_merge_totals *from)
{
  PL_COUNT_MAP(PL_COUNT_JOIN)
  if (from->behind > into->behind) {
    into->behind = from->behind;
    into->behind_second = from->behind_second;
  }
  for (int f = 0; f < PL_FAILURES; f++)
    into->outcomes[f] += from->outcomes[f];
  into->users += from->users;
  into->users_max += from->users_max;
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
    const pl_merge_set *r = m->rows[i];
    if ((scenario.len && !pl_str_eq(scenario, r->key.scenario)) || (name.len && !is_named(r->key.name, name)))
      continue;
    bool alias = which == PL_DIST_SERVICE && pl_merge_latency_is_service(m, r->scenario);
    const pl_hist *h = r->dist[alias ? PL_DIST_LATENCY : which][LEVEL_WHOLE];
    if (!h || !h->count)
      continue;
    if (pl_hist_add(into, h))
      return PL_ENOMEM;
    found = true;
  }
  return found ? PL_OK : PL_ENOENT;
}

bool pl_merge_fit(const pl_merge *m, size_t scenario, pl_fit_result *out)
{
  return pl_fit_get(&m->fits[scenario], out);
}

const pl_example_list *pl_merge_examples(const pl_merge *m, uint32_t i)
{
  return m->rows[i]->slow[1];
}

uint32_t pl_merge_rows(const pl_merge *m)
{
  return m->n_rows;
}

void pl_merge_row_get(const pl_merge *m, uint32_t i, pl_merge_row *out)
{
  const pl_merge_set *r = m->rows[i];
  *out = (pl_merge_row){r->key, r->scenario, r->outcomes, r->n_outcomes};
}

uint32_t pl_merge_labels(const pl_merge *m)
{
  return m->n_labels;
}

void pl_merge_label_get(const pl_merge *m, uint32_t i, pl_merge_label *out)
{
  const pl_merge_text *l = &m->labels[i];
  *out = (pl_merge_label){l->kind, l->scenario, l->text, l->total.n, l->total.sum};
}

/* See group.h. */
#include "query/group.h"

#include <string.h>

void pl_pairs_fini(pl_pairs *p, const pl_allocator *a)
{
  pl_free(a, p->part, p->cap * sizeof *p->part);
  pl_free(a, p->all, p->cap * sizeof *p->all);
  *p = (pl_pairs){0};
}

static int grow_pairs(pl_pairs *p, const pl_allocator *a)
{
  size_t cap = p->cap ? p->cap * 2 : 16;
  double *parts = pl_alloc(a, cap * sizeof *parts), *alls = pl_alloc(a, cap * sizeof *alls);
  if (!parts || !alls) {
    pl_free(a, parts, cap * sizeof *parts);
    pl_free(a, alls, cap * sizeof *alls);
    return PL_ENOMEM;
  }
  pl_pairs grown = {parts, alls, p->n, cap, p->doublings, p->last_s};
  if (p->n) {
    memcpy(parts, p->part, p->n * sizeof *parts);
    memcpy(alls, p->all, p->n * sizeof *alls);
  }
  pl_pairs_fini(p, a);
  *p = grown;
  return PL_OK;
}

/* Stretches become twice as long and half as many. */
static void join_pairs(pl_pairs *p)
{
  p->n /= 2;
  p->doublings++;
  for (size_t i = 0; i < p->n; i++) {
    p->part[i] = p->part[2 * i] + p->part[2 * i + 1];
    p->all[i] = p->all[2 * i] + p->all[2 * i + 1];
  }
}

int pl_pairs_add(pl_pairs *p, double part, double all, const pl_allocator *a)
{
  if (p->n && p->last_s < 1u << p->doublings) {
    p->part[p->n - 1] += part;
    p->all[p->n - 1] += all;
    p->last_s++;
    return PL_OK;
  }
  if (p->n == PL_PAIRS_MAX)
    join_pairs(p);
  else if (p->n == p->cap && grow_pairs(p, a))
    return PL_ENOMEM;
  p->part[p->n] = part;
  p->all[p->n++] = all;
  p->last_s = 1;
  return PL_OK;
}

int pl_group_init(pl_group *g, const char *scope, const char *scenario, uint64_t window_s, const pl_allocator *a)
{
  memset(g, 0, sizeof *g);
  g->scope = pl_strdup(a, scope);
  (void)pl_copy(g->scenario, sizeof g->scenario, pl_str_of(scenario));
  pl_tally_init(&g->total);
  pl_tally_init(&g->second);
  int code = pl_seconds_init(&g->window, window_s, a);
  return g->scope ? code : PL_ENOMEM;
}

void pl_group_fini(pl_group *g, const pl_allocator *a)
{
  pl_strfree(a, g->scope);
  pl_tally_fini(&g->total, a);
  pl_tally_fini(&g->second, a);
  pl_seconds_fini(&g->window);
  pl_pairs_fini(&g->shares, a);
  pl_pairs_fini(&g->passes, a);
}

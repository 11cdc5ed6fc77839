/* Aggregations: elements go to the group of their labels; each group has a value a step. Those that need all values of a step at once
 * (quantile, topk, bottomk) take them group by group. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "query/evaluate.h"
#include "query/window.h"

typedef struct groups {
  pl_evaluation *e;
  const pl_node *node;
  pl_vector of;
  pl_label_map map;   /* group numbers */
  size_t *number;     /* of each element */
  double *params;     /* of each step, or NULL */
} groups;

static int find_groups(groups *g)
{
  const pl_aggregation *a = &g->node->aggregation;
  g->number = pl_arena_alloc(g->e->arena, g->of.n, sizeof *g->number);
  if (!g->number)
    return pl_evaluation_full(g->e);
  int code = pl_label_map_init(g->e, &g->map, g->of.n);
  for (size_t i = 0; !code && i < g->of.n; i++) {
    pl_label_set labels;
    code = pl_label_set_select(g->e, &g->of.elements[i].labels, &a->labels, !a->without, &labels);
    if (!code)
      g->number[i] = pl_label_map_number(&g->map, &labels);
  }
  return code;
}

/* ---- Value by value --------------------------------------------------------------------------- */

/* Of one group at one step. */
typedef struct cell {
  pl_mean mean;    /* SUM: its sum alone */
  double value;    /* extreme; mean of STDDEV */
  double squares;
  size_t n;
} cell;

static void add_deviation(cell *c, double v)
{
  if (c->n == 1) {
    c->value = v;
    c->squares = isfinite(v) ? 0 : NAN;
    return;
  }
  double off = v - c->value;
  c->value += off / (double)c->n;
  c->squares += off * (v - c->value);
}

static void add_value(cell *c, enum pl_aggregator a, double v)
{
  c->n++;
  switch (a) {
  case PL_SUM:
    pl_kahan_add(&c->mean.sum, v);
    break;
  case PL_AVG:
    pl_mean_add(&c->mean, v);
    break;
  case PL_MIN:
    c->value = c->n == 1 || v < c->value || isnan(c->value) ? v : c->value;
    break;
  case PL_MAX:
    c->value = c->n == 1 || v > c->value || isnan(c->value) ? v : c->value;
    break;
  case PL_STDDEV:
    add_deviation(c, v);
    break;
  default:
    break;
  }
}

static double value_of(const cell *c, enum pl_aggregator a)
{
  switch (a) {
  case PL_SUM:
    return pl_kahan_total(&c->mean.sum);
  case PL_AVG:
    return pl_mean_value(&c->mean);
  case PL_COUNT:
    return (double)c->n;
  case PL_GROUP:
    return 1;
  case PL_STDDEV:
    return sqrt(c->squares / (double)c->n);
  default:
    return c->value;
  }
}

static int take_cells(groups *g, const cell *cells, pl_vector *out)
{
  int code = pl_vector_init(g->e, out, g->map.n);
  for (size_t i = 0; !code && i < g->map.n; i++) {
    pl_element *to = &out->elements[i];
    to->labels = g->map.sets[i];
    to->values = pl_values_new(g->e);
    if (!to->values)
      return g->e->arena->bad;
    for (size_t step = 0; step < g->e->steps; step++) {
      const cell *c = &cells[i * g->e->steps + step];
      if (c->n)
        to->values[step] = value_of(c, g->node->aggregation.aggregator);
    }
  }
  return code;
}

static int aggregate_values(groups *g, pl_vector *out)
{
  cell *cells = pl_arena_alloc(g->e->arena, g->map.n * g->e->steps, sizeof *cells);
  if (!cells)
    return pl_evaluation_full(g->e);
  for (size_t i = 0; i < g->of.n; i++) {
    cell *row = cells + g->number[i] * g->e->steps;
    const double *values = g->of.elements[i].values;
    for (size_t step = 0; step < g->e->steps; step++) {
      if (!pl_is_absent(values[step]))
        add_value(&row[step], g->node->aggregation.aggregator, values[step]);
    }
  }
  return take_cells(g, cells, out);
}

/* ---- Distributions: their sum is all of them together ------------------------------------------ */

static int merge_dists(pl_evaluation *e, pl_hist **into, pl_hist *const *from)
{
  for (size_t step = 0; step < e->steps; step++) {
    if (from[step] && !into[step])
      into[step] = from[step];
    else if (from[step] && pl_hist_add(into[step], from[step]))
      return pl_evaluation_full(e);
  }
  return PL_OK;
}

static int aggregate_dists(groups *g, pl_vector *out)
{
  if (g->node->aggregation.aggregator != PL_SUM)
    return pl_evaluation_fail(g->e, g->node->at, PL_EINVAL, "of distributions there is only a sum; histogram_quantile(0.99, ...) takes a value out of them");
  int code = pl_vector_init(g->e, out, g->map.n);
  for (size_t i = 0; !code && i < g->of.n; i++) {
    pl_element *from = &g->of.elements[i], *to = &out->elements[g->number[i]];
    to->labels = g->map.sets[g->number[i]];
    if (!from->dists)
      return pl_evaluation_fail(g->e, g->node->at, PL_EINVAL, "distributions and values have no sum");
    if (to->dists)
      code = merge_dists(g->e, to->dists, from->dists);
    else
      to->dists = from->dists;
  }
  return code;
}

/* ---- All values of a group and step ----------------------------------------------------------- */

static int aggregate_quantiles(groups *g, pl_vector *out)
{
  pl_members m;
  double *numbers = pl_arena_alloc(g->e->arena, g->of.n, sizeof *numbers);
  int code = numbers ? pl_members_find(g->e, g->number, g->of.n, g->map.n, &m) : pl_evaluation_full(g->e);
  if (!code)
    code = pl_vector_init(g->e, out, g->map.n);
  for (size_t i = 0; !code && i < g->map.n; i++) {
    out->elements[i].labels = g->map.sets[i];
    out->elements[i].values = pl_values_new(g->e);
    for (size_t step = 0; out->elements[i].values && step < g->e->steps; step++) {
      size_t n = 0;
      for (size_t j = m.starts[i]; j < m.starts[i + 1]; j++) {
        double v = g->of.elements[m.order[j]].values[step];
        if (!pl_is_absent(v))
          numbers[n++] = v;
      }
      if (n)
        out->elements[i].values[step] = pl_quantile_between(g->params[step], numbers, n);
    }
    code = out->elements[i].values ? PL_OK : g->e->arena->bad;
  }
  return code;
}

typedef struct ranked {
  double value;
  size_t element;
} ranked;

/* The best first; NaN last, then in the order of the elements. */
static int compare_ranked(const ranked *a, const ranked *b, bool top)
{
  if (isnan(a->value) != isnan(b->value))
    return isnan(a->value) ? 1 : -1;
  if (a->value != b->value && !isnan(a->value))
    return (a->value > b->value) == top ? -1 : 1;
  return a->element < b->element ? -1 : a->element > b->element;
}

static int by_rank_down(const void *a, const void *b)
{
  return compare_ranked(a, b, true);
}

static int by_rank_up(const void *a, const void *b)
{
  return compare_ranked(a, b, false);
}

/* Keeps k values of a group at a step; of an instant the elements come in their order. */
static void keep_best(groups *g, ranked *list, size_t n, size_t step, double *const *kept, size_t *order)
{
  bool top = g->node->aggregation.aggregator == PL_TOPK;
  double param = g->params[step];
  size_t k = param >= (double)n ? n : param >= 1 ? (size_t)param : 0;
  if (n)
    qsort(list, n, sizeof *list, top ? by_rank_down : by_rank_up);
  for (size_t i = 0; i < k; i++) {
    kept[list[i].element][step] = list[i].value;
    order[i] = list[i].element;
  }
}

static int check_count(groups *g)
{
  for (size_t i = 0; i < g->e->steps; i++) {
    if (!(fabs(g->params[i]) < 0x1p63))
      return pl_evaluation_fail(g->e, g->node->aggregation.param->at, PL_EINVAL, "the number of elements to keep is %g: a count below 2^63 is expected", g->params[i]);
  }
  return PL_OK;
}

/* The elements that have something left; of an instant in the order of their rank within their groups. */
static int take_kept(groups *g, double *const *kept, const size_t *order, pl_vector *out)
{
  int code = pl_vector_init(g->e, out, g->of.n);
  out->n = 0;
  for (size_t i = 0; !code && i < g->of.n; i++) {
    size_t element = g->e->steps == 1 ? order[i] : i;
    bool any = false;
    for (size_t step = 0; element < g->of.n && step < g->e->steps; step++)
      any = any || !pl_is_absent(kept[element][step]);
    if (any)
      out->elements[out->n++] = (pl_element){.labels = g->of.elements[element].labels, .values = kept[element]};
  }
  return code;
}

static int aggregate_best(groups *g, pl_vector *out)
{
  pl_members m;
  ranked *list = pl_arena_alloc(g->e->arena, g->of.n, sizeof *list);
  double **kept = pl_arena_alloc(g->e->arena, g->of.n, sizeof *kept);
  size_t *order = pl_arena_alloc(g->e->arena, g->of.n, sizeof *order);
  int code = list && kept && order ? pl_members_find(g->e, g->number, g->of.n, g->map.n, &m) : pl_evaluation_full(g->e);
  for (size_t i = 0; !code && i < g->of.n; i++) {
    order[i] = SIZE_MAX;
    kept[i] = pl_values_new(g->e);
    code = kept[i] ? PL_OK : g->e->arena->bad;
  }
  if (!code)
    code = check_count(g);
  for (size_t i = 0; !code && i < g->map.n; i++) {
    for (size_t step = 0; step < g->e->steps; step++) {
      size_t n = 0;
      for (size_t j = m.starts[i]; j < m.starts[i + 1]; j++) {
        double v = g->of.elements[m.order[j]].values[step];
        if (!pl_is_absent(v))
          list[n++] = (ranked){v, m.order[j]};
      }
      keep_best(g, list, n, step, kept, order + m.starts[i]);
    }
  }
  return code ? code : take_kept(g, kept, order, out);
}

int pl_evaluate_aggregation(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  groups g = {.e = e, .node = n};
  bool any_dists = false;
  int code = n->aggregation.param ? pl_evaluate_scalar(e, n->aggregation.param, &g.params) : PL_OK;
  if (!code)
    code = pl_evaluate(e, n->aggregation.of, &g.of);
  if (!code)
    code = find_groups(&g);
  if (code)
    return code;
  for (size_t i = 0; i < g.of.n; i++)
    any_dists = any_dists || g.of.elements[i].dists;
  if (any_dists)
    return aggregate_dists(&g, out);
  switch (n->aggregation.aggregator) {
  case PL_QUANTILE:
    return aggregate_quantiles(&g, out);
  case PL_TOPK:
  case PL_BOTTOMK:
    return aggregate_best(&g, out);
  default:
    return aggregate_values(&g, out);
  }
}

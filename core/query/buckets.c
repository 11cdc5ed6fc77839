/* histogram_quantile: of classic buckets, cumulative counts by label le, between whose bounds values are taken to lie evenly; and of our
 * distributions, by nearest rank. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "format/lines.h"
#include "query/evaluate.h"

typedef struct bucket {
  double bound, count;
} bucket;

static int by_bound(const void *a_, const void *b_)
{
  const bucket *a = a_, *b = b_;
  return a->bound < b->bound ? -1 : a->bound > b->bound;
}

/* Puts buckets of one bound together. */
static size_t coalesce(bucket *b, size_t n)
{
  size_t last = 0;
  for (size_t i = 1; i < n; i++) {
    if (b[i].bound == b[last].bound)
      b[last].count += b[i].count;
    else
      b[++last] = b[i];
  }
  return last + 1;
}

/* Whether two counts differ by no more than sums of floating point do. */
static bool almost_equal(double a, double b)
{
  static const double tolerance = 1e-12;
  if ((isnan(a) && isnan(b)) || a == b)
    return true;
  double sum = fabs(a) + fabs(b), off = fabs(a - b);
  if (a == 0 || b == 0 || sum < DBL_MIN)
    return off < tolerance * DBL_MIN;
  return off / (sum < DBL_MAX ? sum : DBL_MAX) < tolerance;
}

/* Counts that fall, because their samples are of different moments, stay at what was before. */
static void make_monotonic(bucket *b, size_t n)
{
  double before = b[0].count;
  for (size_t i = 1; i < n; i++) {
    if (b[i].count < before || almost_equal(before, b[i].count))
      b[i].count = before;
    else
      before = b[i].count;
  }
}

static double quantile_of(double p, bucket *b, size_t n)
{
  if (isnan(p))
    return NAN;
  if (p < 0 || p > 1)
    return p < 0 ? -INFINITY : INFINITY;
  qsort(b, n, sizeof *b, by_bound);
  if (b[n - 1].bound != INFINITY)
    return NAN;
  n = coalesce(b, n);
  make_monotonic(b, n);
  if (n < 2 || b[n - 1].count == 0)
    return NAN;
  double rank = p * b[n - 1].count;
  size_t i = 0;
  while (i < n - 1 && !(b[i].count >= rank))
    i++;
  if (i == n - 1)
    return b[n - 2].bound;
  if (i == 0 && b[0].bound <= 0)
    return b[0].bound;
  double start = i ? b[i - 1].bound : 0, below = i ? b[i - 1].count : 0;
  return start + (b[i].bound - start) * ((rank - below) / (b[i].count - below));
}

/* ---- Elements --------------------------------------------------------------------------------- */

static bool read_bound(pl_str text, double *out)
{
  return text.data && pl_number_read(text, out) && !isnan(*out);
}

/* What histogram_quantile works on. */
typedef struct quantiles {
  pl_evaluation *e;
  const double *p;
  pl_vector of;
  pl_label_map map; /* labels without le and name */
  size_t *number;   /* of each element; PL_NO_GROUP: it is no bucket */
  double *bounds;
} quantiles;

static int find_histograms(quantiles *q)
{
  static const pl_str le = {"le", 2};
  q->number = pl_arena_alloc(q->e->arena, q->of.n, sizeof *q->number);
  q->bounds = pl_arena_alloc(q->e->arena, q->of.n, sizeof *q->bounds);
  if (!q->number || !q->bounds)
    return pl_evaluation_full(q->e);
  int code = pl_label_map_init(q->e, &q->map, q->of.n);
  for (size_t i = 0; !code && i < q->of.n; i++) {
    const pl_element *x = &q->of.elements[i];
    pl_label_set labels;
    q->number[i] = PL_NO_GROUP;
    if (!x->dists && !read_bound(pl_label_set_find(&x->labels, le), &q->bounds[i]))
      continue;
    code = pl_label_set_select(q->e, &x->labels, &(pl_label_list){x->dists ? NULL : &le, !x->dists}, false, &labels);
    if (!code)
      q->number[i] = pl_label_map_number(&q->map, &labels);
  }
  return code;
}

static void take_dists(const quantiles *q, const pl_element *from, double *values)
{
  for (size_t step = 0; step < q->e->steps; step++) {
    double p = q->p[step];
    if (!from->dists[step])
      continue;
    if (isnan(p) || from->dists[step]->count == 0)
      values[step] = NAN;
    else
      values[step] = p < 0 ? -INFINITY : p > 1 ? INFINITY : (double)pl_hist_quantile(from->dists[step], p) / 1e9;
  }
}

/* The buckets of one histogram: elements of these numbers. */
static void take_histogram(const quantiles *q, const size_t *elements, size_t n_elements, bucket *buckets, double *values)
{
  for (size_t step = 0; step < q->e->steps; step++) {
    size_t n = 0;
    for (size_t i = 0; i < n_elements; i++) {
      const pl_element *x = &q->of.elements[elements[i]];
      if (!x->dists && !pl_is_absent(x->values[step]))
        buckets[n++] = (bucket){q->bounds[elements[i]], x->values[step]};
    }
    if (n)
      values[step] = quantile_of(q->p[step], buckets, n);
  }
}

static int take_histograms(const quantiles *q, pl_vector *out)
{
  pl_members m;
  bucket *buckets = pl_arena_alloc(q->e->arena, q->of.n, sizeof *buckets);
  if (!buckets)
    return pl_evaluation_full(q->e);
  int code = pl_members_find(q->e, q->number, q->of.n, q->map.n, &m);
  if (!code)
    code = pl_vector_init(q->e, out, q->map.n);
  for (size_t i = 0; !code && i < q->map.n; i++) {
    out->elements[i] = (pl_element){.labels = q->map.sets[i], .values = pl_values_new(q->e)};
    if (!out->elements[i].values)
      return q->e->arena->bad;
    take_histogram(q, m.order + m.starts[i], m.starts[i + 1] - m.starts[i], buckets, out->elements[i].values);
  }
  return code;
}

int pl_evaluate_buckets(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  quantiles q = {.e = e};
  double *p;
  int code = pl_evaluate_scalar(e, n->call.args[0], &p);
  if (!code)
    code = pl_evaluate(e, n->call.args[1], &q.of);
  q.p = p;
  if (!code)
    code = find_histograms(&q);
  if (!code)
    code = take_histograms(&q, out);
  for (size_t i = 0; !code && i < q.of.n; i++) {
    if (q.of.elements[i].dists)
      take_dists(&q, &q.of.elements[i], out->elements[q.number[i]].values);
  }
  return code;
}

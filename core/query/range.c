/* Selectors and functions over ranges: series by series, the window moves along the samples with the steps. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "query/evaluate.h"
#include "query/selection.h"
#include "query/window.h"

static const int64_t MS_NS = (int64_t)PL_MS_NS;

/* The moving window of one series. */
typedef struct cursor {
  const pl_sample_buffer *samples;
  size_t first, end; /* samples in the window */
  size_t fall;       /* the last sample before `end` that is less than the one before it; 0: none */
} cursor;

/* Moves to a window, later than the last one: from_ns < t <= to_ns. */
static void move(cursor *c, int64_t from_ns, int64_t to_ns)
{
  const pl_sample_buffer *b = c->samples;
  for (; c->end < b->n && b->times_ns[c->end] <= to_ns; c->end++) {
    if (c->end > 0 && b->values[c->end] < b->values[c->end - 1])
      c->fall = c->end;
  }
  while (c->first < c->end && b->times_ns[c->first] <= from_ns)
    c->first++;
}

/* ---- Instant selectors ------------------------------------------------------------------------ */

static bool read_instants(const pl_evaluation *e, const pl_selector *s, const pl_sample_buffer *b, double *values)
{
  cursor c = {.samples = b};
  bool any = false;
  for (size_t i = 0; i < e->steps; i++) {
    int64_t at_ms = pl_step_ms(e, i) - s->offset_ms;
    move(&c, (at_ms - PL_LOOKBACK_MS) * MS_NS, at_ms * MS_NS);
    if (c.first == c.end)
      continue;
    values[i] = b->values[c.end - 1];
    any = any || !pl_is_absent(values[i]);
  }
  return any;
}

static int select_one(pl_evaluation *e, const pl_selector *s, const pl_selected *of, pl_vector *out)
{
  pl_element *to = &out->elements[out->n];
  pl_sample_buffer *b;
  to->labels = of->labels;
  if (of->is_dist) {
    int code = pl_selection_dists(e, s, of, &to->dists);
    out->n += !code && to->dists;
    return code;
  }
  int code = pl_selection_samples(e, s, of, &b);
  if (code || b->n == 0)
    return code;
  to->values = pl_values_new(e);
  if (!to->values)
    return e->arena->bad;
  out->n += read_instants(e, s, b, to->values);
  return PL_OK;
}

int pl_evaluate_selector(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  pl_selection found;
  int code = pl_selection_read(e, &n->selector, &found);
  if (!code)
    code = pl_vector_init(e, out, found.n);
  out->n = 0;
  for (size_t i = 0; !code && i < found.n; i++)
    code = select_one(e, &n->selector, &found.series[i], out);
  return code;
}

/* ---- Functions over ranges -------------------------------------------------------------------- */

typedef struct range {
  pl_evaluation *e;
  const pl_node *node; /* the call */
  const pl_selector *selector;
  pl_window_fn fn;     /* NULL: only whether there is a sample (absent_over_time) */
  const double *params; /* of each step, or NULL */
  double *scratch;
  size_t scratch_n;
} range;

/* quantile_over_time needs room for one window. */
static int make_scratch(range *r, size_t n)
{
  if (!r->params || n <= r->scratch_n)
    return PL_OK;
  r->scratch_n = 2 * n;
  r->scratch = pl_arena_alloc(r->e->arena, r->scratch_n, sizeof *r->scratch);
  return r->scratch ? PL_OK : pl_evaluation_full(r->e);
}

static int fill_steps(range *r, const pl_sample_buffer *b, double *values, bool *any)
{
  cursor c = {.samples = b};
  for (size_t i = 0; i < r->e->steps; i++) {
    int64_t to_ns = (pl_step_ms(r->e, i) - r->selector->offset_ms) * MS_NS, from_ns = to_ns - r->selector->range_ms * MS_NS;
    move(&c, from_ns, to_ns);
    if (c.first == c.end)
      continue;
    int code = make_scratch(r, c.end - c.first);
    if (code)
      return code;
    pl_window w = {.times_ns = b->times_ns + c.first, .values = b->values + c.first, .n = c.end - c.first, .from_ns = from_ns, .to_ns = to_ns,
                   .falls = c.fall > c.first, .param = r->params ? r->params[i] : 0, .scratch = r->scratch};
    values[i] = r->fn ? r->fn(&w) : 1;
    *any = *any || !pl_is_absent(values[i]);
  }
  return PL_OK;
}

/* What of the functions has a meaning for distributions: all of the range together. */
static bool merges(enum pl_function_id id)
{
  return id == PL_FN_RATE || id == PL_FN_INCREASE || id == PL_FN_SUM_OVER;
}

static int evaluate_dists(range *r, const pl_selected *of, pl_element *to)
{
  if (!merges(r->node->call.function->id))
    return pl_evaluation_fail(r->e, r->node->at, PL_EINVAL, "%s has no meaning for distributions: take rate, increase or sum_over_time", r->node->call.function->name);
  return pl_selection_dists(r->e, r->selector, of, &to->dists);
}

static int evaluate_one(range *r, const pl_selected *of, pl_vector *out)
{
  pl_element *to = &out->elements[out->n];
  pl_sample_buffer *b;
  bool any = false;
  int code = r->node->call.function->id == PL_FN_LAST_OVER ? PL_OK : pl_label_set_unnamed(r->e, &of->labels, &to->labels);
  if (r->node->call.function->id == PL_FN_LAST_OVER)
    to->labels = of->labels;
  if (!code && of->is_dist) {
    code = evaluate_dists(r, of, to);
    out->n += !code && to->dists;
    return code;
  }
  code = code ? code : pl_selection_samples(r->e, r->selector, of, &b);
  if (code || b->n == 0)
    return code;
  to->values = pl_values_new(r->e);
  code = to->values ? fill_steps(r, b, to->values, &any) : r->e->arena->bad;
  out->n += any;
  return code;
}

/* One element with the labels that the selector asks for by =, and 1 where no series has a sample. */
static int make_absent(range *r, pl_vector *v)
{
  double *values = pl_values_new(r->e);
  pl_label_set labels = {NULL, 0};
  if (!values)
    return r->e->arena->bad;
  bool any = false;
  for (size_t i = 0; i < r->e->steps; i++) {
    bool is_there = false;
    for (size_t j = 0; j < v->n; j++)
      is_there = is_there || !pl_is_absent(v->elements[j].values[i]);
    if (!is_there)
      values[i] = 1;
    any = any || !is_there;
  }
  for (size_t i = 0; i < r->selector->n_tests; i++) {
    const pl_label_test *t = &r->selector->tests[i];
    size_t same = 0;
    for (size_t j = 0; j < r->selector->n_tests; j++)
      same += pl_str_eq(r->selector->tests[j].label, t->label);
    if (pl_str_eq(t->label, pl_name_label) || t->op != PL_LABEL_EQ || same > 1)
      continue;
    if (pl_label_set_put(r->e, &labels, t->label, t->value, &labels))
      return r->e->arena->bad;
  }
  int code = pl_vector_init(r->e, v, 1);
  if (!code)
    v->elements[0] = (pl_element){.labels = labels, .values = values};
  v->n = !code && any;
  return code;
}

int pl_evaluate_range(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  const pl_call *c = &n->call;
  pl_selection found;
  double *params = NULL;
  int code = c->n > 1 ? pl_evaluate_scalar(e, c->args[0], &params) : PL_OK;
  range r = {.e = e, .node = n, .selector = &c->args[c->n - 1]->selector, .fn = pl_window_function(c->function->id), .params = params};
  if (!code)
    code = pl_selection_read(e, r.selector, &found);
  if (!code)
    code = pl_vector_init(e, out, found.n);
  out->n = 0;
  for (size_t i = 0; !code && i < found.n; i++)
    code = evaluate_one(&r, &found.series[i], out);
  if (code)
    return code;
  return c->function->id == PL_FN_ABSENT_OVER ? make_absent(&r, out) : pl_vector_join(e, out, n->at);
}

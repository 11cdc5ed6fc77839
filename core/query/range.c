/* Selectors and functions over ranges, series by series. */
#include <math.h>

#include "base/error.h"
#include "query/evaluate.h"
#include "query/selection.h"
#include "query/window.h"

/* ---- Instant selectors ------------------------------------------------------------------------ */

/* Where the values of one series go. */
typedef struct column {
  pl_evaluation *e;
  double *values; /* NULL before the first one */
} column;

static int put_value(column *c, size_t step, double v)
{
  if (pl_is_absent(v))
    return PL_OK;
  if (!c->values)
    c->values = pl_values_new(c->e);
  if (!c->values)
    return c->e->arena->bad;
  c->values[step] = v;
  return PL_OK;
}

static int take_newest(void *user, size_t step, const pl_step_samples *s)
{
  return put_value(user, step, s->piece.values[s->piece.n - 1]);
}

static int select_one(pl_evaluation *e, const pl_selector *s, const pl_selected *of, pl_vector *out)
{
  pl_element *to = &out->elements[out->n];
  to->labels = of->labels;
  if (of->is_dist) {
    int code = pl_selection_dists(e, s, of, &to->dists);
    out->n += !code && to->dists;
    return code;
  }
  column c = {.e = e};
  int code = pl_selection_walk(e, s, of, true, take_newest, &c);
  to->values = c.values;
  out->n += !code && c.values;
  return code;
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
  const pl_window_function *fn;
  pl_window window;     /* of the present step */
  const double *params; /* of each step, or NULL */
  double *scratch;
  size_t scratch_n;
  column to;            /* of the series that is being read */
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

static int take_step(void *user, size_t step, const pl_step_samples *s)
{
  range *r = user;
  pl_window *w = &r->window;
  int code = make_scratch(r, s->piece.n);
  if (code)
    return code;
  if (w->n == 0) {
    w->from_ns = s->from_ns;
    w->to_ns = s->to_ns;
    w->param = r->params ? r->params[step] : 0;
    w->scratch = r->scratch;
  }
  if (s->piece.n)
    pl_window_add(w, r->fn, &s->piece);
  if (s->more)
    return PL_OK;
  code = w->n ? put_value(&r->to, step, r->fn->value(w)) : PL_OK;
  *w = (pl_window){.n = 0};
  return code;
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
  int code = r->node->call.function->id == PL_FN_LAST_OVER ? PL_OK : pl_label_set_unnamed(r->e, &of->labels, &to->labels);
  if (r->node->call.function->id == PL_FN_LAST_OVER)
    to->labels = of->labels;
  if (!code && of->is_dist) {
    code = evaluate_dists(r, of, to);
    out->n += !code && to->dists;
    return code;
  }
  if (code)
    return code;
  r->to = (column){.e = r->e};
  code = pl_selection_walk(r->e, r->selector, of, r->fn->whole, take_step, r);
  to->values = r->to.values;
  out->n += !code && to->values;
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
  const pl_window_function *fn = pl_window_function_of(c->function->id == PL_FN_ABSENT_OVER ? PL_FN_PRESENT_OVER : c->function->id);
  range r = {.e = e, .node = n, .selector = &c->args[c->n - 1]->selector, .fn = fn, .params = params};
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

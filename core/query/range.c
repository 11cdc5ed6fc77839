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

static int select_one(pl_evaluation *e, const pl_when *when, const pl_selected *of, pl_vector *out)
{
  pl_element *to = &out->elements[out->n];
  to->labels = of->labels;
  if (of->is_dist) {
    int code = pl_selection_dists(e, when, of, &to->dists);
    out->n += !code && to->dists;
    return code;
  }
  column c = {.e = e};
  int code = pl_selection_walk(e, when, of, true, take_newest, &c);
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
    code = select_one(e, &n->selector.when, &found.series[i], out);
  return code;
}

/* ---- Functions over ranges -------------------------------------------------------------------- */

typedef struct range {
  pl_evaluation *e;
  const pl_node *node;  /* the call */
  const pl_node *of;    /* the selector or subquery whose range it is */
  const pl_when *when;
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
  return pl_selection_dists(r->e, r->when, of, &to->dists);
}

/* What is absent is found by what is present. */
static const pl_window_function *window_function(enum pl_function_id id)
{
  return pl_window_function_of(id == PL_FN_ABSENT_OVER ? PL_FN_PRESENT_OVER : id);
}

/* The function's values at every step, or NULL, of a part of the samples. */
static int walk(range *r, const pl_selected *of, enum pl_sample_part part, enum pl_function_id id, double **out)
{
  pl_selected read = *of;
  read.part = part;
  r->fn = window_function(id);
  r->to = (column){.e = r->e};
  int code = pl_selection_walk(r->e, r->when, &read, r->fn->whole, take_step, r);
  *out = r->to.values;
  return code;
}

static int average(range *r, const pl_selected *of, double **out)
{
  double *numbers, *sums;
  int code = walk(r, of, PL_PART_NUMBER, PL_FN_SUM_OVER, &numbers);
  if (!code)
    code = walk(r, of, PL_PART_SUM, PL_FN_SUM_OVER, &sums);
  if (code)
    return code;
  for (size_t i = 0; sums && numbers && i < r->e->steps; i++) {
    if (!pl_is_absent(sums[i]))
      sums[i] /= numbers[i];
  }
  *out = sums;
  return PL_OK;
}

/* The functions that ask for more of samples that stand for several than their mean. */
static bool asks_more(enum pl_function_id id)
{
  return id == PL_FN_MIN_OVER || id == PL_FN_MAX_OVER || id == PL_FN_COUNT_OVER || id == PL_FN_SUM_OVER || id == PL_FN_AVG_OVER;
}

static int walk_rolled(range *r, const pl_selected *of, enum pl_function_id id, double **out)
{
  switch (id) {
  case PL_FN_MIN_OVER:
    return walk(r, of, PL_PART_LEAST, id, out);
  case PL_FN_MAX_OVER:
    return walk(r, of, PL_PART_GREATEST, id, out);
  case PL_FN_COUNT_OVER:
    return walk(r, of, PL_PART_NUMBER, PL_FN_SUM_OVER, out);
  case PL_FN_SUM_OVER:
    return walk(r, of, PL_PART_SUM, id, out);
  default:
    return average(r, of, out);
  }
}

static int walk_series(range *r, const pl_selected *of, double **out)
{
  enum pl_function_id id = r->node->call.function->id;
  int rolled = asks_more(id) ? pl_reader_rolled(r->e->reader, of->series, r->e->err) : 0;
  if (rolled < 0)
    return rolled;
  return rolled ? walk_rolled(r, of, id, out) : walk(r, of, PL_PART_VALUE, id, out);
}

static int name_result(range *r, const pl_label_set *of, pl_label_set *out)
{
  *out = *of;
  return r->node->call.function->id == PL_FN_LAST_OVER ? PL_OK : pl_label_set_unnamed(r->e, of, out);
}

static int evaluate_one(range *r, const pl_selected *of, pl_vector *out)
{
  pl_element *to = &out->elements[out->n];
  int code = name_result(r, &of->labels, &to->labels);
  if (!code)
    code = of->is_dist ? evaluate_dists(r, of, to) : walk_series(r, of, &to->values);
  out->n += !code && (to->dists || to->values);
  return code;
}

static int over_selector(range *r, pl_vector *out)
{
  pl_selection found;
  int code = pl_selection_read(r->e, &r->of->selector, &found);
  if (!code)
    code = pl_vector_init(r->e, out, found.n);
  out->n = 0;
  for (size_t i = 0; !code && i < found.n; i++)
    code = evaluate_one(r, &found.series[i], out);
  return code;
}

/* Each element of what the subquery asks gives one of the result: what is not at all comes in place of it. */
static int over_subquery(range *r, pl_vector *out)
{
  pl_evaluation at;
  int code = pl_evaluate_subquery(r->e, r->of, &at, out);
  size_t n = code ? 0 : out->n;
  out->n = 0;
  r->fn = window_function(r->node->call.function->id);
  for (size_t i = 0; !code && i < n; i++) {
    pl_element *from = &out->elements[i], *to = &out->elements[out->n];
    r->to = (column){.e = r->e};
    code = pl_selection_walk_values(r->e, r->when, &at, from->values, take_step, r);
    if (!code && r->to.values)
      code = name_result(r, &from->labels, &to->labels);
    to->values = r->to.values;
    out->n += !code && to->values;
  }
  return code;
}

/* The labels that a selector asks for by =, each by one test. */
static int labels_of_absent(pl_evaluation *e, const pl_selector *s, pl_label_set *labels)
{
  int code = PL_OK;
  for (size_t i = 0; !code && i < s->n_tests; i++) {
    const pl_label_test *t = &s->tests[i];
    size_t same = 0;
    for (size_t j = 0; j < s->n_tests; j++)
      same += pl_str_eq(s->tests[j].label, t->label);
    if (!pl_str_eq(t->label, pl_name_label) && t->op == PL_LABEL_EQ && same == 1)
      code = pl_label_set_put(e, labels, t->label, t->value, labels);
  }
  return code;
}

/* One element with 1 where no series has a sample. */
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
  int code = r->of->kind == PL_NODE_SELECTOR ? labels_of_absent(r->e, &r->of->selector, &labels) : PL_OK;
  if (!code)
    code = pl_vector_init(r->e, v, 1);
  if (!code)
    v->elements[0] = (pl_element){.labels = labels, .values = values};
  v->n = !code && any;
  return code;
}

int pl_evaluate_range(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  const pl_call *c = &n->call;
  const pl_node *of = c->args[c->n - 1];
  bool is_subquery = of->kind == PL_NODE_SUBQUERY;
  range r = {.e = e, .node = n, .of = of, .when = is_subquery ? &of->subquery.when : &of->selector.when};
  double *params = NULL;
  int code = c->n > 1 ? pl_evaluate_scalar(e, c->args[0], &params) : PL_OK;
  r.params = params;
  if (!code)
    code = is_subquery ? over_subquery(&r, out) : over_selector(&r, out);
  if (code)
    return code;
  return c->function->id == PL_FN_ABSENT_OVER ? make_absent(&r, out) : pl_vector_join(e, out, n->at);
}

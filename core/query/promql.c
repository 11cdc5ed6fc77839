/* From a text to a result: parse, evaluate the tree, take out what is there. */
#include "query/promql.h"

#include <stdlib.h>

#include "base/error.h"
#include "query/evaluate.h"
#include "query/selection.h"

enum { MEMORY = 512 << 20 };

/* ---- The tree --------------------------------------------------------------------------------- */

static int evaluate_number(pl_evaluation *e, double number, pl_vector *out)
{
  int code = pl_vector_init_scalar(e, out);
  for (size_t i = 0; !code && i < e->steps; i++)
    out->elements[0].values[i] = number;
  return code;
}

static int negate(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  int code = pl_evaluate_values(e, n->negated, out);
  for (size_t i = 0; !code && i < out->n; i++) {
    pl_element *x = &out->elements[i];
    for (size_t step = 0; step < e->steps; step++)
      x->values[step] = pl_is_absent(x->values[step]) ? x->values[step] : -x->values[step];
    code = pl_label_set_unnamed(e, &x->labels, &x->labels);
  }
  return code ? code : pl_vector_join(e, out, n->at);
}

static int evaluate_call(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  if (n->call.function->id <= PL_FN_ABSENT_OVER)
    return pl_evaluate_range(e, n, out);
  return n->call.function->id == PL_FN_HISTOGRAM_QUANTILE ? pl_evaluate_buckets(e, n, out) : pl_evaluate_function(e, n, out);
}

static int evaluate(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  switch (n->kind) {
  case PL_NODE_NUMBER:
    return evaluate_number(e, n->number, out);
  case PL_NODE_SELECTOR:
    return pl_evaluate_selector(e, n, out);
  case PL_NODE_NEGATION:
    return negate(e, n, out);
  case PL_NODE_BINARY:
    return pl_is_set_operator(n->binary.op) ? pl_evaluate_set(e, n, out) : pl_evaluate_binary(e, n, out);
  case PL_NODE_AGGREGATION:
    return pl_evaluate_aggregation(e, n, out);
  case PL_NODE_CALL:
    return evaluate_call(e, n, out);
  default: /* the parser lets no string here */
    return pl_fail(e->err, PL_EMISUSE, "a string has no value");
  }
}

/* ---- What is the same at every step ----------------------------------------------------------- */

static bool is_fixed(const pl_node *n);

static bool is_fixed_call(const pl_call *c)
{
  bool fixed = c->function->id != PL_FN_TIME;
  for (size_t i = 0; fixed && i < c->n; i++)
    fixed = is_fixed(c->args[i]);
  return fixed;
}

static bool is_fixed(const pl_node *n)
{
  switch (n->kind) {
  case PL_NODE_SELECTOR:
    return n->selector.when.anchor != PL_AT_STEP;
  case PL_NODE_SUBQUERY:
    return n->subquery.when.anchor != PL_AT_STEP;
  case PL_NODE_NEGATION:
    return is_fixed(n->negated);
  case PL_NODE_BINARY:
    return is_fixed(n->binary.lhs) && is_fixed(n->binary.rhs);
  case PL_NODE_AGGREGATION:
    return is_fixed(n->aggregation.of) && (!n->aggregation.param || is_fixed(n->aggregation.param));
  case PL_NODE_CALL:
    return is_fixed_call(&n->call);
  default:
    return true;
  }
}

/* The only value or distribution of an element, copied to every step: whoever gets it may change each. */
static int spread(pl_evaluation *e, pl_element *x)
{
  pl_element from = *x;
  if (!from.dists) {
    x->values = pl_values_new(e);
    for (size_t i = 0; x->values && i < e->steps; i++)
      x->values[i] = from.values[0];
    return x->values ? PL_OK : e->arena->bad;
  }
  x->dists = pl_arena_alloc(e->arena, e->steps, sizeof *x->dists);
  for (size_t i = 0; x->dists && from.dists[0] && i < e->steps; i++) {
    x->dists[i] = pl_arena_alloc(e->arena, 1, sizeof **x->dists);
    if (!x->dists[i])
      return pl_evaluation_full(e);
    pl_hist_init(x->dists[i], &e->in_arena);
    if (pl_hist_add(x->dists[i], from.dists[0]))
      return pl_evaluation_full(e);
  }
  return x->dists ? PL_OK : pl_evaluation_full(e);
}

static int evaluate_once(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  pl_evaluation one = *e;
  one.steps = 1;
  int code = evaluate(&one, n, out);
  for (size_t i = 0; !code && i < out->n; i++)
    code = spread(e, &out->elements[i]);
  return code;
}

int pl_evaluate(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  return e->steps > 1 && is_fixed(n) ? evaluate_once(e, n, out) : evaluate(e, n, out);
}

int pl_evaluate_values(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  int code = pl_evaluate(e, n, out);
  for (size_t i = 0; !code && i < out->n; i++) {
    if (out->elements[i].dists)
      code = pl_evaluation_fail(e, n->at, PL_EINVAL, "these are distributions, which have no value: histogram_quantile(0.99, ...) takes one out of them");
  }
  return code;
}

int pl_evaluate_scalar(pl_evaluation *e, const pl_node *n, double **out)
{
  pl_vector v;
  int code = pl_evaluate(e, n, &v);
  if (!code)
    *out = v.elements[0].values;
  return code;
}

/* ---- The result ------------------------------------------------------------------------------- */

/* The values that are there, moved together. */
static int take_values(pl_evaluation *e, const pl_element *from, pl_promql_series *to)
{
  int64_t *times = pl_arena_alloc(e->arena, e->steps, sizeof *times);
  if (!times)
    return pl_evaluation_full(e);
  for (size_t i = 0; i < e->steps; i++) {
    if (pl_is_absent(from->values[i]))
      continue;
    times[to->n] = pl_step_ms(e, i);
    from->values[to->n++] = from->values[i];
  }
  to->labels = from->labels;
  to->times_ms = times;
  to->values = from->values;
  return PL_OK;
}

static int take_elements(pl_evaluation *e, const pl_vector *v, pl_promql_result *out)
{
  out->series = pl_arena_alloc(e->arena, v->n, sizeof *out->series);
  int code = out->series ? PL_OK : pl_evaluation_full(e);
  for (size_t i = 0; !code && i < v->n; i++) {
    code = take_values(e, &v->elements[i], &out->series[out->n]);
    out->n += !code && out->series[out->n].n > 0;
  }
  return code;
}

static int take_vector(pl_evaluation *e, const pl_node *n, pl_promql_result *out)
{
  pl_vector v;
  int code = pl_evaluate_values(e, n, &v);
  return code ? code : take_elements(e, &v, out);
}

/* The samples of a range at an instant. */
typedef struct taker {
  pl_evaluation *e;
  pl_promql_series *to;
} taker;

static int on_samples(void *user, size_t step, const pl_step_samples *s)
{
  taker *t = user;
  int64_t *times = pl_arena_alloc(t->e->arena, s->piece.n, sizeof *times);
  double *values = pl_arena_alloc(t->e->arena, s->piece.n, sizeof *values);
  (void)step;
  if (!times || !values)
    return pl_evaluation_full(t->e);
  for (size_t i = 0; i < s->piece.n; i++)
    times[i] = s->piece.times_ns[i] / (int64_t)PL_MS_NS;
  memcpy(values, s->piece.values, s->piece.n * sizeof *values);
  t->to->times_ms = times;
  t->to->values = values;
  t->to->n = s->piece.n;
  return PL_OK;
}

static int take_samples(pl_evaluation *e, const pl_node *n, const pl_selected *of, pl_promql_result *out)
{
  taker t = {e, &out->series[out->n]};
  if (of->is_dist)
    return pl_evaluation_fail(e, n->at, PL_EINVAL, "these are distributions, which have no samples: histogram_quantile(0.99, rate(...)) takes a value out of them");
  t.to->labels = of->labels;
  int code = pl_selection_walk(e, &n->selector.when, of, true, on_samples, &t);
  out->n += !code && t.to->n > 0;
  return code;
}

static int take_subquery(pl_evaluation *e, const pl_node *n, pl_promql_result *out)
{
  pl_evaluation at;
  pl_vector v;
  int code = pl_evaluate_subquery(e, n, &at, &v);
  return code ? code : take_elements(&at, &v, out);
}

static int take_ranges(pl_evaluation *e, const pl_node *n, pl_promql_result *out)
{
  pl_selection found;
  int code = pl_selection_read(e, &n->selector, &found);
  if (code)
    return code;
  out->series = pl_arena_alloc(e->arena, found.n, sizeof *out->series);
  if (!out->series)
    return pl_evaluation_full(e);
  for (size_t i = 0; !code && i < found.n; i++)
    code = take_samples(e, n, &found.series[i], out);
  return code;
}

static int by_labels(const void *a_, const void *b_)
{
  const pl_promql_series *a = a_, *b = b_;
  return pl_label_set_compare(&a->labels, &b->labels);
}

static int take_result(pl_evaluation *e, const pl_node *n, bool is_instant, pl_promql_result *out)
{
  out->type = is_instant ? n->type : PL_VALUE_MATRIX;
  if (!is_instant && n->type != PL_VALUE_SCALAR && n->type != PL_VALUE_VECTOR)
    return pl_evaluation_fail(e, n->at, PL_EPARSE, "steps of time take a scalar or an instant vector, this is a %s", pl_value_type_text(n->type));
  if (n->type == PL_VALUE_STRING) {
    out->string = n->string;
    return PL_OK;
  }
  int code = n->type != PL_VALUE_MATRIX ? take_vector(e, n, out) : n->kind == PL_NODE_SUBQUERY ? take_subquery(e, n, out) : take_ranges(e, n, out);
  if (!code && !is_instant && out->n)
    qsort(out->series, out->n, sizeof *out->series, by_labels);
  return code;
}

/* ---- Running ---------------------------------------------------------------------------------- */

static int check_times(const pl_promql_query *q, size_t *steps, pl_error *err)
{
  const int64_t most = INT64_C(9000000000000); /* ms, so that nanoseconds and durations of a century stay within 64 bits */
  *steps = 1;
  if (q->step_ms < 0)
    return pl_fail(err, PL_EINVAL, "a step is more than 0");
  if (q->from_ms < -most || q->from_ms > most || (q->step_ms && q->to_ms > most))
    return pl_fail(err, PL_EINVAL, "a time lies between 1685 and 2255");
  if (q->step_ms == 0)
    return PL_OK;
  if (q->to_ms < q->from_ms)
    return pl_fail(err, PL_EINVAL, "the end is before the start");
  int64_t n = (q->to_ms - q->from_ms) / q->step_ms + 1;
  if (n > PL_PROMQL_STEPS)
    return pl_fail(err, PL_ELIMIT, "more than %d steps: give a longer step or a shorter time", PL_PROMQL_STEPS);
  *steps = (size_t)n;
  return PL_OK;
}

int pl_promql_run(const pl_allocator *a, pl_reader *reader, const pl_promql_query *q, pl_promql_result *out, pl_error *err)
{
  size_t steps, memory = q->memory_max ? q->memory_max : MEMORY;
  pl_node *n;
  *out = (pl_promql_result){.n = 0};
  pl_arena_init(&out->arena, a, memory);
  int code = check_times(q, &steps, err);
  pl_str text = pl_arena_copy(&out->arena, q->text);
  if (!code && !text.data)
    code = pl_fail(err, out->arena.bad, "no memory for the expression");
  if (!code)
    code = pl_promql_parse(&out->arena, text, &n, err);
  if (code)
    return code;
  pl_sample_buffer samples = {.alloc = a, .max = memory / (sizeof(int64_t) + sizeof(double))};
  pl_evaluation e;
  pl_evaluation_init(&e, &out->arena, reader, &samples, err);
  e.text = text;
  e.run = q->run;
  e.from_ms = e.start_ms = q->from_ms;
  e.end_ms = q->step_ms ? q->to_ms : q->from_ms;
  e.step_ms = q->step_ms ? q->step_ms : 1;
  e.steps = steps;
  code = pl_reader_hold(reader, err); /* all of it is of one moment */
  if (code)
    return code;
  code = take_result(&e, n, q->step_ms == 0, out);
  pl_reader_release(reader);
  pl_sample_buffer_fini(&samples);
  return code;
}

void pl_promql_result_fini(pl_promql_result *r)
{
  pl_arena_fini(&r->arena);
  *r = (pl_promql_result){.n = 0};
}

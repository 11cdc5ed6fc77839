/* Functions of each value, and those that make or rename elements. */
#include <math.h>

#include "base/error.h"
#include "query/evaluate.h"

/* ---- Of each value ---------------------------------------------------------------------------- */

/* The smaller and the larger of two: NaN where either is, unless the other one is the least or the most of all. */
static double least_of(double a, double b)
{
  if (a == -INFINITY || b == -INFINITY)
    return -INFINITY;
  return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
}

static double most_of(double a, double b)
{
  if (a == INFINITY || b == INFINITY)
    return INFINITY;
  return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}

/* Halves go up. */
static double round_to(double v, double unit)
{
  double inverse = 1 / unit;
  return floor(v * inverse + 0.5) / inverse;
}

/* a and b: further arguments at this step. Absent where a clamp's ends are the wrong way round. */
static double value_of(enum pl_function_id id, double v, double a, double b)
{
  switch (id) {
  case PL_FN_ABS:
    return fabs(v);
  case PL_FN_CEIL:
    return ceil(v);
  case PL_FN_FLOOR:
    return floor(v);
  case PL_FN_SQRT:
    return sqrt(v);
  case PL_FN_EXP:
    return exp(v);
  case PL_FN_LN:
    return log(v);
  case PL_FN_ROUND:
    return round_to(v, a);
  case PL_FN_CLAMP_MIN:
    return most_of(a, v);
  case PL_FN_CLAMP_MAX:
    return least_of(a, v);
  default:
    return most_of(a, least_of(b, v));
  }
}

static void map_values(pl_evaluation *e, enum pl_function_id id, double *values, const double *a, const double *b)
{
  for (size_t step = 0; step < e->steps; step++) {
    if (pl_is_absent(values[step]))
      continue;
    if (id == PL_FN_CLAMP && b[step] < a[step])
      pl_values_clear(&values[step], 1);
    else
      values[step] = value_of(id, values[step], a ? a[step] : 1, b ? b[step] : 0);
  }
}

static int map_all(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  const pl_call *c = &n->call;
  double *params[2] = {NULL, NULL};
  int code = pl_evaluate_values(e, c->args[0], out);
  for (size_t i = 1; !code && i < c->n; i++)
    code = pl_evaluate_scalar(e, c->args[i], &params[i - 1]);
  for (size_t i = 0; !code && i < out->n; i++) {
    map_values(e, c->function->id, out->elements[i].values, params[0], params[1]);
    code = pl_label_set_unnamed(e, &out->elements[i].labels, &out->elements[i].labels);
  }
  return code ? code : pl_vector_join(e, out, n->at);
}

/* ---- label_replace ---------------------------------------------------------------------------- */

typedef struct replacement {
  pl_evaluation *e;
  pl_str to, text, from; /* label, template, label */
  pl_regex *regex;
} replacement;

static int replace_label(const replacement *r, pl_label_set *labels)
{
  pl_str groups[PL_REGEX_GROUPS], value = pl_label_set_find(labels, r->from);
  if (!value.data)
    value = PL_STR("");
  if (!pl_regex_matches(r->regex, value, groups))
    return PL_OK;
  size_t n = pl_regex_expand(r->regex, r->text, groups, NULL);
  char *text = pl_arena_alloc(r->e->arena, n, 1);
  if (!text)
    return pl_evaluation_full(r->e);
  (void)pl_regex_expand(r->regex, r->text, groups, text);
  return pl_label_set_put(r->e, labels, r->to, (pl_str){text, n}, labels);
}

static int replace_all(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  const pl_call *c = &n->call;
  const char *why;
  size_t place;
  replacement r = {.e = e, .to = c->args[1]->string, .text = c->args[2]->string, .from = c->args[3]->string};
  int code = pl_regex_compile(e->arena, c->args[4]->string, &r.regex, &why, &place);
  if (code)
    return pl_evaluation_fail(e, c->args[4]->at, code, "regular expression, character %zu: %s", place + 1, why);
  if (r.to.len == 0)
    return pl_evaluation_fail(e, c->args[1]->at, PL_EINVAL, "a label without a name");
  code = pl_evaluate_values(e, c->args[0], out);
  for (size_t i = 0; !code && i < out->n; i++)
    code = replace_label(&r, &out->elements[i].labels);
  return code ? code : pl_vector_join(e, out, n->at);
}

/* ---- time and vector -------------------------------------------------------------------------- */

static int make_time(pl_evaluation *e, pl_vector *out)
{
  int code = pl_vector_init_scalar(e, out);
  for (size_t i = 0; !code && i < e->steps; i++)
    out->elements[0].values[i] = (double)pl_step_ms(e, i) / 1000;
  return code;
}

int pl_evaluate_function(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  switch (n->call.function->id) {
  case PL_FN_TIME:
    return make_time(e, out);
  case PL_FN_VECTOR:
    return pl_evaluate(e, n->call.args[0], out);
  case PL_FN_LABEL_REPLACE:
    return replace_all(e, n, out);
  default:
    return map_all(e, n, out);
  }
}

/* Arithmetic and comparison: of scalars, of a vector with a scalar, of two vectors whose elements are matched by labels. */
#include <math.h>

#include "base/error.h"
#include "query/evaluate.h"

static double calculate(enum pl_operator op, double a, double b)
{
  switch (op) {
  case PL_OP_ADD:
    return a + b;
  case PL_OP_SUB:
    return a - b;
  case PL_OP_MUL:
    return a * b;
  case PL_OP_DIV:
    return a / b;
  case PL_OP_MOD:
    return fmod(a, b);
  case PL_OP_POW:
    return pow(a, b);
  default:
    return atan2(a, b);
  }
}

static bool compare(enum pl_operator op, double a, double b)
{
  switch (op) {
  case PL_OP_EQ:
    return a == b;
  case PL_OP_NE:
    return a != b;
  case PL_OP_LT:
    return a < b;
  case PL_OP_LE:
    return a <= b;
  case PL_OP_GT:
    return a > b;
  default:
    return a >= b;
  }
}

/* a OP b; a comparison gives 0 or 1 with bool, else `kept` or nothing (false). */
static bool apply(const pl_binary *b, double lhs, double rhs, double kept, double *out)
{
  if (!pl_is_comparison(b->op)) {
    *out = calculate(b->op, lhs, rhs);
    return true;
  }
  bool holds = compare(b->op, lhs, rhs);
  *out = b->is_bool ? holds : kept;
  return b->is_bool || holds;
}

/* Comparisons that leave out keep the name of what they leave in. */
static bool drops_name(const pl_binary *b)
{
  return !pl_is_comparison(b->op) || b->is_bool;
}

/* ---- With a scalar ---------------------------------------------------------------------------- */

static int with_scalar(pl_evaluation *e, const pl_node *n, pl_vector *v, const double *scalar, bool is_left)
{
  const pl_binary *b = &n->binary;
  for (size_t i = 0; i < v->n; i++) {
    pl_element *x = &v->elements[i];
    for (size_t step = 0; step < e->steps; step++) {
      double value = x->values[step];
      if (pl_is_absent(value))
        continue;
      if (!apply(b, is_left ? scalar[step] : value, is_left ? value : scalar[step], value, &x->values[step]))
        pl_values_clear(&x->values[step], 1);
    }
    int code = drops_name(b) ? pl_label_set_unnamed(e, &x->labels, &x->labels) : PL_OK;
    if (code)
      return code;
  }
  return drops_name(b) ? pl_vector_join(e, v, n->at) : PL_OK;
}

static int of_scalars(pl_evaluation *e, const pl_binary *b, const pl_vector *lhs, const pl_vector *rhs)
{
  double *values = lhs->elements[0].values;
  for (size_t step = 0; step < e->steps; step++)
    (void)apply(b, values[step], rhs->elements[0].values[step], 0, &values[step]);
  return PL_OK;
}

/* ---- Two vectors ------------------------------------------------------------------------------ */

/* A pair of elements that had a value together, and where it goes. */
typedef struct pair {
  size_t one, out;
  struct pair *next;
} pair;

typedef struct matching {
  pl_evaluation *e;
  const pl_node *node;
  const pl_vector *many, *one; /* one to one: the left side is `many` */
  pl_label_map map;            /* what labels match by */
  size_t *many_key, *one_key;  /* of each element */
  size_t *here;                /* of each key: the element of `one` with a value at this step, + 1 */
  size_t *used;                /* of each key: the step, + 1, at which it was matched last (one to one) */
  pair **pairs;                /* of each element of `many` */
  pl_vector *out;              /* no labels twice */
  pl_label_map outs;           /* labels to the numbers of its elements */
  size_t *out_used, *out_key;  /* of each of them: the step, + 1, at which it was met last, and by which key */
  size_t room;                 /* of out */
} matching;

static int key_all(matching *m, const pl_vector *v, size_t **out)
{
  const pl_binary *b = &m->node->binary;
  *out = pl_arena_alloc(m->e->arena, v->n, sizeof **out);
  if (!*out)
    return pl_evaluation_full(m->e);
  for (size_t i = 0; i < v->n; i++) {
    pl_label_set key;
    int code = pl_label_set_select(m->e, &v->elements[i].labels, &b->labels, b->on, &key);
    if (code)
      return code;
    (*out)[i] = pl_label_map_number(&m->map, &key);
  }
  return PL_OK;
}

static int prepare(matching *m)
{
  int code = pl_label_map_init(m->e, &m->map, m->many->n + m->one->n);
  if (!code)
    code = key_all(m, m->many, &m->many_key);
  if (!code)
    code = key_all(m, m->one, &m->one_key);
  if (code)
    return code;
  m->here = pl_arena_alloc(m->e->arena, m->map.n, sizeof *m->here);
  m->used = pl_arena_alloc(m->e->arena, m->map.n, sizeof *m->used);
  m->pairs = pl_arena_alloc(m->e->arena, m->many->n, sizeof *m->pairs);
  return m->here && m->used && m->pairs ? PL_OK : pl_evaluation_full(m->e);
}

static int refuse(matching *m, size_t key, const char *side, const char *advice)
{
  char text[160];
  pl_label_set_text(&m->map.sets[key], text, sizeof text);
  return pl_evaluation_fail(m->e, m->node->at, PL_EINVAL, "on the %s several series match %s: %s", side, text, advice);
}

static int refuse_twins(matching *m, size_t output)
{
  char text[160];
  pl_label_set_text(&m->out->elements[output].labels, text, sizeof text);
  return pl_evaluation_fail(m->e, m->node->at, PL_EINVAL, "two results with the same labels %s: labels must tell them apart", text);
}

/* Which elements of `one` have a value at this step. */
static int find_ones(matching *m, size_t step)
{
  memset(m->here, 0, m->map.n * sizeof *m->here);
  for (size_t i = 0; i < m->one->n; i++) {
    if (pl_is_absent(m->one->elements[i].values[step]))
      continue;
    if (m->here[m->one_key[i]])
      return refuse(m, m->one_key[i], m->node->binary.cardinality == PL_ONE_TO_MANY ? "left" : "right", "one side must have one of each match");
    m->here[m->one_key[i]] = i + 1;
  }
  return PL_OK;
}

static int make_labels(matching *m, const pl_label_set *many, const pl_label_set *one, pl_label_set *out)
{
  const pl_binary *b = &m->node->binary;
  int code = PL_OK;
  *out = *many;
  if (drops_name(b))
    code = pl_label_set_unnamed(m->e, many, out);
  if (!code && b->cardinality == PL_ONE_TO_ONE && b->on)
    return pl_label_set_select(m->e, out, &b->labels, true, out);
  for (size_t i = 0; !code && b->cardinality == PL_ONE_TO_ONE && i < b->labels.n; i++)
    code = pl_label_set_put(m->e, out, b->labels.label[i], (pl_str){NULL, 0}, out);
  for (size_t i = 0; !code && i < b->include.n; i++)
    code = pl_label_set_put(m->e, out, b->include.label[i], pl_label_set_find(one, b->include.label[i]), out);
  return code;
}

/* Room for twice as many outputs; their numbers stay. */
static int grow_outputs(matching *m)
{
  pl_vector more;
  m->room = 2 * m->room + 8;
  int code = pl_vector_init(m->e, &more, m->room);
  if (!code)
    code = pl_label_map_init(m->e, &m->outs, m->room);
  size_t *used = pl_arena_alloc(m->e->arena, m->room, sizeof *used), *key = pl_arena_alloc(m->e->arena, m->room, sizeof *key);
  if (code || !used || !key)
    return code ? code : pl_evaluation_full(m->e);
  for (size_t i = 0; i < m->out->n; i++) {
    more.elements[i] = m->out->elements[i];
    used[i] = m->out_used[i];
    key[i] = m->out_key[i];
    (void)pl_label_map_number(&m->outs, &more.elements[i].labels);
  }
  m->out->elements = more.elements;
  m->out_used = used;
  m->out_key = key;
  return PL_OK;
}

/* The output of a pair, a new one where its labels are new. */
static int add_output(matching *m, size_t many, size_t one, size_t *number)
{
  pl_label_set labels;
  int code = m->out->n == m->room ? grow_outputs(m) : PL_OK;
  if (!code)
    code = make_labels(m, &m->many->elements[many].labels, &m->one->elements[one].labels, &labels);
  if (code)
    return code;
  *number = pl_label_map_number(&m->outs, &labels);
  if (*number < m->out->n)
    return PL_OK;
  pl_element *x = &m->out->elements[m->out->n++];
  *x = (pl_element){.labels = labels, .values = pl_values_new(m->e)};
  return x->values ? PL_OK : m->e->arena->bad;
}

/* Where the value of a pair goes. Without labels of the other side it is the same element whatever the other one is. */
static int find_output(matching *m, size_t many, size_t one, size_t *out)
{
  pair **at = &m->pairs[many];
  while (*at && (*at)->one != one && m->node->binary.include.n)
    at = &(*at)->next;
  if (!*at) {
    pair *fresh = pl_arena_alloc(m->e->arena, 1, sizeof *fresh);
    if (!fresh)
      return pl_evaluation_full(m->e);
    fresh->one = one;
    int code = add_output(m, many, one, &fresh->out);
    if (code)
      return code;
    *at = fresh;
  }
  *out = (*at)->out;
  return PL_OK;
}

static bool has_values(const pl_vector *v, size_t step)
{
  for (size_t i = 0; i < v->n; i++) {
    if (!pl_is_absent(v->elements[i].values[step]))
      return true;
  }
  return false;
}

static int match_one(matching *m, size_t many, size_t step)
{
  const pl_binary *b = &m->node->binary;
  size_t key = m->many_key[many], one = m->here[key], at = 0;
  double value = m->many->elements[many].values[step], result;
  if (pl_is_absent(value) || one == 0)
    return PL_OK;
  double other = m->one->elements[one - 1].values[step];
  bool swapped = b->cardinality == PL_ONE_TO_MANY;
  double lhs = swapped ? other : value, rhs = swapped ? value : other;
  if (b->cardinality == PL_ONE_TO_ONE && m->used[key] == step + 1)
    return refuse(m, key, "left", "write group_left where many match one");
  m->used[key] = step + 1;
  int code = find_output(m, many, one - 1, &at);
  if (code)
    return code;
  bool kept = apply(b, lhs, rhs, lhs, &result), met = m->out_used[at] == step + 1;
  /* Within a match even those count that a comparison leaves out. */
  if (met && (m->out_key[at] == key || (kept && !pl_is_absent(m->out->elements[at].values[step]))))
    return refuse_twins(m, at);
  m->out_used[at] = step + 1;
  m->out_key[at] = key;
  if (kept)
    m->out->elements[at].values[step] = result;
  return PL_OK;
}

static int of_vectors(pl_evaluation *e, const pl_node *n, const pl_vector *lhs, const pl_vector *rhs, pl_vector *out)
{
  bool swapped = n->binary.cardinality == PL_ONE_TO_MANY;
  matching m = {.e = e, .node = n, .many = swapped ? rhs : lhs, .one = swapped ? lhs : rhs, .out = out};
  *out = (pl_vector){.n = 0};
  int code = prepare(&m);
  for (size_t step = 0; !code && step < e->steps; step++) {
    if (!has_values(m.many, step)) /* then nothing is refused either */
      continue;
    code = find_ones(&m, step);
    for (size_t i = 0; !code && i < m.many->n; i++)
      code = match_one(&m, i, step);
  }
  return code;
}

int pl_evaluate_binary(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  const pl_binary *b = &n->binary;
  pl_vector lhs, rhs;
  int code = pl_evaluate_values(e, b->lhs, &lhs);
  if (!code)
    code = pl_evaluate_values(e, b->rhs, &rhs);
  if (code)
    return code;
  bool left = b->lhs->type == PL_VALUE_SCALAR, right = b->rhs->type == PL_VALUE_SCALAR;
  if (!left && !right)
    return of_vectors(e, n, &lhs, &rhs, out);
  *out = left && !right ? rhs : lhs;
  if (left && right)
    return of_scalars(e, b, &lhs, &rhs);
  return with_scalar(e, n, out, left ? lhs.elements[0].values : rhs.elements[0].values, left);
}

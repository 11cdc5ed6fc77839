/* Operators of sets: what of one vector stays by what another one has at the same step. Values, distributions and names stay as they are. */
#include "query/evaluate.h"

/* Which labels that match have something at which step. */
typedef struct presence {
  pl_label_map map;
  size_t n;       /* of its numbers that were found */
  bool *is_there; /* at each step of each of them */
} presence;

static int number_of(pl_evaluation *e, const pl_binary *b, presence *p, const pl_element *x, size_t *out)
{
  pl_label_set key;
  int code = pl_label_set_select(e, &x->labels, &b->labels, b->on, &key);
  if (!code)
    *out = pl_label_map_number(&p->map, &key);
  return code;
}

/* more: elements that will be looked up. */
static int find_presence(pl_evaluation *e, const pl_binary *b, const pl_vector *v, size_t more, presence *p)
{
  size_t number = 0;
  int code = pl_label_map_init(e, &p->map, v->n + more);
  p->is_there = pl_arena_alloc(e->arena, v->n, e->steps * sizeof *p->is_there);
  if (!code && !p->is_there)
    code = pl_evaluation_full(e);
  for (size_t i = 0; !code && i < v->n; i++) {
    code = number_of(e, b, p, &v->elements[i], &number);
    for (size_t step = 0; !code && step < e->steps; step++)
      p->is_there[number * e->steps + step] |= pl_element_has(&v->elements[i], step);
  }
  p->n = p->map.n;
  return code;
}

static void clear(pl_element *x, size_t step)
{
  if (x->dists)
    x->dists[step] = NULL;
  else
    pl_values_clear(&x->values[step], 1);
}

/* Leaves of v what has a match at its step in `other` (matched), or what has none. */
static int keep(pl_evaluation *e, const pl_binary *b, pl_vector *v, const pl_vector *other, bool matched)
{
  presence p;
  size_t number = 0;
  int code = find_presence(e, b, other, v->n, &p);
  for (size_t i = 0; !code && i < v->n; i++) {
    code = number_of(e, b, &p, &v->elements[i], &number);
    for (size_t step = 0; !code && step < e->steps; step++) {
      if ((number < p.n && p.is_there[number * e->steps + step]) != matched)
        clear(&v->elements[i], step);
    }
  }
  return code;
}

static int unite(pl_evaluation *e, const pl_node *n, const pl_vector *lhs, pl_vector *rhs, pl_vector *out)
{
  int code = keep(e, &n->binary, rhs, lhs, false);
  if (!code)
    code = pl_vector_init(e, out, lhs->n + rhs->n);
  if (code)
    return code;
  for (size_t i = 0; i < out->n; i++)
    out->elements[i] = i < lhs->n ? lhs->elements[i] : rhs->elements[i - lhs->n];
  return pl_vector_join(e, out, n->at);
}

int pl_evaluate_set(pl_evaluation *e, const pl_node *n, pl_vector *out)
{
  pl_vector rhs;
  int code = pl_evaluate(e, n->binary.lhs, out);
  if (!code)
    code = pl_evaluate(e, n->binary.rhs, &rhs);
  if (code)
    return code;
  if (n->binary.op == PL_OP_OR)
    return unite(e, n, &(pl_vector){out->elements, out->n}, &rhs, out);
  return keep(e, &n->binary, out, &rhs, n->binary.op == PL_OP_AND);
}

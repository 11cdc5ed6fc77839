/* Subqueries: an expression at steps of its own, whose values are the samples of a range. */
#include "query/evaluate.h"

/* The first time after `ms` that is a multiple of the step. */
static int64_t aligned_after(int64_t ms, int64_t step_ms)
{
  int64_t at_ms = ms / step_ms * step_ms;
  return at_ms > ms ? at_ms : at_ms + step_ms;
}

int pl_evaluate_subquery(pl_evaluation *e, const pl_node *n, pl_evaluation *at, pl_vector *out)
{
  const pl_subquery *q = &n->subquery;
  int64_t last_ms = pl_when_ms(e, &q->when, e->steps - 1);
  *at = *e;
  at->from_ms = aligned_after(pl_when_ms(e, &q->when, 0) - q->when.range_ms, q->step_ms);
  at->step_ms = q->step_ms;
  if (at->from_ms > last_ms) {
    *out = (pl_vector){NULL, 0};
    return PL_OK;
  }
  at->steps = (size_t)((last_ms - at->from_ms) / q->step_ms) + 1;
  if (at->steps > e->arena->max / sizeof(double)) /* before any of them is looked at */
    return pl_evaluation_fail(e, n->at, PL_ELIMIT, "a subquery of more than %zu steps: give a longer step or a shorter range", e->arena->max / sizeof(double));
  return pl_evaluate_values(at, q->of, out);
}

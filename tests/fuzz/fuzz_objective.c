/* The objective grammar: a text is an objective or says where it is none. */
#include "query/objective.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_str text = {(const char *)data, len};
  pl_objective *o = NULL;
  pl_error err = {0};
  if (pl_objective_parse(&pl_alloc_default, text, &o, &err) == 0) {
    FUZZ_EXPECT(o->has_condition && o->condition.expr.n_matchers <= PL_EXPR_MATCHERS && o->condition.expr.n_by <= PL_EXPR_LABELS);
    (void)pl_expr_unit(&o->condition.expr);
    pl_objective_free(o);
  } else {
    FUZZ_EXPECT(err.code && err.message[0]);
  }
  if (pl_expression_parse(&pl_alloc_default, text, &o, NULL) == 0)
    pl_objective_free(o);
  return 0;
}

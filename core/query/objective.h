/* The objective grammar (frozen):
 *   expr cmp value ["over" ("any"|"last") dur] ["for" dur] ["when" expr cmp value]
 *   expr = metric | agg "(" metric ["{" matchers "}"] ")" ["by" "(" labels ")"]
 * Parsed once into this tree; judged by watch.h. */
#ifndef PL_QUERY_OBJECTIVE_H
#define PL_QUERY_OBJECTIVE_H

#include "base/alloc.h"
#include "query/names.h"
#include "store/store.h"

enum { PL_EXPR_MATCHERS = 8, PL_EXPR_LABELS = 4 };

enum pl_aggregate { PL_AGG_QUANTILE, PL_AGG_MEAN, PL_AGG_MIN, PL_AGG_MAX, PL_AGG_SUM, PL_AGG_RATE, PL_AGG_COUNT, PL_AGG_RATIO, PL_AGG_LAST };

enum pl_compare { PL_LESS, PL_LESS_EQUAL, PL_GREATER, PL_GREATER_EQUAL, PL_EQUAL, PL_NOT_EQUAL };

/* agg(metric{matchers}) by (labels). All texts point into the objective's own copy. */
typedef struct pl_expr {
  pl_metric_name metric; /* of the short name; for any other name made from it: whether there is such a series is not asked here */
  char metric_text[256]; /* holds a name that is no short one; else empty */
  size_t at;             /* of the metric's name in the text */
  enum pl_aggregate aggregate;
  double p; /* QUANTILE */
  pl_matcher matchers[PL_EXPR_MATCHERS];
  size_t n_matchers;
  pl_str by[PL_EXPR_LABELS];
  size_t n_by;
} pl_expr;

typedef struct pl_condition {
  pl_expr expr;
  enum pl_compare compare;
  double limit; /* base units */
} pl_condition;

enum pl_over { PL_OVER_ALL, PL_OVER_ANY, PL_OVER_LAST };

typedef struct pl_objective {
  const pl_allocator *alloc;
  char *text;
  pl_condition condition;
  bool has_condition; /* false: only an expression (pl_expression_parse) */
  enum pl_over over;
  uint64_t window_s;  /* of over */
  uint64_t for_s;
  bool has_when;
  pl_condition when;
} pl_objective;

/* Errors: PL_EPARSE with column and what was expected; PL_ENOMEM. */
int pl_objective_parse(const pl_allocator *a, pl_str text, pl_objective **out, pl_error *err) PL_MUSTCHECK;
/* An expression without comparison, with or without a window: expr ["over" ("any"|"last") dur]. */
int pl_expression_parse(const pl_allocator *a, pl_str text, pl_objective **out, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_objective_free(pl_objective *o);

/* Whether value COMPARE limit; for NaN only !=. */
bool pl_condition_holds(enum pl_compare c, double value, double limit);
/* The comparison as it is written: "<=" ... */
const char *pl_compare_text(enum pl_compare c);
/* Whether it holds below the limit: < and <=. */
bool pl_condition_lower_is_better(const pl_condition *c);

/* The unit of an expression's value: of the metric, or a rate or number by the aggregate. */
enum pl_unit pl_expr_unit(const pl_expr *e);

#endif

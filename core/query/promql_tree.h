/* The tree of a PromQL expression: parsed and checked once, evaluated by promql.h. All of it lives in one arena. */
#ifndef PL_QUERY_PROMQL_TREE_H
#define PL_QUERY_PROMQL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/regex.h"
#include "base/str.h"
#include "perilune/error.h"

enum { PL_PROMQL_TEXT = 64 << 10, PL_PROMQL_DEPTH = 100, PL_PROMQL_MATCHERS = 64, PL_PROMQL_LABELS = 64, PL_PROMQL_ARGS = 5 };

enum pl_value_type { PL_VALUE_SCALAR, PL_VALUE_VECTOR, PL_VALUE_MATRIX, PL_VALUE_STRING };

enum pl_node_kind { PL_NODE_NUMBER, PL_NODE_STRING, PL_NODE_SELECTOR, PL_NODE_NEGATION, PL_NODE_BINARY, PL_NODE_AGGREGATION, PL_NODE_CALL, PL_NODE_SUBQUERY };

enum pl_label_op { PL_LABEL_EQ, PL_LABEL_NE, PL_LABEL_MATCHES, PL_LABEL_DIFFERS };

typedef struct pl_label_test {
  pl_str label, value;
  enum pl_label_op op;
  pl_regex *regex; /* MATCHES, DIFFERS */
} pl_label_test;

enum pl_anchor {
  PL_AT_STEP, /* each step looks at its own time */
  PL_AT_TIME, PL_AT_START, PL_AT_END, /* all look at one: @ 1700000000, @ start(), @ end() */
};

/* What a step looks at: [range] offset @ */
typedef struct pl_when {
  int64_t range_ms;  /* 0: an instant */
  int64_t offset_ms; /* back from the anchor */
  enum pl_anchor anchor;
  int64_t at_ms;     /* of AT_TIME */
} pl_when;

/* name{tests} */
typedef struct pl_selector {
  const pl_label_test *tests; /* that of __name__ among them */
  size_t n_tests;
  pl_when when;
} pl_selector;

/* of[range:step] */
typedef struct pl_subquery {
  struct pl_node *of;
  pl_when when;
  int64_t step_ms;
} pl_subquery;

enum pl_operator {
  PL_OP_ADD, PL_OP_SUB, PL_OP_MUL, PL_OP_DIV, PL_OP_MOD, PL_OP_POW, PL_OP_ATAN2,
  PL_OP_EQ, PL_OP_NE, PL_OP_LT, PL_OP_LE, PL_OP_GT, PL_OP_GE, /* the comparisons */
  PL_OP_AND, PL_OP_OR, PL_OP_UNLESS,                          /* of sets */
};

static inline bool pl_is_comparison(enum pl_operator op)
{
  return op >= PL_OP_EQ && op <= PL_OP_GE;
}

static inline bool pl_is_set_operator(enum pl_operator op)
{
  return op >= PL_OP_AND;
}

/* Labels of by, without, on, ignoring, group_left. */
typedef struct pl_label_list {
  const pl_str *label;
  size_t n;
} pl_label_list;

enum pl_cardinality { PL_ONE_TO_ONE, PL_MANY_TO_ONE, PL_ONE_TO_MANY };

typedef struct pl_binary {
  enum pl_operator op;
  bool is_bool;            /* gives 0 and 1 instead of leaving out */
  bool on;                 /* labels are those that count; else those that do not */
  enum pl_cardinality cardinality;
  pl_label_list labels, include;
  struct pl_node *lhs, *rhs;
} pl_binary;

enum pl_aggregator {
  PL_SUM, PL_AVG, PL_MIN, PL_MAX, PL_COUNT, PL_GROUP, PL_STDDEV, PL_QUANTILE, PL_TOPK, PL_BOTTOMK,
};

typedef struct pl_aggregation {
  enum pl_aggregator aggregator;
  bool without;
  pl_label_list labels;
  struct pl_node *param; /* QUANTILE, TOPK, BOTTOMK; else NULL */
  struct pl_node *of;
} pl_aggregation;

enum pl_function_id {
  PL_FN_RATE, PL_FN_INCREASE, PL_FN_DELTA, PL_FN_IRATE, PL_FN_DERIV, PL_FN_CHANGES, PL_FN_RESETS,
  PL_FN_AVG_OVER, PL_FN_SUM_OVER, PL_FN_MIN_OVER, PL_FN_MAX_OVER, PL_FN_COUNT_OVER, PL_FN_LAST_OVER, PL_FN_PRESENT_OVER, PL_FN_STDDEV_OVER,
  PL_FN_STDVAR_OVER, PL_FN_QUANTILE_OVER, PL_FN_ABSENT_OVER, /* the last one over a range */
  PL_FN_ABS, PL_FN_CEIL, PL_FN_FLOOR, PL_FN_SQRT, PL_FN_EXP, PL_FN_LN, PL_FN_ROUND, PL_FN_CLAMP, PL_FN_CLAMP_MIN, PL_FN_CLAMP_MAX, /* of each value */
  PL_FN_LABEL_REPLACE, PL_FN_HISTOGRAM_QUANTILE, PL_FN_TIME, PL_FN_VECTOR,
};

typedef struct pl_function {
  const char *name;
  enum pl_function_id id;
  enum pl_value_type result;
  size_t least, most;                        /* arguments */
  enum pl_value_type types[PL_PROMQL_ARGS];
} pl_function;

typedef struct pl_call {
  const pl_function *function;
  struct pl_node *args[PL_PROMQL_ARGS];
  size_t n;
} pl_call;

typedef struct pl_node {
  enum pl_node_kind kind;
  enum pl_value_type type;
  size_t at; /* in the text */
  union {
    double number;
    pl_str string;
    pl_selector selector;
    struct pl_node *negated;
    pl_binary binary;
    pl_aggregation aggregation;
    pl_call call;
    pl_subquery subquery;
  };
} pl_node;

/* A node, zero but for these; NULL: no memory. */
static inline pl_node *pl_node_new(pl_arena *arena, enum pl_node_kind kind, enum pl_value_type type, size_t at)
{
  pl_node *n = pl_arena_alloc(arena, 1, sizeof *n);
  if (n) {
    n->kind = kind;
    n->type = type;
    n->at = at;
  }
  return n;
}

/* Parses and checks an expression of at most 64 KiB into the arena, which the text must outlive. PL_EPARSE with the column, the line and
 * a caret below the mistake, PL_ENOSYS for what PromQL has and Perilune has not, PL_ELIMIT, PL_ENOMEM. */
int pl_promql_parse(pl_arena *arena, pl_str text, pl_node **out, pl_error *err) PL_MUSTCHECK;

/* The function of a name; NULL: there is none. */
const pl_function *pl_function_find(pl_str name);
/* The aggregation of a name, in any case; -1: there is none. */
int pl_aggregator_find(pl_str name);
/* Whether PromQL has a function, aggregation or operator of this name that Perilune has not. */
bool pl_promql_is_left_out(pl_str name);
/* "instant vector" ... */
const char *pl_value_type_text(enum pl_value_type type);

#endif

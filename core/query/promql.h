/* PromQL, evaluated over the timeline: results are those of Prometheus 3 for all that is known here (README.md says what is not).
 *
 * A selector gives samples of the last five minutes, the newest one; samples that lie under several runs are one series. */
#ifndef PL_QUERY_PROMQL_H
#define PL_QUERY_PROMQL_H

#include "query/promql_tree.h"
#include "query/vector.h"

enum { PL_PROMQL_STEPS = 11000 };

typedef struct pl_promql_query {
  pl_str text;
  int64_t run;              /* whose samples count, beside those of no run; 0: of all */
  int64_t from_ms, to_ms;   /* wall time; both ends are steps. Of an instant only from_ms */
  int64_t step_ms;          /* 0: an instant */
  size_t memory_max;        /* bytes; 0: 512 MiB. As much again may the samples of one series take */
} pl_promql_query;

/* One series of a result; n samples in order of time. */
typedef struct pl_promql_series {
  pl_label_set labels; /* with the name where there is one */
  const int64_t *times_ms;
  const double *values;
  size_t n;
} pl_promql_series;

typedef struct pl_promql_result {
  enum pl_value_type type; /* MATRIX of a range of time; of an instant whatever the expression is */
  pl_promql_series *series;
  size_t n;
  pl_str string;           /* of type STRING */
  pl_arena arena;          /* all of it */
} pl_promql_result;

/* Evaluates. The result is freed by pl_promql_result_fini, whatever the code. Errors: those of pl_promql_parse, of the reader; PL_EINVAL
 * for what a vector cannot be, PL_ELIMIT for more than 11,000 steps or more memory than memory_max. */
int pl_promql_run(const pl_allocator *a, pl_reader *reader, const pl_promql_query *q, pl_promql_result *out, pl_error *err) PL_MUSTCHECK;
/* Frees what the result holds and empties it. */
void pl_promql_result_fini(pl_promql_result *r);

#endif

/* How a tree is evaluated: each kind of node has a function that gives its vector at every step. */
#ifndef PL_QUERY_EVALUATE_H
#define PL_QUERY_EVALUATE_H

#include "query/vector.h"

/* Any node that gives a scalar or a vector. Values may be changed by the caller, labels not. */
int pl_evaluate(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
/* The same; distributions are refused: they have no value. */
int pl_evaluate_values(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
/* The values of a scalar at every step. */
int pl_evaluate_scalar(pl_evaluation *e, const pl_node *n, double **out) PL_MUSTCHECK;

/* An instant selector, or a function over a range. */
int pl_evaluate_selector(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
int pl_evaluate_range(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
/* The vector that a subquery asks for, at the steps of *at. */
int pl_evaluate_subquery(pl_evaluation *e, const pl_node *n, pl_evaluation *at, pl_vector *out) PL_MUSTCHECK;
/* Other functions: function.c, and histogram_quantile: buckets.c. */
int pl_evaluate_function(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
int pl_evaluate_buckets(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
int pl_evaluate_aggregation(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
/* Operators of arithmetic and comparison, and those of sets. */
int pl_evaluate_binary(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;
int pl_evaluate_set(pl_evaluation *e, const pl_node *n, pl_vector *out) PL_MUSTCHECK;

#endif

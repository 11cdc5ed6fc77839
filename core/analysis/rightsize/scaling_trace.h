/* What a scaling policy would have done, or will do, over a trace of demand: replicas, cost, and how often there were too few. New replicas
 * serve only after a delay; the policy sees the demand of a step at its end. It follows the demand as the Horizontal Pod Autoscaler does
 * (tolerance, hpa_behaviour.h), or, given demand planned ahead, the most that is planned until what it starts now would serve. */
#ifndef PL_ANALYSIS_RIGHTSIZE_SCALING_TRACE_H
#define PL_ANALYSIS_RIGHTSIZE_SCALING_TRACE_H

#include "analysis/rightsize/hpa.h"
#include "analysis/rightsize/hpa_behaviour.h"
#include "base/alloc.h"

enum { PL_SCALING_STEPS_MAX = 1 << 22, PL_SCALING_DELAY_MAX = 1 << 16 /* steps until ready */ };

typedef struct pl_scaling_policy {
  double step_s;       /* of the trace */
  double per_replica;  /* demand that one serves */
  double utilisation;  /* share of it that is aimed at, 0 < u <= 1 */
  double ready_s;      /* from the decision until it serves */
  int32_t start;       /* replicas at the begin, serving */
  bool fixed;          /* true: they stay */
  const double *ahead; /* NULL, or the demand planned for each step */
  pl_hpa_tolerance tolerance;
  pl_hpa_behaviour behaviour;
  bool (*stop)(void *); /* NULL, or asked now and then with stop_arg: true ends it */
  void *stop_arg;
} pl_scaling_policy;

typedef struct pl_scaling_result {
  double replica_hours;  /* started ones count from the decision on */
  double violations;     /* share of steps with more demand than could be served */
  double unserved;       /* share of the demand above what could be served */
  double idle;           /* share of what could be served that was not used */
  int32_t most, least;   /* replicas */
  size_t changes;
} pl_scaling_result;

/* Plays n steps. replicas: NULL, or n of them, serving in each step. Demand that is missing (NaN), infinite or negative counts as none. Errors: PL_EINVAL
 * (no step, numbers that are not above zero), PL_ELIMIT (also a window or a period of more than PL_HPA_MEMORY steps), PL_ENOMEM, PL_ECANCELED. n times the steps of the delay at worst, plus PL_HPA_MEMORY a step. */
int pl_scaling_play(const pl_allocator *a, const double *demand, size_t n, const pl_scaling_policy *p, int32_t *replicas, pl_scaling_result *out,
                    pl_error *err) PL_MUSTCHECK;

#endif

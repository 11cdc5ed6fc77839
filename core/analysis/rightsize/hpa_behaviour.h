/* What the Horizontal Pod Autoscaler makes of a calculated number of replicas (kubernetes/kubernetes, pkg/controller/podautoscaler/horizontal.go,
 * behavior of autoscaling/v2): it is held against the recommendations of the stabilisation window, then against the policies of how fast replicas
 * may change, then against least and most. By default down waits for the highest recommendation of 300 s and may then remove all in 15 s; up waits
 * for nothing and may add the larger of 100 % and 4 pods in 15 s. */
#ifndef PL_ANALYSIS_RIGHTSIZE_HPA_BEHAVIOUR_H
#define PL_ANALYSIS_RIGHTSIZE_HPA_BEHAVIOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  PL_HPA_POLICIES = 8,    /* of a direction */
  PL_HPA_MEMORY = 1024,   /* recommendations and changes that are kept; older ones go */
};

/* So much may change within a period. */
typedef struct pl_hpa_policy {
  bool percent; /* of the replicas at the period's begin; else pods */
  int32_t value;
  double period_s;
} pl_hpa_policy;

/* Which of several policies counts. */
enum pl_hpa_select { PL_HPA_MOST_CHANGE, PL_HPA_LEAST_CHANGE, PL_HPA_DISABLED };

typedef struct pl_hpa_direction {
  double window_s; /* stabilisation; 0: none */
  enum pl_hpa_select select;
  size_t n;
  pl_hpa_policy policies[PL_HPA_POLICIES];
} pl_hpa_direction;

typedef struct pl_hpa_behaviour {
  int32_t least, most;
  pl_hpa_direction up, down;
} pl_hpa_behaviour;

/* A number of replicas, or how many were added (removed: negative), at a time. */
typedef struct pl_hpa_event {
  double time_s;
  int32_t replicas;
} pl_hpa_event;

/* What is remembered; {0} is nothing. */
typedef struct pl_hpa_memory {
  pl_hpa_event recommended[PL_HPA_MEMORY], changed[PL_HPA_MEMORY]; /* rings */
  size_t n_recommended, n_changed;                                 /* ever */
} pl_hpa_memory;

/* What Kubernetes does when nothing is said, between least and most replicas. */
pl_hpa_behaviour pl_hpa_behaviour_default(int32_t least, int32_t most);

/* How many replicas there shall be, from how many there are and how many were calculated; it is remembered. Times are finite and never fall; numbers below
 * `least` and above `most` are held to these. Linear in what is remembered, at most PL_HPA_MEMORY. */
int32_t pl_hpa_behave(const pl_hpa_behaviour *b, pl_hpa_memory *m, double time_s, int32_t current, int32_t calculated);

#endif

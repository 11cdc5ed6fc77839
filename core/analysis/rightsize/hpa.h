/* The replica calculation of Kubernetes' Horizontal Pod Autoscaler, number for number (kubernetes/kubernetes,
 * pkg/controller/podautoscaler/replica_calculator.go, with the tolerance for each direction of KEP-4951). Amounts are whole milli-units.
 *
 * Replicas follow used / target: within the tolerance nothing changes, else ceil(ratio * ready pods). Pods without a metric count as using all
 * of their request (or the target, if that is more) where fewer would follow, and nothing where more would; pods that are not ready are left
 * out, and count as using nothing where more would follow. Where that turns the direction or lands within the tolerance, nothing changes. */
#ifndef PL_ANALYSIS_RIGHTSIZE_HPA_H
#define PL_ANALYSIS_RIGHTSIZE_HPA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  PL_HPA_PODS_MAX = 1000000,
};

/* Largest value of a pod and target: sums of PL_HPA_PODS_MAX of them, times 100, stay within 63 bits. */
#define PL_HPA_VALUE_MAX 90000000000LL

enum pl_hpa_pod_state {
  PL_POD_READY,   /* runs */
  PL_POD_UNREADY, /* pending, not ready, or within the time that its CPU settles in */
  PL_POD_GONE,    /* failed or being deleted */
  PL_POD_UNKNOWN, /* a metric of which there is no pod */
};

/* A pod, or a metric. */
typedef struct pl_hpa_pod {
  enum pl_hpa_pod_state state;
  bool has_value, has_request;
  int64_t value, request; /* milli-units */
} pl_hpa_pod;

/* Shares of the target within which nothing changes. */
typedef struct pl_hpa_tolerance {
  double down, up;
} pl_hpa_tolerance;

/* Why there is no answer. */
enum pl_hpa_failure {
  PL_HPA_OK,
  PL_HPA_NO_METRICS, /* of pods that count */
  PL_HPA_NO_PODS,
  PL_HPA_NO_REQUEST, /* a pod says not what it requests, or all request nothing */
  PL_HPA_BAD_TARGET, /* zero or negative */
};

typedef struct pl_hpa_answer {
  int32_t replicas;
  int64_t utilisation; /* percent of the requests, or milli-units as the target */
} pl_hpa_answer;

/* Where there is no pod, no value, no request or no target above 0, the answer is a failure; values are whole, so that NaN is none. Linear in the pods,
 * else O(1).
 *
 * The usual tolerance, a tenth either way. */
pl_hpa_tolerance pl_hpa_tolerance_default(void);

/* Words for a failure. */
const char *pl_hpa_failure_text(enum pl_hpa_failure failure);

/* From a resource, such as CPU, as a percentage of what n pods request. *out is untouched on failure. Linear in n. */
enum pl_hpa_failure pl_hpa_of_utilisation(const pl_hpa_pod *pods, size_t n, int32_t current, int64_t target_percent, pl_hpa_tolerance tolerance, pl_hpa_answer *out);

/* From a metric that each pod has: the target is their mean. */
enum pl_hpa_failure pl_hpa_of_pods(const pl_hpa_pod *pods, size_t n, int32_t current, int64_t target, pl_hpa_tolerance tolerance, pl_hpa_answer *out);

/* From one value of an object or an outside system, against a target of its own. From zero replicas: ceil(value / target). */
enum pl_hpa_failure pl_hpa_of_value(int64_t value, int64_t ready_pods, int32_t current, int64_t target, pl_hpa_tolerance tolerance, pl_hpa_answer *out);

/* The same with a target a pod: ceil(value / target). Of zero replicas the utilisation is the value. */
enum pl_hpa_failure pl_hpa_of_value_per_pod(int64_t value, int32_t current, int64_t target_average, pl_hpa_tolerance tolerance, pl_hpa_answer *out);

#endif

/* See hpa.h. */
#include "analysis/rightsize/hpa.h"

#include <math.h>

/* How pods are measured: as a share of their requests, or as they are. */
typedef struct scale {
  bool of_requests;
  int64_t target;
} scale;

/* What pods use against the target. */
typedef struct usage {
  double ratio;
  int64_t utilisation; /* -1: what counts requests nothing */
  size_t metrics;      /* that count, of pods or not */
  size_t matched;      /* of them, those whose pod is known */
} usage;

/* What to take for pods without a metric and for those that are not ready. */
typedef struct guess {
  bool missing, unready; /* whether they count at all */
  bool missing_uses_all; /* else nothing */
} guess;

pl_hpa_tolerance pl_hpa_tolerance_default(void)
{
  return (pl_hpa_tolerance){.down = 0.1, .up = 0.1};
}

const char *pl_hpa_failure_text(enum pl_hpa_failure failure)
{
  static const char *const texts[] = {[PL_HPA_OK] = "ok",
                                      [PL_HPA_NO_METRICS] = "no metrics",
                                      [PL_HPA_NO_PODS] = "no pods",
                                      [PL_HPA_NO_REQUEST] = "missing request",
                                      [PL_HPA_BAD_TARGET] = "the target is not above zero"};
  return texts[failure];
}

static bool within(double ratio, pl_hpa_tolerance t)
{
  return 1 - t.down <= ratio && ratio <= 1 + t.up;
}

static int32_t replicas_of(double x)
{
  x = ceil(x);
  return x >= (double)INT32_MAX ? INT32_MAX : x > 0 ? (int32_t)x : 0;
}

/* Whether a pod is of that kind for the count: one without a metric, or not ready. Pending pods have no metric and are unready. */
static bool is_missing(const pl_hpa_pod *p)
{
  return p->state == PL_POD_READY && !p->has_value;
}

/* What a pod counts with; false where it does not count. */
static bool value_of(const pl_hpa_pod *p, scale s, guess g, int64_t *value)
{
  if (p->state == PL_POD_GONE)
    return false;
  if (p->state == PL_POD_UNREADY) {
    *value = 0;
    return g.unready;
  }
  if (p->has_value) {
    *value = p->value;
    return true;
  }
  int64_t all = s.of_requests ? p->request * (s.target > 100 ? s.target : 100) / 100 : s.target;
  *value = g.missing_uses_all ? all : 0;
  return g.missing;
}

static usage usage_of(const pl_hpa_pod *pods, size_t n, scale s, guess g)
{
  int64_t used = 0, requested = 0, value;
  usage u = {.matched = 0};
  for (size_t i = 0; i < n; i++) {
    if (!value_of(&pods[i], s, g, &value))
      continue;
    u.metrics++;
    if (s.of_requests && pods[i].state == PL_POD_UNKNOWN)
      continue; /* a metric without a pod requests nothing */
    u.matched++;
    used += value;
    requested += pods[i].request;
  }
  int64_t by = s.of_requests ? requested : (int64_t)u.metrics;
  u.utilisation = by > 0 ? (s.of_requests ? used * 100 : used) / by : -1;
  u.ratio = (double)u.utilisation / (double)s.target;
  return u;
}

/* Fewer only where fewer were asked for, more only where more were. */
static bool turns(double ratio, double again, int32_t replicas, int32_t current)
{
  return (ratio < 1 && again > 1) || (ratio > 1 && again < 1) || (again < 1 && replicas > current) || (again > 1 && replicas < current);
}

static enum pl_hpa_failure calculate(const pl_hpa_pod *pods, size_t n, int32_t current, scale s, pl_hpa_tolerance t, pl_hpa_answer *out)
{
  size_t missing = 0, unready = 0, ready = 0;
  usage u = usage_of(pods, n, s, (guess){.missing = false});
  for (size_t i = 0; i < n; i++) {
    unready += pods[i].state == PL_POD_UNREADY;
    missing += is_missing(&pods[i]);
    ready += pods[i].state == PL_POD_READY && pods[i].has_value;
  }
  if (u.metrics == 0)
    return PL_HPA_NO_METRICS;
  for (size_t i = 0; s.of_requests && i < n; i++)
    if (pods[i].state != PL_POD_UNKNOWN && !pods[i].has_request)
      return PL_HPA_NO_REQUEST;
  if (u.utilisation < 0)
    return u.matched > 0 ? PL_HPA_NO_REQUEST : PL_HPA_NO_METRICS;
  *out = (pl_hpa_answer){.replicas = current, .utilisation = u.utilisation};
  bool more_with_unready = unready > 0 && u.ratio > 1;
  if (!more_with_unready && missing == 0) {
    if (!within(u.ratio, t))
      out->replicas = replicas_of(u.ratio * (double)ready);
    return PL_HPA_OK;
  }
  /* a resource that stands exactly at its target says nothing of the pods without a metric */
  guess g = {.missing = !s.of_requests || u.ratio < 1 || u.ratio > 1, .unready = more_with_unready, .missing_uses_all = u.ratio < 1};
  usage again = usage_of(pods, n, s, g);
  int32_t replicas = replicas_of(again.ratio * (double)again.metrics);
  if (!within(again.ratio, t) && !turns(u.ratio, again.ratio, replicas, current))
    out->replicas = replicas;
  return PL_HPA_OK;
}

/* Whether there is a pod, and a target to hold it against. */
static enum pl_hpa_failure check(const pl_hpa_pod *pods, size_t n, int64_t target)
{
  if (target <= 0)
    return PL_HPA_BAD_TARGET;
  for (size_t i = 0; i < n; i++)
    if (pods[i].state != PL_POD_UNKNOWN)
      return PL_HPA_OK;
  return PL_HPA_NO_PODS;
}

enum pl_hpa_failure pl_hpa_of_utilisation(const pl_hpa_pod *pods, size_t n, int32_t current, int64_t target_percent, pl_hpa_tolerance tolerance, pl_hpa_answer *out)
{
  enum pl_hpa_failure failure = check(pods, n, target_percent);
  return failure ? failure : calculate(pods, n, current, (scale){.of_requests = true, .target = target_percent}, tolerance, out);
}

enum pl_hpa_failure pl_hpa_of_pods(const pl_hpa_pod *pods, size_t n, int32_t current, int64_t target, pl_hpa_tolerance tolerance, pl_hpa_answer *out)
{
  enum pl_hpa_failure failure = check(pods, n, target);
  return failure ? failure : calculate(pods, n, current, (scale){.of_requests = false, .target = target}, tolerance, out);
}

enum pl_hpa_failure pl_hpa_of_value(int64_t value, int64_t ready_pods, int32_t current, int64_t target, pl_hpa_tolerance tolerance, pl_hpa_answer *out)
{
  if (target <= 0)
    return PL_HPA_BAD_TARGET;
  double ratio = (double)value / (double)target;
  *out = (pl_hpa_answer){.replicas = current, .utilisation = value};
  if (current == 0)
    out->replicas = replicas_of(ratio);
  else if (!within(ratio, tolerance))
    out->replicas = replicas_of(ratio * (double)ready_pods);
  return PL_HPA_OK;
}

enum pl_hpa_failure pl_hpa_of_value_per_pod(int64_t value, int32_t current, int64_t target_average, pl_hpa_tolerance tolerance, pl_hpa_answer *out)
{
  if (target_average <= 0)
    return PL_HPA_BAD_TARGET;
  *out = (pl_hpa_answer){.replicas = current, .utilisation = current > 0 ? (int64_t)ceil((double)value / (double)current) : value};
  if (current == 0 || !within((double)value / ((double)target_average * (double)current), tolerance))
    out->replicas = replicas_of((double)value / (double)target_average);
  return PL_HPA_OK;
}

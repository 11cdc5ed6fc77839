/* See scaling_trace.h. */
#include "analysis/rightsize/scaling_trace.h"

#include <float.h>
#include <math.h>

#include "base/error.h"

enum { STOP_EVERY = 256 /* steps */ };

/* Replicas that serve, and those that will: coming[k % delay] at step k. */
typedef struct fleet {
  int32_t serving, starting;
  int32_t *coming;
  size_t delay;
} fleet;

static double demand_at(const double *demand, size_t i)
{
  return isfinite(demand[i]) && demand[i] > 0 ? demand[i] : 0;
}

/* Those that were started a delay ago serve. */
static void arrive(fleet *f, size_t step)
{
  if (f->delay == 0)
    return;
  int32_t *now = &f->coming[step % f->delay];
  f->serving += *now;
  f->starting -= *now;
  *now = 0;
}

/* More start now; fewer: the newest that do not serve yet go first. */
static void resize(fleet *f, size_t step, int32_t wanted)
{
  int32_t more = wanted - f->serving - f->starting;
  if (more >= 0 && f->delay > 0) {
    f->coming[step % f->delay] += more;
    f->starting += more;
    return;
  }
  for (size_t back = 0; back < f->delay && more < 0 && f->starting > 0; back++) {
    int32_t *slot = &f->coming[(step + f->delay - back) % f->delay];
    int32_t gone = *slot < -more ? *slot : -more;
    *slot -= gone;
    f->starting -= gone;
    more += gone;
  }
  f->serving += more;
}

/* What the policy asks for at the end of a step. */
static int32_t calculate(const pl_scaling_policy *p, const fleet *f, const double *demand, size_t n, size_t step)
{
  double each = p->per_replica * p->utilisation, most = demand_at(demand, step);
  int32_t current = f->serving + f->starting;
  if (p->ahead)
    for (size_t k = step + 1; k <= step + 1 + f->delay && k < n; k++)
      most = k == step + 1 ? demand_at(p->ahead, k) : fmax(most, demand_at(p->ahead, k));
  double ratio = f->serving > 0 ? most / (each * f->serving) : INFINITY;
  if (!p->ahead && f->starting == 0 && 1 - p->tolerance.down <= ratio && ratio <= 1 + p->tolerance.up)
    return current;
  double wanted = ceil(most / each);
  return wanted >= (double)INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)wanted;
}

/* Over the steps; of demand and capacity an n-th each, so that sums of large ones are none too large. */
typedef struct sums {
  double n, served, unserved, capacity, demand, replicas;
  size_t violations;
} sums;

static void count(sums *s, const pl_scaling_policy *p, const fleet *f, double demand)
{
  double capacity = fmin(p->per_replica * f->serving, DBL_MAX), served = fmin(demand, capacity);
  s->capacity += capacity / s->n;
  s->demand += demand / s->n;
  s->served += served / s->n;
  s->unserved += (demand - served) / s->n;
  s->violations += demand > capacity;
  s->replicas += f->serving + f->starting;
}

/* False: it was stopped. */
static bool play(const double *demand, size_t n, const pl_scaling_policy *p, fleet *f, pl_hpa_memory *memory, int32_t *replicas, pl_scaling_result *out)
{
  sums s = {.n = (double)n};
  *out = (pl_scaling_result){.most = p->start, .least = p->start};
  for (size_t i = 0; i < n; i++) {
    if (p->stop && i % STOP_EVERY == 0 && p->stop(p->stop_arg))
      return false;
    arrive(f, i);
    count(&s, p, f, demand_at(demand, i));
    if (replicas)
      replicas[i] = f->serving;
    int32_t current = f->serving + f->starting;
    int32_t wanted = p->fixed ? current : pl_hpa_behave(&p->behaviour, memory, (double)i * p->step_s, current, calculate(p, f, demand, n, i));
    out->changes += wanted != current;
    resize(f, i, wanted);
    out->most = wanted > out->most ? wanted : out->most;
    out->least = wanted < out->least ? wanted : out->least;
  }
  out->replica_hours = s.replicas * p->step_s / 3600;
  out->violations = (double)s.violations / (double)n;
  out->unserved = s.demand > 0 ? fmin(1, s.unserved / s.demand) : 0;
  out->idle = s.capacity > 0 ? fmax(0, 1 - s.served / s.capacity) : 0;
  return true;
}

/* The longest time that a direction looks back: its window, or the period of a policy. */
static double looks_back_s(const pl_hpa_direction *d)
{
  double most = d->window_s;
  for (size_t i = 0; i < d->n; i++)
    most = fmax(most, d->policies[i].period_s);
  return most;
}

static int check(const pl_scaling_policy *p, size_t n, pl_error *err)
{
  if (n == 0)
    return pl_fail(err, PL_EINVAL, "a trace without a step");
  if (!(p->step_s > 0 && isfinite(p->step_s) && p->per_replica > 0 && isfinite(p->per_replica)))
    return pl_fail(err, PL_EINVAL, "the step of a trace and what a replica serves must be above zero");
  if (!(p->utilisation > 0 && p->utilisation <= 1 && p->ready_s >= 0 && p->start >= 0))
    return pl_fail(err, PL_EINVAL, "the utilisation aimed at lies above 0 and up to 1; delay and replicas are 0 or more");
  if (p->behaviour.least < 0 || p->behaviour.most < p->behaviour.least)
    return pl_fail(err, PL_EINVAL, "the least replicas are 0 or more, and the most no fewer");
  if (fmax(looks_back_s(&p->behaviour.up), looks_back_s(&p->behaviour.down)) / p->step_s > PL_HPA_MEMORY)
    return pl_fail(err, PL_ELIMIT, "a stabilisation window, or the period of a policy, of more than %d steps of %g s; take longer steps", PL_HPA_MEMORY, p->step_s);
  if (n > PL_SCALING_STEPS_MAX || p->ready_s / p->step_s > PL_SCALING_DELAY_MAX)
    return pl_fail(err, PL_ELIMIT, "at most %d steps, and %d until a replica serves", PL_SCALING_STEPS_MAX, PL_SCALING_DELAY_MAX);
  return 0;
}

int pl_scaling_play(const pl_allocator *a, const double *demand, size_t n, const pl_scaling_policy *p, int32_t *replicas, pl_scaling_result *out,
                    pl_error *err)
{
  int code = check(p, n, err);
  if (code)
    return code;
  fleet f = {.serving = p->start, .delay = (size_t)ceil(p->ready_s / p->step_s)};
  size_t room = f.delay ? f.delay : 1;
  pl_hpa_memory *memory = pl_alloc_zero(a, 1, sizeof *memory);
  f.coming = pl_alloc_zero(a, room, sizeof *f.coming);
  pl_scaling_result result = {0};
  if (memory && f.coming)
    code = play(demand, n, p, &f, memory, replicas, &result) ? PL_OK : pl_fail(err, PL_ECANCELED, "scaling: cancelled");
  else
    code = pl_fail(err, PL_ENOMEM, "scaling: out of memory");
  pl_free(a, f.coming, room * sizeof *f.coming);
  pl_free(a, memory, sizeof *memory);
  if (!code)
    *out = result;
  return code;
}

/* See vpa.h. */
#include "analysis/rightsize/vpa.h"

#include <math.h>
#include <string.h>

#define DAY_S 86400.0
#define SAMPLE_WEIGHT 0.1 /* of CPU samples, whatever is requested */
#define EPSILON 1e-4
#define GROWTH 1.05 /* of a bucket over the one before */
#define MIB 1048576LL

pl_vpa_options pl_vpa_defaults(void)
{
  return (pl_vpa_options){.target = 0.9, .lower = 0.5, .upper = 0.95, .margin = 0.15, .half_life_s = DAY_S, .memory_window_s = DAY_S,
                          .least_cpu_m = 25, .least_memory = 250 * MIB, .oom_least_bytes = 100 * MIB, .oom_ratio = 1.2, .containers = 1};
}

void pl_vpa_init(pl_vpa *v, const pl_vpa_options *options)
{
  memset(v, 0, sizeof *v);
  v->options = options ? *options : pl_vpa_defaults();
  (void)pl_decaying_init(&v->cpu, 1000, 0.01, GROWTH, EPSILON, v->options.half_life_s);
  (void)pl_decaying_init(&v->memory, 1e12, 1e7, GROWTH, EPSILON, v->options.half_life_s);
}

/* An amount cut to a whole one, between 0 and the most. */
static int64_t cut(double amount)
{
  return !(amount > 0) ? 0 : amount > (double)PL_VPA_MOST ? PL_VPA_MOST : (int64_t)amount;
}

bool pl_vpa_add_cpu(pl_vpa *v, double time_s, double cores)
{
  if (!isfinite(cores) || cores < 0 || !isfinite(time_s) || (v->samples > 0 && time_s <= v->last_s))
    return false;
  pl_decaying_add(&v->cpu, (double)cut(cores * 1000) / 1000, SAMPLE_WEIGHT, time_s);
  if (v->samples == 0)
    v->first_s = time_s;
  v->last_s = time_s;
  v->samples++;
  return true;
}

static int64_t larger(int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* Whether the sample is a new peak of its window; a later window begins where it must, and an older peak of the same one goes. */
static bool is_peak(pl_vpa *v, double time_s, int64_t bytes)
{
  if (time_s < v->window_end_s) {
    int64_t old = larger(v->memory_peak, v->oom_peak);
    if (old == 0 || bytes <= old)
      return false;
    pl_decaying_subtract(&v->memory, (double)old, 1, v->window_end_s);
    return true;
  }
  double windows = floor((time_s - v->window_end_s) / v->options.memory_window_s) + 1;
  v->window_end_s += windows * v->options.memory_window_s;
  v->memory_peak = v->oom_peak = 0;
  return true;
}

static void add_memory(pl_vpa *v, double time_s, int64_t bytes, bool oom)
{
  v->memory_s = time_s;
  if (!v->windowed)
    v->window_end_s = time_s;
  v->windowed = true;
  if (!is_peak(v, time_s, bytes))
    return;
  pl_decaying_add(&v->memory, (double)bytes, 1, v->window_end_s);
  *(oom ? &v->oom_peak : &v->memory_peak) = bytes;
}

bool pl_vpa_add_memory(pl_vpa *v, double time_s, double bytes)
{
  if (!isfinite(bytes) || bytes < 0 || !isfinite(time_s) || (v->windowed && time_s < v->memory_s))
    return false;
  add_memory(v, time_s, cut(bytes), false);
  return true;
}

bool pl_vpa_add_oom(pl_vpa *v, double time_s, double requested)
{
  if (!isfinite(requested) || requested < 0 || !isfinite(time_s) || (v->windowed && time_s < v->window_end_s - v->options.memory_window_s))
    return false;
  int64_t used = larger(cut(requested), v->memory_peak);
  add_memory(v, time_s, larger(used + v->options.oom_least_bytes, cut((double)used * v->options.oom_ratio)), true);
  return true;
}

double pl_vpa_confidence(const pl_vpa *v)
{
  double days = (v->last_s - v->first_s) / DAY_S, samples = (double)v->samples / 1440;
  return days < samples ? days : samples;
}

int64_t pl_vpa_scale(int64_t amount, double multiplier, double exponent, double confidence)
{
  if (!(confidence > 0))
    return exponent > 0 ? PL_VPA_MOST : 0;
  return cut((double)amount * pow(1 + multiplier / confidence, exponent));
}

/* One resource; unit: so many of its amounts are one of the histogram's. */
static pl_vpa_amounts amounts_of(const pl_vpa *v, const pl_decaying_hist *h, double unit, int64_t least)
{
  const pl_vpa_options *o = &v->options;
  double confidence = pl_vpa_confidence(v);
  int64_t amounts[3];
  const double percentiles[3] = {o->target, o->lower, o->upper};
  if (pl_decaying_empty(h))
    return (pl_vpa_amounts){.known = false};
  for (size_t i = 0; i < 3; i++) {
    int64_t amount = cut(pl_decaying_percentile(h, percentiles[i]) * unit);
    amounts[i] = amount + cut((double)amount * o->margin);
  }
  amounts[1] = pl_vpa_scale(amounts[1], 0.001, -2, confidence);
  amounts[2] = pl_vpa_scale(amounts[2], 1, 1, confidence);
  least = cut((double)least * (1 / (double)(o->containers ? o->containers : 1)));
  return (pl_vpa_amounts){.known = true, .target = larger(amounts[0], least), .lower = larger(amounts[1], least), .upper = larger(amounts[2], least)};
}

pl_vpa_amounts pl_vpa_cpu(const pl_vpa *v)
{
  return amounts_of(v, &v->cpu, 1000, v->options.least_cpu_m);
}

pl_vpa_amounts pl_vpa_memory(const pl_vpa *v)
{
  return amounts_of(v, &v->memory, 1, v->options.least_memory);
}

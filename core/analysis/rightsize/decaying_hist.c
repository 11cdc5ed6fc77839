/* See decaying_hist.h. */
#include "analysis/rightsize/decaying_hist.h"

#include <math.h>
#include <string.h>

enum { MOST_HALF_LIVES = 100 }; /* until the reference moves: 2^100 is far from the end of a double */

bool pl_decaying_init(pl_decaying_hist *h, double max, double first, double ratio, double epsilon, double half_life_s)
{
  if (!(isfinite(max) && isfinite(first) && isfinite(ratio)) || !(max > 0 && first > 0 && ratio >= 1 && epsilon > 0 && half_life_s > 0))
    return false;
  double n = ratio > 1 ? ceil(log(max * (ratio - 1) / first + 1) / log(ratio)) + 1 : ceil(max / first) + 1;
  if (!(n <= PL_DECAYING_BUCKETS))
    return false;
  memset(h, 0, sizeof *h);
  h->first = first;
  h->ratio = ratio;
  h->epsilon = epsilon;
  h->half_life_s = half_life_s;
  h->n = (size_t)n;
  h->lo = h->n - 1;
  return true;
}

double pl_decaying_start(const pl_decaying_hist *h, size_t b)
{
  if (h->ratio > 1)
    return b == 0 ? 0 : h->first * (pow(h->ratio, (double)b) - 1) / (h->ratio - 1);
  return h->first * (double)b;
}

size_t pl_decaying_bucket(const pl_decaying_hist *h, double value)
{
  if (!(value >= h->first))
    return 0;
  double b = h->ratio > 1 ? log(value * (h->ratio - 1) / h->first + 1) / log(h->ratio) : value / h->first;
  return b >= (double)h->n ? h->n - 1 : (size_t)b;
}

/* Buckets at the ends may have become empty. */
static void narrow(pl_decaying_hist *h)
{
  while (h->weight[h->lo] < h->epsilon && h->lo < h->n - 1)
    h->lo++;
  while (h->weight[h->hi] < h->epsilon && h->hi > 0)
    h->hi--;
}

static void move_reference(pl_decaying_hist *h, double time_s)
{
  double to = floor(time_s / h->half_life_s + 0.5) * h->half_life_s;
  double factor = h->begun ? exp2(round((h->reference_s - to) / h->half_life_s)) : 1;
  for (size_t b = 0; b < h->n; b++)
    h->weight[b] *= factor;
  h->total *= factor;
  h->reference_s = to;
  h->begun = true;
  narrow(h);
}

/* What a weight of 1 at that time counts. */
static double factor_of(pl_decaying_hist *h, double time_s)
{
  if (isinf(h->half_life_s))
    return 1;
  if (!h->begun || time_s > h->reference_s + h->half_life_s * MOST_HALF_LIVES)
    move_reference(h, time_s);
  return exp2((time_s - h->reference_s) / h->half_life_s);
}

void pl_decaying_add(pl_decaying_hist *h, double value, double weight, double time_s)
{
  weight *= factor_of(h, time_s);
  size_t b = pl_decaying_bucket(h, value);
  h->weight[b] += weight;
  h->total += weight;
  if (h->weight[b] < h->epsilon)
    return;
  h->lo = b < h->lo ? b : h->lo;
  h->hi = b > h->hi ? b : h->hi;
}

static double less(double value, double by, double epsilon)
{
  return value - by < epsilon ? 0 : value - by;
}

void pl_decaying_subtract(pl_decaying_hist *h, double value, double weight, double time_s)
{
  weight *= factor_of(h, time_s);
  size_t b = pl_decaying_bucket(h, value);
  h->total = less(h->total, weight, h->epsilon);
  h->weight[b] = less(h->weight[b], weight, h->epsilon);
  narrow(h);
}

bool pl_decaying_empty(const pl_decaying_hist *h)
{
  return h->weight[h->lo] < h->epsilon;
}

double pl_decaying_percentile(const pl_decaying_hist *h, double p)
{
  if (pl_decaying_empty(h))
    return 0;
  double sum = 0;
  size_t b = h->lo;
  for (; b < h->hi; b++) {
    sum += h->weight[b];
    if (sum >= p * h->total)
      break;
  }
  return pl_decaying_start(h, b < h->n - 1 ? b + 1 : b);
}

double pl_decaying_save(const pl_decaying_hist *h, uint32_t *out)
{
  double most = 0;
  for (size_t b = h->lo; b <= h->hi; b++)
    most = h->weight[b] > most ? h->weight[b] : most;
  for (size_t b = 0; b < h->n; b++)
    out[b] = most > 0 && b >= h->lo && b <= h->hi ? (uint32_t)round(h->weight[b] * (PL_DECAYING_CHECKPOINT_MAX / most)) : 0;
  return h->total;
}

void pl_decaying_load(pl_decaying_hist *h, const uint32_t *weights, double total, double reference_s)
{
  double sum = 0;
  for (size_t b = 0; b < h->n; b++)
    sum += weights[b];
  if (!(sum > 0))
    return;
  for (size_t b = 0; b < h->n; b++) {
    h->weight[b] += weights[b] * (total / sum);
    if (weights[b] > 0) {
      h->lo = b < h->lo ? b : h->lo;
      h->hi = b > h->hi ? b : h->hi;
    }
  }
  h->total += total;
  h->reference_s = reference_s;
  h->begun = true;
}

/* See tail.h. The fit is made anew whenever a sixteenth more has been counted: a pass over the buckets that costs little for each value. */
#include "analysis/anomaly/tail.h"

#include <math.h>
#include <string.h>

enum { PER_OCTAVE = 8, LEAST = 32, NOTHING = -100000 };
static const double MARGIN = 0.3;   /* octaves: what is hardly larger than much before it is no news, however thin the tail */
static const double BEYOND = 0.01; /* the share of magnitudes whose excess is fitted */

void pl_tail_init(pl_tail *t, double cluster)
{
  memset(t, 0, sizeof *t);
  t->cluster = cluster;
  t->top = NOTHING;
}

static int bucket_of(double m)
{
  return m > 0 ? (int)floor(log2(m) * PER_OCTAVE) : NOTHING;
}

double pl_tail_rarity(const pl_tail *t, double m)
{
  if (t->n < LEAST || m <= 0)
    return 0;
  double excess = log2(m) - t->threshold;
  excess -= MARGIN;
  if (excess <= 0)
    return 0;
  return t->known * log10(1 + excess / (t->known * t->index)) - log10(t->share);
}

/* Threshold, share and index from the counts; the share is of n + 1, as the value to be judged belongs to them. */
static void fit(pl_tail *t)
{
  double want = BEYOND * t->n < 4 ? 4 : BEYOND * t->n, beyond = 0, sum = 0;
  int b = PL_TAIL_BUCKETS - 1;
  for (; b > 0 && beyond < want; b--)
    beyond += t->count[b];
  t->threshold = (double)(t->top - (PL_TAIL_BUCKETS - 1) + b + 1) / PER_OCTAVE;
  for (int i = b + 1; i < PL_TAIL_BUCKETS; i++)
    sum += t->count[i] * ((i - b - 1 + 0.5) / PER_OCTAVE);
  t->share = (beyond + t->cluster) / (t->n + t->cluster);
  t->known = beyond / t->cluster < 1 ? 1 : beyond / t->cluster;
  t->index = (sum + 1.0 / PER_OCTAVE) / (beyond + 1);
  t->index = t->index < 1.0 / PER_OCTAVE ? 1.0 / PER_OCTAVE : t->index;
  t->fresh = 0;
}

static void raise_top(pl_tail *t, int top)
{
  int by = t->top == NOTHING ? PL_TAIL_BUCKETS : top - t->top;
  t->top = top;
  if (by >= PL_TAIL_BUCKETS) {
    uint32_t all = 0;
    for (int i = 0; i < PL_TAIL_BUCKETS; i++)
      all += t->count[i];
    memset(t->count, 0, sizeof t->count);
    t->count[0] = all;
    return;
  }
  for (int i = 1; i <= by; i++)
    t->count[0] += t->count[i];
  memmove(t->count + 1, t->count + 1 + by, (size_t)(PL_TAIL_BUCKETS - 1 - by) * sizeof t->count[0]);
  memset(t->count + PL_TAIL_BUCKETS - by, 0, (size_t)by * sizeof t->count[0]);
}

static void halve(pl_tail *t)
{
  t->n = 0;
  for (int i = 0; i < PL_TAIL_BUCKETS; i++) {
    t->count[i] /= 2;
    t->n += t->count[i];
  }
}

void pl_tail_add(pl_tail *t, double m)
{
  int bucket = bucket_of(m);
  if (bucket > t->top)
    raise_top(t, bucket);
  int at = bucket - t->top + PL_TAIL_BUCKETS - 1;
  t->count[at < 0 || bucket == NOTHING ? 0 : at]++;
  t->n++;
  if (t->n >= PL_TAIL_LIMIT)
    halve(t);
  if (++t->fresh > t->n / 16)
    fit(t);
}

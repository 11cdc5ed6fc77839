/* See tail.h. The fit is made anew whenever a sixteenth more has been counted: a pass over the buckets that costs little for each value. */
#include "analysis/anomaly/tail.h"

#include <math.h>
#include <string.h>

enum { PER_OCTAVE = 8, LEAST = 32, NOTHING = -100000 };
static const double NEAR = 1.15;  /* an episode that came so near makes the next one of its size no news */
static const double FADE = 0.998; /* of the peaks with each new episode: what was long ago becomes news again */
static const double EPISODE = 8; /* clusters without an excess that end an episode */
static const double JITTER = 1 / 64.0; /* of the time between two episodes that lie evenly: minutes of an hour, a few of a day */
static const uint32_t HABIT = 2; /* episodes that make a habit: the third time is no news */
static const double MARGIN = 0.3;   /* octaves: what is hardly larger than much before it is no news, however thin the tail */
static const double BEYOND = 0.01; /* the share of magnitudes whose excess is fitted */

void pl_tail_init(pl_tail *t, double cluster)
{
  memset(t, 0, sizeof *t);
  t->cluster = cluster;
  t->top = NOTHING;
}

/* The bucket whose middle is nearest, by the first magnitude, which lies in the middle of its own. */
static int bucket_of(const pl_tail *t, double m)
{
  return m > 0 ? (int)floor((log2(m) - t->origin) * PER_OCTAVE + 0.5) : NOTHING;
}

static int is_running(const pl_tail *t)
{
  return t->episodes > 0 && t->since <= (uint64_t)(EPISODE * t->cluster);
}

int pl_tail_is_habit(const pl_tail *t, double m)
{
  uint32_t near = 0;
  for (uint32_t i = 0; i < t->episodes; i++)
    near += t->peaks[i] * NEAR >= m && !(is_running(t) && i == t->current);
  return near >= HABIT;
}

/* Whether one span is a multiple of another. */
static int is_multiple(double of, double by)
{
  return by > 0 && of > by / 2 && fabs(of - floor(of / by + 0.5) * by) <= 1 + JITTER * by;
}

int pl_tail_is_on_time(const pl_tail *t, double m)
{
  uint64_t last = 0, before = 0; /* where the last two began, counted from 1; 0: none did */
  for (uint32_t i = 0; i < t->episodes; i++) {
    uint64_t at = t->began[i] + 1;
    if (!(t->peaks[i] * NEAR >= m) || (is_running(t) && i == t->current))
      continue;
    before = at > last ? last : at > before ? at : before;
    last = at > last ? at : last;
  }
  if (!before)
    return 0;
  double late = (double)(t->values + 1 - last), early = (double)(last - before);
  return late > early ? is_multiple(late, early) : is_multiple(early, late);
}

/* The place of a new episode: one that is free, or that of the smallest. */
static uint32_t place_of(const pl_tail *t)
{
  uint32_t least = 0;
  if (t->episodes < PL_TAIL_EPISODES)
    return t->episodes;
  for (uint32_t i = 1; i < PL_TAIL_EPISODES; i++)
    least = t->peaks[i] < t->peaks[least] ? i : least;
  return least;
}

/* Keeps the largest of each episode; one ends when nothing is beyond the threshold for a while. */
static void follow(pl_tail *t, double m)
{
  t->since++;
  t->values++;
  if (t->n < LEAST || m <= 0 || log2(m) <= t->threshold)
    return;
  if (!is_running(t)) {
    for (uint32_t i = 0; i < t->episodes; i++)
      t->peaks[i] *= FADE;
    t->current = place_of(t);
    t->peaks[t->current] = 0;
    t->began[t->current] = t->values - 1;
    t->episodes += t->episodes < PL_TAIL_EPISODES;
  }
  t->peaks[t->current] = m > t->peaks[t->current] ? m : t->peaks[t->current];
  t->since = 0;
}

double pl_tail_rarity_anew(const pl_tail *t, double m)
{
  if (t->n < LEAST || m <= 0)
    return 0;
  double excess = log2(m) - t->threshold;
  excess -= MARGIN;
  return excess > 0 ? t->known * log10(1 + excess / (t->known * t->index)) - log10(t->share) : 0;
}

double pl_tail_rarity(const pl_tail *t, double m)
{
  double rarity = pl_tail_rarity_anew(t, m);
  return rarity > 0 && pl_tail_is_habit(t, m) ? rarity / 2 : rarity;
}

/* Threshold, share and index from the counts; the share is of n + 1, as the value to be judged belongs to them. */
static void fit(pl_tail *t)
{
  double want = BEYOND * t->n < 4 ? 4 : BEYOND * t->n, beyond = 0, sum = 0;
  int b = PL_TAIL_BUCKETS - 1;
  for (; b > 0 && beyond < want; b--)
    beyond += t->count[b];
  t->threshold = t->origin + (t->top - (PL_TAIL_BUCKETS - 1) + b + 1 - 0.5) / PER_OCTAVE;
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

/* Counts a magnitude of a bucket, and fits anew when it is time. */
static void count(pl_tail *t, int bucket)
{
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

void pl_tail_add(pl_tail *t, double m)
{
  follow(t, m);
  if (t->top == NOTHING && m > 0)
    t->origin = log2(m);
  count(t, bucket_of(t, m));
}

void pl_tail_add_told(pl_tail *t, double m)
{
  follow(t, m);
  int bucket = bucket_of(t, m);
  count(t, bucket < t->top ? bucket : t->top);
}

/* Deviations are summed over differences d[i] = y[i + 1] - y[i]; that across a slip belongs to neither side. */
#include "analysis/change/slip.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/order.h"

enum { CYCLES = 2, PARTS = 6 /* of the history; a sixth, or two seasons, gives the pattern */ };

#define PARAMETER (5.0 / 3) /* log n, as of a model of levels */
#define VERY_STRONG 10.0
#define HALF 0.5

typedef struct slips {
  const double *d;
  size_t n, m;      /* differences; places of the season */
  double *pattern;  /* m: what they are at each place */
  double *sums;     /* m: deviations with each phase */
  double *least;    /* n: of the differences up to one, with the best phase */
  double left;      /* deviations of all, as things are */
  pl_slip *list;
  size_t count;
} slips;

static double off(const slips *s, size_t i, size_t by)
{
  return fabs(s->d[i] - s->pattern[(i + by) % s->m]);
}

static double sum_of(const slips *s, size_t from, size_t to, size_t by)
{
  double sum = 0;
  for (size_t i = from; i < to; i++)
    sum += off(s, i, by);
  return sum;
}

/* The median at each place, of the differences [from, to). one: room for them. */
static void learn(slips *s, size_t from, size_t to, double *one)
{
  for (size_t k = 0; k < s->m; k++) {
    size_t c = 0;
    for (size_t i = from + (k + s->m - from % s->m) % s->m; i < to; i += s->m)
      one[c++] = s->d[i];
    pl_sort(one, c);
    s->pattern[k] = c ? pl_median_sorted(one, c) : 0;
  }
}

/* Learns from the stretch where differences are nearest to those a season before. */
static void learn_best(slips *s)
{
  size_t m = s->m, room = s->n - m, want = s->n / PARTS > CYCLES * m ? s->n / PARTS : CYCLES * m, best = 0, size = want < room ? want : room;
  double sum = 0, lowest = HUGE_VAL;
  for (size_t i = 0; i < room; i++) {
    sum += fabs(s->d[i + m] - s->d[i]);
    sum -= i >= size ? fabs(s->d[i - size + m] - s->d[i - size]) : 0;
    if (i + 1 >= size && sum < lowest) {
      lowest = sum;
      best = i + 1 - size;
    }
  }
  learn(s, best, best + size + m, s->least);
}

/* Adds one difference with each phase; gives the best phase. */
static size_t add(slips *s, size_t i)
{
  size_t best = 0;
  for (size_t k = 0; k < s->m; k++) {
    s->sums[k] += off(s, i, k);
    if (s->sums[k] < s->sums[best])
      best = k;
  }
  return best;
}

/* Values [from, to) with the best phase. */
static size_t best_phase(slips *s, size_t from, size_t to)
{
  size_t best = 0;
  memset(s->sums, 0, s->m * sizeof *s->sums);
  for (size_t i = from; i + 1 < to; i++)
    best = add(s, i);
  return best;
}

/* Where the values [from, to) are best cut in two, and how much they then deviate. */
static size_t best_cut(slips *s, size_t from, size_t to, double *left)
{
  size_t at = from;
  *left = HUGE_VAL;
  memset(s->sums, 0, s->m * sizeof *s->sums);
  for (size_t i = from; i + 1 < to; i++)
    s->least[i] = s->sums[add(s, i)];
  memset(s->sums, 0, s->m * sizeof *s->sums);
  /* The later part begins at value i; its differences are i and after, those before are up to i - 2. */
  for (size_t i = to - 2; i >= from + s->m; i--) {
    double sum = s->sums[add(s, i)] + s->least[i - 2];
    if (i + s->m <= to && sum < *left) {
      *left = sum;
      at = i;
    }
  }
  return at;
}

/* Whether the part [from, to) is much nearer with another phase, or has none. */
static bool is_clear(const slips *s, size_t from, size_t to, size_t before, size_t after)
{
  return before == after || sum_of(s, from, to - 1, after) <= HALF * sum_of(s, from, to - 1, before);
}

/* Cuts the stretch k in two, if that is worth it. */
static bool cut(slips *s, size_t k)
{
  size_t from = s->list[k].at, to = k + 1 < s->count ? s->list[k + 1].at : s->n + 1, was = s->list[k].by;
  if (s->count > PL_SLIPS_MOST || to - from < 2 * s->m + 2)
    return false;
  double left, size = (double)s->n, old = sum_of(s, from, to - 1, was);
  size_t at = best_cut(s, from, to, &left), first = best_phase(s, from, at), second = best_phase(s, at, to);
  double now = s->left - old + left;
  if (first == second || !(2 * size * log(s->left / fmax(now, 1e-9 * s->left)) > 2 * PARAMETER * log(size) + VERY_STRONG))
    return false;
  if (!is_clear(s, from, at, was, first) || !is_clear(s, at, to, was, second))
    return false;
  memmove(s->list + k + 2, s->list + k + 1, (s->count - k - 1) * sizeof *s->list);
  s->list[k].by = first;
  s->list[k + 1] = (pl_slip){at, second};
  s->count++;
  s->left = now;
  return true;
}

/* Joins stretches of one phase, which later cuts have made neighbours. */
static void join(slips *s)
{
  size_t kept = 0;
  for (size_t k = 1; k < s->count; k++) {
    if (s->list[k].by != s->list[kept].by)
      s->list[++kept] = s->list[k];
  }
  s->count = kept + 1;
}

/* Whether one phase foretells differences worse than those of a season before. */
static bool is_off(slips *s)
{
  double before = 0;
  learn(s, 0, s->n, s->least);
  for (size_t i = s->m; i < s->n; i++)
    before += fabs(s->d[i] - s->d[i - s->m]);
  return sum_of(s, 0, s->n, 0) > before;
}

size_t pl_slips_find(const double *y, size_t n, size_t m, double *scratch, pl_slip *list)
{
  slips s = {.d = scratch, .n = n - 1, .m = m, .least = scratch + n, .pattern = scratch + 2 * n, .sums = scratch + 2 * n + m, .list = list, .count = 1};
  list[0] = (pl_slip){0, 0};
  if (n * m > PL_SLIP_WORK)
    return 1;
  for (size_t i = 0; i + 1 < n; i++)
    scratch[i] = y[i + 1] - y[i];
  if (!is_off(&s))
    return 1;
  learn_best(&s);
  list[0].by = best_phase(&s, 0, n);
  s.left = sum_of(&s, 0, s.n, list[0].by);
  for (size_t k = 0; k < s.count;)
    k += cut(&s, k) ? 0 : 1;
  join(&s);
  if (s.count == 1)
    list[0].by = 0;
  return s.count;
}

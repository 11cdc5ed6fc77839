/* Levels over time: the area under a row of stages and its exact inverse. Pure; any thread. */
#include "load/plan.h"

#include <math.h>

#include "load/arrival.h"

/* Starts that a piece of `ns` holds when the level runs from a to b. */
static double piece_area(double a, double b, double ns)
{
  return (a + b) / 2 * ns * 1e-9;
}

/* Walks to the stage that holds t; gives its start, the level before it and the area before it.
 * Returns n when t lies behind the end. */
static size_t stage_at(const pl_stage *stages, size_t n, uint64_t t_ns, uint64_t *begin,
                       double *before, double *area)
{
  *begin = 0;
  *before = 0;
  *area = 0;
  for (size_t i = 0; i < n; i++) {
    const pl_stage *s = &stages[i];
    double from = s->jump ? s->level : *before;
    if (t_ns - *begin < s->duration_ns) {
      *before = from;
      return i;
    }
    *area += piece_area(from, s->level, (double)s->duration_ns);
    *begin += s->duration_ns;
    *before = s->level;
  }
  return n;
}

double pl_stages_level(const pl_stage *stages, size_t n, uint64_t t_ns)
{
  uint64_t begin;
  double from, area;
  size_t i = stage_at(stages, n, t_ns, &begin, &from, &area);
  if (i == n)
    return 0;
  double share = (double)(t_ns - begin) / (double)stages[i].duration_ns;
  return from + (stages[i].level - from) * share;
}

double pl_stages_area(const pl_stage *stages, size_t n, uint64_t t_ns)
{
  uint64_t begin;
  double from, area;
  size_t i = stage_at(stages, n, t_ns, &begin, &from, &area);
  if (i == n)
    return area;
  return area + piece_area(from, pl_stages_level(stages, n, t_ns), (double)(t_ns - begin));
}

uint64_t pl_stages_duration(const pl_stage *stages, size_t n)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += stages[i].duration_ns;
  return sum;
}

uint64_t pl_stages_time_of(const pl_stage *stages, size_t n, double starts)
{
  pl_stage_cursor c;
  pl_stage_cursor_init(&c, stages, n);
  return pl_stage_cursor_time_of(&c, starts);
}

/* ---- Changing --------------------------------------------------------------------------------- */

/* The first stages, which end before past_ns, as one of their mean and an empty one that leaves their last level. */
static size_t fold_past(const pl_stage *stages, size_t n, uint64_t past_ns, pl_stage *out, size_t *folded)
{
  uint64_t end = 0;
  size_t k = 0;
  while (k < n && end + stages[k].duration_ns <= past_ns)
    end += stages[k++].duration_ns;
  *folded = 0;
  if (k < 3 || end == 0)
    return 0;
  *folded = k;
  out[0] = (pl_stage){end, pl_stages_area(stages, n, end) / ((double)end * 1e-9), true};
  out[1] = (pl_stage){0, stages[k - 1].level, true};
  return 2;
}

size_t pl_stages_change(const pl_stage *stages, size_t n, uint64_t past_ns, uint64_t t_ns, double level, uint64_t end_ns,
                        pl_stage *out)
{
  size_t folded, kept = fold_past(stages, n, past_ns < t_ns ? past_ns : t_ns, out, &folded);
  uint64_t begin = pl_stages_duration(out, kept);
  double before = kept ? out[kept - 1].level : 0;
  for (size_t i = folded; i < n && begin < t_ns; i++) {
    pl_stage s = stages[i];
    uint64_t left = t_ns - begin;
    if (s.duration_ns > left) {
      double from = s.jump ? s.level : before;
      s.level = from + (s.level - from) * (double)left / (double)s.duration_ns;
      s.duration_ns = left;
    }
    out[kept++] = s;
    begin += s.duration_ns;
    before = s.level;
  }
  if (end_ns > begin)
    out[kept++] = (pl_stage){end_ns - begin, level, true};
  return kept;
}

/* ---- The same, forward only: O(1) a start however many stages there are. */

void pl_stage_cursor_init(pl_stage_cursor *c, const pl_stage *stages, size_t n)
{
  *c = (pl_stage_cursor){.stages = stages, .n = n};
}

/* Solves a t + (b - a) t^2 / (2 d) = x for t in seconds, in the form that does not cancel (k6 divides by
 * b - a and so needs a case of its own for a constant rate). */
static double inverse_in_stage(double a, double b, double d, double x)
{
  if (x <= 0)
    return 0;
  double root = a * a + 2 * (b - a) * x / d;
  return 2 * x / (a + sqrt(root > 0 ? root : 0));
}

uint64_t pl_stage_cursor_time_of(pl_stage_cursor *c, double starts)
{
  for (; c->at < c->n; c->at++) {
    const pl_stage *s = &c->stages[c->at];
    double from = s->jump ? s->level : c->level;
    double area = piece_area(from, s->level, (double)s->duration_ns);
    double x = starts - c->area;
    /* A start on the very end belongs to what follows: 33.3333/s over 3 s holds 100, not 101. */
    if (s->duration_ns && x < area - 1e-9 * (c->area + area)) {
      double t = inverse_in_stage(from, s->level, (double)s->duration_ns * 1e-9, x) * 1e9;
      uint64_t ns = t > 0 ? (uint64_t)(t + 0.5) : 0;
      return c->begin_ns + (ns < s->duration_ns ? ns : s->duration_ns - 1);
    }
    c->area += area;
    c->begin_ns += s->duration_ns;
    c->level = s->level;
  }
  return UINT64_MAX;
}

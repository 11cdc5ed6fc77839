/* The cost of a place is that of the step's first values, whose expectation still hangs on the level before, and a sum of all later ones, which all expect the
 * same: so each place costs a few products. */
#include "analysis/change/locate.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 4 };

static double mean_of(const double *y, size_t from, size_t to)
{
  double sum = 0;
  for (size_t i = from; i < to; i++)
    sum += y[i];
  return sum / (double)(to - from);
}

/* What is new at t about the level. */
static double news(const double *y, const pl_change_noise *noise, double level, size_t t)
{
  double v = y[t] - level;
  for (size_t k = 1; k <= noise->order; k++)
    v -= noise->weight[k] * (y[t - k] - level);
  return v;
}

/* Squares of what is new at the step's first values and is expected to be the step less what the values before, still of the old level, foretell; against
 * those about the old level. new: what is new about the old level, of these `count` values, at most the order. */
static double cost_near(const pl_change_noise *noise, double step, const double *new, size_t count)
{
  double cost = 0, expected = step;
  for (size_t k = 0; k < count; k++) {
    expected -= k > 0 ? noise->weight[k] * step : 0;
    cost += expected * (expected - 2 * new[k]);
  }
  return cost;
}

/* The likeliest first value of the second of two levels in [from, to), which now begins at `at`. From the end on, `new` slides back. */
static size_t place_of(const double *y, const pl_change_noise *noise, size_t from, size_t at, size_t to, size_t least)
{
  double level = mean_of(y, from, at), step = mean_of(y, at, to) - level, far = step * (1 - noise->memory), later = 0, best = HUGE_VAL;
  double new[PL_CHANGE_NOISE_ORDER] = {0};
  size_t found = at, order = noise->order, last = to - at < least ? to - at : least;
  for (size_t i = to; i-- > from + least && step != 0;) {
    if (to - i > order)
      later += far * (far - 2 * new[order - 1]);
    memmove(new + 1, new, (order - 1) * sizeof *new);
    new[0] = news(y, noise, level, i);
    double cost = to - i < last ? HUGE_VAL : cost_near(noise, step, new, to - i < order ? to - i : order) + later;
    if (cost < best) {
      best = cost;
      found = i;
    }
  }
  return found;
}

bool pl_change_locate(const double *y, size_t n, const pl_change_noise *noise, size_t least, size_t *cuts, size_t k)
{
  bool moved = false, moves = noise->order > 0;
  for (int round = 0; round < ROUNDS && moves; round++) {
    moves = false;
    for (size_t j = 0; j < k; j++) {
      size_t place = place_of(y, noise, j > 0 ? cuts[j - 1] : 0, cuts[j], j + 1 < k ? cuts[j + 1] : n, least);
      moves |= place != cuts[j];
      cuts[j] = place;
    }
    moved |= moves;
  }
  return moved;
}

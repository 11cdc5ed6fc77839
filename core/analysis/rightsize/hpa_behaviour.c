/* See hpa_behaviour.h. */
#include "analysis/rightsize/hpa_behaviour.h"

#include <math.h>

pl_hpa_behaviour pl_hpa_behaviour_default(int32_t least, int32_t most)
{
  return (pl_hpa_behaviour){.least = least,
                            .most = most,
                            .up = {.window_s = 0, .n = 2, .policies = {{.percent = true, .value = 100, .period_s = 15}, {.value = 4, .period_s = 15}}},
                            .down = {.window_s = 300, .n = 1, .policies = {{.percent = true, .value = 100, .period_s = 15}}}};
}

static void remember(pl_hpa_event *ring, size_t *n, double time_s, int32_t replicas)
{
  ring[(*n)++ % PL_HPA_MEMORY] = (pl_hpa_event){.time_s = time_s, .replicas = replicas};
}

static size_t kept(size_t n)
{
  return n < PL_HPA_MEMORY ? n : PL_HPA_MEMORY;
}

static int32_t smaller(int32_t a, int32_t b)
{
  return a < b ? a : b;
}

static int32_t larger(int32_t a, int32_t b)
{
  return a > b ? a : b;
}

static int32_t whole(double x)
{
  return x >= (double)INT32_MAX ? INT32_MAX : x <= (double)INT32_MIN ? INT32_MIN : (int32_t)x;
}

/* Up goes to the least, down to the most that was recommended within its window. */
static int32_t stabilise(const pl_hpa_behaviour *b, pl_hpa_memory *m, double time_s, int32_t current, int32_t calculated)
{
  int32_t up = calculated, down = calculated;
  for (size_t i = 0; i < kept(m->n_recommended); i++) {
    const pl_hpa_event *e = &m->recommended[i];
    if (e->time_s > time_s - b->up.window_s)
      up = smaller(up, e->replicas);
    if (e->time_s > time_s - b->down.window_s)
      down = larger(down, e->replicas);
  }
  remember(m->recommended, &m->n_recommended, time_s, calculated);
  return smaller(larger(current, up), down);
}

/* How many there were when the period began. */
static double at_begin(const pl_hpa_memory *m, double since_s, int32_t current)
{
  double replicas = current;
  for (size_t i = 0; i < kept(m->n_changed); i++)
    if (m->changed[i].time_s > since_s)
      replicas -= m->changed[i].replicas;
  return replicas;
}

/* How far one policy lets go; sign: 1 up, -1 down. */
static int32_t reach(const pl_hpa_policy *p, const pl_hpa_memory *m, double time_s, int32_t current, int sign)
{
  double begin = at_begin(m, time_s - p->period_s, current);
  if (!p->percent)
    return whole(begin + sign * (double)p->value);
  double to = begin * (1 + sign * (double)p->value / 100);
  return whole(sign > 0 ? ceil(to) : to);
}

/* The farthest that a direction lets go; without policies, anywhere. */
static int32_t limit_of(const pl_hpa_direction *d, const pl_hpa_memory *m, double time_s, int32_t current, int sign)
{
  if (d->select == PL_HPA_DISABLED)
    return current;
  if (d->n == 0)
    return sign > 0 ? INT32_MAX : 0;
  bool upper = (sign > 0) == (d->select == PL_HPA_MOST_CHANGE);
  int32_t limit = reach(&d->policies[0], m, time_s, current, sign);
  for (size_t i = 1; i < d->n; i++) {
    int32_t other = reach(&d->policies[i], m, time_s, current, sign);
    limit = upper ? larger(limit, other) : smaller(limit, other);
  }
  return sign > 0 ? larger(limit, current) : smaller(limit, current);
}

int32_t pl_hpa_behave(const pl_hpa_behaviour *b, pl_hpa_memory *m, double time_s, int32_t current, int32_t calculated)
{
  int32_t wanted = stabilise(b, m, time_s, current, calculated);
  if (wanted > current)
    wanted = smaller(wanted, limit_of(&b->up, m, time_s, current, 1));
  else if (wanted < current)
    wanted = larger(wanted, limit_of(&b->down, m, time_s, current, -1));
  wanted = smaller(larger(wanted, b->least), b->most);
  if (wanted != current)
    remember(m->changed, &m->n_changed, time_s, wanted - current);
  return wanted;
}

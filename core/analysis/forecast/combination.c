/* See combination.h. */
#include "analysis/forecast/combination.h"

#include <math.h>

enum { LEVELS = 4, EIGHTY = 1 };

static const double levels[LEVELS] = {0.5, 0.8, 0.95, 0.99};
/* Where a normal distribution has the upper ends of these levels; 0 is the mean. */
static const double normal[LEVELS + 1] = {0, 0.6744897501960817, 1.2815515655446004, 1.959963984540054, 2.5758293035489004};

int pl_combination_fit(const pl_forecast_options *o, const double *y, size_t n, size_t h, pl_combination *out)
{
  pl_forecast_options mine = *o;
  mine.horizon = h;
  mine.model = PL_FORECAST_COMBINED;
  mine.n_levels = LEVELS;
  for (size_t i = 0; i < LEVELS; i++)
    mine.levels[i] = levels[i];
  return pl_forecast(y, n, &mine, &out->r);
}

/* Half the width of a level's interval at step k. */
static double half(const pl_combination *c, size_t level, size_t k)
{
  size_t at = level * c->r.horizon + k;
  return c->r.hi[at] / 2 - c->r.lo[at] / 2;
}

void pl_combination_ahead(const pl_combination *c, double *mean, double *sd)
{
  for (size_t k = 0; k < c->r.horizon; k++) {
    mean[k] = c->r.mean[k];
    if (sd)
      sd[k] = half(c, EIGHTY, k) / normal[EIGHTY + 1];
  }
}

/* How far from the mean step k is where a normal deviation is u >= 0. */
static double laid(const pl_combination *c, size_t k, double u)
{
  size_t i = 0;
  while (i + 1 < LEVELS && u > normal[i + 1])
    i++;
  double from = i ? half(c, i - 1, k) : 0;
  return from + (half(c, i, k) - from) * (u - normal[i]) / (normal[i + 1] - normal[i]);
}

void pl_combination_path(const pl_combination *c, double wider, pl_rng *rng, double *out)
{
  double u = pl_rng_normal(rng, 0, 1), fresh = sqrt(1 - c->r.carry * c->r.carry);
  for (size_t k = 0; k < c->r.horizon; k++) {
    u = k ? c->r.carry * u + fresh * pl_rng_normal(rng, 0, 1) : u;
    out[k] = c->r.mean[k] + copysign(wider * laid(c, k, fabs(u)), u);
  }
}

void pl_combination_free(pl_combination *c)
{
  pl_forecast_result_fini(&c->r);
}

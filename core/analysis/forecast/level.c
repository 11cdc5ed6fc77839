/* See level.h. */
#include "analysis/forecast/level.h"

#include <math.h>

#include "analysis/change/cycle.h"
#include "analysis/change/shift.h"
#include "analysis/gaps.h"

enum {
  APART = 20,  /* values to a step */
  ALONE = 160, /* values, of which a series that jumps once in 33 has more than one jump 19 times of 20: (1 + n / 33) exp(-n / 33) < 0.05 */
};

static const double clear = 4; /* standard deviations of the noise about levels */

/* Takes the clear changes of level, and passes over those that noise hides; false: there is one between, a change of trend, or too many. */
static bool take(const pl_changes *found, pl_level_steps *out)
{
  for (size_t k = 0; k < found->n; k++) {
    const pl_change *c = &found->list[k];
    if (c->kind == PL_CHANGE_SPREAD || (c->kind == PL_CHANGE_LEVEL && fabs(c->effect) < c->noise))
      continue;
    if (c->kind != PL_CHANGE_LEVEL || fabs(c->effect) < clear * c->noise || out->n == PL_LEVEL_STEPS)
      return false;
    out->index[out->n] = c->index;
    out->size[out->n++] = c->effect;
  }
  return true;
}

/* Whether it is one alone that tells no rate: where jumps would have come again. */
static bool is_alone(const pl_level_steps *s, size_t n)
{
  return s->n == 1 && n >= ALONE && n - s->index[0] >= APART;
}

/* Whether they came so seldom that none has to be expected within the horizon. */
static bool are_rare(const pl_level_steps *s, size_t n, size_t horizon)
{
  size_t held = n - s->index[s->n - 1];
  return n / (s->n + 1) >= APART && n / 2 / s->n >= horizon && 2 * held >= horizon;
}

/* z[n] = y without its seasons. scratch: 3 n. */
static void take_seasons(const double *y, size_t n, const size_t *seasons, size_t n_seasons, double *z, double *scratch)
{
  pl_gaps_fill(y, n, n_seasons ? seasons[n_seasons - 1] : 0, z);
  for (size_t s = 0; s < n_seasons && seasons[s] <= n / 3; s++)
    pl_cycle_take(z, n, seasons[s], scratch);
  for (size_t i = 0; i < n; i++)
    z[i] = isnan(y[i]) ? NAN : z[i];
}

int pl_level_steps_find(const pl_allocator *a, const double *y, size_t n, const size_t *seasons, size_t n_seasons, size_t horizon, bool (*stopped)(void *of),
                        void *of, pl_level_steps *out)
{
  pl_changes found;
  *out = (pl_level_steps){0};
  if (n < 2 * (size_t)APART)
    return PL_OK;
  double *z = pl_alloc(a, 4 * n * sizeof *z);
  if (!z)
    return PL_ENOMEM;
  take_seasons(y, n, seasons, n_seasons, z, z + n);
  int code = pl_shift_find(a, z, n, &(pl_change_ask){stopped, of}, &found, NULL);
  bool taken = !code && take(&found, out) && out->n > 0;
  if (taken && is_alone(out, n)) {
    out->quiet = n;
    out->chance = 1 / (double)n;
  } else if (!taken || !are_rare(out, n, horizon)) {
    out->n = 0;
  }
  pl_changes_fini(&found);
  pl_free(a, z, 4 * n * sizeof *z);
  return code;
}

double pl_level_steps_variance(const pl_level_steps *s, size_t k)
{
  return s->n && k > s->quiet ? s->size[0] * s->size[0] * s->chance * (double)(k - s->quiet) : 0;
}

void pl_level_steps_align(const pl_level_steps *s, double *y, size_t n)
{
  double lift = 0;
  size_t k = s->n;
  for (size_t i = n; i-- > 0;) {
    for (; k > 0 && i < s->index[k - 1]; k--)
      lift += s->size[k - 1];
    y[i] += lift;
  }
}

/* See share.h. */
#include "analysis/forecast/share.h"

#include <math.h>

#include "analysis/forecast/candidate.h"

/* No logarithm is larger, so that what it was is finite. */
static const double most = 600;

/* The logarithm of what a value has above the offset, or below it, then negative; NaN beyond it. */
static double logarithm(const pl_share *s, double y)
{
  double side = s->upside_down ? -1 : 1, over = side * (y - s->offset);
  return over > 0 ? side * log(over) : NAN;
}

int pl_share_find(const pl_allocator *a, const double *y, size_t n, const pl_outlook_spec *spec, pl_share *out)
{
  pl_candidate c = {0};
  *out = (pl_share){0};
  int code = pl_candidate_fits(PL_OUTLOOK_GROWTH, y, n, spec) ? pl_candidate_fit(a, PL_OUTLOOK_GROWTH, y, n, spec, 1, NULL, &c) : PL_EINVAL;
  if (code == PL_OK && c.by_spread) {
    double lo = INFINITY, hi = -INFINITY;
    *out = (pl_share){.offset = c.offset, .upside_down = c.upside_down};
    for (size_t i = 0; i < n; i++) {
      lo = fmin(lo, logarithm(out, y[i]));
      hi = fmax(hi, logarithm(out, y[i]));
    }
    out->centre = lo / 2 + hi / 2;
    out->size = hi / 2 - lo / 2;
  }
  pl_candidate_free(a, &c);
  return code == PL_ENOMEM || code == PL_ECANCELED ? code : PL_OK;
}

void pl_share_take(const pl_share *s, double *y, size_t n)
{
  for (size_t i = 0; i < n && s->size > 0; i++)
    y[i] = (logarithm(s, y[i]) - s->centre) / s->size;
}

double pl_share_undo(const pl_share *s, double z)
{
  double side = s->upside_down ? -1 : 1;
  return s->size > 0 ? s->offset + side * exp(fmin(side * (s->centre + z * s->size), most)) : z;
}

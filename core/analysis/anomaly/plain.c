/* See plain.h. */
#include "analysis/anomaly/plain.h"

#include <math.h>

enum { FEW = 16 };
static const double LATE = 1 / 4096.0; /* least weight of a new row: what was long ago fades */
static const double CLIP = 3;          /* times the mean magnitude */
static const double NEAR_SIGN = .05, NEAR_SIZE = 0.08;

static void moments_add(pl_plain_moments *m, double z, double w)
{
  m->mean += w * (z - m->mean);
  m->square += w * (z * z - m->square);
  m->next += w * (z * m->last - m->next);
  m->second += w * (z * m->before - m->second);
  m->before = m->last;
  m->last = z;
}

/* The autocorrelation with the mean product given; 0 where there is no variance. */
static double correlation(const pl_plain_moments *m, double product)
{
  double variance = m->square - m->mean * m->mean;
  return variance > 1e-9 ? (product - m->mean * m->mean) / variance : 0;
}

void pl_plain_add(pl_plain *p, double residual)
{
  double w = 1 / (double)(p->n + 1), size = fabs(residual);
  w = w > LATE ? w : LATE;
  p->spread += w * (size - p->spread);
  p->n++;
  if (!(p->spread > 0))
    return;
  double z = residual / p->spread / CLIP;
  z = z > 1 ? 1 : z < -1 ? -1 : z;
  moments_add(&p->sign, z, w);
  moments_add(&p->size, fabs(z), w);
}

double pl_plain_correlation(const pl_plain *p)
{
  /* The first row has no row before it: of few values that are nearly the same the estimate lies anywhere. */
  return fmax(-1, fmin(1, correlation(&p->sign, p->sign.next)));
}

int pl_plain_is(const pl_plain *p, double expected)
{
  if (p->n < FEW)
    return 1;
  double error = 2 / sqrt((double)(p->n < 4096 ? p->n : 4096));
  if (!(p->sign.square > 0))
    return 0;
  return fabs(correlation(&p->sign, p->sign.next) - expected) < NEAR_SIGN + error && fabs(correlation(&p->size, p->size.next)) < NEAR_SIZE + error &&
         fabs(correlation(&p->size, p->size.second)) < NEAR_SIZE + error;
}

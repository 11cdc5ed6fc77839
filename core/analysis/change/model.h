/* Which levels or lines a history has: how many cuts, judged by what noise they leave. */
#ifndef PL_ANALYSIS_CHANGE_MODEL_H
#define PL_ANALYSIS_CHANGE_MODEL_H

#include "analysis/change/change.h"
#include "analysis/change/noise.h"
#include "analysis/change/path.h"

enum { PL_MODEL_LEAST = 5 /* values of a level; a line has twice as many */, PL_MODEL_LAST = 4 /* of the last level, where it is clear */ };

/* A model of a history. */
typedef struct pl_change_model {
  bool lines;       /* straight lines, else levels */
  bool shape;       /* there is no noise about levels: cuts are what explains a good part of all that the values do */
  size_t *cuts, n;  /* the caller's, room for as many as there are values */
  pl_change_noise noise;   /* about it */
  double criterion; /* of the best one that has noise, the less the better */
} pl_change_model;

/* The best model of y[n], n >= 2 PL_MODEL_LEAST, whose noise has about the variance `noise` > 0 by differences of neighbours (half their mean square).
 *
 * Candidates are cut by optimal partitioning with 2 log n `noise`, then one cut after the other is taken away (path.h). Each model is judged by Schwarz's
 * criterion with AR(p <= 5) noise, as Cho and Fryzlewicz (2024) do: n log(variance of what is new) + 2 p + 5/3 log n for each parameter and place, +
 * log(n_i / n) for each parameter of a stretch, of which all changes are (Zhang, Siegmund 2007), + 2 m (m + 1) / (n - m - 1) for the m coefficients and the
 * variance, as a short history has few values for each (Hurvich, Tsai 1989). Cuts between levels lie where the noise has them (locate.h), if that leaves less.
 * The last level may have PL_MODEL_LAST values, where the criterion is less by 10: more than half of the 7 values by which outliers are told from a level.
 * Lines take the place of levels where the criterion is less by 10. That is very strong evidence (Kass, Raftery 1995). Of two cuts and more, stretches have 15
 * values on average, lines 30.
 *
 * Where the noise about the best model remembers (coefficients' sum above 0.8), or shorter levels would be better still, levels have no noise about them:
 * then the sum of squares about at most 9 cuts is judged with three times the penalty, as if noise were an AR(1) of 1/2.
 *
 * y: finite values of a size of about 1; a constant has no cut. rest: n. PL_ENOMEM, PL_ECANCELED. Time: that of partition.h, and n for each of about 30
 * models. */
int pl_change_choose(const double *y, size_t n, double noise, const pl_allocator *a, const pl_change_ask *ask, double *rest, pl_change_model *out) PL_MUSTCHECK;

#endif

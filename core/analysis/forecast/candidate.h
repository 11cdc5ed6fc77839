/* One model of an outlook: what is done to the values before its regression, and undone after it. */
#ifndef PL_ANALYSIS_FORECAST_CANDIDATE_H
#define PL_ANALYSIS_FORECAST_CANDIDATE_H

#include "analysis/forecast/combination.h"
#include "analysis/forecast/drift.h"
#include "analysis/forecast/growth.h"
#include "analysis/forecast/logistic.h"
#include "analysis/forecast/outlook.h"

typedef struct pl_candidate {
  pl_outlook_model model;
  size_t h;
  pl_drift drift;
  pl_combination combined; /* of PL_OUTLOOK_COMBINED, of the values without wild ones and without what regressors did */
  pl_logistic growth; /* of PL_OUTLOOK_LOGISTIC; its t is from the first value */
  double offset;      /* of PL_OUTLOOK_GROWTH: what is above it grows by a share; of PL_OUTLOOK_LOGISTIC: where 0 lies */
  bool upside_down;   /* of PL_OUTLOOK_GROWTH: what is below it does */
  bool by_spread;     /* of PL_OUTLOOK_GROWTH: its steps, or its seasons, clearly are a share of it, too */
  double rate;        /* of PL_OUTLOOK_LEVELLING: a step */
  size_t n;
  size_t columns; /* that there is room for */
  double *rows;   /* h * drift.k: the columns of what comes */
  double *season; /* h values */
} pl_candidate;

/* Whether a regressor speaks of row i of spec->x. O(k). */
bool pl_candidate_spoken_of(const pl_outlook_spec *spec, size_t i);

/* Makes gaps of the wild values of y[n], as pl_candidate_fit knows them but by the seasons that the others have: what is wild shows in the seasons that are
 * taken with it, and hides smaller ones there, so that both are found in turn until neither changes, in 5 rounds (Chen, Liu, "Joint estimation of
 * model parameters and outlier effects in time series", JASA 88, 1993), of which the furthest tenth is left out while more are wild. More than a twentieth
 * are none: an interval of 95 % would be none. Of a constant, one value and two there are none. PL_ENOMEM. O(n log n). */
int pl_candidate_take_wild(const pl_allocator *a, const pl_outlook_spec *spec, double *y, size_t n) PL_MUSTCHECK;

/* Whether a model may be tried on y[n]: enough values for it, and what it needs of them. False of no value and of gaps alone; one value and two have a
 * level and the combination; the logistic needs a ceiling, neither it nor growth takes a constant; whether the series bends as growth does, pl_candidate_fit says. O(n). */
bool pl_candidate_fits(pl_outlook_model model, const double *y, size_t n, const pl_outlook_spec *spec);

/* Fits a model to y[n], to look h steps ahead; spec->x reaches that far. Values further than 6 robust standard deviations (of all such distances, or of
 * those in
 * their eighth of the series where they are larger) from the median of the 11 about them are left out, unless they are more than a tenth or a regressor
 * speaks of their step. past: what the combination is asked of moments of the past
 * (forecast.h), without what regressors do then; of other models it is not heeded. NULL: nothing. Sizes of at most 1, as outlook.c scales them, spec->zero
 * among them; a gap is NaN. What no value, a constant, one and two values give: as drift.h and combination.h. Errors as pl_drift_fit's; PL_EINVAL of
 * growth, too, where there is none (growth.h). Hampel 1974 for what is left out. O(n) beside the model's fit. */
int pl_candidate_fit(const pl_allocator *a, pl_outlook_model model, const double *y, size_t n, const pl_outlook_spec *spec, size_t h,
                     const pl_forecast_past *past, pl_candidate *out) PL_MUSTCHECK;

/* This and those below: finite of what was fitted, and O(h) of the model's own work.
 *
 * What the regressors do at step i of those ahead, by the regression of a model with a trend, or of the combination; 0 without any. */
double pl_candidate_done(const pl_candidate *c, size_t i);

/* Mean of the h steps, with seasons or without; standard deviation (NULL: not wanted). */
void pl_candidate_ahead(const pl_candidate *c, bool seasons, double *mean, double *sd);

/* One path, `wider` times as wide as the model says. */
void pl_candidate_path(const pl_candidate *c, double wider, pl_rng *rng, double *out);

/* Frees what it holds; a zeroed one is fine. */
void pl_candidate_free(const pl_allocator *a, pl_candidate *c);

#endif

/* Exponential smoothing with a season (Holt, Winters) as state space models: additive and multiplicative errors and seasons, three trends. */
#ifndef PL_ANALYSIS_FORECAST_SEASONAL_ETS_H
#define PL_ANALYSIS_FORECAST_SEASONAL_ETS_H

#include "analysis/forecast/ets.h"

/* Errors and season: both additive, both multiplicative, or multiplicative errors of an additive season. An additive error with a multiplicative season
 * is left out, as its variance may have no bound (Hyndman, Koehler, Ord, Snyder 2008, section 15.2). */
enum pl_seasonal_ets_kind { PL_ETS_AA, PL_ETS_MM, PL_ETS_MA, PL_ETS_KINDS };

/* ETS(error, trend, season) with its parameters and states. What is multiplicative grows with the level l by 1 + rate (l - centre): with rate 1 / centre
 * that is the multiplicative model of the book; any other rate is the same model with another origin, so that shifted series have the same one. */
typedef struct pl_seasonal_ets {
  enum pl_ets_form trend;
  enum pl_seasonal_ets_kind kind;
  double alpha, beta, gamma, phi; /* phi of a damped trend only */
  double rate, centre;
  size_t m;    /* steps of the season, >= 1 */
  double l, b; /* level and trend behind the last value */
  double *s;   /* m deviations of the season, at the places t % m; the caller's memory */
} pl_seasonal_ets;

/* Takes y of n values in, the first one at place 0, from the states before it; gives the sum of squared errors, multiplicative ones in parts of the
 * forecast, times the geometric mean of the squared forecasts: the likelihood's own size of errors. n >= 1 finite values. Linear. */
double pl_seasonal_ets_filter(pl_seasonal_ets *q, const double *y, size_t n);

/* The h steps behind values that end before the place `at`. Linear in h. */
void pl_seasonal_ets_steps(const pl_seasonal_ets *q, size_t at, size_t h, double *f);

/* Fits the form with the smallest AICc to y of n >= 1 values of a size of about 1, and writes the h steps that follow: parameters by likelihood over 0 <
 * beta < alpha < 1, 0 < gamma < 1 - alpha, .8 <= phi <= .98 (the book, sections 2.5 and 5.2); first states by running backwards from the series' end
 * (Svetunkov 2023, section 11.4), there from the classical decomposition; the rate from how the season grows there (season.h), and where it does not, all
 * is additive. n < 2 m or m < 2, one value and two: pl_ets. As a model (model.h); what is no longer finite becomes the seasonal naive forecast. scratch:
 * PL_MODEL_SCRATCH. Time: 2 n for each of some hundred steps. */
void pl_seasonal_ets_fit(const double *y, size_t n, size_t m, size_t h, double *f, pl_model_memory *memory, double *scratch);

#endif

/* Exponential smoothing as linear state space models with additive errors: no trend, a trend, a damped one. */
#ifndef PL_ANALYSIS_FORECAST_ETS_H
#define PL_ANALYSIS_FORECAST_ETS_H

#include "analysis/forecast/model.h"

enum pl_ets_form { PL_ETS_LEVEL, PL_ETS_TREND, PL_ETS_DAMPED, PL_ETS_FORMS };

/* ETS(A,N,N), (A,A,N), (A,Ad,N) of Hyndman, Koehler, Ord, Snyder (2008), chapters 2 and 5: the mean of the three, weighted by Akaike weights of their AICc
 * (Kolassa 2011: Combining exponential smoothing forecasts using Akaike weights), parameters by least squares over 0 < beta < alpha < 1,
 * .8 <= phi <= .98. First states are no parameters of the search: errors are linear in them, so that each step solves for the best ones. A model
 * (model.h); n < 4 gives a level, two values their mean. Time: n for each of a few hundred steps. */
void pl_ets(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

/* One form alone: SES (Brown 1959), Holt's trend (1957), the damped trend (Gardner, McKenzie 1985). As pl_ets, n < 4 too; a third of its time. */
void pl_ets_form(enum pl_ets_form form, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

#endif

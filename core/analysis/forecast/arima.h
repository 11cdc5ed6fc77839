/* ARIMA with automatic orders. */
#ifndef PL_ANALYSIS_FORECAST_ARIMA_H
#define PL_ANALYSIS_FORECAST_ARIMA_H

#include "analysis/forecast/model.h"

enum { PL_ARIMA_ORDER_MAX = 3, PL_ARIMA_DIFFERENCES_MAX = 2 };

/* ARIMA(p, d, q), p and q <= 3, with a constant where d < 2. d: differences until the KPSS test at 5 % no longer rejects (Hyndman, Khandakar 2008, section
 * 3.1); p and q by their stepwise search over AICc, parameters by conditional sums of squares (Box, Jenkins 1976, section 7.1), stationary and invertible
 * by way of partial autocorrelations (Monahan 1984). A model (model.h); n < 6 gives a random walk with drift, two values their line. Time: n for each of
 * some hundred steps. */
void pl_arima(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

/* Whether the test of Kwiatkowski, Phillips, Schmidt and Shin (steady.h) rejects a level at 5 %, with the 3 sqrt(n) / 13 lags that Hyndman and Khandakar
 * take. False of a constant and of n < 2, and where a value is not finite. Time: n sqrt(n). */
bool pl_arima_has_root(const double *w, size_t n);

/* Coefficients a of a stationary autoregression of order p <= PL_ARIMA_ORDER_MAX from its partial autocorrelations r, each between -1 and 1 (Durbin's
 * recursion, 1960). p 0: nothing. Time: p^2. */
void pl_arima_from_partial(const double *r, int p, double *a);

#endif

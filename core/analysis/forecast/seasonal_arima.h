/* ARIMA with a season and automatic orders. */
#ifndef PL_ANALYSIS_FORECAST_SEASONAL_ARIMA_H
#define PL_ANALYSIS_FORECAST_SEASONAL_ARIMA_H

#include "analysis/forecast/arima.h"
#include "analysis/forecast/stl.h"

enum {
  PL_SARIMA_SEASONAL_MAX = 2, /* of P and Q */
  PL_SARIMA_PARAMETERS = 5,   /* p + q + P + Q */
  PL_SARIMA_TRIED = 94,       /* orders in one search, as in R's auto.arima */
};

/* Doubles of scratch; enough for pl_stl, too. */
#define PL_SARIMA_SCRATCH(n, h) (9 * (n) + 2 * (h) + 64)

/* ARIMA(p, d, q)(P, D, Q) with a season of m steps. */
typedef struct pl_sarima_order {
  int p, q, P, Q, d, D;
  size_t m;
  bool constant; /* the mean of the differenced series; only where d + D < 2 */
} pl_sarima_order;

/* Errors e of w, n differenced values less their mean, with what came before taken for 0: e = phi(B) Phi(B^m) w - (theta(B) Theta(B^m) - 1) e. x: partial
 * autocorrelations of phi, theta, Phi and Theta, one behind the other (negative ones of theta and Theta). room: n + 2 m + 3 doubles before w and before e
 * are this function's. Gives the sum of squares (0 where n is 0); finite values. Box, Jenkins 1976, section 7.1 and chapter 9. Time: n for each
 * coefficient. */
double pl_sarima_errors(const pl_sarima_order *o, const double *x, double *w, double *e, size_t n);

/* One seasonal difference where the season's strength of STL's parts is above .64 (Wang, Smith, Hyndman 2006; Hyndman, Athanasopoulos 2021, section 9.1),
 * then differences until the KPSS test no longer rejects; orders by the stepwise search of Hyndman and Khandakar (2008, section 3.2) over AICc, at most
 * PL_SARIMA_PARAMETERS of them; parameters by conditional sums of squares, as in arima.h. Writes the h steps behind y of n >= 1 values of a size of about
 * 1. m < 2 or n < 3 m or n < 12, one value and two: pl_arima. As a model (model.h). scratch: PL_SARIMA_SCRATCH. Time: n for each of some thousand steps. */
void pl_sarima_fit(const double *y, size_t n, size_t m, size_t h, double *f, pl_model_memory *memory, double *scratch);

#endif

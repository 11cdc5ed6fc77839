/* An autoregression on the last values and on those one season before. */
#ifndef PL_ANALYSIS_FORECAST_SAR_H
#define PL_ANALYSIS_FORECAST_SAR_H

#include <stddef.h>

#include "analysis/forecast/season.h"

enum { PL_SAR_LAGS = 3 + 3 * PL_SEASONS_MAX };

/* y[t] by least squares on a constant, the three values before, and of each season m (0 ends them) y[t - m + 1], y[t - m], y[t - m - 1]: the part of a
 * seasonal ARIMA that needs no search (Box, Jenkins 1976, chapter 9), its coefficients free. The h steps feed on themselves, within once the series' range
 * beyond it. Seasons of which the series has no two behind the first, and lags for which it has less than three values each, are left out; below that, and
 * of one value and two, the last value. Else as a model (model.h). Time: n. scratch: n + h. */
void pl_sar(const double *y, size_t n, const size_t *seasons, size_t h, double *f, double *scratch);

#endif

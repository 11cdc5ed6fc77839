/* Complex exponential smoothing. */
#ifndef PL_ANALYSIS_FORECAST_CES_H
#define PL_ANALYSIS_FORECAST_CES_H

#include "analysis/forecast/model.h"

/* CES without a season (Svetunkov, Kourentzes, Ord 2022, section 3): level and information, moved by a complex smoothing parameter a0 + i a1,
 * which make growth and its end without a trend. Both first states are solved for at each step, a0 and a1 are searched by least squares among
 * those that discount the past. A model (model.h); n < 4 gives the last value. Time: n for each of about a hundred steps. */
void pl_ces(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

#endif

/* The Theta method as a dynamic model. */
#ifndef PL_ANALYSIS_FORECAST_THETA_H
#define PL_ANALYSIS_FORECAST_THETA_H

#include "analysis/forecast/model.h"

/* The dynamic optimised theta model (Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler 2016, section 3): exponential smoothing of theta's line
 * plus a linear trend that is fitted anew with each value; alpha and theta >= 1 by least squares, the first level solved for at each step. A model
 * (model.h); n < 3 gives the last value. Time: n for each of about a hundred steps. */
void pl_dotm(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

/* The standard theta method (Assimakopoulos, Nikolopoulos 2000; Hyndman, Billah 2003): exponential smoothing of theta 2's line, whose drift is half the
 * slope of the least squares line; of two values a line half as steep as theirs, through their mean at the first. A model (model.h). Time: as SES of ets.h. */
void pl_theta(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

#endif

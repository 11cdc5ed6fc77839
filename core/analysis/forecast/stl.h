/* STL and MSTL: trend, seasons that change slowly, and a remainder, by local regressions. */
#ifndef PL_ANALYSIS_FORECAST_STL_H
#define PL_ANALYSIS_FORECAST_STL_H

#include "analysis/forecast/model.h"
#include "analysis/forecast/season.h"

/* Doubles of scratch for n values. */
#define PL_STL_SCRATCH(n) (7 * (n) + 16)
#define PL_MSTL_SCRATCH(n, h) ((PL_SEASONS_MAX + 1) * (n) + PL_STL_SCRATCH(n) + PL_MODEL_SCRATCH(n, h))

/* STL without robustness weights (Cleveland, Cleveland, McRae, Terpenning 1990, section 2), two inner rounds: y of n >= 2 m >= 4 values as seasonal + trend
 * + remainder. window: of each place's own smoothing, in seasons, odd and at least 7; the trend's is the smallest odd number from 1.5 m / (1 - 1.5 /
 * window) on, the low pass filter's from m on. Lines are local, fitted at each `jump`th part of a tenth of a window, and between them along a line (the
 * paper, section 3.4), with jump false at each value. Linear: a series' multiple has the multiples, a constant is its trend to rounding and has a season of
 * 0. Finite values. Time: about 60 n, without jumps n m. */
void pl_stl(const double *y, size_t n, size_t m, size_t window, bool jump, double *seasonal, double *trend, double *scratch);

/* MSTL (Bandara, Hyndman, Bergmeir 2021): STL for each of the seasons (ascending, 0 ends them; those without n >= 2 m are left out) on the series without
 * the others, twice where there are several, with windows 11, 15, 19, 23. seasonal: a row of n for each of them; left: the series without all of them.
 * Gives how many rows there are (0: left is y); used[i]: the season of row i. Finite values. Time: that of pl_stl for each season, twice where there are
 * several. */
size_t pl_mstl(const double *y, size_t n, const size_t *seasons, double *seasonal, size_t *used, double *left, double *scratch);

/* Each season's last cycle goes on, and exponential smoothing (pl_ets) of what MSTL leaves. Without a season it is pl_ets, and so are one value and two. As
 * a model (model.h). Time: that of pl_mstl and pl_ets. scratch: PL_MSTL_SCRATCH, without a season PL_MODEL_SCRATCH. */
void pl_mstl_fit(const double *y, size_t n, const size_t *seasons, size_t h, double *f, pl_model_memory *memory, double *scratch);

#endif

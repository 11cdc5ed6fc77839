/* What comes after a series: a combination of models, with intervals that are checked against the series' own past. */
#ifndef PL_ANALYSIS_FORECAST_FORECAST_H
#define PL_ANALYSIS_FORECAST_FORECAST_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/forecast/season.h"
#include "base/alloc.h"

enum {
  PL_FORECAST_HORIZON_MAX = 20000, /* steps */
  PL_FORECAST_SEASONS = PL_SEASONS_MAX, /* of a series */
  PL_FORECAST_LEVELS = 8,          /* of intervals */
  PL_FORECAST_VALUES_MAX = 8192,   /* the newest that models see */
};

/* X(symbol, name): what may be asked for. */
#define PL_FORECAST_MODEL_MAP(X)           \
  X(COMBINED, "combined")                  \
  X(SEASONAL_NAIVE, "snaive")              \
  X(SES, "ses")                            \
  X(HOLT, "holt")                          \
  X(DAMPED, "damped")                      \
  X(ETS, "ets")                            \
  X(THETA, "theta")                        \
  X(DOTM, "dotm")                          \
  X(ARIMA, "arima")                        \
  X(CES, "ces")                            \
  X(SEASONAL_ETS, "seasonal_ets")          \
  X(SAR, "sar")                            \
  X(MSTL, "mstl")                          \
  X(SEASONAL_ARIMA, "seasonal_arima")

#define PL_FORECAST_MODEL_ENUM(symbol, name) PL_FORECAST_##symbol,
enum pl_forecast_model { PL_FORECAST_MODEL_MAP(PL_FORECAST_MODEL_ENUM) PL_FORECAST_MODELS };
#undef PL_FORECAST_MODEL_ENUM

/* The name of a model. O(1). */
const char *pl_forecast_model_name(enum pl_forecast_model m);
/* The model of a name; PL_FORECAST_MODELS: there is none. O(models). */
enum pl_forecast_model pl_forecast_model_of(const char *name);

/* What is also asked: what came after moments of the past, by the models, orders and weights that the whole series has, fitted to what was known then. */
typedef struct pl_forecast_past {
  const size_t *at; /* n numbers of values before each moment, 1 to all */
  size_t n, steps;  /* at most the horizon */
  double *said;     /* n rows of steps; NaN where the models saw nothing before the moment */
} pl_forecast_past;

typedef struct pl_forecast_options {
  const pl_allocator *alloc;
  size_t horizon;                      /* steps, 1 .. PL_FORECAST_HORIZON_MAX */
  size_t seasons[PL_FORECAST_SEASONS]; /* steps each, ascending; 0 ends them */
  bool no_season;                      /* none is looked for, none used */
  bool found;                          /* the seasons are what pl_periods_find found: not asked of the series again, nor their multiples */
  double levels[PL_FORECAST_LEVELS];   /* of intervals, between 0 and 1 */
  size_t n_levels;                     /* 0: no intervals */
  enum pl_forecast_model model;
  pl_forecast_past past;         /* {0}: nothing */
  bool (*cancelled)(void *user); /* NULL; asked between fits */
  void *user;
} pl_forecast_options;

typedef struct pl_forecast_result {
  const pl_allocator *alloc;
  size_t horizon, n_levels;
  double *mean;   /* horizon steps */
  double *lo, *hi; /* n_levels rows of horizon steps, in the order of the levels */
  const char *model; /* its name; "naive" or "constant" where the series allows no more */
  size_t seasons[PL_FORECAST_SEASONS]; /* that were used, ascending; 0 ends them */
  size_t used;    /* values that the models saw, gaps filled */
  size_t missing; /* of them, that were gaps */
  /* The back-test: forecasts from `origins` moments of the past, of what was then to come. NaN where there was no room for one. */
  size_t origins;
  double mase;       /* mean absolute error, in those of the (seasonal) naive forecast within the series */
  double mase_naive; /* the same of the (seasonal) naive forecast from these moments */
  double carry;      /* correlation of its errors from one step to the next, 0 to 1; 1 without a back-test: they go on as they began */
  double coverage[PL_FORECAST_LEVELS]; /* share of what came that lay within the intervals of that time's scale */
} pl_forecast_result;

/* Forecasts the horizon steps behind y, n values at equal distances. NaN and infinities are gaps; those at the begin are cut off, those at the end
 * are forecast, too, so that step 1 is always the one behind y[n - 1].
 *
 * COMBINED is exponential smoothing (ets.h), complex smoothing (ces.h), ARIMA (arima.h) and the dynamic theta model (theta.h), each on the series without
 * its seasons (season.h), which may grow with the level. Where there is no season, also the standard theta method (theta.h) and an autoregression (sar.h),
 * whose short trends and return to the mean hold noise down. Where there is one, these on the series with it: exponential smoothing (seasonal_ets.h),
 * ARIMA (seasonal_arima.h), an autoregression over it (sar.h), the seasonal naive forecast, and for seasons of more than twelve steps MSTL (stl.h). Of
 * short series without a season it is the median (Petropoulos, Svetunkov 2020), else the mean, weighted by the inverse squared errors of the newest
 * twelve moments of the back-test (Bates, Granger 1969).
 *
 * Seasons that are given are used where the series has them (pl_has_season); with none given they are found (pl_periods_find).
 * Forecasts follow the series' units: of a y + b they are a f + b. Clear and rare steps in the level are taken off first: what came before them counts as
 * if it had been at the last level (level.h), for models and for the errors that make intervals.
 *
 * Intervals are centred at the forecast; their half widths are quantiles of the errors of the back-test at each step, made to grow with the step
 * (conformal prediction with rolling origins: Xu, Xie 2021; Stankeviciute, Alaa, van der Schaar 2021), and wider for short series, whose parameters
 * have seen the errors (Akaike 1969) and whose few moments tell their size but roughly (interval.h). The back-test has 12 moments, and up to 24 of series
 * with a season, or of 96 values and more, as far as half of the values come before them: only then they are forecast as the series is. None is narrower
 * than the series' resolution (resolution.h), also where its past repeats itself exactly: a narrower one may hold no value that can come.
 *
 * Input: no finite value, horizon 0 or too long, a level out of (0, 1): PL_EINVAL. Constant (also all zero): that value, intervals of no width, but for
 * one to four equal values as wide at 95 % as the value is large over their number, growing as a walk. Few values without room for a back-test: intervals of
 * a walk by Student's t of as many degrees of freedom as it has steps. Two values: the last one. Negative values: as others. Sizes from 1e-300 to 1e300
 * are kept apart, and no result is NaN or infinite where the range of doubles holds it. Errors: PL_EINVAL, PL_ENOMEM, PL_ECANCELED. Deterministic; any thread. Time: about 1e4 n, at most a second. */
int pl_forecast(const double *y, size_t n, const pl_forecast_options *o, pl_forecast_result *r) PL_MUSTCHECK;

/* Frees what a result holds. {0} is fine. */
void pl_forecast_result_fini(pl_forecast_result *r);

#endif

/* One series ahead, with its paths: for a fan, and for when a limit is reached. */
#ifndef PL_ANALYSIS_FORECAST_OUTLOOK_H
#define PL_ANALYSIS_FORECAST_OUTLOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/forecast/level.h"
#include "analysis/forecast/season.h"
#include "base/alloc.h"

/* Limits: the last so many values count; the longest horizon; further columns. */
#define PL_OUTLOOK_VALUES 20000
#define PL_OUTLOOK_HORIZON 20000
#define PL_OUTLOOK_REGRESSORS 12

/* What is mixed. */
typedef enum pl_outlook_model {
  PL_OUTLOOK_LEVEL,    /* a wandering level */
  PL_OUTLOOK_DRIFT,    /* and a trend over all values */
  PL_OUTLOOK_HALF,     /* over the last half */
  PL_OUTLOOK_QUARTER,  /* over the last quarter */
  PL_OUTLOOK_GROWTH,   /* growth by a share of what is above an offset (growth.h): the trend of its logarithm */
  PL_OUTLOOK_LOGISTIC, /* growth from 0 towards the known ceiling */
  PL_OUTLOOK_COMBINED, /* what a batch says: forecast.h */
  PL_OUTLOOK_LEVELLING, /* growth or decay towards a level that is not known (growth.h) */
  PL_OUTLOOK_MODELS
} pl_outlook_model;

typedef struct pl_outlook_spec {
  size_t seasons[PL_SEASONS_MAX], n_seasons; /* periods in steps, shortest first */
  bool found;          /* they are what pl_periods_find found; false: they were given, and the combination asks whether the series has them */
  size_t horizon;      /* steps, 1 to PL_OUTLOOK_HORIZON */
  const double *x;     /* regressors of holidays and events, (n + horizon) * k, row by row; NULL: none */
  size_t k;            /* at most PL_OUTLOOK_REGRESSORS */
  double ceiling;      /* what cannot be exceeded, for logistic growth; 0: not known */
  double zero;         /* not asked: where 0 lies, and the ceiling above it, on the scale that models see; for candidate.h */
  double offset, rate; /* not asked: of growth and of levelling, where it is known on that scale; for candidate.h */
  bool upside_down;    /* not asked: that growth is away from an offset above the series, downwards */
  bool known;          /* not asked: offset or rate is */
  double bend;         /* not asked: else that of a bend so many standard errors stronger (growth.h) */
  double level;        /* of lo and hi, e.g. 0.95 */
  bool (*stopped)(void *of); /* asked now and then; true: PL_ECANCELED. NULL: never */
  void *of;
} pl_outlook_spec;

typedef struct pl_outlook {
  size_t horizon;
  double *mean, *lo, *hi;  /* horizon values each */
  double *paths;           /* n_paths * horizon, row by row */
  double resolution;       /* of the series (resolution.h); 0: none that is known */
  double least, most;      /* what neither mean nor paths nor intervals pass */
  size_t n_paths;          /* 200 to 1,000, the fewer the longer the horizon */
  double weight[PL_OUTLOOK_MODELS]; /* sum 1; 0: not among them */
  bool shares;             /* models saw its logarithm (share.h) */
  double slope;            /* of the mixture's mean over the horizon, a step, seasons apart */
  size_t origins;          /* of the back-test; 0: too few values for one */
  size_t tested;           /* steps that each looked ahead, at most */
  double mase;             /* mean absolute error of the mixture over that of the seasonal naive method within the series; NaN: none */
  double naive_mase;       /* of the seasonal naive method at the same origins */
  double coverage;         /* share of the tested values within the interval of `level`; NaN: none */
  pl_level_steps steps;    /* in its level: what came before them counts as if it had been at the last level */
} pl_outlook;

/* The seasons of y[n] (NaN: a gap) for an outlook, as pl_periods_find's: of what wild values leave, where those were left out and more are found then; what
 * is wild is told by the seasons known before (candidate.h), so that peaks that a season foretells are none. Errors and odd input as there. O(n log n). */
int pl_outlook_periods(const pl_allocator *a, const double *y, size_t n, double step_s, size_t out[PL_SEASONS_MAX], size_t *count) PL_MUSTCHECK;

/* Looks ahead of y[n] (NaN: a gap). Where its steps or its seasons clearly are a share of its level all models see its logarithm (share.h), and errors are
 * those of that. The combination of forecast.h is one of the models; the others are regressions with a wandering level (drift.h) on the series without its
 * seasons (profile.h), of growth on the logarithm's. All see the values without wild ones, of which the seasons and the steps in the level, too, are told (candidate.h);
 * they are weighed by 1 / MAE^8 over up to 6 rolling origins, and
 * their intervals widened or narrowed by the errors seen there (a tenth to the 90 % quantile of a normal distribution, shrunk towards 1 as by 4 further
 * origins). Paths draw a model by its weight, its coefficients from their distribution and its innovations from those seen; lo and hi are their quantiles. Of u
 * y + v with u > 0 the answer is u times its own, plus v: values are centred and scaled before any model sees them, growth has an offset of its own, and a
 * series that rests at its least value (half of its values or more, left and returned to) does not pass it. What knows where 0 is: a series that was never
 * negative stays so, nothing passes the ceiling, and logistic growth begins at 0; one to four equal values have widths of their size. Deterministic. Counts of
 * what happens now and then (half of the values or more are the least), and fewer than 12 values, are the combination's alone. Steps in the level are taken off
 * first (level.h), in the back-test, too; paths behind the quiet steps have further ones. A constant gives itself. Infinities are not asked (grid.h). Sources:
 * those of the headers named; the mixture is ours, its weights as of Bates and Granger (1969) with a higher power. Errors: PL_EINVAL (no value, gaps alone,
 * fewer values than one more than k, or the spec), PL_ENOMEM, PL_ECANCELED. About 7 fits of 11 regressions, 5 more of what grows, and one combination that is
 * asked again from each origin: O(n). It keeps its orders and weights there, which know all values, and its widths are those of the end; growth keeps its
 * offset there, what levels out its rate, and their paths have five, by how well the bend is known. */
int pl_outlook_of(const pl_allocator *a, const double *y, size_t n, const pl_outlook_spec *spec, pl_outlook *out) PL_MUSTCHECK;

/* The interval of another level between 0 and 1 by the paths' quantiles, at least half the resolution to each side of the mean: horizon values each into lo
 * and hi. Of a constant both are its value. PL_ENOMEM. O(horizon paths) on the whole. */
int pl_outlook_interval(const pl_allocator *a, const pl_outlook *o, double level, double *lo, double *hi) PL_MUSTCHECK;

/* Frees its arrays; a zeroed one is fine. */
void pl_outlook_free(const pl_allocator *a, pl_outlook *o);

/* The name of a model, static; "" for none. O(1). */
const char *pl_outlook_name(pl_outlook_model m);

#endif

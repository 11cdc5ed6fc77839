/* Series for the tests of models, and what every model keeps to. */
#ifndef TEST_ANALYSIS_FORECAST_TRIALS_H
#define TEST_ANALYSIS_FORECAST_TRIALS_H

#include "analysis/forecast/model.h"
#include "base/random.h"
#include "support/failing.h"

enum { TRIAL_MAX = 400, TRIAL_STEPS = 12 };

/* The steps of a model behind y, from nothing. */
static inline void steps_of(pl_model model, const double *y, size_t n, double *f)
{
  double scratch[PL_MODEL_SCRATCH(TRIAL_MAX, TRIAL_STEPS)];
  pl_model_memory memory = {0};
  model(y, n, TRIAL_STEPS, f, &memory, scratch);
}

/* One, two and few values, a constant, huge steps: finite, and constants stay what they are. A second fit with what the first one left stays near it. */
static inline void keeps_to_the_rules(pl_model model)
{
  double y[TRIAL_MAX], f[TRIAL_STEPS], again[TRIAL_STEPS], scratch[PL_MODEL_SCRATCH(TRIAL_MAX, TRIAL_STEPS)];
  pl_model_memory memory = {0};
  pl_rng r;
  pl_rng_init(&r, 1, 0, 0, 0);
  for (size_t n = 1; n < 30; n++) {
    for (size_t t = 0; t < n; t++)
      y[t] = t % 7 == 3 ? 1e6 : pl_rng_normal(&r, 0, 1);
    steps_of(model, y, n, f);
    for (size_t k = 0; k < TRIAL_STEPS; k++)
      assert_true(isfinite(f[k]));
    for (size_t t = 0; t < n; t++)
      y[t] = 0.25;
    steps_of(model, y, n, f);
    for (size_t k = 0; k < TRIAL_STEPS; k++)
      assert_true(fabs(f[k] - 0.25) < 1e-6);
  }
  double at = 0;
  for (size_t t = 0; t < TRIAL_MAX; t++)
    y[t] = at += pl_rng_normal(&r, 0.2, 1);
  model(y, TRIAL_MAX, TRIAL_STEPS, f, &memory, scratch);
  model(y, TRIAL_MAX, TRIAL_STEPS, again, &memory, scratch);
  for (size_t k = 0; k < TRIAL_STEPS; k++)
    assert_true(fabs(f[k] - again[k]) < 0.5);
}

#endif

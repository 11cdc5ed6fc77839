#include "analysis/forecast/candidate.h"

#include <math.h>
#include <string.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 120, H = 30 };

static void models_ask_for_what_they_need(void **state)
{
  double y[N];
  pl_outlook_spec spec = {.horizon = H, .level = 0.9};
  (void)state;
  for (int i = 0; i < N; i++)
    y[i] = 1 + i;
  assert_true(pl_candidate_fits(PL_OUTLOOK_LEVEL, y, 1, &spec));
  assert_false(pl_candidate_fits(PL_OUTLOOK_DRIFT, y, 3, &spec));
  assert_true(pl_candidate_fits(PL_OUTLOOK_GROWTH, y, N, &spec));
  assert_false(pl_candidate_fits(PL_OUTLOOK_LOGISTIC, y, N, &spec));
  spec.ceiling = 500;
  assert_true(pl_candidate_fits(PL_OUTLOOK_LOGISTIC, y, N, &spec));
  assert_false(pl_candidate_fits(PL_OUTLOOK_GROWTH, y, 7, &spec));
  pl_candidate c = {0};
  assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_GROWTH, y, N, &spec, H, NULL, &c), PL_EINVAL); /* a line */
}

/* Exact growth, from wherever it begins, and an exact logistic curve go on as they began; the logistic does where 0 is said to lie elsewhere, too. */
static void exact_curves_go_on(void **state)
{
  static const double offsets[] = {0, -5000, 5000};
  double y[N], mean[H], sd[H];
  pl_outlook_spec spec = {.horizon = H, .level = 0.9, .ceiling = 900};
  pl_candidate c;
  (void)state;
  for (int o = 0; o < 3; o++) {
    for (int i = 0; i < N; i++)
      y[i] = offsets[o] + (i == 40 ? -1e5 : 100 * exp(0.01 * i) + (i % 2 ? 0.5 : -0.5)); /* a wild value is not its floor */
    assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_GROWTH, y, N, &spec, H, NULL, &c), PL_OK);
    pl_candidate_ahead(&c, true, mean, sd);
    assert_true(fabs((mean[H - 1] - offsets[o]) / (100 * exp(0.01 * (N + H - 1))) - 1) < 0.01);
    assert_true(isfinite(sd[H - 1]) && sd[H - 1] < 10);
    pl_candidate_free(A, &c);
  }
  for (int i = 0; i < N; i++)
    y[i] = 900 / (1 + exp(-0.04 * (i - 90)));
  assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_LOGISTIC, y, N, &spec, H, NULL, &c), PL_OK);
  pl_candidate_ahead(&c, true, mean, NULL);
  assert_true(fabs(mean[H - 1] - 900 / (1 + exp(-0.04 * (N + H - 1 - 90)))) < 0.01);
  pl_candidate_free(A, &c);
  for (int i = 0; i < N; i++)
    y[i] -= 300;
  spec.zero = -300;
  assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_LOGISTIC, y, N, &spec, H, NULL, &c), PL_OK);
  pl_candidate_ahead(&c, true, mean, NULL);
  assert_true(fabs(mean[H - 1] + 300 - 900 / (1 + exp(-0.04 * (N + H - 1 - 90)))) < 0.01);
  pl_candidate_free(A, &c);
}

/* What comes down, or climbs, to a level does so on; what falls by a growing share of what lies above it does, too, as its mirror image grows. */
static void other_bends_go_on(void **state)
{
  double y[N], up[H], mean[H], sd[H];
  pl_outlook_spec spec = {.horizon = H, .level = 0.9};
  pl_candidate c;
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    for (int i = 0; i < N; i++)
      y[i] = sign * (200 + 1000 * exp(-i / 40.0)) + (i % 2 ? 0.5 : -0.5);
    assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_LEVELLING, y, N, &spec, H, NULL, &c), PL_OK);
    assert_true(fabs(c.rate * 40 - 1) < 0.01);
    pl_candidate_ahead(&c, true, mean, sd);
    assert_true(fabs(sign * mean[H - 1] - 200 - 1000 * exp(-(N + H - 1) / 40.0)) < 2 && sd[H - 1] < 2);
    pl_candidate_free(A, &c);
    for (int i = 0; i < N; i++)
      y[i] = sign * (100 * exp(0.015 * i) + (i % 2 ? 0.5 : -0.5));
    assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_GROWTH, y, N, &spec, H, NULL, &c), PL_OK);
    assert_true(c.upside_down == (sign < 0));
    pl_candidate_ahead(&c, true, sign < 0 ? up : mean, sd);
    pl_candidate_free(A, &c);
  }
  for (int i = 0; i < H; i++)
    assert_true(fabs(up[i] + mean[i]) < 1e-6 * mean[i]);
}

/* Wild values do not move a line; those that a regressor speaks of teach it. */
static void wild_values_and_events(void **state)
{
  double y[N], mean[H], x[N + H] = {0};
  pl_outlook_spec spec = {.horizon = H, .level = 0.9, .x = x, .k = 1};
  pl_candidate c;
  (void)state;
  for (int i = 0; i < N; i++)
    y[i] = 10 + i + (i % 2 ? 0.1 : -0.1);
  y[50] = 1e5;
  x[30] = x[60] = x[90] = x[N + 5] = 1;
  y[30] += 40;
  y[60] += 40;
  y[90] += 40;
  assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_DRIFT, y, N, &spec, H, NULL, &c), PL_OK);
  pl_candidate_ahead(&c, true, mean, NULL);
  assert_true(fabs(mean[4] - (10 + N + 4)) < 0.5);
  assert_true(fabs(mean[5] - (10 + N + 5 + 40)) < 0.5);
  pl_candidate_free(A, &c);
  assert_int_equal(pl_candidate_fit(A, PL_OUTLOOK_COMBINED, y, N, &spec, H, NULL, &c), PL_OK);
  pl_candidate_ahead(&c, true, mean, NULL);
  assert_true(fabs(mean[5] - mean[4] - 41) < 3); /* the event, and a step of the line */
  assert_true(fabs(mean[4] - (10 + N + 4)) < 10);
  pl_candidate_free(A, &c);
}

/* Wild values are found in turn with the seasons that they hide and are hidden by; neither an event nor a season's own peak nor what is common is wild. */
static void wild_values_in_turn_with_seasons(void **state)
{
  enum { HOURS = 480 };
  static const int every[] = {HOURS, 23, 7};
  double y[HOURS], kept[HOURS], x[HOURS] = {0};
  pl_outlook_spec spec = {.seasons = {24}, .n_seasons = 1, .x = x, .k = 1};
  (void)state;
  x[200] = 1;
  for (int kind = 0; kind < 3; kind++) { /* none that are ten times as large, a few, or as many as are common */
    for (int i = 0; i < HOURS; i++) {
      y[i] = 1000 + 200 * sin(i * 6.283185307179586 / 24) + (i % 24 == 5 ? 300 : 0) + i * 7919 % 11;
      y[i] += kind && i % every[kind] == 3 ? 9 * y[i] : 0;
    }
    y[200] = 5000;
    memcpy(kept, y, sizeof y);
    assert_int_equal(pl_candidate_take_wild(A, &spec, kept, HOURS), PL_OK);
    for (int i = 0; i < HOURS; i++)
      assert_int_equal(isnan(kept[i]), kind == 1 && i % 23 == 3);
  }
  for (int i = 0; i < HOURS; i++)
    kept[i] = NAN;
  assert_int_equal(pl_candidate_take_wild(A, &spec, kept, HOURS), PL_OK);
  kept[0] = 3;
  assert_int_equal(pl_candidate_take_wild(A, &spec, kept, 1), PL_OK);
  assert_true(kept[0] == 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(models_ask_for_what_they_need), cmocka_unit_test(exact_curves_go_on), cmocka_unit_test(other_bends_go_on),
                                     cmocka_unit_test(wild_values_and_events),
                                     cmocka_unit_test(wild_values_in_turn_with_seasons)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

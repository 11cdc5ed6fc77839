/* Days, weeks and seasons of no calendar foretell rows once they are known; noise and walks have no season that is trusted. */
#include "analysis/anomaly/season.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

static const double TURN = 6.283185307179586;
static const int64_t S = INT64_C(1000000000);

typedef double shape(int row, double turn);

static double wave(int row, double turn)
{
  return 5 * sin(row * TURN / turn);
}

static double edges(int row, double turn)
{
  return fmod(row, turn) < turn / 2 ? 5 : -5;
}

/* The first row from which on the season is trusted, or -1; *error: the mean size of what was left in the last 300 rows. */
static int trusted_from(shape *f, double turn, int64_t step, int rows, pl_seasons *s, double *error)
{
  uint64_t stream = 11;
  int from = -1;
  *error = 0;
  *s = (pl_seasons){0};
  for (int i = 0; i < rows; i++) {
    double x = 1000 + f(i, turn) + stream_normal(&stream), rest = 0;
    int trusted = pl_seasons_add(s, i * step, 0, x, &rest) == PL_SEASON_TRUSTED;
    from = !trusted ? -1 : from < 0 ? i : from;
    *error += i >= rows - 300 ? fabs(rest) / 300 : 0;
  }
  return from;
}

/* What is left has the size of the noise, 0.8, and a little more of what the profile does not know. */
static void seasons_of_no_calendar(void **state)
{
  static const double turns[] = {24, 50, 50.3, 60, 96, 144, 720};
  static pl_seasons s;
  (void)state;
  for (size_t k = 0; k < sizeof turns / sizeof *turns; k++) {
    double error;
    int from = trusted_from(wave, turns[k], S, (int)fmax(2000, 30 * turns[k]), &s, &error);
    assert_true(from > 0 && from < fmax(300, 6 * turns[k]));
    assert_true(error < 0.95);
    assert_true(fabs(s.rows - turns[k]) < 0.005 * turns[k]);
  }
}

/* An edge falls into one part where the period is one of whole rows. */
static void edges_are_kept(void **state)
{
  static pl_seasons s;
  double error;
  (void)state;
  assert_true(trusted_from(edges, 60, 10 * S, 2000, &s, &error) > 0);
  assert_true(error < 0.95);
}

static void days_and_weeks(void **state)
{
  static pl_seasons s;
  double error;
  int from = trusted_from(wave, 96, 900 * S, 7 * 96, &s, &error);
  (void)state;
  assert_true(from > 0 && from <= 3 * 96 + 1); /* a day of quarters of an hour, before the rings hold three turns */
  assert_true(error < 0.95);
  from = trusted_from(wave, 168, 3600 * S, 8 * 168, &s, &error);
  assert_true(from > 0 && error < 0.95);
}

/* Seasons that learn from waves with noise. */
typedef struct learner {
  pl_seasons seasons;
  uint64_t stream;
  double left; /* sum of the sizes of what was left of the rows that count */
} learner;

/* Takes row `row` of waves of `turn` rows, in front of which `missing` rows are missing. */
static pl_season_state learn(learner *l, int row, uint64_t missing, double turn, bool counts)
{
  double rest = 0;
  pl_season_state now = pl_seasons_add(&l->seasons, row * S, missing, wave(row, turn) + stream_normal(&l->stream), &rest);
  l->left += counts ? fabs(rest) : 0;
  return now;
}

/* Rows that are missing move the place in the turn on. */
static void missing_rows(void **state)
{
  static learner l;
  (void)state;
  l = (learner){.stream = 5};
  for (int i = 0; i < 3000; i++) {
    if (i > 1000 && i % 200 < 37)
      continue;
    pl_season_state now = learn(&l, i, i > 1000 && i % 200 == 37 ? 37 : 0, 60, i > 1000);
    if (i > 1000)
      assert_int_equal(now, PL_SEASON_TRUSTED);
  }
  assert_true(l.left / (2000 * 163 / 200.0) < 0.95);
}

static void noise_is_not_trusted(void **state)
{
  static pl_seasons s;
  (void)state;
  for (int law = 0; law < 4; law++) {
    uint64_t stream = 21;
    double x = 0, rest;
    int trusted = 0;
    s = (pl_seasons){0};
    for (int i = 0; i < 20000; i++) {
      double e = stream_normal(&stream);
      x = law == 0 ? e : law == 1 ? 0.9 * x + e : law == 2 ? x + e : 7;
      trusted += pl_seasons_add(&s, i * S, 0, x, &rest) == PL_SEASON_TRUSTED;
    }
    assert_true(trusted <= 200);
  }
}

/* A season that gives way to another one is learnt anew. */
static void another_season(void **state)
{
  static learner l;
  (void)state;
  l = (learner){.stream = 2};
  for (int i = 0; i < 9000; i++)
    (void)learn(&l, i, 0, i < 3000 ? 60 : 84, i >= 8000);
  assert_true(fabs(l.seasons.rows - 84) < 0.5 && l.left / 1000 < 0.95);
}

/* A profile that is kept stays as it was, while the one that foretells rows learns a new level. */
static void a_profile_is_kept(void **state)
{
  static pl_seasons s;
  uint64_t stream = 3;
  double rest = 7, kept = 7;
  (void)state;
  s = (pl_seasons){0};
  pl_seasons_rest_kept(&s, 1, &kept);
  assert_true(kept == 7); /* none is kept */
  for (int i = 0; i < 3000; i++) {
    double x = wave(i, 96) + stream_normal(&stream) / 10 + (i >= 2000 ? 30 : 0);
    (void)pl_seasons_add(&s, i * 900 * S, 0, x, &rest);
    if (i == 2000)
      pl_seasons_keep(&s, x, rest); /* the first of the new level is not part of it */
    pl_seasons_rest_kept(&s, x, &kept);
    if (i >= 2000)
      assert_true(fabs(kept - 30) < 1.5);
  }
  assert_true(fabs(rest) < 15);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(seasons_of_no_calendar), cmocka_unit_test(edges_are_kept), cmocka_unit_test(days_and_weeks), cmocka_unit_test(missing_rows),
                                     cmocka_unit_test(noise_is_not_trusted),   cmocka_unit_test(another_season), cmocka_unit_test(a_profile_is_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Places of a step in noise that remembers: no other place is likelier, and they lie nearer to the true ones than those of least squares. */
#include "analysis/change/locate.h"

#include <math.h>
#include <stdint.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 120, STEP = 60, LEAST = 5, ROUNDS = 400 };

static const double MEMORY = 0.6;

static void fill(uint64_t *r, double step, double *y)
{
  double e = stream_normal(r);
  for (size_t i = 0; i < N; i++) {
    e = MEMORY * e + sqrt(1 - MEMORY * MEMORY) * stream_normal(r);
    y[i] = e + (i >= STEP ? step : 0);
  }
}

static double mean(const double *y, size_t from, size_t to)
{
  double sum = 0;
  for (size_t i = from; i < to; i++)
    sum += y[i];
  return sum / (double)(to - from);
}

/* Squares of what is new about two levels, by the definition; memory 0: of the values. */
static double squares(const double *y, size_t cut, double before, double after, double memory)
{
  double sum = 0;
  for (size_t t = LEAST; t < N; t++) {
    double now = y[t] - (t >= cut ? after : before), last = y[t - 1] - (t - 1 >= cut ? after : before);
    sum += (now - memory * last) * (now - memory * last);
  }
  return sum;
}

/* The cut that least squares find. */
static size_t by_squares(const double *y)
{
  size_t found = LEAST;
  double best = HUGE_VAL;
  for (size_t i = LEAST; i + LEAST <= N; i++) {
    double s = squares(y, i, mean(y, 0, i), mean(y, i, N), 0);
    if (s < best) {
      best = s;
      found = i;
    }
  }
  return found;
}

static const pl_change_noise AR1 = {.order = 1, .memory = MEMORY, .weight = {0, MEMORY}, .inflation = 4};

static void no_other_place_is_likelier(void **state)
{
  (void)state;
  double y[N];
  int settled = 0;
  uint64_t r = 11;
  for (int round = 0; round < 50; round++) {
    fill(&r, 3, y);
    size_t cut = by_squares(y);
    (void)pl_change_locate(y, N, &AR1, LEAST, &cut, 1);
    double before = mean(y, 0, cut), after = mean(y, cut, N), own = squares(y, cut, before, after, MEMORY);
    bool least = true;
    for (size_t i = LEAST; i + LEAST <= N; i++)
      least &= squares(y, i, before, after, MEMORY) >= own - 1e-9;
    settled += least;
  }
  assert_true(settled >= 48); /* levels and places are found in turn: a few may still swing */
}

static void places_lie_nearer(void **state)
{
  (void)state;
  double y[N];
  int near = 0, near_by_squares = 0;
  uint64_t r = 12;
  for (int round = 0; round < ROUNDS; round++) {
    fill(&r, 2, y);
    size_t cut = by_squares(y);
    near_by_squares += cut + 3 >= STEP && cut <= STEP + 3;
    (void)pl_change_locate(y, N, &AR1, LEAST, &cut, 1);
    near += cut + 3 >= STEP && cut <= STEP + 3;
  }
  assert_true(near > near_by_squares + ROUNDS / 50);
}

static void nothing_moves_without_memory_or_step(void **state)
{
  (void)state;
  double y[N], flat[N] = {0};
  size_t cut = 40;
  uint64_t r = 13;
  fill(&r, 3, y);
  assert_false(pl_change_locate(y, N, &(pl_change_noise){.inflation = 1}, LEAST, &cut, 1));
  assert_false(pl_change_locate(flat, N, &AR1, LEAST, &cut, 1));
  assert_false(pl_change_locate(y, N, &AR1, LEAST, &cut, 0));
  assert_int_equal(cut, 40);
}

static void stretches_keep_their_least(void **state)
{
  (void)state;
  double y[N];
  uint64_t r = 14;
  for (int round = 0; round < 50; round++) {
    size_t cuts[] = {55, 60, 65};
    fill(&r, 1, y);
    (void)pl_change_locate(y, N, &AR1, LEAST, cuts, 3);
    assert_true(cuts[0] >= LEAST && cuts[1] >= cuts[0] + LEAST && cuts[2] >= cuts[1] + LEAST && cuts[2] + LEAST <= N);
  }
}

/* The last stretch may be shorter than the others, and than the order. */
static void a_short_end_keeps_its_place(void **state)
{
  (void)state;
  double y[N];
  uint64_t r = 15;
  pl_change_noise noise = AR1;
  noise.order = PL_CHANGE_NOISE_ORDER; /* further weights 0: the same law */
  for (int round = 0; round < 50; round++) {
    size_t cut = N - 4;
    fill(&r, 0, y);
    for (size_t i = N - 4; i < N; i++)
      y[i] += 12;
    (void)pl_change_locate(y, N, &noise, LEAST, &cut, 1);
    assert_int_equal(cut, N - 4);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(no_other_place_is_likelier), cmocka_unit_test(places_lie_nearer), cmocka_unit_test(nothing_moves_without_memory_or_step),
    cmocka_unit_test(stretches_keep_their_least), cmocka_unit_test(a_short_end_keeps_its_place)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

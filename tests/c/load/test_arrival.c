#include "load/arrival.h"

#include <math.h>
#include <stdlib.h>

#include "support/failing.h"

#define S PL_S_NS
enum { MANY = 20000 };

static const pl_stage constant[] = {{100 * S, 1000, true}};
static const pl_stage ramp[] = {{10 * S, 1000, false}, {10 * S, 100, false}, {5 * S, 700, true}};

static void even_starts_stand_at_equal_distances(void **state)
{
  (void)state;
  pl_arrival a;
  pl_arrival_init(&a, PL_ARRIVAL_EVEN, constant, 1, 1, 0, 0, 1);
  for (uint64_t i = 0; i < 1000; i++) {
    assert_int_equal(a.index, i);
    assert_int_equal(pl_arrival_time(&a), i * PL_MS_NS);
    pl_arrival_next(&a);
  }
}

/* All parties' starts together are the schedule of one. */
static void check_parties(enum pl_arrival_law law, const pl_stage *stages, size_t n, unsigned parties)
{
  pl_arrival one, part[8];
  pl_arrival_init(&one, law, stages, n, 7, 3, 0, 1);
  for (unsigned p = 0; p < parties; p++)
    pl_arrival_init(&part[p], law, stages, n, 7, 3, p, parties);
  uint64_t count = 0;
  for (uint64_t t; (t = pl_arrival_time(&one)) != UINT64_MAX; pl_arrival_next(&one)) {
    pl_arrival *own = &part[one.index % parties];
    assert_int_equal(own->index, one.index);
    assert_int_equal(pl_arrival_time(own), t);
    pl_arrival_next(own);
    count++;
  }
  assert_true(count > 1000);
  for (unsigned p = 0; p < parties; p++)
    assert_true(pl_arrival_time(&part[p]) == UINT64_MAX);
}

static void the_schedule_is_the_same_for_any_number_of_workers(void **state)
{
  (void)state;
  for (unsigned parties = 1; parties <= 8; parties++) {
    check_parties(PL_ARRIVAL_EVEN, ramp, 3, parties);
    check_parties(PL_ARRIVAL_POISSON, ramp, 3, parties);
  }
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov against the exponential law of mean 1 ms; 1.95 / sqrt(n) is the 0.1 % point. The seed is
 * fixed, so the result is. */
static void poisson_gaps_are_exponential(void **state)
{
  (void)state;
  static double gaps[MANY];
  pl_arrival a;
  pl_arrival_init(&a, PL_ARRIVAL_POISSON, constant, 1, 1, 0, 0, 1);
  uint64_t before = 0;
  for (int i = 0; i < MANY; i++) {
    uint64_t t = pl_arrival_time(&a);
    gaps[i] = (double)(t - before) / (double)PL_MS_NS;
    before = t;
    pl_arrival_next(&a);
  }
  qsort(gaps, MANY, sizeof *gaps, by_value);
  double worst = 0;
  for (int i = 0; i < MANY; i++) {
    double f = 1 - exp(-gaps[i]);
    worst = fmax(worst, fmax(fabs(f - (double)i / MANY), fabs(f - (double)(i + 1) / MANY)));
  }
  assert_true(worst < 1.95 / sqrt(MANY));
}

static void seeds_and_scenarios_have_their_own_streams(void **state)
{
  (void)state;
  pl_arrival a, b, c, d;
  pl_arrival_init(&a, PL_ARRIVAL_POISSON, constant, 1, 1, 0, 0, 1);
  pl_arrival_init(&b, PL_ARRIVAL_POISSON, constant, 1, 1, 0, 0, 1);
  pl_arrival_init(&c, PL_ARRIVAL_POISSON, constant, 1, 2, 0, 0, 1);
  pl_arrival_init(&d, PL_ARRIVAL_POISSON, constant, 1, 1, 1, 0, 1);
  assert_int_equal(pl_arrival_time(&a), pl_arrival_time(&b));
  assert_int_not_equal(pl_arrival_time(&a), pl_arrival_time(&c));
  assert_int_not_equal(pl_arrival_time(&a), pl_arrival_time(&d));
}

static void a_new_rate_keeps_the_positions(void **state)
{
  (void)state;
  const pl_stage faster[] = {{10 * S, 1000, true}, {90 * S, 2000, true}};
  pl_arrival a;
  pl_arrival_init(&a, PL_ARRIVAL_EVEN, constant, 1, 1, 0, 0, 1);
  for (int i = 0; i < 10000; i++)
    pl_arrival_next(&a);
  pl_arrival_restage(&a, faster, 2);
  assert_int_equal(pl_arrival_time(&a), 10 * S);
  pl_arrival_next(&a);
  assert_int_equal(pl_arrival_time(&a), 10 * S + PL_MS_NS / 2);
}

/* From .15 s on it passes twice as fast: what was due at .2 and .3 s is so half of the rest earlier. */
static void a_new_rate_makes_a_trace_faster(void **state)
{
  static const uint64_t times[] = {0, S / 10, S / 5, 3 * S / 10};
  const pl_stage faster[] = {{3 * S / 20, 10, true}, {10 * S, 20, true}};
  pl_arrival a;
  (void)state;
  pl_arrival_init_trace(&a, times, 4, 0, 10, 0, 1);
  pl_arrival_next(&a);
  assert_int_equal(pl_arrival_time(&a), S / 10);
  pl_arrival_restage(&a, faster, 2);
  pl_arrival_next(&a);
  assert_int_equal(pl_arrival_time(&a), 175 * PL_MS_NS);
  pl_arrival_next(&a);
  assert_int_equal(pl_arrival_time(&a), 225 * PL_MS_NS);
}

static void a_trace_is_shared_and_repeats(void **state)
{
  static const uint64_t times[] = {0, 5, 5, 20};
  pl_arrival a;
  (void)state;
  pl_arrival_init_trace(&a, times, 4, 0, 1, 1, 2);
  assert_int_equal(pl_arrival_time(&a), 5);
  pl_arrival_next(&a);
  assert_int_equal(a.index, 3);
  assert_int_equal(pl_arrival_time(&a), 20);
  pl_arrival_next(&a);
  assert_int_equal(pl_arrival_time(&a), UINT64_MAX);
  pl_arrival_init_trace(&a, times, 4, 30, 1, 0, 1);
  for (int i = 0; i < 6; i++)
    pl_arrival_next(&a);
  assert_int_equal(pl_arrival_time(&a), 35);
  assert_int_equal(pl_arrival_trace_time(times, 4, UINT64_MAX / 8, 1000), UINT64_MAX);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_rate_makes_a_trace_faster), cmocka_unit_test(a_trace_is_shared_and_repeats),
      cmocka_unit_test(even_starts_stand_at_equal_distances),
      cmocka_unit_test(the_schedule_is_the_same_for_any_number_of_workers),
      cmocka_unit_test(poisson_gaps_are_exponential),
      cmocka_unit_test(seeds_and_scenarios_have_their_own_streams),
      cmocka_unit_test(a_new_rate_keeps_the_positions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

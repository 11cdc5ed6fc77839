#include "load/fit.h"

#include <math.h>
#include <string.h>

#include "load/recorder.h"
#include "support/failing.h"

#define START (100 * PL_S_NS)
enum { SECONDS = 20 };

static const pl_stage ramp[] = {{.duration_ns = SECONDS * PL_S_NS, .level = 400}};
static const pl_stage level[] = {{.duration_ns = SECONDS * PL_S_NS, .level = 200, .jump = true}};
static const pl_stage fast[] = {{.duration_ns = SECONDS * PL_S_NS, .level = 20000, .jump = true}};

/* What `workers` of them send of a schedule, sharing it start by start, each late(at) ns after its moment. */
static void play(const pl_scenario *s, unsigned workers, uint64_t (*late)(uint64_t at), pl_fit_result *out)
{
  pl_fit f;
  pl_sends sends[8];
  uint64_t i = 0;
  pl_rng arrivals;
  pl_rng_init(&arrivals, 3, 0, 0, 0);
  pl_fit_init(&f, s, 1);
  f.begin_ns = START;
  double area = 0, whole = pl_stages_area(s->stages, s->n_stages, UINT64_MAX >> 1);
  uint64_t next = START;
  for (uint64_t second = 0; second < SECONDS; second++) {
    for (uint64_t q = 0; q < 4; q++) {
      uint64_t begin = START + second * PL_S_NS + q * PL_FRAME_NS;
      memset(sends, 0, sizeof sends);
      for (; next < begin + PL_FRAME_NS && area < whole; i++) {
        pl_sends *w = &sends[i % workers];
        uint64_t at = next + late(next);
        if (w->n < PL_SENDS && at >= begin)
          w->after_ns[w->n++] = (uint32_t)(at - begin);
        area += s->law == PL_ARRIVAL_POISSON ? pl_rng_exponential(&arrivals, 1) : 1;
        next = START + pl_stages_time_of(s->stages, s->n_stages, area);
      }
      for (unsigned k = 0; k < workers; k++)
        assert_int_equal(pl_fit_add(&f, &sends[k], begin, START + second * PL_S_NS, &pl_alloc_default), PL_OK);
    }
    pl_fit_close(&f, START + second * PL_S_NS);
  }
  assert_true(pl_fit_get(&f, out));
  pl_fit_fini(&f, &pl_alloc_default);
}

static uint64_t in_time(uint64_t at)
{
  (void)at;
  return 0;
}

/* At the end of each slot of 10 ms, as coarse timers send. */
static uint64_t bunched(uint64_t at)
{
  return 10 * PL_MS_NS - at % (10 * PL_MS_NS);
}

static void poisson_starts_fit_whoever_sends_them(void **state)
{
  pl_scenario s = {.model = PL_MODEL_OPEN, .law = PL_ARRIVAL_POISSON, .stages = level, .n_stages = 1};
  pl_fit_result one, r;
  (void)state;
  play(&s, 1, in_time, &one);
  assert_true(one.gaps > 3700 && one.p > 0.01 && fabs(one.mean - 1) < 0.06 && fabs(one.cv - 1) < 0.06);
  for (unsigned workers = 2; workers <= 8; workers *= 2) {
    play(&s, workers, in_time, &r);
    assert_true(r.gaps == one.gaps && r.ks == one.ks && r.p == one.p); /* the merged order is the same */
  }
  s.stages = ramp;
  play(&s, 3, in_time, &r);
  assert_true(r.p > 0.01 && fabs(r.mean - 1) < 0.06); /* at any rate the gaps have mean 1 */
}

static void bunched_starts_do_not_fit(void **state)
{
  pl_scenario s = {.model = PL_MODEL_OPEN, .law = PL_ARRIVAL_POISSON, .stages = level, .n_stages = 1};
  pl_fit_result r;
  (void)state;
  play(&s, 2, bunched, &r);
  assert_true(r.p < 1e-6);
}

static void even_starts_do_not_vary(void **state)
{
  pl_scenario s = {.model = PL_MODEL_OPEN, .law = PL_ARRIVAL_EVEN, .stages = level, .n_stages = 1};
  pl_fit_result r;
  (void)state;
  play(&s, 3, in_time, &r);
  assert_true(fabs(r.mean - 1) < 1e-3 && r.cv < 1e-3 && isnan(r.p) && isnan(r.ks));
}

/* More sends than a frame notes: the gaps of those that are known, and none across what is not. */
static void what_is_not_known_makes_no_gap(void **state)
{
  pl_scenario s = {.model = PL_MODEL_OPEN, .law = PL_ARRIVAL_EVEN, .stages = fast, .n_stages = 1};
  pl_fit_result r;
  (void)state;
  play(&s, 2, in_time, &r);
  assert_true(r.gaps > 400 * SECONDS && fabs(r.mean - 1) < 1e-2 && r.cv < 1e-2);
}

static void closed_loops_and_traces_are_not_told(void **state)
{
  pl_scenario closed = {.model = PL_MODEL_CLOSED}, trace = {.model = PL_MODEL_OPEN, .law = PL_ARRIVAL_TRACE};
  pl_fit f;
  pl_fit_result r;
  pl_sends sends = {.n = 2};
  (void)state;
  pl_fit_init(&f, &closed, 1);
  assert_int_equal(pl_fit_add(&f, &sends, START, START, &pl_alloc_default), PL_OK);
  pl_fit_close(&f, START);
  assert_false(pl_fit_get(&f, &r));
  pl_fit_init(&f, &trace, 1);
  assert_false(pl_fit_get(&f, &r));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(poisson_starts_fit_whoever_sends_them), cmocka_unit_test(bunched_starts_do_not_fit),
                                     cmocka_unit_test(even_starts_do_not_vary), cmocka_unit_test(what_is_not_known_makes_no_gap),
                                     cmocka_unit_test(closed_loops_and_traces_are_not_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Intervals and steadiness from stored seconds. */
#include "query/spread.h"

#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "support/failing.h"

enum { SECONDS = 120, START_MS = 1000250 };

typedef struct fixture {
  pl_store *store;
  pl_reader *reader;
  pl_hist whole;
} fixture;

static int64_t add_series(pl_store *s, const char *scenario, const char *name)
{
  int64_t source, id;
  pl_label labels[] = {{PL_STR("scenario"), pl_str_of(scenario)}, {PL_STR("name"), pl_str_of(name)}};
  assert_int_equal(pl_store_source(s, PL_STR("load"), PL_STR("here"), PL_STR("generator"), PL_STR("synthetic"), &source, NULL), PL_OK);
  pl_series_spec spec = {.source = source, .name = PL_STR("load_latency_seconds"), .labels = labels, .n_labels = 2, .kind = PL_SERIES_DIST, .unit = PL_STR("seconds")};
  assert_int_equal(pl_store_series(s, &spec, &id, NULL), PL_OK);
  return id;
}

/* Two names of scenario "a" whose seconds are independent, and another scenario that must not be looked at. */
static void fill(fixture *f, double drift)
{
  pl_rng rng;
  pl_error err = {0};
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  assert_int_equal(pl_store_open(&o, &f->store, &err), PL_OK);
  int64_t ids[] = {add_series(f->store, "a", "x"), add_series(f->store, "a", "y"), add_series(f->store, "b", "x")};
  pl_rng_init(&rng, 9, 0, 0, 0);
  pl_hist_init(&f->whole, &pl_alloc_default);
  for (int t = 0; t < SECONDS; t++) {
    for (int k = 0; k < 3; k++) {
      pl_hist h;
      pl_hist_init(&h, &pl_alloc_default);
      for (int i = 0; i < 50; i++)
        pl_hist_record(&h, (uint64_t)pl_rng_exponential(&rng, (k == 2 ? 1e9 : 1e7) * (1 + drift * t)));
      assert_int_equal(pl_store_dist(f->store, ids[k], 1, START_MS + t * 1000, 1, &h), PL_OK);
      if (k < 2)
        assert_int_equal(pl_hist_add(&f->whole, &h), PL_OK);
      pl_hist_fini(&h);
    }
  }
  assert_int_equal(pl_store_commit(f->store, &err), PL_OK);
  assert_int_equal(pl_reader_of(f->store, &f->reader, &err), PL_OK);
}

static void drop(fixture *f)
{
  pl_hist_fini(&f->whole);
  pl_reader_close(f->reader);
  pl_store_close(f->store);
}

static const pl_str scenarios[] = {{"a", 1}};
static const pl_spread_range all = {.metric = {"load_latency_seconds", 20}, .scenarios = scenarios, .n_scenarios = 1,
                                    .start_ms = START_MS, .from_ms = START_MS, .to_ms = START_MS + SECONDS * 1000};

static void steady_seconds(void **state)
{
  fixture f;
  pl_spread s;
  pl_spread_quantile q[] = {{.p = 0.5}, {.p = 0.99}, {.p = 0.9999}};
  (void)state;
  fill(&f, 0);
  assert_int_equal(pl_spread_read(&pl_alloc_default, f.reader, 1, &all, &f.whole, q, 3, &s, NULL), PL_OK);
  assert_int_equal(s.seconds, SECONDS);
  assert_true(fabs(s.lag1) < 0.3 && s.kpss < 0.463);
  assert_true(q[0].known && q[1].known && !q[2].known); /* 12,000 values: too few for p99.99 */
  for (int i = 0; i < 2; i++) {
    uint64_t value = pl_hist_quantile(&f.whole, q[i].p);
    assert_true(q[i].lo <= value && value <= q[i].hi && q[i].lo < q[i].hi && !q[i].few_seconds);
  }
  /* Of 12,000 exponential values the standard error of the median is 1 / sqrt(12000) of the mean: 95 % is 0.36 ms wide. */
  assert_true(q[0].hi - q[0].lo > 200000 && q[0].hi - q[0].lo < 700000);
  drop(&f);
}

static void a_drift_is_no_steady_level(void **state)
{
  fixture f;
  pl_spread s;
  pl_spread_quantile q[] = {{.p = 0.5}};
  (void)state;
  fill(&f, 0.02);
  assert_int_equal(pl_spread_read(&pl_alloc_default, f.reader, 1, &all, &f.whole, q, 1, &s, NULL), PL_OK);
  assert_true(s.kpss > 0.463 && s.lag1 > 0.5);
  drop(&f);
}

static void few_seconds_are_said(void **state)
{
  fixture f;
  pl_spread s;
  pl_spread_range part = all;
  pl_spread_quantile q[] = {{.p = 0.5}};
  (void)state;
  fill(&f, 0);
  part.to_ms = START_MS + 6000;
  assert_int_equal(pl_spread_read(&pl_alloc_default, f.reader, 1, &part, &f.whole, q, 1, &s, NULL), PL_OK);
  assert_true(s.seconds == 6 && q[0].few_seconds && isnan(s.lag1) && isnan(s.kpss));
  drop(&f);
}

static void what_is_too_much_is_said(void **state)
{
  enum { MORE = 20001 - 2 };
  fixture f;
  pl_spread s;
  pl_hist h;
  pl_error err = {0};
  pl_spread_range long_range = all;
  pl_spread_quantile q[] = {{.p = 0.5}};
  char name[16];
  (void)state;
  fill(&f, 0);
  long_range.to_ms = START_MS + INT64_C(8) * 86400 * 1000;
  assert_int_equal(pl_spread_read(&pl_alloc_default, f.reader, 1, &long_range, &f.whole, q, 1, &s, &err), PL_EINVAL);
  assert_string_equal(err.message, "intervals of 1 quantiles of 691201 s: at most 8 of 604800 s");
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, 1000);
  for (int i = 0; i < MORE; i++) {
    (void)snprintf(name, sizeof name, "n%d", i);
    assert_int_equal(pl_store_dist(f.store, add_series(f.store, "a", name), 1, START_MS, 1, &h), PL_OK);
  }
  pl_hist_fini(&h);
  assert_int_equal(pl_store_commit(f.store, NULL), PL_OK);
  err = (pl_error){0};
  assert_int_equal(pl_spread_read(&pl_alloc_default, f.reader, 1, &all, &f.whole, q, 1, &s, &err), PL_ELIMIT);
  assert_string_equal(err.message, "intervals of a load of more than 20000 series: fewer labels make fewer");
  drop(&f);
}

static int life(const pl_allocator *a, void *user)
{
  fixture *f = user;
  pl_spread s;
  pl_spread_quantile q[] = {{.p = 0.5}};
  return pl_spread_read(a, f->reader, 1, &all, &f->whole, q, 1, &s, NULL);
}

static void survives_failing_allocations(void **state)
{
  fixture f;
  (void)state;
  fill(&f, 0);
  failing_every(life, &f, 50);
  drop(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(steady_seconds), cmocka_unit_test(a_drift_is_no_steady_level),
                                     cmocka_unit_test(few_seconds_are_said), cmocka_unit_test(what_is_too_much_is_said),
                                     cmocka_unit_test(survives_failing_allocations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The last seconds: what they add up to is what a tally of the same seconds says, exactly and in little memory. */
#include "query/seconds.h"

#include <math.h>

#include "base/error.h"
#include "base/random.h"
#include "support/failing.h"

enum { PLACES = 5 };

/* Second number i: more and less values, in ranges of their own, none in every seventh. */
static void fill(pl_tally *t, uint32_t i, const pl_allocator *a)
{
  pl_rng rng;
  pl_hist h;
  pl_rng_init(&rng, 7, i, 0, 0);
  pl_hist_init(&h, a);
  for (uint32_t k = 0; k < i % 7 * 100; k++)
    pl_hist_record(&h, (uint64_t)exp(pl_rng_normal(&rng, 10 + i % 5, 1)));
  assert_int_equal(pl_tally_add_hist(t, &h, a), PL_OK);
  assert_int_equal(pl_tally_add_value(t, i, true, a), PL_OK);
  t->n += h.count;
  t->all += i;
  t->covered_s += 1;
  pl_hist_fini(&h);
}

static void expect_same(const pl_tally *sum, const pl_tally *expected)
{
  assert_true(sum->n == expected->n && sum->all == expected->all && sum->covered_s == expected->covered_s);
  assert_true(sum->n_values == expected->n_values && sum->last == expected->last && sum->min == expected->min && sum->max == expected->max);
  assert_true(pl_ranks_quantile(&sum->ranks, 0.5) == pl_ranks_quantile(&expected->ranks, 0.5));
  assert_int_equal(sum->hist->count, expected->hist->count);
  assert_true(sum->hist->min == expected->hist->min && sum->hist->max == expected->hist->max);
  assert_true(fabs(sum->hist->sum - expected->hist->sum) <= 1e-9 * expected->hist->sum);
  for (int p = 0; p <= 100; p++)
    assert_int_equal(pl_hist_quantile(sum->hist, p / 100.0), pl_hist_quantile(expected->hist, p / 100.0));
}

static void add(pl_seconds *s, uint32_t i)
{
  pl_tally second;
  pl_tally_init(&second);
  fill(&second, i, &pl_alloc_default);
  assert_int_equal(pl_seconds_add(s, &second), PL_OK);
  pl_tally_fini(&second, &pl_alloc_default);
}

static void they_add_up_to_the_last_ones(void **state)
{
  pl_seconds s;
  (void)state;
  assert_int_equal(pl_seconds_init(&s, PLACES, &pl_alloc_default), PL_OK);
  for (uint32_t i = 0; i < 40; i++) {
    if (i == 20)
      pl_seconds_clear(&s);
    add(&s, i);
    uint32_t held = i < 20 ? i + 1 : i - 19;
    assert_int_equal(s.count, held < PLACES ? held : PLACES);
    pl_tally expected;
    pl_tally_init(&expected);
    for (uint32_t k = i + 1 - (uint32_t)s.count; k <= i; k++)
      fill(&expected, k, &pl_alloc_default);
    if (expected.hist->count)
      expect_same(pl_seconds_sum(&s), &expected);
    pl_tally_fini(&expected, &pl_alloc_default);
  }
  pl_seconds_fini(&s);
}

static void an_hour_takes_little_memory(void **state)
{
  enum { HOUR = 3600, A_SECOND = 2048 };
  failing memory;
  pl_seconds s;
  (void)state;
  failing_init(&memory, 0);
  assert_int_equal(pl_seconds_init(&s, HOUR, &memory.allocator), PL_OK);
  for (uint32_t i = 0; i < HOUR; i++)
    add(&s, i);
  assert_int_equal(s.count, HOUR);
  assert_true(memory.live < HOUR * A_SECOND);
  pl_seconds_clear(&s);
  add(&s, 6);
  assert_int_equal(pl_seconds_sum(&s)->hist->count, 600);
  pl_seconds_fini(&s);
  assert_int_equal(memory.live, 0);
}

static int window(const pl_allocator *a, void *user)
{
  pl_seconds s;
  int code = pl_seconds_init(&s, 2, a);
  for (int i = 0; i < 6 && !code; i++)
    code = pl_seconds_add(&s, user);
  if (!code && !pl_seconds_sum(&s))
    code = PL_ENOMEM;
  pl_seconds_fini(&s);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  pl_tally second;
  (void)state;
  pl_tally_init(&second);
  fill(&second, 1, &pl_alloc_default);
  failing_every(window, &second, 200);
  pl_tally_fini(&second, &pl_alloc_default);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_add_up_to_the_last_ones), cmocka_unit_test(an_hour_takes_little_memory),
                                     cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

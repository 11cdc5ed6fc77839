/* Every routine of the folder on series that break what was not thought through (odd_series.h): no crash under sanitisers, and nothing in a change that
 * is not finite. */
#include <string.h>

#include "analysis/change/cycle.h"
#include "analysis/change/divisive.h"
#include "analysis/change/model.h"
#include "analysis/change/noise.h"
#include "analysis/change/partition.h"
#include "analysis/change/shift.h"
#include "analysis/change/slip.h"
#include "analysis/change/spread.h"
#include "analysis/change/stream.h"
#include "analysis/odd_series.h"
#include "support/failing.h"

#define A &pl_alloc_default

static const size_t lengths[] = {0, 1, 2, 3, 4, 9, 10, 11, 24, 30, ODD_MOST};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static bool is_sound(const pl_change *c, size_t n)
{
  return c->index < n && isfinite(c->before) && isfinite(c->after) && isfinite(c->effect) && isfinite(c->relative) && c->lo <= c->effect && c->effect <= c->hi &&
         isfinite(c->lo) && isfinite(c->hi) && c->p >= 0 && c->p <= 1 && isfinite(c->slope_before) && isfinite(c->slope_after);
}

static void check(pl_changes *c, size_t n, int which)
{
  for (size_t i = 0; i < c->n; i++) {
    if (!is_sound(&c->list[i], n))
      fail_msg("series %d, %zu values: change at %zu, %g to %g, effect %g (%g to %g), p %g", which, n, c->list[i].index, c->list[i].before, c->list[i].after, c->list[i].effect,
               c->list[i].lo, c->list[i].hi, c->list[i].p);
  }
  if (which <= ODD_NEGATIVE || which == ODD_ALL_NAN)
    assert_int_equal(c->n, 0);
  pl_changes_fini(c);
}

static void histories_of_any_kind(void **state)
{
  const pl_divisive otava = {.window = 50, .max_pvalue = 0.001};
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < LENGTHS; l++) {
      size_t n = lengths[l];
      double y[ODD_MOST];
      pl_changes c = {0};
      odd_fill((odd_series)which, y, n);
      bool infinite = false;
      for (size_t i = 0; i < n; i++)
        infinite = infinite || isinf(y[i]);
      int want = infinite ? PL_EINVAL : PL_OK;
      assert_int_equal(pl_shift_find(A, y, n, NULL, &c, NULL), want);
      check(&c, n, which);
      assert_int_equal(pl_divisive_find(A, y, n, &otava, &c, NULL), want);
      check(&c, n, which);
    }
  }
}

static void streams_of_any_kind(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    static pl_change_stream s;
    s = (pl_change_stream){0};
    for (size_t i = 0; i < ODD_MOST; i++) {
      pl_changes c = {0};
      double v = odd_value((odd_series)which, i);
      assert_int_equal(pl_change_stream_push(&s, v, A, NULL, &c, NULL), isinf(v) ? PL_EINVAL : PL_OK);
      check(&c, ODD_MOST, which);
    }
  }
}

/* What shift.h hands on: finite values of a size of about 1. */
static void parts_take_finite_series(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_FINITE; which++) {
    for (size_t l = 0; l < LENGTHS; l++) {
      size_t n = lengths[l], cuts[ODD_MOST], n_cuts = 0;
      double y[ODD_MOST], rest[ODD_MOST], scratch[3 * ODD_MOST + 1];
      odd_fill((odd_series)which, y, n);
      size_t m = pl_cycle_find(y, n, scratch);
      assert_true(m == 0 || (m >= 3 && 3 * m <= n));
      if (n >= 21) {
        pl_slip slips[PL_SLIPS_MOST + 1];
        size_t stretches = pl_slips_find(y, n, 7, scratch, slips);
        assert_true(stretches >= 1 && stretches <= PL_SLIPS_MOST + 1 && slips[0].at == 0);
        memcpy(rest, y, n * sizeof *y);
        pl_cycle_take(rest, n, 7, scratch);
        assert_true(odd_all_finite(rest, n));
      }
      pl_change_noise noise;
      pl_change_noise_measure(y, n, 1e-6, &noise);
      assert_true(isfinite(noise.memory) && (n == 0 || isfinite(noise.criterion)) && noise.inflation >= 1 && noise.inflation <= 39);
      pl_spread_change spreads[ODD_MOST / PL_SPREAD_LEAST + 1];
      size_t n_spreads;
      assert_true(pl_spread_changes(A, y, n, spreads, &n_spreads));
      for (int lines = 0; lines < 2; lines++) {
        pl_pieces p;
        pl_path path;
        assert_true(pl_pieces_init(&p, A, y, n, lines));
        assert_true(n == 0 || pl_pieces_gain(&p, 0, n) >= 0);
        n_cuts = 0;
        if (n > 0)
          assert_true(pl_partition(&p, 1, PL_MODEL_LEAST, PL_MODEL_LAST, cuts, &n_cuts));
        assert_true(pl_path_init(&path, &p, cuts, n_cuts));
        for (size_t k = 0; k <= n_cuts; k++)
          assert_true(isfinite(path.left[k]));
        pl_path_fini(&path);
        pl_pieces_fini(&p);
        pl_pieces_rest(y, n, lines, cuts, n_cuts, rest);
        assert_true(odd_all_finite(rest, n));
      }
      if (n >= 2 * PL_MODEL_LEAST) {
        pl_change_model model = {.cuts = cuts};
        assert_int_equal(pl_change_choose(y, n, 0.5, A, NULL, rest, &model), PL_OK);
        assert_true(model.n < n && odd_all_finite(rest, n));
      }
    }
  }
}

static void measures_of_few_values(void **state)
{
  const double flat[] = {2, 2, 2, 2}, other[] = {-2, -2, -2, -2}, zero[] = {0, 0, 0}, up[] = {1, 2, 4};
  (void)state;
  pl_change c = {0};
  pl_change_measure(flat, 4, other, 4, 1, &c);
  assert_true(is_sound(&c, 1) && c.effect == -4 && c.relative == -2 && c.p == 0 && c.lo == -4);
  pl_change_measure(flat, 4, flat, 4, 1, &c);
  assert_true(is_sound(&c, 1) && c.effect == 0 && c.p == 1);
  pl_change_measure(zero, 3, up, 3, 1, &c);
  assert_true(is_sound(&c, 1) && c.relative == 0);
  pl_change_measure(flat, 1, other, 1, 1, &c);
  assert_true(is_sound(&c, 1) && c.effect == -4);
  pl_change_measure_lines(flat, 4, other, 4, 1, &c);
  assert_true(is_sound(&c, 1) && c.lines);
  pl_change_measure_lines(zero, 3, zero, 3, 1, &c);
  assert_true(is_sound(&c, 1) && c.effect == 0);
  c.p = 0.5;
  pl_change_measure_spread(zero, 3, up, 3, 1, &c);
  assert_true(is_sound(&c, 1) && c.before == 0 && c.p == 0.5);
  pl_change_measure_spread(flat, 1, other, 1, 1, &c);
  assert_true(is_sound(&c, 1));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(histories_of_any_kind), cmocka_unit_test(streams_of_any_kind), cmocka_unit_test(parts_take_finite_series),
                                     cmocka_unit_test(measures_of_few_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cuts go by what they are worth, and what is left is the sum of squares of the model. */
#include "analysis/change/path.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 200, CUTS = 39 };

static void fill(double *y, size_t *cuts)
{
  uint64_t s = 7;
  for (size_t i = 0; i < N; i++) {
    y[i] = stream_uniform(&s) + (i < 50 ? 0 : i < 120 ? 6 : -3);
  }
  for (size_t i = 0; i < CUTS; i++)
    cuts[i] = 5 * (i + 1);
}

static void the_real_ones_stay_longest(void **state)
{
  double y[N], rest[N];
  size_t cuts[CUTS], some[CUTS];
  (void)state;
  fill(y, cuts);
  pl_pieces pieces;
  pl_path p;
  assert_true(pl_pieces_init(&pieces, &pl_alloc_default, y, N, false));
  assert_true(pl_path_init(&p, &pieces, cuts, CUTS));
  pl_path_cuts(&p, 2, some);
  assert_int_equal(some[0], 50);
  assert_int_equal(some[1], 120);
  for (size_t k = 0; k <= CUTS; k++) {
    double left = 0;
    pl_path_cuts(&p, k, some);
    pl_pieces_rest(y, N, false, some, k, rest);
    for (size_t i = 0; i < N; i++)
      left += rest[i] * rest[i];
    assert_true(fabs(left - p.left[k]) < 1e-6);
    assert_true(k == 0 || p.left[k] <= p.left[k - 1] + 1e-9);
  }
  pl_path_fini(&p);
  pl_pieces_fini(&pieces);
}

/* Each cut that goes is the one worth least of those there are. */
static void none_goes_before_a_lesser_one(void **state)
{
  double y[N];
  size_t cuts[CUTS], some[CUTS];
  (void)state;
  fill(y, cuts);
  pl_pieces pieces;
  pl_path p;
  assert_true(pl_pieces_init(&pieces, &pl_alloc_default, y, N, true));
  assert_true(pl_path_init(&p, &pieces, cuts, CUTS));
  for (size_t k = 1; k <= CUTS; k++) {
    double least = HUGE_VAL;
    pl_path_cuts(&p, k, some);
    for (size_t i = 0; i < k; i++) {
      size_t from = i ? some[i - 1] : 0, to = i + 1 < k ? some[i + 1] : N;
      least = fmin(least, pl_pieces_gain(&pieces, from, some[i]) + pl_pieces_gain(&pieces, some[i], to) - pl_pieces_gain(&pieces, from, to));
    }
    assert_true(fabs(p.left[k - 1] - p.left[k] - least) < 1e-6);
  }
  pl_path_fini(&p);
  pl_pieces_fini(&pieces);
}

static void no_cuts(void **state)
{
  double y[3] = {1, 2, 3};
  pl_pieces pieces;
  pl_path p;
  (void)state;
  assert_true(pl_pieces_init(&pieces, &pl_alloc_default, y, 3, false));
  assert_true(pl_path_init(&p, &pieces, NULL, 0));
  assert_true(fabs(p.left[0] - 2) < 1e-12);
  pl_path_fini(&p);
  pl_pieces_fini(&pieces);
}

static int make(const pl_allocator *a, void *user)
{
  double y[N];
  size_t cuts[CUTS];
  pl_pieces pieces;
  pl_path p;
  (void)user;
  fill(y, cuts);
  if (!pl_pieces_init(&pieces, a, y, N, false))
    return PL_ENOMEM;
  bool ok = pl_path_init(&p, &pieces, cuts, CUTS);
  pl_path_fini(&p);
  pl_pieces_fini(&pieces);
  return ok ? 0 : PL_ENOMEM;
}

static void memory_runs_out(void **state)
{
  (void)state;
  failing_every(make, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_real_ones_stay_longest), cmocka_unit_test(none_goes_before_a_lesser_one), cmocka_unit_test(no_cuts),
                                     cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

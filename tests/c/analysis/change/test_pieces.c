/* Sums say what a level or a line takes away; the rest is what they leave. */
#include "analysis/change/pieces.h"

#include <math.h>

#include "support/failing.h"

enum { N = 40 };

static void fill(double *y)
{
  for (size_t i = 0; i < N; i++)
    y[i] = i < 15 ? 3 + (double)(i % 3) : 2 * (double)i + (double)(i % 2);
}

static double squares(const double *y, size_t from, size_t to)
{
  double sum = 0;
  for (size_t i = from; i < to; i++)
    sum += y[i] * y[i];
  return sum;
}

static void sums_are_what_the_rest_says(void **state)
{
  double y[N], rest[N];
  (void)state;
  fill(y);
  for (int lines = 0; lines < 2; lines++) {
    pl_pieces p;
    assert_true(pl_pieces_init(&p, &pl_alloc_default, y, N, lines));
    assert_true(fabs(p.squares - squares(y, 0, N)) < 1e-9);
    static const size_t cuts[] = {7, 9, 10, 30}; /* also stretches of two and of one */
    pl_pieces_rest(y, N, lines, cuts, 4, rest);
    for (size_t j = 0, from = 0; j <= 4; j++) {
      size_t to = j < 4 ? cuts[j] : N;
      assert_true(fabs(squares(y, from, to) - pl_pieces_gain(&p, from, to) - squares(rest, from, to)) < 1e-6);
      from = to;
    }
    pl_pieces_fini(&p);
  }
}

static void a_line_leaves_nothing(void **state)
{
  double y[N], rest[N];
  (void)state;
  for (size_t i = 0; i < N; i++)
    y[i] = 5 - 0.5 * (double)i;
  pl_pieces_rest(y, N, true, NULL, 0, rest);
  assert_true(squares(rest, 0, N) < 1e-20);
  pl_pieces_rest(y, N, false, NULL, 0, rest);
  assert_true(squares(rest, 0, N) > 100);
}

static int make(const pl_allocator *a, void *user)
{
  double y[N];
  pl_pieces p;
  (void)user;
  fill(y);
  bool ok = pl_pieces_init(&p, a, y, N, true);
  pl_pieces_fini(&p);
  return ok ? 0 : PL_ENOMEM;
}

static void memory_runs_out(void **state)
{
  (void)state;
  failing_every(make, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_what_the_rest_says), cmocka_unit_test(a_line_leaves_nothing), cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

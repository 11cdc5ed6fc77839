/* Scopes: their seconds in pairs, their names; and what too little memory gives. */
#include "query/group.h"

#include <string.h>

#include "support/failing.h"

/* A day of seconds in bounded memory, none forgotten: of equal stretches, all but the last one whole. */
static void pairs_of_a_day(void **state)
{
  enum { SECONDS = 86410, STRETCH_S = 32 };
  pl_pairs p = {0};
  double part = 0, all = 0;
  (void)state;
  for (int i = 0; i < PL_PAIRS_MAX; i++)
    assert_int_equal(pl_pairs_add(&p, i, 2.0 * i, &pl_alloc_default), PL_OK);
  assert_true(p.n == PL_PAIRS_MAX && p.part[17] == 17 && p.all[17] == 34);
  for (int i = PL_PAIRS_MAX; i < SECONDS; i++)
    assert_int_equal(pl_pairs_add(&p, i, 2.0 * i, &pl_alloc_default), PL_OK);
  assert_int_equal(p.n, (SECONDS + STRETCH_S - 1) / STRETCH_S);
  assert_int_equal(p.cap, PL_PAIRS_MAX);
  for (size_t i = 0; i < p.n; i++) {
    part += p.part[i];
    all += p.all[i];
  }
  assert_true(p.part[1] == (32 + 63) * 16);
  assert_true(part == (SECONDS - 1) * (SECONDS / 2.0) && all == 2 * part);
  pl_pairs_fini(&p, &pl_alloc_default);
  assert_int_equal(p.n, 0);
}

static void a_scope_is_kept_whole(void **state)
{
  char name[300];
  pl_group g;
  (void)state;
  memset(name, 's', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_int_equal(pl_group_init(&g, name, "browse", 0, &pl_alloc_default), PL_OK);
  assert_string_equal(g.scope, name);
  assert_string_equal(g.scenario, "browse");
  assert_int_equal(g.window.cap, 0);
  pl_group_fini(&g, &pl_alloc_default);
}

static int fill(pl_group *g, const pl_hist *h, const pl_allocator *a)
{
  int code = pl_tally_add_hist(&g->second, h, a);
  for (int i = 0; i < 40 && !code; i++)
    code = pl_tally_add_value(&g->second, i, true, a);
  if (!code)
    code = pl_seconds_add(&g->window, &g->second);
  for (int i = 0; i < 40 && !code; i++)
    code = pl_pairs_add(&g->shares, i, i, a);
  return code;
}

static int make_and_fill(const pl_allocator *a, void *user)
{
  pl_group g;
  int code = pl_group_init(&g, "", "", 3, a);
  if (!code)
    code = fill(&g, user, a);
  pl_group_fini(&g, a);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  pl_hist h;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, 1000);
  failing_every(make_and_fill, &h, 50);
  pl_hist_fini(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(pairs_of_a_day), cmocka_unit_test(a_scope_is_kept_whole),
                                     cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "load/outcome.h"

#include "support/failing.h"

static void phases_begin_where_the_one_before_ended(void **state)
{
  uint64_t p[PL_PHASES];
  (void)state;
  pl_phases_of(&(pl_times){.begin = 100, .resolved = 103, .connected = 110, .send = 112, .sent = 113, .first_byte = 150, .end = 160}, p);
  const uint64_t opened[PL_PHASES] = {3, 7, PL_NO_PHASE, 1, 37, 10};
  assert_memory_equal(p, opened, sizeof p);
  pl_phases_of(&(pl_times){.begin = 100, .send = 100, .sent = 101, .end = 160}, p);
  const uint64_t unanswered[PL_PHASES] = {PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, 1, PL_NO_PHASE, PL_NO_PHASE};
  assert_memory_equal(p, unanswered, sizeof p);
}

/* The phase under way ends at the limit, and is marked as cut. */
static void a_limit_ends_the_phase_under_way(void **state)
{
  static const struct {
    pl_times times;
    enum pl_phase during;
    uint64_t phases[PL_PHASES];
  } cases[] = {
      {{.begin = 100, .end = 160}, PL_PHASE_DNS, {60, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE}},
      {{.begin = 100, .resolved = 103, .end = 160}, PL_PHASE_CONNECT, {3, 57, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE}},
      {{.begin = 100, .connected = 110, .end = 160}, PL_PHASE_TLS, {PL_NO_PHASE, 10, 50, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE}},
      {{.begin = 100, .send = 102, .end = 160}, PL_PHASE_SEND, {PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, 58, PL_NO_PHASE, PL_NO_PHASE}},
      {{.begin = 100, .send = 102, .sent = 103, .end = 160}, PL_PHASE_WAIT, {PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, 1, 57, PL_NO_PHASE}},
      {{.begin = 100, .send = 102, .sent = 103, .first_byte = 110, .end = 160}, PL_PHASE_RECEIVE, {PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, 1, 7, 50}},
      {{.begin = 100, .connected = 110, .end = 160}, PL_PHASES, {PL_NO_PHASE, 10, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE, PL_NO_PHASE}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_times t = cases[i].times;
    uint64_t p[PL_PHASES];
    pl_phases_cut(&t, cases[i].during);
    pl_phases_of(&t, p);
    assert_memory_equal(p, cases[i].phases, sizeof p);
    assert_int_equal(t.cut, cases[i].during == PL_PHASES ? 0 : cases[i].during + 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(phases_begin_where_the_one_before_ended), cmocka_unit_test(a_limit_ends_the_phase_under_way)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

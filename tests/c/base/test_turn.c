/* Turns are offered to those who want them, a slice apart. */
#include "base/turn.h"

#include "support/failing.h"

static void a_turn_is_offered_a_slice_apart(void **state)
{
  pl_fake_clock f;
  (void)state;
  pl_fake_clock_init(&f, PL_S_NS, 0);
  pl_turn t = {.clock = &f.clock, .wanted = 1};
  pl_turn_offer(&t);
  assert_int_equal(t.since_ns, PL_S_NS);
  pl_fake_clock_advance(&f, 29 * PL_US_NS);
  pl_turn_offer(&t);
  assert_int_equal(t.since_ns, PL_S_NS);
  pl_fake_clock_advance(&f, PL_US_NS);
  pl_turn_offer(&t);
  assert_int_equal(t.since_ns, PL_S_NS + 30 * PL_US_NS);
}

static void nobody_wants_it(void **state)
{
  pl_fake_clock f;
  (void)state;
  pl_fake_clock_init(&f, PL_S_NS, 0);
  pl_turn t = {.clock = &f.clock};
  pl_turn_offer(&t);
  assert_int_equal(t.since_ns, 0);
  pl_turn_offer(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_turn_is_offered_a_slice_apart), cmocka_unit_test(nobody_wants_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

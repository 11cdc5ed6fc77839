/* Clocks: one that moves only when told, and times as text. */
#include "base/clock.h"

#include "support/failing.h"

static void a_fake_clock_stands_still(void **state)
{
  pl_fake_clock f;
  (void)state;
  pl_fake_clock_init(&f, 5, 1000);
  assert_int_equal(pl_now(&f.clock), 5);
  pl_fake_clock_advance(&f, 7);
  assert_int_equal(pl_now(&f.clock), 12);
  assert_int_equal(pl_wall(&f.clock), 1007);
}

static void the_system_clock_moves(void **state)
{
  (void)state;
  uint64_t a = pl_now(&pl_clock_system), cpu = pl_thread_cpu_ns();
  while (pl_now(&pl_clock_system) == a)
    continue;
  assert_true(pl_now(&pl_clock_system) > a);
  assert_true(pl_thread_cpu_ns() >= cpu);
  assert_true(pl_wall(&pl_clock_system) > 1700000000 * (int64_t)PL_S_NS);
}

static void a_steady_clock_never_steps(void **state)
{
  pl_fake_clock f;
  pl_steady_clock s;
  (void)state;
  pl_fake_clock_init(&f, 5000, 100000);
  pl_steady_clock_init(&s, &f.clock);
  pl_fake_clock_advance(&f, 70);
  f.wall -= 3000;
  assert_int_equal(pl_now(&s.clock), 5070);
  assert_int_equal(pl_wall(&s.clock), 100070);
}

static void the_largest_step_is_found(void **state)
{
  pl_fake_clock f;
  pl_step_watch w = {.begun = false};
  (void)state;
  pl_fake_clock_init(&f, 5000, 100000);
  pl_step_watch_look(&w, &f.clock);
  pl_fake_clock_advance(&f, PL_S_NS);
  pl_step_watch_look(&w, &f.clock);
  assert_int_equal(w.largest_ns, 0);
  f.wall -= 3 * (int64_t)PL_S_NS;
  pl_step_watch_look(&w, &f.clock);
  f.wall += 2 * (int64_t)PL_S_NS;
  pl_step_watch_look(&w, &f.clock);
  assert_int_equal(w.largest_ns, -3 * (int64_t)PL_S_NS);
}

static void times_as_text(void **state)
{
  char text[32];
  (void)state;
  pl_wall_text(0, text);
  assert_string_equal(text, "1970-01-01T00:00:00.000Z");
  pl_wall_text(1795370400123 * (int64_t)PL_MS_NS, text);
  assert_string_equal(text, "2026-11-22T18:00:00.123Z");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_fake_clock_stands_still), cmocka_unit_test(a_steady_clock_never_steps), cmocka_unit_test(the_largest_step_is_found), cmocka_unit_test(the_system_clock_moves),
                                     cmocka_unit_test(times_as_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

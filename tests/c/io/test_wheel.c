/* The timer wheel: nothing early, little late, and in order. */
#include "io/wheel.h"

#include "base/random.h"
#include "support/failing.h"

enum { TIMERS = 3000, LATE_NS = 4096 };

typedef struct entry {
  pl_timer timer;
  uint64_t due;
  uint64_t fired;
} entry;

static uint64_t now;
static unsigned again;

static void on_fire(pl_timer *t)
{
  ((entry *)t)->fired = now;
}

static void every_timer_fires_in_its_time(void **state)
{
  static entry entries[TIMERS];
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 5, 0, 0, 0);
  now = 1000000;
  pl_wheel *w = pl_wheel_new(&pl_alloc_default, now);
  assert_true(pl_wheel_next(w) == UINT64_MAX);
  for (int i = 0; i < TIMERS; i++) {
    entries[i] = (entry){.timer = {.fn = on_fire}, .due = now + pl_rng_below(&r, UINT64_C(1) << (10 + i % 30))};
    pl_wheel_set(w, &entries[i].timer, entries[i].due);
  }
  for (int i = 0; i < TIMERS; i += 7)
    pl_wheel_cancel(w, &entries[i].timer);
  for (uint64_t next; (next = pl_wheel_next(w)) != UINT64_MAX;) {
    now = next > now ? next : now + 1;
    (void)pl_wheel_run(w, now, 10000);
  }
  for (int i = 0; i < TIMERS; i++) {
    if (i % 7 == 0)
      assert_int_equal(entries[i].fired, 0);
    else
      assert_true(entries[i].fired >= entries[i].due && entries[i].fired <= entries[i].due + LATE_NS);
  }
  pl_wheel_free(w);
}

static void on_again(pl_timer *t)
{
  again++;
  (void)t;
}

static void a_timer_can_move_and_a_run_is_bounded(void **state)
{
  pl_timer t[5] = {0};
  (void)state;
  pl_wheel *w = pl_wheel_new(&pl_alloc_default, 0);
  for (int i = 0; i < 5; i++) {
    t[i].fn = on_again;
    pl_wheel_set(w, &t[i], 100);
  }
  pl_wheel_set(w, &t[0], 1000000000);
  assert_int_equal(pl_wheel_run(w, 100000, 3), 3);
  assert_int_equal(pl_wheel_run(w, 100000, 3), 1);
  assert_true(pl_timer_is_set(&t[0]) && !pl_timer_is_set(&t[1]));
  pl_wheel_cancel(w, &t[1]); /* fine when not set */
  assert_int_equal(again, 4);
  pl_wheel_free(w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_timer_fires_in_its_time), cmocka_unit_test(a_timer_can_move_and_a_run_is_bounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

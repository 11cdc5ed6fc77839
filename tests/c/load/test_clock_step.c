/* A load whose wall clock is set back by three seconds in the middle: latencies and rates stand on the monotonic clock alone. */
#include "load/whole_load.h"

#include <stdatomic.h>

typedef struct stepping_clock {
  pl_clock clock;
  atomic_llong step_ns;
  int64_t last_ms;  /* of the sink's seconds */
  unsigned seconds, backwards;
} stepping_clock;

static uint64_t true_mono(void *user)
{
  (void)user;
  return pl_now(&pl_clock_system);
}

static int64_t stepped_wall(void *user)
{
  return pl_wall(&pl_clock_system) + atomic_load(&((stepping_clock *)user)->step_ns);
}

static stepping_clock stepping = {.clock = {true_mono, stepped_wall, &stepping}};

static void step_back(uv_timer_t *timer)
{
  atomic_store(&stepping.step_ns, -3 * (long long)PL_S_NS);
  uv_close((uv_handle_t *)timer, NULL);
}

static void note_second(void *user, int64_t ts_ms)
{
  (void)user;
  stepping.backwards += stepping.seconds++ && ts_ms <= stepping.last_ms;
  stepping.last_ms = ts_ms;
}

/* How many warnings say that the clock was set back; a busy machine may have given others. */
static unsigned told_of_step(const pl_load_verdict *v)
{
  unsigned n = 0;
  for (unsigned i = 0; i < v->n_warnings; i++)
    n += strstr(v->warnings[i], "clock: the wall clock was set back by 3 s") != NULL;
  return n;
}

static void a_step_of_the_wall_clock_changes_nothing(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  pl_load_stats s;
  f->server.delay_ms = 2;
  open_loop(f, 200, 2000);
  after(f, 700, step_back);
  pl_load_verdict v;
  pl_load_options o = {.alloc = &pl_alloc_default, .clock = &stepping.clock, .plan = &f->plan, .workers = 1, .control = &f->loop,
                       .collector = &f->loop, .sink = {on_dist, on_count, on_gauge, on_examples, note_second, on_sink_done, f}, .done = on_done, .user = f};
  assert_int_equal(pl_load_start(&o, &f->load, &err), 0);
  finish(f, &s);
  assert_true(atomic_load(&stepping.step_ns) != 0);
  assert_int_equal(s.planned, 400);
  assert_int_equal(s.ok, 400);
  assert_true(s.duration_s > 1.99 && s.duration_s < 2.9); /* the last answers may come late, by less than the step */
  for (int which = 0; which < 2; which++) {
    uint64_t max = largest(f, which ? PL_DIST_LAG : PL_DIST_LATENCY);
    assert_true(max < 2 * PL_S_NS); /* a step of three seconds shows as one of three seconds, or as none at all when it is cut */
  }
  assert_true(largest(f, PL_DIST_LATENCY) >= 2 * PL_MS_NS);
  assert_true(stepping.seconds >= 2);
  assert_int_equal(stepping.backwards, 0);
  assert_true(pl_load_clock_step(f->load) > -3010 * (int64_t)PL_MS_NS && pl_load_clock_step(f->load) < -2990 * (int64_t)PL_MS_NS);
  pl_load_judge(f->load, &(pl_machine_health){.steal_share = 0}, &v);
  assert_int_equal(told_of_step(&v), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_step_of_the_wall_clock_changes_nothing, set_up, tear_down)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

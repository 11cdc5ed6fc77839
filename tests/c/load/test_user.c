/* The life of a virtual user: what begins when, what a cut ends, what it owns. */
#include "load/still_user.h"

/* ---- Iterations ---------------------------------------------------------------------------------- */

static void random_numbers_are_of_the_iteration(void **state)
{
  still_user f;
  uint64_t first[2], other;
  (void)state;
  begin(&f);
  iterate(&f, 3, 0);
  for (int i = 0; i < 2; i++)
    first[i] = pl_rng_u64(pl_user_rng(&f.b.user));
  assert_true(first[0] != first[1]);
  iterate(&f, 4, 0);
  other = pl_rng_u64(pl_user_rng(&f.b.user));
  iterate(&f, 3, 0);
  assert_true(pl_rng_u64(pl_user_rng(&f.b.user)) == first[0] && other != first[0]);
  end(&f);
}

/* Where the global numbers go by who comes first, a user draws by its own count. */
static void random_numbers_of_a_closed_loop_are_of_the_users_own_count(void **state)
{
  static const enum pl_model models[] = {PL_MODEL_CLOSED, PL_MODEL_ITERATIONS};
  (void)state;
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    uint64_t drawn[2][3];
    for (uint64_t workers = 1; workers <= 2; workers++) {
      still_user f;
      begin(&f);
      f.b.scenario.model = models[i];
      for (uint64_t turn = 0; turn < 3; turn++) {
        iterate(&f, 7 * workers * turn, 0);
        drawn[workers - 1][turn] = pl_rng_u64(pl_user_rng(&f.b.user));
      }
      end(&f);
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof drawn[0]);
    assert_true(drawn[0][0] != drawn[0][1] && drawn[0][1] != drawn[0][2]);
  }
}

/* A user of an open loop: what it does is of the start, by its number. */
static void begin_open(still_user *f)
{
  begin(f);
  f->b.scenario.model = PL_MODEL_OPEN;
}

/* Which user of the pool takes a start of a schedule is chance, and so is whether it is the user's first, which runs `start` before. */
static void random_numbers_of_a_start_are_of_its_number(void **state)
{
  uint64_t drawn[3];
  (void)state;
  for (uint32_t i = 0; i < 3; i++) {
    still_user f;
    begin_open(&f);
    f.b.user.id = 5 + i;
    f.b.user.starting = i == 2;
    iterate(&f, 9, 0);
    if (i == 2) {
      uint64_t at_start = pl_rng_u64(pl_user_rng(&f.b.user));
      assert_true(at_start != drawn[0]);
      pl_user_has_started(&f.b.user);
    }
    drawn[i] = pl_rng_u64(pl_user_rng(&f.b.user));
    f.b.user.leaving = true;
    iterate(&f, 9, 0);
    assert_true(pl_rng_u64(pl_user_rng(&f.b.user)) != drawn[i]);
    end(&f);
  }
  assert_true(drawn[0] == drawn[1] && drawn[1] == drawn[2]);
}

/* From the intended start to the first answer, then from answer to answer without what the user thought. */
static void latency_counts_from_the_plan(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 5 * PL_MS_NS);
  request(&f, 0, 2 * PL_MS_NS); /* latency 7, service 2 */
  pl_user_think(&f.b.user, 10 * PL_MS_NS);
  assert_int_equal(f.b.user.state, PL_USER_THINKING);
  pl_fake_clock_advance(&f.b.clock, 11 * PL_MS_NS);
  pl_wheel_run(f.b.worker.wheel, f.b.clock.mono, 100);
  assert_int_equal(f.b.user.state, PL_USER_RUNNING);
  request(&f, 0, 3 * PL_MS_NS); /* 1 late: latency 4, service 3 */
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  recorded(&f);
  const pl_hist *latency = dist(&f, slot(&f), PL_DIST_LATENCY), *service = dist(&f, slot(&f), PL_DIST_SERVICE);
  assert_true(latency->count == 2 && latency->min == 4 * PL_MS_NS && latency->max == 7 * PL_MS_NS);
  assert_true(service->count == 2 && service->min == 2 * PL_MS_NS && service->max == 3 * PL_MS_NS);
  const pl_hist *lag = dist(&f, 0, PL_DIST_LAG), *whole = dist(&f, 0, PL_DIST_ITERATION);
  assert_true(lag->count == 1 && lag->max == 5 * PL_MS_NS);
  assert_true(whole->count == 1 && whole->max == 21 * PL_MS_NS);
  assert_int_equal(f.over, 1);
  end(&f);
}

static void a_request_that_is_given_up_on_failed(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  request(&f, 0, 1);
  pl_user_ended(&f.b.user, PL_ITERATION_GIVEN_UP, "sold out");
  const pl_frame *frame = recorded(&f);
  assert_int_equal(outcomes(&f, PL_FAIL_SCRIPT), 1);
  assert_int_equal(outcomes(&f, PL_FAIL_NONE), 0);
  assert_int_equal(frame->counts[0].iterations_failed, 1);
  assert_int_equal(frame->counts[0].iterations_broken, 0);
  end(&f);
}

static void a_user_that_stops_ends_from_the_loop(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  pl_user_ended(&f.b.user, PL_ITERATION_STOPPED, NULL);
  assert_int_equal(f.b.user.state, PL_USER_ENDED);
  assert_ptr_equal(f.b.worker.ready, &f.b.user);
  assert_int_equal(f.over, 0);
  end(&f);
}

/* ---- Cutting, and the rate cap ------------------------------------------------------------------- */

static void a_cut_in_thought_unwinds_the_script(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  pl_user_think(&f.b.user, PL_MS_NS);
  pl_user_cut(&f.b.user);
  pl_fake_clock_advance(&f.b.clock, 2 * PL_MS_NS);
  assert_int_equal(pl_wheel_run(f.b.worker.wheel, f.b.clock.mono, 100), 0);
  assert_true(f.unwound == 1 && f.over == 1 && f.answers == 0);
  const pl_frame *frame = recorded(&f);
  assert_int_equal(frame->counts[0].cancelled, 1); /* nothing was sent yet */
  assert_int_equal(frame->counts[0].started, 0);
  end(&f);
}

static void a_cut_request_is_aborted(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, false);
  note_sent(&f);
  pl_user_cut(&f.b.user);
  assert_true(f.aborts == 1 && f.over == 0);
  complete(&f, 0, PL_FAIL_ABORTED);
  assert_true(f.unwound == 1 && f.over == 1 && f.answers == 0);
  const pl_frame *frame = recorded(&f);
  assert_int_equal(frame->counts[0].started, 1);
  assert_int_equal(frame->counts[0].cancelled, 0);
  assert_int_equal(frame->counts[0].iterations, 0);
  assert_int_equal(outcomes(&f, PL_FAIL_ABORTED), 1);
  assert_null(dist(&f, slot(&f), PL_DIST_LATENCY));
  end(&f);
}

static void a_cap_holds_sends_back_and_never_bunches_them(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  f.b.worker.send_gap_ns = 10 * PL_MS_NS;
  assert_int_equal(pl_user_part_due(&f.b.user), f.b.clock.mono);
  assert_int_equal(pl_user_part_due(&f.b.user), f.b.clock.mono + 10 * PL_MS_NS);
  pl_fake_clock_advance(&f.b.clock, 50 * PL_MS_NS); /* unused: gone */
  assert_int_equal(pl_user_part_due(&f.b.user), f.b.clock.mono);
  iterate(&f, 0, 0);
  ask(&f, false);
  pl_fake_clock_advance(&f.b.clock, 9 * PL_MS_NS);
  pl_wheel_run(f.b.worker.wheel, f.b.clock.mono, 100);
  assert_int_equal(f.starts, 0);
  pl_fake_clock_advance(&f.b.clock, 2 * PL_MS_NS);
  pl_wheel_run(f.b.worker.wheel, f.b.clock.mono, 100);
  assert_int_equal(f.starts, 1);
  end(&f);
}

static void a_cap_counts_what_is_sent_at_once(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  f.b.worker.send_gap_ns = 10 * PL_MS_NS;
  iterate(&f, 0, 0);
  uint64_t now = f.b.clock.mono;
  pl_user_operate(&f.b.user, slot(&f), (pl_user_operation){.start = op_start, .abort = op_abort, .operation = &f, .parts = true, .requests = 3});
  assert_int_equal(pl_user_part_due(&f.b.user), now + 30 * PL_MS_NS);
  pl_user_cut(&f.b.user);
  end(&f);
}

static void what_prepared_an_operation_is_in_no_latency(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, false);
  pl_fake_clock_advance(&f.b.clock, 30 * PL_MS_NS);
  f.b.user.exchange.times.send = f.b.clock.mono;
  pl_user_operation_sending(&f.b.user, 20 * PL_MS_NS);
  pl_fake_clock_advance(&f.b.clock, 5 * PL_MS_NS);
  complete(&f, 0, PL_FAIL_NONE);
  (void)recorded(&f);
  assert_int_equal(dist(&f, slot(&f), PL_DIST_LATENCY)->max, 15 * PL_MS_NS);
  assert_int_equal(dist(&f, 0, PL_DIST_LAG)->max, 10 * PL_MS_NS);
  end(&f);
}

static void a_cut_of_a_send_that_is_held_back_cancels_it(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  f.b.worker.send_gap_ns = 10 * PL_MS_NS;
  (void)pl_user_part_due(&f.b.user);
  iterate(&f, 0, 0);
  ask(&f, false);
  pl_user_cut(&f.b.user);
  pl_fake_clock_advance(&f.b.clock, 20 * PL_MS_NS);
  assert_int_equal(pl_wheel_run(f.b.worker.wheel, f.b.clock.mono, 100), 0);
  assert_true(f.starts == 0 && f.aborts == 0 && f.unwound == 1 && f.over == 1);
  assert_int_equal(recorded(&f)->counts[0].cancelled, 1);
  end(&f);
}

/* ---- What it owns -------------------------------------------------------------------------------- */

static void without_memory_a_user_has_no_digest_and_no_token(void **state)
{
  bare_worker b;
  failing f;
  (void)state;
  failing_init(&f, 1);
  bare_open(&b, &f.allocator, "http://127.0.0.1/");
  b.scenario.scripted = b.scenario.traced = true;
  b.scenario.auth.renewed = pl_token_new(&pl_alloc_default);
  assert_int_equal(pl_token_set(b.scenario.auth.renewed, PL_STR("one")), PL_OK);
  pl_user_init(&b.user, &b.executor, 0);
  assert_null(b.user.trace);
  assert_null(pl_user_digest(&b.user));
  assert_int_equal(pl_user_bearer(&b.user).len, 0);
  f.fail_at = 0;
  pl_digest *digest = pl_user_digest(&b.user);
  assert_non_null(digest);
  assert_ptr_equal(pl_user_digest(&b.user), digest);
  assert_true(pl_str_eqc(pl_user_bearer(&b.user), "Bearer one"));
  bare_close(&b);
  pl_token_drop(b.scenario.auth.renewed);
  assert_int_equal(f.live, 0);
}

static void connections_are_its_own_where_it_shares_none(void **state)
{
  (void)state;
  for (int sharing = PL_SHARED_BY_ALL; sharing <= PL_OF_AN_ITERATION; sharing++) {
    pl_route route = {.sharing = (enum pl_sharing)sharing};
    still_user f;
    begin(&f);
    f.b.scenario.route = &route;
    pl_user_init(&f.b.user, &f.b.executor, 0);
    assert_ptr_equal(f.b.user.exchange.own, sharing == PL_SHARED_BY_ALL ? NULL : &f.b.user.own);
    end(&f);
  }
}

/* Of generators that share a trace each draws other numbers for its iteration 5. */
static void each_shard_draws_numbers_of_its_own(void **state)
{
  uint64_t drawn[2];
  (void)state;
  for (uint32_t shard = 0; shard < 2; shard++) {
    still_user f;
    begin_open(&f);
    f.b.scenario.shard = shard;
    iterate(&f, 5, 0);
    drawn[shard] = pl_rng_u64(pl_user_rng(&f.b.user));
    end(&f);
  }
  pl_rng first;
  pl_rng_init(&first, 1, 0, UINT64_MAX, 5);
  assert_true(drawn[0] == pl_rng_u64(&first)); /* as where there is one generator */
  assert_true(drawn[0] != drawn[1]);
}

enum { MANY = 40 };

/* A script that computes for 5 ms before its first wait. */
static void computes(void *world, pl_user *u)
{
  still_user *s = world;
  (void)u;
  s->starts++;
  pl_fake_clock_advance(&s->b.clock, 5 * PL_MS_NS);
}

/* Else neither an order nor the end of the grace would be seen until all of them have begun. */
static void users_that_compute_leave_the_others_a_turn(void **state)
{
  static pl_user users[MANY];
  still_user s;
  (void)state;
  begin(&s);
  s.scripts.begin = computes;
  for (int i = 0; i < MANY; i++) {
    pl_user_init(&users[i], &s.b.executor, (uint32_t)i);
    users[i].intended_ns = s.b.clock.mono;
    pl_worker_ready(&s.b.worker, &users[i]);
  }
  s.b.worker.spinning = true; /* there is no loop */
  pl_worker_drain(&s.b.worker);
  assert_in_range(s.starts, 1, 10);
  int first = s.starts;
  pl_worker_drain(&s.b.worker);
  assert_int_equal(s.starts, first); /* another callback of the same phase */
  assert_non_null(s.b.worker.ready);
  for (int i = 0; i < MANY; i++)
    pl_user_fini(&users[i]);
  end(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_numbers_are_of_the_iteration),
      cmocka_unit_test(users_that_compute_leave_the_others_a_turn),
      cmocka_unit_test(each_shard_draws_numbers_of_its_own),
      cmocka_unit_test(random_numbers_of_a_closed_loop_are_of_the_users_own_count),
      cmocka_unit_test(random_numbers_of_a_start_are_of_its_number),
      cmocka_unit_test(latency_counts_from_the_plan),
      cmocka_unit_test(a_request_that_is_given_up_on_failed),
      cmocka_unit_test(a_user_that_stops_ends_from_the_loop),
      cmocka_unit_test(what_prepared_an_operation_is_in_no_latency),
      cmocka_unit_test(a_cap_counts_what_is_sent_at_once),
      cmocka_unit_test(a_cut_in_thought_unwinds_the_script),
      cmocka_unit_test(a_cut_request_is_aborted),
      cmocka_unit_test(a_cap_holds_sends_back_and_never_bunches_them),
      cmocka_unit_test(a_cut_of_a_send_that_is_held_back_cancels_it),
      cmocka_unit_test(without_memory_a_user_has_no_digest_and_no_token),
      cmocka_unit_test(connections_are_its_own_where_it_shares_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

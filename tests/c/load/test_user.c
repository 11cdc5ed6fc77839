/* The life of a virtual user on a clock that stands still: its requests are those of a protocol that does nothing, which the test
 * completes. */
#include "load/bare_worker.h"

typedef struct fixture {
  bare_worker b; /* first */
  pl_executor_kind kind;
  pl_script_table scripts;
  int starts, aborts, answers, unwound, over;
  pl_frame *frame;
} fixture;

static void op_start(void *f_)
{
  ((fixture *)f_)->starts++;
}

static void op_abort(void *f_)
{
  ((fixture *)f_)->aborts++;
}

/* The script sleeps: the test says what it does next. */
static void script_waits(void *world, pl_user *u)
{
  (void)world, (void)u;
}

static void script_answer(void *world, pl_user *u)
{
  (void)u;
  ((fixture *)world)->answers++;
}

static void script_abort(void *world, pl_user *u)
{
  (void)u;
  ((fixture *)world)->unwound++;
}

static void user_done(pl_executor *e, pl_user *u)
{
  fixture *f = (fixture *)(void *)((char *)e - offsetof(fixture, b.executor));
  (void)u;
  f->over++;
}

static void begin(fixture *f)
{
  memset(f, 0, sizeof *f);
  bare_open(&f->b, &pl_alloc_default, "http://127.0.0.1/");
  f->kind = (pl_executor_kind){.user_done = user_done};
  f->scripts = (pl_script_table){.begin = script_waits, .answer = script_answer, .timer = script_waits, .abort = script_abort};
  f->b.scenario.scripted = true;
  f->b.executor.kind = &f->kind;
  f->b.executor.has_schedule = true;
  f->b.worker.o.scripts = &f->scripts;
  f->b.worker.world = f;
  pl_user_init(&f->b.user, &f->b.executor, 7);
}

/* Begins an iteration that was intended so long ago. */
static void iterate(fixture *f, uint64_t iteration, uint64_t late_ns)
{
  bare_worker *b = &f->b;
  b->user.iteration = iteration;
  b->user.intended_ns = b->clock.mono - late_ns;
  pl_user_begin(&b->user);
}

static uint32_t slot(fixture *f)
{
  return pl_worker_slot(&f->b.worker, &f->b.scenario, PL_STR("x"), PL_STR(""));
}

static void ask(fixture *f, bool parts)
{
  f->b.user.exchange.answer = (pl_answer){0};
  f->b.user.exchange.times = (pl_times){.begin = f->b.clock.mono};
  pl_user_operate(&f->b.user, slot(f), (pl_user_operation){.start = op_start, .abort = op_abort, .operation = f, .parts = parts, .http = parts});
}

static void note_sent(fixture *f)
{
  f->b.user.exchange.times.send = f->b.clock.mono;
  pl_user_operation_sending(&f->b.user, 0);
}

/* Its answer comes now, of this status. */
static void complete(fixture *f, int status, enum pl_failure failure)
{
  f->b.user.exchange.answer.status = status;
  f->b.user.exchange.answer.failure = failure;
  f->b.user.exchange.times.end = f->b.clock.mono;
  pl_user_operation_done(&f->b.user);
}

/* One that takes that long. */
static pl_answered request(fixture *f, int status, uint64_t ns)
{
  ask(f, false);
  note_sent(f);
  pl_fake_clock_advance(&f->b.clock, ns);
  complete(f, status, PL_FAIL_NONE);
  return pl_user_answered(&f->b.user);
}

/* All that was recorded: of tests that end within the first quarter second. */
static const pl_frame *recorded(fixture *f)
{
  const pl_recorder_state state = {.users = &f->b.users, .users_top = &f->b.users_top};
  pl_recorder_end(f->b.worker.recorder, f->b.clock.mono, &state);
  f->frame = pl_recorder_take(f->b.worker.recorder);
  assert_non_null(f->frame);
  assert_int_equal(f->frame->index, 0);
  return f->frame;
}

static uint64_t outcomes(fixture *f, enum pl_failure outcome)
{
  const pl_cell *c = pl_frame_cell(f->frame, slot(f));
  uint64_t n = 0;
  for (uint32_t i = 0; c && i < c->n_outcomes; i++)
    n += c->outcomes[i].outcome == outcome ? c->outcomes[i].count : 0;
  return n;
}

static const pl_hist *dist(const fixture *f, uint32_t of, enum pl_dist which)
{
  const pl_cell *c = pl_frame_cell(f->frame, of);
  return c ? c->dist[which] : NULL;
}

static void end(fixture *f)
{
  if (f->frame)
    pl_recorder_give_back(f->b.worker.recorder, f->frame);
  bare_close(&f->b);
}

/* ---- Iterations ---------------------------------------------------------------------------------- */

static void random_numbers_are_of_the_iteration(void **state)
{
  fixture f;
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

/* From the intended start to the first answer, then from answer to answer without what the user thought. */
static void latency_counts_from_the_plan(void **state)
{
  fixture f;
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

static void a_warm_up_is_in_no_figure(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  f.b.executor.measured_ns = f.b.clock.mono + 1;
  iterate(&f, 0, 0);
  pl_answered a = request(&f, 0, PL_MS_NS);
  pl_user_check(&f.b.user, &a, pl_worker_check(&f.b.worker, &f.b.scenario, PL_STR("c")), false);
  pl_user_ended(&f.b.user, PL_ITERATION_FAILED, "boom");
  const pl_frame *frame = recorded(&f);
  assert_int_equal(frame->counts[0].warmup_starts, 1);
  assert_int_equal(frame->counts[0].started, 0);
  assert_int_equal(frame->counts[0].iterations_failed, 0);
  assert_null(pl_frame_cell(frame, slot(&f)));
  end(&f);
}

/* A script that fails because its request did is not a broken one. */
static void scripts_that_are_broken(void **state)
{
  static const struct {
    int status;
    bool fault;
    uint64_t broken;
  } cases[] = {{0, false, 1}, {5, false, 0}, {5, true, 1}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture f;
    begin(&f);
    iterate(&f, 0, 0);
    request(&f, cases[i].status, 1);
    f.b.user.script_fault = cases[i].fault;
    pl_user_ended(&f.b.user, PL_ITERATION_FAILED, "boom");
    const pl_frame *frame = recorded(&f);
    assert_int_equal(frame->counts[0].iterations_failed, 1);
    assert_int_equal(frame->counts[0].iterations_broken, cases[i].broken);
    assert_int_equal(outcomes(&f, PL_FAIL_STATUS), cases[i].status != 0);
    end(&f);
  }
}

static void a_request_that_is_given_up_on_failed(void **state)
{
  fixture f;
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
  fixture f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  pl_user_ended(&f.b.user, PL_ITERATION_STOPPED, NULL);
  assert_int_equal(f.b.user.state, PL_USER_ENDED);
  assert_ptr_equal(f.b.worker.ready, &f.b.user);
  assert_int_equal(f.over, 0);
  end(&f);
}

/* ---- Outcomes ------------------------------------------------------------------------------------ */

static void a_check_reaches_back_within_its_iteration(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  uint32_t check = pl_worker_check(&f.b.worker, &f.b.scenario, PL_STR("c"));
  iterate(&f, 0, 0);
  pl_answered first = request(&f, 0, 1), second = request(&f, 0, 1);
  pl_user_check(&f.b.user, &first, check, false);
  pl_user_check(&f.b.user, &first, check, false); /* it failed already */
  pl_user_check(&f.b.user, &second, check, true);
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  iterate(&f, 1, 0);
  pl_user_check(&f.b.user, &second, check, false); /* of the iteration before: it stays as it was counted */
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_frame *frame = recorded(&f);
  assert_int_equal(outcomes(&f, PL_FAIL_CHECK), 1);
  assert_int_equal(outcomes(&f, PL_FAIL_NONE), 1);
  assert_true(frame->tallies[check].n == 4 && frame->tallies[check].sum == 1);
  end(&f);
}

static enum pl_failure judged(fixture *f, int status, const uint16_t *expected, size_t n)
{
  f->b.user.expected = expected;
  f->b.user.n_expected = n;
  f->b.user.exchange.answer.status = status;
  f->b.user.exchange.times.end = f->b.clock.mono;
  f->b.user.outcome = PL_FAIL_NONE;
  return pl_user_part_done(&f->b.user).outcome;
}

/* Those of the request, else of the scenario, else below 400. */
static void expected_statuses(void **state)
{
  static const uint16_t own[] = {404, 404, 500, 502}, of_scenario[] = {200, 200};
  fixture f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, true);
  assert_int_equal(judged(&f, 399, NULL, 0), PL_FAIL_NONE);
  assert_int_equal(judged(&f, 400, NULL, 0), PL_FAIL_STATUS);
  f.b.scenario.expected_status = of_scenario;
  f.b.scenario.n_expected = 1;
  assert_int_equal(judged(&f, 201, NULL, 0), PL_FAIL_STATUS);
  assert_int_equal(judged(&f, 404, own, 2), PL_FAIL_NONE);
  assert_int_equal(judged(&f, 404, NULL, 0), PL_FAIL_STATUS);
  assert_int_equal(judged(&f, 502, own, 2), PL_FAIL_NONE);
  assert_int_equal(judged(&f, 503, own, 2), PL_FAIL_STATUS);
  assert_int_equal(judged(&f, 200, own, 2), PL_FAIL_STATUS);
  end(&f);
}

static void parts_of_another_protocol_are_good_when_their_status_is_0(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  f.b.user.exchange.answer = (pl_answer){0};
  pl_user_operate(&f.b.user, slot(&f), (pl_user_operation){.start = op_start, .abort = op_abort, .operation = &f, .parts = true});
  assert_int_equal(judged(&f, 0, NULL, 0), PL_FAIL_NONE);
  assert_int_equal(judged(&f, 200, NULL, 0), PL_FAIL_STATUS);
  end(&f);
}

/* ---- Cutting, and the rate cap ------------------------------------------------------------------- */

static void a_cut_in_thought_unwinds_the_script(void **state)
{
  fixture f;
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
  fixture f;
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
  fixture f;
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
  fixture f;
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
  fixture f;
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
  fixture f;
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
    fixture f;
    begin(&f);
    f.b.scenario.route = &route;
    pl_user_init(&f.b.user, &f.b.executor, 0);
    assert_ptr_equal(f.b.user.exchange.own, sharing == PL_SHARED_BY_ALL ? NULL : &f.b.user.own);
    end(&f);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_numbers_are_of_the_iteration),
      cmocka_unit_test(latency_counts_from_the_plan),
      cmocka_unit_test(a_warm_up_is_in_no_figure),
      cmocka_unit_test(scripts_that_are_broken),
      cmocka_unit_test(a_request_that_is_given_up_on_failed),
      cmocka_unit_test(a_user_that_stops_ends_from_the_loop),
      cmocka_unit_test(a_check_reaches_back_within_its_iteration),
      cmocka_unit_test(expected_statuses),
      cmocka_unit_test(parts_of_another_protocol_are_good_when_their_status_is_0),
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

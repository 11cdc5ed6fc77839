/* What is recorded of a virtual user: what its requests and iterations leave in the recorder's frame. */
#include "load/still_user.h"

#include <stdio.h>

/* ---- Judging ------------------------------------------------------------------------------------ */

static enum pl_failure judged(still_user *f, int status, const uint16_t *expected, size_t n)
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
  still_user f;
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
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  pl_user_operate(&f.b.user, slot(&f), (pl_user_operation){.start = op_start, .abort = op_abort, .operation = &f, .parts = true});
  note_sent(&f);
  assert_int_equal(judged(&f, 0, NULL, 0), PL_FAIL_NONE);
  assert_int_equal(judged(&f, 200, NULL, 0), PL_FAIL_STATUS);
  end(&f);
}

/* The poll has returned 3 ms ago; of a message that was asked for a millisecond ago nobody can say that it was read 3 ms late. */
static void what_is_read_late_counts_from_when_it_was_waited_for(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  f.b.worker.turn_ns = f.b.clock.mono;
  (void)request(&f, 0, 2 * PL_MS_NS); /* asked for at once */
  (void)request(&f, 0, PL_MS_NS);     /* and when that was there */
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_hist *lag = &recorded(&f)->receive_lag;
  assert_int_equal(lag->count, 2);
  assert_int_equal(lag->max, 2 * PL_MS_NS);
  end(&f);
}

/* What was known without asking is no request and delays none: only its text is left. */
static void an_answer_that_was_known_is_in_no_figure(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, PL_MS_NS);
  ask(&f, false);
  pl_fake_clock_advance(&f.b.clock, 5 * PL_MS_NS);
  (void)snprintf(f.b.user.exchange.answer.why, sizeof f.b.user.exchange.answer.why, "no such method");
  complete(&f, 12, PL_FAIL_NONE);
  assert_true(f.answers == 1 && !f.b.user.started && f.b.user.outcome == PL_FAIL_NONE);
  (void)request(&f, 0, 2 * PL_MS_NS);
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_frame *frame = recorded(&f);
  const pl_hist *latency = dist(&f, slot(&f), PL_DIST_LATENCY);
  assert_true(latency && latency->count == 1 && latency->max == 3 * PL_MS_NS); /* the start was a millisecond late */
  assert_true(outcomes(&f, PL_FAIL_NONE) == 1 && outcomes(&f, PL_FAIL_STATUS) == 0);
  assert_true(frame->counts[0].started == 1 && frame->n_labels == 1);
  assert_int_equal(frame->counts[0].iterations_broken, 0);
  end(&f);
}

static void an_iteration_of_answers_that_were_known_is_broken(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, false);
  complete(&f, 12, PL_FAIL_NONE);
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  iterate(&f, 1, 1);
  request(&f, 0, 1);
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_frame *frame = recorded(&f);
  assert_true(frame->counts[0].iterations == 2 && frame->counts[0].iterations_broken == 1 && frame->counts[0].iterations_failed == 0);
  end(&f);
}

/* ---- Requests ----------------------------------------------------------------------------------- */

/* Only answers and timeouts have a latency; why the others have none is kept by class. */
static void durations_are_of_answers_and_timeouts(void **state)
{
  static const struct {
    enum pl_failure failure;
    bool timed;
    const char *text;
  } cases[] = {{PL_FAIL_NONE, true, NULL}, {PL_FAIL_TIMEOUT, true, "timeout: why"}, {PL_FAIL_RESET, false, "reset: why"}, {PL_FAIL_ABORTED, false, NULL}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    still_user f;
    begin(&f);
    iterate(&f, 0, 0);
    ask(&f, false);
    pl_fake_clock_advance(&f.b.clock, PL_MS_NS);
    note_sent(&f);
    pl_fake_clock_advance(&f.b.clock, 2 * PL_MS_NS);
    (void)snprintf(f.b.user.exchange.answer.why, sizeof f.b.user.exchange.answer.why, "why");
    complete(&f, 0, cases[i].failure);
    pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
    const pl_frame *frame = recorded(&f);
    const pl_hist *latency = dist(&f, slot(&f), PL_DIST_LATENCY), *service = dist(&f, slot(&f), PL_DIST_SERVICE);
    assert_int_equal(latency ? latency->max : 0, cases[i].timed ? 3 * PL_MS_NS : 0);
    assert_int_equal(service ? service->max : 0, cases[i].failure == PL_FAIL_TIMEOUT ? 3 * PL_MS_NS : cases[i].timed ? 2 * PL_MS_NS : 0);
    assert_int_equal(frame->counts[0].timeout_ns, cases[i].failure == PL_FAIL_TIMEOUT ? 3 * PL_MS_NS : 0);
    assert_int_equal(outcomes(&f, cases[i].failure), 1);
    assert_int_equal(frame->n_labels, cases[i].text != NULL);
    if (cases[i].text)
      assert_true(pl_str_eqc(pl_recorder_label_key(f.b.worker.recorder, 0)->text, cases[i].text));
    end(&f);
  }
}

static void a_phase_that_a_limit_has_cut_is_left_out(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, false);
  note_sent(&f);
  f.b.user.exchange.times.sent = f.b.clock.mono + 1;
  pl_fake_clock_advance(&f.b.clock, PL_MS_NS);
  f.b.user.exchange.times.end = f.b.clock.mono;
  pl_phases_cut(&f.b.user.exchange.times, PL_PHASE_WAIT);
  complete(&f, 0, PL_FAIL_TIMEOUT);
  (void)recorded(&f);
  assert_int_equal(dist(&f, slot(&f), PL_DIST_PHASE + PL_PHASE_SEND)->count, 1);
  assert_null(dist(&f, slot(&f), PL_DIST_PHASE + PL_PHASE_WAIT));
  end(&f);
}

/* All of a pipeline count from the same moment, also those behind the one whose limit ends it. */
static void requests_behind_a_timeout_have_its_latency(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 3 * PL_MS_NS);
  ask(&f, false);
  note_sent(&f);
  f.b.scenario.scripted = false;
  f.b.user.exchange.requests = 4;
  f.b.user.exchange.answered = 1;
  pl_fake_clock_advance(&f.b.clock, 5 * PL_MS_NS);
  complete(&f, 0, PL_FAIL_TIMEOUT);
  (void)recorded(&f);
  const pl_hist *latency = dist(&f, slot(&f), PL_DIST_LATENCY);
  assert_true(latency->count == 3 && latency->min == 8 * PL_MS_NS && latency->max == 8 * PL_MS_NS);
  assert_int_equal(dist(&f, slot(&f), PL_DIST_SERVICE)->min, 5 * PL_MS_NS);
  assert_int_equal(outcomes(&f, PL_FAIL_TIMEOUT), 3);
  end(&f);
}

/* A start of which nothing was sent is cancelled, and its request is none. */
static void an_abort_before_the_send(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, false);
  complete(&f, 0, PL_FAIL_ABORTED);
  const pl_frame *frame = recorded(&f);
  assert_int_equal(outcomes(&f, PL_FAIL_ABORTED), 0);
  assert_true(frame->counts[0].cancelled == 1 && frame->counts[0].started == 0 && frame->counts[0].iterations == 0);
  end(&f);
}

/* Each is a request; only those of a scenario's pipeline have a latency of their own. */
static void answers_that_are_not_the_last_of_their_batch(void **state)
{
  (void)state;
  for (int scripted = 0; scripted < 2; scripted++) {
    still_user f;
    begin(&f);
    iterate(&f, 0, 0);
    ask(&f, true);
    note_sent(&f);
    f.b.scenario.scripted = scripted;
    pl_fake_clock_advance(&f.b.clock, PL_MS_NS);
    f.b.user.exchange.times.end = f.b.clock.mono;
    f.b.user.exchange.answer.status = 500;
    f.b.user.exchange.partly(&f.b.user.exchange);
    const pl_frame *frame = recorded(&f);
    assert_int_equal(f.partly, scripted);
    assert_int_equal(outcomes(&f, PL_FAIL_STATUS), 1);
    assert_int_equal(frame->counts[0].started, 1);
    assert_int_equal(frame->counts[0].ended_in_time, 1);
    assert_true(scripted == !dist(&f, slot(&f), PL_DIST_LATENCY));
    end(&f);
  }
}

/* What a peer says that refuses an operation is kept as it is. */
static void what_a_grant_forbids_is_no_failure_of_the_target(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  ask(&f, false);
  f.b.user.exchange.answer.refused = true;
  (void)snprintf(f.b.user.exchange.answer.why, sizeof f.b.user.exchange.answer.why, "no grant");
  complete(&f, 0, PL_FAIL_CONNECT);
  assert_int_equal(recorded(&f)->n_labels, 1);
  const pl_label_key *label = pl_recorder_label_key(f.b.worker.recorder, 0);
  assert_int_equal(label->kind, PL_LABEL_REFUSED);
  assert_true(pl_str_eqc(label->text, "no grant"));
  end(&f);
}

static void what_this_machine_had_nothing_left_for_never_left(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  for (int i = 0; i < 3; i++) {
    ask(&f, false);
    f.b.user.exchange.answer.lacked = i != 1;
    complete(&f, 0, PL_FAIL_CONNECT);
  }
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_frame *frame = recorded(&f);
  assert_int_equal(frame->counts[0].never_left, 2);
  assert_int_equal(outcomes(&f, PL_FAIL_CONNECT), 3);
  end(&f);
}

/* Not where the status was what the scenario wants. */
static void what_a_server_speaks_instead_is_counted(void **state)
{
  static const uint16_t wanted[] = {400, 400};
  static const struct {
    enum pl_spoken spoken;
    bool expected;
    uint64_t tls, http2;
  } cases[] = {{PL_SPOKEN_AS_ASKED, false, 0, 0}, {PL_SPOKEN_TLS, false, 1, 0}, {PL_SPOKEN_HTTP2, false, 0, 1}, {PL_SPOKEN_TLS, true, 0, 0}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    still_user f;
    begin(&f);
    f.b.scenario.expected_status = wanted;
    f.b.scenario.n_expected = cases[i].expected;
    iterate(&f, 0, 0);
    pl_user_operate(&f.b.user, slot(&f), (pl_user_operation){.start = op_start, .abort = op_abort, .operation = &f, .http = true});
    note_sent(&f);
    f.b.user.exchange.answer.spoken = cases[i].spoken;
    complete(&f, 400, PL_FAIL_NONE);
    const pl_frame *frame = recorded(&f);
    assert_int_equal(frame->counts[0].spoke_tls, cases[i].tls);
    assert_int_equal(frame->counts[0].spoke_http2, cases[i].http2);
    assert_int_equal(frame->n_labels, cases[i].tls);
    end(&f);
  }
}

/* ---- Iterations --------------------------------------------------------------------------------- */

static void a_warm_up_is_in_no_figure(void **state)
{
  still_user f;
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
    still_user f;
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

/* Iterations that only fail: behind a `start` that got no answer, and others. */
static void what_start_did_not_get_explains_later_errors(void **state)
{
  static const struct {
    enum pl_failure start;
    bool fault, unsendable;
    uint64_t broken, unserved;
  } cases[] = {{PL_FAIL_NONE, false, false, 1, 0}, {PL_FAIL_CONNECT, false, false, 1, 1}, {PL_FAIL_TIMEOUT, false, false, 1, 1}, {PL_FAIL_STATUS, false, false, 1, 0},
               {PL_FAIL_CONNECT, true, false, 1, 0}, {PL_FAIL_CONNECT, false, true, 1, 0}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    still_user f;
    begin(&f);
    iterate(&f, 0, 0);
    request(&f, 0, 1);
    f.b.user.outcome = cases[i].start;
    pl_user_has_started(&f.b.user);
    pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
    iterate(&f, 1, 1);
    f.b.user.script_fault = cases[i].fault;
    f.b.user.unsendable = cases[i].unsendable;
    pl_user_ended(&f.b.user, PL_ITERATION_FAILED, "boom");
    const pl_frame *frame = recorded(&f);
    assert_int_equal(frame->counts[0].iterations_broken, cases[i].broken);
    assert_int_equal(frame->counts[0].iterations_unserved, cases[i].unserved);
    end(&f);
  }
}

/* ---- What scripts record ------------------------------------------------------------------------ */

static void a_check_reaches_back_within_its_iteration(void **state)
{
  still_user f;
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
  request(&f, 0, 1);
  pl_user_check(&f.b.user, &second, check, false); /* of the iteration before: it stays as it was counted */
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_frame *frame = recorded(&f);
  assert_int_equal(outcomes(&f, PL_FAIL_CHECK), 1);
  assert_int_equal(outcomes(&f, PL_FAIL_NONE), 2);
  assert_true(frame->tallies[check].n == 4 && frame->tallies[check].sum == 1);
  end(&f);
}

/* As a check does: the last request's outcome waits, an earlier one's moves, and what is settled stays. */
static void a_body_that_cannot_be_decoded_fails_its_request(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  pl_answered first = request(&f, 0, 1), second = request(&f, 0, 1), third = request(&f, 0, 1);
  pl_user_check(&f.b.user, &second, pl_worker_check(&f.b.worker, &f.b.scenario, PL_STR("c")), false);
  pl_user_undecodable(&f.b.user, &first, "no whole gzip");
  pl_user_undecodable(&f.b.user, &second, "no whole gzip");
  pl_user_undecodable(&f.b.user, &third, "no whole gzip");
  assert_true(first.outcome == PL_FAIL_PROTOCOL && second.outcome == PL_FAIL_CHECK && third.outcome == PL_FAIL_PROTOCOL);
  pl_user_ended(&f.b.user, PL_ITERATION_FAILED, "boom");
  const pl_frame *frame = recorded(&f);
  assert_int_equal(outcomes(&f, PL_FAIL_PROTOCOL), 2);
  assert_int_equal(outcomes(&f, PL_FAIL_CHECK), 1);
  assert_int_equal(frame->counts[0].iterations_broken, 0);
  end(&f);
}

/* What moves behind the end of the measured part does so where it was counted, else the second of the end would have too few. */
static void a_check_behind_the_end_moves_what_was_counted_there(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  f.b.executor.end_ns = f.b.clock.mono;
  iterate(&f, 0, 0);
  pl_answered first = request(&f, 0, 1);
  (void)request(&f, 0, 1);
  pl_user_check(&f.b.user, &first, pl_worker_check(&f.b.worker, &f.b.scenario, PL_STR("c")), false);
  pl_user_ended(&f.b.user, PL_ITERATION_OK, NULL);
  const pl_cell *c = pl_frame_cell(recorded(&f), slot(&f));
  assert_int_equal(c->n_outcomes, 2);
  for (uint32_t i = 0; i < c->n_outcomes; i++)
    assert_true(c->outcomes[i].late && c->outcomes[i].count == 1);
  end(&f);
}

static void groups_metrics_and_notes(void **state)
{
  still_user f;
  (void)state;
  begin(&f);
  iterate(&f, 0, 0);
  pl_user_group(&f.b.user, PL_STR("cart"), 5 * PL_MS_NS);
  pl_user_metric(&f.b.user, PL_STR("items"), 3);
  pl_user_metric(&f.b.user, PL_STR("items"), 4);
  pl_user_note(&f.b.user, "cleanup: boom");
  const pl_frame *frame = recorded(&f);
  assert_int_equal(dist(&f, pl_worker_slot(&f.b.worker, &f.b.scenario, PL_STR("cart"), PL_STR("")), PL_DIST_GROUP)->max, 5 * PL_MS_NS);
  assert_int_equal(frame->n_labels, 2);
  assert_int_equal(pl_recorder_label_key(f.b.worker.recorder, 0)->kind, PL_LABEL_METRIC);
  assert_true(frame->tallies[0].n == 2 && frame->tallies[0].sum == 7);
  assert_int_equal(pl_recorder_label_key(f.b.worker.recorder, 1)->kind, PL_LABEL_ERROR);
  assert_int_equal(frame->tallies[1].n, 1);
  end(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(expected_statuses),
      cmocka_unit_test(parts_of_another_protocol_are_good_when_their_status_is_0),
      cmocka_unit_test(what_is_read_late_counts_from_when_it_was_waited_for),
      cmocka_unit_test(an_answer_that_was_known_is_in_no_figure),
      cmocka_unit_test(an_iteration_of_answers_that_were_known_is_broken),
      cmocka_unit_test(durations_are_of_answers_and_timeouts),
      cmocka_unit_test(a_phase_that_a_limit_has_cut_is_left_out),
      cmocka_unit_test(requests_behind_a_timeout_have_its_latency),
      cmocka_unit_test(an_abort_before_the_send),
      cmocka_unit_test(answers_that_are_not_the_last_of_their_batch),
      cmocka_unit_test(what_a_grant_forbids_is_no_failure_of_the_target),
      cmocka_unit_test(what_a_server_speaks_instead_is_counted),
      cmocka_unit_test(what_this_machine_had_nothing_left_for_never_left),
      cmocka_unit_test(a_warm_up_is_in_no_figure),
      cmocka_unit_test(scripts_that_are_broken),
      cmocka_unit_test(what_start_did_not_get_explains_later_errors),
      cmocka_unit_test(a_check_reaches_back_within_its_iteration),
      cmocka_unit_test(a_body_that_cannot_be_decoded_fails_its_request),
      cmocka_unit_test(a_check_behind_the_end_moves_what_was_counted_there),
      cmocka_unit_test(groups_metrics_and_notes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

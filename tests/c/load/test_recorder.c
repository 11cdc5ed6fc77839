#include "load/recorder.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

#define START (100 * PL_S_NS)
#define QUARTER PL_FRAME_NS

static const pl_scenario scenarios[] = {{.name = {"browse", 6}}, {.name = {"ping", 4}}};
static const pl_plan plan = {.scenarios = scenarios, .n_scenarios = 2, .names_max = 3};

static void count_call(void *user)
{
  ++*(int *)user;
}

static pl_recorder *begun(const pl_allocator *a, int *handed)
{
  pl_recorder *r;
  pl_recorder_options o = {.alloc = a, .plan = &plan, .handed = count_call, .user = handed};
  assert_int_equal(pl_recorder_new(&o, &r, NULL), 0);
  pl_recorder_begin(r, START, 0);
  return r;
}

static const uint32_t no_users[2] = {0, 0};
static const pl_recorder_state idle = {.users = no_users, .users_top = no_users};

static uint64_t recorded(const pl_frame *f, uint32_t slot, enum pl_dist which)
{
  const pl_cell *c = pl_frame_cell(f, slot);
  return c && c->dist[which] ? c->dist[which]->count : 0;
}

static pl_frame *take(pl_recorder *r, uint64_t index)
{
  pl_frame *f = pl_recorder_take(r);
  assert_non_null(f);
  assert_int_equal(f->index, index);
  return f;
}

static void a_record_goes_by_its_own_time(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  pl_record_dist(r, START + 10, 0, PL_DIST_LATENCY, 5);
  pl_record_dist(r, START + QUARTER, 0, PL_DIST_LATENCY, 6); /* before the tick: into the later frame */
  pl_record_dist(r, START + QUARTER - 1, 0, PL_DIST_LATENCY, 7); /* and still into the first */
  assert_int_equal(handed, 0);
  pl_recorder_tick(r, START + QUARTER + 100, &idle);
  assert_int_equal(handed, 1);
  pl_frame *f = take(r, 0);
  assert_int_equal(recorded(f, 0, PL_DIST_LATENCY), 2);
  pl_recorder_give_back(r, f);
  pl_recorder_end(r, START + QUARTER + 200, &idle);
  f = take(r, 1);
  assert_int_equal(recorded(f, 0, PL_DIST_LATENCY), 1);
  assert_true(f->last);
  assert_null(pl_recorder_take(r));
  pl_recorder_free(r);
}

/* After a stall the starts that were due meanwhile are looked at in order, and find their intervals. */
static void starts_that_were_looked_at_late_count_in_their_interval(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  for (uint64_t t = START; t < START + 8 * QUARTER; t += QUARTER / 5)
    pl_record_counts(r, t, 1)->planned++;
  pl_recorder_tick(r, START + 8 * QUARTER, &idle);
  for (uint64_t i = 0; i < 8; i++) {
    pl_frame *f = take(r, i);
    assert_int_equal(f->counts[1].planned, 5);
    assert_int_equal(f->counts[0].planned, 0);
    pl_recorder_give_back(r, f);
  }
  pl_recorder_free(r);
}

static void frames_come_back_empty(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  for (uint64_t i = 0; i < 100; i++) {
    uint64_t t = START + i * QUARTER;
    pl_record_dist(r, t, 1, PL_DIST_LAG, 1000);
    pl_record_outcome(r, t, 1, 200, PL_FAIL_NONE, false);
    pl_record_receive_lag(r, t, 50);
    pl_recorder_tick(r, t + QUARTER, &(pl_recorder_state){.cpu_ns = (i + 1) * 1000, .users = no_users, .users_top = no_users});
    pl_frame *f = take(r, i);
    assert_int_equal(recorded(f, 1, PL_DIST_LAG), 1);
    assert_int_equal(pl_frame_cell(f, 1)->outcomes[0].count, 1);
    assert_int_equal(f->receive_lag.count, 1);
    assert_int_equal(f->cpu_ns, 1000);
    assert_int_equal(f->wall_ns, QUARTER);
    pl_recorder_give_back(r, f);
  }
  pl_recorder_free(r);
}

/* A collector that takes nothing: frames run out, the open ones grow longer, no record is lost. */
static void nothing_is_lost_when_nobody_takes_frames(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  uint64_t all = 4 * PL_FRAMES_MAX, found = 0;
  for (uint64_t i = 0; i < all; i++) {
    pl_record_dist(r, START + i * QUARTER, 0, PL_DIST_LATENCY, 9);
    pl_recorder_tick(r, START + (i + 1) * QUARTER, &idle);
    assert_true(pl_recorder_due(r) > START + (i + 1) * QUARTER); /* nobody spins meanwhile */
  }
  pl_recorder_end(r, START + all * QUARTER, &idle);
  for (pl_frame *f; (f = pl_recorder_take(r)) != NULL; pl_recorder_give_back(r, f))
    found += recorded(f, 0, PL_DIST_LATENCY);
  assert_int_equal(found, all);
  assert_true(handed <= PL_FRAMES_MAX);
  pl_recorder_free(r);
}

/* An allocator that knows how much is held. */
static void *held_fn(void *user, void *p, size_t old_size, size_t size)
{
  size_t *held = user;
  void *moved = pl_alloc_default.fn(NULL, p, old_size, size);
  *held += size - (p ? old_size : 0);
  return moved;
}

/* One quarter second, taken and given back at once. */
static void quarter(pl_recorder *r, uint64_t i)
{
  pl_record_dist(r, START + i * QUARTER, 0, PL_DIST_LATENCY, 9);
  pl_recorder_tick(r, START + (i + 1) * QUARTER, &idle);
  for (pl_frame *f; (f = pl_recorder_take(r)) != NULL;)
    pl_recorder_give_back(r, f);
}

static void frames_of_a_lag_go_when_it_is_over(void **state)
{
  (void)state;
  int handed = 0;
  size_t held = 0;
  pl_allocator a = {held_fn, &held};
  pl_recorder *r = begun(&a, &handed);
  uint64_t i = 0;
  while (i < 8)
    quarter(r, i++);
  size_t before = held;
  for (; i < PL_FRAMES_MAX; i++) {
    pl_record_dist(r, START + i * QUARTER, 0, PL_DIST_LATENCY, 9);
    pl_recorder_tick(r, START + (i + 1) * QUARTER, &idle);
  }
  size_t frames = (held - before) / (PL_FRAMES_MAX - 8);
  assert_true(frames > 0);
  for (uint64_t end = i + PL_FRAMES_MAX; i < end; i++)
    quarter(r, i);
  assert_true(held <= before + (PL_FRAMES_A_SECOND + 1) * frames);
  pl_recorder_free(r);
  assert_int_equal(held, 0);
}

/* Frames are made whenever a collector lags: none holds room for names and labels that it does not speak of. */
static void a_frame_costs_what_it_speaks_of(void **state)
{
  enum { FRAMES = 10, HISTS = 3 };
  const pl_plan many = {.scenarios = scenarios, .n_scenarios = 2, .names_max = 100000};
  int handed = 0;
  size_t held = 0;
  pl_allocator a = {held_fn, &held};
  pl_recorder *r;
  pl_recorder_options o = {.alloc = &a, .plan = &many, .handed = count_call, .user = &handed};
  (void)state;
  assert_int_equal(pl_recorder_new(&o, &r, NULL), 0);
  pl_recorder_begin(r, START, 0);
  uint32_t check = pl_recorder_label(r, PL_LABEL_CHECK, 0, PL_STR("status"));
  size_t before = held;
  for (uint64_t i = 0; i < FRAMES; i++) {
    pl_record_dist(r, START + i * QUARTER, 0, PL_DIST_LATENCY, 9);
    pl_record_label(r, START + i * QUARTER, check, 1);
    pl_recorder_tick(r, START + (i + 1) * QUARTER, &idle);
  }
  assert_int_equal(handed, FRAMES);
  assert_true((held - before) / FRAMES < HISTS * sizeof(pl_hist) + 10000);
  for (pl_frame *f; (f = pl_recorder_take(r)) != NULL; pl_recorder_give_back(r, f))
    assert_true(recorded(f, 0, PL_DIST_LATENCY) == 1 && f->tallies[check].n == 1);
  pl_recorder_free(r);
  assert_int_equal(held, 0);
}

static void names_beyond_the_limit_are_other(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  uint32_t a = pl_recorder_slot(r, 0, PL_STR("a"), PL_STR("GET"));
  assert_int_equal(pl_recorder_slot(r, 0, PL_STR("a"), PL_STR("GET")), a);
  assert_int_not_equal(pl_recorder_slot(r, 1, PL_STR("a"), PL_STR("GET")), a);
  assert_int_not_equal(pl_recorder_slot(r, 0, PL_STR("a"), PL_STR("PUT")), a);
  uint32_t other = pl_recorder_slot(r, 0, PL_STR("b"), PL_STR("GET"));
  assert_true(pl_str_eqc(pl_recorder_slot_key(r, other)->name, "__other__"));
  assert_int_equal(pl_recorder_slot(r, 0, PL_STR("c"), PL_STR("GET")), other);
  assert_int_not_equal(pl_recorder_slot(r, 1, PL_STR("c"), PL_STR("GET")), other);
  assert_int_equal(pl_recorder_slot(r, 0, PL_STR("a"), PL_STR("GET")), a);
  const pl_slot_key *k = pl_recorder_slot_key(r, a);
  assert_true(pl_str_eqc(k->name, "a") && pl_str_eqc(k->method, "GET") && k->scenario == 0);
  pl_recorder_free(r);
}

static void script_errors_beyond_the_limit_are_other(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  uint32_t last = 0;
  for (int i = 0; i < PL_TEXTS_MAX + 10; i++) {
    char text[32];
    (void)snprintf(text, sizeof text, "error %d", i);
    last = pl_recorder_label(r, PL_LABEL_ERROR, 0, pl_str_of(text));
  }
  assert_true(pl_str_eqc(pl_recorder_label_key(r, last)->text, "other"));
  assert_int_not_equal(pl_recorder_label(r, PL_LABEL_CHECK, 0, PL_STR("error 0")), last);
  pl_recorder_free(r);
}

static void many_statuses_fold_but_are_counted(void **state)
{
  (void)state;
  int handed = 0;
  pl_recorder *r = begun(&pl_alloc_default, &handed);
  for (int status = 200; status < 400; status++)
    pl_record_outcome(r, START, 0, status, PL_FAIL_NONE, false);
  pl_record_outcome(r, START, 0, 599, PL_FAIL_STATUS, false);
  pl_recorder_end(r, START + 1, &idle);
  pl_frame *f = take(r, 0);
  uint64_t ok = 0, failed = 0;
  for (uint32_t i = 0; i < pl_frame_cell(f, 0)->n_outcomes; i++) {
    const pl_outcome_count *o = &pl_frame_cell(f, 0)->outcomes[i];
    *(o->outcome == PL_FAIL_NONE ? &ok : &failed) += o->count;
  }
  assert_int_equal(ok, 200);
  assert_int_equal(failed, 1);
  pl_recorder_free(r);
}

static int life(const pl_allocator *a, void *user)
{
  (void)user;
  int handed = 0;
  pl_recorder *r;
  pl_recorder_options o = {.alloc = a, .plan = &plan, .handed = count_call, .user = &handed};
  int code = pl_recorder_new(&o, &r, NULL);
  if (code)
    return code;
  pl_recorder_begin(r, START, 0);
  pl_record_dist(r, START, pl_recorder_slot(r, 0, PL_STR("x"), PL_STR("GET")), PL_DIST_LATENCY, 5);
  pl_recorder_tick(r, START + QUARTER, &idle);
  pl_recorder_end(r, START + QUARTER, &idle);
  uint64_t kept = 0, lost = 0;
  for (pl_frame *f; (f = pl_recorder_take(r)) != NULL; pl_recorder_give_back(r, f)) {
    for (const pl_cell *c = f->touched; c; c = c->next) {
      kept += c->dist[PL_DIST_LATENCY] ? c->dist[PL_DIST_LATENCY]->count : 0;
      lost += c->dist[PL_DIST_LATENCY] ? c->dist[PL_DIST_LATENCY]->lost : 0;
    }
    lost += f->lost;
  }
  assert_int_equal(kept + lost, 1); /* never silent */
  pl_recorder_free(r);
  const failing *f = a->user;
  return f->calls >= f->fail_at ? PL_ENOMEM : PL_OK;
}

static void survives_failing_allocations(void **state)
{
  (void)state;
  failing_every(life, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_record_goes_by_its_own_time),
      cmocka_unit_test(starts_that_were_looked_at_late_count_in_their_interval),
      cmocka_unit_test(frames_come_back_empty),
      cmocka_unit_test(nothing_is_lost_when_nobody_takes_frames),
      cmocka_unit_test(frames_of_a_lag_go_when_it_is_over),
      cmocka_unit_test(a_frame_costs_what_it_speaks_of),
      cmocka_unit_test(names_beyond_the_limit_are_other),
      cmocka_unit_test(script_errors_beyond_the_limit_are_other),
      cmocka_unit_test(many_statuses_fold_but_are_counted),
      cmocka_unit_test(survives_failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

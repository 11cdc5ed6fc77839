/* Batches of one user: what is recorded, the rate cap, the end of the load. */
#include "load/batch.h"
#include "load/whole_load.h"

enum { PARTS = 5 };

typedef struct batching {
  script base;
  pl_batch batch;
  pl_part parts[PARTS];
  int answers;
  uint64_t began_ns;
  bool bad; /* the third part's check fails */
} batching;

static void begin(void *world, pl_user *u)
{
  batching *b = world;
  b->base.begins++;
  b->batch.user = u;
  b->batch.parts = b->parts;
  b->batch.n = PARTS;
  for (int i = 0; i < PARTS; i++) {
    pl_part_fini(&b->parts[i]);
    pl_part_init(&b->parts[i], &pl_alloc_default, 1 << 16);
    b->parts[i].slot = b->base.slot;
    b->parts[i].exchange.endpoint = b->base.endpoint;
    b->parts[i].exchange.head = (pl_str){b->base.head.data, b->base.head.len};
    b->parts[i].exchange.timeout_ns = 20 * PL_S_NS;
    b->parts[i].exchange.want_body = true;
  }
  b->began_ns = pl_now(&pl_clock_system);
  pl_batch_start(&b->batch);
}

static void check_all(void *world, pl_user *u)
{
  batching *b = world;
  b->answers++;
  for (int i = 0; i < PARTS; i++) {
    assert_true(pl_str_eqc(b->parts[i].exchange.answer.body, "ok"));
    assert_int_equal(b->parts[i].exchange.answer.status, 200);
    pl_user_check(u, &b->parts[i].answered, b->base.check, !b->bad || i != 2);
  }
  pl_user_ended(u, PL_ITERATION_OK, NULL);
}

static pl_script_table batches(fixture *f, batching *b, unsigned parallel)
{
  memset(b, 0, sizeof *b);
  for (int i = 0; i < PARTS; i++)
    pl_part_init(&b->parts[i], &pl_alloc_default, 0);
  b->batch.parallel = parallel;
  pl_script_table t = table_of(f, &b->base);
  t.begin = begin;
  t.answer = check_all;
  f->scenario.users = 1;
  f->scenario.iterations = 1;
  return t;
}

static void over(batching *b)
{
  for (int i = 0; i < PARTS; i++)
    pl_part_fini(&b->parts[i]);
}

static void each_part_is_a_request_with_its_own_checks(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  batching b;
  pl_script_table scripts = batches(f, &b, 2);
  b.bad = true;
  start(f, 0, &scripts);
  finish(f, &s);
  assert_int_equal(b.answers, 1);
  assert_int_equal(s.requests, PARTS);
  assert_int_equal(s.ok, PARTS - 1);
  assert_int_equal(s.errors[PL_FAIL_CHECK], 1);
  assert_int_equal(s.started, 1);
  assert_true(f->server.most <= 2);
  over(&b);
}

static void count_text(void *user, pl_str text, uint64_t count)
{
  (void)text;
  *(uint64_t *)user += count;
}

/* An HTTP status is no refusal of a peer that speaks another protocol. */
static void answered_parts_tell_of_no_failure(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  batching b;
  uint64_t failures = 0;
  pl_script_table scripts = batches(f, &b, PARTS);
  start(f, 0, &scripts);
  finish(f, &s);
  assert_int_equal(s.ok, PARTS);
  pl_load_texts(f->load, 0, PL_LABEL_FAILURE, count_text, &failures);
  assert_int_equal(failures, 0);
  over(&b);
}

static void the_rate_cap_counts_parts(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  batching b;
  pl_script_table scripts = batches(f, &b, PARTS);
  f->plan.rate_cap_per_s = 100;
  start(f, 0, &scripts);
  finish(f, &s);
  assert_int_equal(s.ok, PARTS);
  assert_true(b.parts[PARTS - 1].exchange.times.send - b.began_ns >= (PARTS - 1) * 10 * PL_MS_NS);
  over(&b);
}

/* Nothing is in flight then: the next part waits for an hour. */
static void a_batch_that_is_held_back_ends_with_the_load(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  batching b;
  pl_script_table scripts = batches(f, &b, PARTS);
  f->plan.rate_cap_per_s = 1.0 / 3600;
  start(f, 0, &scripts);
  while (b.parts[0].answered.request == 0 || b.batch.in_flight)
    uv_run(&f->loop, UV_RUN_ONCE);
  pl_load_stop(f->load, false);
  finish(f, &s);
  assert_int_equal(b.answers, 0);
  assert_int_equal(b.base.aborts, 1);
  assert_int_equal(s.ok, 1);
  over(&b);
}

static void parts_in_flight_end_with_the_load(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  batching b;
  pl_script_table scripts = batches(f, &b, 3);
  f->server.hold = true;
  start(f, 0, &scripts);
  while (b.batch.in_flight < 3)
    uv_run(&f->loop, UV_RUN_ONCE);
  pl_load_stop(f->load, false);
  finish(f, &s);
  assert_int_equal(b.answers, 0);
  assert_int_equal(b.base.aborts, 1);
  assert_int_equal(s.requests, 0);
  over(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_part_is_a_request_with_its_own_checks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(answered_parts_tell_of_no_failure, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_rate_cap_counts_parts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_batch_that_is_held_back_ends_with_the_load, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parts_in_flight_end_with_the_load, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

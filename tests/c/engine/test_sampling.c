/* Samplers on a loop: the first values at once, with source and labels; stopped and freed without a trace. */
#include "engine/sampling.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/desk.h"

typedef struct fixture {
  desk_fixture f;
  uv_loop_t loop;
  uv_idle_t alive; /* samplers alone do not keep a loop going */
  pl_sampling *sampling;
} fixture;

static void nothing(uv_idle_t *idle)
{
  (void)idle;
}

static int open_fixture(void **state)
{
  static fixture x;
  assert_int_equal(uv_loop_init(&x.loop), 0);
  uv_idle_init(&x.loop, &x.alive);
  uv_idle_start(&x.alive, nothing);
  desk_open(&x.f, &x.loop);
  x.sampling = pl_sampling_new(&x.f.desk);
  assert_non_null(x.sampling);
  *state = &x;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *x = *state;
  pl_sampling_free(x->sampling);
  uv_close((uv_handle_t *)&x->alive, NULL);
  uv_run(&x->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&x->loop), 0);
  desk_close(&x->f);
  return 0;
}

static uint32_t start(fixture *x, const pl_sample_request *q)
{
  uint32_t id = 99;
  pl_error err = {0};
  if (pl_sampling_start(x->sampling, q, &id, &err))
    fail_msg("%s", err.message);
  uv_run(&x->loop, UV_RUN_NOWAIT); /* the first tick is due at once */
  return id;
}

static void a_process_by_pid(void **state)
{
  fixture *x = *state;
  const int64_t pid = getpid();
  const pl_label own[] = {{PL_STR("team"), PL_STR("shop")}, {PL_STR("process"), PL_STR("not this")}};
  (void)start(x, &(pl_sample_request){.kind = PL_STR("process"), .every_ns = PL_S_NS, .role = PL_STR("target"), .name = PL_STR("me"), .labels = own,
                                      .n_labels = 2, .pids = &pid, .n_pids = 1});
  assert_string_equal(desk_select(x->f.desk.store, "SELECT kind, instance, role FROM sources"), "process here target");
  assert_string_equal(desk_select(x->f.desk.store, "SELECT DISTINCT s.labels, p.run_id, p.ts_ns FROM points p JOIN series s ON s.id = p.series_id"
                                                   " WHERE s.name LIKE '%resident_memory_bytes'"), "{\"process\":\"me\",\"team\":\"shop\"} 3 1000000000000");
}

static void ticks_go_on_until_it_is_stopped(void **state)
{
  fixture *x = *state;
  uint32_t id = start(x, &(pl_sample_request){.kind = PL_STR("self"), .every_ns = PL_MS_NS});
  char first[32];
  (void)snprintf(first, sizeof first, "%s", desk_select(x->f.desk.store, "SELECT count(DISTINCT ts_ns) FROM points"));
  assert_string_equal(first, "1");
  pl_fake_clock_advance(&x->f.clock, PL_S_NS);
  while (strcmp(desk_select(x->f.desk.store, "SELECT count(DISTINCT ts_ns) FROM points"), "2") != 0)
    uv_run(&x->loop, UV_RUN_NOWAIT);
  pl_sampling_stop(x->sampling, id);
  pl_sampling_stop(x->sampling, id); /* again: nothing */
  pl_sampling_stop(x->sampling, 1000);
  assert_int_equal(start(x, &(pl_sample_request){.kind = PL_STR("self"), .every_ns = PL_S_NS}), id); /* its place is free */
}

enum { BUSY_MS = 15 };

/* A loop that looks at its timers each 15 ms. */
static void be_busy(uv_idle_t *idle)
{
  fixture *x = idle->data;
  (void)usleep(BUSY_MS * 1000);
  pl_fake_clock_advance(&x->f.clock, BUSY_MS * PL_MS_NS);
}

/* Each 20 ms: 25 in half a second. Were each tick's lateness passed on to the next one, it would be 16, one each 30 ms. */
static int ticks_of_half_a_second(fixture *x)
{
  uint32_t id = start(x, &(pl_sample_request){.kind = PL_STR("self"), .every_ns = 20 * PL_MS_NS});
  int before = atoi(desk_select(x->f.desk.store, "SELECT count(DISTINCT ts_ns) FROM points"));
  uint64_t until_ms = uv_now(&x->loop) + 500;
  while (uv_now(&x->loop) < until_ms)
    uv_run(&x->loop, UV_RUN_NOWAIT);
  pl_sampling_stop(x->sampling, id);
  return atoi(desk_select(x->f.desk.store, "SELECT count(DISTINCT ts_ns) FROM points")) - before;
}

static void a_late_tick_makes_no_other_late(void **state)
{
  fixture *x = *state;
  x->alive.data = x;
  uv_idle_stop(&x->alive);
  uv_idle_start(&x->alive, be_busy);
  int ticks = 0;
  for (int tries = 0; tries < 10 && ticks < 20; tries++) /* a machine that is busy itself loses some */
    ticks = ticks_of_half_a_second(x);
  assert_in_range(ticks, 20, 26);
}

static void what_cannot_start(void **state)
{
  fixture *x = *state;
  uint32_t id = 99;
  pl_error err = {0};
  const pl_sample_request self = {.kind = PL_STR("self"), .every_ns = PL_S_NS};
  assert_int_equal(pl_sampling_start(x->sampling, &(pl_sample_request){.kind = PL_STR("moon")}, &id, &err), PL_EINVAL);
  assert_int_equal(pl_sampling_start(x->sampling, &(pl_sample_request){.kind = PL_STR("process"), .name = PL_STR("no_such_process_x")}, &id, NULL), PL_ENOENT);
  assert_int_equal(id, 99);
  for (int i = 0; i < 64; i++)
    assert_int_equal(pl_sampling_start(x->sampling, &self, &id, NULL), PL_OK);
  assert_int_equal(pl_sampling_start(x->sampling, &self, &id, NULL), PL_ELIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(a_process_by_pid), TEST(ticks_go_on_until_it_is_stopped), TEST(a_late_tick_makes_no_other_late), TEST(what_cannot_start)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

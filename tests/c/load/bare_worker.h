/* One worker with one scenario and one user, without a loop or a socket: its clock moves when the test says so. One header, used by the
 * tests of this folder. */
#ifndef TEST_BARE_WORKER_H
#define TEST_BARE_WORKER_H

#include "load/worker.h"

#include <string.h>

#include "support/failing.h"

enum { BARE_BEGIN_S = 100 }; /* monotonic time at which a test begins, */
#define BARE_WALL_NS (1440938160 * (int64_t)PL_S_NS) /* and the wall's: 2015-08-30T12:36:00Z */

typedef struct bare_worker {
  pl_fake_clock clock;
  pl_scenario scenario;
  pl_plan plan;
  pl_worker worker;
  pl_executor executor;
  pl_user user;
  uint32_t users, users_top;
} bare_worker;

static inline void bare_handed(void *user)
{
  (void)user;
}

/* The scenario asks for url, which must live; the user is the test's to make. */
static inline void bare_open(bare_worker *b, const pl_allocator *a, const char *url)
{
  memset(b, 0, sizeof *b);
  pl_fake_clock_init(&b->clock, BARE_BEGIN_S * PL_S_NS, BARE_WALL_NS);
  b->scenario = (pl_scenario){.name = PL_STR("s"), .method = PL_STR("GET")};
  assert_int_equal(pl_url_parse(pl_str_of(url), &b->scenario.url, NULL), PL_OK);
  b->plan = (pl_plan){.scenarios = &b->scenario, .n_scenarios = 1, .seed = 1};
  pl_recorder_options o = {.alloc = &pl_alloc_default, .plan = &b->plan, .handed = bare_handed};
  assert_int_equal(pl_recorder_new(&o, &b->worker.recorder, NULL), PL_OK);
  pl_recorder_begin(b->worker.recorder, BARE_BEGIN_S * PL_S_NS, 0);
  b->worker.o = (pl_worker_options){.alloc = a, .clock = &b->clock.clock, .plan = &b->plan, .workers = 1};
  b->worker.plan = &b->plan;
  b->worker.wheel = pl_wheel_new(&pl_alloc_default, BARE_BEGIN_S * PL_S_NS);
  b->worker.ready_end = &b->worker.ready;
  b->executor = (pl_executor){.worker = &b->worker, .scenario = &b->scenario, .end_ns = UINT64_MAX};
  b->executor.request.parts = (pl_request_parts){.method = b->scenario.method, .url = &b->scenario.url};
  pl_buf_init(&b->executor.request.head, a, 1 << 16);
  pl_buf_init(&b->executor.token.value, a, 1 << 16);
}

static inline void bare_close(bare_worker *b)
{
  if (b->user.worker)
    pl_user_fini(&b->user);
  pl_buf_fini(&b->executor.token.value);
  pl_buf_fini(&b->executor.request.head);
  pl_wheel_free(b->worker.wheel);
  pl_recorder_free(b->worker.recorder);
}

#endif

/* A merger of two workers whose sink writes down what it is given, for the tests of merge*.c. */
#ifndef TESTS_LOAD_MERGING_H
#define TESTS_LOAD_MERGING_H

#include "load/merge.h"

#include <stdio.h>
#include <string.h>

#include "load/recorder.h"
#include "support/failing.h"

#define START (100 * PL_S_NS)
#define START_MS INT64_C(1700000000000)
enum { WORKERS = 2 };

static const pl_scenario scenarios[] = {
    {.name = {"open", 4}, .model = PL_MODEL_OPEN},
    {.name = {"closed", 6}, .model = PL_MODEL_CLOSED},
};
static const pl_plan plan = {.scenarios = scenarios, .n_scenarios = 2};
static const uint32_t no_users[2] = {0, 0};
static const pl_recorder_state idle = {.users = no_users, .users_top = no_users};

/* What the sink was given, as lines. */
typedef struct given {
  char text[64000];
  size_t len;
  int seconds, dones;
} given;

static inline void write_line(given *g, const char *format, ...) PL_PRINTF(2, 3);
static inline void write_line(given *g, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int n = vsnprintf(g->text + g->len, sizeof g->text - g->len, format, args);
  va_end(args);
  assert_true(n >= 0 && (size_t)n < sizeof g->text - g->len);
  g->len += (size_t)n;
}

static inline void on_dist(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms,
                    unsigned resolution_s, const pl_hist *h)
{
  write_line(user, "dist %.*s/%.*s %d @%d r%u n%d max%d\n", (int)key->scenario.len, key->scenario.data,
             (int)key->name.len, key->name.data, (int)which, (int)(ts_ms - START_MS), resolution_s, (int)h->count,
             (int)h->max);
}

static inline void on_count(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value,
                     const char *label2, pl_str value2, int64_t ts_ms, double total)
{
  (void)label, (void)label2;
  write_line(user, "count %s %.*s %.*s %.*s @%d %g\n", metric, (int)key->scenario.len, key->scenario.data,
             (int)value.len, value.data, (int)value2.len, value2.data ? value2.data : "", (int)(ts_ms - START_MS),
             total);
}

static inline void on_gauge(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value)
{
  write_line(user, "gauge %s %.*s @%d %g\n", metric, (int)key->scenario.len, key->scenario.data,
             (int)(ts_ms - START_MS), value);
}

static inline void on_examples(void *user, const pl_load_key *key, const pl_example_list *list, int64_t start_ms, uint64_t start_ns)
{
  assert_true(start_ms == START_MS && start_ns == START);
  write_line(user, "slow %.*s/%.*s n%u %d to %d\n", (int)key->scenario.len, key->scenario.data, (int)key->name.len, key->name.data, list->n,
             (int)list->items[0].latency_ns, (int)list->items[list->n - 1].latency_ns);
}

static inline void on_second(void *user, int64_t ts_ms)
{
  given *g = user;
  assert_true(ts_ms == START_MS + 1000 * g->seconds || ts_ms == START_MS + 1500);
  g->seconds++;
}

static inline void on_done(void *user)
{
  ((given *)user)->dones++;
}

typedef struct fixture {
  given *g;
  pl_recorder *recorders[WORKERS];
  pl_merge *merge;
} fixture;

static inline void handed(void *user)
{
  (void)user;
}

static inline int fixture_init_sink(fixture *f, const pl_allocator *a, given *g, const pl_load_sink *sink)
{
  *f = (fixture){.g = g};
  pl_recorder_options o = {.alloc = a, .plan = &plan, .handed = handed};
  for (int i = 0; i < WORKERS; i++) {
    if (pl_recorder_new(&o, &f->recorders[i], NULL))
      return PL_ENOMEM;
    pl_recorder_begin(f->recorders[i], START, 0);
  }
  pl_merge_options m = {.alloc = a, .plan = &plan, .recorders = f->recorders, .workers = WORKERS, .sink = *sink};
  int code = pl_merge_new(&m, &f->merge, NULL);
  if (!code)
    pl_merge_begin(f->merge, START_MS, START);
  return code;
}

static inline int fixture_init(fixture *f, const pl_allocator *a, given *g)
{
  return fixture_init_sink(f, a, g, &(pl_load_sink){.dist = on_dist, .count = on_count, .gauge = on_gauge, .examples = on_examples, .second = on_second,
                                                        .done = on_done, .user = g});
}

static inline void fixture_fini(fixture *f)
{
  pl_merge_free(f->merge);
  for (int i = 0; i < WORKERS; i++)
    pl_recorder_free(f->recorders[i]);
}

/* A request of a worker that ended at t with this latency. */
static inline void request(fixture *f, int worker, uint32_t scenario, uint64_t t, uint64_t latency, int status)
{
  pl_recorder *r = f->recorders[worker];
  uint32_t slot = pl_recorder_slot(r, scenario, PL_STR("page"), PL_STR("GET"));
  if (pl_record_latency(r, t, slot, latency))
    pl_record_example(r, slot, &(pl_example){.latency_ns = latency, .end_ns = t});
  pl_record_outcome(r, t, slot, status, status < 400 ? PL_FAIL_NONE : PL_FAIL_STATUS,
                    scenario == 0 && t > START + PL_S_NS + PL_S_NS / 2);
}

static inline void tick(fixture *f, int worker, uint64_t t)
{
  pl_recorder_tick(f->recorders[worker], t, &idle);
}

static inline void expect_line(const given *g, const char *line, int times)
{
  int n = 0;
  for (const char *p = g->text; (p = strstr(p, line)) != NULL; p++)
    n += p == g->text || p[-1] == '\n';
  if (n != times)
    fail_msg("%d times, not %d: %s\n%s", n, times, line, g->text);
}

static inline void end_all(fixture *f, uint64_t t)
{
  for (int w = 0; w < WORKERS; w++)
    pl_recorder_end(f->recorders[w], t, &idle);
  assert_true(pl_merge_run(f->merge));
}

#endif

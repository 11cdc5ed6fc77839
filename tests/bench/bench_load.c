/* bench_load URL [users [seconds [workers [rate [max_connections]]]]]: one static scenario, closed with that
 * many users, or open when a rate is given. Prints requests, requests per CPU-second of the workers, latency. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "load/load.h"

static void no_dist(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms,
                    unsigned resolution_s, const pl_hist *h)
{
  (void)user, (void)key, (void)which, (void)ts_ms, (void)resolution_s, (void)h;
}

static void no_count(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value,
                     const char *label2, pl_str value2, int64_t ts_ms, double total)
{
  (void)user, (void)metric, (void)key, (void)label, (void)value, (void)label2, (void)value2, (void)ts_ms;
  (void)total;
}

static void no_gauge(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value)
{
  (void)user, (void)metric, (void)key, (void)ts_ms, (void)value;
}

static void no_examples(void *user, const pl_load_key *key, const pl_example_list *list, int64_t start_ms, uint64_t start_ns)
{
  (void)user, (void)key, (void)list, (void)start_ms, (void)start_ns;
}

static void no_second(void *user, int64_t ts_ms)
{
  (void)user, (void)ts_ms;
}

static void no_done(void *user)
{
  (void)user;
}

static bool all_granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  (void)user, (void)host, (void)port, (void)address;
  return true;
}

static void on_done(void *user)
{
  *(bool *)user = true;
}

static double number(int argc, char **argv, int i, double fallback)
{
  double v = fallback;
  if (i < argc && !pl_str_double(pl_str_of(argv[i]), &v))
    v = fallback;
  return v;
}

static void print_dist(const pl_load *l, const char *name, enum pl_dist which)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  if (pl_load_hist(l, (pl_str){0}, (pl_str){0}, which, &h) == 0)
    printf("%-8s n %llu  p50 %.1f us  p99 %.1f us  max %.1f us\n", name, (unsigned long long)h.count,
           (double)pl_hist_quantile(&h, 0.5) / 1e3, (double)pl_hist_quantile(&h, 0.99) / 1e3,
           (double)h.max / 1e3);
  pl_hist_fini(&h);
}

static void print_result(const pl_load *l)
{
  pl_load_stats s;
  pl_load_stats_get(l, SIZE_MAX, &s);
  double cpu = 0, busy = 0;
  for (unsigned i = 0; i < pl_load_workers(l); i++) {
    pl_load_worker_stats w;
    pl_load_worker_stats_get(l, i, &w);
    cpu += w.cpu_s;
    busy = w.busy > busy ? w.busy : busy;
  }
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  printf("requests %llu ok %llu failed %llu aborted %llu in %.3f s: %.0f/s\n", (unsigned long long)s.requests,
         (unsigned long long)s.ok, (unsigned long long)s.failed, (unsigned long long)s.aborted, s.duration_s,
         s.rate_achieved);
  printf("starts planned %llu started %llu late %llu dropped %llu cancelled %llu; users %u; connections %llu\n",
         (unsigned long long)s.planned, (unsigned long long)s.started, (unsigned long long)s.late,
         (unsigned long long)s.dropped, (unsigned long long)s.cancelled, s.users_max,
         (unsigned long long)s.connections.max);
  printf("requests/CPU-s %.0f  cpu %.3f s  busy %.2f  rss %ld KB\n", (double)s.requests / cpu, cpu, busy,
         r.ru_maxrss);
  print_dist(l, "latency", PL_DIST_LATENCY);
  print_dist(l, "service", PL_DIST_SERVICE);
  print_dist(l, "lag", PL_DIST_LAG);
  pl_load_verdict v;
  pl_load_judge(l, &(pl_machine_health){0}, &v);
  for (unsigned i = 0; i < v.n_reasons; i++)
    printf("limited: %s\n", v.reasons[i]);
  for (unsigned i = 0; i < v.n_warnings; i++)
    printf("warning: %s\n", v.warnings[i]);
}

int main(int argc, char **argv)
{
  pl_error err = {0};
  pl_stage stage = {(uint64_t)(number(argc, argv, 3, 2) * 1e9), number(argc, argv, 2, 64), true};
  double rate = number(argc, argv, 5, 0);
  pl_scenario s = {.name = PL_STR("bench"), .model = rate > 0 ? PL_MODEL_OPEN : PL_MODEL_CLOSED,
                   .stages = &stage, .n_stages = 1, .duration_ns = stage.duration_ns, .grace_ns = 5 * PL_S_NS,
                   .max_users = 10000, .max_waiting = 100000, .timeout_ns = 30 * PL_S_NS,
                   .max_connections = (uint32_t)number(argc, argv, 6, 0), .method = PL_STR("GET")};
  if (rate > 0)
    stage.level = rate;
  if (argc < 2 || pl_url_parse(pl_str_of(argv[1]), &s.url, &err)) {
    fprintf(stderr, "usage: bench_load URL [users [seconds [workers [rate [max_connections]]]]]\n%s\n", err.message);
    return 2;
  }
  pl_plan plan = {.scenarios = &s, .n_scenarios = 1, .seed = 1, .granted = all_granted};
  uv_loop_t loop;
  uv_loop_init(&loop);
  bool done = false;
  pl_load_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .plan = &plan,
                       .workers = (unsigned)number(argc, argv, 4, 1), .control = &loop, .collector = &loop,
                       .sink = {no_dist, no_count, no_gauge, no_examples, no_second, no_done, NULL},
                       .done = on_done, .user = &done};
  pl_load *l;
  if (pl_load_start(&o, &l, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  while (!done)
    uv_run(&loop, UV_RUN_ONCE);
  if (pl_load_error(l)->code)
    fprintf(stderr, "%s\n", pl_load_error(l)->message);
  print_result(l);
  pl_load_free(l);
  uv_loop_close(&loop);
  return 0;
}

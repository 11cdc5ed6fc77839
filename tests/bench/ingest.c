/* The timeline's speed on one core: ingest, durable once a second, and reading all of it back.
 *   ingest FILE [SERIES [SAMPLES [STEP_MS]]]    a new file; SAMPLES in all, a tick of all series every STEP_MS
 * Values are gauges of two decimals and counters, in turn. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "store/store.h"

static double seconds(clockid_t clock)
{
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int code, const pl_error *err)
{
  if (code) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
  }
}

static void on_log(void *user, enum pl_log_level level, const char *component, const char *message)
{
  (void)user, (void)level;
  fprintf(stderr, "%s: %s\n", component, message);
}

static int64_t make_series(pl_store *s, int64_t source, size_t i)
{
  char text[32];
  int64_t id = 0;
  pl_error err = {0};
  (void)snprintf(text, sizeof text, "%zu", i);
  pl_label label = {PL_STR("i"), pl_str_of(text)};
  pl_series_spec spec = {.source = source, .name = PL_STR("bench"), .labels = &label, .n_labels = 1, .kind = PL_SERIES_GAUGE};
  must(pl_store_series(s, &spec, &id, &err), &err);
  return id;
}

static double value_of(size_t series, size_t tick)
{
  uint64_t noise = (series * 2654435761u + tick * 40503u) >> 7;
  return series & 1 ? (double)(tick * 17 + noise % 9) : round(5000 + 300 * sin((double)tick / 50) + (double)(noise % 100)) / 100;
}

static int count(void *user, int64_t ts_ns, double value)
{
  (void)ts_ns, (void)value;
  ++*(size_t *)user;
  return 0;
}

static void ingest(pl_store *s, const int64_t *ids, size_t n_series, size_t n, int64_t step_ms)
{
  pl_error err = {0};
  int64_t from_ns = pl_wall(&pl_clock_system) - (int64_t)(n / n_series) * step_ms * (int64_t)PL_MS_NS;
  double began = seconds(CLOCK_MONOTONIC), synced = began, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), longest = 0;
  for (size_t tick = 0; tick < n / n_series; tick++) {
    for (size_t i = 0; i < n_series; i++)
      (void)pl_store_sample(s, ids[i], 0, from_ns + (int64_t)tick * step_ms * (int64_t)PL_MS_NS, value_of(i, tick));
    double now = seconds(CLOCK_MONOTONIC);
    if (now - synced < 1 && tick + 1 < n / n_series)
      continue;
    must(pl_store_sync(s, &err), &err);
    synced = seconds(CLOCK_MONOTONIC);
    longest = fmax(longest, synced - now);
  }
  double wall = seconds(CLOCK_MONOTONIC) - began;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("ingest %.2f M samples/s, of CPU %.2f M/s, longest sync %.0f ms, %zu unstored, RSS %ld MB\n", (double)n / wall / 1e6,
         (double)n / (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6, longest * 1e3, (size_t)pl_store_unstored(s), usage.ru_maxrss / 1024);
}

static void read_all(pl_store *s, const int64_t *ids, size_t n_series)
{
  pl_reader *r;
  pl_error err = {0};
  size_t n = 0;
  must(pl_reader_of(s, &r, &err), &err);
  double began = seconds(CLOCK_MONOTONIC);
  must(pl_reader_samples(r, ids[0], 0, INT64_MIN, INT64_MAX, count, &n, &err), &err);
  double first = seconds(CLOCK_MONOTONIC);
  for (size_t i = 1; i < n_series; i++)
    must(pl_reader_samples(r, ids[i], 0, INT64_MIN, INT64_MAX, count, &n, &err), &err);
  printf("read   %.2f M samples/s, %zu of them; the first series %.1f ms\n", (double)n / (seconds(CLOCK_MONOTONIC) - began) / 1e6, n, (first - began) * 1e3);
  pl_reader_close(r);
}

int main(int argc, char **argv)
{
  size_t n_series = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000, n = argc > 3 ? strtoul(argv[3], NULL, 10) : 10000000;
  pl_log log = {.fn = on_log, .level = PL_LOG_WARN};
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .log = &log, .path = argv[1]};
  pl_store *s;
  pl_error err = {0};
  int64_t source = 0, *ids = calloc(n_series, sizeof *ids);
  if (argc < 2 || !ids || n_series == 0)
    return 2;
  must(pl_store_open(&o, &s, &err), &err);
  must(pl_store_source(s, PL_STR("bench"), PL_STR("here"), PL_STR("other"), PL_STR("synthetic"), &source, &err), &err);
  for (size_t i = 0; i < n_series; i++)
    ids[i] = make_series(s, source, i);
  ingest(s, ids, n_series, n / n_series * n_series, argc > 4 ? strtol(argv[4], NULL, 10) : 1000);
  read_all(s, ids, n_series);
  pl_store_close(s);
  struct stat st;
  if (stat(argv[1], &st) == 0)
    printf("file   %.2f bytes a sample\n", (double)st.st_size / (double)n);
  free(ids);
  return 0;
}

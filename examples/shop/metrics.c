/* See metrics.h. */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const double bounds[METRICS_BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

void metrics_count(metrics *m, unsigned page, unsigned status, double seconds)
{
  if (page < METRICS_PAGES && status / 100 < METRICS_CODES)
    m->requests[page][status / 100]++;
  int i = 0;
  while (i < METRICS_BUCKETS && seconds > bounds[i])
    i++;
  m->buckets[i]++;
  m->count++;
  m->sum_s += seconds;
}

static void write_requests(FILE *out, const metrics *m, const char *const *names, unsigned n_names)
{
  fputs("# HELP http_requests_total Requests answered.\n# TYPE http_requests_total counter\n", out);
  for (unsigned p = 0; p < n_names && p < METRICS_PAGES; p++) {
    for (unsigned code = 0; code < METRICS_CODES; code++) {
      if (m->requests[p][code])
        fprintf(out, "http_requests_total{page=\"%s\",code=\"%uxx\"} %" PRIu64 "\n", names[p], code, m->requests[p][code]);
    }
  }
}

static void write_durations(FILE *out, const metrics *m)
{
  uint64_t so_far = 0;
  fputs("# HELP http_request_duration_seconds Time from arrival to the end of the answer.\n"
        "# TYPE http_request_duration_seconds histogram\n", out);
  for (int i = 0; i < METRICS_BUCKETS; i++) {
    so_far += m->buckets[i];
    fprintf(out, "http_request_duration_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", bounds[i], so_far);
  }
  fprintf(out, "http_request_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\nhttp_request_duration_seconds_sum %.9g\n"
          "http_request_duration_seconds_count %" PRIu64 "\n", m->count, m->sum_s, m->count);
}

static void write_process(FILE *out)
{
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  unsigned long pages = 0;
  FILE *statm = fopen("/proc/self/statm", "re");
  if (statm) {
    if (fscanf(statm, "%*u %lu", &pages) != 1)
      pages = 0;
    fclose(statm);
  }
  fprintf(out, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.6f\n"
          "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lu\n", cpu, pages * (unsigned long)sysconf(_SC_PAGESIZE));
}

char *metrics_text(const metrics *m, const char *const *names, unsigned n_names, unsigned in_flight)
{
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  if (!out)
    return NULL;
  write_requests(out, m, names, n_names);
  write_durations(out, m);
  fprintf(out, "# TYPE shop_requests_in_flight gauge\nshop_requests_in_flight %u\n", in_flight);
  write_process(out);
  fclose(out);
  return text;
}

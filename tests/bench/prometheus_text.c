/* Speed of the parser of Prometheus text: prometheus_text FILE [openmetrics] reads the file again and again for a second of CPU and prints
 * megabytes a second, nanoseconds a sample, samples and refused lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "format/prometheus_text.h"

typedef struct counts {
  size_t samples, refused;
  double sum; /* so that values are used */
} counts;

static int on_sample(void *user, const pl_prometheus_sample *s)
{
  counts *c = user;
  c->samples++;
  c->sum += s->value;
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  counts *c = user;
  (void)r;
  c->refused++;
  return 0;
}

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int read_file(const char *path, pl_buf *out)
{
  char piece[65536];
  FILE *f = fopen(path, "rb");
  if (!f)
    return 1;
  for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) {
    if (pl_buf_add(out, piece, n))
      break;
  }
  return fclose(f) || out->bad;
}

int main(int argc, char **argv)
{
  enum pl_prometheus_dialect dialect = argc > 2 && strcmp(argv[2], "openmetrics") == 0 ? PL_PROMETHEUS_OPENMETRICS : PL_PROMETHEUS_TEXT;
  pl_buf text;
  counts c = {0};
  size_t rounds = 0;
  double from, taken;
  pl_buf_init(&text, &pl_alloc_default, SIZE_MAX);
  if (argc < 2 || read_file(argv[1], &text))
    return 1;
  from = seconds();
  do {
    pl_prometheus_events events = {on_sample, on_refused, &c};
    pl_prometheus *p;
    pl_str rest = {text.data, text.len};
    if (pl_prometheus_new(&pl_alloc_default, dialect, &events, &p) || pl_prometheus_read(p, &rest, true))
      return 1;
    pl_prometheus_free(p);
    rounds++;
  } while ((taken = seconds() - from) < 1);
  printf("%.0f MB/s  %.0f ns/sample  %zu samples  %zu refused\n", (double)text.len * (double)rounds / taken / 1e6,
         taken * 1e9 / (double)c.samples, c.samples / rounds, c.refused / rounds);
  pl_buf_fini(&text);
  return 0;
}

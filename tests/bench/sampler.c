/* CPU that one read of a sampler takes, and what the kernel takes of it: the same files read to their ends, and nothing done with
 * them. Each read also looks for what came and went, as one each second does. Prints microseconds of CPU of a read, of the
 * kernel alone, and the number of series: medians of the pairs.
 * sampler [READS] [SETS] */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "sample/sampler.h"

enum { DESCRIPTORS = 4096 };

typedef struct files {
  int fd[DESCRIPTORS];
  int n;
} files;

static double cpu_us(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void on_metric(void *user, uint32_t number, const pl_sample_metric *metric)
{
  (void)user, (void)number, (void)metric;
}

static void on_value(void *user, uint32_t number, double value)
{
  (void)number;
  *(double *)user += value;
}

/* What the sampler holds open: files alone, not folders. */
static void find_files(files *f)
{
  char link[64], name[512];
  for (int fd = 3; fd < DESCRIPTORS; fd++) {
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    char byte[1];
    if (n > 0 && (strncmp(name, "/proc/", 6) == 0 || strncmp(name, "/sys/", 5) == 0) && pread(fd, byte, 1, 0) >= 0)
      f->fd[f->n++] = fd;
  }
}

static void read_bare(const files *f)
{
  static char buffer[8 << 10];
  for (int i = 0; i < f->n; i++) {
    off_t at = 0;
    for (ssize_t n; (n = pread(f->fd[i], buffer, sizeof buffer, at)) > 0;)
      at += n;
  }
  struct statvfs v;
  (void)statvfs("/", &v);
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *list, int n)
{
  qsort(list, (size_t)n, sizeof *list, by_value);
  return list[n / 2];
}

int main(int argc, char **argv)
{
  int reads = argc > 1 ? atoi(argv[1]) : 200;
  double sum = 0, *ours = calloc((size_t)reads, sizeof *ours), *bare = calloc((size_t)reads, sizeof *bare);
  static files f;
  pl_sampler *s;
  pl_error err = {0};
  pl_sampler_options o = {.alloc = &pl_alloc_default, .sink = {on_metric, on_value, &sum}, .kind = PL_STR("host"), .name = PL_STR(""),
                          .scan_ns = 1, .sets = pl_str_of(argc > 2 ? argv[2] : "")};
  if (!ours || !bare || reads < 1 || pl_sampler_open(&o, &s, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  pl_sampler_read(s);
  find_files(&f);
  for (int i = 0; i < reads; i++) {
    double began = cpu_us();
    pl_sampler_read(s);
    double between = cpu_us();
    read_bare(&f);
    bare[i] = cpu_us() - between;
    ours[i] = between - began;
  }
  printf("%.1f %.1f %u\n", median(ours, reads), median(bare, reads), pl_sampler_series(s));
  pl_sampler_close(s);
  return 0;
}

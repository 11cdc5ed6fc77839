/* How long a timeline takes to open, and what rolling it up costs.
 *   open FILE make SERIES SAMPLES STEP_S    a new file of SERIES series with SAMPLES each, the last of them now
 *   open FILE                               opens it for reading, asks for one series and its last hour, opens it for writing; none of
 *                                           its pages are in memory before each
 *   open FILE spread TIMES                  TIMES as many series: each of them has copies, with the same samples
 *   open FILE gc DAYS                       rolls up, DAYS from now
 *   open FILE sum                           number, sum, least and greatest of all samples of each 40th series, also of those that others
 *                                           stand for: a roll-up does not change them */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"
#include "store/writer.h"

static double now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int code, const pl_error *err)
{
  if (code) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
  }
}

static long rss_mb(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

static pl_store *open_store(const char *path)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = path};
  pl_store *s;
  pl_error err = {0};
  must(pl_store_open(&o, &s, &err), &err);
  return s;
}

/* ---- Making it -------------------------------------------------------------------------------------- */

static int64_t make_series(pl_store *s, int64_t source, size_t i)
{
  char text[32];
  int64_t id = 0;
  pl_error err = {0};
  (void)snprintf(text, sizeof text, "%zu", i);
  pl_label label = {PL_STR("i"), pl_str_of(text)};
  pl_series_spec spec = {.source = source, .name = i % 1000 ? PL_STR("bench") : PL_STR("wanted"), .labels = &label, .n_labels = 1, .kind = PL_SERIES_GAUGE};
  must(pl_store_series(s, &spec, &id, &err), &err);
  return id;
}

static void make(const char *path, size_t n_series, size_t n, int64_t step_ns)
{
  pl_store *s = open_store(path);
  pl_error err = {0};
  int64_t source = 0, *ids = calloc(n_series, sizeof *ids), from_ns = pl_wall(&pl_clock_system) - (int64_t)n * step_ns;
  double began = now_s();
  must(ids ? pl_store_source(s, PL_STR("bench"), PL_STR("here"), PL_STR("other"), PL_STR("synthetic"), &source, &err) : PL_ENOMEM, &err);
  for (size_t i = 0; i < n_series; i++)
    ids[i] = make_series(s, source, i);
  for (size_t tick = 0; tick < n; tick++) {
    for (size_t i = 0; i < n_series; i++)
      (void)pl_store_sample(s, ids[i], 0, from_ns + (int64_t)tick * step_ns, round(5000 + 300 * sin((double)tick / 50) + (double)((i * 2654435761u + tick * 40503u) >> 7 & 63)) / 100);
  }
  must(pl_store_sync(s, &err), &err);
  pl_store_close(s);
  printf("made   %zu series, %zu samples each, in %.0f s\n", n_series, n, now_s() - began);
  free(ids);
}

/* Samples of a few series are made and sealed as they come; the others get the same bytes under numbers of their own: making and sealing
 * 526 million samples takes half an hour. */
static void spread(const char *path, int64_t times)
{
  static const char sql[] =
      "BEGIN IMMEDIATE; CREATE TEMP TABLE made AS SELECT *, id - (SELECT min(id) FROM series) AS at FROM series;"
      "CREATE TEMP TABLE copies AS WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < %lld - 1)"
      " SELECT id, (SELECT max(id) FROM made) + 1 + at + (n - 1) * (SELECT count(*) FROM made) AS copy FROM made, k;"
      "INSERT INTO series SELECT copy, source_id, 'bench', '{\"i\":\"' || copy || 'c\"}', kind, unit, help FROM copies JOIN made USING (id);"
      "INSERT INTO chunks(series_id, run_id, from_ns, to_ns, n, sealed, data)"
      " SELECT copy, run_id, from_ns, to_ns, n, sealed, data FROM copies JOIN chunks ON series_id = copies.id ORDER BY copy, from_ns; COMMIT";
  pl_store *s = open_store(path);
  char *text = sqlite3_mprintf(sql, (long long)times), *why = NULL;
  if (sqlite3_exec(s->connection.db, text, NULL, NULL, &why)) {
    fprintf(stderr, "%s\n", why);
    exit(1);
  }
  sqlite3_free(text);
  pl_store_close(s);
  printf("spread %lld times as many series\n", (long long)times);
}

/* ---- Opening it ------------------------------------------------------------------------------------- */

/* Asks the system to forget the file. */
static void forget(const char *path)
{
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fdatasync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
    fprintf(stderr, "%s stays in memory\n", path);
  close(fd);
}

static int take_first(void *user, const pl_series_info *info)
{
  *(int64_t *)user = info->id;
  return 1;
}

static int count(void *user, int64_t ts_ns, double value)
{
  (void)ts_ns, (void)value;
  ++*(size_t *)user;
  return 0;
}

static void ask(pl_reader *r)
{
  pl_error err = {0};
  int64_t series = 0, now_ns = pl_wall(&pl_clock_system);
  size_t n = 0;
  must(pl_reader_series(r, PL_STR("wanted"), NULL, 0, 0, take_first, &series, &err), &err);
  must(pl_reader_samples(r, series, 0, now_ns - 3600 * (int64_t)PL_S_NS, now_ns, count, &n, &err), &err);
}

static void open_both(const char *path)
{
  pl_reader *r;
  pl_error err = {0};
  struct stat st;
  forget(path);
  double began = now_s();
  must(pl_reader_open(&pl_alloc_default, path, &r, &err), &err);
  double opened = now_s();
  ask(r);
  double asked = now_s();
  pl_reader_close(r);
  forget(path);
  double again = now_s();
  pl_store *s = open_store(path);
  double written = now_s();
  pl_store_close(s);
  printf("open   for reading %.1f ms, the first answer %.1f ms later; for writing %.1f ms; RSS %ld MB; file %.0f MB\n", (opened - began) * 1e3,
         (asked - opened) * 1e3, (written - again) * 1e3, rss_mb(), stat(path, &st) ? 0 : (double)st.st_size / 1e6);
}

/* ---- Rolling it up ---------------------------------------------------------------------------------- */

static void collect(const char *path, int64_t days)
{
  pl_store *s = open_store(path);
  pl_error err = {0};
  pl_gc *g;
  double began = now_s(), longest = 0, before = began;
  must(pl_gc_new(s, pl_wall(&pl_clock_system) + days * 86400 * (int64_t)PL_S_NS, false, &g, &err), &err);
  int code;
  size_t steps = 0;
  while ((code = pl_gc_step(g, &err)) > 0) {
    double now = now_s();
    longest = fmax(longest, now - before);
    before = now;
    steps++;
  }
  must(code, &err);
  const pl_gc_counts *n = pl_gc_count(g);
  printf("gc     %.1f s, %zu steps, the longest %.0f ms; samples %lld -> %lld; file %.0f -> %.0f MB; RSS %ld MB\n", now_s() - began, steps, longest * 1e3,
         (long long)n->samples, (long long)n->samples_left, (double)n->bytes / 1e6, (double)n->bytes_left / 1e6, rss_mb());
  pl_gc_free(g);
  pl_store_close(s);
}

/* ---- What rolling up must not change ---------------------------------------------------------------- */

typedef struct figures {
  double n, sum, least, greatest;
} figures;

static int add_part(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  (void)times_ns;
  for (size_t i = 0; i < n; i++) {
    figures *f = user;
    f->sum += values[i];
    f->least = fmin(f->least, values[i]);
    f->greatest = fmax(f->greatest, values[i]);
    f->n++;
  }
  return 0;
}

static figures part_of(pl_reader *r, int64_t series, enum pl_sample_part part)
{
  figures f = {.least = INFINITY, .greatest = -INFINITY};
  pl_error err = {0};
  must(pl_reader_parts(r, series, 0, INT64_MIN, INT64_MAX, part, add_part, &f, &err), &err);
  return f;
}

static int take_id(void *user, const pl_series_info *info)
{
  int64_t *ids = user;
  if (!strchr(info->name.data, ':'))
    ids[++ids[0]] = info->id;
  return 0;
}

static void sum(const char *path)
{
  pl_reader *r;
  pl_error err = {0};
  figures all = {.least = INFINITY, .greatest = -INFINITY};
  int64_t *ids = calloc(1 << 20, sizeof *ids);
  must(pl_reader_open(&pl_alloc_default, path, &r, &err), &err);
  must(ids ? pl_reader_series(r, PL_STR("bench"), NULL, 0, 0, take_id, ids, &err) : PL_ENOMEM, &err);
  for (int64_t i = 1; i <= ids[0]; i += 40) {
    all.n += part_of(r, ids[i], PL_PART_NUMBER).sum;
    all.sum += part_of(r, ids[i], PL_PART_SUM).sum;
    all.least = fmin(all.least, part_of(r, ids[i], PL_PART_LEAST).least);
    all.greatest = fmax(all.greatest, part_of(r, ids[i], PL_PART_GREATEST).greatest);
  }
  pl_reader_close(r);
  printf("sum    %.0f samples, together %.4f, least %.17g, greatest %.17g\n", all.n, all.sum, all.least, all.greatest);
  free(ids);
}

int main(int argc, char **argv)
{
  if (argc == 6 && strcmp(argv[2], "make") == 0)
    make(argv[1], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), strtol(argv[5], NULL, 10) * (int64_t)PL_S_NS);
  else if (argc == 4 && strcmp(argv[2], "gc") == 0)
    collect(argv[1], strtol(argv[3], NULL, 10));
  else if (argc == 4 && strcmp(argv[2], "spread") == 0)
    spread(argv[1], strtol(argv[3], NULL, 10));
  else if (argc == 3 && strcmp(argv[2], "sum") == 0)
    sum(argv[1]);
  else if (argc == 2)
    open_both(argv[1]);
  else
    return 2;
  return 0;
}

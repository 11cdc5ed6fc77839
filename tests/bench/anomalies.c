/* What a detector of anomalies costs, how often it is wrong, and what it finds: anomalies [series of each kind = 30] [seed = 1] */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analysis/anomaly/detector.h"
#include "base/random.h"

enum { ROWS = 10000, FAST_ROWS = 5000000, NOISES = 10, ODDS = 8, AT = 4400, END = 5000, WITHIN = 500 };

static const char *const noises[NOISES] = {"normal", "Student's t(3)", "log-normal", "exponential", "AR(1) .5", "AR(1) .8", "random walk", "a day's profile", "a sharper one", "turns of 60 rows"};
static const char *const odds[ODDS] = {"spike of 12", "level + 4", "level + 1.5", "spread x 3", "flat line", "60 rows missing", "season lost", "leak of .03 a row"};
static const pl_anomaly_kind kinds[ODDS] = {PL_ANOMALY_SPIKE, PL_ANOMALY_SHIFT, PL_ANOMALY_SHIFT, PL_ANOMALY_VARIANCE, PL_ANOMALY_FLAT, PL_ANOMALY_MISSING, PL_ANOMALY_SEASON, PL_ANOMALY_LEAK};

/* One series: its noise of variance 1, what is odd in it from `at` on, and where it stands. */
typedef struct series {
  pl_rng rng;
  int noise, odd, at;  /* odd: -1 nothing */
  double before, line; /* of noise that remembers; the value of a flat line */
} series;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double noise_of(series *s)
{
  double e = pl_rng_normal(&s->rng, 0, 1), squares = 0;
  switch (s->noise) {
  case 1:
    for (int i = 0; i < 3; i++) {
      double z = pl_rng_normal(&s->rng, 0, 1);
      squares += z * z;
    }
    return e / sqrt(squares);
  case 2:
    return (exp(0.5 * e) - 1.1331) / 0.6039;
  case 3:
    return -log(1 - pl_rng_unit(&s->rng)) - 1;
  case 4:
    return s->before = 0.5 * s->before + e * sqrt(0.75);
  case 5:
    return s->before = 0.8 * s->before + e * 0.6;
  case 6:
    return s->before += e;
  default:
    return e;
  }
}

static double season_of(const series *s, int row)
{
  double turn = row * 6.283185307179586 / 288;
  if (s->noise == 9)
    return 5 * sin(row * 6.283185307179586 / 60);
  return s->noise == 7 ? 5 * sin(turn) : s->noise == 8 ? 10 * fmax(0, sin(turn)) + 3 * sin(2 * turn) : 0;
}

/* The next row's value and stamp. */
static double next(series *s, int row, int64_t *at_ns)
{
  double e = noise_of(s), season = season_of(s, row);
  int is_odd = s->odd >= 0 && row >= s->at, since = row - s->at;
  *at_ns = INT64_C(1700000000000000000) + (row + (is_odd && s->odd == 5 ? 60 : 0)) * (s->noise == 7 || s->noise == 8 ? INT64_C(300000000000) : INT64_C(1000000000));
  if (!is_odd)
    return season + e;
  switch (s->odd) {
  case 0:
    return season + e + (since ? 0 : 12);
  case 1:
    return season + e + 4;
  case 2:
    return season + e + 1.5;
  case 3:
    return season + 3 * e;
  case 4:
    s->line = since ? s->line : season + e;
    return s->line;
  case 6:
    return e;
  case 7:
    return season + e + 0.03 * since;
  default:
    return season + e;
  }
}

static series make(uint64_t seed, int noise, int odd, int i)
{
  series s = {.noise = noise, .odd = odd};
  pl_rng_init(&s.rng, seed, (uint64_t)noise, (uint64_t)(odd + 1), (uint32_t)i);
  s.at = AT + (int)(100 * pl_rng_unit(&s.rng));
  return s;
}

static void cost(uint64_t seed)
{
  static pl_detector d;
  static double x[ROWS];
  series s = make(seed, 0, -1, 0);
  int64_t at;
  double sum = 0;
  for (int i = 0; i < ROWS; i++)
    x[i] = next(&s, i, &at);
  pl_detector_init(&d);
  double begin = now();
  for (int i = 0; i < FAST_ROWS; i++)
    sum += pl_detector_add(&d, i * INT64_C(1000000000), x[i % ROWS]).score;
  printf("%.2f M rows/s a core, %.1f KiB a series%s\n", FAST_ROWS / (now() - begin) / 1e6, (double)sizeof d / 1024, sum < 0 ? "!" : "");
}

static void false_alerts(uint64_t seed, int noise, int count)
{
  static pl_detector d;
  long alerts = 0;
  for (int i = 0; i < count; i++) {
    series s = make(seed, noise, -1, i);
    pl_detector_init(&d);
    for (int row = 0; row < ROWS; row++) {
      int64_t at;
      double x = next(&s, row, &at);
      alerts += pl_detector_add(&d, at, x).score >= 0.5;
    }
  }
  printf("%-16s %5.2f\n", noises[noise], (double)alerts / count);
}

/* How many rows after it began the first alert is, or -1; its last name. */
static int delay(series s, pl_anomaly_kind *kind)
{
  static pl_detector d;
  int found = -1;
  pl_detector_init(&d);
  for (int row = 0; row < END; row++) {
    int64_t at;
    double x = next(&s, row, &at);
    pl_anomaly a = pl_detector_add(&d, at, x);
    if (found >= 0 && a.named && row - (int)a.ago == s.at + found)
      *kind = a.named;
    if (found < 0 && row >= s.at && row < s.at + WITHIN && a.kind) {
      *kind = a.kind;
      found = row - s.at;
    }
  }
  return found;
}

static void detection(uint64_t seed, int noise, int odd, int count)
{
  int found = 0, named = 0;
  double late = 0;
  for (int i = 0; i < count; i++) {
    pl_anomaly_kind kind = PL_ANOMALY_NONE;
    int rows = delay(make(seed, noise, odd, i), &kind);
    if (rows < 0)
      continue;
    found++;
    late += rows;
    named += kind == kinds[odd];
  }
  printf("%-16s %-18s %3d of %d found, %5.0f rows late, %3d rightly named\n", noises[noise], odds[odd], found, count, found ? late / found : 0, named);
}

int main(int argc, char **argv)
{
  static const int put_into[] = {0, 1, 4, 7, 8, 9};
  int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 30;
  uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  cost(seed);
  printf("\nfalse alerts in 10,000 rows of\n");
  for (int noise = 0; noise < NOISES; noise++)
    false_alerts(seed, noise, count);
  printf("\nput into noise of variance 1, looked for in %d rows\n", WITHIN);
  for (size_t k = 0; k < sizeof put_into / sizeof *put_into; k++) {
    for (int odd = 0; odd < ODDS; odd++) {
      if (odd != 6 || put_into[k] >= 7)
        detection(seed, put_into[k], odd, count);
    }
  }
  return 0;
}

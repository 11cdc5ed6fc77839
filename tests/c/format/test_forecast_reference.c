/* Forecasts of samples of the M4 competition's series, scored as there (Makridakis, Spiliotis, Assimakopoulos 2020): OWA against its benchmark
 * Naive2, whose forecasts are given, and coverage of the 95 % intervals. Bounds are the better one of Comb and R's ets on all series of a set
 * (of Hourly the seasonal naive forecast) that samples must beat, and .05 of coverage. */
#include "analysis/forecast/forecast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/deflate.h"
#include "format/series_lines.h"
#include "support/failing.h"

enum { FILE_MAX = 1 << 26 };

typedef struct set {
  const char *name, *subset;
  size_t horizon, season, scale; /* scale: of MASE */
  size_t every;                  /* how many series are passed over */
  double owa;
} set;

static const set sets[] = {{"Yearly", "", 6, 0, 1, 40, 0.867},
                           {"Quarterly", "-subset", 8, 4, 4, 30, 0.890},
                           {"Weekly", "", 13, 0, 1, 8, 0.926},
                           {"Hourly", "", 48, 24, 24, 20, 0.627}};

static void read_file(const char *folder, const set *s, const char *what, pl_series_lines *out)
{
  char path[1024];
  pl_buf raw, text;
  pl_error err = {0};
  (void)snprintf(path, sizeof path, "%s/data/m4/%s-%s%s.csv.gz", folder, s->name, what, s->subset);
  FILE *f = fopen(path, "rb");
  if (!f)
    fail_msg("%s is not there", path);
  pl_buf_init(&raw, &pl_alloc_default, FILE_MAX);
  pl_buf_init(&text, &pl_alloc_default, FILE_MAX);
  for (char *at; (at = pl_buf_room(&raw, 1 << 16)) != NULL;) {
    size_t n = fread(at, 1, 1 << 16, f);
    raw.len += n;
    if (n == 0)
      break;
  }
  assert_int_equal(fclose(f), 0);
  assert_int_equal(pl_inflate(PL_DEFLATE_GZIP, (pl_str){raw.data, raw.len}, &text), 0);
  assert_int_equal(pl_series_lines_read(&pl_alloc_default, (pl_str){text.data, text.len}, out, &err), 0);
  pl_buf_fini(&raw);
  pl_buf_fini(&text);
}

static const pl_series_line *find(const pl_series_lines *s, pl_str id)
{
  for (size_t i = 0; i < s->n; i++) {
    if (pl_str_eq(s->list[i].id, id))
      return &s->list[i];
  }
  fail_msg("%.*s is missing", (int)id.len, id.data);
  return NULL;
}

typedef struct sums {
  double smape, mase, n;
} sums;

static void add(sums *s, const double *came, const double *f, size_t h, double scale)
{
  for (size_t k = 0; k < h; k++) {
    s->smape += 200 * fabs(came[k] - f[k]) / (fabs(came[k]) + fabs(f[k]));
    s->mase += fabs(came[k] - f[k]) / scale;
    s->n++;
  }
}

static double scale_of(const pl_series_line *s, size_t m)
{
  double sum = 0;
  for (size_t t = m; t < s->n; t++)
    sum += fabs(s->values[t] - s->values[t - m]);
  return sum / (double)(s->n - m);
}

static void check(const char *folder, const set *s)
{
  pl_series_lines train, test, naive;
  pl_forecast_options o = {.alloc = &pl_alloc_default, .horizon = s->horizon, .seasons = {s->season}, .levels = {0.95}, .n_levels = 1};
  sums ours = {0}, theirs = {0};
  double inside = 0;
  read_file(folder, s, "train", &train);
  read_file(folder, s, "test", &test);
  read_file(folder, s, "forecast-Naive2", &naive);
  for (size_t i = 0; i < train.n; i += s->every) {
    const pl_series_line *x = &train.list[i], *came = find(&test, x->id);
    pl_forecast_result r;
    assert_int_equal(pl_forecast(x->values, x->n, &o, &r), 0);
    add(&ours, came->values, r.mean, s->horizon, scale_of(x, s->scale));
    add(&theirs, came->values, find(&naive, x->id)->values, s->horizon, scale_of(x, s->scale));
    for (size_t k = 0; k < s->horizon; k++)
      inside += came->values[k] >= r.lo[k] && came->values[k] <= r.hi[k];
    pl_forecast_result_fini(&r);
  }
  double owa = (ours.smape / theirs.smape + ours.mase / theirs.mase) / 2;
  print_message("%s, every %zuth: OWA %.3f, coverage %.3f\n", s->name, s->every, owa, inside / ours.n);
  assert_true(owa < s->owa);
  assert_true(fabs(inside / ours.n - 0.95) < 0.05);
  pl_series_lines_fini(&train);
  pl_series_lines_fini(&test);
  pl_series_lines_fini(&naive);
}

static void samples_of_m4(void **state)
{
  const char *folder = getenv("PERILUNE_REFERENCE");
  (void)state;
  if (!folder || !*folder) {
    print_message("skipped: no reference data\n");
    skip();
  }
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
    check(folder, &sets[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(samples_of_m4)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

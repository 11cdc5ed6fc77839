/* SQL functions over stored histograms, whose values are seconds, as the metric's names say, and over counters. */
#include "store/functions.h"

#include <stdlib.h>

#include "base/error.h"
#include "format/hdr.h"

enum { BLOB_MAX = 1 << 20, RATE_MAX = 1 << 26 }; /* bytes of a histogram; samples of one rate(), of 16 bytes each */

/* Decodes argument 0 into h; false after an error or NULL (the result is then set). */
static bool read_hist(sqlite3_context *context, sqlite3_value *value, pl_hist *h)
{
  if (sqlite3_value_type(value) == SQLITE_NULL)
    return false;
  pl_error err = {0};
  pl_str bytes = {sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value)};
  if (pl_hdr_decode(bytes, h, &err) == PL_OK)
    return true;
  sqlite3_result_error(context, err.message, -1);
  return false;
}

static void sql_quantile(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  pl_hist h;
  pl_hist_init(&h, sqlite3_user_data(context));
  double p = sqlite3_value_double(argv[1]);
  if (!(p >= 0 && p <= 1))
    sqlite3_result_error(context, "quantile(hist, p): p is between 0 and 1", -1);
  else if (read_hist(context, argv[0], &h) && h.count)
    sqlite3_result_double(context, (double)pl_hist_quantile(&h, p) / 1e9);
  pl_hist_fini(&h);
}

/* One figure of the histogram in argument 0. */
static void give_figure(sqlite3_context *context, sqlite3_value **argv, double (*figure)(const pl_hist *h))
{
  pl_hist h;
  pl_hist_init(&h, sqlite3_user_data(context));
  if (read_hist(context, argv[0], &h) && h.count)
    sqlite3_result_double(context, figure(&h));
  pl_hist_fini(&h);
}

static double count_of(const pl_hist *h)
{
  return (double)h->count;
}

static double mean_of(const pl_hist *h)
{
  return pl_hist_mean(h) / 1e9;
}

static double min_of(const pl_hist *h)
{
  return (double)h->min / 1e9;
}

static double max_of(const pl_hist *h)
{
  return (double)h->max / 1e9;
}

static void sql_count(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  give_figure(context, argv, count_of);
}

static void sql_mean(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  give_figure(context, argv, mean_of);
}

static void sql_min(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  give_figure(context, argv, min_of);
}

static void sql_max(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  give_figure(context, argv, max_of);
}

/* The aggregate's state: a histogram on the heap, made at the first row. */
static void merge_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  const pl_allocator *a = sqlite3_user_data(context);
  pl_hist **state = sqlite3_aggregate_context(context, sizeof *state);
  if (!state)
    return;
  if (!*state) {
    *state = pl_alloc(a, sizeof **state);
    if (!*state) {
      sqlite3_result_error_nomem(context);
      return;
    }
    pl_hist_init(*state, a);
  }
  (void)read_hist(context, argv[0], *state);
}

static void merge_final(sqlite3_context *context)
{
  const pl_allocator *a = sqlite3_user_data(context);
  pl_hist **state = sqlite3_aggregate_context(context, 0);
  if (!state || !*state)
    return;
  pl_buf out;
  pl_buf_init(&out, a, BLOB_MAX);
  if (pl_hdr_encode(*state, &out))
    sqlite3_result_error_nomem(context);
  else
    sqlite3_result_blob64(context, out.data, out.len, SQLITE_TRANSIENT);
  pl_buf_fini(&out);
  pl_hist_fini(*state);
  pl_free(a, *state, sizeof **state);
}

/* ---- rate ------------------------------------------------------------------------------------------- */

typedef struct counter_sample {
  double ts, value;
} counter_sample;

/* The aggregate's state. */
typedef struct counter {
  counter_sample *samples;
  size_t n, capacity;
  bool unsorted;
} counter;

static void rate_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  counter *c = sqlite3_aggregate_context(context, sizeof *c);
  if (!c || sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
    return;
  if (c->n == c->capacity) {
    size_t wanted = c->capacity ? c->capacity * 2 : 64;
    counter_sample *all = wanted > RATE_MAX ? NULL : pl_realloc(sqlite3_user_data(context), c->samples, c->capacity * sizeof *all, wanted * sizeof *all);
    if (!all) {
      sqlite3_result_error(context, "rate(ts, value): too many samples at once; take fewer, or GROUP BY", -1);
      return;
    }
    c->samples = all;
    c->capacity = wanted;
  }
  counter_sample s = {sqlite3_value_double(argv[0]), sqlite3_value_double(argv[1])};
  c->unsorted = c->unsorted || (c->n && s.ts < c->samples[c->n - 1].ts);
  c->samples[c->n++] = s;
}

static int by_time(const void *a_, const void *b_)
{
  const counter_sample *a = a_, *b = b_;
  return (a->ts > b->ts) - (a->ts < b->ts);
}

static void rate_final(sqlite3_context *context)
{
  counter *c = sqlite3_aggregate_context(context, 0);
  if (!c || !c->samples)
    return;
  if (c->unsorted)
    qsort(c->samples, c->n, sizeof *c->samples, by_time);
  double grown = 0, seconds = c->samples[c->n - 1].ts - c->samples[0].ts;
  for (size_t i = 1; i < c->n; i++) {
    double before = c->samples[i - 1].value, now = c->samples[i].value;
    grown += now < before ? now : now - before;
  }
  if (seconds > 0)
    sqlite3_result_double(context, grown / seconds);
  pl_free(sqlite3_user_data(context), c->samples, c->capacity * sizeof *c->samples);
}

/* ---- All of them ------------------------------------------------------------------------------------ */

int pl_functions_register(sqlite3 *db, const pl_allocator *a)
{
  typedef void function(sqlite3_context *context, int argc, sqlite3_value **argv);
  static const struct {
    const char *name;
    int arguments;
    function *fn, *step;
    void (*final)(sqlite3_context *context);
  } all[] = {
      {"quantile", 2, sql_quantile, NULL, NULL}, {"hist_count", 1, sql_count, NULL, NULL}, {"hist_mean", 1, sql_mean, NULL, NULL},
      {"hist_min", 1, sql_min, NULL, NULL},      {"hist_max", 1, sql_max, NULL, NULL},     {"hist_merge", 1, NULL, merge_step, merge_final},
      {"rate", 2, NULL, rate_step, rate_final},
  };
  union {
    const pl_allocator *read_only;
    void *pointer;
  } u = {a};
  int code = SQLITE_OK;
  for (size_t i = 0; i < sizeof all / sizeof *all && !code; i++)
    code = sqlite3_create_function_v2(db, all[i].name, all[i].arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, u.pointer,
                                      all[i].fn, all[i].step, all[i].final, NULL);
  return code;
}

/* SQL functions over stored histograms. Values are seconds, as the metric's names say. */
#include "store/functions.h"

#include "base/error.h"
#include "format/hdr.h"

enum { BLOB_MAX = 1 << 20 };

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
  pl_hist_init(&h, &pl_alloc_default);
  double p = sqlite3_value_double(argv[1]);
  if (!(p >= 0 && p <= 1))
    sqlite3_result_error(context, "quantile(hist, p): p is between 0 and 1", -1);
  else if (read_hist(context, argv[0], &h) && h.count)
    sqlite3_result_double(context, (double)pl_hist_quantile(&h, p) / 1e9);
  pl_hist_fini(&h);
}

/* Which figure hist_* gives: the function's user data. */
typedef double (*figure_fn)(const pl_hist *h);

static double figure_count(const pl_hist *h)
{
  return (double)h->count;
}

static double figure_mean(const pl_hist *h)
{
  return pl_hist_mean(h) / 1e9;
}

static double figure_min(const pl_hist *h)
{
  return (double)h->min / 1e9;
}

static double figure_max(const pl_hist *h)
{
  return (double)h->max / 1e9;
}

typedef struct figure {
  const char *name;
  figure_fn fn;
} figure;

static const figure figures[] = {
    {"hist_count", figure_count}, {"hist_mean", figure_mean}, {"hist_min", figure_min}, {"hist_max", figure_max}};

static void sql_figure(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  const figure *f = sqlite3_user_data(context);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  if (read_hist(context, argv[0], &h) && h.count)
    sqlite3_result_double(context, f->fn(&h));
  pl_hist_fini(&h);
}

/* The aggregate's state: a histogram on the heap, made at the first row. */
static void merge_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  (void)argc;
  pl_hist **state = sqlite3_aggregate_context(context, sizeof *state);
  if (!state)
    return;
  if (!*state) {
    *state = pl_alloc(&pl_alloc_default, sizeof **state);
    if (!*state) {
      sqlite3_result_error_nomem(context);
      return;
    }
    pl_hist_init(*state, &pl_alloc_default);
  }
  (void)read_hist(context, argv[0], *state);
}

static void merge_final(sqlite3_context *context)
{
  pl_hist **state = sqlite3_aggregate_context(context, 0);
  if (!state || !*state)
    return;
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, BLOB_MAX);
  if (pl_hdr_encode(*state, &out))
    sqlite3_result_error_nomem(context);
  else
    sqlite3_result_blob64(context, out.data, out.len, SQLITE_TRANSIENT);
  pl_buf_fini(&out);
  pl_hist_fini(*state);
  pl_free(&pl_alloc_default, *state, sizeof **state);
}

int pl_functions_register(sqlite3 *db)
{
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int code = sqlite3_create_function_v2(db, "quantile", 2, flags, NULL, sql_quantile, NULL, NULL, NULL);
  for (size_t i = 0; i < sizeof figures / sizeof *figures && !code; i++) {
    union {
      const figure *read_only;
      void *pointer;
    } u = {&figures[i]};
    code = sqlite3_create_function_v2(db, figures[i].name, 1, flags, u.pointer, sql_figure, NULL, NULL, NULL);
  }
  if (!code)
    code = sqlite3_create_function_v2(db, "hist_merge", 1, flags, NULL, NULL, merge_step, merge_final, NULL);
  return code;
}

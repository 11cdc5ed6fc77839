/* The head is sorted by series and run, and so are their chunks: both are gone through once. */
#include "store/moved.h"

#include "store/scan.h"

/* Counts times that both the scan of chunks and the n points of its series and run have. */
static int count_common(pl_scan *scan, const pl_store_point *p, size_t n, int64_t *count, pl_error *err)
{
  int64_t ts_ns;
  double value;
  size_t i = 0;
  int code;
  while ((code = pl_scan_next(scan, &ts_ns, &value, err)) > 0) {
    while (i < n && p[i].ts_ns < ts_ns)
      i++;
    *count += i < n && p[i].ts_ns == ts_ns;
  }
  return code;
}

/* Adds those of the n points of one series and run. */
static int count_pair(pl_archive *a, const pl_store_point *p, size_t n, int64_t *count, pl_error *err)
{
  const pl_range range = {p->series, p->run, p->ts_ns, p[n - 1].ts_ns};
  pl_scan *scan = NULL;
  a->chunks_only = true;
  int code = pl_scan_open(a, &range, &scan, err);
  a->chunks_only = false;
  if (!code)
    code = count_common(scan, p, n, count, err);
  pl_scan_close(scan);
  return pl_chunk_is_unreadable(code) ? PL_OK : code;
}

static int count_moved(pl_archive *a, int64_t *count, pl_error *err)
{
  int code = pl_archive_hold(a, err);
  if (code)
    return code;
  for (size_t i = 0, end; i < a->head.n && !code; i = end) {
    const pl_store_point *p = &a->head.all[i];
    for (end = i + 1; end < a->head.n && a->head.all[end].series == p->series && a->head.all[end].run == p->run; end++)
      ;
    code = count_pair(a, p, end - i, count, err);
  }
  pl_archive_release(a);
  return code;
}

static void sql_moved(sqlite3_context *context, int argc, sqlite3_value **v)
{
  int64_t count = 0;
  pl_error err = {0};
  (void)argc, (void)v;
  int code = count_moved(sqlite3_user_data(context), &count, &err);
  if (code && !pl_chunk_is_unreadable(code))
    sqlite3_result_error(context, err.message, -1);
  else
    sqlite3_result_int64(context, count);
}

int pl_moved_register(pl_archive *a)
{
  return sqlite3_create_function_v2(a->db, "moved_samples", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, a, sql_moved, NULL, NULL, NULL);
}

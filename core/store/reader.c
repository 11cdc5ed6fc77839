/* Reading connections: series, samples, histograms, records, the user's own SELECT. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "format/hdr.h"
#include "store/labels.h"
#include "store/sisters.h"
#include "store/scan.h"
#include "store/schema.h"
#include "store/sqlite_error.h"
#include "store/writer.h"

enum { STEPS = 5000 }; /* of SQLite's machine between two looks whether to stop */

struct pl_reader {
  pl_connection connection;
  pl_buf storage; /* labels of the series being shown */
  bool (*asked)(void *user); /* to stop; or NULL */
  void *asked_user;
};

/* Whether the file lies where nobody can write and no write-ahead log is beside it: then it cannot change, and SQLite may read it
 * without the files that it would make. */
static bool is_frozen(const char *path)
{
  char folder[PATH_MAX], wal[PATH_MAX];
  struct stat st;
  const char *slash = strrchr(path, '/');
  size_t len = slash ? (size_t)(slash - path) : 0;
  if (!pl_copy(folder, sizeof folder, slash ? (pl_str){path, len ? len : 1} : PL_STR(".")) || access(folder, W_OK) == 0)
    return false;
  int n = snprintf(wal, sizeof wal, "%s-wal", path);
  return n > 0 && (size_t)n < sizeof wal && access(path, R_OK) == 0 && (stat(wal, &st) != 0 || st.st_size == 0);
}

/* "file:PATH?immutable=1" with the characters that mean something in a URI escaped. */
static int frozen_uri(const char *path, pl_buf *uri)
{
  (void)pl_buf_add(uri, "file:", 5);
  for (const char *p = path; *p; p++) {
    if (strchr("?#%", *p))
      (void)pl_buf_addf(uri, "%%%02x", (unsigned char)*p);
    else
      (void)pl_buf_addc(uri, *p);
  }
  (void)pl_buf_addf(uri, "?immutable=1");
  return pl_buf_cstr(uri) ? PL_OK : PL_ENOMEM;
}

static int open_frozen(pl_reader *r, const pl_allocator *a, const char *path, bool mend, pl_error *err)
{
  pl_buf uri;
  pl_buf_init(&uri, a, 4 * PATH_MAX);
  int code = frozen_uri(path, &uri);
  code = code ? pl_fail(err, code, "open timeline %s: out of memory", path) : pl_connection_open(&r->connection, a, uri.data, SQLITE_OPEN_READONLY, mend, err);
  pl_buf_fini(&uri);
  return code;
}

/* in_head(series_id, run_id): whether the head of the archive, which is held meanwhile, has samples of both. To look for them in the
 * table of points costs ten times as much, and a name may have thousands of series, of all runs. */
static void in_head(sqlite3_context *context, int argc, sqlite3_value **argv)
{
  const pl_archive *a = sqlite3_user_data(context);
  int64_t series = sqlite3_value_int64(argv[0]), run = sqlite3_value_int64(argv[1]);
  size_t at = pl_points_find(&a->head, series, run, INT64_MIN);
  (void)argc;
  sqlite3_result_int(context, at < a->head.n && a->head.all[at].series == series && a->head.all[at].run == run);
}

static int register_in_head(pl_archive *a)
{
  return sqlite3_create_function_v2(a->db, "in_head", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, a, in_head, NULL, NULL, NULL);
}

static int open_reader(const pl_allocator *a, const char *path, bool mend, pl_reader **out, pl_error *err)
{
  pl_reader *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return pl_fail(err, PL_ENOMEM, "open timeline %s: out of memory", path);
  pl_buf_init(&r->storage, a, 1 << 20);
  /* Not SQLITE_OPEN_READONLY: a WAL database without a writer needs its -shm file made. Writing is refused below. */
  int code = is_frozen(path) ? open_frozen(r, a, path, mend, err) : pl_connection_open(&r->connection, a, path, SQLITE_OPEN_READWRITE, mend, err);
  if (!code)
    code = pl_schema_check(r->connection.db, path, err);
  if (!code && (sqlite3_exec(r->connection.db, "PRAGMA query_only = ON", NULL, NULL, NULL) || register_in_head(&r->connection.archive)))
    code = pl_sqlite_fail(r->connection.db, SQLITE_ERROR, "open timeline", path, err);
  if (code) {
    pl_reader_close(r);
    return code;
  }
  *out = r;
  return PL_OK;
}

static int open_existing(const pl_allocator *a, const char *path, bool mend, pl_reader **out, pl_error *err)
{
  if (access(path, F_OK) != 0 && errno == ENOENT)
    return pl_fail(err, PL_ENOENT, "open timeline %s: there is no such file", path);
  return open_reader(a, path, mend, out, err);
}

int pl_reader_open(const pl_allocator *a, const char *path, pl_reader **out, pl_error *err)
{
  return open_existing(a, path, false, out, err);
}

int pl_reader_open_mending(const pl_allocator *a, const char *path, pl_reader **out, pl_error *err)
{
  return open_existing(a, path, true, out, err);
}

int pl_reader_of(pl_store *s, pl_reader **out, pl_error *err)
{
  return open_reader(s->alloc, s->connection.path, false, out, err);
}

void pl_reader_close(pl_reader *r)
{
  if (!r)
    return;
  const pl_allocator *a = r->storage.alloc;
  pl_connection_close(&r->connection);
  pl_buf_fini(&r->storage);
  pl_free(a, r, sizeof *r);
}

static int on_progress(void *user)
{
  const pl_reader *r = user;
  return r->asked(r->asked_user);
}

void pl_reader_stop_when(pl_reader *r, bool (*asked)(void *user), void *user)
{
  r->asked = asked;
  r->asked_user = user;
  sqlite3_progress_handler(r->connection.db, STEPS, on_progress, r);
}

/* All pages in one step, under one read transaction: a consistent copy. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
  sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
  if (!backup)
    return sqlite3_errcode(to);
  int code = sqlite3_backup_step(backup, -1);
  int end = sqlite3_backup_finish(backup);
  return code == SQLITE_DONE ? end : code;
}

int pl_reader_backup(pl_reader *r, const char *path, pl_error *err)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return pl_fail_sys(err, errno == EEXIST ? PL_EINVAL : pl_code_of_errno(errno), errno, "backup to %s", path);
  close(fd);
  pl_vfs *vfs = NULL;
  sqlite3 *to = NULL;
  int code = pl_vfs_new(r->connection.alloc, false, &vfs) ? SQLITE_NOMEM : SQLITE_OK;
  if (!code) {
    pl_vfs_copies(vfs, r->connection.db);
    code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, pl_vfs_name(vfs));
  }
  if (!code)
    code = copy_pages(r->connection.db, to);
  sqlite3_close(to);
  pl_vfs_free(vfs);
  if (code == SQLITE_OK)
    return PL_OK;
  unlink(path);
  return pl_fail(err, code == SQLITE_FULL ? PL_EFULL : PL_EIO, "backup to %s: %s", path, sqlite3_errstr(code));
}

int pl_reader_hold(pl_reader *r, pl_error *err)
{
  return pl_archive_hold(&r->connection.archive, err);
}

void pl_reader_release(pl_reader *r)
{
  pl_archive_release(&r->connection.archive);
}

int pl_reader_record(pl_reader *r, const char *operation, const pl_field *fields, size_t n, pl_row_fn fn, void *user, pl_error *err)
{
  sqlite3_stmt *stmt;
  int code = pl_connection_record(&r->connection, operation, false, &stmt, err);
  if (!code)
    code = pl_connection_bind(&r->connection, stmt, fields, n, operation, err);
  return code ? code : pl_connection_rows(&r->connection, stmt, fn, user, operation, err);
}

/* The rows of a statement that people wrote: what goes wrong inside it is theirs. */
static int rows_of(pl_reader *r, sqlite3_stmt *stmt, pl_row_fn fn, void *user, pl_error *err)
{
  pl_error why = {0};
  int code = pl_connection_rows(&r->connection, stmt, fn, user, "sql on", &why);
  if (code == PL_EIO && sqlite3_errcode(r->connection.db) == SQLITE_ERROR)
    return pl_fail(err, PL_EINVAL, "%s", sqlite3_errmsg(r->connection.db));
  return why.code ? pl_fail(err, code, "%s", why.message) : code;
}

int pl_reader_sql(pl_reader *r, pl_str sql, const pl_field *params, size_t n, pl_row_fn fn, void *user, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  const char *tail = NULL;
  if (sql.len > 1 << 20)
    return pl_fail(err, PL_ELIMIT, "the statement is longer than 1 MiB");
  int code = sqlite3_prepare_v2(r->connection.db, sql.data, (int)sql.len, &stmt, &tail);
  if (code)
    return pl_fail(err, PL_EINVAL, "%s", sqlite3_errmsg(r->connection.db));
  pl_str rest = pl_str_trim((pl_str){tail, sql.len - (size_t)(tail - sql.data)});
  if (!stmt || rest.len)
    code = pl_fail(err, PL_EINVAL, "one SELECT is expected");
  else if (!sqlite3_stmt_readonly(stmt))
    code = pl_fail(err, PL_EREADONLY, "only SELECT: the timeline cannot be changed here");
  else if (sqlite3_column_count(stmt) == 0) /* BEGIN, ATTACH and settings change no file, but what later readings find */
    code = pl_fail(err, PL_EINVAL, "one SELECT is expected");
  if (!code)
    code = pl_connection_bind(&r->connection, stmt, params, n, "sql", err);
  if (!code)
    code = rows_of(r, stmt, fn, user, err);
  (void)sqlite3_finalize(stmt);
  return code;
}

/* ---- Series ----------------------------------------------------------------------------------- */

/* Kind 2 has histograms, the others have samples. */
_Static_assert(PL_SERIES_DIST == 2, "as the statement says");
#define HAS_ROWS(table) "EXISTS(SELECT 1 FROM " table " d WHERE d.series_id = s.id AND d.run_id = :run)"
#define SERIES(condition)                                                                                            \
  "SELECT s.id, s.name, s.labels, s.kind, s.unit, o.kind, o.instance, o.role, o.origin FROM series s JOIN sources o" \
  " ON o.id = s.source_id WHERE " condition " AND (:run = 0 OR CASE s.kind WHEN 2 THEN " HAS_ROWS("histogram_rows") \
  " OR " HAS_ROWS("histogram_chunks") " ELSE in_head(s.id, :run) OR " HAS_ROWS("chunks") " END) ORDER BY s.name, s.labels, s.id"

/* Two statements: only the second one can go by the index of names. */
static const char all_series_sql[] = SERIES(":name = ''");
static const char series_sql[] = SERIES("s.name = :name");

typedef struct series_walk {
  pl_reader *reader;
  const pl_matcher *matchers;
  size_t n_matchers;
  pl_series_fn fn;
  void *user;
  pl_error *err;
} series_walk;

static int on_series(void *user, const pl_field *f, size_t n)
{
  series_walk *w = user;
  pl_label labels[PL_LABELS_MAX + 4];
  size_t n_labels = 0;
  (void)n;
  pl_buf_clear(&w->reader->storage);
  int code = pl_labels_read(w->reader->storage.alloc, f[2].bytes, labels, &n_labels, &w->reader->storage, w->err);
  if (code)
    return code;
  labels[n_labels++] = (pl_label){PL_STR("source"), f[5].bytes};
  labels[n_labels++] = (pl_label){PL_STR("instance"), f[6].bytes};
  labels[n_labels++] = (pl_label){PL_STR("role"), f[7].bytes};
  labels[n_labels++] = (pl_label){PL_STR("origin"), f[8].bytes};
  pl_labels_sort(labels, n_labels);
  for (size_t i = 0; i < w->n_matchers; i++) {
    if (!pl_matcher_holds(&w->matchers[i], labels, n_labels))
      return 0;
  }
  pl_series_info info = {f[0].integer, (enum pl_series_kind)f[3].integer, f[1].bytes, f[4].bytes, labels, n_labels};
  return w->fn(w->user, &info);
}

int pl_reader_series(pl_reader *r, pl_str name, const pl_matcher *matchers, size_t n, int64_t run, pl_series_fn fn, void *user,
                     pl_error *err)
{
  sqlite3_stmt *stmt;
  int code = sqlite3_prepare_v2(r->connection.db, name.len ? series_sql : all_series_sql, -1, &stmt, NULL);
  if (code)
    return pl_sqlite_fail(r->connection.db, code, "read timeline", r->connection.path, err);
  pl_field fields[] = {{.name = "name", .type = PL_FIELD_TEXT, .bytes = {name.data ? name.data : "", name.len}},
                       {.name = "run", .type = PL_FIELD_INT, .integer = run}};
  series_walk w = {r, matchers, n, fn, user, err};
  code = pl_connection_bind(&r->connection, stmt, fields, 2, "series", err);
  if (!code)
    code = pl_archive_hold(&r->connection.archive, err);
  if (!code) {
    code = pl_connection_rows(&r->connection, stmt, on_series, &w, "read series of", err);
    pl_archive_release(&r->connection.archive);
  }
  (void)sqlite3_finalize(stmt);
  return code;
}

static int finish(pl_reader *r, sqlite3_stmt *stmt, int code, int stop, pl_error *err)
{
  if (!stop && code != SQLITE_DONE)
    stop = pl_sqlite_fail(r->connection.db, code, "read timeline", r->connection.path, err);
  (void)sqlite3_finalize(stmt);
  return stop < 0 ? stop : PL_OK;
}

/* The first run behind *run that a series has samples in: 1, 0 when there is none, or an error. */
static int next_run(pl_archive *a, int64_t series, int64_t *run, pl_error *err)
{
  int64_t found = series;
  int code = pl_archive_next(a, &found, run, err);
  return code > 0 ? found == series : code;
}

static int runs_of_samples(pl_reader *r, int64_t series, pl_run_fn fn, void *user, pl_error *err)
{
  pl_archive *a = &r->connection.archive;
  int64_t run = INT64_MIN;
  int stop = 0, code = pl_archive_hold(a, err);
  if (code)
    return code;
  while (!stop && (code = next_run(a, series, &run, err)) > 0)
    stop = fn(user, run);
  pl_archive_release(a);
  return stop < 0 ? stop : code < 0 ? code : PL_OK;
}

#define FIRST_RUN(condition)                                                                                  \
  "(SELECT min(run) FROM (SELECT min(run_id) AS run FROM histogram_rows WHERE series_id = :series" condition      \
  " UNION ALL SELECT min(run_id) FROM histogram_chunks WHERE series_id = :series" condition "))"

/* Two looks into indexes for each run, however many histograms it has. */
static const char dist_runs_sql[] =
    "WITH RECURSIVE h(run) AS (SELECT " FIRST_RUN("") " UNION ALL SELECT " FIRST_RUN(" AND run_id > h.run") " FROM h WHERE h.run IS NOT NULL)"
    " SELECT run FROM h WHERE run IS NOT NULL";

int pl_reader_runs(pl_reader *r, int64_t series, enum pl_series_kind kind, pl_run_fn fn, void *user, pl_error *err)
{
  if (kind != PL_SERIES_DIST)
    return runs_of_samples(r, series, fn, user, err);
  sqlite3_stmt *stmt;
  int code = sqlite3_prepare_v2(r->connection.db, dist_runs_sql, -1, &stmt, NULL), stop = 0;
  if (code)
    return pl_sqlite_fail(r->connection.db, code, "read timeline", r->connection.path, err);
  sqlite3_bind_int64(stmt, 1, series);
  while (!stop && (code = sqlite3_step(stmt)) == SQLITE_ROW)
    stop = fn(user, sqlite3_column_int64(stmt, 0));
  return finish(r, stmt, code, stop, err);
}

/* ---- Samples and distributions ---------------------------------------------------------------- */

static int prepare_range(pl_reader *r, const char *sql, int64_t series, int64_t run, int64_t from, int64_t to,
                         sqlite3_stmt **out, pl_error *err)
{
  int code = sqlite3_prepare_v2(r->connection.db, sql, -1, out, NULL);
  if (code)
    return pl_sqlite_fail(r->connection.db, code, "read timeline", r->connection.path, err);
  sqlite3_bind_int64(*out, 1, series);
  sqlite3_bind_int64(*out, 2, run);
  sqlite3_bind_int64(*out, 3, from);
  sqlite3_bind_int64(*out, 4, to);
  return PL_OK;
}

int pl_reader_samples(pl_reader *r, int64_t series, int64_t run, int64_t from_ns, int64_t to_ns, pl_sample_fn fn, void *user,
                      pl_error *err)
{
  if (from_ns >= to_ns)
    return PL_OK;
  pl_range range = {series, run, from_ns, to_ns - 1};
  pl_scan *scan;
  int64_t ts_ns = 0;
  double value = 0;
  int stop = 0, code = pl_scan_open(&r->connection.archive, &range, &scan, err);
  if (code)
    return code;
  while (!stop && (code = pl_scan_next(scan, &ts_ns, &value, err)) > 0)
    stop = isnan(value) ? 0 : fn(user, ts_ns, value);
  pl_scan_close(scan);
  return stop < 0 ? stop : code < 0 ? code : PL_OK;
}

int pl_reader_spans(pl_reader *r, int64_t series, int64_t run, int64_t from_ns, int64_t to_ns, pl_span_fn fn, void *user, pl_error *err)
{
  if (from_ns >= to_ns)
    return PL_OK;
  pl_range range = {series, run, from_ns, to_ns - 1};
  pl_scan *scan;
  const int64_t *times_ns;
  const double *values;
  size_t n;
  int stop = 0, code = pl_scan_open(&r->connection.archive, &range, &scan, err);
  if (code)
    return code;
  while (!stop && (code = pl_scan_span(scan, &times_ns, &values, &n, err)) > 0)
    stop = fn(user, times_ns, values, n);
  pl_scan_close(scan);
  return stop < 0 ? stop : code < 0 ? code : PL_OK;
}

int pl_reader_rolled(pl_reader *r, int64_t series, pl_error *err)
{
  int64_t sisters[PL_PART_SISTERS];
  int code = pl_sisters_find(&r->connection.archive, series, sisters, err);
  return code ? code : sisters[PL_PART_LEAST] || sisters[PL_PART_GREATEST] || sisters[PL_PART_NUMBER];
}

int pl_reader_parts(pl_reader *r, int64_t series, int64_t run, int64_t from_ns, int64_t to_ns, enum pl_sample_part part, pl_span_fn fn, void *user,
                    pl_error *err)
{
  if (from_ns >= to_ns)
    return PL_OK;
  pl_range range = {series, run, from_ns, to_ns - 1};
  pl_sister_scan *parts;
  const int64_t *times_ns;
  const double *values;
  size_t n;
  int stop = 0, code = pl_sister_scan_open(&r->connection.archive, &range, part, &parts, err);
  if (code)
    return code;
  while (!stop && (code = pl_sister_scan_span(parts, &times_ns, &values, &n, err)) > 0)
    stop = fn(user, times_ns, values, n);
  pl_sister_scan_close(parts);
  return stop < 0 ? stop : code < 0 ? code : PL_OK;
}

#define DISTS_OF(resolution) "SELECT ts_ms, sum, min, max, hist FROM histograms WHERE series_id = ?1 AND run_id = ?2" \
                             " AND ts_ms >= ?3 AND ts_ms < ?4 AND resolution_s = " resolution

/* Of seconds also what stands for them: each part is in order of time, so SQLite merges them as they come. */
static const char dists_sql[] = DISTS_OF("?5") " ORDER BY ts_ms";
static const char seconds_sql[] = DISTS_OF("?5") " UNION ALL " DISTS_OF("-60") " UNION ALL " DISTS_OF("-3600") " ORDER BY ts_ms";

int pl_reader_dists(pl_reader *r, int64_t series, int64_t run, unsigned resolution_s, int64_t from_ms, int64_t to_ms, pl_dist_fn fn,
                    void *user, pl_error *err)
{
  sqlite3_stmt *stmt;
  int code = prepare_range(r, resolution_s == 1 ? seconds_sql : dists_sql, series, run, from_ms, to_ms, &stmt, err);
  if (code)
    return code;
  sqlite3_bind_int64(stmt, 5, resolution_s);
  pl_hist h;
  pl_hist_init(&h, r->storage.alloc);
  int stop = 0;
  while (!stop && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
    pl_hist_clear(&h);
    stop = pl_hdr_decode((pl_str){sqlite3_column_blob(stmt, 4), (size_t)sqlite3_column_bytes(stmt, 4)}, &h, err);
    h.sum = sqlite3_column_double(stmt, 1);
    h.min = (uint64_t)sqlite3_column_int64(stmt, 2);
    h.max = (uint64_t)sqlite3_column_int64(stmt, 3);
    if (!stop)
      stop = fn(user, sqlite3_column_int64(stmt, 0), &h);
  }
  pl_hist_fini(&h);
  return finish(r, stmt, code, stop, err);
}

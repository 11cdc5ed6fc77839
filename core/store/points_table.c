/* An eponymous virtual table over the archive: series by series, run by run, in order of time. */
#include "store/points_table.h"

#include "store/scan.h"
#include "store/vtab.h"

enum { COLUMN_SERIES, COLUMN_RUN, COLUMN_TS, COLUMN_VALUE, KEYS = COLUMN_TS };
/* idxNum: which arguments there are. */
enum { HAS_SERIES = PL_VTAB_KEY(COLUMN_SERIES), HAS_RUN = PL_VTAB_KEY(COLUMN_RUN), HAS_FROM = PL_VTAB_FROM(KEYS), HAS_TO = PL_VTAB_TO(KEYS) };

typedef struct cursor {
  pl_vtab_cursor base;      /* first: SQLite's */
  pl_scan *scan;
  pl_range range;           /* of the scan; between two of them where to go on */
  int64_t series, run;      /* what is wanted, when it is */
  int wanted;               /* HAS_ */
  bool held;
  int64_t ts_ns;
  double value;
} cursor;

static int connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **out, char **err)
{
  (void)argc, (void)argv, (void)err;
  return pl_vtab_connect(db, "CREATE TABLE x(series_id INTEGER, run_id INTEGER, ts_ns INTEGER, value REAL)", user, out);
}

static int best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
  (void)t;
  return pl_vtab_best_index(info, KEYS, 1000000000);
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
  (void)t;
  return pl_vtab_open(sizeof(cursor), out);
}

static pl_archive *archive_of(const cursor *c)
{
  return pl_vtab_user(&c->base.base);
}

static void reset(cursor *c)
{
  pl_scan_close(c->scan);
  c->scan = NULL;
  if (c->held)
    pl_archive_release(archive_of(c));
  c->held = false;
}

static int close_cursor(sqlite3_vtab_cursor *cursor_)
{
  reset((cursor *)cursor_);
  sqlite3_free(cursor_);
  return SQLITE_OK;
}

/* SQLite's code for an error of the archive, whose message becomes the statement's. */
static int fail(cursor *c, int code, const pl_error *err)
{
  pl_vtab_say(&c->base.base, err->message);
  switch (code) {
  case PL_ENOMEM:
    return SQLITE_NOMEM;
  case PL_ECORRUPT:
    return SQLITE_CORRUPT_VTAB;
  case PL_ECANCELED:
    return SQLITE_INTERRUPT;
  case PL_EBUSY:
    return SQLITE_BUSY;
  default:
    return SQLITE_ERROR;
  }
}

/* Goes to the next series and run that are wanted: 1, 0 when there are none, or an error. */
static int next_pair(cursor *c, pl_error *err)
{
  for (;;) {
    int code = pl_archive_next(archive_of(c), &c->range.series, &c->range.run, err);
    if (code <= 0)
      return code;
    if ((c->wanted & HAS_SERIES) && c->range.series != c->series)
      return 0; /* the first wanted one was sought: this is behind the last */
    if (!(c->wanted & HAS_RUN) || c->range.run == c->run)
      return 1;
    if ((c->wanted & HAS_SERIES) && c->range.run > c->run)
      return 0;
  }
}

static int next(sqlite3_vtab_cursor *cursor_)
{
  cursor *c = (cursor *)cursor_;
  pl_error err = {0};
  int code = 0;
  c->base.row++;
  for (;;) {
    code = c->scan ? pl_scan_next(c->scan, &c->ts_ns, &c->value, &err) : 0;
    if (code > 0)
      return SQLITE_OK;
    pl_scan_close(c->scan);
    c->scan = NULL;
    if (!code)
      code = next_pair(c, &err);
    if (code == 0) {
      c->base.at_end = true;
      return SQLITE_OK;
    }
    if (code > 0)
      code = pl_scan_open(archive_of(c), &c->range, &c->scan, &err);
    if (code < 0)
      return fail(c, code, &err);
  }
}

static int filter(sqlite3_vtab_cursor *cursor_, int wanted, const char *text, int argc, sqlite3_value **argv)
{
  cursor *c = (cursor *)cursor_;
  pl_error err = {0};
  (void)text, (void)argc;
  reset(c);
  c->base.row = 0;
  c->base.at_end = false;
  c->wanted = wanted;
  c->series = wanted & HAS_SERIES ? sqlite3_value_int64(*argv++) : INT64_MIN;
  c->run = wanted & HAS_RUN ? sqlite3_value_int64(*argv++) : INT64_MIN;
  c->range.from_ns = wanted & HAS_FROM ? pl_vtab_bound(*argv++, -1) : INT64_MIN;
  c->range.to_ns = wanted & HAS_TO ? pl_vtab_bound(*argv++, 1) : INT64_MAX;
  /* The pair before the first one that may be wanted. */
  c->range.series = c->series;
  c->range.run = (wanted & HAS_SERIES) && (wanted & HAS_RUN) && c->run > INT64_MIN ? c->run - 1 : INT64_MIN;
  int code = pl_archive_hold(archive_of(c), &err);
  if (code)
    return fail(c, code, &err);
  c->held = true;
  return next(cursor_);
}

static int column(sqlite3_vtab_cursor *cursor_, sqlite3_context *context, int i)
{
  const cursor *c = (const cursor *)cursor_;
  if (i == COLUMN_VALUE)
    sqlite3_result_double(context, c->value); /* SQLite makes NULL of what is not a number */
  else
    sqlite3_result_int64(context, i == COLUMN_SERIES ? c->range.series : i == COLUMN_RUN ? c->range.run : c->ts_ns);
  return SQLITE_OK;
}

int pl_points_table_register(pl_archive *a, void (*destroy)(void *archive))
{
  static const sqlite3_module module = {.xConnect = connect, .xBestIndex = best_index, .xDisconnect = pl_vtab_disconnect, .xOpen = open_cursor,
                                        .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = pl_vtab_eof, .xColumn = column,
                                        .xRowid = pl_vtab_row};
  return sqlite3_create_module_v2(a->db, "points", &module, a, destroy);
}

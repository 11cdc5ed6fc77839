/* An eponymous virtual table over the archive: series by series, run by run, in order of time. */
#include "store/points_table.h"

#include <math.h>
#include <string.h>

#include "store/scan.h"

enum { COLUMN_SERIES, COLUMN_RUN, COLUMN_TS, COLUMN_VALUE };
enum { HAS_SERIES = 1, HAS_RUN = 2, HAS_FROM = 4, HAS_TO = 8 }; /* idxNum: which arguments there are, in this order */

typedef struct table {
  sqlite3_vtab base; /* first: SQLite's */
  pl_archive *archive;
} table;

typedef struct cursor {
  sqlite3_vtab_cursor base; /* first: SQLite's */
  pl_scan *scan;
  pl_range range;           /* of the scan; between two of them where to go on */
  int64_t series, run;      /* what is wanted, when it is */
  int wanted;               /* HAS_ */
  bool held, at_end;
  int64_t ts_ns;
  double value;
  sqlite3_int64 row;
} cursor;

static int connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **out, char **err)
{
  (void)argc, (void)argv, (void)err;
  int code = sqlite3_declare_vtab(db, "CREATE TABLE x(series_id INTEGER, run_id INTEGER, ts_ns INTEGER, value REAL)");
  if (!code)
    code = sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  if (code)
    return code;
  table *t = sqlite3_malloc(sizeof *t);
  if (!t)
    return SQLITE_NOMEM;
  *t = (table){.archive = user};
  *out = &t->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *t)
{
  sqlite3_free(t);
  return SQLITE_OK;
}

/* What a constraint is good for; 0: for nothing. */
static int use_of(const struct sqlite3_index_constraint *c)
{
  if (!c->usable)
    return 0;
  bool equal = c->op == SQLITE_INDEX_CONSTRAINT_EQ;
  switch (c->iColumn) {
  case COLUMN_SERIES:
    return equal ? HAS_SERIES : 0;
  case COLUMN_RUN:
    return equal ? HAS_RUN : 0;
  case COLUMN_TS:
    if (c->op == SQLITE_INDEX_CONSTRAINT_GE || c->op == SQLITE_INDEX_CONSTRAINT_GT)
      return HAS_FROM;
    return c->op == SQLITE_INDEX_CONSTRAINT_LE || c->op == SQLITE_INDEX_CONSTRAINT_LT ? HAS_TO : 0;
  default:
    return 0;
  }
}

/* SQLite looks at every row again: arguments only say where rows may be. */
static int best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
  int arguments = 0;
  (void)t;
  for (int use = HAS_SERIES; use <= HAS_TO; use *= 2) {
    for (int i = 0; i < info->nConstraint && !(info->idxNum & use); i++) {
      if (use_of(&info->aConstraint[i]) == use) {
        info->aConstraintUsage[i].argvIndex = ++arguments;
        info->idxNum |= use;
      }
    }
  }
  bool one = (info->idxNum & HAS_SERIES) && (info->idxNum & HAS_RUN);
  info->estimatedRows = one ? 1000 : info->idxNum & HAS_SERIES ? 10000 : 1000000000;
  info->estimatedCost = (double)info->estimatedRows + (info->idxNum & HAS_RUN ? 0 : 10);
  info->orderByConsumed = one && info->nOrderBy == 1 && info->aOrderBy[0].iColumn == COLUMN_TS && !info->aOrderBy[0].desc;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
  (void)t;
  cursor *c = sqlite3_malloc(sizeof *c);
  if (!c)
    return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  *out = &c->base;
  return SQLITE_OK;
}

static pl_archive *archive_of(const cursor *c)
{
  return ((const table *)c->base.pVtab)->archive;
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
  sqlite3_vtab *t = c->base.pVtab;
  sqlite3_free(t->zErrMsg);
  t->zErrMsg = sqlite3_mprintf("%s", err->message);
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
  c->row++;
  for (;;) {
    code = c->scan ? pl_scan_next(c->scan, &c->ts_ns, &c->value, &err) : 0;
    if (code > 0)
      return SQLITE_OK;
    pl_scan_close(c->scan);
    c->scan = NULL;
    if (!code)
      code = next_pair(c, &err);
    if (code == 0) {
      c->at_end = true;
      return SQLITE_OK;
    }
    if (code > 0)
      code = pl_scan_open(archive_of(c), &c->range, &c->scan, &err);
    if (code < 0)
      return fail(c, code, &err);
  }
}

/* A whole number that is not above (rounding -1) or not below (1) the argument; the widest where that is no number. */
static int64_t bound(sqlite3_value *v, int rounding)
{
  if (sqlite3_value_type(v) == SQLITE_INTEGER)
    return sqlite3_value_int64(v);
  double d = sqlite3_value_type(v) == SQLITE_FLOAT ? sqlite3_value_double(v) : rounding * (double)INFINITY;
  d = rounding < 0 ? floor(d) : ceil(d);
  return d < -9.2e18 ? INT64_MIN : d > 9.2e18 ? INT64_MAX : (int64_t)d;
}

static int filter(sqlite3_vtab_cursor *cursor_, int wanted, const char *text, int argc, sqlite3_value **argv)
{
  cursor *c = (cursor *)cursor_;
  pl_error err = {0};
  (void)text, (void)argc;
  reset(c);
  c->row = 0;
  c->at_end = false;
  c->wanted = wanted;
  c->series = wanted & HAS_SERIES ? sqlite3_value_int64(*argv++) : INT64_MIN;
  c->run = wanted & HAS_RUN ? sqlite3_value_int64(*argv++) : INT64_MIN;
  c->range.from_ns = wanted & HAS_FROM ? bound(*argv++, -1) : INT64_MIN;
  c->range.to_ns = wanted & HAS_TO ? bound(*argv++, 1) : INT64_MAX;
  /* The pair before the first one that may be wanted. */
  c->range.series = c->series;
  c->range.run = (wanted & HAS_SERIES) && (wanted & HAS_RUN) && c->run > INT64_MIN ? c->run - 1 : INT64_MIN;
  int code = pl_archive_hold(archive_of(c), &err);
  if (code)
    return fail(c, code, &err);
  c->held = true;
  return next(cursor_);
}

static int eof(sqlite3_vtab_cursor *cursor_)
{
  return ((cursor *)cursor_)->at_end;
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

static int row_id(sqlite3_vtab_cursor *cursor_, sqlite3_int64 *out)
{
  *out = ((cursor *)cursor_)->row;
  return SQLITE_OK;
}

int pl_points_table_register(pl_archive *a, void (*destroy)(void *archive))
{
  static const sqlite3_module module = {.xConnect = connect, .xBestIndex = best_index, .xDisconnect = disconnect, .xOpen = open_cursor,
                                        .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = eof, .xColumn = column,
                                        .xRowid = row_id};
  return sqlite3_create_module_v2(a->db, "points", &module, a, destroy);
}

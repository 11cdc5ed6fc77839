/* An eponymous virtual table over the stored points: the format behind it may change, statements of people do not. */
#include "store/samples.h"

#include <string.h>

#include "store/vtab.h"

enum { COLUMN_TS, COLUMN_VALUE, COLUMN_LABELS, COLUMN_INSTANCE, COLUMN_ROLE, COLUMN_RUN_ID, COLUMN_NAME, COLUMN_RUN, COLUMN_HAVE };
enum { HAS_RUN = 1, HAS_LABELS = 2, HAS_INSTANCE = 4, HAS_HAVE = 8 }; /* idxNum: which arguments follow the name, in this order */

static const char declared[] = "CREATE TABLE x(ts REAL, value REAL, labels TEXT, instance TEXT, role TEXT, run_id TEXT, name HIDDEN, run HIDDEN, have HIDDEN)";

#define COLUMNS                                                                                                        \
  "SELECT p.ts_ns / 1e9, p.value, s.labels, o.instance, o.role, r.ulid FROM series s JOIN sources o ON o.id = s.source_id" \
  " JOIN points p ON p.series_id = s.id LEFT JOIN runs r ON r.id = p.run_id WHERE s.name = ?1"
/* What each further argument adds, and the number of its parameter. */
static const struct {
  int has, column, parameter;
  const char *sql;
} narrower[] = {
    {HAS_RUN, COLUMN_RUN, 2, " AND p.run_id IN (SELECT id FROM runs WHERE ulid >= upper(?2) AND ulid < upper(?2) || '~')"},
    {HAS_LABELS, COLUMN_LABELS, 3, " AND s.labels = ?3"},
    {HAS_INSTANCE, COLUMN_INSTANCE, 4, " AND o.instance = ?4"},
    {HAS_HAVE, COLUMN_HAVE, 5, " AND NOT EXISTS (SELECT 1 FROM json_each(?5) w WHERE (s.labels ->> w.key) IS NOT CAST(w.value AS TEXT))"},
};

enum { NARROWER = sizeof narrower / sizeof *narrower };

typedef struct cursor {
  pl_vtab_cursor base; /* first: SQLite's */
  sqlite3_stmt *stmt;
  sqlite3_value *name, *run, *have; /* copies of the arguments; NULL: it is none */
} cursor;

static int connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **out, char **err)
{
  (void)user, (void)argc, (void)argv, (void)err;
  return pl_vtab_connect(db, declared, db, out);
}

/* The usable equality on a column, byte by byte, or -1. */
static int find_constraint(sqlite3_index_info *info, int column)
{
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn == column && info->aConstraint[i].usable && info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ &&
        strcmp(sqlite3_vtab_collation(info, i), "BINARY") == 0)
      return i;
  }
  return -1;
}

/* Arguments of the call are taken at our word; SQLite compares the columns once more. */
static void use(sqlite3_index_info *info, int constraint, int argument)
{
  int of = info->aConstraint[constraint].iColumn;
  info->aConstraintUsage[constraint].argvIndex = argument;
  info->aConstraintUsage[constraint].omit = of == COLUMN_NAME || of == COLUMN_RUN || of == COLUMN_HAVE;
}

static int best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
  int name = find_constraint(info, COLUMN_NAME), argument = 1;
  (void)t;
  if (name < 0)
    return SQLITE_CONSTRAINT; /* samples() without a name, or one that is known later only */
  use(info, name, argument);
  info->estimatedCost = 1e6;
  for (int i = 0; i < NARROWER; i++) {
    int constraint = find_constraint(info, narrower[i].column);
    if (constraint < 0)
      continue;
    use(info, constraint, ++argument);
    info->idxNum |= narrower[i].has;
    info->estimatedCost /= narrower[i].has == HAS_INSTANCE ? 10 : 1000;
  }
  info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn == COLUMN_TS && !info->aOrderBy[0].desc;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
  (void)t;
  return pl_vtab_open(sizeof(cursor), out);
}

static void reset(cursor *c)
{
  (void)sqlite3_finalize(c->stmt);
  sqlite3_value_free(c->name);
  sqlite3_value_free(c->run);
  sqlite3_value_free(c->have);
  c->stmt = NULL;
  c->name = c->run = c->have = NULL;
}

static int close_cursor(sqlite3_vtab_cursor *cursor_)
{
  reset((cursor *)cursor_);
  sqlite3_free(cursor_);
  return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor_)
{
  cursor *c = (cursor *)cursor_;
  c->base.row++;
  int code = sqlite3_step(c->stmt);
  c->base.at_end = code != SQLITE_ROW;
  if (code == SQLITE_ROW || code == SQLITE_DONE)
    return SQLITE_OK;
  pl_vtab_say(cursor_, sqlite3_errmsg(pl_vtab_user(cursor_)));
  return code;
}

/* Prepares the statement, which these arguments narrow. Of the call's own, NULL is none. */
static int prepare(cursor *c, int has, sqlite3_value **argv)
{
  sqlite3 *db = pl_vtab_user(&c->base.base);
  const char *parts[NARROWER];
  sqlite3_value *values[NARROWER] = {NULL};
  for (int i = 0, at = 1; i < NARROWER; i++) {
    if (has & narrower[i].has)
      values[i] = argv[at++];
    if (values[i] && narrower[i].has & (HAS_RUN | HAS_HAVE) && sqlite3_value_type(values[i]) == SQLITE_NULL)
      values[i] = NULL;
    parts[i] = values[i] ? narrower[i].sql : "";
  }
  char *sql = sqlite3_mprintf(COLUMNS "%s%s%s%s ORDER BY p.ts_ns", parts[0], parts[1], parts[2], parts[3]);
  int code = sql ? sqlite3_prepare_v2(db, sql, -1, &c->stmt, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (!code)
    code = sqlite3_bind_value(c->stmt, 1, c->name);
  for (int i = 0; i < NARROWER && !code; i++) {
    if (values[i])
      code = sqlite3_bind_value(c->stmt, narrower[i].parameter, values[i]);
  }
  return code;
}

static int filter(sqlite3_vtab_cursor *cursor_, int has, const char *text, int argc, sqlite3_value **argv)
{
  cursor *c = (cursor *)cursor_;
  (void)text;
  reset(c);
  c->base.row = 0;
  c->name = sqlite3_value_dup(argv[0]);
  c->run = has & HAS_RUN ? sqlite3_value_dup(argv[1]) : NULL;
  c->have = has & HAS_HAVE ? sqlite3_value_dup(argv[argc - 1]) : NULL;
  if (!c->name || (!c->run && (has & HAS_RUN)) || (!c->have && (has & HAS_HAVE)))
    return SQLITE_NOMEM;
  int code = prepare(c, has, argv);
  if (code)
    pl_vtab_say(cursor_, sqlite3_errmsg(pl_vtab_user(cursor_)));
  return code ? code : next(cursor_);
}

static int column(sqlite3_vtab_cursor *cursor_, sqlite3_context *context, int i)
{
  cursor *c = (cursor *)cursor_;
  if (i == COLUMN_NAME)
    sqlite3_result_value(context, c->name);
  else if (i == COLUMN_HAVE && c->have)
    sqlite3_result_value(context, c->have);
  else if (i == COLUMN_RUN)
    sqlite3_result_value(context, c->run ? c->run : sqlite3_column_value(c->stmt, COLUMN_RUN_ID));
  else if (i < COLUMN_NAME)
    sqlite3_result_value(context, sqlite3_column_value(c->stmt, i));
  return SQLITE_OK;
}

int pl_samples_register(sqlite3 *db)
{
  static const sqlite3_module module = {.xConnect = connect, .xBestIndex = best_index, .xDisconnect = pl_vtab_disconnect, .xOpen = open_cursor,
                                        .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = pl_vtab_eof, .xColumn = column,
                                        .xRowid = pl_vtab_row};
  return sqlite3_create_module_v2(db, "samples", &module, NULL, NULL);
}

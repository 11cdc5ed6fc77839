/* One connection for one statement. */
#include "store/foreign.h"

#include <string.h>

#include "base/error.h"
#include "store/connection.h"

static int fail(const pl_connection *c, int sqlite_code, pl_error *err)
{
  int kind = sqlite_code & 0xff;
  int code = kind == SQLITE_NOMEM ? PL_ENOMEM : kind == SQLITE_CANTOPEN ? PL_EACCES : kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT ? PL_EFOREIGN : PL_EINVAL;
  return pl_fail(err, code, "%s: %s", c->path, c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(sqlite_code));
}

/* One statement that changes nothing: another file cannot be attached. */
static int prepare(pl_connection *c, pl_str sql, sqlite3_stmt **out, pl_error *err)
{
  const char *tail = NULL;
  if (sql.len > PL_FOREIGN_SQL_MAX)
    return pl_fail(err, PL_ELIMIT, "a query of more than %d bytes", PL_FOREIGN_SQL_MAX);
  int code = sqlite3_prepare_v2(c->db, sql.data, (int)sql.len, out, &tail);
  if (code)
    return fail(c, code, err);
  pl_str rest = pl_str_trim((pl_str){tail, (size_t)(sql.data + sql.len - tail)});
  if (*out && rest.len == 0 && sqlite3_stmt_readonly(*out) && sqlite3_column_count(*out) > 0)
    return PL_OK;
  sqlite3_finalize(*out);
  *out = NULL;
  return pl_fail(err, PL_EINVAL, "%s: one SELECT is wanted", c->path);
}

static int open_file(pl_connection *c, const char *path, pl_error *err)
{
  c->path = pl_strdup(c->alloc, path);
  if (!c->path)
    return pl_fail(err, PL_ENOMEM, "open %s: out of memory", path);
  int code = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
  if (code)
    return fail(c, code, err);
  (void)sqlite3_busy_timeout(c->db, PL_BUSY_MS);
  (void)sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
  return PL_OK;
}

int pl_foreign_rows(const pl_allocator *a, const char *path, pl_str sql, pl_row_fn fn, void *user, pl_error *err)
{
  pl_connection c = {.alloc = a};
  sqlite3_stmt *stmt = NULL;
  int code = open_file(&c, path, err);
  if (!code)
    code = prepare(&c, sql, &stmt, err);
  if (!code)
    code = pl_connection_rows(&c, stmt, fn, user, "query", err);
  sqlite3_finalize(stmt);
  pl_connection_close(&c);
  return code;
}

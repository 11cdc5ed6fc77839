/* Pages are put right in the file itself, past SQLite: the log is empty and the lock of writers held, so that nobody else writes there, and
 * readers find the same before and after. */
#include "store/pages.h"

#include "base/error.h"
#include "store/sqlite_error.h"
#include "store/vfs.h"

#define OTHER "not as it was written: another program has written there, or it is damaged"
#define UNSEALED "another program has written it"

static void sql_log_lost(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  (void)v;
  sqlite3_result_int64(context, *(int64_t *)sqlite3_user_data(context));
}

static void sql_file_pages(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  (void)v;
  uint32_t n = pl_vfs_pages(sqlite3_context_db_handle(context));
  if (n)
    sqlite3_result_int64(context, n);
}

static void sql_page_damage(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  enum pl_page_state state;
  size_t bit = 0;
  int code = pl_vfs_look(sqlite3_context_db_handle(context), (uint32_t)sqlite3_value_int64(v[0]), &state, &bit);
  if (code) {
    sqlite3_result_error_code(context, code);
    return;
  }
  if (state == PL_PAGE_FLIPPED) {
    char *text = sqlite3_mprintf("bit %d of byte %lld is flipped", (int)(bit % 8), (long long)(bit / 8));
    sqlite3_result_text(context, text, -1, sqlite3_free);
  } else if (state != PL_PAGE_WHOLE) {
    sqlite3_result_text(context, state == PL_PAGE_OTHER ? OTHER : UNSEALED, -1, SQLITE_STATIC);
  }
}

static void sql_page_is_foreign(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  const char *text = (const char *)sqlite3_value_text(v[0]);
  sqlite3_result_int(context, text && (pl_str_eqc(pl_str_of(text), OTHER) || pl_str_eqc(pl_str_of(text), UNSEALED)));
}

int pl_pages_register(sqlite3 *db, int64_t *log_lost)
{
  const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  int code = sqlite3_create_function_v2(db, "log_lost", 0, flags, log_lost, sql_log_lost, NULL, NULL, NULL);
  if (!code)
    code = sqlite3_create_function_v2(db, "file_pages", 0, flags, NULL, sql_file_pages, NULL, NULL, NULL);
  if (!code)
    code = sqlite3_create_function_v2(db, "page_damage", 1, flags, NULL, sql_page_damage, NULL, NULL, NULL);
  if (!code)
    code = sqlite3_create_function_v2(db, "page_is_foreign", 1, flags, NULL, sql_page_is_foreign, NULL, NULL, NULL);
  return code;
}

/* Whether the write-ahead log has nothing; an SQLite code. */
static int is_log_empty(sqlite3 *db, bool *empty)
{
  sqlite3_file *log = NULL;
  sqlite3_int64 size = 0;
  int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (!code && log && log->pMethods)
    code = log->pMethods->xFileSize(log, &size);
  *empty = size == 0;
  return code;
}

/* Takes the lock of writers with an empty log; an SQLite code. */
static int begin(sqlite3 *db)
{
  bool empty = false;
  int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  if (!code)
    code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (!code)
    code = is_log_empty(db, &empty);
  return code || empty ? code : SQLITE_BUSY;
}

static int put_right(sqlite3 *db, enum pl_pages_way way, int64_t *n)
{
  int code = SQLITE_OK;
  for (uint32_t number = 1, end = pl_vfs_pages(db); number <= end && !code; number++) {
    enum pl_page_state state;
    size_t bit;
    code = pl_vfs_look(db, number, &state, &bit);
    bool done = false, wanted = state != PL_PAGE_WHOLE && (way != PL_PAGES_MEND || state == PL_PAGE_FLIPPED);
    if (!code && wanted)
      code = pl_vfs_put_right(db, number, way != PL_PAGES_TAKE, &done);
    *n += done;
  }
  return code;
}

int pl_pages_put_right(pl_connection *c, enum pl_pages_way way, int64_t *n, pl_error *err)
{
  int64_t before = *n;
  int code = begin(c->db);
  if (!code)
    code = put_right(c->db, way, n);
  if (!code && *n > before)
    code = pl_vfs_sync(c->db);
  if (code)
    code = pl_sqlite_fail(c->db, code, "repair timeline", c->path, err);
  if (!sqlite3_get_autocommit(c->db))
    (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
  (void)sqlite3_db_release_memory(c->db); /* pages as they were */
  return code;
}

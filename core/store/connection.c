/* Connections: each on one thread at a time. */
#include "store/connection.h"

#include <string.h>

#include "base/error.h"
#include "store/damage.h"
#include "store/histograms_table.h"
#include "store/functions.h"
#include "store/moved.h"
#include "store/pages.h"
#include "store/points_table.h"
#include "store/samples.h"
#include "store/sqlite_error.h"
#include "store/wal.h"

enum { COLUMNS_MAX = 128 };

/* Such a database is shared by connections of one VFS. */
static bool is_in_memory(const char *path)
{
  return strncmp(path, PL_MEMORY_PREFIX, sizeof PL_MEMORY_PREFIX - 1) == 0;
}

/* Pages of the log come into the file, where one that was being written when a process died is whole again. What cannot be copied stays. */
static void copy_log(sqlite3 *db)
{
  (void)sqlite3_exec(db, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL); /* the log is found by reading */
  (void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

int pl_connection_open(pl_connection *c, const pl_allocator *a, const char *path, int flags, bool mend, pl_error *err)
{
  memset(c, 0, sizeof *c);
  c->alloc = a;
  c->path = pl_strdup(a, path);
  if (!c->path || (!is_in_memory(path) && pl_vfs_new(a, mend, &c->vfs))) {
    pl_connection_close(c);
    return pl_fail(err, PL_ENOMEM, "open timeline %s: out of memory", path);
  }
  if (mend)
    c->log_lost = pl_wal_lost(a, path);
  int code = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             c->vfs ? pl_vfs_name(c->vfs) : NULL);
  if (!code && mend) {
    copy_log(c->db);
    code = pl_vfs_mend(c->db);
  }
  if (code) {
    code = pl_sqlite_fail(c->db, code, "open timeline", path, err);
    pl_connection_close(c);
    return code;
  }
  (void)sqlite3_busy_timeout(c->db, PL_BUSY_MS);
  pl_archive_init(&c->archive, a, c->db, c->path);
  code = pl_functions_register(c->db, a);
  if (!code)
    code = pl_points_table_register(&c->archive, NULL);
  if (!code)
    code = pl_histograms_table_register(&c->archive);
  if (!code)
    code = pl_samples_register(c->db);
  if (!code)
    code = pl_damage_register(&c->archive);
  if (!code)
    code = pl_moved_register(&c->archive);
  if (!code)
    code = pl_pages_register(c->db, &c->log_lost);
  if (!code)
    return PL_OK;
  code = pl_sqlite_fail(c->db, code, "open timeline", path, err);
  pl_connection_close(c);
  return code;
}

int pl_connection_prepare(pl_connection *c, const char *sql, sqlite3_stmt **out, pl_error *err)
{
  int code = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
  return code ? pl_sqlite_fail(c->db, code, "open timeline", c->path, err) : PL_OK;
}

void pl_connection_close(pl_connection *c)
{
  for (int i = 0; i < PL_RECORDS_MAX; i++)
    sqlite3_finalize(c->records[i]);
  pl_archive_fini(&c->archive);
  (void)sqlite3_close_v2(c->db);
  pl_vfs_free(c->vfs);
  if (c->path)
    pl_strfree(c->alloc, c->path);
  memset(c, 0, sizeof *c);
}

static int bind_one(sqlite3_stmt *stmt, int at, const pl_field *f)
{
  switch (f->type) {
  case PL_FIELD_NULL:
    return sqlite3_bind_null(stmt, at);
  case PL_FIELD_INT:
    return sqlite3_bind_int64(stmt, at, f->integer);
  case PL_FIELD_DOUBLE:
    return sqlite3_bind_double(stmt, at, f->number);
  case PL_FIELD_TEXT:
    return sqlite3_bind_text64(stmt, at, f->bytes.data, f->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
  case PL_FIELD_BLOB:
    return sqlite3_bind_blob64(stmt, at, f->bytes.data, f->bytes.len, SQLITE_STATIC);
  }
  return SQLITE_MISUSE;
}

int pl_connection_bind(pl_connection *c, sqlite3_stmt *stmt, const pl_field *fields, size_t n, const char *what, pl_error *err)
{
  (void)sqlite3_clear_bindings(stmt);
  for (size_t i = 0; i < n; i++) {
    char name[72] = ":";
    if (!pl_copy(name + 1, sizeof name - 1, pl_str_of(fields[i].name)))
      return pl_fail(err, PL_EINVAL, "%s: the name %s is too long", what, fields[i].name);
    int at = sqlite3_bind_parameter_index(stmt, name);
    if (at == 0)
      return pl_fail(err, PL_EINVAL, "%s: there is no field %s", what, fields[i].name);
    int code = bind_one(stmt, at, &fields[i]);
    if (code)
      return pl_sqlite_fail(c->db, code, what, c->path, err);
  }
  return PL_OK;
}

static void read_column(sqlite3_stmt *stmt, int i, pl_field *f)
{
  *f = (pl_field){.name = sqlite3_column_name(stmt, i)};
  switch (sqlite3_column_type(stmt, i)) {
  case SQLITE_INTEGER:
    f->type = PL_FIELD_INT;
    f->integer = sqlite3_column_int64(stmt, i);
    f->number = (double)f->integer;
    break;
  case SQLITE_FLOAT:
    f->type = PL_FIELD_DOUBLE;
    f->number = sqlite3_column_double(stmt, i);
    break;
  case SQLITE_TEXT:
    f->type = PL_FIELD_TEXT;
    f->bytes.data = (const char *)sqlite3_column_text(stmt, i);
    f->bytes.len = (size_t)sqlite3_column_bytes(stmt, i);
    break;
  case SQLITE_BLOB:
    f->type = PL_FIELD_BLOB;
    f->bytes.data = sqlite3_column_blob(stmt, i);
    f->bytes.len = (size_t)sqlite3_column_bytes(stmt, i);
    break;
  default:
    f->type = PL_FIELD_NULL;
  }
}

int pl_connection_rows(pl_connection *c, sqlite3_stmt *stmt, pl_row_fn fn, void *user, const char *what, pl_error *err)
{
  int code = SQLITE_ROW, stop = 0, columns = sqlite3_column_count(stmt);
  if (columns > COLUMNS_MAX)
    return pl_fail(err, PL_ELIMIT, "%s: more than %d columns", what, COLUMNS_MAX);
  while (!stop && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
    pl_field fields[COLUMNS_MAX];
    for (int i = 0; i < columns; i++)
      read_column(stmt, i, &fields[i]);
    if (fn)
      stop = fn(user, fields, (size_t)columns);
  }
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    stop = pl_sqlite_fail(c->db, code, what, c->path, err);
  (void)sqlite3_reset(stmt);
  (void)sqlite3_clear_bindings(stmt);
  return stop < 0 ? stop : PL_OK;
}

int pl_connection_record(pl_connection *c, const char *operation, bool write, sqlite3_stmt **out, pl_error *err)
{
  int i = pl_record_find(operation);
  if (i < 0 || pl_records[i].write != write)
    return pl_fail(err, PL_EINVAL, "there is no %s operation %s", write ? "writing" : "reading", operation);
  if (!c->records[i]) {
    int code = sqlite3_prepare_v3(c->db, pl_records[i].sql, -1, SQLITE_PREPARE_PERSISTENT, &c->records[i], NULL);
    if (code)
      return pl_sqlite_fail(c->db, code, operation, c->path, err);
  }
  *out = c->records[i];
  return PL_OK;
}

/* The loadable extension perilune_sqlite: our tables and functions in any program that has SQLite,
 *
 *   sqlite3> .load /usr/local/lib/perilune/perilune_sqlite
 *
 * Every connection that loads it has an archive of its own, which goes with the connection. */
#include "store/histograms_table.h"
#include "store/functions.h"
#include "store/points_table.h"
#include "store/samples.h"

SQLITE_EXTENSION_INIT1

static void close_archive(void *archive)
{
  pl_archive_fini(archive);
  pl_free(&pl_alloc_default, archive, sizeof(pl_archive));
}

static int register_all(sqlite3 *db)
{
  pl_archive *a = pl_alloc(&pl_alloc_default, sizeof *a);
  if (!a)
    return SQLITE_NOMEM;
  pl_archive_init(a, &pl_alloc_default, db, "the database");
  a->transient = true;
  int code = pl_points_table_register(a, close_archive);
  if (!code)
    code = pl_histograms_table_register(a);
  if (!code)
    code = pl_samples_register(db);
  return code ? code : pl_functions_register(db, &pl_alloc_default);
}

/* SQLite finds it by the file's name. */
__attribute__((visibility("default"))) int sqlite3_perilunesqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

int sqlite3_perilunesqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
  SQLITE_EXTENSION_INIT2(api);
  int code = register_all(db);
  if (code && message)
    *message = sqlite3_mprintf("perilune: %s", sqlite3_errstr(code));
  return code;
}

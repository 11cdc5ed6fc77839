/* SQLite knows tables and cursors by their first member alone, and leaves their memory to us. */
#include "store/vtab.h"

#include <math.h>
#include <string.h>

int pl_vtab_connect(sqlite3 *db, const char *columns, void *user, sqlite3_vtab **out)
{
  int code = sqlite3_declare_vtab(db, columns);
  if (!code)
    code = sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  if (code)
    return code;
  pl_vtab *t = sqlite3_malloc(sizeof *t);
  if (!t)
    return SQLITE_NOMEM;
  *t = (pl_vtab){.user = user};
  *out = &t->base;
  return SQLITE_OK;
}

int pl_vtab_disconnect(sqlite3_vtab *t)
{
  sqlite3_free(t);
  return SQLITE_OK;
}

/* The argument that a constraint gives, as a bit; 0: none. */
static int argument_of(const struct sqlite3_index_constraint *c, int n_keys)
{
  if (!c->usable)
    return 0;
  if (c->iColumn >= 0 && c->iColumn < n_keys)
    return c->op == SQLITE_INDEX_CONSTRAINT_EQ ? PL_VTAB_KEY(c->iColumn) : 0;
  if (c->iColumn != n_keys)
    return 0;
  if (c->op == SQLITE_INDEX_CONSTRAINT_GE || c->op == SQLITE_INDEX_CONSTRAINT_GT)
    return PL_VTAB_FROM(n_keys);
  return c->op == SQLITE_INDEX_CONSTRAINT_LE || c->op == SQLITE_INDEX_CONSTRAINT_LT ? PL_VTAB_TO(n_keys) : 0;
}

int pl_vtab_best_index(sqlite3_index_info *info, int n_keys, sqlite3_int64 rows)
{
  int arguments = 0, missing = 0;
  for (int bit = 1; bit <= PL_VTAB_TO(n_keys); bit *= 2) {
    for (int i = 0; i < info->nConstraint && !(info->idxNum & bit); i++) {
      if (argument_of(&info->aConstraint[i], n_keys) == bit) {
        info->aConstraintUsage[i].argvIndex = ++arguments;
        info->idxNum |= bit;
      }
    }
  }
  for (int i = 1; i < n_keys; i++)
    missing += !(info->idxNum & PL_VTAB_KEY(i));
  bool first = info->idxNum & PL_VTAB_KEY(0), one = first && !missing;
  info->estimatedRows = one ? 1000 : first ? 10000 : rows;
  info->estimatedCost = (double)info->estimatedRows + 10 * missing;
  info->orderByConsumed = one && info->nOrderBy == 1 && info->aOrderBy[0].iColumn == n_keys && !info->aOrderBy[0].desc;
  return SQLITE_OK;
}

int pl_vtab_open(size_t size, sqlite3_vtab_cursor **out)
{
  pl_vtab_cursor *c = sqlite3_malloc64(size);
  if (!c)
    return SQLITE_NOMEM;
  memset(c, 0, size);
  *out = &c->base;
  return SQLITE_OK;
}

int pl_vtab_row(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
  *out = ((pl_vtab_cursor *)c)->row;
  return SQLITE_OK;
}

int pl_vtab_eof(sqlite3_vtab_cursor *c)
{
  return ((pl_vtab_cursor *)c)->at_end;
}

void *pl_vtab_user(const sqlite3_vtab_cursor *c)
{
  return ((const pl_vtab *)c->pVtab)->user;
}

void pl_vtab_say(const sqlite3_vtab_cursor *c, const char *message)
{
  sqlite3_free(c->pVtab->zErrMsg);
  c->pVtab->zErrMsg = sqlite3_mprintf("%s", message);
}

int64_t pl_vtab_bound(sqlite3_value *v, int rounding)
{
  if (sqlite3_value_type(v) == SQLITE_INTEGER)
    return sqlite3_value_int64(v);
  double d = sqlite3_value_type(v) == SQLITE_FLOAT ? sqlite3_value_double(v) : rounding * (double)INFINITY;
  d = rounding < 0 ? floor(d) : ceil(d);
  return d < -9.2e18 ? INT64_MIN : d > 9.2e18 ? INT64_MAX : (int64_t)d;
}

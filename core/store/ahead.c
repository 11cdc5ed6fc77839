/* See ahead.h. Rows are looked at from the expected one on, so that who asks in order finds each at once. */
#include "store/ahead.h"

#include <string.h>

enum { KEYS_MAX = 1 << 18 };

static const char next_sql[] = "SELECT id, kind, source_id, name, labels FROM series WHERE id > ? ORDER BY id LIMIT ?";

void pl_ahead_fini(pl_ahead *a)
{
  (void)sqlite3_finalize(a->next);
  if (a->keys.alloc)
    pl_buf_fini(&a->keys);
  *a = (pl_ahead){0};
}

void pl_ahead_key(pl_buf *b, int64_t source, pl_str name, pl_str labels)
{
  (void)pl_buf_addf(b, "%lld", (long long)source);
  (void)pl_buf_addc(b, '\0');
  (void)pl_buf_add(b, name.data, name.len);
  (void)pl_buf_addc(b, '\0');
  (void)pl_buf_add(b, labels.data, labels.len);
}

bool pl_ahead_find(pl_ahead *a, pl_str key, int64_t *id, enum pl_series_kind *kind)
{
  for (size_t i = 0; i < a->n; i++) {
    size_t row = (a->at + i) % a->n;
    if (a->rows[row].len != key.len || memcmp(a->keys.data + a->rows[row].at, key.data, key.len) != 0)
      continue;
    *id = a->found = a->rows[row].id;
    *kind = a->rows[row].kind;
    a->at = row + 1;
    return true;
  }
  return false;
}

static pl_str column_text(sqlite3_stmt *stmt, int column)
{
  const char *text = (const char *)sqlite3_column_text(stmt, column);
  return (pl_str){text, text ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

/* Takes the row that the statement stands on; false: there is no room for it. */
static bool take_row(pl_ahead *a)
{
  size_t at = a->keys.len;
  pl_ahead_key(&a->keys, sqlite3_column_int64(a->next, 2), column_text(a->next, 3), column_text(a->next, 4));
  if (a->keys.bad)
    return false;
  a->rows[a->n].id = sqlite3_column_int64(a->next, 0);
  a->rows[a->n].kind = (enum pl_series_kind)sqlite3_column_int(a->next, 1);
  a->rows[a->n].at = at;
  a->rows[a->n++].len = a->keys.len - at;
  return true;
}

static void read_behind(pl_ahead *a, sqlite3 *db, int64_t id)
{
  if (!a->next && sqlite3_prepare_v3(db, next_sql, -1, SQLITE_PREPARE_PERSISTENT, &a->next, NULL))
    return;
  sqlite3_bind_int64(a->next, 1, id);
  sqlite3_bind_int(a->next, 2, PL_AHEAD_ROWS);
  while (sqlite3_step(a->next) == SQLITE_ROW && take_row(a))
    ;
  (void)sqlite3_reset(a->next);
}

void pl_ahead_go_on(pl_ahead *a, const pl_allocator *alloc, sqlite3 *db, int64_t id)
{
  bool in_order = a->found && id == a->found + 1;
  a->found = id;
  if (!in_order)
    return;
  if (!a->keys.alloc)
    pl_buf_init(&a->keys, alloc, KEYS_MAX);
  pl_buf_clear(&a->keys);
  a->n = a->at = 0;
  read_behind(a, db, id);
}

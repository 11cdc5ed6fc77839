/* Identity: a source and a series exist once; their ids are cached by the writer. Each is a transaction of its own. */
#include <string.h>

#include "base/error.h"
#include "store/labels.h"
#include "store/sqlite_error.h"
#include "store/writer.h"

static int bind_text(sqlite3_stmt *stmt, int at, pl_str s)
{
  return sqlite3_bind_text64(stmt, at, s.data ? s.data : "", s.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* What a row that was found has; *kind only where it is asked for. */
static int get_row(sqlite3_stmt *get, int64_t *id, enum pl_series_kind *kind)
{
  int code = sqlite3_step(get);
  if (code == SQLITE_ROW) {
    *id = sqlite3_column_int64(get, 0);
    if (kind)
      *kind = (enum pl_series_kind)sqlite3_column_int(get, 1);
  }
  (void)sqlite3_reset(get);
  return code;
}

/* Steps get; when it has no row, steps put. Both are bound. The id goes to *out; the kind of a row that was there to *kind, unless that is NULL. */
static int get_or_put(pl_store *s, sqlite3_stmt *get, sqlite3_stmt *put, int64_t *out, enum pl_series_kind *kind, pl_error *err)
{
  int code = get_row(get, out, kind);
  if (code == SQLITE_ROW)
    return PL_OK;
  if (code == SQLITE_DONE) {
    code = sqlite3_step(put);
    (void)sqlite3_reset(put);
  }
  if ((code & 0xff) == SQLITE_CONSTRAINT) { /* another process made it just now */
    if (get_row(get, out, kind) == SQLITE_ROW)
      return PL_OK;
    return pl_fail(err, PL_EINVAL, "write to timeline %s: %s", s->connection.path, sqlite3_errstr(code));
  }
  if (code != SQLITE_DONE)
    return pl_sqlite_fail(s->connection.db, code, "write to timeline", s->connection.path, err);
  *out = sqlite3_last_insert_rowid(s->connection.db);
  return PL_OK;
}

int pl_store_source(pl_store *s, pl_str kind, pl_str instance, pl_str role, pl_str origin, int64_t *out, pl_error *err)
{
  sqlite3_stmt *both[] = {s->get_source, s->put_source};
  for (int i = 0; i < 2; i++) {
    bind_text(both[i], 1, kind);
    bind_text(both[i], 2, instance);
    bind_text(both[i], 3, role);
    bind_text(both[i], 4, origin);
  }
  return get_or_put(s, s->get_source, s->put_source, out, NULL, err);
}

bool pl_store_is_metric(pl_str name)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (!letter && !(i > 0 && c >= '0' && c <= '9'))
      return false;
  }
  return name.len > 0 && name.len <= 255;
}

/* Writes the key of a series to the scratch buffer; its labels are given back. */
static int make_key(pl_store *s, const pl_series_spec *spec, pl_str *labels)
{
  pl_buf *b = &s->scratch;
  pl_buf_clear(b);
  pl_ahead_key(b, spec->source, spec->name, (pl_str){"", 0});
  size_t at = b->len;
  int code = pl_labels_text(spec->labels, spec->n_labels, b);
  if (!code && !b->bad)
    *labels = (pl_str){b->data + at, b->len - at};
  return code ? code : b->bad;
}

static int remember(pl_store *s, pl_str key, int64_t id)
{
  size_t n = pl_intern_count(s->series_keys);
  if (!pl_reach(s->alloc, (void **)&s->series_ids, &s->cap_series, n, sizeof *s->series_ids))
    return PL_ENOMEM;
  s->series_ids[n] = id;
  int64_t at = pl_intern_id(s->series_keys, key);
  return at < 0 ? (int)at : PL_OK;
}

/* A series that is there is from now on of the kind that its writer says. A gauge is also what is written by one who does not know. */
static int keep_kind(pl_store *s, int64_t id, enum pl_series_kind was, enum pl_series_kind is, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  if (was == is || (was == PL_SERIES_COUNTER && is == PL_SERIES_GAUGE))
    return PL_OK;
  int code = pl_connection_prepare(&s->connection, "UPDATE series SET kind = ? WHERE id = ?", &stmt, err);
  if (code)
    return code;
  sqlite3_bind_int(stmt, 1, (int)is);
  sqlite3_bind_int64(stmt, 2, id);
  int step = sqlite3_step(stmt);
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_sqlite_fail(s->connection.db, step, "write to timeline", s->connection.path, err);
}

/* *kind becomes that of a series that is there. */
static int find_or_make(pl_store *s, const pl_series_spec *spec, pl_str key, pl_str labels, int64_t *id, enum pl_series_kind *kind, pl_error *err)
{
  if (pl_ahead_find(&s->ahead, key, id, kind))
    return PL_OK;
  sqlite3_stmt *both[] = {s->get_series, s->put_series};
  for (int i = 0; i < 2; i++) {
    sqlite3_bind_int64(both[i], 1, spec->source);
    bind_text(both[i], 2, spec->name);
    bind_text(both[i], 3, labels);
  }
  sqlite3_bind_int(s->put_series, 4, (int)spec->kind);
  bind_text(s->put_series, 5, spec->unit);
  bind_text(s->put_series, 6, spec->help);
  int64_t made = sqlite3_last_insert_rowid(s->connection.db);
  int code = get_or_put(s, s->get_series, s->put_series, id, kind, err);
  if (!code && sqlite3_last_insert_rowid(s->connection.db) == made)
    pl_ahead_go_on(&s->ahead, s->alloc, s->connection.db, *id);
  return code;
}

int pl_store_series(pl_store *s, const pl_series_spec *spec, int64_t *out, pl_error *err)
{
  pl_str labels = {"", 0};
  if (!pl_store_is_metric(spec->name))
    return pl_fail(err, PL_EINVAL, "\"%.*s\" is no metric name: letters, digits, _ and :, at most 255", (int)spec->name.len,
                   spec->name.data ? spec->name.data : "");
  int code = make_key(s, spec, &labels);
  if (code)
    return pl_fail(err, code, "series %.*s: %s", (int)spec->name.len, spec->name.data,
                   code == PL_ENOMEM ? "out of memory" : "more than 40 labels, or 1 MiB of them");
  pl_str key = {s->scratch.data, s->scratch.len};
  int64_t at = pl_intern_find(s->series_keys, key);
  if (at >= 0) {
    *out = s->series_ids[at];
    return PL_OK;
  }
  int64_t id;
  enum pl_series_kind was = spec->kind;
  code = find_or_make(s, spec, key, labels, &id, &was, err);
  if (!code)
    code = keep_kind(s, id, was, spec->kind, err);
  if (code)
    return code;
  code = remember(s, key, id);
  if (code)
    return pl_fail(err, code, "series %.*s: %s", (int)spec->name.len, spec->name.data,
                   code == PL_ENOMEM ? "out of memory" : "this process has too many of them; give them fewer labels");
  *out = id;
  return PL_OK;
}

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

/* Steps get; when it has no row, steps put. Both are bound. The id goes to *out. */
static int get_or_put(pl_store *s, sqlite3_stmt *get, sqlite3_stmt *put, int64_t *out, pl_error *err)
{
  int code = sqlite3_step(get);
  bool found = code == SQLITE_ROW;
  if (found)
    *out = sqlite3_column_int64(get, 0);
  (void)sqlite3_reset(get);
  if (found)
    return PL_OK;
  if (code == SQLITE_DONE) {
    code = sqlite3_step(put);
    (void)sqlite3_reset(put);
  }
  if ((code & 0xff) == SQLITE_CONSTRAINT) { /* another process made it just now */
    found = sqlite3_step(get) == SQLITE_ROW;
    if (found)
      *out = sqlite3_column_int64(get, 0);
    (void)sqlite3_reset(get);
    if (found)
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
  return get_or_put(s, s->get_source, s->put_source, out, err);
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

/* Writes "source\0name\0labels" to the scratch buffer; the three pieces are given back. */
static int make_key(pl_store *s, const pl_series_spec *spec, pl_str *labels)
{
  pl_buf *b = &s->scratch;
  pl_buf_clear(b);
  (void)pl_buf_addf(b, "%lld", (long long)spec->source);
  (void)pl_buf_addc(b, '\0');
  (void)pl_buf_add(b, spec->name.data, spec->name.len);
  (void)pl_buf_addc(b, '\0');
  size_t at = b->len;
  int code = pl_labels_text(spec->labels, spec->n_labels, b);
  if (!code && !b->bad)
    *labels = (pl_str){b->data + at, b->len - at};
  return code ? code : b->bad;
}

static int remember(pl_store *s, pl_str key, int64_t id)
{
  size_t n = pl_intern_count(s->series_keys);
  if (n == s->cap_series) {
    size_t cap = n ? n * 2 : 64;
    int64_t *ids = pl_realloc(s->alloc, s->series_ids, n * sizeof *ids, cap * sizeof *ids);
    if (!ids)
      return PL_ENOMEM;
    s->series_ids = ids;
    s->cap_series = cap;
  }
  s->series_ids[n] = id;
  int64_t at = pl_intern_id(s->series_keys, key);
  return at < 0 ? (int)at : PL_OK;
}

int pl_store_series(pl_store *s, const pl_series_spec *spec, int64_t *out, pl_error *err)
{
  pl_str labels = {"", 0};
  if (!pl_store_is_metric(spec->name))
    return pl_fail(err, PL_EINVAL, "\"%.*s\" is no metric name: letters, digits, _ and :, at most 255", (int)spec->name.len,
                   spec->name.data ? spec->name.data : "");
  int code = make_key(s, spec, &labels);
  if (code)
    return pl_fail(err, code, "series %.*s: too many labels, or out of memory", (int)spec->name.len, spec->name.data);
  pl_str key = {s->scratch.data, s->scratch.len};
  int64_t at = pl_intern_find(s->series_keys, key);
  if (at >= 0) {
    *out = s->series_ids[at];
    return PL_OK;
  }
  sqlite3_stmt *both[] = {s->get_series, s->put_series};
  for (int i = 0; i < 2; i++) {
    sqlite3_bind_int64(both[i], 1, spec->source);
    bind_text(both[i], 2, spec->name);
    bind_text(both[i], 3, labels);
  }
  sqlite3_bind_int(s->put_series, 4, (int)spec->kind);
  bind_text(s->put_series, 5, spec->unit);
  bind_text(s->put_series, 6, spec->help);
  code = get_or_put(s, s->get_series, s->put_series, out, err);
  if (!code && remember(s, key, *out))
    code = pl_fail(err, PL_ENOMEM, "out of memory for series %.*s", (int)spec->name.len, spec->name.data);
  return code;
}

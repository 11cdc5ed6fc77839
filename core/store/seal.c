/* Sealing: chunks to which nothing comes any more are written again, as short as can be and joined with their neighbours. */
#include "store/rewrite.h"

typedef struct join {
  pl_range range;   /* of the chunks that are joined */
  int64_t n;        /* their samples; at first those of the chunk that is due */
  int64_t from_ns;  /* where that one begins */
  int64_t before_ns;
} join;

static bool take_in(void *user, const pl_chunk_place *c)
{
  join *j = user;
  if (c->from_ns < j->from_ns) {
    if (c->n + j->n <= PL_CHUNK_MAX) {
      j->range.from_ns = c->from_ns;
      j->n += c->n;
    }
    return true;
  }
  if (c->from_ns == j->from_ns)
    return true;
  if (c->sealed || c->to_ns >= j->before_ns || j->n + c->n > PL_CHUNK_MAX)
    return false;
  j->range.to_ns = c->to_ns;
  j->n += c->n;
  return true;
}

/* The chunk that is due longest: 1 and *j is it alone, 0, or an error. */
static int find_due(pl_rewriter *r, int64_t before_ns, join *j, pl_error *err)
{
  int code = pl_archive_prepare(r->archive, "SELECT series_id, run_id, from_ns, to_ns, n FROM chunks WHERE sealed = 0 AND to_ns < ?"
                                            " ORDER BY to_ns LIMIT 1", &r->due, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->due, 1, before_ns);
  int step = sqlite3_step(r->due);
  if (step == SQLITE_ROW) {
    j->range = (pl_range){sqlite3_column_int64(r->due, 0), sqlite3_column_int64(r->due, 1), sqlite3_column_int64(r->due, 2),
                          sqlite3_column_int64(r->due, 3)};
    j->n = pl_chunk_count(sqlite3_column_int64(r->due, 4));
    j->from_ns = j->range.from_ns;
    j->before_ns = before_ns;
  }
  (void)sqlite3_reset(r->due);
  return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : pl_archive_fail(r->archive, step, err);
}

int pl_seal_due(pl_rewriter *r, int64_t before_ns, pl_error *err)
{
  join j;
  return find_due(r, before_ns, &j, err);
}

/* A damaged chunk stays as it is, and is due no longer. */
static int leave(pl_rewriter *r, const pl_range *range, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  int code = pl_archive_prepare(r->archive, "UPDATE chunks SET sealed = 1 WHERE series_id = ? AND run_id = ? AND from_ns = ?", &stmt, err);
  if (code)
    return code;
  sqlite3_bind_int64(stmt, 1, range->series);
  sqlite3_bind_int64(stmt, 2, range->run);
  sqlite3_bind_int64(stmt, 3, range->from_ns);
  int step = sqlite3_step(stmt);
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(r->archive, step, err);
}

/* Seals the joined chunks; when one of them is damaged, the one that is due alone. */
static int seal(pl_rewriter *r, const pl_range *joined, const pl_range *due, pl_error *err)
{
  pl_error why = {0};
  int code = pl_rewrite(r, joined, PL_CHUNK_SEALED, &why);
  if (pl_chunk_is_unreadable(code)) {
    why = (pl_error){0};
    code = pl_rewrite(r, due, PL_CHUNK_SEALED, &why);
  }
  if (pl_chunk_is_unreadable(code))
    return leave(r, due, err);
  return code ? pl_fail(err, code, "%s", why.message) : PL_OK;
}

int pl_seal_some(pl_rewriter *r, int64_t before_ns, pl_error *err)
{
  join j;
  int found = find_due(r, before_ns, &j, err);
  if (found <= 0)
    return found;
  pl_range due = j.range, all = {due.series, due.run, due.from_ns, INT64_MAX};
  if (due.from_ns > due.to_ns) {
    int left = leave(r, &due, err);
    return left ? left : 1;
  }
  int code = pl_rewriter_neighbours(r, &all, take_in, &j, err);
  r->archive->chunks_only = true;
  if (!code)
    code = seal(r, &j.range, &due, err);
  r->archive->chunks_only = false;
  return code ? code : 1;
}

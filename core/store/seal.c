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
    j->n = sqlite3_column_int64(r->due, 4);
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

int pl_seal_some(pl_rewriter *r, int64_t before_ns, pl_error *err)
{
  join j;
  int found = find_due(r, before_ns, &j, err);
  if (found <= 0)
    return found;
  pl_range all = {j.range.series, j.range.run, j.range.from_ns, INT64_MAX};
  int code = pl_rewriter_neighbours(r, &all, take_in, &j, err);
  r->archive->chunks_only = true;
  if (!code)
    code = pl_rewrite(r, &j.range, PL_CHUNK_SEALED, err);
  r->archive->chunks_only = false;
  return code ? code : 1;
}

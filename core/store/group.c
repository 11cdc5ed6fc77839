/* Grouping: samples of all series, as they came, become chunks of one series and run each. */
#include "store/rewrite.h"

/* Widens the range by a chunk that it touches, and by the open one before it. */
static bool take_in(void *user, const pl_chunk_place *c)
{
  pl_range *range = user;
  bool open = !c->sealed && c->n < PL_CHUNK_OPEN;
  if (c->to_ns < range->from_ns && !open)
    return true;
  range->from_ns = c->from_ns < range->from_ns ? c->from_ns : range->from_ns;
  range->to_ns = c->to_ns > range->to_ns ? c->to_ns : range->to_ns;
  return true;
}

static int drop_batches(pl_archive *a, int64_t last, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  int code = pl_archive_prepare(a, "DELETE FROM batches WHERE id <= ?", &stmt, err);
  if (code)
    return code;
  sqlite3_bind_int64(stmt, 1, last);
  int step = sqlite3_step(stmt);
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(a, step, err);
}

int pl_group_head(pl_rewriter *r, pl_error *err)
{
  pl_archive *a = r->archive;
  int code = pl_archive_hold(a, err);
  if (code)
    return code;
  const pl_store_points *head = &a->head;
  for (size_t i = 0, end; i < head->n && !code; i = end) {
    const pl_store_point *p = &head->all[i];
    for (end = i + 1; end < head->n && head->all[end].series == p->series && head->all[end].run == p->run; end++)
      ;
    pl_range range = {p->series, p->run, p->ts_ns, head->all[end - 1].ts_ns}, around = range;
    code = pl_rewriter_neighbours(r, &around, take_in, &range, err);
    if (!code)
      code = pl_rewrite(r, &range, PL_CHUNK_PACKED, err);
  }
  if (!code)
    code = drop_batches(a, a->last, err);
  pl_archive_release(a);
  return code;
}

/* Grouping: samples of all series, as they came, become chunks of one series and run each. What is damaged is gone round: it stays where
 * it is until repair takes it away, and samples of its time stay in the head. */
#include "store/rewrite.h"

#include <string.h>

typedef struct wider {
  pl_range range;
  const int64_t *after_ns; /* chunks that begin up to this time are left alone; NULL: none is */
} wider;

/* Widens the range by a chunk that it touches, and by the open one before it. */
static bool take_in(void *user, const pl_chunk_place *c)
{
  wider *w = user;
  pl_range *range = &w->range;
  bool open = !c->sealed && c->n < PL_CHUNK_OPEN;
  if ((w->after_ns && c->from_ns <= *w->after_ns) || (c->to_ns < range->from_ns && !open))
    return true;
  range->from_ns = c->from_ns < range->from_ns ? c->from_ns : range->from_ns;
  range->to_ns = c->to_ns > range->to_ns ? c->to_ns : range->to_ns;
  return true;
}

/* Writes n points of one series and run into its chunks; *range is what was written anew, or was to be. */
static int write_points(pl_rewriter *r, const pl_store_point *p, size_t n, const int64_t *after_ns, pl_range *range, pl_error *err)
{
  *range = (pl_range){p->series, p->run, p->ts_ns, p[n - 1].ts_ns};
  wider w = {*range, after_ns};
  int code = pl_rewriter_neighbours(r, range, take_in, &w, err);
  *range = w.range;
  return code ? code : pl_rewrite(r, range, PL_CHUNK_PACKED, err);
}

static size_t count_before(const pl_store_point *p, size_t n, int64_t ts_ns)
{
  size_t i = 0;
  while (i < n && p[i].ts_ns < ts_ns)
    i++;
  return i;
}

static int keep(pl_rewriter *r, const pl_store_point *p, size_t n, pl_store_points *kept, pl_error *err)
{
  if (n == 0)
    return PL_OK;
  if (pl_points_room(kept, n))
    return pl_fail(err, PL_ENOMEM, "write to timeline %s: out of memory", r->archive->path);
  memcpy(kept->all + kept->n, p, n * sizeof *p);
  kept->n += n;
  return PL_OK;
}

/* Writes n points of one series and run into its chunks, but those of the time of a damaged chunk to `kept`. */
static int group_points(pl_rewriter *r, const pl_store_point *p, size_t n, pl_store_points *kept, pl_error *err)
{
  int64_t end_ns;
  const int64_t *after_ns = NULL;
  while (n) {
    pl_range range;
    pl_chunk_place bad;
    pl_error why = {0};
    int code = write_points(r, p, n, after_ns, &range, &why);
    if (!code)
      return PL_OK;
    int found = code == PL_ECORRUPT || code == PL_EVERSION ? pl_rewriter_damaged(r, &range, &bad, err) : 0;
    if (found <= 0)
      return found ? found : pl_fail(err, code, "%s", why.message);
    size_t before = count_before(p, n, bad.from_ns);
    code = before ? write_points(r, p, before, after_ns, &range, err) : PL_OK;
    end_ns = bad.to_ns > bad.from_ns ? bad.to_ns : bad.from_ns;
    after_ns = &end_ns;
    size_t past = end_ns == INT64_MAX ? n : count_before(p, n, end_ns + 1);
    if (!code)
      code = keep(r, p + before, past - before, kept, err);
    if (code)
      return code;
    p += past;
    n -= past;
  }
  return PL_OK;
}

/* Writes points as a batch as old as the last one; *last becomes its id. */
static int put_batch(pl_rewriter *r, const pl_store_points *p, int64_t *last, pl_error *err)
{
  pl_archive *a = r->archive;
  sqlite3_stmt *stmt = NULL;
  pl_buf_clear(&r->bytes);
  int code = pl_batch_write(a->codec, a->columns, p->all, p->n, &r->bytes);
  if (code)
    return pl_fail(err, code, "write to timeline %s: out of memory", a->path);
  code = pl_archive_prepare(a, "INSERT INTO batches(made_ns, n, data) SELECT made_ns, ?, ? FROM batches WHERE id = ?", &stmt, err);
  if (code)
    return code;
  sqlite3_bind_int64(stmt, 1, (sqlite3_int64)p->n);
  sqlite3_bind_blob64(stmt, 2, r->bytes.data, r->bytes.len, SQLITE_STATIC);
  sqlite3_bind_int64(stmt, 3, *last);
  int step = sqlite3_step(stmt);
  (void)sqlite3_finalize(stmt);
  if (step != SQLITE_DONE)
    return pl_archive_fail(a, step, err);
  *last = sqlite3_last_insert_rowid(a->db);
  return PL_OK;
}

/* Deletes the batches of the head, up to `last`, but those that could not be read. */
static int drop_batches(pl_archive *a, int64_t last, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  int64_t from = INT64_MIN;
  int step = SQLITE_DONE;
  int code = pl_archive_prepare(a, "DELETE FROM batches WHERE id > ? AND id < ?", &stmt, err);
  if (code)
    return code;
  for (size_t i = 0; i <= a->n_lost && step == SQLITE_DONE; i++) {
    int64_t to = i < a->n_lost ? a->lost[i].id : last + 1;
    sqlite3_bind_int64(stmt, 1, from);
    sqlite3_bind_int64(stmt, 2, to);
    step = sqlite3_step(stmt);
    (void)sqlite3_reset(stmt);
    from = to;
  }
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(a, step, err);
}

static int group_all(pl_rewriter *r, pl_store_points *kept, pl_error *err)
{
  const pl_store_points *head = &r->archive->head;
  int code = PL_OK;
  for (size_t i = 0, end; i < head->n && !code; i = end) {
    const pl_store_point *p = &head->all[i];
    for (end = i + 1; end < head->n && head->all[end].series == p->series && head->all[end].run == p->run; end++)
      ;
    code = group_points(r, p, end - i, kept, err);
  }
  return code;
}

int pl_group_head(pl_rewriter *r, int64_t *last, pl_error *err)
{
  pl_archive *a = r->archive;
  int code = pl_archive_hold(a, err);
  if (code)
    return code;
  pl_store_points kept = {.alloc = a->alloc};
  int64_t until = a->last;
  a->past_lost = true;
  code = group_all(r, &kept, err);
  a->past_lost = false;
  if (!code && kept.n)
    code = put_batch(r, &kept, &until, err);
  if (!code)
    code = drop_batches(a, a->last, err);
  if (!code)
    *last = until;
  pl_points_fini(&kept);
  pl_archive_release(a);
  return code;
}

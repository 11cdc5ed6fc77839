/* Grouping: samples of all series, as they came, become chunks of one series and run each. What is damaged is gone round: it stays where
 * it is until repair takes it away, and samples of its time stay in the head. */
#include "store/rewrite.h"

#include <string.h>

enum { PAIR_WORK = 128 }; /* what statements for a series and run cost, in samples that are written */

/* What the chunks of a series and run take in of its points. */
typedef struct wider {
  pl_rewriter *r;
  pl_range range;          /* of the points, and of the chunks that are taken in */
  size_t n;                /* samples of both */
  const int64_t *after_ns; /* chunks that begin up to this time are left alone; NULL: none is */
  int64_t id, second_ns;   /* the first chunk that is taken in, and where the one behind it begins */
  bool wide;               /* one is taken in */
  bool touched;            /* one is not in the tail: it has samples of the points' time, or there is no room for it, or it is damaged */
} wider;

/* Collects the samples of a chunk before those that were collected: the tail ends where the rewriter's room does, with room for the points. */
static bool collect_before(wider *w, const pl_chunk_place *c)
{
  pl_samples s;
  pl_rewriter *r = w->r;
  if (w->n + (size_t)c->n > PL_CHUNK_MAX || pl_chunk_read(r->archive->codec, pl_rewriter_bytes(r), &s))
    return false;
  if (s.n != (size_t)c->n || s.times_ns[0] != c->from_ns || s.times_ns[s.n - 1] != c->to_ns)
    return false;
  size_t at = PL_CHUNK_MAX - w->n - s.n;
  memcpy(r->times_ns + at, s.times_ns, s.n * sizeof *s.times_ns);
  memcpy(r->values + at, s.values, s.n * sizeof *s.values);
  return true;
}

/* Widens the range by a chunk that it touches, and by the open ones before it while they are no larger than what is written anew anyway:
 * so a sample is written as often as its chunk doubles, however few of them come at a time. */
static bool take_in(void *user, const pl_chunk_place *c)
{
  wider *w = user;
  pl_range *range = &w->range;
  bool before = c->to_ns < range->from_ns;
  bool open = !c->sealed && c->n < PL_CHUNK_OPEN && (size_t)c->n <= w->n;
  if ((w->after_ns && c->from_ns <= *w->after_ns) || (before && !open))
    return false;
  w->touched = w->touched || !before || !collect_before(w, c);
  w->second_ns = range->from_ns;
  w->id = c->id;
  range->from_ns = c->from_ns < range->from_ns ? c->from_ns : range->from_ns;
  range->to_ns = c->to_ns > range->to_ns ? c->to_ns : range->to_ns;
  w->n += (size_t)c->n;
  w->wide = true;
  return true;
}

/* Puts points behind the tail that was collected. */
static int write_tail(const wider *w, const pl_store_point *p, size_t n, pl_error *err)
{
  pl_rewriter *r = w->r;
  for (size_t i = 0; i < n; i++) {
    r->times_ns[PL_CHUNK_MAX - n + i] = p[i].ts_ns;
    r->values[PL_CHUNK_MAX - n + i] = p[i].value;
  }
  const pl_range behind = {p->series, p->run, w->second_ns, w->range.to_ns};
  size_t at = PL_CHUNK_MAX - w->n;
  return pl_rewrite_grown(r, w->id, w->second_ns < p->ts_ns ? &behind : NULL, &(pl_samples){r->times_ns + at, r->values + at, w->n}, err);
}

/* Writes n points of one series and run into its chunks; *range is what was written anew, or was to be. */
static int write_points(pl_rewriter *r, const pl_store_point *p, size_t n, const int64_t *after_ns, pl_range *range, pl_error *err)
{
  *range = (pl_range){p->series, p->run, p->ts_ns, p[n - 1].ts_ns};
  wider w = {.r = r, .range = *range, .n = n, .after_ns = after_ns};
  int code = pl_rewriter_before(r, range, take_in, &w, err);
  *range = w.range;
  if (code)
    return code;
  if (!w.wide)
    return pl_rewrite_points(r, p, n, err);
  return w.touched ? pl_rewrite(r, range, PL_CHUNK_PACKED, err) : write_tail(&w, p, n, err);
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
    int found = pl_chunk_is_unreadable(code) ? pl_rewriter_damaged(r, &range, &bad, err) : 0;
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

/* Deletes the batches up to `last`, but those that could not be read. */
static int drop_batches(pl_archive *a, int64_t last, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  int64_t from = INT64_MIN;
  int step = SQLITE_DONE;
  int code = pl_archive_prepare(a, "DELETE FROM batches WHERE id > ? AND id < ?", &stmt, err);
  if (code)
    return code;
  for (size_t i = 0; i <= a->n_lost && from <= last && step == SQLITE_DONE; i++) {
    int64_t to = i < a->n_lost && a->lost[i].id <= last ? a->lost[i].id : last + 1;
    sqlite3_bind_int64(stmt, 1, from);
    sqlite3_bind_int64(stmt, 2, to);
    step = sqlite3_step(stmt);
    (void)sqlite3_reset(stmt);
    from = to;
  }
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(a, step, err);
}

static size_t pair_end(const pl_store_points *head, size_t i)
{
  const pl_store_point *p = &head->all[i];
  for (i++; i < head->n && head->all[i].series == p->series && head->all[i].run == p->run; i++)
    ;
  return i;
}

/* Groups pairs from the first one on that is not done, for that much work; 1 when some are left, 0, or an error. */
static int group_pairs(pl_rewriter *r, pl_grouping *g, uint64_t work, pl_store_points *kept, pl_error *err)
{
  const pl_store_points *head = &r->archive->head;
  size_t i = pl_points_find(head, g->series, g->run, INT64_MIN);
  uint64_t until = r->work + work < work ? UINT64_MAX : r->work + work;
  for (size_t end; i < head->n && r->work < until; i = end) {
    end = pair_end(head, i);
    int code = group_points(r, &head->all[i], end - i, kept, err);
    if (code)
      return code;
    r->work += PAIR_WORK;
    g->pairs++;
  }
  if (i == head->n)
    return 0;
  g->series = head->all[i].series;
  g->run = head->all[i].run;
  return 1;
}

int pl_group_head(pl_rewriter *r, pl_grouping *g, pl_error *err)
{
  pl_archive *a = r->archive;
  int code = pl_archive_hold(a, err);
  if (code)
    return code;
  pl_store_points kept = {.alloc = a->alloc};
  pl_grouping all = {.until = a->last, .series = INT64_MIN, .run = INT64_MIN};
  a->past_lost = true;
  code = group_pairs(r, &all, UINT64_MAX, &kept, err);
  a->past_lost = false;
  if (!code && kept.n)
    code = put_batch(r, &kept, &all.until, err);
  if (!code)
    code = drop_batches(a, a->last, err);
  if (!code)
    *g = all;
  pl_points_fini(&kept);
  pl_archive_release(a);
  return code;
}

/* Begins with the first batches behind g->until, until they have `least` samples. */
static int begin(pl_grouping *g, pl_archive *a, uint64_t least, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  pl_grouping new = {.begun = true, .until = g->until, .series = INT64_MIN, .run = INT64_MIN};
  int code = pl_archive_prepare(a, "SELECT id, n FROM batches WHERE id > ? ORDER BY id", &stmt, err), step = SQLITE_ROW;
  if (!code)
    sqlite3_bind_int64(stmt, 1, g->until);
  while (!code && new.n < least && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    new.until = sqlite3_column_int64(stmt, 0);
    new.n += (uint64_t)sqlite3_column_int64(stmt, 1);
  }
  (void)sqlite3_finalize(stmt);
  if (!code && step != SQLITE_ROW && step != SQLITE_DONE)
    code = pl_archive_fail(a, step, err);
  if (!code)
    *g = new;
  return code;
}

int pl_group_some(pl_rewriter *r, pl_grouping *g, uint64_t work, uint64_t least, pl_error *err)
{
  pl_archive *a = r->archive;
  int code = g->begun ? PL_OK : begin(g, a, least, err);
  if (code)
    return code;
  a->until = g->until;
  code = pl_archive_hold(a, err);
  a->until = 0;
  if (code)
    return code;
  pl_store_points kept = {.alloc = a->alloc};
  a->past_lost = true;
  code = group_pairs(r, g, work, &kept, err);
  a->past_lost = false;
  g->at_once = kept.n > 0;
  if (code == 0 && !g->at_once)
    code = drop_batches(a, g->until, err);
  pl_points_fini(&kept);
  pl_archive_release(a);
  return g->at_once && code == 0 ? 1 : code;
}

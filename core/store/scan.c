/* A scan holds the samples of the chunk that it is in; the archive keeps a closed one for the next. */
#include "store/scan.h"

#include <string.h>

struct pl_scan {
  pl_archive *archive;
  sqlite3_stmt *chunks;
  bool more;              /* the statement has not come to its end */
  pl_range range;
  size_t at, n;           /* of the chunk's samples */
  size_t head, head_end;  /* places in the archive's head */
  int64_t single_ns;      /* a span of one sample */
  double single;
  int64_t times_ns[PL_CHUNK_MAX];
  double values[PL_CHUNK_MAX];
};

/* Chunks do not overlap: all but the last one that begins before the range lie outside it. */
static const char chunks_sql[] =
    "SELECT id, data, from_ns, to_ns FROM chunks WHERE series_id = ?1 AND run_id = ?2 AND from_ns <= ?4 AND to_ns >= ?3 AND from_ns >="
    " coalesce((SELECT max(from_ns) FROM chunks WHERE series_id = ?1 AND run_id = ?2 AND from_ns <= ?3), ?3) ORDER BY from_ns";

void pl_scan_free(pl_scan *s)
{
  if (!s)
    return;
  (void)sqlite3_finalize(s->chunks);
  pl_free(s->archive->alloc, s, sizeof *s);
}

static int make_scan(pl_archive *a, pl_scan **out, pl_error *err)
{
  pl_scan *s = pl_alloc(a->alloc, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "read timeline %s: out of memory", a->path);
  s->archive = a;
  s->chunks = NULL;
  int code = pl_archive_ready(a, err);
  if (!code)
    code = pl_archive_prepare(a, chunks_sql, &s->chunks, err);
  if (code)
    pl_scan_free(s);
  else
    *out = s;
  return code;
}

/* The archive's spare scan, or a new one. */
static int take_scan(pl_archive *a, pl_scan **out, pl_error *err)
{
  if (!a->spare)
    return make_scan(a, out, err);
  *out = a->spare;
  a->spare = NULL;
  return PL_OK;
}

static void find_in_head(pl_scan *s)
{
  const pl_store_points *head = &s->archive->head;
  const pl_range *r = &s->range;
  s->head = s->head_end = 0;
  if (s->archive->chunks_only)
    return;
  s->head = pl_points_find(head, r->series, r->run, r->from_ns);
  s->head_end = pl_points_find(head, r->series, r->run, r->to_ns);
  if (s->head_end < head->n) {
    const pl_store_point *p = &head->all[s->head_end];
    s->head_end += p->series == r->series && p->run == r->run && p->ts_ns == r->to_ns;
  }
}

int pl_scan_open(pl_archive *a, const pl_range *range, pl_scan **out, pl_error *err)
{
  pl_scan *s = NULL;
  int code = pl_archive_hold(a, err);
  if (code)
    return code;
  if (!a->chunks_only && !a->past_lost)
    code = pl_archive_whole(a, range->run, range->from_ns, range->to_ns, err);
  if (!code)
    code = take_scan(a, &s, err);
  if (code) {
    pl_archive_release(a);
    return code;
  }
  s->range = *range;
  s->at = s->n = 0;
  s->more = true;
  find_in_head(s);
  sqlite3_bind_int64(s->chunks, 1, range->series);
  sqlite3_bind_int64(s->chunks, 2, range->run);
  sqlite3_bind_int64(s->chunks, 3, range->from_ns);
  sqlite3_bind_int64(s->chunks, 4, range->to_ns);
  *out = s;
  return PL_OK;
}

void pl_scan_close(pl_scan *s)
{
  if (!s)
    return;
  pl_archive *a = s->archive;
  (void)sqlite3_reset(s->chunks);
  if (a->spare)
    pl_scan_free(s);
  else
    a->spare = s;
  pl_archive_release(a);
}

/* Reads a chunk, of which the samples in range stay. */
static int read_chunk(pl_scan *s, pl_str chunk, pl_error *err)
{
  pl_samples all;
  int code = pl_chunk_read(s->archive->codec, chunk, &all);
  if (!code && (all.times_ns[0] != sqlite3_column_int64(s->chunks, 2) || all.times_ns[all.n - 1] != sqlite3_column_int64(s->chunks, 3)))
    code = PL_ECORRUPT;
  if (code)
    return pl_fail(err, code, "read timeline %s: chunk %lld of samples cannot be read; perilune db check --repair moves it aside", s->archive->path,
                   (long long)sqlite3_column_int64(s->chunks, 0));
  size_t from = 0, to = all.n;
  while (from < to && all.times_ns[from] < s->range.from_ns)
    from++;
  while (to > from && all.times_ns[to - 1] > s->range.to_ns)
    to--;
  s->at = 0;
  s->n = to - from;
  memcpy(s->times_ns, all.times_ns + from, s->n * sizeof *s->times_ns);
  memcpy(s->values, all.values + from, s->n * sizeof *s->values);
  return PL_OK;
}

/* Goes to the next chunk that has samples in range, or to the end. */
static int next_chunk(pl_scan *s, pl_error *err)
{
  int code = PL_OK;
  while (!code && s->more && s->at == s->n) {
    int step = sqlite3_step(s->chunks);
    if (step == SQLITE_ROW)
      code = read_chunk(s, (pl_str){sqlite3_column_blob(s->chunks, 1), (size_t)sqlite3_column_bytes(s->chunks, 1)}, err);
    else
      s->more = false;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
      code = pl_archive_fail(s->archive, step, err);
  }
  return code;
}

int pl_scan_next(pl_scan *s, int64_t *ts_ns, double *value, pl_error *err)
{
  if (s->at == s->n && s->more) {
    int code = next_chunk(s, err);
    if (code)
      return code;
  }
  bool chunk = s->at < s->n;
  if (s->head < s->head_end) {
    const pl_store_point *p = &s->archive->head.all[s->head];
    if (!chunk || p->ts_ns <= s->times_ns[s->at]) {
      s->at += chunk && p->ts_ns == s->times_ns[s->at];
      s->head++;
      *ts_ns = p->ts_ns;
      *value = p->value;
      return 1;
    }
  }
  if (!chunk)
    return 0;
  *ts_ns = s->times_ns[s->at];
  *value = s->values[s->at++];
  return 1;
}

int pl_scan_span(pl_scan *s, const int64_t **times_ns, const double **values, size_t *n, pl_error *err)
{
  if (s->at == s->n && s->more) {
    int code = next_chunk(s, err);
    if (code)
      return code;
  }
  bool alone = s->head == s->head_end || (s->at < s->n && s->archive->head.all[s->head].ts_ns > s->times_ns[s->n - 1]);
  if (alone && s->at < s->n) {
    *times_ns = s->times_ns + s->at;
    *values = s->values + s->at;
    *n = s->n - s->at;
    s->at = s->n;
    return 1;
  }
  *times_ns = &s->single_ns;
  *values = &s->single;
  *n = 1;
  return pl_scan_next(s, &s->single_ns, &s->single, err);
}

/* Sealing waits for a day, also after the end of a run: what has just ended is what people read, and a sample that is sealed costs the
 * thread that writes about a microsecond. It goes chunk by chunk, one after each transaction. */
#include "store/housekeeping.h"

#include "store/connection.h"

enum { WAITING_MAX = 1 << 20 };

#define HEAD_AGE_NS (600 * (int64_t)PL_S_NS)
#define SEAL_AGE_NS (86400 * (int64_t)PL_S_NS)
#define RETRY_NS (60 * PL_S_NS)

int pl_housekeeping_begin(pl_housekeeping *h, pl_archive *a, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  if (pl_rewriter_new(a, &h->rewriter))
    return pl_fail(err, PL_ENOMEM, "open timeline %s: out of memory", a->path);
  int code = pl_archive_prepare(a, "SELECT CAST(total(n) AS INTEGER) FROM batches", &stmt, err);
  if (code)
    return code;
  int step = sqlite3_step(stmt);
  h->waiting = (uint64_t)sqlite3_column_int64(stmt, 0);
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_ROW ? PL_OK : pl_archive_fail(a, step, err);
}

void pl_housekeeping_end(pl_housekeeping *h)
{
  (void)sqlite3_finalize(h->oldest);
  pl_rewriter_free(h->rewriter);
  *h = (pl_housekeeping){0};
}

/* Whether the head is to be grouped: 1, 0, or an error. */
static int is_head_due(pl_housekeeping *h, pl_archive *a, int64_t now_ns, pl_error *err)
{
  if (h->waiting >= WAITING_MAX)
    return 1;
  int code = pl_archive_prepare(a, "SELECT made_ns FROM batches WHERE id > ? ORDER BY id LIMIT 1", &h->oldest, err);
  if (code)
    return code;
  sqlite3_bind_int64(h->oldest, 1, h->grouped);
  int step = sqlite3_step(h->oldest);
  bool due = step == SQLITE_ROW && sqlite3_column_int64(h->oldest, 0) < now_ns - HEAD_AGE_NS;
  (void)sqlite3_reset(h->oldest);
  return step == SQLITE_ROW || step == SQLITE_DONE ? due : pl_archive_fail(a, step, err);
}

/* Runs one of both parts in a transaction. */
static int transact(pl_housekeeping *h, pl_archive *a, bool group, int64_t now_ns, pl_error *err)
{
  int sqlite_code = sqlite3_exec(a->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (sqlite_code)
    return pl_archive_fail(a, sqlite_code, err);
  int64_t last = h->grouped;
  int code = group ? pl_group_head(h->rewriter, &last, err) : pl_seal_some(h->rewriter, now_ns - SEAL_AGE_NS, err);
  sqlite_code = code < 0 ? SQLITE_OK : sqlite3_exec(a->db, "COMMIT", NULL, NULL, NULL);
  if (sqlite_code)
    code = pl_archive_fail(a, sqlite_code, err);
  if (code < 0 && !sqlite3_get_autocommit(a->db))
    (void)sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
  if (code >= 0)
    h->grouped = last;
  if (group)
    pl_archive_forget(a);
  return code < 0 ? code : PL_OK;
}

static int work(pl_housekeeping *h, pl_archive *a, int64_t now_ns, pl_error *err)
{
  int group = is_head_due(h, a, now_ns, err);
  int due = group ? group : pl_seal_due(h->rewriter, now_ns - SEAL_AGE_NS, err);
  if (due <= 0)
    return due;
  int code = transact(h, a, group, now_ns, err);
  if (group && !code)
    h->waiting = 0;
  return code;
}

int pl_housekeeping_step(pl_housekeeping *h, pl_archive *a, const pl_clock *clock, uint64_t n, pl_error *err)
{
  h->waiting += n;
  if (pl_now(clock) < h->retry_ns)
    return PL_OK;
  (void)sqlite3_busy_timeout(a->db, 0);
  int code = work(h, a, pl_wall(clock), err);
  (void)sqlite3_busy_timeout(a->db, PL_BUSY_MS);
  if (code && code != PL_EBUSY)
    h->retry_ns = pl_now(clock) + RETRY_NS;
  return code;
}

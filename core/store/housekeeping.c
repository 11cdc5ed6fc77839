/* Sealing waits for a day, also after the end of a run: what has just ended is what people read, and a sample that is sealed costs the
 * thread that writes about a microsecond. It goes chunk by chunk, one after each transaction.
 * Packing costs more, some 20 ms for 256 KB of histograms: what a load of a minute ago left behind would make this one's starts late. */
#include "store/housekeeping.h"

#include "store/connection.h"

enum {
  EACH = 16,               /* samples of each series and run that are worth their statements */
  WAITING_MIN = 1 << 13,   /* samples of a head that is not worth a grouping before it is old */
  WAITING_LARGE = 1 << 20, /* and of one that is grouped all at once, unless each series has few */
  WAITING_MAX = 1 << 21,   /* or there are so many, which take 128 MB to sort */
  FIRST = 1 << 10,         /* of this writer's first grouping */
  PAIR_WORK = 128,
  WORK_MIN = 1 << 15, /* of a transaction, in samples: a millisecond */
  FIRST_WORK = 1 << 16, /* of one of the first grouping: a run of a second has two, and comes to its end with a thousand series and runs */
  PARTS = 16,         /* transactions in which a larger head is grouped */
  ROUNDS = 2,         /* by the histograms' end, nothing being due, before the last writer gives up: the first may have begun amid them */
};

#define HEAD_AGE_NS (600 * (int64_t)PL_S_NS)
#define FULL_AGE_NS (10 * (int64_t)PL_S_NS) /* of a head with samples enough: what comes faster becomes larger chunks at once */
#define SEAL_AGE_NS (86400 * (int64_t)PL_S_NS)
#define DIST_AGE_MS (600 * 1000)
#define RETRY_NS (60 * PL_S_NS)
#define QUIET_NS (3 * PL_S_NS)
#define REST_NS (60 * PL_S_NS) /* between two parts of packing or sealing while it is quiet, */
#define REST_TIMES 1000        /* and so many times as long as the last one took */
#define OWED_NS (5 * PL_MS_NS) /* for each transaction that is left out: there are about two a second */
#define OWED_MAX_NS PL_S_NS

/* What is done in a transaction; the first one that is due. */
typedef enum task { NOTHING, GROUP, PACK, SEAL } task;

int pl_housekeeping_begin(pl_housekeeping *h, pl_archive *a, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  if (pl_rewriter_new(a, &h->rewriter) || pl_dist_packer_new(a, &h->packer))
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
  pl_dist_packer_free(h->packer);
  *h = (pl_housekeeping){0};
}

/* Samples of the head that are worth a grouping, by the series and runs that the last one had. */
static uint64_t enough(const pl_housekeeping *h, uint64_t least, uint64_t most)
{
  uint64_t wanted = EACH * (uint64_t)h->pairs;
  return wanted < least ? least : wanted > most ? most : wanted;
}

static bool is_large(const pl_housekeeping *h)
{
  return h->waiting >= enough(h, WAITING_LARGE, WAITING_MAX);
}

/* Whether the head is to be grouped: 1, 0, or an error. */
static int is_head_due(pl_housekeeping *h, pl_archive *a, int64_t now_ns, pl_error *err)
{
  if (h->grouping.begun || is_large(h))
    return 1;
  int code = pl_archive_prepare(a, "SELECT made_ns FROM batches WHERE id > ? ORDER BY id LIMIT 1", &h->oldest, err);
  if (code)
    return code;
  sqlite3_bind_int64(h->oldest, 1, h->grouped);
  int64_t age_ns = h->waiting >= enough(h, WAITING_MIN, WAITING_LARGE) ? FULL_AGE_NS : HEAD_AGE_NS;
  int step = sqlite3_step(h->oldest);
  bool due = step == SQLITE_ROW && sqlite3_column_int64(h->oldest, 0) < now_ns - age_ns;
  (void)sqlite3_reset(h->oldest);
  return step == SQLITE_ROW || step == SQLITE_DONE ? due : pl_archive_fail(a, step, err);
}

static int group_all(pl_housekeeping *h, pl_error *err)
{
  h->moving = h->waiting;
  return pl_group_head(h->rewriter, &h->grouping, err);
}

/* Moves a part of the head, or all of it where it is large or damaged; 1 when there is more to do, 0, or an error. Many runs of a second
 * leave few samples of many series each, which no single one of them would get done: the first grouping, which tells how many series
 * there are, takes the oldest only. */
static int group(pl_housekeeping *h, pl_error *err)
{
  if (is_large(h))
    return group_all(h, err);
  if (!h->grouping.begun)
    h->grouping.until = h->grouped;
  uint64_t part = (h->waiting + PAIR_WORK * (uint64_t)h->pairs) / PARTS, least = h->pairs ? WORK_MIN : FIRST_WORK;
  int code = pl_group_some(h->rewriter, &h->grouping, part > least ? part : least, h->pairs ? UINT64_MAX : FIRST, err);
  h->moving = h->grouping.n;
  return code == 1 && h->grouping.at_once ? group_all(h, err) : code;
}

/* A grouping has come to its end, or to an error, after which there is another. */
static void end_grouping(pl_housekeeping *h, pl_archive *a, int code)
{
  if (!code) {
    h->waiting -= h->moving;
    h->pairs = h->grouping.pairs;
    h->grouped = h->grouping.until;
  }
  h->grouping = (pl_grouping){0};
  pl_archive_forget(a);
}

/* What waits while it is quiet. A task or an error. */
static int find_old(pl_housekeeping *h, int64_t now_ns, pl_error *err)
{
  int due = pl_dist_pack_due(h->packer, now_ns / (int64_t)PL_MS_NS - DIST_AGE_MS, err);
  if (due)
    return due < 0 ? due : PACK;
  due = pl_seal_due(h->rewriter, now_ns - SEAL_AGE_NS, err);
  return due > 0 ? SEAL : due;
}

/* Whether packing and sealing are to wait now. */
static bool is_quiet(pl_housekeeping *h, uint64_t now_ns)
{
  if (now_ns >= h->quiet_ns || now_ns >= h->rest_ns)
    return false;
  h->owed_ns = h->owed_ns + OWED_NS < OWED_MAX_NS ? h->owed_ns + OWED_NS : OWED_MAX_NS;
  return true;
}

static int do_task(pl_housekeeping *h, task what, int64_t now_ns, pl_error *err)
{
  if (what == GROUP)
    return group(h, err);
  return what == PACK ? pl_dist_pack_some(h->packer, now_ns / (int64_t)PL_MS_NS - DIST_AGE_MS, err)
                      : pl_seal_some(h->rewriter, now_ns - SEAL_AGE_NS, err);
}

static int transact(pl_housekeeping *h, pl_archive *a, task what, int64_t now_ns, pl_error *err)
{
  int sqlite_code = sqlite3_exec(a->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (sqlite_code)
    return pl_archive_fail(a, sqlite_code, err);
  int code = do_task(h, what, now_ns, err);
  sqlite_code = code < 0 ? SQLITE_OK : sqlite3_exec(a->db, "COMMIT", NULL, NULL, NULL);
  if (sqlite_code)
    code = pl_archive_fail(a, sqlite_code, err);
  if (code < 0 && !sqlite3_get_autocommit(a->db))
    (void)sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
  if (what == GROUP && code <= 0)
    end_grouping(h, a, code);
  return code < 0 ? code : PL_OK;
}

/* A part of the task that find_old names: 1 when there was one, 0, or an error. */
static int work_on_old(pl_housekeeping *h, pl_archive *a, const pl_clock *clock, pl_error *err)
{
  uint64_t begun_ns = pl_now(clock);
  int64_t wall_ns = pl_wall(clock);
  int what = find_old(h, wall_ns, err);
  int code = what > 0 ? transact(h, a, (task)what, wall_ns, err) : what;
  uint64_t now_ns = pl_now(clock), rest_ns = REST_TIMES * (now_ns - begun_ns);
  h->rest_ns = now_ns + (rest_ns > REST_NS ? rest_ns : REST_NS);
  return code ? code : what > 0;
}

static int work(pl_housekeeping *h, pl_archive *a, const pl_clock *clock, pl_error *err)
{
  int due = is_head_due(h, a, pl_wall(clock), err);
  if (due)
    return due < 0 ? due : transact(h, a, GROUP, pl_wall(clock), err);
  due = is_quiet(h, pl_now(clock)) ? 0 : work_on_old(h, a, clock, err);
  return due < 0 ? due : PL_OK;
}

int pl_housekeeping_step(pl_housekeeping *h, pl_archive *a, const pl_clock *clock, uint64_t n, pl_error *err)
{
  h->waiting += n;
  if (pl_now(clock) < h->retry_ns)
    return PL_OK;
  (void)sqlite3_busy_timeout(a->db, 0);
  int code = work(h, a, clock, err);
  (void)sqlite3_busy_timeout(a->db, PL_BUSY_MS);
  if (code && code != PL_EBUSY)
    h->retry_ns = pl_now(clock) + RETRY_NS;
  return code;
}

void pl_housekeeping_quiet(pl_housekeeping *h, uint64_t now_ns)
{
  if (now_ns >= h->quiet_ns)
    h->rest_ns = now_ns + REST_NS;
  h->quiet_ns = now_ns + QUIET_NS;
}

void pl_housekeeping_make_up(pl_housekeeping *h, pl_archive *a, const pl_clock *clock)
{
  uint64_t now_ns = pl_now(clock), until_ns = now_ns + h->owed_ns;
  if (now_ns < h->retry_ns)
    return;
  (void)sqlite3_busy_timeout(a->db, 0);
  int code = 1, rounds = pl_dist_pack_is_round(h->packer); /* one that begins with the first row needs no second */
  while (code >= 0 && rounds < ROUNDS && pl_now(clock) < until_ns) {
    code = work_on_old(h, a, clock, NULL);
    rounds = code ? 0 : rounds + pl_dist_pack_is_round(h->packer);
  }
  (void)sqlite3_busy_timeout(a->db, PL_BUSY_MS);
  h->owed_ns = 0;
}

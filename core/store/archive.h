/* The stored samples of a database, as one connection sees them: chunks, each of one series and run, and the head, which are batches
 * of what came last. Of samples with the same time the head's wins; chunks of a series and run never overlap. One thread at a time. */
#ifndef PL_STORE_ARCHIVE_H
#define PL_STORE_ARCHIVE_H

#include "base/error.h"
#include "store/batch.h"
#include "store/sqlite_api.h"

typedef struct pl_scan pl_scan;

enum { PL_LOST_MAX = 256 }; /* batches of the head that cannot be read; with more of them none is */

/* A batch that cannot be read. */
typedef struct pl_lost_batch {
  int64_t id, made_ns;
  int code; /* why */
} pl_lost_batch;

typedef struct pl_archive {
  const pl_allocator *alloc;
  sqlite3 *db;
  const char *path;          /* for messages */
  pl_codec *codec;           /* this and columns are made when they are needed first */
  pl_batch_columns *columns;
  pl_store_points head;            /* of the batches up to `last` that can be read, sorted */
  int64_t first, last;       /* the first batch that could be read, the last one there was; 0: none */
  pl_lost_batch lost[PL_LOST_MAX];
  size_t n_lost;
  int64_t until;             /* batches behind this one are not loaded now, unless they are there already; 0: all are */
  bool past_lost;            /* scans that are opened now take no notice of lost batches */
  unsigned holds;
  bool transient;            /* statements live no longer than a hold: a connection of somebody else wants to be closed */
  bool chunks_only;          /* scans that are opened now leave the head out, and it is not loaded */
  sqlite3_stmt *hold, *load, *next, *ran, *sisters; /* prepared at their first use */
  pl_scan *spare;
} pl_archive;

/* db and path outlive it. */
void pl_archive_init(pl_archive *a, const pl_allocator *alloc, sqlite3 *db, const char *path);
/* No scan may be open. Also after an init that was not, of zeros. */
void pl_archive_fini(pl_archive *a);

/* Makes what writing and reading batches and chunks need. PL_ENOMEM. */
int pl_archive_ready(pl_archive *a, pl_error *err) PL_MUSTCHECK;

/* Until it is released as many times, the connection sees the database as it is now, and the head is loaded, without the
 * batches that cannot be read. PL_ENOMEM, PL_ECORRUPT (more than PL_LOST_MAX of those), or a failed statement's code. */
int pl_archive_hold(pl_archive *a, pl_error *err) PL_MUSTCHECK;
/* Ends a hold. With the last one later commits are seen; the head stays in memory. */
void pl_archive_release(pl_archive *a);
/* The head is loaded anew at the next hold, and takes no memory until then. Not while it is held. */
void pl_archive_forget(pl_archive *a);

/* Whether no batch that cannot be read may hold samples of the run from from_ns to to_ns: PL_OK, else why it cannot (PL_ECORRUPT,
 * PL_EVERSION), or a failed statement's code. Call it between hold and release. */
int pl_archive_whole(pl_archive *a, int64_t run, int64_t from_ns, int64_t to_ns, pl_error *err) PL_MUSTCHECK;

/* The first pair of series and run behind (*series, *run) that has samples, into them: 1, 0 when there is none, or an error. Call it
 * between hold and release. */
int pl_archive_next(pl_archive *a, int64_t *series, int64_t *run, pl_error *err) PL_MUSTCHECK;

/* Prepares sql into *stmt unless that is done, and resets it. */
int pl_archive_prepare(pl_archive *a, const char *sql, sqlite3_stmt **stmt, pl_error *err) PL_MUSTCHECK;

/* err from a failed statement of the archive. */
int pl_archive_fail(const pl_archive *a, int sqlite_code, pl_error *err);

#endif

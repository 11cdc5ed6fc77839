/* What stands between SQLite and the system's files: pages are sealed (page.h) when they come into the database's file, and looked at when
 * they are read from it. The write-ahead log has checksums of SQLite's own and passes as it is, and so does a file whose header leaves no
 * room for seals: one that an older version has begun. */
#ifndef PL_STORE_VFS_H
#define PL_STORE_VFS_H

#include <stdbool.h>

#include "base/alloc.h"
#include "store/page.h"
#include "store/sqlite_api.h"

typedef struct pl_vfs pl_vfs;

/* Of one connection, and its thread. A page with a flipped bit is not read (SQLITE_IOERR_DATA). One that is otherwise by more than a bit is
 * what it is: programs that know nothing of seals may write. Where there is any such page in the file, all are what they are, and so are
 * always SQLite's maps of pages (of each page, who points to it): there, what a program changes is often one bit. mend: the header is read as it was written, so that pl_vfs_mend can be called. PL_ENOMEM, PL_EIO. */
int pl_vfs_new(const pl_allocator *a, bool mend, pl_vfs **out) PL_MUSTCHECK;
/* After its connection was closed. NULL is fine. */
void pl_vfs_free(pl_vfs *v);
/* What sqlite3_open_v2 is to be given; valid as long as v. */
const char *pl_vfs_name(const pl_vfs *v);

/* Before the first table is made, or VACUUM: the file gets room for seals. An SQLite code. */
int pl_vfs_make_room(sqlite3 *db) PL_MUSTCHECK;
/* The empty file that `to` is opened on becomes a copy of `from`, page by page. */
void pl_vfs_copies(pl_vfs *to, sqlite3 *from);

/* Looks at all pages before db reads one. Where no other program has written, pages with a flipped bit are read as they were written from now
 * on; else one bit may be all that it changed, and every page is what it is. An SQLite code. */
int pl_vfs_mend(sqlite3 *db) PL_MUSTCHECK;

/* Pages that are in the file of db, the log left aside; 0: they are not sealed, or db is not ours. */
uint32_t pl_vfs_pages(sqlite3 *db);
/* Looks at a page as it is on the disk; flipped is only what cannot be another program's work. An SQLite code. */
int pl_vfs_look(sqlite3 *db, uint32_t number, enum pl_page_state *state, size_t *bit) PL_MUSTCHECK;
/* Writes a page as it was before one bit of it changed (mend; else it stays), or seals it as it is. The log is empty and nobody else writes.
 * An SQLite code; *done: it was written. */
int pl_vfs_put_right(sqlite3 *db, uint32_t number, bool mend, bool *done) PL_MUSTCHECK;
/* Waits until the disk has what was put right. An SQLite code. */
int pl_vfs_sync(sqlite3 *db) PL_MUSTCHECK;

#endif

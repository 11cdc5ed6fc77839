/* All but reading and writing of one file is handed on to the system's VFS. A file knows the size of its pages while they are sealed; it
 * learns that from page 1 whenever it passes, and when a checkpoint begins: another process may have written the file anew. */
#include "store/vfs.h"

#include <stdio.h>
#include <string.h>

#include "perilune/error.h"

/* What is done with a page of which one bit is not as it was written. */
enum on_flip {
  JUDGE,  /* all pages are looked at, which ends in one of these: */
  REFUSE, /* no other program has written, so that the page is damaged */
  MEND,   /* the same, and the page is read as it was */
  PASS,   /* another program has written, perhaps just this bit */
};

struct pl_vfs {
  sqlite3_vfs own; /* first: SQLite's pointer is ours */
  sqlite3_vfs *real;
  const pl_allocator *alloc;
  enum on_flip on_flip;
  size_t fresh; /* the size of pages of a file that is empty yet; 0: its page 1 will say */
  char name[40];
};

typedef struct pl_vfs_file {
  sqlite3_file own; /* first, likewise */
  sqlite3_file *real; /* behind this struct */
  pl_vfs *vfs;
  size_t page;   /* bytes of a page; 0: pages are not sealed */
  uint8_t *room; /* for the largest page */
} pl_vfs_file;

static pl_vfs *vfs_of(sqlite3_vfs *own)
{
  return (pl_vfs *)own;
}

static pl_vfs_file *file_of(sqlite3_file *own)
{
  return (pl_vfs_file *)own;
}

/* ---- Pages ------------------------------------------------------------------------------------------ */

/* Reads the beginning of the file. */
static int learn(pl_vfs_file *f)
{
  sqlite3_int64 size = 0;
  int code = f->real->pMethods->xFileSize(f->real, &size);
  int len = size < PL_PAGE_MAX ? (int)size : PL_PAGE_MAX;
  if (!code && len)
    code = f->real->pMethods->xRead(f->real, f->room, len, 0);
  if (!code)
    f->page = len ? pl_page_size(f->room, (size_t)len) : f->vfs->fresh;
  return code;
}

/* Page 1 passes. A header that is out of order says nothing. */
static void learn_passing(pl_vfs_file *f, const void *page, int len)
{
  size_t size;
  if (pl_page_header(page, &size))
    f->page = size == (size_t)len ? size : 0;
}

/* Of what lies at the beginning. */
static bool is_page_1(int len)
{
  return len > PL_PAGE_HEAD && len <= PL_PAGE_MAX;
}

static sqlite3_int64 place_of(const pl_vfs_file *f, uint32_t number)
{
  return (sqlite3_int64)(number - 1) * (sqlite3_int64)f->page;
}

/* Whole pages that are in the file. */
static uint32_t pages_of(const pl_vfs_file *f)
{
  sqlite3_int64 size = 0;
  if (f->page == 0 || f->real->pMethods->xFileSize(f->real, &size))
    return 0;
  return (uint32_t)((size_t)size / f->page);
}

static uint32_t number_of(const pl_vfs_file *f, sqlite3_int64 at)
{
  return (uint32_t)((size_t)at / f->page + 1);
}

/* SQLite's maps, of five bytes for each of the pages behind them, until the next one. */
static bool is_map(const pl_vfs_file *f, uint32_t number)
{
  return number >= 2 && (number - 2) % ((f->page - PL_PAGE_SEAL) / 5 + 1) == 0;
}

/* As pl_page_mend, but what may be another program's work stays. */
static enum pl_page_state look_at(const pl_vfs_file *f, uint8_t *page, uint32_t number, size_t *bit)
{
  enum pl_page_state state = pl_page_mend(page, f->page, number, bit);
  if (state != PL_PAGE_FLIPPED || !(f->vfs->on_flip == PASS || is_map(f, number)))
    return state;
  page[*bit / 8] ^= (uint8_t)(1U << *bit % 8);
  return PL_PAGE_OTHER;
}

/* Looks at a page as it is on the disk, in the room. */
static int look(const pl_vfs_file *f, uint32_t number, enum pl_page_state *state, size_t *bit)
{
  enum { LOOKS = 3 };
  int code = SQLITE_OK;
  *state = PL_PAGE_OTHER;
  for (int i = 0; i < LOOKS && !code && *state != PL_PAGE_WHOLE; i++) { /* another process may be writing it just now */
    code = f->real->pMethods->xRead(f->real, f->room, (int)f->page, place_of(f, number));
    if (!code)
      *state = look_at(f, f->room, number, bit);
  }
  return code;
}

/* Looks at all pages for what another program has written. */
static int judge(pl_vfs_file *f, enum on_flip otherwise)
{
  int code = SQLITE_OK;
  bool foreign = false;
  for (uint32_t number = 1, end = pages_of(f); number <= end && !code && !foreign; number++) {
    enum pl_page_state state;
    size_t bit;
    code = look(f, number, &state, &bit);
    foreign = !code && (state == PL_PAGE_UNSEALED || (state == PL_PAGE_OTHER && !is_map(f, number)));
  }
  if (!code)
    f->vfs->on_flip = foreign ? PASS : otherwise;
  return code;
}

static int read_page(pl_vfs_file *f, uint8_t *to, size_t len, sqlite3_int64 at)
{
  size_t bit;
  int code = f->real->pMethods->xRead(f->real, to, (int)len, at);
  if (!code && at == 0)
    learn_passing(f, to, (int)len);
  if (code || f->page != len || look_at(f, to, number_of(f, at), &bit) != PL_PAGE_FLIPPED || f->vfs->on_flip == MEND)
    return code;
  if (f->vfs->on_flip == REFUSE)
    return SQLITE_IOERR_DATA;
  code = judge(f, REFUSE);
  return code ? code : read_page(f, to, len, at);
}

static int file_read(sqlite3_file *own, void *to, int len, sqlite3_int64 at)
{
  pl_vfs_file *f = file_of(own);
  sqlite3_int64 within = f->page ? at % (sqlite3_int64)f->page : 0;
  if ((size_t)len == f->page || (at == 0 && is_page_1(len)))
    return read_page(f, to, (size_t)len, at);
  if (f->page == 0 || (size_t)(within + len) > f->page)
    return f->real->pMethods->xRead(f->real, to, len, at);
  int code = read_page(f, f->room, f->page, at - within);
  if (code == SQLITE_IOERR_SHORT_READ)
    return f->real->pMethods->xRead(f->real, to, len, at);
  if (!code)
    memcpy(to, f->room + within, (size_t)len);
  return code;
}

static int file_write(sqlite3_file *own, const void *from, int len, sqlite3_int64 at)
{
  pl_vfs_file *f = file_of(own);
  if (at == 0 && is_page_1(len))
    learn_passing(f, from, len);
  if (f->page == 0 || (size_t)len != f->page)
    return f->real->pMethods->xWrite(f->real, from, len, at);
  memcpy(f->room, from, f->page);
  pl_page_seal(f->room, f->page, number_of(f, at));
  return f->real->pMethods->xWrite(f->real, f->room, len, at);
}

/* ---- The rest of a file, handed on ------------------------------------------------------------------ */

static int file_close(sqlite3_file *own)
{
  pl_vfs_file *f = file_of(own);
  pl_free(f->vfs->alloc, f->room, PL_PAGE_MAX);
  return f->real->pMethods->xClose(f->real);
}

static int file_truncate(sqlite3_file *own, sqlite3_int64 size)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xTruncate(real, size);
}

static int file_sync(sqlite3_file *own, int flags)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xSync(real, flags);
}

static int file_size(sqlite3_file *own, sqlite3_int64 *size)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xFileSize(real, size);
}

static int file_lock(sqlite3_file *own, int level)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xLock(real, level);
}

static int file_unlock(sqlite3_file *own, int level)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xUnlock(real, level);
}

static int file_is_reserved(sqlite3_file *own, int *is)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xCheckReservedLock(real, is);
}

static int file_control(sqlite3_file *own, int operation, void *argument)
{
  pl_vfs_file *f = file_of(own);
  if (operation == SQLITE_FCNTL_CKPT_START)
    (void)learn(f); /* what cannot be read will say so where it is needed */
  return f->real->pMethods->xFileControl(f->real, operation, argument);
}

static int file_sector(sqlite3_file *own)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xSectorSize(real);
}

static int file_device(sqlite3_file *own)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xDeviceCharacteristics(real);
}

static int file_map(sqlite3_file *own, int region, int size, int extend, void volatile **to)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xShmMap(real, region, size, extend, to);
}

static int file_map_lock(sqlite3_file *own, int offset, int n, int flags)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xShmLock(real, offset, n, flags);
}

static void file_barrier(sqlite3_file *own)
{
  sqlite3_file *real = file_of(own)->real;
  real->pMethods->xShmBarrier(real);
}

static int file_unmap(sqlite3_file *own, int delete)
{
  sqlite3_file *real = file_of(own)->real;
  return real->pMethods->xShmUnmap(real, delete);
}

/* Version 2: without xFetch, by which pages would pass unseen. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_map,
    .xShmLock = file_map_lock,
    .xShmBarrier = file_barrier,
    .xShmUnmap = file_unmap,
};

/* ---- The VFS ---------------------------------------------------------------------------------------- */

/* Logs and journals are the system's own. */
static int vfs_open(sqlite3_vfs *own, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
  pl_vfs *v = vfs_of(own);
  pl_vfs_file *f = file_of(file);
  if (!(flags & SQLITE_OPEN_MAIN_DB))
    return v->real->xOpen(v->real, name, file, flags, out_flags);
  *f = (pl_vfs_file){.real = (sqlite3_file *)(f + 1), .vfs = v};
  int code = v->real->xOpen(v->real, name, f->real, flags, out_flags);
  if (!f->real->pMethods)
    return code;
  f->own.pMethods = &methods; /* so it will be closed, also after an error */
  f->room = pl_alloc(v->alloc, PL_PAGE_MAX);
  return code ? code : f->room ? learn(f) : SQLITE_NOMEM;
}

static int vfs_delete(sqlite3_vfs *own, const char *name, int sync)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xDelete(real, name, sync);
}

static int vfs_access(sqlite3_vfs *own, const char *name, int flags, int *out)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xAccess(real, name, flags, out);
}

static int vfs_full_path(sqlite3_vfs *own, const char *name, int size, char *out)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xFullPathname(real, name, size, out);
}

static int vfs_random(sqlite3_vfs *own, int n, char *out)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xRandomness(real, n, out);
}

static int vfs_sleep(sqlite3_vfs *own, int microseconds)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xSleep(real, microseconds);
}

static int vfs_time(sqlite3_vfs *own, double *out)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xCurrentTime(real, out);
}

static int vfs_time_ms(sqlite3_vfs *own, sqlite3_int64 *out)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xCurrentTimeInt64(real, out);
}

static int vfs_last_error(sqlite3_vfs *own, int size, char *out)
{
  sqlite3_vfs *real = vfs_of(own)->real;
  return real->xGetLastError(real, size, out);
}

int pl_vfs_new(const pl_allocator *a, bool mend, pl_vfs **out)
{
  sqlite3_vfs *real = sqlite3_vfs_find(NULL);
  pl_vfs *v = real && real->iVersion >= 2 ? pl_alloc_zero(a, 1, sizeof *v) : NULL;
  if (!v)
    return real ? PL_ENOMEM : PL_EIO;
  v->real = real;
  v->alloc = a;
  v->on_flip = mend ? MEND : JUDGE;
  (void)snprintf(v->name, sizeof v->name, "perilune-%p", (void *)v);
  v->own = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = (int)sizeof(pl_vfs_file) + real->szOsFile,
      .mxPathname = real->mxPathname,
      .zName = v->name,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_path,
      .xRandomness = vfs_random,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time,
      .xGetLastError = vfs_last_error,
      .xCurrentTimeInt64 = vfs_time_ms,
  };
  if (sqlite3_vfs_register(&v->own, 0)) {
    pl_free(a, v, sizeof *v);
    return PL_ENOMEM;
  }
  *out = v;
  return PL_OK;
}

void pl_vfs_free(pl_vfs *v)
{
  if (!v)
    return;
  (void)sqlite3_vfs_unregister(&v->own);
  pl_free(v->alloc, v, sizeof *v);
}

const char *pl_vfs_name(const pl_vfs *v)
{
  return v->name;
}

/* ---- Databases -------------------------------------------------------------------------------------- */

/* The file of db, or NULL when it is not ours. */
static pl_vfs_file *main_file(sqlite3 *db)
{
  sqlite3_file *file = NULL;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) || !file || file->pMethods != &methods)
    return NULL;
  return file_of(file);
}

int pl_vfs_make_room(sqlite3 *db)
{
  int bytes = PL_PAGE_SEAL;
  return sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

void pl_vfs_copies(pl_vfs *to, sqlite3 *from)
{
  const pl_vfs_file *f = main_file(from);
  to->fresh = f ? f->page : 0;
}

uint32_t pl_vfs_pages(sqlite3 *db)
{
  const pl_vfs_file *f = main_file(db);
  return f ? pages_of(f) : 0;
}

int pl_vfs_look(sqlite3 *db, uint32_t number, enum pl_page_state *state, size_t *bit)
{
  const pl_vfs_file *f = main_file(db);
  return f && f->page ? look(f, number, state, bit) : SQLITE_MISUSE;
}

int pl_vfs_mend(sqlite3 *db)
{
  pl_vfs_file *f = main_file(db);
  return f ? judge(f, MEND) : SQLITE_OK;
}

int pl_vfs_put_right(sqlite3 *db, uint32_t number, bool mend, bool *done)
{
  pl_vfs_file *f = main_file(db);
  size_t bit;
  int code = f && f->page ? f->real->pMethods->xRead(f->real, f->room, (int)f->page, place_of(f, number)) : SQLITE_MISUSE;
  *done = false;
  if (code)
    return code;
  if (mend)
    *done = pl_page_mend(f->room, f->page, number, &bit) == PL_PAGE_FLIPPED;
  else
    *done = look_at(f, f->room, number, &bit) != PL_PAGE_WHOLE;
  if (*done && !mend)
    pl_page_seal(f->room, f->page, number);
  return *done ? f->real->pMethods->xWrite(f->real, f->room, (int)f->page, place_of(f, number)) : SQLITE_OK;
}

int pl_vfs_sync(sqlite3 *db)
{
  pl_vfs_file *f = main_file(db);
  return f ? f->real->pMethods->xSync(f->real, SQLITE_SYNC_FULL) : SQLITE_OK;
}

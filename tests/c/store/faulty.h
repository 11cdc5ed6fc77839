/* The system's files with faults: the n-th write, sync or truncation of any of them fails, once or until there are no more faults. */
#ifndef TEST_FAULTY_H
#define TEST_FAULTY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

enum faulty_operation { FAULTY_WRITE, FAULTY_SYNC, FAULTY_TRUNCATE, FAULTY_OPERATIONS };

typedef struct faulty_methods {
  sqlite3_io_methods own; /* first: SQLite's pointer is ours */
  const sqlite3_io_methods *real;
} faulty_methods;

typedef struct faulty {
  sqlite3_vfs vfs, *real;
  faulty_methods methods[4]; /* one for each kind of file that there is */
  size_t n_methods;
  enum faulty_operation operation; /* that fails */
  int code;                        /* with this */
  int at;                          /* from the how manieth of it on, from 1; 0: none */
  bool stays;                      /* all behind it, too */
  bool half;                       /* a write that fails has written its first half */
  bool read_only;                  /* files cannot be opened for writing */
  int seen[FAULTY_OPERATIONS];
} faulty;

static faulty disk;

static inline const sqlite3_io_methods *faulty_real(sqlite3_file *f)
{
  return ((const faulty_methods *)f->pMethods)->real;
}

static inline int faulty_meets(enum faulty_operation o)
{
  int n = ++disk.seen[o];
  bool fails = disk.at && o == disk.operation && (n == disk.at || (disk.stays && n > disk.at));
  return fails ? disk.code : SQLITE_OK;
}

static inline int faulty_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
  int code = faulty_meets(FAULTY_WRITE);
  if (code && disk.half)
    (void)faulty_real(f)->xWrite(f, bytes, n / 2, at);
  return code ? code : faulty_real(f)->xWrite(f, bytes, n, at);
}

/* The others take no time. */
static inline int faulty_sync(sqlite3_file *f, int flags)
{
  (void)f;
  (void)flags;
  return faulty_meets(FAULTY_SYNC);
}

static inline int faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
  int code = faulty_meets(FAULTY_TRUNCATE);
  return code ? code : faulty_real(f)->xTruncate(f, size);
}

/* The methods of a file, with ours in their places. */
static inline const sqlite3_io_methods *faulty_methods_of(const sqlite3_io_methods *real)
{
  for (size_t i = 0; i < disk.n_methods; i++) {
    if (disk.methods[i].real == real)
      return &disk.methods[i].own;
  }
  assert_true(disk.n_methods < sizeof disk.methods / sizeof *disk.methods);
  faulty_methods *m = &disk.methods[disk.n_methods++];
  *m = (faulty_methods){*real, real};
  m->own.xWrite = faulty_write;
  m->own.xSync = faulty_sync;
  m->own.xTruncate = faulty_truncate;
  return &m->own;
}

static inline int faulty_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
  (void)v;
  if (disk.read_only && (flags & SQLITE_OPEN_MAIN_DB))
    flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  int code = disk.real->xOpen(disk.real, name, f, flags, out);
  if (f->pMethods)
    f->pMethods = faulty_methods_of(f->pMethods);
  return code;
}

/* Becomes the VFS of all that is opened from now on. */
static inline void faulty_begin(void)
{
  disk = (faulty){.real = sqlite3_vfs_find(NULL)};
  disk.vfs = *disk.real;
  disk.vfs.zName = "faulty";
  disk.vfs.xOpen = faulty_open;
  assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

static inline void faulty_end(void)
{
  assert_int_equal(sqlite3_vfs_unregister(&disk.vfs), SQLITE_OK);
  assert_int_equal(sqlite3_vfs_register(disk.real, 1), SQLITE_OK);
}

/* From here on the how manieth `operation` fails. */
static inline void faulty_fail(enum faulty_operation operation, int code, int at, bool stays)
{
  disk.operation = operation;
  disk.code = code;
  disk.at = at;
  disk.stays = stays;
  for (int i = 0; i < FAULTY_OPERATIONS; i++)
    disk.seen[i] = 0;
}

#endif

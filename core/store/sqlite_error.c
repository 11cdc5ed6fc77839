/* Advice goes with the kind of an error; the message is SQLite's own. */
#include "store/sqlite_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/error.h"

/* Whether a file could not be opened for want of descriptors; what to do then goes behind "; ". */
static bool no_descriptor(sqlite3 *db, char advice[2 + PL_RAISE_TEXT])
{
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool none = (fd < 0 && errno == EMFILE) || (db && sqlite3_system_errno(db) == EMFILE);
  if (fd >= 0)
    close(fd);
  if (none)
    pl_descriptor_advice(advice + 2);
  return none;
}

int pl_sqlite_fail(sqlite3 *db, int sqlite_code, const char *what, const char *path, pl_error *err)
{
  int code = PL_EIO;
  const char *advice = "";
  char descriptors[2 + PL_RAISE_TEXT] = "; ";
  switch (sqlite_code & 0xff) {
  case SQLITE_FULL:
    code = PL_EFULL;
    advice = "; make room, what was committed is safe";
    break;
  case SQLITE_READONLY:
    code = PL_EREADONLY;
    advice = "; choose a writable place with --db";
    break;
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    code = PL_ECORRUPT;
    if (sqlite_code != SQLITE_CORRUPT_VTAB) /* a table of ours has said what to do */
      advice = "; restore a backup, or choose another file with --db";
    break;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    code = PL_EBUSY;
    advice = "; another program holds it";
    break;
  case SQLITE_NOMEM:
    code = PL_ENOMEM;
    break;
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
    code = PL_EACCES;
    advice = no_descriptor(db, descriptors) ? descriptors : "; check that the folder exists and may be written";
    break;
  case SQLITE_INTERRUPT:
    code = PL_ECANCELED;
    break;
  case SQLITE_IOERR:
    if (sqlite_code == SQLITE_IOERR_DATA) {
      code = PL_ECORRUPT;
      advice = " (a bit of a page has flipped); perilune db check says where, with --repair it puts it back";
    } else {
      advice = "; the disk or the file system refuses: see the log of the system, or choose another place with --db";
    }
    break;
  default:
    break;
  }
  return pl_fail(err, code, "%s %s: %s%s", what, path, db ? sqlite3_errmsg(db) : sqlite3_errstr(sqlite_code), advice);
}

/* What `perilune db check` asks of the pages of the file, as functions of SQL, and how they are put right. */
#ifndef PL_STORE_PAGES_H
#define PL_STORE_PAGES_H

#include "perilune/error.h"
#include "store/connection.h"

/* Registers log_lost() (*log_lost, which lives as long as db), file_pages() (how many there are; NULL: they are not sealed), page_damage(number) (NULL for one that is whole, else what is
 * wrong) and page_is_foreign(damage) (whether that may be the work of another program). An SQLite code. */
int pl_pages_register(sqlite3 *db, int64_t *log_lost);

enum pl_pages_way {
  PL_PAGES_MEND,     /* bits that have flipped go back */
  PL_PAGES_MEND_ALL, /* also where it may be another program that changed just one */
  PL_PAGES_TAKE,     /* what is otherwise than it was written counts as whole, as it is */
};

/* Puts pages right in one way. *n grows by those that were written. PL_EBUSY: another program reads or writes. */
int pl_pages_put_right(pl_connection *c, enum pl_pages_way way, int64_t *n, pl_error *err) PL_MUSTCHECK;

#endif
